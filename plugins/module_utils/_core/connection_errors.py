# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Why a request has no answer, in terms that a user knows. Imported for failures only. Private to bytemark.cloud."""

from __future__ import annotations

import os
import re
import socket
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from errno import ECONNREFUSED, EHOSTUNREACH, ENETUNREACH
from http.client import HTTPException, IncompleteRead
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from .certificates import CA_VARIABLES, NO_CERTIFICATES
from .decoding import TOO_LARGE, TOO_LONG, UNDECODABLE
from .errors import BigvError
from .proxies import proxy_for
from .redaction import redacted

TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})")
PROXY_SCHEME = re.compile("https?|socks(4a?|5h?)")
CERTIFICATE = re.compile(r"certificate verify failed|CERTIFICATE_VERIFY_FAILED|doesn't match")
# urllib3's IncompleteRead is one of http.client, too.
LOST = (ConnectionError, IncompleteRead, ssl.SSLEOFError, ssl.SSLZeroReturnError)
UNREACHABLE = {
    ECONNREFUSED: "the connection was refused",
    ENETUNREACH: "the network is unreachable",
    EHOSTUNREACH: "the host cannot be reached",
}
NO_SUCH_NAME = [getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)]


@dataclass(frozen=True)
class Cause:
    """Why there is no answer, and whether another try ``is_transient``.

    ``said`` is what a library says of it, which may hold anything; ``advice`` is what to do, if that is known;
    ``where`` stands before the address.
    """

    what: str
    is_transient: bool = True
    said: str = ""
    advice: str = ""
    where: str = "at"


def cause_of(error: Exception, url: str, timeout: float, verify: bool | str, was_sent: bool) -> Cause:
    """Return the cause of a request's failure. ``was_sent`` is whether any of it went out."""
    chain = tuple(_chain(error))
    variable, proxy = proxy_for(url)
    return (
        _of_the_answer(chain, timeout)
        or (_of_the_proxy(error, chain, url, variable, proxy) if proxy and not was_sent else None)
        or _of_tls(chain, verify, was_sent)
        or (_of_what_was_sent(chain) if was_sent else _of_the_way(chain))
        or _unknown(error)
    )


def refused_by_proxy(status: int, url: str) -> Cause:
    """Return the cause where a proxy answered in the place of the API."""
    variable, _proxy = proxy_for(url)
    if status == 407:
        what = "the proxy requires a valid user name and password (407)"
        advice = f"Set them in {variable}, as in http://user:password@proxy.example.com:3128."
    else:
        what = f"the proxy rejected the request (it answered {status})"
        advice = f"Allow this address in the proxy, or correct {variable} or no_proxy."
    return Cause(what, is_transient=status >= 500, advice=advice, where="on the way to")


def _is_proxy(url: str) -> bool:
    """Tell whether the text can be the URL of a proxy, whose scheme may be missing."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_one_word = url.isprintable() and " " not in url
        return bool(is_one_word and PROXY_SCHEME.fullmatch(parts.scheme) and parts.hostname and parts.port != 0)
    except ValueError:
        return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it comes from. Some libraries hand that over as an argument or an attribute."""
    todo, known = [error], set()
    while todo:
        error = todo.pop(0)
        # What is being dealt with while this request is made is not what it comes from.
        if not isinstance(error, BaseException) or isinstance(error, BigvError) or id(error) in known:
            continue
        known.add(id(error))
        yield error
        todo += [*error.args, getattr(error, "reason", None), error.__cause__, error.__context__]


def _find(chain: tuple[Any, ...], *kinds: type[BaseException]) -> Any:
    return next((error for error in chain if isinstance(error, kinds)), None)


def _kinds(module: str, name: str) -> tuple[type[BaseException], ...]:
    """Return a class of exceptions of a library, if that was used."""
    return (getattr(sys.modules[module], name),) if module in sys.modules else ()


def _of_the_answer(chain: tuple[BaseException, ...], timeout: float) -> Cause | None:
    error = chain[0]
    text = str(error)
    if size := TOO_LARGE.search(text):
        return Cause(size[0], is_transient=False)
    if UNDECODABLE in text:
        return Cause("the answer has a content encoding that was not requested, or a corrupt one,")
    if TOO_LONG in text:
        return Cause("the answer was not complete in time (api_timeout, api_retries)")
    # To requests, a read that timed out while the body came is an error of the connection. Errors with a number are the
    # system's own.
    is_late = isinstance(error, TimeoutError) and error.errno is None
    if is_late or _find(chain, *_kinds("requests.exceptions", "Timeout")) or "Read timed out" in text:
        return Cause(f"no answer within {timeout:g} seconds (api_timeout)")
    return None


