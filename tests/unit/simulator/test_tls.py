# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The whole simulator over https, with a certificate that it makes at start."""

import os
import shlex
import signal
import socket
import ssl
import stat
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from ansible_collections.bytemark.cloud.tests.unit.support import run_command

FAULTS = [
    {"fault": "reset_before"},
    {"fault": "reset_after"},
    {"fault": "truncate"},
    {"fault": "hang", "seconds": 0},
]


@pytest.fixture(scope="module")
def secure(start_simulator):
    return start_simulator("--tls", "--build-time", "0")[1]


@pytest.fixture
def https(secure, connect):
    """Connect as the administrator, who trusts the simulator's certificate and no other."""
    administrator = connect(secure["api_url"], secure["token"])
    administrator.session.verify = secure["ca_path"]
    administrator.session.trust_env = False
    administrator.post("/_simulator/reset")
    yield administrator
    administrator.session.close()


def port(facts):
    return urlsplit(facts["api_url"]).port


def test_the_ready_line_says_where_it_is_and_what_to_trust(secure, server):
    assert secure["api_url"] == f"https://127.0.0.1:{port(secure)}"
    assert secure["auth_url"] == f"{secure['api_url']}/auth"
    assert Path(secure["ca_path"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert secure.keys() - server.keys() == {"ca_path"}


def test_api_auth_service_control_interface_and_pages_are_all_there(https):
    session = https.session.post(https.url + "/auth/session", json={"username": "admin", "password": "password"}).text
    assert https.get("/accounts", headers={"Authorization": f"Bearer {session}"}).json()[0]["name"] == "acme"
    assert https.create(autoreboot_on=True)["name"] == "web1"
    assert https.state("web1")["power_on"]
    own = {"Origin": https.url, "Referer": f"{https.url}/docs", "Sec-Fetch-Site": "same-origin"}
    for page in ("/", "/docs", "/docs/openapi.json", "/_simulator/page/status.js", "/_simulator/status"):
        assert https.get(page, headers=own | {"Accept": "text/html"}).status_code == 200
    assert https.session.delete(https.url + "/_simulator/requests", headers=own).status_code == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Host": "localhost"}, 200),
        ({"Origin": "https://localhost"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_other_sites_are_kept_out(https, headers, status):
    assert https.get("/accounts", headers=headers).status_code == status


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_certificate_is_valid_for_loopback(secure, https, host):
    url = f"https://{host}:{port(secure)}/definitions"
    assert requests.get(url, verify=secure["ca_path"]).status_code == 200


@pytest.mark.parametrize(
    ("options", "host", "names"),
    [
        (["--host", "::1"], "::1", ["::1", "localhost"]),
        (["--host", "127.0.0.2"], "127.0.0.2", ["127.0.0.2", "127.0.0.1"]),
        (["--host", "0.0.0.0", "--allow-host", "sim.example"], "127.0.0.1", ["sim.example", "127.0.0.1", "::1"]),
    ],
)
def test_the_certificate_is_valid_for_what_is_listened_on_and_allowed(start_simulator, options, host, names):
    facts = start_simulator("--tls", *options)[1]
    trusting = ssl.create_default_context(cafile=facts["ca_path"])
    for name in names:
        with (
            socket.create_connection((host, port(facts)), timeout=30) as connection,
            trusting.wrap_socket(connection, server_hostname=name) as secured,
        ):
            assert secured.version() in ("TLSv1.2", "TLSv1.3")
    with (
        socket.create_connection((host, port(facts)), timeout=30) as connection,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        trusting.wrap_socket(connection, server_hostname="other.example")


def test_nobody_else_trusts_it(secure):
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secure['api_url']}/definitions")


def test_what_is_no_tls_does_not_disturb_it(secure, https):
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(f"http://127.0.0.1:{port(secure)}/definitions")
    # A client that connects and says nothing keeps nobody waiting.
    with socket.create_connection(("127.0.0.1", port(secure)), timeout=30):
        assert https.get("/definitions").status_code == 200


@pytest.mark.parametrize("rule", FAULTS, ids=lambda rule: rule["fault"])
def test_faults_cut_secured_connections_too(https, rule):
    https.put("/_simulator/faults", {"rules": [rule | {"path": "/accounts", "count": 1}]})
    with pytest.raises(requests.exceptions.RequestException):
        https.get("/accounts")
    assert https.get("/accounts").status_code == 200
    assert [fault["fault"] for fault in https.read("/_simulator/faults")["record"]] == [rule["fault"]]


def test_refused_connections_are_accepted_again(https):
    https.put("/_simulator/faults", {"rules": [{"fault": "refuse", "seconds": 0.3, "path": "/accounts", "count": 1}]})
    for _request in range(2):
        with pytest.raises(requests.exceptions.ConnectionError):
            https.get("/accounts")
    time.sleep(0.4)
    assert https.get("/accounts").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_only_the_authoritys_certificate_is_written_and_it_goes_with_the_process(
    start_simulator, tmp_path, monkeypatch, number
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    previous = os.umask(0)
    try:
        process, facts = start_simulator("--tls")
    finally:
        os.umask(previous)
    certificate = Path(facts["ca_path"])
    assert stat.S_IMODE(certificate.parent.stat().st_mode) == 0o700
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [certificate]
    assert "PRIVATE KEY" not in certificate.read_text()
    process.send_signal(number)
    assert process.wait(timeout=10) == 0
    assert list(tmp_path.iterdir()) == []
    assert process.stderr.read() == ""


def test_blanks_in_the_temporary_folder_do_not_cut_the_ready_line(start_simulator, tmp_path, monkeypatch):
    folder = tmp_path / "with a blank"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    assert Path(start_simulator("--tls")[1]["ca_path"]).is_file()


def test_a_host_that_no_certificate_can_name_is_one_line(run_simulator):
    ended = run_simulator("--tls", "--allow-host", "my_host")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "my_host" in ended.stderr


def test_the_modules_work_with_ca_path_and_with_its_variable(https, secure, tmp_path):
    options = f"api_url={secure['api_url']} auth_url={secure['auth_url']} account=acme api_retries=0"
    login = "username=admin password=password"
    env = {name: value for name, value in os.environ.items() if not name.startswith("BIGV_")}
    for more, extra in ((f"ca_path={shlex.quote(secure['ca_path'])}", {}), ("", {"BIGV_CA_PATH": secure["ca_path"]})):
        for module, arguments in (("bigv_group", f"{login} name=new{len(extra)}"), ("bigv_group_info", login)):
            ran = run_command(
                sys.executable,
                "-m",
                "ansible",
                "adhoc",
                "localhost",
                "-m",
                f"bytemark.cloud.{module}",
                "-a",
                f"{options} {arguments} {more}",
                env=env | extra,
                cwd=tmp_path,
            )
            assert ran.status == 0, ran.output
    assert {group["name"] for group in https.read("/accounts/acme/groups")} == {"default", "new0", "new1"}


def test_the_inventory_works_with_its_variable(https, secure, tmp_path):
    https.create("web1")
    (tmp_path / "acme.bigv.yml").write_text("plugin: bytemark.cloud.bigv\n")
    env = os.environ | {
        "BIGV_API_URL": secure["api_url"],
        "BIGV_TOKEN": secure["token"],
        "BIGV_CA_PATH": secure["ca_path"],
    }
    listed = run_command(
        sys.executable, "-m", "ansible", "inventory", "-i", "acme.bigv.yml", "--graph", env=env, cwd=tmp_path
    )
    assert "web1" in listed.output
