# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Secrets that the API gives back, in whatever spelling, are in no result and in no log."""

from __future__ import annotations

import base64
import html
import json
import textwrap
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import pytest
from ansible.module_utils import basic
from ansible_collections.bytemark.cloud.plugins.module_utils._core import executor as _apply
from ansible_collections.bytemark.cloud.plugins.module_utils._core.redaction import STARS, redacted
from ansible_collections.bytemark.cloud.plugins.module_utils._core.spellings import MAX_DECODED
from ansible_collections.bytemark.cloud.tests.unit.examples import ONLY_LOGS_IN, example
from ansible_collections.bytemark.cloud.tests.unit.fuzz.answers import disc, machine
from ansible_collections.bytemark.cloud.tests.unit.fuzz.options import TIMEOUTS
from ansible_collections.bytemark.cloud.tests.unit.hostile.conftest import failure
from ansible_collections.bytemark.cloud.tests.unit.recording_server import Answer, Request
from ansible_collections.bytemark.cloud.tests.unit.support import MODULES, load_module

SECRET = 'Gé/h+eim "1\\2" & <%3>\nline two'
PLAIN = "Geheim1234"
Spell = Callable[[str], str]


def base64_at(offset: int, encode: Callable[[bytes], bytes] = base64.b64encode) -> Spell:
    return lambda text: encode(b"x" * offset + text.encode() + b"more").decode()


def json_text(text: str) -> str:
    return json.dumps({"said": text})


SPELLINGS: dict[str, Spell] = {
    "as it is": str,
    "for a URL": lambda text: quote(text, safe=""),
    "for a URL, in lower case": lambda text: "".join(
        part.lower() if part.startswith("%") else part for part in split_percent(quote(text, safe=""))
    ),
    "for a form": quote_plus,
    "every byte for a URL": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "every byte for a URL, in lower case": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "twice for a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "for HTML": html.escape,
    "twice for HTML": lambda text: html.escape(html.escape(text)),
    "as decimal entities": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "as long decimal entities": lambda text: "".join(f"&#{ord(letter):07};" for letter in text),
    "as hexadecimal entities": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
    "as HEXADECIMAL ENTITIES": lambda text: "".join(f"&#X{ord(letter):X};" for letter in text),
    "as JSON": json.dumps,
    "as JSON, not ASCII": lambda text: json.dumps(text, ensure_ascii=False),
    "as JSON in JSON": lambda text: json_text(json_text(text)),
    "as JSON in JSON in JSON": lambda text: json_text(json_text(json_text(text))),
    "as escapes": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "as ESCAPES": lambda text: "".join(f"\\u{ord(letter):04X}" for letter in text),
    "as Python": repr,
    "as escapes of bytes": lambda text: "".join(f"\\x{ord(letter):02x}" for letter in text),
    **{f"as base64 at {offset}": base64_at(offset) for offset in range(6)},
    **{f"as base64 for a URL at {offset}": base64_at(offset, base64.urlsafe_b64encode) for offset in range(3)},
    "as base64 in lines": base64_at(50, base64.encodebytes),
    "as base64 in short lines": lambda text: "\r\n".join(textwrap.wrap(base64_at(1)(text), 5)),
    "as base64 for a form": lambda text: quote_plus(base64_at(1)(text)),
    "in lines": lambda text: "\n".join(text[at : at + 4] for at in range(0, len(text), 4)),
    "in lines with blanks": lambda text: "\r\n  ".join(text[at : at + 3] for at in range(0, len(text), 3)),
    "for HTML and a URL": lambda text: quote(html.escape(text), safe=""),
    "for a URL and HTML as JSON": lambda text: json_text(html.escape(quote_plus(text))),
}


def split_percent(text: str) -> list[str]:
    head, *rest = text.split("%")
    return [head, *(part for piece in rest for part in (f"%{piece[:2]}", piece[2:]))]


def spelled(spell: str, secret: str) -> str:
    return f"before {SPELLINGS[spell](secret)} after"


def holds(result: Any, text: str, secret: str) -> bool:
    """Whether a result holds the secret, or what stood for it in an answer."""
    shown = json.dumps(result)
    forms = {text, text.removeprefix("before ").removesuffix(" after"), secret}
    return any(json.dumps(form)[1:-1] in shown for form in forms)


