# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The stories of the VM modules: read, plan, apply, report. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ..._core.client import Client
from ..._core.names import (
    VmName,
    anywhere_in,
    api_path,
    check_number,
    check_one_given,
    is_same_domain,
    other_spelling,
    vm_name,
)
from ..._core.plan import (
    Plan,
    Resource,
    WaitCondition,
    diff,
    differences,
    given,
    shows,
)
from ..._core.validation import once_settled
from ..disc.steps import agrees, comparable_disc, label_of
from .desired import (
    ApiReader,
    DesiredVm,
    ObservedVm,
    desired_vm,
    observe,
)
from .draft import is_stopped, shows_address
from .plan import plan
from .read import (
    addresses,
    find_vm,
    find_vm_by_id,
    list_matching_vms,
    present_vm,
    read_rdns,
)

COMPARABLE = (
    "name", "group_id", "zone_name", "cores", "memory", "hardware_profile", "hardware_profile_locked", "cdrom_url",
    "keymap", "autoreboot_on", "power_on", "last_imaged_with", "deleted",
)  # fmt: skip
NEW_ADDRESSES = ("primary IPv4 address", "primary IPv6 address")
STATES = {
    "running": ("to be running", once_settled(lambda vm: bool(vm and vm.get("power_on")))),
    "stopped": ("to be stopped", once_settled(is_stopped)),
    "absent": ("to be gone", lambda vm: vm is None or bool(vm.get("deleted"))),
}


