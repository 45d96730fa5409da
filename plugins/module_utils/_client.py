# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""HTTP to the Bytemark Cloud API: authentication, timeouts, retries, errors. Private to bytemark.cloud.

It knows nothing of VMs. The facts about the transport are documented by the provider unless said otherwise.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.bytemark.cloud.plugins.module_utils._errors import (
    BigvError,
    describe_problems,
    flatten_problems,
)
from ansible_collections.bytemark.cloud.plugins.module_utils._shape import Misshapen, shaped, shaped_list

API_URL = "https://uk0.bigv.io"
AUTH_URL = "https://auth.bytemark.co.uk"
LONGEST_TEXT = 300
# Too many requests, a bad gateway, unavailable, a gateway's timeout: these pass.
PASSING = (429, 502, 503, 504)
# The query for a resource with all that is below it, soft-deleted VMs included.
WHOLE = {"view": "overview", "include_deleted": "true"}

WHAT_NEXT = {
    400: "Correct what it names and run the task again.",
    401: "The token is wrong or has expired: give a valid one in token (BIGV_TOKEN), or username and password.",
    403: "These credentials may read it but not change it: use ones with more privileges.",
    404: "It does not exist, or these credentials cannot see it; the API does not tell which.",
    429: "Too many requests: try again later.",
    503: "The API is temporarily unavailable: try again later.",
}
SESSION_ID = re.compile(r"[\w.~+/=-]+", re.ASCII)
SERVER_PROBLEM = "That is a problem on the server's side: try again, and tell the provider if it stays."


