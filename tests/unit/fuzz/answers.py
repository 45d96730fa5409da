# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Answers of a small cloud, right or spoilt. What is answered depends on nothing but the request."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from ansible_collections.bytemark.cloud.tests.unit.fuzz.hostile import SHAPES, TEXTS, VALUES, one_of
from ansible_collections.bytemark.cloud.tests.unit.recording_server import JSON, Answer, Request
from hypothesis import strategies as st

Document = Any
SESSION = "5e551017-1d"
NEW_KEY = "apikey.0123456789abcdef"
GROUPS = {"default": 3, "staging": 4}
DEFINITIONS = {
    "distributions": ["stretch", "jessie"],
    "storage_grades": ["sata", "ssd"],
    "zone_names": ["york"],
    "hardware_profiles": ["virtio2018"],
    "keymaps": ["de"],
    "sendkeys": ["ctrl-alt-delete", "ret"],
}


def disc(disc_id: int, label: str, vm_id: int) -> dict[str, Any]:
    return {
        "id": disc_id, "label": label, "size": 25600, "storage_grade": "sata", "storage_pool": "tail01",
        "virtual_machine_id": vm_id,
    }  # fmt: skip


def nic(vm_id: int, **other: Any) -> dict[str, Any]:
    return {
        "id": vm_id + 100, "label": None, "mac": "fe:ff:00:00:12:34", "vlan_num": 1, "extra_ips": {},
        "ips": [f"203.0.113.{vm_id}", f"2001:db8::{vm_id}"], "virtual_machine_id": vm_id, **other,
    }  # fmt: skip


def privilege(privilege_id: int, **what: Any) -> dict[str, Any]:
    return {
        "id": privilege_id, "username": "alice", "user_id": 5, "level": "group_admin", "password_required": True,
        "yubikey_required": False, "yubikey_otp_max_age": None, "ip_restrictions": None, "api_key_id": None,
        "creating_username": "admin", **what,
    }  # fmt: skip


USERS = [
    {"id": 1, "username": "admin", "email": None, "authorized_keys": None},
    {"id": 5, "username": "alice", "email": "alice@example.com", "authorized_keys": "ssh-ed25519 AAAA me\n\n"},
]
PRIVILEGES = [
    privilege(21, group_id=3),
    privilege(22, level="vm_admin", virtual_machine_id=7),
    privilege(23, username="admin", user_id=1, group_id=3, api_key_id=31, password_required=False),
]
API_KEYS = [
    {"id": 31, "user_id": 1, "label": "ci", "expires_at": "2030-01-01T00:00:00.0312Z", "privileges": PRIVILEGES[2:]},
    {"id": 32, "user_id": 1, "label": "ci", "expires_at": None, "privileges": []},
]


def machine(vm_id: int, name: str, group: str, **other: Any) -> dict[str, Any]:
    return {
        "id": vm_id, "name": name, "group_id": GROUPS[group], "hostname": f"{name}.{group}.acme.uk0.bigv.io",
        "cores": 1, "memory": 1024, "power_on": True, "autoreboot_on": True, "hardware_profile": "virtio2018",
        "hardware_profile_locked": False, "cdrom_url": None, "keymap": None, "zone_name": "york", "head": "head1",
        "management_address": "203.0.113.99", "last_imaged_with": "stretch", "deleted": False,
        "type": "application/vnd.bigv.virtual-machine", "network_interfaces": [nic(vm_id)],
        "discs": [disc(vm_id * 10, "disc-1", vm_id), disc(vm_id * 10 + 1, "data", vm_id)], **other,
    }  # fmt: skip


class Spoiling(NamedTuple):
    """What is wrong with the answers to some requests."""

    method: str
    spoil: Callable[[Answer], Answer]


