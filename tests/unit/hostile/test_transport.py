# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Certificates, proxies and plain http: credentials go only where they may."""

from __future__ import annotations

import base64
import contextlib
import datetime
import ipaddress
import json
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.bytemark.cloud.plugins.module_utils._core.client import Client
from ansible_collections.bytemark.cloud.plugins.module_utils._core.errors import BigvError, OutcomeUnknown, Unreachable
from ansible_collections.bytemark.cloud.plugins.module_utils._core.proxied import ProxiedSession
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.vm.attributes import VM
from ansible_collections.bytemark.cloud.tests.unit.examples import ONLY_LOGS_IN, example
from ansible_collections.bytemark.cloud.tests.unit.hostile.conftest import PROXIES, TOKEN, failure, source_failure
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, RecordingServer, recording_server
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from requests.exceptions import InvalidSchema

GROUP = Answer(body=json.dumps({"id": 3, "account_id": 2, "name": "web"}).encode())


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificates that vouch for themselves, by the host that they are for, each in a file with its key."""
    made = {}
    for host in ("127.0.0.1", "203.0.113.1"):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self-made")])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        made[host] = tmp_path_factory.mktemp("certificates") / f"{host}.pem"
        made[host].write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return made


def tls_server(certificate: Path) -> Iterator[RecordingServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with recording_server(lambda request: GROUP if "groups" in request.path else Answer(body=b"[]"), context) as server:
        yield server


@pytest.fixture
def tls(certificates):
    yield from tls_server(certificates["127.0.0.1"])


@pytest.fixture
def tls_of_another_host(certificates):
    yield from tls_server(certificates["203.0.113.1"])


def test_a_certificate_that_does_not_verify(tls, run, inventory):
    for message in (
        failure(run("bigv_group", name="web", api_url=tls.url)),
        failure(run("bigv_group", name="web", token=None, username="admin", password="geheim", auth_url=tls.url)),
        source_failure(inventory(api_url=tls.url)),
    ):
        assert "the certificate could not be verified (see validate_certs and ca_path)" in message
    assert tls.requests == []


def test_a_certificate_that_verifies_by_ca_path(tls, run, inventory, certificates):
    ca_path = str(certificates["127.0.0.1"])
    assert run("bigv_group", name="web", api_url=tls.url, ca_path=ca_path)["changed"] is False
    assert inventory(api_url=tls.url, ca_path=ca_path)["said"] == []
    assert [request.headers["authorization"] for request in tls.requests] == [f"Bearer {TOKEN}"] * 2


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_certificate_that_verifies_by_the_environment(tls, run, inventory, certificates, monkeypatch, variable):
    env = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), "") | {variable: str(certificates["127.0.0.1"])}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert run("bigv_group", name="web", api_url=tls.url)["changed"] is False
    assert inventory(api_url=tls.url, env=env)["said"] == []


def test_a_certificate_of_another_host(tls_of_another_host, run, inventory, certificates):
    server, ca_path = tls_of_another_host, str(certificates["203.0.113.1"])
    assert "certificate could not be verified" in failure(
        run("bigv_group", name="web", api_url=server.url, ca_path=ca_path)
    )
    assert "certificate could not be verified" in source_failure(inventory(api_url=server.url, ca_path=ca_path))
    assert server.requests == []


def test_no_verification(tls, run, inventory, capfd):
    assert run("bigv_group", name="web", api_url=tls.url, validate_certs=False)["changed"] is False
    assert inventory(api_url=tls.url, validate_certs=False)["said"] == []
    assert len(tls.requests) == 2
    assert "InsecureRequestWarning" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_ca_path_with_no_certificates(tls, run, inventory, tmp_path, content):
    ca_path = tmp_path / "ca.pem"
    if content is not None:
        ca_path.write_bytes(content)
    assert "Could not read group web.acme" in failure(
        run("bigv_group", name="web", api_url=tls.url, ca_path=str(ca_path))
    )
    assert source_failure(inventory(api_url=tls.url, ca_path=str(ca_path)))
    assert tls.requests == []


def test_tls_spoken_to_a_server_that_does_not(server, run, inventory):
    url = server.url.replace("http:", "https:")
    assert "TLS failed" in failure(run("bigv_group", name="web", api_url=url))
    assert "TLS failed" in source_failure(inventory(api_url=url))


@pytest.mark.parametrize("option", ["api_url", "auth_url"])
@pytest.mark.parametrize(
    "url",
    ["http://uk0.bigv.io", "http://203.0.113.1", "http://localhost.example.com", "http://[2001:db8::1]", "http://0.0.0.0",
     "HTTP://uk0.bigv.io", "http://127.0.0.1.example.com", "http://[::ffff:203.0.113.1]", "http://127.1.example.com"],
)  # fmt: skip
def test_nothing_is_sent_by_plain_http_to_another_host(server, run, inventory, monkeypatch, option, url):
    """A proxy, which would see it, sees nothing."""
    monkeypatch.setenv("http_proxy", server.url)
    login = {"token": None, "username": "admin", "password": "geheim"}
    assert failure(run("bigv_group", name="web", **login | {option: url})).startswith(f"{option}: ")
    env = {"BIGV_TOKEN": "", "http_proxy": server.url}
    assert f"{option}: " in source_failure(inventory(**login | {"api_url": server.url, option: url}, env=env))
    assert server.requests == []


def test_an_answer_that_drips_in_from_its_first_byte_on(server, tls, run, inventory):
    """Each byte comes in time, and there are only headers, which take ten times as long as the whole may."""
    for dripping, options in ((server, {}), (tls, {"validate_certs": False})):
        dripping.answer = lambda request: Answer(drip=0.1)
        options |= {"api_url": dripping.url, "api_timeout": 1}
        for message in (failure(run("bigv_group", name="web", **options)), source_failure(inventory(**options))):
            assert "the answer was not complete in time (api_timeout, api_retries) at http" in message


def test_a_connection_that_the_server_closes_is_made_again(attempts):
    address, seen = attempts(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
    client = Client(api_url=f"http://{address.partition('@')[2]}", token=TOKEN, api_retries=0)
    for count in (1, 2):
        assert client.get_list("/virtual_machines", "the virtual machines", VM) == []
        assert len(seen) == count
        time.sleep(0.2)


def test_a_netrc_file_says_nothing(server, proxy, run, monkeypatch, tmp_path):
    """To requests it would be credentials that come first."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password geheim\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer = proxy.answer
    assert run("bigv_group", name="web")["changed"] is False
    monkeypatch.setenv("http_proxy", proxy.url)
    assert run("bigv_group", name="web")["changed"] is False
    for request in (*server.requests, *proxy.requests):
        assert request.headers["authorization"] == f"Bearer {TOKEN}"


