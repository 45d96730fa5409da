# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The stories of the disc modules: read, plan, apply, report. Private to bytemark.cloud."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..._core.client import Client
from ..._core.errors import BigvError
from ..._core.executor import (
    carry_out,
    not_shown,
    read_back,
    reporting,
)
from ..._core.names import (
    VmName,
    anywhere_in,
    api_path,
    check_new_names,
    check_number,
    check_one_given,
    find_by_name_or_id,
    is_id,
    vm_name,
)
from ..._core.plan import Plan, Resource, diff, given
from ..._core.protection import check_protected
from ..locate import check_account
from ..vm.read import find_vm, find_vm_by_id, list_matching_vms
from .steps import (
    DesiredDisc,
    agrees,
    change_step,
    changed_disc,
    check_count,
    comparable_disc,
    create_step,
    created_disc,
    delete_step,
    desired_disc,
    disc_changes,
    find_disc,
    find_labelled,
    label_of,
    listed_grade,
    new_disc,
)


@dataclass(frozen=True)
class VmDiscs:
    """A VM, where it is, and the disc that is meant, if the VM is there and has it."""

    place: VmName
    vm: Resource | None
    disc: Resource | None = None


@dataclass(frozen=True)
class ObservedDisc:
    """The VM that the disc is named on, and the one that it shall move to, if any."""

    here: VmDiscs
    there: VmDiscs | None = None


def observe(client: Client, params: dict[str, Any], desired: DesiredDisc) -> ObservedDisc:
    """Read what the plan needs: one GET where nothing has to change and nothing moves."""
    if params["id"] is None:
        here = _vm_discs(client, "vm", params["vm"], params, desired.label)
    else:
        here = _disc_by_id(client, params["id"], desired, may_skip_vm=_says_where_it_is(params))
    if params["new_vm"] is None:
        return ObservedDisc(here)
    label = desired.new_label or (label_of(here.disc) if here.disc else desired.label)
    there = _vm_discs(client, "new_vm", params["new_vm"], params, label)
    return ObservedDisc(here, there)


def _says_where_it_is(params: dict[str, Any]) -> bool:
    return params["state"] == "present" and params["new_vm"] is None


def _vm_discs(client: Client, option: str, name: str, params: dict[str, Any], label: str | None) -> VmDiscs:
    vm, place = find_vm_by_name_or_id(client, option, name, params)
    if vm is not None and vm.get("deleted"):
        if params["state"] == "present":
            raise BigvError(f"{option}: VM {place} is soft-deleted, so its discs cannot be changed; restore it first")
        vm = None
    return VmDiscs(place, vm, find_disc(vm.get("discs") or (), label) if vm and label else None)


def find_vm_by_name_or_id(
    client: Client, option: str, name: str, params: dict[str, Any]
) -> tuple[Resource | None, VmName]:
    """Return the VM of that name, or else of that id, and where it is.

    The VM of an id has to lie in the group and the account that are given. It is refused where both are there.
    """
    place = vm_name(
        name, params["group"], params["account"], params["default_account"], params["default_group"], option
    )
    vm, place = find_vm(client, place, option, may_be_id=True)
    # Without a group, the name is one in the default group, and the id may be one in any group.
    if not is_id(name) or params["group"] is not None or (vm is not None and vm["id"] == int(name)):
        return vm, place
    with_id, elsewhere = find_vm_by_id(client, int(name))
    if with_id is not None and elsewhere.account == place.account:
        found = find_by_name_or_id(option, name, [with_id, *([vm] if vm else [])], "VM")
        return (vm, place) if found is vm else (with_id, elsewhere)
    return vm, place


def _disc_by_id(client: Client, disc_id: int, desired: DesiredDisc, may_skip_vm: bool) -> VmDiscs:
    disc = find_disc_by_id(client, disc_id)
    if disc is None:
        return VmDiscs(VmName("", "", ""), None)
    if may_skip_vm and not disc_changes(disc, desired):
        return VmDiscs(VmName(str(disc.get("virtual_machine_id")), "", ""), {}, disc)
    vm, place = find_vm_by_id(client, disc["virtual_machine_id"])
    return VmDiscs(place, vm, disc)


def find_disc_by_id(client: Client, disc_id: int) -> Resource | None:
    """Return the disc of that id, and no other that has the number as its label."""
    disc = client.find(api_path("discs", disc_id), f"the disc with id {disc_id}", key="virtual_machine_id")
    return dict(disc) if disc is not None and disc.get("id", disc_id) == disc_id else None


def plan(observed: ObservedDisc, desired: DesiredDisc, state: str) -> Plan:
    """What has to be sent for the disc to be as desired. Pure."""
    here, there = observed.here, observed.there
    if state == "absent":
        if here.vm is None or here.disc is None:
            return Plan(None, None)
        return Plan(here.disc, None, (delete_step(here.place, here.disc),))
    if here.vm is None and here.disc is None and not desired.label:
        raise BigvError("id: there is no disc with this id, or these credentials cannot see it", status=404)
    for option, place in (("vm", here), ("new_vm", there)):
        if place is not None and place.vm is None:
            raise BigvError(f"{option}: there is no VM {place.place}, or these credentials cannot see it", status=404)
    if there is None or there.vm is None or there.vm.get("id") == (here.vm or {}).get("id"):
        return _plan_on(here, desired)
    if here.disc is None:
        return _plan_on(there, desired)
    if there.disc is not None:
        raise BigvError(
            f"new_vm: the VMs {here.place} and {there.place} both have a disc {there.disc.get('label')!r}; remove or "
            "rename one of them"
        )
    _check_move(here, there)
    return _plan_on(here, replace(desired, new_vm_id=there.vm["id"]), there.place)