class Cloud(NamedTuple):
    """The VMs that are there, whether lists come nested, what is wrong with the answers, and a name in reverse DNS."""

    vms: Sequence[dict[str, Any]]
    is_nested: bool
    spoilings: Sequence[Spoiling]
    rdns: str | None = None

    def __call__(self, request: Request) -> Answer:
        if request.path == "/session":
            answer = Answer(body=SESSION.encode(), kind="text/plain")
        elif request.method == "GET":
            document = self._document(request.path)
            answer = Answer(404) if document is None else Answer(body=encoded(document))
        elif (request.method, request.path) == ("POST", "/api_keys"):
            answer = Answer(201, encoded({**json.loads(request.body), "id": 33, "api_key": NEW_KEY}))
        elif request.path.endswith("/ip_create"):
            answer = Answer(201, encoded({**json.loads(request.body), "ips": ["203.0.113.200"]}))
        else:
            answer = Answer(204 if request.method == "DELETE" else 200)
        for spoiling in self.spoilings:
            if request.method == spoiling.method:
                answer = spoiling.spoil(answer)
        if answer.body == SESSION.encode() and (answer.status or 0) >= 400:
            return answer._replace(body=b"Bad login credentials")
        return answer

    def _document(self, path: str) -> Document:
        for pattern, find in ROUTES:
            if match := re.fullmatch(pattern, path):
                return find(self, *match.groups())
        return None

    def groups(self) -> list[dict[str, Any]]:
        return [self.group(name) for name in GROUPS]

    def group(self, name: str) -> Document:
        name = next((known for known, number in GROUPS.items() if name == str(number)), name)
        if name not in GROUPS:
            return None
        nested = {"virtual_machines": self.vms_of(name)} if self.is_nested else {}
        return {"id": GROUPS[name], "account_id": 2, "name": name, **nested}

    def account(self, name: str) -> Document:
        if name not in ("acme", "2"):
            return None
        return {"id": 2, "name": "acme", **({"groups": self.groups()} if self.is_nested else {})}

    def vms_of(self, group: str) -> list[dict[str, Any]]:
        return [
            self._shown(vm) for vm in self.vms if str(vm["group_id"]) == group or vm["group_id"] == GROUPS.get(group)
        ]

    def vm(self, name: str) -> Document:
        return next((self._shown(vm) for vm in self.vms if name in (vm["name"], str(vm["id"]))), None)

    def all_vms(self) -> list[dict[str, Any]]:
        return [self._shown(vm) for vm in self.vms]

    def nested(self, part: str) -> list[dict[str, Any]]:
        return [entry for vm in self.vms for entry in vm[{"nics": "network_interfaces"}.get(part, part)]]

    def one_nested(self, part: str, part_id: str) -> Document:
        return next((entry for entry in self.nested(part) if str(entry["id"]) == part_id), None)

    def ip(self, address: str) -> Document:
        there = [one for entry in self.nested("nics") for key in ("ips", "extra_ips") for one in entry.get(key) or ()]
        return {"address": address, "rdns": self.rdns} if unquote(address) in there else None

    def user(self, name: str) -> Document:
        return next((user for user in USERS if name in (user["username"], str(user["id"]))), None)

    def privileges_of(self, name: str) -> Document:
        user = self.user(name)
        return user and [entry for entry in PRIVILEGES if entry["user_id"] == user["id"]]

    def privilege(self, number: str) -> Document:
        return next((entry for entry in PRIVILEGES if str(entry["id"]) == number), None)

    def api_keys(self) -> list[dict[str, Any]]:
        if self.is_nested:
            return API_KEYS
        return [{name: value for name, value in key.items() if name != "privileges"} for key in API_KEYS]

    def _shown(self, vm: dict[str, Any]) -> dict[str, Any]:
        if self.is_nested:
            return vm
        return {key: value for key, value in vm.items() if key not in ("discs", "network_interfaces")}


ROUTES: list[tuple[str, Callable[..., Document]]] = [
    ("/accounts/([^/]*)", Cloud.account),
    ("/accounts/[^/]*/groups", Cloud.groups),
    ("/(?:accounts/[^/]*/)?groups/([^/]*)", Cloud.group),
    ("/accounts/[^/]*/groups/([^/]*)/virtual_machines", Cloud.vms_of),
    ("/(?:accounts/[^/]*/groups/[^/]*/)?virtual_machines/([^/]*)", Cloud.vm),
    ("/virtual_machines", Cloud.all_vms),
    (".*/(discs|nics)", Cloud.nested),
    (".*/(discs|nics)/([^/]*)", Cloud.one_nested),
    ("/ips/(.*)", Cloud.ip),
    ("/accounts", lambda cloud: [cloud.account("acme")]),
    ("/groups", Cloud.groups),
    ("/users", lambda cloud: USERS),
    ("/users/([^/]*)", Cloud.user),
    ("/users/([^/]*)/privileges", Cloud.privileges_of),
    ("/privileges/([^/]*)", Cloud.privilege),
    (".*/privileges", lambda cloud: PRIVILEGES),
    ("/api_keys", Cloud.api_keys),
    ("/definitions", lambda cloud: [{"id": name, "data": data} for name, data in DEFINITIONS.items()]),
]