# Proxies.


@pytest.fixture
def proxy() -> Iterator[RecordingServer]:
    with recording_server(lambda request: GROUP if "groups" in request.target else Answer(body=b"[]")) as proxy:
        yield proxy


def test_the_connections_to_a_proxy_are_made_ready_once():
    adapter = ProxiedSession(verify=True, concurrency=1).adapter
    pools = adapter.proxy_manager_for("http://127.0.0.1:1").pool_classes_by_scheme
    assert adapter.proxy_manager_for("http://127.0.0.1:1").pool_classes_by_scheme is pools


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment(server, proxy, run, inventory, monkeypatch, variable):
    if variable == "HTTP_PROXY":
        monkeypatch.delenv("REQUEST_METHOD", raising=False)
    monkeypatch.setenv(variable, proxy.url)
    assert run("bigv_group", name="web")["changed"] is False
    assert inventory(api_url=server.url, env={variable: proxy.url})["said"] == []
    assert [request.target.partition("?")[0] for request in proxy.requests] == [
        f"{server.url}/accounts/acme/groups/web",
        f"{server.url}/virtual_machines",
    ]
    assert server.requests == []


def test_no_proxy(server, proxy, run, inventory, monkeypatch):
    server.answer = proxy.answer
    env = {"http_proxy": proxy.url, "no_proxy": "example.com,127.0.0.1"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert run("bigv_group", name="web")["changed"] is False
    assert inventory(api_url=server.url, env=env)["said"] == []
    assert (len(server.requests), proxy.requests) == (2, [])


def test_a_proxy_that_lets_nothing_through_sees_no_credentials(proxy, run, inventory, monkeypatch):
    proxy.answer = lambda request: Answer(403)
    monkeypatch.setenv("https_proxy", proxy.url)
    message = failure(run("bigv_group", name="web", api_url="https://uk0.bigv.io"))
    assert "the proxy rejected the request" in message
    taken = inventory(api_url="https://uk0.bigv.io", env={"https_proxy": proxy.url})
    assert "the proxy rejected the request" in source_failure(taken)
    assert [(request.method, request.target) for request in proxy.requests] == [("CONNECT", "uk0.bigv.io:443")] * 2
    assert TOKEN not in str(proxy.requests)


PROXY_PASSWORD = "s3cr3t-0f-the-pr0xy"
API = "https://uk0.bigv.io"


@pytest.fixture
def attempts() -> Iterator[Any]:
    """Whatever a socket answers with, and how many connections there were to it."""
    with contextlib.ExitStack() as stack:

        def answering(answer: bytes) -> tuple[str, list[bytes]]:
            seen: list[bytes] = []

            class Handler(socketserver.BaseRequestHandler):
                def handle(self) -> None:
                    seen.append(self.request.recv(65536))
                    self.request.sendall(answer)

            server = stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"me:{PROXY_PASSWORD}@127.0.0.1:{server.server_address[1]}", seen

        yield answering


def without_secret(message: str) -> str:
    assert PROXY_PASSWORD not in message
    assert "connection was lost" not in message
    return message


@pytest.mark.parametrize("status", [400, 403, 404, 407, 429])
@pytest.mark.parametrize("write", [False, True])
def test_a_refusal_by_a_proxy_is_named_and_not_repeated(run, inventory, attempts, monkeypatch, status, write):
    proxy, seen = attempts(b"HTTP/1.1 %d Refused\r\nContent-Length: 0\r\n\r\n" % status)
    monkeypatch.setenv("https_proxy", f"http://{proxy}")
    login = {"token": None, "username": "admin", "password": "geheim"} if write else {}
    message = without_secret(failure(run("bigv_group", name="web", api_url=API, auth_url=API, api_retries=5, **login)))
    said = "requires a valid user name and password (407)" if status == 407 else f"(it answered {status})"
    assert f"{said} on the way to {API}" in message
    assert "https_proxy" in message
    assert [request.split()[0] for request in seen] == [b"CONNECT"]
    taken = source_failure(inventory(api_url=API, api_retries=5, env={"https_proxy": f"http://{proxy}"}))
    assert said in without_secret(taken)
    assert len(seen) == 2


def test_a_proxy_that_has_a_problem_of_its_own_is_tried_again(run, attempts, monkeypatch):
    proxy, seen = attempts(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
    monkeypatch.setenv("https_proxy", f"http://{proxy}")
    message = without_secret(failure(run("bigv_group", name="web", api_url=API, api_retries=2)))
    assert "the proxy rejected the request (it answered 502)" in message
    assert len(seen) == 3


def test_a_proxy_that_wants_a_password_for_plain_http(run, inventory, attempts, monkeypatch):
    proxy, seen = attempts(b"HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n")
    url, env = "http://127.0.0.1:9", {"http_proxy": f"http://{proxy}"}
    monkeypatch.setenv("http_proxy", env["http_proxy"])
    login = {"token": None, "username": "admin", "password": "geheim", "auth_url": url}
    for message in (
        failure(run("bigv_group", name="web", api_url=url, api_retries=5)),
        failure(run("bigv_group", name="web", api_url=url, api_retries=5, **login)),
        source_failure(inventory(api_url=url, api_retries=5, env=env)),
    ):
        assert "the proxy requires a valid user name and password (407)" in without_secret(message)
        assert "http_proxy" in message
    assert len(seen) == 3


BAD_PROXIES = [
    "http://me:{}@", "http://me:{}@:3128", "http:///{}", "http://me:{}@[::1", "http://me:{}@host:port",
    "ftp://me:{}@127.0.0.1:1", "me:{}@127.0.0.1:1", "http://me:{}@a..b:1", "socks9://me:{}@127.0.0.1:1",
    "http://me:{}@127.0.0.1:99999", "http://me:pa/ss{}@127.0.0.1:1", "http://me:{}\n@127.0.0.1:1", " ", "http://127.0.0.1:1\n",
]  # fmt: skip


@pytest.mark.parametrize("proxy", BAD_PROXIES)
@pytest.mark.parametrize("variable", ["https_proxy", "all_proxy", "HTTPS_PROXY"])
def test_a_proxy_that_is_no_url(run, monkeypatch, proxy, variable):
    monkeypatch.setenv(variable, proxy.format(PROXY_PASSWORD))
    result = run("bigv_group", name="web", api_url=API, api_retries=5, api_timeout=1)
    assert without_secret(failure(result)) == (
        f"Could not read group web.acme: the value of {variable.lower()} is not the URL of a proxy on the way to "
        f"{API}. Set one such as http://proxy.example.com:3128."
    )


def test_a_proxy_that_is_no_url_for_the_inventory(inventory):
    env = {"https_proxy": BAD_PROXIES[0].format(PROXY_PASSWORD)}
    assert "the value of https_proxy is not the URL of a proxy" in without_secret(
        source_failure(inventory(api_url=API, env=env))
    )


def test_a_proxy_that_cannot_be_reached(run, inventory, monkeypatch):
    for host, cause in (("127.0.0.1:1", "the connection was refused"), ("proxy.invalid:1", "the host name ")):
        proxy = f"http://me:{PROXY_PASSWORD}@{host}"
        monkeypatch.setenv("https_proxy", proxy)
        message = without_secret(failure(run("bigv_group", name="web", api_url=API)))
        assert f"the proxy (https_proxy) could not be reached, as {cause}" in message
        taken = source_failure(inventory(api_url=API, env={"https_proxy": proxy}))
        assert f"the proxy (https_proxy) could not be reached, as {cause}" in without_secret(taken)


def test_a_socks_proxy_without_pysocks(run, monkeypatch):
    """As requests has it where the library is missing."""

    def missing(*arguments: Any, **options: Any) -> None:
        raise InvalidSchema("Missing dependencies for SOCKS support.")

    monkeypatch.setattr(requests.adapters, "SOCKSProxyManager", missing)
    monkeypatch.setenv("all_proxy", f"socks5://me:{PROXY_PASSWORD}@127.0.0.1:1")
    assert without_secret(failure(run("bigv_group", name="web", api_url=API, api_retries=5))) == (
        "Could not read group web.acme: the proxy (all_proxy) uses SOCKS, which requires the Python library PySocks "
        f"on the way to {API}. Install it where the module runs (pip install PySocks)."
    )


@pytest.mark.parametrize("body", [b"", b"3\r\n[{", b"3\r\n[ \n\r\n"], ids=["before", "within", "after"])
def test_a_body_that_ends_before_within_or_after_a_chunk(run, attempts, body):
    address, _seen = attempts(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    message = failure(run("bigv_group_info", api_url=f"http://{address.partition('@')[2]}", api_retries=0))
    assert "the connection was lost before the answer was complete" in message


def test_a_write_through_a_proxy_is_lost_only_if_it_was_sent(attempts, monkeypatch):
    proxy, seen = attempts(b"")
    monkeypatch.setenv("http_proxy", f"http://{proxy}")
    client = Client(api_url="http://127.0.0.1:9", token=TOKEN, api_retries=0)
    with pytest.raises(BigvError, match="the connection was lost before the answer was complete") as lost:
        client.send("POST", "/accounts/acme/groups", "create it", {"name": "web"})
    assert (lost.type, len(seen)) == (OutcomeUnknown, 1)
    for proxy in ("http://127.0.0.1:1", "http://me@", "ftp://127.0.0.1:1"):
        monkeypatch.setenv("http_proxy", proxy)
        with pytest.raises(BigvError, match="http_proxy") as unsent:
            client.send("POST", "/accounts/acme/groups", "create it", {"name": "web"})
        assert unsent.type is Unreachable


def test_tls_that_ends_before_anything_was_sent(attempts):
    address, _seen = attempts(b"")
    client = Client(api_url=f"https://{address.partition('@')[2]}", token=TOKEN, api_retries=0)
    with pytest.raises(BigvError) as unsent:
        client.send("POST", "/accounts/acme/groups", "create it", {"name": "web"})
    assert "TLS failed" in without_secret(str(unsent.value))
    assert unsent.type is Unreachable


def test_an_unknown_cause_is_shown_as_it_is(run, inventory, attempts):
    """Also without the token that a server says again."""
    address, _seen = attempts(f"Bearer {TOKEN} is no HTTP\r\n\r\n".encode())
    url = f"http://{address.partition('@')[2]}"
    for message in (failure(run("bigv_group", name="web", api_url=url)), source_failure(inventory(api_url=url))):
        assert f"the request failed at {url}: BadStatusLine: Bearer ******** is no HTTP. Check api_url" in message


def test_an_unknown_cause_without_the_password_of_a_proxy(run, server, monkeypatch):
    proxy = f"http://me:{PROXY_PASSWORD}%21@127.0.0.1:1"
    monkeypatch.setenv("http_proxy", proxy)
    for text in (proxy, f"me:{PROXY_PASSWORD}!", base64.b64encode(f"me:{PROXY_PASSWORD}!".encode()).decode()):

        def fail(*arguments: Any, text: str = text, **options: Any) -> None:
            raise RuntimeError(f"no way through {text}")

        monkeypatch.setattr(requests.Session, "request", fail)
        message = without_secret(failure(run("bigv_group", name="web", api_retries=0)))
        assert "the request failed" in message
        assert base64.b64encode(b"me:s3cr3t-0f").decode() not in message


@pytest.mark.parametrize("host", ["a..b", ".example.com", "*.example.com", f"{'a' * 64}.io"])
def test_a_host_that_cannot_be_is_not_a_url(run, inventory, host):
    url = f"https://{host}"
    assert failure(run("bigv_group", name="web", api_url=url)).startswith(f"api_url: {url!r} is not a URL")
    assert f"api_url: {url!r} is not a URL" in source_failure(inventory(api_url=url))


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_of_the_environment_that_are_not_there(run, inventory, monkeypatch, tmp_path, variable, tls):
    (tmp_path / "empty.pem").touch()
    for path, said in (
        ("nowhere.pem", f"the certificate file or folder does not exist ({variable})"),
        ("empty.pem", f"the file contains no certificates ({variable})"),
    ):
        env = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), "") | {variable: str(tmp_path / path)}
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        for message in (
            failure(run("bigv_group", name="web", api_url=tls.url, api_retries=5)),
            source_failure(inventory(api_url=tls.url, env=env)),
        ):
            assert said in without_secret(message)
            assert f"Correct the path in {variable}." in message
            assert "ca_path" not in message
        assert "(ca_path)" in failure(run("bigv_group", name="web", api_url=tls.url, ca_path=f"{tmp_path}/none"))


@pytest.mark.parametrize("module", sorted({*MODULES} - ONLY_LOGS_IN))
def test_a_403_on_a_read(server, run, inventory, module):
    server.answer = lambda request: Answer(403, b"Forbidden", "text/plain")
    for message in (failure(run(module, **example(module).options)), source_failure(inventory(api_url=server.url))):
        assert "403: Forbidden. These credentials cannot read it: use credentials with more privileges." in message


def test_the_password_of_a_proxy_is_not_shown(server, run, inventory, monkeypatch):
    """The password for a proxy, which is away or refuses."""
    proxy = "http://me:s3cr3t@127.0.0.1:1"
    monkeypatch.setenv("http_proxy", proxy)
    assert "s3cr3t" not in str(run("bigv_group", name="web"))
    assert "s3cr3t" not in source_failure(inventory(api_url=server.url, env={"http_proxy": proxy}))


def test_an_empty_token_is_none(server, run):
    """As a template gives it whose variable is not set."""
    server.answer = lambda request: GROUP if request.method == "GET" else Answer(body=b"a-session", kind="text/plain")
    assert run("bigv_group", name="web", token="", username="admin", password="geheim")["changed"] is False
    assert server.calls == ["POST /session", "GET /accounts/acme/groups/web"]


def test_a_netrc_is_not_asked(server, run, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer = lambda request: GROUP
    run("bigv_group", name="web")
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert base64.b64encode(b"other:other").decode() not in str(request)
