# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""VMs: what is desired, what is there, and how the one becomes the other. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..._core.client import FULL_VIEW, Client
from ..._core.errors import BigvError
from ..._core.names import (
    GroupName,
    VmName,
    check_new_names,
    check_number,
    check_one_given,
    check_spelling,
    find_by_name,
    is_id,
    name_of,
    parse_size,
    vm_name,
)
from ..._core.plan import Resource, WaitCondition, given
from ..._core.validation import Unsettled, once_settled
from ..disc.steps import DesiredDisc, desired_disc
from .read import (
    addresses,
    find_vm,
    find_vm_by_id,
    read_rdns,
    with_nested,
)

DISC_OPTIONS: dict[str, Any] = {
    "label": {"type": "str"},
    "size": {"type": "str"},
    "storage_grade": {"type": "str"},
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
    "cores": {"type": "int"},
    "memory": {"type": "str"},
    "zone": {"type": "str"},
    "hardware_profile": {"type": "str"},
    "hardware_profile_locked": {"type": "bool"},
    "cdrom_url": {"type": "str"},
    "keymap": {"type": "str", "no_log": False},
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
    "rdns": {"type": "str"},
    "new_name": {"type": "str"},
    "new_group": {"type": "str"},
    "on_deleted": {"type": "str", "choices": ["fail", "restore", "replace"], "default": "fail"},
    "allow_restart": {"type": "bool", "default": False},
    "shutdown_timeout": {"type": "int", "default": 60},
    "force_stop": {"type": "bool", "default": False},
    "purge": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 600},
}


@dataclass(frozen=True)
class DesiredVm:
    """What a task asks of a VM. ``attributes`` are those given, as the API spells them; memory is MiB.

    ``default_zone`` is where the VM is created if the task names no zone. A VM that is there may be in any other.
    """

    name: VmName | None
    state: str
    id: int | None = None
    new_name: str | None = None
    new_group: str | None = None
    attributes: Resource = field(default_factory=dict)
    autoreboot: bool | None = None
    zone: str | None = None
    default_zone: str | None = None
    discs: Sequence[DesiredDisc] = ()
    image: str | None = None
    reimage: str = "never"
    install: Resource = field(default_factory=dict, repr=False)
    ips: Resource = field(default_factory=dict)
    rdns: str | None = None
    purge: bool = False
    on_deleted: str = "fail"
    allow_restart: bool = False
    force_stop: bool = False
    shutdown_timeout: int = 60
    return_root_password: bool = False

    def target(self, place: VmName) -> VmName:
        """Where the VM shall be, when it is now at ``place``."""
        return place._replace(vm=self.new_name or place.vm, group=self.new_group or place.group)


@dataclass(frozen=True)
class ObservedVm:
    """What is there: the VM, where it is or would be created, and what else the plan may need.

    ``group_id`` is the id of the group that the VM shall be in, where that is not the one it is in; ``rdns`` the
    reverse DNS of the primary addresses by address, where it was asked for.
    """

    vm: Resource | None
    place: VmName
    target: VmName
    group_id: int | None = None
    rdns: Mapping[str, str | None] = field(default_factory=dict)


def desired_vm(params: Mapping[str, Any]) -> DesiredVm:
    """What the options of ``bigv_vm`` ask for. Refuses what contradicts itself."""
    check_one_given(params, "name", "id")
    state, autoreboot = params["state"], params["autoreboot"]
    if state == "stopped" and autoreboot:
        raise BigvError("autoreboot: true contradicts state: stopped, as the VM would start again; leave one out")
    if params["reimage"] != "never" and params["image"] is None:
        raise BigvError(f"reimage: {params['reimage']!r} needs an image to install; give image")
    for option, least in (("cores", 1), ("shutdown_timeout", 0), ("wait_timeout", 0)):
        check_number(option, params[option], least)
    attributes = given(
        cores=params["cores"],
        memory=None if params["memory"] is None else parse_size("memory", params["memory"]),
        hardware_profile=params["hardware_profile"],
        hardware_profile_locked=params["hardware_profile_locked"],
    )
    for option in ("cdrom_url", "keymap"):
        if params[option] is not None:
            attributes[option] = params[option] or None
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
        attributes=attributes,
        autoreboot=autoreboot,
        zone=params["zone"],
        default_zone=params["default_zone"],
        discs=[desired_disc(disc, f"discs[{index}].") for index, disc in enumerate(params["discs"] or ())],
        image=params["image"],
        reimage=params["reimage"],
        install=_install(params),
        ips=given(ipv4=params["ipv4"], ipv6=params["ipv6"]),
        rdns=params["rdns"],
        purge=params["purge"],
        on_deleted=params["on_deleted"],
        allow_restart=params["allow_restart"],
        force_stop=params["force_stop"],
        shutdown_timeout=params["shutdown_timeout"],
        return_root_password=params["return_root_password"] and not params["root_password"],
    )