def encoded(document: Document) -> bytes:
    return json.dumps(document).encode()


# Spoiling.


def positions(document: Document) -> Iterator[tuple[Any, Any]]:
    """Each container in the document with each of its keys."""
    if isinstance(document, (dict, list)):
        for key, value in list(document.items() if isinstance(document, dict) else enumerate(document)):
            yield document, key
            yield from positions(value)


def _with_document(answer: Answer, change: Callable[[Document], Document]) -> Answer:
    if not answer.body.startswith((b"[", b"{")):
        return answer
    return answer._replace(body=encoded(change(json.loads(answer.body))))


def replaced_at(number: int, value: Any) -> Callable[[Answer], Answer]:
    """Replace the value at any one position, however deep."""

    def change(document: Document) -> Document:
        existing = list(positions(document))
        if existing:
            container, key = existing[number % len(existing)]
            container[key] = copy.deepcopy(value)
        return document

    return lambda answer: _with_document(answer, change)


def replaced_all(name: str, value: Any, is_left_out: bool) -> Callable[[Answer], Answer]:
    """Replace or leave out every attribute of a name."""

    def change(document: Document) -> Document:
        for container, key in list(positions(document)):
            if key == name and isinstance(container, dict):
                container[key] = copy.deepcopy(value)
                if is_left_out:
                    del container[key]
        return document

    return lambda answer: _with_document(answer, change)


def _doubled(document: Document) -> Document:
    for container, key in list(positions(document)):
        if isinstance(container[key], list):
            container[key] = container[key] * 2
    return document * 2 if isinstance(document, list) else document


def _with_ip(document: Document) -> Document:
    for container, key in list(positions(document)):
        if key == "address":
            container["ip"] = container.pop(key)
    return document


DEEP = 10_000
BODIES = [
    b"", b" ", b"null", b"7", b'"text"', b"NaN", b'{"id": NaN}', b"[Infinity]", b"{", b'{"id": 7', b"\xff\xfe\x00",
    b"<html><body>Bad gateway</body></html>", b"[" * DEEP + b"]" * DEEP, b'{"id":' * DEEP + b"7" + b"}" * DEEP,
    b'{"id": 1e400}', b'{"id": 7, "id": 8}', b'{"name": ["is bad", null, {"a": 1}], "discs": [{}, {"size": "small"}]}',
    b'{"name": "' + b"x" * 5000 + b'"}', b'{"base": "one\\ntwo\\u001b[31m\\ud800"}', b"9" * 5000,
    b"line one\nline two\n",
]  # fmt: skip
STATUSES = [
    None, 199, 201, 202, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 405, 409, 418, 422, 429, 500, 502, 503,
    504, 599,
]  # fmt: skip
KINDS = [
    "text/html", "text/plain", "", "application/vnd.bigv.disc+json", "application/json; charset=utf-7", "image/png",
    "application/json; charset=no-such",
]  # fmt: skip
HEADERS = [
    {"Content-Encoding": "gzip"}, {"Content-Encoding": "deflate"}, {"Transfer-Encoding": "chunked"},
    {"Location": "http://127.0.0.1:1/"}, {"Retry-After": "soon"}, {"Set-Cookie": "token=7; Path=/"},
    {"Content-Type": JSON, "Connection": "close"},
]  # fmt: skip
ATTRIBUTES = sorted({*machine(7, "web1", "default"), *disc(1, "a", 7), "ips", "extra_ips", "virtual_machines", "groups",
                     "account_id", "data", "rdns", *USERS[0], *PRIVILEGES[0], *API_KEYS[0], "api_key"})  # fmt: skip