@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize("secret", [SECRET, PLAIN, "sixsix"])
def test_a_spelling_is_censored_and_its_neighbours_are_not(spell, secret):
    text = spelled(spell, secret)
    value = {"a": ["web1", {text: text}], "b": "100% of web1 & its discs", "c": [7, None, True, "R2VoZWlt"]}
    shown = redacted(value, [secret])
    assert not holds(shown, text, secret)
    assert (shown["a"][0], shown["b"], shown["c"]) == ("web1", value["b"], value["c"])
    assert redacted(value, ["another secret"]) is value


def test_what_is_too_long_to_be_decoded_is_hidden_whole():
    assert redacted({"a": "%20" * MAX_DECODED}, ["hunter2"]) == {"a": STARS}
    assert redacted({"a": "x" * MAX_DECODED * 2}, ["hunter2"]) == {"a": "x" * MAX_DECODED * 2}


@pytest.fixture(autouse=True)
def no_time_for_stale_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify no write for long, as reads stay as they were before it for good."""
    monkeypatch.setattr(_apply, "READS_LAG", 0)


ROOT = {"image": "stretch", "root_password": SECRET}


def echoing(
    text: Callable[[Request], str], vms: list[dict[str, Any]], status: int = 200
) -> Callable[[Request], Answer]:
    """Return a cloud with a text in every object, and in the refusal of every write if the status is one."""

    def answer(request: Request) -> Answer:
        said = text(request)
        vm = machine(7, "web1", "default", note=said, discs=[disc(70, "disc-1", 7) | {"note": {said: [said]}}])
        if request.method != "GET":
            if status != 200:
                return Answer(status, json.dumps({"name": [said], "base": [said], said: [said]}).encode())
            vms[:] = [vm, *(other for other in vms if other["name"] != "web1")]
            return Answer(body=json.dumps({"virtual_machine": vm, "reimage": {"root_password": said}}).encode())
        group = {"id": 3, "account_id": 2, "name": "default", "note": said}
        existing = [{**existing, "note": said} for existing in vms]
        kind, name = request.path.split("/")[-2:]
        found: Any = {
            "virtual_machines": next((vm for vm in existing if vm["name"] == name), None),
            "groups": {**group, "virtual_machines": existing},
            "accounts": {"id": 2, "name": "acme", "groups": [{**group, "virtual_machines": existing}]},
            "ips": {"address": unquote(name), "rdns": said},
        }.get(kind)
        if request.path == "/definitions":
            found = [{"id": "distributions", "data": ["stretch"]}, {"id": "note", "data": [said]}]
        elif request.path == "/virtual_machines":
            found = existing
        elif request.path == "/nics":
            found = [{**nic, "note": said} for vm in existing for nic in vm["network_interfaces"]]
        return Answer(404) if found is None else Answer(body=json.dumps(found).encode())

    return answer


@pytest.mark.parametrize("spell", SPELLINGS)
def test_no_spelling_is_in_a_result(server, run, spell):
    text = spelled(spell, SECRET)
    for module_name, options in (
        ("bigv_vm", {"name": "web1", **ROOT}),
        ("bigv_vm", {"name": "web1", "keymap": "de", **ROOT}),
        ("bigv_fleet", {"vms": [{"name": "web1", **ROOT}]}),
        ("bigv_fleet", {"vms": [{"name": "new1"}], "defaults": ROOT, "wait": False}),
    ):
        server.answer = echoing(lambda request: text, [machine(7, "web1", "default")])
        result = run(module_name, **options)
        assert not holds(result, text, SECRET), module_name
        server.answer = echoing(lambda request: text, [machine(7, "web1", "default")], status=400)
        assert not holds(run(module_name, **options), text, SECRET), module_name


@pytest.mark.parametrize("spell", SPELLINGS)
def test_no_spelling_of_a_token_is_in_a_result(server, run, spell):
    token = "apikey.M4RK+token/=="
    text = spelled(spell, token)
    for status in (200, 400):
        vms = [machine(7, "web1", "default"), machine(8, "web2", "default")]
        server.answer = echoing(lambda request: text, vms, status)
        for module_name in sorted({*MODULES} - ONLY_LOGS_IN):
            options = load_module(module_name).MODULE.kind.options
            at_once = {option: 0 for option in TIMEOUTS if option in options}
            result = run(module_name, token=token, **{**example(module_name).options, **at_once})
            assert not holds(result, text, token), (module_name, status)


@pytest.mark.parametrize("spell", ["as it is", "for a URL", "as base64 at 0", "as JSON in JSON", "as decimal entities"])
def test_a_generated_password_is_returned_on_request_only(server, run, spell):
    generated: list[str] = []

    def text(request: Request) -> str:
        if request.method == "POST" and request.body:
            generated.append(json.loads(request.body)["reimage"]["root_password"])
        return spelled(spell, generated[-1] if generated else "")

    for wanted in (False, True):
        generated.clear()
        server.answer = echoing(text, [])
        options = {"image": "stretch", "discs": [{"size": 25600}], "return_root_password": wanted}
        vm = run("bigv_vm", name="web1", wait=False, **options)
        (password,) = generated
        assert vm["changed"]
        assert vm.pop("root_password", None) == (password if wanted else None)
        assert not holds(vm, spelled(spell, password), password)
        generated.clear()
        server.answer = echoing(text, [])
        fleet = run("bigv_fleet", vms=[{"name": "web1", **options}], wait=False)
        (password,) = generated
        assert fleet["changed"]
        assert fleet["vms"][0].pop("root_password", None) == (password if wanted else None)
        assert not holds(fleet, spelled(spell, password), password)


def test_a_session_is_returned_and_hidden_elsewhere(server, run):
    def answer(request: Request) -> Answer:
        if request.path == "/session":
            return Answer(body=b"5e551017-1d", kind="text/plain")
        return Answer(400, json.dumps({"base": [quote("5e551017-1d") + "%21", "%35e551017-1d"]}).encode())

    server.answer = answer
    login = {"token": None, "username": "admin", "password": "geheim"}
    assert run("bigv_session", **login)["token"] == "5e551017-1d"
    assert "5e551017" not in str(run("bigv_group", name="web", **login)["error"])


def test_a_name_like_a_short_secret_stays_readable(server, run):
    """What is shorter than six characters is looked for by ansible-core alone, and only as it is."""
    server.answer = echoing(lambda request: "a%62c", [machine(7, "web1", "default")])
    result = run("bigv_vm", name="web1", image="stretch", root_password="abc")
    assert result["vm"]["note"] == "a%62c"
    assert result["vm"]["name"] == "web1"


def test_the_system_log_holds_no_secret(server, run, monkeypatch):
    """An ordinary module has ansible-core write down all options as one text."""
    lines: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, *logged: lines.append(str(logged)))
    run("bigv_fleet", vms=[{"name": "web1", "root_password": SECRET, "firstboot_script": "#!/bin/sh\n\tM4RK 'x'\n"}])
    assert "M4RK" not in "".join(lines)
    assert "line two" not in "".join(lines)


@pytest.mark.parametrize(
    "key",
    [
        "-----BEGIN OPENSSH PRIVATE KEY-----\nM4RKb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----\n",
        "ssh-ed25519 AAAA me\r\n-----BEGIN RSA PRIVATE KEY-----\r\nM4RK\r\n-----END RSA PRIVATE KEY-----",
        "M4RK-hunter2",
        "/home/M4RK/.ssh/id_rsa",
    ],
)
@pytest.mark.parametrize("image", [{}, {"image": "stretch"}])
def test_what_is_no_public_key_is_neither_sent_nor_shown(server, run, key, image):
    keys = ["ssh-ed25519 AAAA me", key]
    for module_name, options, place in (
        ("bigv_vm", {"name": "web1", "ssh_public_keys": keys, **image}, ""),
        ("bigv_fleet", {"vms": [{"name": "web1", "ssh_public_keys": keys, **image}]}, "vms[0]."),
        ("bigv_fleet", {"vms": [{"name": "web1"}], "defaults": {"ssh_public_keys": keys, **image}}, "vms[0]."),
    ):
        result = run(module_name, **options)
        assert f"{place}ssh_public_keys[1]: is " in failure(result)
        assert "M4RK" not in json.dumps(result)
    assert server.requests == []
