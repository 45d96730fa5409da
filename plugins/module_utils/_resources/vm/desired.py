# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The desired state of a VM. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..._core.attributes import AT_CREATION
from ..._core.durations import parse_duration
from ..._core.errors import BigvError
from ..._core.names import check_new_names, check_number, check_one_given
from ..._core.plan import Resource, given
from ..disc.attributes import DISC, SCHEDULE_OPTIONS
from ..disc.steps import DesiredDisc, desired_disc
from ..names import VmName, vm_name
from .attributes import VM

if TYPE_CHECKING:
    from ..ip.rdns import Rdns
    from ..ip.steps import Additional

DISC_OPTIONS: dict[str, Any] = {
    "label": {"type": "str"},
    **{option: DISC.options[option].option_spec for option in ("size", "storage_grade")},
    **SCHEDULE_OPTIONS,
}

# How a VM is stopped, and what is waited for, for whatever reason it is restarted.
POWER_OPTIONS: dict[str, Any] = {
    "allow_restart": {"type": "bool", "default": False},
    "shutdown_timeout": {"type": "int", "default": 60},
    "force_stop": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 600},
}
VM_OPTIONS: dict[str, Any] = {
    "name": {"type": "str"},
    "id": {"type": "int"},
    "group": {"type": "str"},
    "state": {
        "type": "str",
        "choices": ["present", "running", "stopped", "restarted", "absent"],
        "default": "present",
    },
    **VM.option_specs,
    "autoreboot": {"type": "bool"},
    "discs": {"type": "list", "elements": "dict", "options": DISC_OPTIONS},
    "image": {"type": "str"},
    "reimage": {"type": "str", "choices": ["never", "changed", "always"], "default": "never"},
    "root_password": {"type": "str", "no_log": True},
    "return_root_password": {"type": "bool", "default": False, "no_log": False},
    "ssh_public_keys": {"type": "list", "elements": "str", "no_log": False},
    "firstboot_script": {"type": "str", "no_log": True},
    "ipv4": {"type": "str"},
    "ipv6": {"type": "str"},
    "rdns": {"type": "raw"},
    "additional_ipv4": {"type": "int"},
    "additional_ipv4_reason": {"type": "str"},
    "new_name": {"type": "str"},
    "new_group": {"type": "str"},
    "on_deleted": {"type": "str", "choices": ["fail", "restore", "replace"], "default": "fail"},
    "shutdown_before_deletion": {"type": "bool", "default": True},
    "ready_port": {"type": "int"},
    "ready_timeout": {"type": "str", "default": "5m"},
    "purge": {"type": "bool", "default": False},
    "backup_before": {"type": "bool", "default": False},
    **POWER_OPTIONS,
}


VM_CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("name", "id")],
    "mutually_exclusive": [("name", "id"), ("group", "id")],
}
MAX_PORT = 65535
CHOSEN_AT_CREATION = [attribute.name for attribute in VM.options.values() if attribute.takes_effect == AT_CREATION]


class DesiredVm(NamedTuple):
    """The desired state of a VM. ``attributes`` are those given, as the API spells them; memory is MiB.

    ``default_zone`` is where the VM is created if the task names no zone. A VM that is there may be in any other.
    ``build_timeout`` is how many seconds to wait for a VM that is being built, if it is waited for; so is a
    ``ready_port``.
    """

    name: VmName | None
    state: str
    id: int | None = None
    new_name: str | None = None
    new_group: str | None = None
    attributes: Mapping[str, Any] = MappingProxyType({})
    autoreboot: bool | None = None
    zone: str | None = None
    default_zone: str | None = None
    discs: Sequence[DesiredDisc] = ()
    image: str | None = None
    reimage: str = "never"
    install: Mapping[str, Any] = MappingProxyType({})
    ips: Mapping[str, Any] = MappingProxyType({})
    rdns: Rdns | None = None
    additional: Additional | None = None
    purge: bool = False
    on_deleted: str = "fail"
    backup_before: bool = False
    allow_restart: bool = False
    force_stop: bool = False
    shutdown_timeout: int = 60
    shutdown_before_deletion: bool = True
    ready_port: int | None = None
    ready_timeout: int = 0
    return_root_password: bool = False
    build_timeout: float | None = None

    def __repr__(self) -> str:
        """Return which VM it is, without the secrets that are installed on it."""
        return f"DesiredVm({self.name or self.id})"

    def target(self, location: VmName) -> VmName:
        """Return where the VM is to be, when it is now at a location."""
        return location._replace(vm=self.new_name or location.vm, group=self.new_group or location.group)