def _plan_on(place: VmDiscs, desired: DesiredDisc, target: VmName | None = None) -> Plan:
    """The plan for a disc that is, or is to be created, on this VM, and may move to another, the ``target``."""
    discs = (place.vm or {}).get("discs") or ()
    renamed = find_labelled(discs, desired.new_label, "new_label") if desired.new_label else None
    disc = place.disc
    if disc is None and renamed is not None:
        disc = renamed
    elif disc is not None and renamed is not None and renamed is not disc and renamed.get("id") != disc.get("id"):
        raise BigvError(f"new_label: VM {place.place} already has another disc called {desired.new_label!r}")
    if disc is None:
        body = new_disc(desired, desired.new_label or desired.label or "")
        check_count(place.place, len(discs) + 1, "label")
        step = create_step(place.place, body)
        after = created_disc(body, (place.vm or {}).get("id"))
        return Plan(None, after, (step,), listed=tuple(listed_grade(desired, body)))
    changes = disc_changes(disc, desired)
    steps = (change_step(place.place, disc, changes, target),) if changes else ()
    return Plan(disc, changed_disc(disc, changes), steps, listed=tuple(listed_grade(desired, changes)))


def _check_move(here: VmDiscs, there: VmDiscs) -> None:
    """Refuse a move that the API would (observed: both VMs off, and not the root disc)."""
    for place in (here, there):
        if (place.vm or {}).get("power_on"):
            raise BigvError(
                f"new_vm: VM {place.place} is on, and a disc moves only between VMs that are off; stop it first"
            )
    discs = (here.vm or {}).get("discs") or ()
    if discs and here.disc and discs[0].get("id") == here.disc.get("id"):
        raise BigvError(f"new_vm: {here.disc.get('label')!r} is the root disc of VM {here.place}, which cannot move")
    check_count(there.place, len((there.vm or {}).get("discs") or ()) + 1, "new_vm")


def converge(client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The story of ``bigv_disc``."""
    check_one_given(params, "vm", "id")
    check_new_names(params, "new_label", "new_vm")
    desired = replace(
        desired_disc(params),
        iops_limit=check_number("iops_limit", params["iops_limit"], 0),
        new_label=params["new_label"],
    )
    if params["state"] == "absent" and not params["purge"]:
        raise BigvError("purge: deleting a disc is always for good, so state: absent needs purge: true")
    observed = observe(client, params, desired)
    plan_ = plan(observed, desired, params["state"])
    check_protected(plan_.steps, params["protect"])
    actions, after = carry_out(client, plan_, check_mode=check_mode), plan_.after
    name = f"{(plan_.after or plan_.before or {}).get('label') or desired.label} of {observed.here.place.vm}"
    warnings = []
    if actions and not check_mode:
        with reporting(actions):
            after = read_back(
                client,
                lambda: _read_again(client, observed, plan_),
                lambda disc: _is_shown(plan_, disc),
            )
        if not _is_shown(plan_, after):
            warnings.append(not_shown(f"disc {name}"))
    return {
        "changed": bool(actions),
        "actions": actions,
        "disc": after,
        "diff": diff("disc", name, _comparable(plan_.before), _comparable(after), plan_.announced(actions)),
        **({"warnings": warnings} if warnings else {}),
    }


def _read_again(client: Client, observed: ObservedDisc, plan_: Plan) -> Resource | None:
    wanted = plan_.after or plan_.before or {}
    moved = observed.there and (observed.there.vm or {}).get("id") == wanted.get("virtual_machine_id")
    place = observed.there.place if observed.there and moved else observed.here.place
    vm, _place = find_vm(client, place)
    discs = (vm or {}).get("discs") or ()
    if wanted.get("id") is not None:
        return next((disc for disc in discs if disc.get("id") == wanted["id"]), None)
    return next((disc for disc in discs if disc.get("label") == wanted.get("label")), None)


def _is_shown(plan_: Plan, disc: Resource | None) -> bool:
    planned, seen = _comparable(plan_.after), _comparable(disc)
    return planned is seen is None or (planned is not None and seen is not None and agrees(seen, planned))


def _comparable(disc: Resource | None) -> Resource | None:
    if disc is None:
        return None
    vm_id = disc.get("virtual_machine_id")
    return {"label": disc.get("label"), **comparable_disc(disc), **given(virtual_machine_id=vm_id)}


def info(client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The story of ``bigv_disc_info``."""
    if params["id"] is not None:
        disc = find_disc_by_id(client, params["id"])
        return {"changed": False, "discs": [disc] if disc else []}
    if params["vm"] is not None:
        found = _vm_discs(client, "vm", params["vm"], {**params, "state": "absent"}, None)
        if found.vm is None:
            check_account(client, found.place.account)
        vms = [found.vm]
    else:
        wanted = anywhere_in(params["group"], params["account"], params["default_account"])
        vms = list(list_matching_vms(client, wanted))
    discs = [disc for vm in vms if vm for disc in vm.get("discs") or ()]
    if params["label"] is not None:
        discs = [disc for disc in discs if disc.get("label") == params["label"]]
    return {"changed": False, "discs": discs}
