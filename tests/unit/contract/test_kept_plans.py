# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A plan that was saved is what is then done, to the letter, or nothing is."""

from __future__ import annotations

import base64
import copy
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote

import pytest
from ansible_collections.bytemark.cloud.plugins.module_utils._core.errors import BigvError
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.fleet import plan_document, plan_file
from ansible_collections.bytemark.cloud.plugins.module_utils._resources.fleet.plan_differences import differences
from ansible_collections.bytemark.cloud.tests.unit.contract.checks import Runner
from ansible_collections.bytemark.cloud.tests.unit.contract.test_fleet_properties import NAMES, for_name
from ansible_collections.bytemark.cloud.tests.unit.contract.test_properties import EXAMPLES
from ansible_collections.bytemark.cloud.tests.unit.support import Cloud, run_in_controller, run_module
from hypothesis import given, settings
from hypothesis import strategies as st

VM_PATH = "/accounts/acme/groups/default/virtual_machines"
SAID = ("created_at", "checksum")
both_ways = pytest.mark.parametrize("way", [run_module, run_in_controller], ids=["as a module", "in the controller"])

NIGHTLY = {"start_at": "03:00", "interval": "1d"}
WEEKLY = {"start_at": "2026-11-24 00:00:00 UTC", "interval_seconds": 604800}
# Something to create, to change, to restart, to move, to leave alone, and to prune.
VMS = [
    {"name": "web1", "cores": 1, "discs": [{"label": "data", "size": 2000, "backup_schedules": [WEEKLY]}]},
    {"name": "web2", "keymap": "de"},
    {"name": "web3", "discs": [{"label": "data", "size": 2000}, {"label": "logs", "size": 3000}]},
    {"name": "old"},
]
TASK: dict[str, Any] = {
    "groups": ["new", "staging"],
    "defaults": {"group": "default"},
    "vms": [
        {
            "name": "web1",
            "cores": 2,
            "allow_restart": True,
            "discs": [{"label": "data", "size": "4GiB", "backup_schedules": [NIGHTLY]}, {"size": "1GiB"}],
        },
        {"name": "web2", "new_group": "new", "rdns": "www.example.com"},
        {"name": "web3", "state": "running", "on_deleted": "restore"},
        {"name": "web4", "image": "stretch", "discs": [{"size": "25GiB"}], "state": "running", "rdns": "w.example.com"},
        {"name": "web5.new", "image": "stretch", "discs": [{"size": "25GiB"}], "firstboot_script": "#!/bin/sh\necho 1"},
    ],
    "prune": "delete",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fleet.plan.json"


@pytest.fixture
def saved(cloud: Cloud, bigv_fleet: Runner, path: Path) -> dict[str, Any]:
    """Save the plan of the task, and return it."""
    cloud.seed(*VMS)
    assert not bigv_fleet(**TASK, save_plan=str(path), check_mode=True).get("failed")
    assert cloud.writes() == []
    return json.loads(path.read_text(encoding="utf-8"))


def writes_of(plan: dict[str, Any], key: str = "writes") -> Iterator[dict[str, Any]]:
    for resource in plan["resources"]:
        yield from resource.get(key, ())


def is_write(planned: dict[str, Any], sent: dict[str, Any]) -> bool:
    """Tell whether a request is a planned one: null stands for what is known only then, and secrets are left out."""
    return (
        planned["method"] == sent["method"]
        and planned["path"] in (None, sent["path"])
        and is_body(planned["body"], sent["body"])
    )


def is_body(planned: Any, sent: Any) -> bool:
    if isinstance(planned, dict) and isinstance(sent, dict):
        return sent.keys() - planned.keys() <= plan_document.SECRETS and all(
            key in sent and (is_body(value, sent[key]) or (key == "group_id" and value is None))
            for key, value in planned.items()
        )
    return planned == sent or (planned is None and not sent)


def check_sent(cloud: Cloud, plan: dict[str, Any]) -> None:
    """Check that everything in the plan was sent, each once, and nothing else, but for precautions."""
    # A write whose path is not known yet could be any of its kind, so those whose path is known come first.
    left = sorted(writes_of(plan), key=lambda write: write["path"] is None)
    for sent in cloud.done():
        found = next((write for write in left if is_write(write, sent)), None)
        if found is None:
            assert any(is_write(write, sent) for write in writes_of(plan, "precautions")), sent
        else:
            left.remove(found)
    assert left == []


@both_ways
def test_a_plan_is_what_is_then_done_and_once(
    cloud: Cloud, bigv_fleet: Runner, saved: dict[str, Any], path: Path
) -> None:
    predicted = bigv_fleet(**TASK, check_mode=True)["actions"]
    assert sorted(write["summary"] for write in writes_of(saved)) == sorted(predicted)
    assert bigv_fleet(**TASK, require_plan=str(path), check_mode=True)["actions"] == predicted
    assert cloud.writes() == []
    done = bigv_fleet(**TASK, require_plan=str(path))
    assert not done.get("failed"), done["msg"]
    check_sent(cloud, saved)
    cloud.clear()
    for check_mode in (True, False):
        again = bigv_fleet(**TASK, require_plan=str(path), check_mode=check_mode)
        assert (again.get("failed", False), again["changed"]) == (False, False), again.get("msg")
    assert cloud.writes() == []


# Each example takes as long as several of one VM.
@settings(EXAMPLES, max_examples=EXAMPLES.max_examples // 4)
@given(
    vms=st.tuples(*map(for_name, NAMES)),
    groups=st.sampled_from([[], ["new"], ["new", "staging"]]),
    prune=st.sampled_from(["none", "delete"]),
    way=st.sampled_from([run_module, run_in_controller]),
)
def test_whatever_is_asked_for(cloud, tmp_path_factory, vms, groups, prune, way):
    path = str(tmp_path_factory.mktemp("plan") / "plan.json")
    cloud.seed(*(vm for vm, _task in vms if vm), {"name": "old"})
    task = {"groups": groups, "vms": [{"group": "default", **task} for _vm, task in vms], "prune": prune}

    def bigv_fleet(**options: Any) -> dict[str, Any]:
        return way("bigv_fleet", **cloud.access, wait_timeout=10, **task, **options)

    predicted = bigv_fleet(save_plan=path, check_mode=True)
    if predicted.get("failed"):
        assert not Path(path).exists()
        return
    plan = json.loads(Path(path).read_text(encoding="utf-8"))
    done = bigv_fleet(require_plan=path)
    assert not done.get("failed"), done["msg"]
    assert sorted(done["actions"]) == sorted(predicted["actions"]) or any(writes_of(plan, "precautions"))
    check_sent(cloud, plan)
    cloud.clear()
    again = bigv_fleet(require_plan=path)
    repeats = any(vm["state"] == "restarted" or vm.get("reimage") == "always" for _vm, vm in vms)
    assert repeats or (again.get("failed", False), again["changed"]) == (False, False), again["msg"]


def test_the_same_plan_makes_the_same_file(cloud: Cloud, bigv_fleet: Runner, saved: dict[str, Any], path: Path) -> None:
    """A password is generated each time anew, and the order of lists says nothing."""
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(saved, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    backwards = {**TASK, "vms": TASK["vms"][::-1], "groups": TASK["groups"][::-1]}
    assert not bigv_fleet(**backwards, save_plan=str(path), check_mode=True).get("failed")
    again = json.loads(path.read_text(encoding="utf-8"))
    assert [{**plan, **dict.fromkeys(SAID)} for plan in (saved, again)] == [{**saved, **dict.fromkeys(SAID)}] * 2
    assert not bigv_fleet(**backwards, require_plan=str(path), check_mode=True).get("failed")


def test_what_a_plan_says(saved: dict[str, Any]) -> None:
    assert {key: saved[key] for key in ("version", "account", "collection")} == {
        "version": 1,
        "account": "acme",
        "collection": plan_document.RELEASE,
    }
    resources = {resource["name"]: resource for resource in saved["resources"]}
    assert list(resources) == [
        "new.acme", "staging.acme",
        "old.default.acme", "web1.default.acme", "web2.default.acme", "web3.default.acme", "web4.default.acme",
        "web5.new.acme",
    ]  # fmt: skip
    assert (resources["web3.default.acme"]["writes"], resources["staging.acme"]["writes"]) == ([], [])
    assert resources["web3.default.acme"]["before"] == resources["web3.default.acme"]["after"]
    assert resources["web2.default.acme"]["renamed_to"] == "web2.new.acme"
    assert resources["web4.default.acme"]["digest"] is None
    creation, *rdns = resources["web4.default.acme"]["writes"]
    assert "hidden" not in creation
    assert [write["path"] for write in rdns] == [None, None]
    (creation,) = resources["web5.new.acme"]["writes"]
    assert creation["path"] == "/accounts/acme/groups/new/vm_create"
    assert creation["body"]["reimage"] == {"distribution": "stretch"}
    assert creation["hidden"] == ["firstboot_script"]
    assert resources["old.default.acme"]["writes"][-1]["note"] == "can be undone for 21 days"
    restart = [write["effect"] for write in resources["web1.default.acme"]["writes"]]
    assert restart == ["change", "restart", *["change"] * 6]
    assert [write["summary"] for write in resources["web1.default.acme"]["precautions"]] == [
        "start VM web1.default.acme again"
    ]


MOVED: dict[str, Callable[[Cloud], Any]] = {
    "web3 was switched off": lambda cloud: cloud.api(
        "PUT", f"{VM_PATH}/web3", {"autoreboot_on": False, "power_on": False}
    ),
    "web3 has another keymap": lambda cloud: cloud.api("PUT", f"{VM_PATH}/web3", {"keymap": "de"}),
    "web1 has more cores": lambda cloud: cloud.api("PUT", f"{VM_PATH}/web1", {"cores": 2}),
    "web1 has more memory": lambda cloud: cloud.api("PUT", f"{VM_PATH}/web1", {"memory": 2048}),
    "web2 lost its keymap": lambda cloud: cloud.api("PUT", f"{VM_PATH}/web2", {"keymap": None}),
    "web2 has a CD": lambda cloud: cloud.api("PUT", f"{VM_PATH}/web2", {"cdrom_url": "https://example.com/x.iso"}),
    "a disc grew": lambda cloud: cloud.api("PUT", f"{VM_PATH}/web3/discs/logs", {"size": 5000}),
    "a disc has another grade": lambda cloud: cloud.api("PUT", f"{VM_PATH}/web3/discs/logs", {"storage_grade": "ssd"}),
    "a disc is backed up": lambda cloud: cloud.api(
        "POST", f"{VM_PATH}/web3/discs/logs/backup_schedules", WEEKLY
    ),
    "a backup schedule is gone": lambda cloud: cloud.api(
        "DELETE", f"{VM_PATH}/web1/discs/data/backup_schedules/1"
    ),
    "a disc is new": lambda cloud: cloud.api("POST", f"{VM_PATH}/web3/discs", {"label": "more", "size": 2000}),
    "a disc is gone": lambda cloud: cloud.api("DELETE", f"{VM_PATH}/web3/discs/logs?purge=true"),
    "a disc is another": lambda cloud: (
        cloud.api("DELETE", f"{VM_PATH}/web3/discs/logs?purge=true"),
        cloud.api("POST", f"{VM_PATH}/web3/discs", {"label": "logs", "size": 3000}),
    ),
    "web3 was renamed": lambda cloud: cloud.api("PUT", f"{VM_PATH}/web3", {"name": "web9"}),
    "web3 is gone": lambda cloud: cloud.api("DELETE", f"{VM_PATH}/web3?purge=true"),
    "web3 was deleted": lambda cloud: cloud.api("DELETE", f"{VM_PATH}/web3"),
    "web3 is another": lambda cloud: (
        cloud.api("DELETE", f"{VM_PATH}/web3?purge=true"),
        cloud.api("POST", "/accounts/acme/groups/default/vm_create", {
            "virtual_machine": {"name": "web3"},
            "discs": [{"label": "data", "size": 2000}, {"label": "logs", "size": 3000}],
        }),
    ),
    "web4 is there, and other than planned": lambda cloud: cloud.api(
        "POST", "/accounts/acme/groups/default/vm_create",
        {"virtual_machine": {"name": "web4", "cores": 2}, "discs": [{"label": "disc-1", "size": 25600}]},
    ),
    "one more is to be pruned": lambda cloud: cloud.api(
        "POST", "/accounts/acme/groups/default/vm_create",
        {"virtual_machine": {"name": "mine"}, "discs": [{"label": "disc-1", "size": 25600}]},
    ),
    "old has more cores": lambda cloud: cloud.api("PUT", f"{VM_PATH}/old", {"cores": 2}),
    "a group is gone": lambda cloud: cloud.api("DELETE", "/accounts/acme/groups/staging"),
    "an address has another name": lambda cloud: cloud.api(
        "PUT", f"/ips/{cloud.vms()['web2']['network_interfaces'][0]['ips'][0]}", {"rdns": "other.example.com"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("move", MOVED.values(), ids=MOVED)
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.usefixtures("saved")
def test_nothing_is_sent_once_the_cloud_has_moved(
    cloud: Cloud, bigv_fleet: Runner, path: Path, move: Callable[[Cloud], Any], check_mode: bool
) -> None:
    move(cloud)
    cloud.clear()
    result = bigv_fleet(**TASK, max_deletions="5", require_plan=str(path), check_mode=check_mode)
    assert result["failed"]
    assert result["msg"].startswith("require_plan: the current plan is not the one in")
    assert result["msg"].isprintable()
    assert cloud.writes() == []


SEEDED = {"id", "name", "cores", "memory", "keymap", "power_on", "autoreboot_on", "discs", "network_interfaces"}


@pytest.mark.usefixtures("saved")
def test_what_only_the_provider_changes_is_no_other_plan(cloud: Cloud, bigv_fleet: Runner, path: Path) -> None:
    seeded = [
        {
            **{key: value for key, value in vm.items() if key in SEEDED},
            "network_interfaces": [{key: nic[key] for key in ("id", "ips", "mac")} for nic in vm["network_interfaces"]],
            "discs": [{key: disc[key] for key in ("id", "label", "size", "backup_schedules")} for disc in vm["discs"]],
            "head": "head99",
            "management_address": "172.16.0.99",
        }
        for vm in cloud.vms().values()
    ]
    before = cloud.vms()["web3"]
    cloud.seed(*reversed(seeded))
    assert cloud.vms()["web3"] != before
    result = bigv_fleet(**TASK, require_plan=str(path), check_mode=True)
    assert not result.get("failed"), result["msg"]


def with_first(**options: Any) -> dict[str, Any]:
    return {**TASK, "vms": [{**TASK["vms"][0], **options}, *TASK["vms"][1:]]}


OTHER_TASKS: dict[str, tuple[dict[str, Any], str]] = {
    "another value": (with_first(cores=4), "change VM web1.default.acme: cores 1 → 2: body.cores 2 → 4"),
    "no restart": (with_first(allow_restart=False), "would no longer be sent: shut VM web1.default.acme down"),
    "the plug": (
        with_first(force_stop=True),
        "would be sent if something fails or takes too long but was not planned: forcibly power off VM web1.default."
        "acme",
    ),
    "one VM less": ({**TASK, "vms": TASK["vms"][:-1]}, "VM web5.new.acme is in the plan but not in this task"),
    "one VM more": (
        {**TASK, "vms": [*TASK["vms"], {"name": "web6"}]},
        "VM web6.default.acme is in this task but not in the plan (create VM web6.default.acme)",
    ),
    "no group": ({**TASK, "groups": ["new"]}, "group staging.acme is in the plan but not in this task"),
    "nothing is pruned": (
        {**TASK, "prune": "none"},
        "VM old.default.acme is in the plan but not in this task (change VM old.default.acme: autoreboot_on true → "
        "false; shut VM old.default.acme down; delete VM old.default.acme)",
    ),
    "it is pruned for good": ({**TASK, "purge": True}, 'delete VM old.default.acme: effect "delete" → "purge"'),
    "another secret": (
        {**TASK, "defaults": {**TASK["defaults"], "root_password": "hunter2hunter2"}},
        'create VM web4.default.acme from stretch: hidden.root_password none → "given"',
    ),
    "one secret less": (
        {**TASK, "vms": [*TASK["vms"][:-1], {**TASK["vms"][-1], "firstboot_script": None}]},
        'hidden.firstboot_script "given" → none',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("task", "words"), OTHER_TASKS.values(), ids=OTHER_TASKS)
@pytest.mark.usefixtures("saved")
def test_another_task_is_refused_in_words(
    cloud: Cloud, bigv_fleet: Runner, path: Path, task: dict[str, Any], words: str
) -> None:
    result = bigv_fleet(**task, require_plan=str(path))
    assert result["failed"]
    assert words in result["msg"]
    assert cloud.writes() == []


@pytest.mark.usefixtures("saved")
def test_other_values_of_the_same_secrets_are_no_other_plan(cloud: Cloud, bigv_fleet: Runner, path: Path) -> None:
    vms = [*TASK["vms"][:-1], {**TASK["vms"][-1], "firstboot_script": "#!/bin/sh\necho another"}]
    assert not bigv_fleet(**{**TASK, "vms": vms}, require_plan=str(path), check_mode=True).get("failed")


def leaves(value: Any, *keys: Any) -> Iterator[tuple[Any, ...]]:
    """Yield where each value stands, empty ones too."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield keys
    for key, entry in entries:
        yield from leaves(entry, *keys, key)


def changed(document: Any, keys: tuple[Any, ...], value: Any) -> Any:
    """Return a document with one value in it replaced."""
    document = copy.deepcopy(document)
    part = document
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    return document


def others(value: Any) -> list[Any]:
    """Return values to take the place of one; JSON's true is not its 1."""
    alike = [not value] if isinstance(value, bool) else [value + 1, bool(value)] if isinstance(value, int) else []
    return [*alike, "other", None, [], {}, [[]], {"other": []}]


def test_any_value_that_was_changed_in_the_file_is_refused(saved: dict[str, Any], path: Path) -> None:
    """Also where somebody has corrected the checksum, but for the time, which nothing tells."""
    for keys in filter(None, leaves(saved)):
        value = saved
        for key in keys:
            value = value[key]
        for other in others(value):
            if json.dumps(other) == json.dumps(value):
                continue
            forged = changed(saved, keys, other)
            for document in (forged, resealed(forged)):
                path.write_text(json.dumps(document), encoding="utf-8")
                with suppress(BigvError):
                    kept = plan_file.load_plan(str(path), "acme")
                    assert document is not forged
                    assert keys[0] in SAID or differences(kept["resources"], saved["resources"], {}), (keys, other)


def resealed(document: dict[str, Any]) -> dict[str, Any]:
    content = {key: value for key, value in document.items() if key != "checksum"}
    return {**content, "checksum": plan_document.digest(content)}


FORGED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a value in a body": lambda plan: plan["resources"][3]["writes"][2]["body"].update(cores=4),
    "no write": lambda plan: plan["resources"][3]["writes"].pop(),
    "what was there": lambda plan: plan["resources"][5]["before"].update(cores=4),
    "the digest": lambda plan: plan["resources"][5].update(digest="0"),
    "one VM less": lambda plan: plan["resources"].pop(),
    "the time": lambda plan: plan.update(created_at="2026-01-01T00:00:00Z"),
    "the version": lambda plan: plan.update(version=2),
    "the release": lambda plan: plan.update(collection="0.9.0"),
    "the account": lambda plan: plan.update(account="other"),
    "the shape": lambda plan: plan.update(resources={"web1": []}),
}


@both_ways
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_plan_that_was_tampered_with(
    cloud: Cloud, bigv_fleet: Runner, saved: dict[str, Any], path: Path, forge: Any, is_sealed: bool
) -> None:
    forge(saved)
    if is_sealed and forge is FORGED["the time"]:
        return
    path.write_text(json.dumps(resealed(saved) if is_sealed else saved), encoding="utf-8")
    result = bigv_fleet(**TASK, require_plan=str(path))
    assert result["msg"].startswith("require_plan: ")
    assert "othing was sent" in result["msg"]
    assert cloud.writes() == []


BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "cannot be read: it is not JSON"),
    "not JSON": (b"version: 1", "cannot be read: it is not JSON"),
    "not text": (b"\xff\xfe\x00", "cannot be read: it is not JSON"),
    "deep": (b"[" * 200_000, "cannot be read: it is not JSON"),
    "a long number": (b"1" * 5000, "Nothing was sent"),
    "a list": (b"[]", "contains no plan"),
    "an empty plan": (b"{}", "contains no plan"),
    "another version": (b'{"version": 99}', "was saved with the plan format '99', but this task needs 1"),
    "a version that is none": (b'{"version": true}', "contains no plan"),
    "another release": (
        b'{"version": 1, "collection": "0.1.0"}',
        "was saved with the collection's release '0.1.0', but this task needs",
    ),
    "too large": (b" " * (plan_file.MAX_BYTES + 1), "cannot be read: it is larger than 64 MiB"),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_what_is_no_plan(cloud: Cloud, bigv_fleet: Runner, path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    result = bigv_fleet(vms=[{"name": "web1"}], require_plan=str(path))
    assert message in result["msg"]
    assert result["msg"].startswith("require_plan: ")
    assert result["msg"].isprintable()
    assert cloud.writes() == []


@both_ways
@pytest.mark.parametrize("option", ["save_plan", "require_plan"])
@pytest.mark.parametrize("name", ["", "nowhere/plan.json", ".", "file/plan.json", "a\0b", "x" * 300, "pipe"])
def test_a_path_that_is_no_good(cloud: Cloud, bigv_fleet: Runner, tmp_path: Path, option: str, name: str) -> None:
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    result = bigv_fleet(vms=[{"name": "web1"}], **{option: str(tmp_path / name) if name else ""})
    assert result["msg"].startswith(f"{option}: ")
    assert result["msg"].isprintable()
    assert cloud.writes() == []
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "pipe"]


def test_a_file_cannot_be_both(cloud: Cloud, bigv_fleet: Runner, saved: dict[str, Any], path: Path) -> None:
    (path.parent / "link").symlink_to(path)
    result = bigv_fleet(**TASK, save_plan=str(path.parent / "link"), require_plan=str(path))
    assert "the plan in it would be lost" in result["msg"]
    assert json.loads(path.read_text(encoding="utf-8")) == saved
    assert cloud.writes() == []


def test_a_file_is_its_owners_and_replaced_as_a_whole(
    cloud: Cloud, bigv_fleet: Runner, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("before")
    path.chmod(0o644)
    link = path.parent / "link"
    link.symlink_to(path)
    with monkeypatch.context() as full:
        full.setattr(os, "replace", Mock(side_effect=OSError(28, "No space left on device")))
        result = bigv_fleet(vms=[{"name": "web1"}], save_plan=str(link))
    assert "cannot be written: No space left on device. Nothing was sent" in result["msg"]
    assert cloud.writes() == []
    assert path.read_text() == "before"
    assert not bigv_fleet(vms=[{"name": "web1"}], save_plan=str(link)).get("failed")
    assert set(cloud.vms()) == {"web1"}
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["resources"][0]["writes"][0]["summary"] == "create VM web1.default.acme"
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["fleet.plan.json", "link"]


def test_what_is_refused_leaves_no_plan(bigv_fleet: Runner, cloud: Cloud, path: Path) -> None:
    cloud.seed({"name": "web1"}, {"name": "web2"})
    refused: list[dict[str, Any]] = [
        {"vms": [{"name": "web1", "cores": -1}]},
        {"vms": [{"name": "web9.nowhere"}]},
        {"vms": [{"name": "web1", "state": "absent"}], "protect": ["web1"]},
        {"vms": [{"name": "web1", "state": "absent"}], "max_deletions": "0"},
        {"vms": [{"name": "web3", "zone": "mars"}]},
    ]
    for task in refused:
        assert bigv_fleet(**task, save_plan=str(path), check_mode=True)["failed"]
    assert not path.exists()


def test_protect_and_max_deletions_hold_for_a_plan(cloud: Cloud, bigv_fleet: Runner, saved: Any, path: Path) -> None:
    for held in ({"protect": ["old"]}, {"max_deletions": "0"}):
        result = bigv_fleet(**TASK, **held, require_plan=str(path))
        assert result["msg"].startswith(f"{next(iter(held))}: ")
    assert cloud.writes() == []


def test_what_was_refused_is_saved_to_be_compared(cloud: Cloud, bigv_fleet: Runner, saved: Any, path: Path) -> None:
    cloud.api("PUT", f"{VM_PATH}/web3", {"keymap": "de"})
    cloud.clear()
    now = path.parent / "now.json"
    assert bigv_fleet(**TASK, require_plan=str(path), save_plan=str(now))["failed"]
    assert cloud.writes() == []
    assert json.loads(now.read_text(encoding="utf-8"))["resources"][5]["before"]["keymap"] == "de"


@pytest.mark.parametrize("account", ["acme", "1"])
def test_an_account_by_its_name_or_its_id(cloud: Cloud, way: Any, saved: Any, path: Path, account: str) -> None:
    by_id = {**cloud.access, "account": account}
    result = way("bigv_fleet", **by_id, **TASK, require_plan=str(path), check_mode=True)
    assert not result.get("failed"), result["msg"]


def test_another_account(cloud: Cloud, way: Any, saved: Any, path: Path) -> None:
    groups = [{"name": "default", "virtual_machines": VMS}, {"name": "staging"}]
    cloud.control("POST", "seed", {"accounts": [{"name": name, "groups": groups} for name in ("acme", "other")]})
    result = way("bigv_fleet", **{**cloud.access, "account": "other"}, **TASK, require_plan=str(path))
    assert "is for the account 'acme', but this task is for 'other'" in result["msg"]


@pytest.mark.parametrize("writes", range(1, 15))
def test_what_is_left_of_a_plan_is_done(cloud: Cloud, bigv_fleet: Runner, saved: Any, path: Path, writes: int) -> None:
    """Whatever was refused the first time, the rest is sent, or the failure says what is no longer as planned."""
    # Under which id a VM moves to a new group is in no plan: once that is there, this takes another one.
    task = {**TASK, "vms": [{**vm, "new_group": None} for vm in TASK["vms"]]}
    assert not bigv_fleet(**task, save_plan=str(path), check_mode=True).get("failed")
    cloud.faults({"method": ["POST", "PUT", "DELETE"], "fault": "status", "status": 400, "skip": writes})
    first = bigv_fleet(**task, require_plan=str(path), concurrency=1, on_error="stop")
    sent = first["actions"]
    cloud.faults()
    cloud.clear()
    rest = bigv_fleet(**task, require_plan=str(path))
    plan = json.loads(path.read_text(encoding="utf-8"))
    if rest.get("failed"):
        assert rest["msg"].startswith("require_plan: ")
        assert cloud.writes() == []
        half_done = [
            resource["name"]
            for resource in plan["resources"]
            if 0 < sum(write["summary"] in sent for write in resource["writes"]) < len(resource["writes"])
        ]
        assert len(half_done) == 1
        assert f"VM {half_done[0]}" in rest["msg"]
    else:
        planned = alike(write["summary"] for write in writes_of(plan))
        assert sorted(action for action in alike([*sent, *rest["actions"]]) if action in planned) == planned


def alike(summaries: Iterable[str]) -> list[str]:
    """Return summaries in order, without addresses: those of a new VM are not known when they are planned."""
    return sorted(re.sub("(reverse DNS of) .* (of VM)", r"\1 … \2", summary) for summary in summaries)


def test_the_rest_of_what_one_vm_gets(cloud: Cloud, bigv_fleet: Runner, path: Path) -> None:
    cloud.seed({"name": "web1", "discs": [{"label": "data", "size": 2000}]})
    discs = [{"label": label, "size": 2000} for label in ("data", "more", "most")]
    task = {"vms": [{"name": "web1", "discs": discs}]}
    assert bigv_fleet(**task, save_plan=str(path), check_mode=True)["changed"]
    cloud.api("POST", f"{VM_PATH}/web1/discs", {"label": "more", "size": 2000})
    assert bigv_fleet(**task, require_plan=str(path))["actions"] == [
        "add disc most of 2000 MiB to VM web1.default.acme"
    ]
    cloud.api("PUT", f"{VM_PATH}/web1", {"keymap": "de"})
    assert "has changed since" in bigv_fleet(**task, require_plan=str(path))["msg"]


ADDRESSES: dict[str, Any] = {
    "defaults": {"additional_ipv4": 2, "additional_ipv4_reason": "for the shops", "discs": [{"size": "25GiB"}]},
    "vms": [
        {"name": "web1", "rdns": {"198.18.1.1": "www.example.com", "198.18.2.1": ""}},
        {"name": "web2", "rdns": "new.example.com"},
    ],
}


@pytest.fixture
def planned(cloud: Cloud, bigv_fleet: Runner, path: Path) -> dict[str, Any]:
    """Save the plan of a VM that has one additional address, and is to have two, and of a new one; return those."""
    nic = {"ips": ["198.18.1.1", "2001:db8::1:1"], "extra_ips": {"198.18.2.1": "198.18.1.1"}}
    cloud.seed({"name": "web1", "discs": [{"label": "root", "size": 25600}], "network_interfaces": [nic]})
    assert not bigv_fleet(**ADDRESSES, save_plan=str(path), check_mode=True).get("failed")
    assert cloud.writes() == []
    web1, web2 = json.loads(path.read_text(encoding="utf-8"))["resources"]
    return {"web1": web1, "web2": web2}


def test_what_a_plan_says_of_addresses(planned: dict[str, Any]) -> None:
    """Of additional ones how many, as nothing tells yet which."""
    web1, web2 = planned["web1"], planned["web2"]
    assert [web1[when]["additional_ipv4"] for when in ("before", "after")] == [1, 2]
    assert [web1[when]["rdns"] for when in ("before", "after")] == [
        {"198.18.1.1": None, "198.18.2.1": None},
        {"198.18.1.1": "www.example.com", "198.18.2.1": None},
    ]
    rdns, addition = web1["writes"]
    assert (rdns["path"], rdns["body"]) == ("/ips/198.18.1.1", {"rdns": "www.example.com"})
    assert addition["summary"] == "add 1 additional IPv4 address to VM web1.default.acme"
    assert addition["path"].startswith(f"{VM_PATH}/web1/nics/")
    assert addition["body"] == {"addresses": 1, "family": "ipv4", "reason": "for the shops", "contiguous": False}
    assert (web2["before"], web2["after"]["additional_ipv4"]) == (None, 2)
    assert [(write["path"], write["body"].get("addresses")) for write in web2["writes"][1:]] == [
        (None, None), (None, None), (None, 2)
    ]  # fmt: skip


MOVED_ADDRESSES: dict[str, tuple[Callable[[Cloud], Any], str]] = {
    "one more": (
        lambda cloud: cloud.api(
            "POST", f"{VM_PATH}/web1/nics/9001/ip_create", {"addresses": 1, "reason": "theirs"}
        ),
        "VM web1.default.acme has changed since: additional_ipv4 1 → 2",
    ),
    "one less": (
        lambda cloud: cloud.api("DELETE", "/ips/198.18.2.1"),
        "rdns: 198.18.2.1 is not an address of VM web1.default.acme",
    ),
    "another name": (
        lambda cloud: cloud.api("PUT", "/ips/198.18.2.1", {"rdns": "shop.example.com"}),
        'VM web1.default.acme has changed since: rdns.198.18.2.1 none → "shop.example.com"',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("move", "words"), MOVED_ADDRESSES.values(), ids=MOVED_ADDRESSES)
@pytest.mark.usefixtures("planned")
def test_addresses_that_have_changed_since(
    cloud: Cloud, bigv_fleet: Runner, path: Path, move: Callable[[Cloud], Any], words: str
) -> None:
    move(cloud)
    cloud.clear()
    assert words in bigv_fleet(**ADDRESSES, require_plan=str(path))["msg"]
    assert cloud.writes() == []


OTHER_ADDRESSES: dict[str, tuple[dict[str, Any], str]] = {
    "another number": (
        {"additional_ipv4": 3},
        "add 1 additional IPv4 address to VM web1.default.acme: body.addresses 1 → 2",
    ),
    "none": (
        {"additional_ipv4": 1},
        "would no longer be sent: add 1 additional IPv4 address to VM web1.default.acme",
    ),
    "not asked for": (
        {"additional_ipv4": None},
        "would no longer be sent: add 1 additional IPv4 address to VM web1.default.acme",
    ),
    "another reason": ({"additional_ipv4_reason": "why not"}, 'body.reason "for the shops" → "why not"'),
    "another name": (
        {"rdns": {"198.18.1.1": "w.example.com", "198.18.2.1": ""}},
        'body.rdns "www.example.com" → "w.example.com"',
    ),
    "one address less": ({"rdns": {"198.18.1.1": "www.example.com"}}, "VM web1.default.acme"),
}


@pytest.mark.parametrize(("options", "words"), OTHER_ADDRESSES.values(), ids=OTHER_ADDRESSES)
@pytest.mark.usefixtures("planned")
def test_other_addresses_are_refused_in_words(
    cloud: Cloud, bigv_fleet: Runner, path: Path, options: dict[str, Any], words: str
) -> None:
    defaults = {**ADDRESSES["defaults"], **options}
    vms = [{**vm, **(options if vm["name"] == "web1" else {})} for vm in ADDRESSES["vms"]]
    defaults = {name: value for name, value in defaults.items() if name != "rdns"}
    message = bigv_fleet(vms=vms, defaults=defaults, require_plan=str(path))["msg"]
    assert words in message
    assert message.isprintable()
    assert cloud.writes() == []


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("writes", range(7))
def test_what_is_left_of_a_plan_of_addresses_is_done(cloud: Cloud, bigv_fleet: Runner, path: Path, writes: int) -> None:
    """Also of a VM that was to be created, whose addresses nobody knew."""
    cloud.faults({"method": ["POST", "PUT"], "fault": "status", "status": 400, "skip": writes})
    first = bigv_fleet(**ADDRESSES, require_plan=str(path), concurrency=1, on_error="stop")
    cloud.faults()
    for rest in (bigv_fleet(**ADDRESSES, require_plan=str(path)), bigv_fleet(**ADDRESSES, require_plan=str(path))):
        assert not rest.get("failed"), rest["msg"]
    assert not rest["changed"]
    assert bool(first.get("failed")) is (writes < 6)
    counts = [write["body"]["addresses"] for write in cloud.done() if write["path"].endswith("ip_create")]
    assert sorted(counts) == [1, 2]


@pytest.mark.usefixtures("planned")
def test_an_address_that_was_added_though_nobody_heard_is_part_of_the_plan(
    cloud: Cloud, bigv_fleet: Runner, path: Path
) -> None:
    cloud.faults({"method": "POST", "path": "*/ip_create", "fault": "reset_after", "count": 2})
    lost = bigv_fleet(**ADDRESSES, require_plan=str(path))
    assert not lost.get("failed"), lost["msg"]
    assert cloud.happened() == ["reset_after"] * 2
    again = bigv_fleet(**ADDRESSES, require_plan=str(path))
    assert (again.get("failed", False), again["changed"]) == (False, False), again.get("msg")


SECRET = 'p4ss "w\\rd&%é'
SPELLINGS = [SECRET, quote(SECRET), json.dumps(SECRET)[1:-1], base64.b64encode(SECRET.encode()).decode(), SECRET[:6]]


@both_ways
@pytest.mark.parametrize("spelling", SPELLINGS[:-1])
def test_no_secret_is_in_a_plan(cloud: Cloud, bigv_fleet: Runner, path: Path, spelling: str) -> None:
    """The API gives the password and the token back where it can, and a URL has credentials of its own."""
    url = "https://me:cr3dential@example.com/rescue.iso?token=t0ken#fr4gment"
    cloud.seed(
        {"name": "web1", "last_imaged_with": f"with {spelling}", "discs": [{"label": "data", "size": 2000}]},
        {"name": "web2", "cdrom_url": url},
        {"name": "web3", "cdrom_url": f"https://example.com/{cloud.token}"},
    )
    defaults = {"group": "default", "root_password": SECRET, "firstboot_script": f"#!/bin/sh\necho {SECRET}\n"}
    vms: list[dict[str, Any]] = [
        {"name": "web1", "cores": 2},
        {"name": "web2", "cdrom_url": f"{url}2"},
        {"name": "web3", "cdrom_url": ""},
        {"name": "web4", "image": "stretch", "discs": [{"size": "25GiB"}], "return_root_password": True},
        {"name": "web5", "image": "stretch", "discs": [{"size": "25GiB"}], "root_password": "short"},
    ]
    for check_mode in (True, False):
        result = bigv_fleet(vms=vms, defaults=defaults, save_plan=str(path), check_mode=check_mode)
        assert not result.get("failed"), result["msg"]
        text = path.read_text(encoding="utf-8")
        found = [
            secret
            for secret in (*SPELLINGS, "cr3dential", "t0ken", "fr4gment", cloud.token, '"short"', "echo")
            if secret in text or secret in "".join(text.split())
        ]
        assert found == []
        assert json.dumps({"hidden": ["firstboot_script", "root_password"]})[1:-1] in json.dumps(json.loads(text))
    assert text.count("https://********@example.com/rescue.iso?********") >= 2


def test_a_password_that_is_generated_is_in_no_plan(cloud: Cloud, bigv_fleet: Runner, path: Path) -> None:
    vms = [{"name": "web4", "image": "stretch", "discs": [{"size": "25GiB"}], "return_root_password": True}]
    (made,) = bigv_fleet(vms=vms, save_plan=str(path))["vms"]
    text = path.read_text(encoding="utf-8")
    assert made["root_password"] not in text
    assert "root_password" not in text