def _of_the_proxy(
    error: Exception, chain: tuple[BaseException, ...], url: str, variable: str, proxy: str
) -> Cause | None:
    """Return the cause if it is the proxy that is asked first."""
    from requests.exceptions import InvalidProxyURL
    from urllib3.exceptions import LocationParseError, ProxyError, ProxySchemeUnknown

    text = " ".join(map(str, chain))
    if refusal := TUNNEL.search(text):
        return refused_by_proxy(int(refusal[1]), url)
    if not _is_proxy(proxy) or _find(chain, InvalidProxyURL, LocationParseError, ProxySchemeUnknown):
        return Cause(
            f"the value of {variable} is not the URL of a proxy",
            is_transient=False,
            advice="Set one such as http://proxy.example.com:3128.",
            where="on the way to",
        )
    if "dependencies for SOCKS" in text:
        return Cause(
            f"the proxy ({variable}) uses SOCKS, which requires the Python library PySocks",
            is_transient=False,
            advice="Install it where the module runs (pip install PySocks).",
            where="on the way to",
        )
    if "only use HTTP and not HTTPS" in text:
        return Cause(
            f"the proxy ({variable}) does not support TLS",
            is_transient=False,
            advice=f"Start its URL in {variable} with http://.",
            where="on the way to",
        )
    from_socks = [cause for cause in chain if type(cause).__module__ == "socks"]
    if not from_socks and not _find(chain, ProxyError):
        return None
    if any(type(cause).__name__ == "SOCKS5AuthError" for cause in from_socks):
        return refused_by_proxy(407, url)
    cause = _of_the_way(chain) or _unknown(error)
    return Cause(
        f"the proxy ({variable}) could not be reached, as {cause.what},",
        said=cause.said,
        advice=f"Check {variable} and no_proxy.",
        where="on the way to",
    )


def _of_tls(chain: tuple[BaseException, ...], verify: bool | str, was_sent: bool) -> Cause | None:
    text = " ".join(map(str, chain))
    if NO_CERTIFICATES in text:
        option = _where_certificates_are_said(verify)
        return Cause(
            f"the certificate file or folder does not exist ({option})",
            is_transient=False,
            advice=f"Correct the path in {option}.",
        )
    failure = _find(chain, ssl.SSLError)
    if CERTIFICATE.search(text):
        return Cause("the certificate could not be verified (see validate_certs and ca_path)", is_transient=False)
    if failure is None or was_sent:
        return None
    if "NO_CERTIFICATE" in (failure.reason or ""):
        option = _where_certificates_are_said(verify)
        return Cause(
            f"the file contains no certificates ({option})",
            is_transient=False,
            advice=f"Correct the path in {option}.",
        )
    return Cause(f"TLS failed ({(failure.reason or type(failure).__name__).replace('_', ' ').lower()})")


def _where_certificates_are_said(verify: bool | str) -> str:
    if isinstance(verify, str):
        return "ca_path"
    return next((variable for variable in CA_VARIABLES if os.environ.get(variable)), "ca_path")


def _of_what_was_sent(chain: tuple[BaseException, ...]) -> Cause | None:
    # One of the body's is not wrapped by requests.
    is_lost = isinstance(chain[0], _kinds("urllib3.exceptions", "ProtocolError")) or _find(chain, *LOST)
    return Cause("the connection was lost before the answer was complete") if is_lost else None


def _of_the_way(chain: tuple[BaseException, ...]) -> Cause | None:
    """Return the cause if no connection was made."""
    if name := _find(chain, socket.gaierror):
        return Cause(
            "the host name is not known" if name.errno in NO_SUCH_NAME else "the host name could not be resolved"
        )
    for cause in chain:
        if isinstance(cause, OSError) and cause.errno in UNREACHABLE:
            return Cause(UNREACHABLE[cause.errno])
    if _find(chain, TimeoutError):
        return Cause("the connection timed out (api_timeout)")
    if _find(chain, *LOST):
        return Cause("the connection was closed before anything was sent")
    return None


def _unknown(error: Exception) -> Cause:
    """Return what is said by the innermost error that the libraries hand over."""
    inner: BaseException | None = error
    while inner:
        named, inner = inner, _find((*inner.args, getattr(inner, "reason", None)), BaseException)
    said = _without_proxies(f"{type(named).__name__}: {named}").rstrip(".")
    transient: tuple[type[BaseException], ...] = (OSError, HTTPException, *_kinds("urllib3.exceptions", "HTTPError"))
    is_transient = isinstance(error, transient) and not isinstance(error, ValueError)
    return Cause("the request failed", is_transient, said)


def _without_proxies(text: str) -> str:
    """Return the text without the URLs of proxies and the passwords in them."""
    secrets: set[str] = set()
    for url in getproxies().values():
        credentials = url.partition("://")[2].rpartition("@")[0] or url.rpartition("@")[0]
        secrets |= {url, credentials, credentials.partition(":")[2]}
    secrets |= set(map(unquote, secrets))
    return str(redacted(text, sorted(filter(str.strip, secrets), key=len, reverse=True)))