def desired_vm(params: Mapping[str, Any]) -> DesiredVm:
    """Return what the options of ``bigv_vm`` ask for. Refuse what contradicts itself."""
    check_one_given(params, "name", "id")
    state, autoreboot = params["state"], params["autoreboot"]
    if state == "stopped" and autoreboot:
        raise BigvError(
            "autoreboot: true contradicts state: stopped, because the VM would start again; remove one of the two"
        )
    if params["reimage"] != "never" and params["image"] is None:
        raise BigvError(f"reimage: {params['reimage']!r} requires an image to install; set image")
    if params["backup_before"] and state == "absent" and params["purge"]:
        raise loses_backups("state: absent with purge: true purges the VM")
    check_power_options(params)
    check_number("ready_port", params["ready_port"], 1, MAX_PORT)
    attributes = VM.given(params)
    check_new_names(params, "new_name", "new_group")
    return DesiredVm(
        name=None
        if params["name"] is None
        else vm_name(
            params["name"], params["group"], params["account"], params["default_account"], params["default_group"]
        ),
        state=state,
        id=params["id"],
        new_name=params["new_name"],
        new_group=params["new_group"],
        attributes={name: value for name, value in attributes.items() if name not in CHOSEN_AT_CREATION},
        autoreboot=autoreboot,
        zone=params["zone"],
        default_zone=params["default_zone"],
        discs=[desired_disc(disc, f"discs[{index}].") for index, disc in enumerate(params["discs"] or ())],
        image=params["image"],
        reimage=params["reimage"],
        install=_install(params),
        ips=given(ipv4=params["ipv4"], ipv6=params["ipv6"]),
        rdns=_rdns(params["rdns"]),
        additional=_additional(params["additional_ipv4"], params["additional_ipv4_reason"]),
        purge=params["purge"],
        on_deleted=params["on_deleted"],
        backup_before=params["backup_before"],
        allow_restart=params["allow_restart"],
        force_stop=params["force_stop"],
        shutdown_timeout=params["shutdown_timeout"],
        shutdown_before_deletion=params["shutdown_before_deletion"],
        ready_port=params["ready_port"] if params["wait"] else None,
        ready_timeout=parse_duration("ready_timeout", params["ready_timeout"]),
        return_root_password=params["return_root_password"] and not params["root_password"],
        build_timeout=params["wait_timeout"] if params["wait"] and state != "absent" else None,
    )


def loses_backups(what: str) -> BigvError:
    """Return the refusal to back up what is lost together with its backups; ``what`` is how."""
    return BigvError(
        f"backup_before: {what}, and the backups of a VM are purged with it, so a backup would not survive; set "
        "backup_before: false to continue without one"
    )


def check_power_options(params: Mapping[str, Any]) -> None:
    """Refuse timeouts that are out of range."""
    for option in ("shutdown_timeout", "wait_timeout"):
        check_number(option, params[option], 0)


def _rdns(given: Any) -> Rdns | None:
    if given is None:
        return None
    # Only here: what every task imports, every task waits for.
    from ..ip.rdns import read_rdns_option

    return read_rdns_option("rdns", given)


def _additional(at_least: int | None, reason: str | None) -> Additional | None:
    if at_least is None:
        return None
    # Only here, too.
    from ..ip.steps import additional

    return additional("additional_ipv4", at_least, "additional_ipv4_reason", reason)


def _install(params: Mapping[str, Any]) -> Resource:
    """Return what is installed with an image: the body of a reimage."""
    keys = params["ssh_public_keys"]
    if keys is not None:
        # Only here: what every task imports, every task waits for.
        from ..._core.public_keys import authorized_keys

        keys = authorized_keys("ssh_public_keys", keys) or None
    if params["image"] is None:
        return {}
    import secrets  # Only here: what every task imports, every task waits for.

    return {
        "distribution": params["image"],
        "root_password": params["root_password"] or secrets.token_urlsafe(18),
        **given(
            ssh_public_key=keys,
            firstboot_script=params["firstboot_script"],
        ),
    }