# What stands where addresses do.
ADDRESSES: list[Any] = [
    "203.0.113.7", "198.51.100.1", "2001:DB8:0:0::7", "203.0.113.007", "203.0.113.0/24", "fe80::1%eth0", "::1", "",
    "..", "a/../../x", "203.0.113.7?purge=true", "203.0.113.7#", "203.0.113.7/rdns", " 203.0.113.7", "\u0662.0.0.1",
    7, None, [None], ["203.0.113.7"] * 3, ["198.51.100.1", "a/b?c"], ["203.0.113.7", "2001:db8::7", "203.0.113.77"],
    {"203.0.113.77": "203.0.113.7"}, {"203.0.113.77": None}, {"203.0.113.7": "203.0.113.7"}, {"a/b?c": {}}, {"": ""},
    [{"address": "203.0.113.7"}], {f"198.51.100.{number}": "x" for number in range(5)},
]  # fmt: skip
any_body = one_of(BODIES)
SPOILS = st.one_of(
    st.builds(replaced_at, st.integers(0, 200), VALUES),
    st.builds(replaced_at, st.integers(0, 200), VALUES),
    st.builds(replaced_all, st.sampled_from(ATTRIBUTES), VALUES, st.booleans()),
    st.builds(replaced_all, st.sampled_from(ATTRIBUTES), VALUES, st.booleans()),
    st.builds(
        replaced_all,
        st.sampled_from(["ips", "extra_ips", "address", "rdns", "virtual_machine_id"]),
        one_of(ADDRESSES),
        st.booleans(),
    ),
    st.just(lambda answer: _with_document(answer, _with_ip)),
    st.just(lambda answer: _with_document(answer, _doubled)),
    any_body.map(lambda body: lambda answer: answer._replace(body=body)),
    st.builds(lambda value: lambda answer: answer._replace(body=encoded(value)), SHAPES | TEXTS),
    st.sampled_from(STATUSES).map(lambda status: lambda answer: answer._replace(status=status)),
    st.tuples(st.sampled_from(STATUSES), any_body, st.sampled_from(["", JSON, *KINDS])).map(
        lambda three: lambda answer: answer._replace(status=three[0], body=three[1], kind=three[2])
    ),
    st.sampled_from(KINDS).map(lambda kind: lambda answer: answer._replace(kind=kind)),
    st.sampled_from(HEADERS).map(lambda headers: lambda answer: answer._replace(headers=headers)),
    st.just(lambda answer: answer._replace(length=len(answer.body) + 7)),
)
MACHINES = st.fixed_dictionaries(
    {},
    optional={
        "power_on": st.booleans(),
        "autoreboot_on": st.booleans(),
        "deleted": st.sampled_from([False, True]),
        "hostname": st.sampled_from(["web1.default.acme.uk0.bigv.io", "web1", None]),
        "network_interfaces": st.lists(
            st.sampled_from(
                [
                    {},
                    {"extra_ips": {"203.0.113.77": "203.0.113.7"}},
                    {"extra_ips": ["203.0.113.77"]},
                    {"ips": None},
                    {"ips": ["203.0.113.7", "203.0.113.77"], "extra_ips": {"203.0.113.77": None}},
                    {"extra_ips": None},
                    {"extra_ips": {f"198.51.100.{number}": "203.0.113.7" for number in range(4)}},
                    {"id": "107"},
                ]
            ),
            max_size=2,
        ),
        "discs": st.sampled_from([[], [disc(70, "disc-1", 7)], [disc(70 + n, f"d{n}", 7) for n in range(8)]]),
    },
)


def with_nics(vm: dict[str, Any]) -> dict[str, Any]:
    """Return the VM with whole NICs, of which a case says only what is special."""
    return {**vm, "network_interfaces": [nic(vm["id"], **special) for special in vm["network_interfaces"]]}


CLOUDS = st.builds(
    Cloud,
    st.lists(
        st.tuples(
            st.sampled_from(
                [(7, "web1", "default"), (7, "web1", "default"), (8, "web2", "staging"), (9, "old", "default")]
            ),
            MACHINES,
        ),
        max_size=3,
        unique_by=lambda pair: pair[0],
    ).map(lambda pairs: [with_nics(machine(*identity, **other)) for identity, other in pairs]),
    st.booleans(),
    st.lists(st.builds(Spoiling, st.sampled_from(["GET", "GET", "GET", "POST", "PUT", "DELETE"]), SPOILS), max_size=3),
    st.sampled_from([None, "www.example.com"]),
)
