# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
"""Certificates, proxies and plain http: credentials go only where they may."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._transport import open_session
from ansible_collections.bytemark.cloud.tests.unit.hostile.conftest import PROXIES, TOKEN, failure, source_failure
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, RecordingServer, recording_server
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

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
        assert "the certificate does not verify (see validate_certs and ca_path)" in message
    assert tls.requests == []


def test_a_certificate_that_verifies_by_ca_path(tls, run, inventory, certificates):
    ca_path = str(certificates["127.0.0.1"])
    assert run("bigv_group", name="web", api_url=tls.url, ca_path=ca_path)["changed"] is False
    assert inventory(api_url=tls.url, ca_path=ca_path)["said"] == []
    assert [request.headers["authorization"] for request in tls.requests] == [f"Bearer {TOKEN}"] * 2


def test_a_certificate_of_another_host(tls_of_another_host, run, inventory, certificates):
    server, ca_path = tls_of_another_host, str(certificates["203.0.113.1"])
    assert "certificate does not verify" in failure(run("bigv_group", name="web", api_url=server.url, ca_path=ca_path))
    assert "certificate does not verify" in source_failure(inventory(api_url=server.url, ca_path=ca_path))
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
            assert "the answer was not whole in time (api_timeout, api_retries) at http" in message


# Proxies.


@pytest.fixture
def proxy() -> Iterator[RecordingServer]:
    with recording_server(lambda request: GROUP if "groups" in request.target else Answer(body=b"[]")) as proxy:
        yield proxy


def test_the_connections_to_a_proxy_are_made_ready_once():
    adapter = open_session(1).get_adapter("http://127.0.0.1")
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
    assert "the proxy did not let the request through" in message
    taken = inventory(api_url="https://uk0.bigv.io", env={"https_proxy": proxy.url})
    assert "the proxy did not let the request through" in source_failure(taken)
    assert [(request.method, request.target) for request in proxy.requests] == [("CONNECT", "uk0.bigv.io:443")] * 2
    assert TOKEN not in str(proxy.requests)


def test_what_the_proxy_is_told_is_not_shown(server, run, inventory, monkeypatch):
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