def converge(client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The story of ``bigv_vm``."""
    desired = desired_vm(params)
    client.hide(*secrets_of(desired))
    patience = params["wait_timeout"] if params["wait"] and desired.state != "absent" else None
    observed = observe(ApiReader(client, patience), desired)
    plan_ = plan(observed, desired)
    actions: list[str] = []
    after, warnings = plan_.after, []
    if plan_.steps or plan_.listed:
        # Only here: a task that changes nothing does without.
        from ..._core.executor import (
            carry_out,
            not_shown,
            read_back,
            reporting,
        )
        from ..._core.protection import check_protected

        check_protected(plan_.steps, params["protect"])
        actions = carry_out(client, plan_, check_mode=check_mode, wait=params["wait"], timeout=params["wait_timeout"])
        # What is to be gone was waited for.
        if actions and not check_mode and (after or not params["wait"]):
            with reporting(actions):
                seen = read_back(client, partial(_find_written, client, observed.target), partial(is_whole, plan_))
                is_as_planned = is_shown(plan_, seen) and rdns_is_shown(client, desired, plan_, seen)
            # A soft-deleted VM counts as absent.
            after = None if is_as_planned and plan_.after is None else seen
            if not is_as_planned:
                warnings.append(not_shown(f"VM {observed.target}"))
            warnings += other_spelling("VM", observed.target.vm, after)
    result = report(desired, observed, plan_, actions, after, check_mode)
    warnings = [*result.get("warnings", ()), *warnings]
    return {**result, **({"warnings": warnings} if warnings else {})}


def _find_written(client: Client, name: VmName) -> Resource | None:
    return find_vm(client, name, in_any_spelling=True)[0]


def secrets_of(desired: DesiredVm) -> tuple[str | None, str | None]:
    return desired.install.get("root_password"), desired.install.get("firstboot_script")


def _sets_rdns(plan_: Plan) -> bool:
    return any("rdns" in (step.body or ()) for step in plan_.steps)


def _installs(plan_: Plan, actions: Sequence[str]) -> bool:
    """Return whether one of the actions installed an image."""
    return any({"reimage", "distribution"} & set(step.body or ()) and step.summary in actions for step in plan_.steps)


def report(
    desired: DesiredVm,
    observed: ObservedVm,
    plan_: Plan,
    actions: list[str],
    after: Resource | None,
    check_mode: bool,
) -> dict[str, Any]:
    """What was done to a VM, and how it is after that."""
    if after and not check_mode and not after.get("last_imaged_with") and _installs(plan_, actions):
        # The API may not say for a while, or not at all, what it has just installed (observed).
        after = {**after, "last_imaged_with": desired.image}
    # What is as desired does not differ, also where that is a soft-deleted VM, which counts as absent.
    before = plan_.before if actions else plan_.after
    # The addresses of a new VM are not known before it is there.
    addresses_set = tuple(observed.rdns) or NEW_ADDRESSES
    rdns = dict.fromkeys(addresses_set, desired.rdns or None) if actions and _sets_rdns(plan_) else observed.rdns
    result = {
        "changed": bool(actions),
        "actions": actions,
        "vm": present_vm(after),
        "restart_required": bool(plan_.pending),
        "diff": diff(
            "VM",
            str(observed.place),
            comparable_vm(before, observed.rdns),
            comparable_vm(after, rdns),
            plan_.announced(actions),
        ),
    }
    warnings = list(plan_.warnings)
    if plan_.pending:
        warnings.append(
            f"VM {observed.target} gets its new {', '.join(plan_.pending)} at its next start; allow_restart: true "
            "restarts it at once."
        )
    if warnings:
        result["warnings"] = warnings
    if desired.return_root_password and _installs(plan_, actions) and not check_mode:
        result["root_password"] = desired.install["root_password"]
    return result


def is_shown(plan_: Plan, seen: Resource | None) -> bool:
    """Return whether a read shows what was changed, as far as that shows at once."""
    if plan_.after is None:
        return seen is None or bool(seen.get("deleted"))
    before, after, now = (comparable_vm(vm) or {} for vm in (plan_.before, plan_.after, seen))
    changed = differences(before, after)
    later = {"power_on", *plan_.pending}
    if "last_imaged_with" not in now:
        # It may be empty for a while (observed).
        later.add("last_imaged_with")
    discs = changed.pop("discs", {})
    return (
        seen is not None
        and shows(now, {key: changed[key] for key in changed.keys() - later})
        and all(label in now["discs"] and agrees(now["discs"][label], disc) for label, disc in discs.items())
    )


def is_whole(plan_: Plan, seen: Resource | None) -> bool:
    """Return whether a read shows what was changed and, of a new VM, the address that it gets a moment later."""
    is_new = plan_.after is not None and plan_.after.get("id") is None
    return is_shown(plan_, seen) and not (is_new and seen and not shows_address(seen))


def rdns_is_shown(client: Client, desired: DesiredVm, plan_: Plan, seen: Resource | None) -> bool:
    """Return whether the primary addresses have the reverse DNS that was written."""
    from ..._core.executor import read_back

    if seen is None or not _sets_rdns(plan_):
        return True
    is_written = partial(is_same_domain, desired.rdns)
    ipv4, ipv6 = addresses(seen)
    return all(
        is_same_domain(read_back(client, partial(read_rdns, client, address), is_written), desired.rdns)
        for address in (*ipv4[:1], *ipv6[:1])
    )


def comparable_vm(vm: Resource | None, rdns: Any = None) -> Resource | None:
    """What of a VM a task can set, for the diff; what is not known is left out."""
    if vm is None:
        return None
    shown = given(**{key: vm.get(key) for key in COMPARABLE})
    shown["discs"] = {label_of(disc): comparable_disc(disc) for disc in vm.get("discs") or ()}
    return {**shown, "rdns": dict(rdns)} if rdns else shown


def _path_to_poll(client: Client, place: VmName | None, vm_id: int) -> str:
    """Return the path of a VM that may not be there yet. Its account has to be, or it would be waited for in vain."""
    vm, found = find_vm(client, place) if place else find_vm_by_id(client, vm_id)
    if place and not vm:
        from ..locate import check_account

        check_account(client, found.account)
    return found.path if vm or place else api_path("virtual_machines", vm_id)


def info(client: Client, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The story of ``bigv_vm_info``."""
    name, vm_id = params["name"], params["id"]
    place = (
        None
        if name is None
        else vm_name(name, params["group"], params["account"], params["default_account"], params["default_group"])
    )
    if params["wait_for"]:
        from ..._core.executor import wait_for

        check_one_given(params, "name", "id")
        check_number("wait_timeout", params["wait_timeout"], 0)
        path = _path_to_poll(client, place, vm_id)
        state, test = STATES[params["wait_for"]]
        wait_for(client, WaitCondition(path, f"VM {place or vm_id} {state}", test), params["wait_timeout"])
    if vm_id is not None:
        vm, _place = find_vm_by_id(client, vm_id)
        vms = [vm] if vm else []
    else:
        wanted = place or anywhere_in(params["group"], params["account"], params["default_account"])
        vms = list_matching_vms(client, wanted, params["include_deleted"])
    shown = [vm for vm in vms if params["include_deleted"] or not vm.get("deleted")]
    return {"changed": False, "vms": [present_vm(vm) for vm in shown]}