class Client:
    """The way to the API, logged in when it first has to be. Times are in seconds.

    It may be used from several threads: no more than ``concurrency`` requests are under way at once, each on a
    connection that is kept alive. Whoever waits between requests gives up when ``stopping`` is set.
    """

    def __init__(
        self,
        *,
        api_url: str = API_URL,
        auth_url: str = AUTH_URL,
        token: str | None = None,
        username: str | None = None,
        password: str | None = None,
        yubikey: str | None = None,
        api_timeout: float = 30,
        api_retries: int = 5,
        validate_certs: bool = True,
        ca_path: str | None = None,
        concurrency: int = 1,
    ) -> None:
        if not token and not (username and password):
            raise BigvError(
                "No credentials: give token (BIGV_TOKEN), an API key or a session id, or username and password "
                "(BIGV_USERNAME, BIGV_PASSWORD)."
            )
        self._api_url = _checked_url("api_url", api_url)
        self._auth_url = _checked_url("auth_url", auth_url)
        self._token = token
        self._login = None if token else {"username": username, "password": password}
        if self._login and yubikey:
            self._login["yubikey"] = yubikey
        self._secrets = {secret for secret in (token, password, yubikey) if secret}
        self._timeout = api_timeout
        if not validate_certs:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        self._verify: bool | str = (ca_path or True) if validate_certs else False
        self.retries = api_retries
        self._http = _http_session(api_retries, concurrency)
        self._in_flight = threading.BoundedSemaphore(concurrency)
        self._logging_in = threading.Lock()
        self.stopping = threading.Event()

    def hide(self, *secrets: str | None) -> None:
        """Keep the secrets out of every error, whatever the API may echo."""
        self._secrets.update(secret for secret in secrets if secret)

    def find(self, path: str, what: str, *, key: str = "id", **query: str) -> dict[str, Any] | None:
        """The object at a path, or None where there is none (404)."""
        try:
            return self.get(path, what, key=key, **query)
        except BigvError as error:
            if error.says_missing:
                return None
            raise

    def get(self, path: str, what: str, *, key: str = "id", **query: str) -> dict[str, Any]:
        """The object at a path, which has to have the ``key``."""
        answer = self.send("GET", path, f"read {what}", query=query)
        try:
            return shaped(answer, key)
        except Misshapen as why:
            raise self._unreadable("GET", path, f"read {what}", str(why)) from None

    def get_list(self, path: str, what: str, **query: str) -> list[dict[str, Any]]:
        """The objects of a list, whole: the API has no pagination."""
        answer = self.send("GET", path, f"read {what}", query=query)
        try:
            return shaped_list(answer)
        except Misshapen as why:
            raise self._unreadable("GET", path, f"read {what}", str(why)) from None

    def send(
        self,
        method: str,
        path: str,
        doing: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:
        """Make one request; ``doing`` completes "Could not …". Answers with the decoded body, None if empty."""
        response = self._request(method, path, doing, body, query)
        if response.status_code == 401 and self._login:
            self._token = None
            response = self._request(method, path, doing, body, query)
        if not 200 <= response.status_code < 300:
            raise self._refused(method, path, doing, response)
        if not response.content:
            return None
        try:
            return response.json()
        except (ValueError, RecursionError):
            raise self._unreadable(method, path, doing, "not JSON") from None

    def _request(
        self,
        method: str,
        path: str,
        doing: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
    ) -> Any:
        with self._logging_in:
            if self._token is None:
                self._token = self.log_in()
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        return self._exchange(
            method, self._api_url + path, doing, json=body, params=query, headers=headers, auth=self._sign
        )

    def _sign(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def log_in(self) -> str:
        """A new session's id for the username and password: the bare body of the answer."""
        doing = "log in"
        url = self._auth_url + "/session"
        response = self._exchange(
            "POST",
            url,
            doing,
            json=self._login,
            headers={"Accept": "text/plain", "Content-Type": "application/json"},
            auth=lambda request: request,
        )
        if response.status_code != 200:
            raise BigvError(
                f"Could not log in as {self._login and self._login['username']!r} at {self._auth_url}: the service "
                f"answered {response.status_code}{self._said(response)[0]}. {_after_bad_login(response.status_code)}",
                status=response.status_code,
                method="POST",
                url=url,
            )
        token = str(response.text).strip()
        if not SESSION_ID.fullmatch(token):
            raise BigvError(
                f"Could not log in: what {url} answered is not a session id. Check auth_url.",
                status=response.status_code,
                method="POST",
                url=url,
            )
        self.hide(token)
        return token

    def _exchange(self, method: str, url: str, doing: str, **arguments: Any) -> Any:
        import requests

        try:
            with self._in_flight:
                return self._http.request(
                    method,
                    url,
                    timeout=self._timeout,
                    verify=self._verify,
                    allow_redirects=False,
                    **arguments,
                )
        except (requests.RequestException, OSError, ValueError) as error:
            option = "auth_url" if doing == "log in" else "api_url"
            lost = method != "GET" and option == "api_url" and not _was_never_sent(error)
            again = " Then run the task again, which looks first at what was done." if lost else ""
            raise BigvError(
                f"Could not {doing}: {_cause(error, self._timeout)} at {_origin(url)}. "
                f"Check {option}, the network and the proxy settings.{again}",
                method=method,
                url=url,
                is_open=lost,
            ) from None

    def _refused(self, method: str, path: str, doing: str, response: Any) -> BigvError:
        status = response.status_code
        said, problems = self._said(response)
        next_step = WHAT_NEXT.get(status, SERVER_PROBLEM if status >= 500 else "Check api_url.")
        return BigvError(
            f"Could not {doing}: the API answered {status}{said}. {next_step}",
            status=status,
            problems=problems,
            method=method,
            url=self._api_url + path,
            is_open=status in PASSING,
        )

    def _unreadable(self, method: str, path: str, doing: str, why: str) -> BigvError:
        return BigvError(
            f"Could not {doing}: what {self._api_url} answered is {why}. "
            "Check that api_url is the Bytemark Cloud API and that no proxy answers for it.",
            method=method,
            url=self._api_url + path,
            is_open=True,
        )

    def _said(self, response: Any) -> tuple[str, dict[str, list[str]]]:
        """What a refusal said: a phrase for the message, and the problems by attribute."""
        if "html" in response.headers.get("Content-Type", ""):
            return " with a web page, as a proxy does", {}
        try:
            problems = flatten_problems(response.json())
        except (ValueError, RecursionError):
            text = " ".join(response.text[:LONGEST_TEXT].split()).rstrip(".")
            problems = {"base": [text]} if text else {}
        problems = {
            self._censored(key): [self._censored(message) for message in messages] for key, messages in problems.items()
        }
        said = describe_problems(problems)
        return f": {said}" if said else "", problems

    def _censored(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "********")
        return text[:LONGEST_TEXT]


def _after_bad_login(status: int) -> str:
    """What to do about it."""
    if status in (400, 401, 403):
        return "Check username, password and yubikey."
    return WHAT_NEXT[status] if status in (429, 503) else SERVER_PROBLEM if status >= 500 else "Check auth_url."


def _http_session(retries: int, concurrency: int) -> Any:
    try:
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util.retry import Retry
    except ImportError:
        raise BigvError(
            "The Python library requests is missing where this module runs: install it there (pip install requests)."
        ) from None

    class ReadsAgain(Retry):
        """Repeats what cannot have been carried out twice: every GET, and any request that never reached the API."""

        def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
            return method == "GET" and status_code in (*PASSING, 500)

    session = requests.Session()
    adapter = HTTPAdapter(
        pool_maxsize=concurrency,
        max_retries=ReadsAgain(
            total=retries, allowed_methods={"GET"}, backoff_factor=0.25, raise_on_status=False, redirect=False
        ),
    )
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _checked_url(option: str, url: str) -> str:
    """The URL without a slash at its end, if credentials may be sent there."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or parts.scheme not in ("http", "https") or port == 0:
        raise BigvError(f"{option}: {url!r} is not a URL; give one such as {API_URL!r}")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise BigvError(f"{option}: the URL holds more than a host, a port and a path; give credentials as options")
    if parts.scheme == "http" and not _is_loopback(host):
        raise BigvError(
            f"{option}: {url!r} is plain http, which would show the credentials to the network; use https "
            "(http is only for a simulator on this machine)"
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _was_never_sent(error: Exception) -> bool:
    """Whether a request surely never reached the API."""
    import requests
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, (ConnectTimeoutError, NewConnectionError)) or isinstance(
        error, (requests.exceptions.SSLError, requests.exceptions.ProxyError)
    )


def _cause(error: Exception, timeout: float) -> str:
    """The cause of a failed request, without the library's own words for it."""
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return "the certificate does not verify (see validate_certs and ca_path), or TLS failed,"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy did not let the request through"
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {timeout:g} seconds (api_timeout)"
    text = str(error)
    for sign, cause in (
        ("Connection refused", "the connection was refused"),
        # With retries in play, a read that timed out comes as any other error of the connection.
        ("Read timed out", f"no answer within {timeout:g} seconds (api_timeout)"),
        ("Name or service not known", "the host name is not known"),
        ("Temporary failure in name resolution", "the host name could not be looked up"),
        ("Network is unreachable", "the network is unreachable"),
    ):
        if sign in text:
            return cause
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return f"the request failed ({error.strerror or type(error).__name__})"
    return "the connection was lost before the answer was whole"