def _install(params: Mapping[str, Any]) -> Resource:
    """What is installed with an image: the body of a reimage."""
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


class StateReader(Protocol):
    """Where the current state is read from: the API, resource by resource, or an overview of an account."""

    def vm(self, name: VmName, option: str = "name") -> tuple[Resource | None, VmName]:
        """Return the VM of this name, if there is one, soft-deleted or not, and where it is."""

    def vm_by_id(self, vm_id: int) -> tuple[Resource | None, VmName]:
        """Return the VM of this id, if there is one, and where it is."""

    def group(self, name: GroupName) -> Resource | None:
        """Return the group of this name, if there is one. An account that is not there is an error."""

    def check_new_name(self, name: VmName) -> None:
        """Refuse the name for a new VM of a group that has been read, if it could be taken for that of another VM."""

    def rdns(self, address: str) -> str | None:
        """Return the reverse DNS of a primary address, if it has any."""


class ApiReader:
    """The API, asked for one resource at a time.

    For a VM that is being built, and of which the API says so (202), it waits so many seconds, unless that is None.
    """

    def __init__(self, client: Client, patience: float | None = None) -> None:
        self._client = client
        self._patience = patience
        self._vms: list[Resource] = []

    def vm(self, name: VmName, option: str = "name") -> tuple[Resource | None, VmName]:
        return self._built(*find_vm(self._client, name, option))

    def vm_by_id(self, vm_id: int) -> tuple[Resource | None, VmName]:
        return self._built(*find_vm_by_id(self._client, vm_id))

    def _built(self, vm: Resource | None, place: VmName) -> tuple[Resource | None, VmName]:
        if self._patience is None or not isinstance(vm, Unsettled):
            return vm, place
        from ..._core.executor import wait_for

        until = WaitCondition(place.path, f"VM {place} to be built", once_settled(bool))
        seen = wait_for(self._client, until, self._patience)
        return seen and with_nested(self._client, place.path, f"VM {place}", seen), place

    def group(self, name: GroupName) -> Resource | None:
        # Only here: a task that changes nothing does without.
        from ..group import find_group, vms_of
        from ..locate import check_account

        group, place = find_group(self._client, name, "group", may_be_id=True, **FULL_VIEW)
        if group is None:
            check_account(self._client, place.account)
        else:
            self._vms = vms_of(self._client, place, group)
        return group

    def check_new_name(self, name: VmName) -> None:
        check_spelling("name", "VM", name.vm, (vm.get("name") for vm in self._vms))
        check_number_is_free(self._client, name)

    def rdns(self, address: str) -> str | None:
        return read_rdns(self._client, address)


def check_number_is_free(client: Client, name: VmName) -> None:
    """Refuse a number as the name of a new VM where the API takes it for the id of another VM."""
    if is_id(name.vm):
        found = client.find(name.path, f"VM {name}", **FULL_VIEW)
        find_by_name("name", name.vm, [found] if found else [], "VM", "choose another name for a new VM")


def observe(source: StateReader, desired: DesiredVm) -> ObservedVm:
    """Read what the plan needs: one GET where nothing has to change and nothing is renamed."""
    if desired.name is None:
        vm, place = source.vm_by_id(desired.id or 0)
        if vm is None and desired.state != "absent":
            raise BigvError(
                f"id: there is no VM with the id {desired.id}, or these credentials cannot see it", status=404
            )
    else:
        vm, place = source.vm(desired.name)
    target = desired.target(place)
    if desired.state == "absent":
        return ObservedVm(vm, place, target)
    if target != place:
        moved, target = source.vm(target, "new_name")
        if moved and (vm is None or vm.get("deleted") or vm["id"] == moved["id"]):
            vm, place = moved, target
        elif moved:
            taken = "is taken by a soft-deleted VM; purge that first" if moved.get("deleted") else "exists too"
            raise BigvError(f"new_name: VM {place} cannot become {target}, which {taken}")
    group_id = None
    if vm is None or place.group != target.group:
        group = source.group(target.in_group)
        if group is None:
            raise BigvError(
                f"{'new_group' if desired.new_group else 'group'}: account {target.account} has no group "
                f"{target.group!r}. Create it first, with bigv_group.",
                status=404,
            )
        group_id = group.get("id")
    if vm is None or (vm.get("deleted") and desired.on_deleted == "replace"):
        target = target._replace(vm=str(target.vm))
        source.check_new_name(target)
    else:
        target = target._replace(vm=name_of({**vm, "name": target.vm}))
    return ObservedVm(vm, place, target, group_id, _primary_rdns(source, vm, desired))


def _primary_rdns(source: StateReader, vm: Resource | None, desired: DesiredVm) -> dict[str, str | None]:
    if vm is None or desired.rdns is None:
        return {}
    ipv4, ipv6 = addresses(vm)
    return {address: source.rdns(address) for address in (*ipv4[:1], *ipv6[:1])}
