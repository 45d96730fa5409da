# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The plan that makes a VM as desired. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from ..._core.errors import BigvError
from ..._core.names import is_same_domain
from ..._core.plan import (
    DefinitionCheck,
    Plan,
    Port,
    Reader,
    Resource,
    definition_checks,
    differences,
    given,
    with_compensation,
)
from ..disc.attributes import DISC
from ..disc.steps import (
    DesiredDisc,
    check_count,
    created_disc,
    disc_changes,
    has_desired_schedules,
    match_discs,
    new_disc,
)
from ..ip.attributes import IP, addresses
from ..ip.read import ip_path
from ..names import VmName
from .attributes import VM
from .desired import DesiredVm, loses_backups
from .draft import NEXT_START, VmDraft
from .observe import ObservedVm
from .read import with_nested
from .steps import start_again, start_what_is_left

VM_TYPE = "application/vnd.bigv.virtual-machine"


def plan(observed: ObservedVm, desired: DesiredVm) -> Plan:
    """Return the plan that converges the VM, or raise the one reason why it cannot be converged."""
    draft = VmDraft(observed.location, observed.vm)
    checks: list[DefinitionCheck] = []
    deleted = draft.vm.get("deleted")
    if desired.state == "absent":
        _remove(draft, desired)
    elif not draft.vm:
        checks = _create(draft, observed, desired)
    elif not deleted:
        checks = _change(draft, observed, desired)
    elif desired.on_deleted == "restore":
        draft.restore()
        checks = _change(draft, observed, desired)
    elif desired.on_deleted == "replace":
        if desired.backup_before:
            raise loses_backups("on_deleted: replace purges the soft-deleted VM")
        draft.delete(purge=True)
        checks = _create(draft, observed, desired)
    else:
        raise BigvError(
            f"name: a soft-deleted VM still has the name {observed.location}. Set on_deleted: restore to restore it, "
            "or on_deleted: replace to purge it and create a new one."
        )
    port = _ready_port(draft, desired)
    restarts = any(step.effect == "restart" for step in draft.steps)
    return Plan(
        observed.vm,
        draft.vm or None,
        tuple(draft.steps),
        wait_for=draft.powered_on(port) if port else draft.wait_for,
        back=draft.powered_on(port) if restarts else None,
        definition_checks=tuple(checks),
        pending_restart=tuple(draft.pending_restart),
        warnings=tuple(draft.warnings),
    )


def _ready_port(draft: VmDraft, desired: DesiredVm) -> Port | None:
    if desired.ready_port is None or not draft.is_started:
        return None
    # Only here: most tasks do without.
    from .readiness import port_of

    return port_of(draft.location, desired.ready_port, desired.ready_timeout, draft.has_no_address)


def _remove(draft: VmDraft, desired: DesiredVm) -> None:
    is_deleted = draft.vm.get("deleted")
    if draft.is_on and not is_deleted and desired.shutdown_before_deletion:
        _shut_down_and_delete(draft, desired)
    elif draft.vm and (desired.purge or not is_deleted):
        draft.delete(desired.purge)
    draft.vm = {}


def _shut_down_and_delete(draft: VmDraft, desired: DesiredVm) -> None:
    start_again = start_what_is_left(draft.location, draft.vm)
    draft.shut_down(desired.shutdown_timeout, desired.force_stop, start_again, before_deletion=True)
    first_guarded = len(draft.steps)
    draft.delete(desired.purge)
    draft.steps[first_guarded:] = with_compensation(draft.steps[first_guarded:], start_again)


def _create(draft: VmDraft, observed: ObservedVm, desired: DesiredVm) -> list[DefinitionCheck]:
    if desired.image and not desired.discs:
        raise BigvError(f"discs: the image {desired.image!r} requires a disc to be installed on; list at least one")
    if desired.ips and not desired.discs:
        raise BigvError(
            f"{next(iter(desired.ips))}: only a VM that is created with discs can be assigned an address; list at "
            "least one disc"
        )
    if desired.rdns and not isinstance(desired.rdns, str):
        raise BigvError("rdns: the addresses of a new VM are not known yet; specify one name for its primary addresses")
    draft.location = observed.target
    check_count(draft.location, len(desired.discs), "discs")
    discs = [
        {**new_disc(item, label), **given(backup_schedules=item.schedules or None)}
        for label, item, _none in match_discs((), desired.discs)
    ]
    runs = desired.state in ("running", "restarted")
    stays_off = desired.state == "stopped" and bool(desired.image)
    autoreboot = desired.autoreboot
    if autoreboot is None:
        autoreboot = desired.state != "stopped" and bool(runs or desired.image or desired.attributes.get("cdrom_url"))
    attributes = {
        "name": draft.location.vm,
        "autoreboot_on": autoreboot,
        **({"power_on": False} if stays_off else {}),
        **given(
            zone_name=desired.default_zone if desired.zone is None else desired.zone,
            **desired.attributes,
        ),
    }
    draft.create(
        attributes,
        {
            **({"discs": discs} if discs else {}),
            **({"reimage": desired.install} if desired.install else {}),
            **({"ips": desired.ips} if desired.ips else {}),
        },
        {
            **dict.fromkeys(VM.attributes),
            **attributes,
            "group_id": _group_id(observed),
            "power_on": (autoreboot or bool(desired.image)) and not stays_off,
            "last_imaged_with": desired.image,
            "deleted": False,
            "type": VM_TYPE,
            "discs": [created_disc(disc, None) for disc in discs],
            "network_interfaces": None,
        },
        needs_address=bool(desired.rdns or desired.additional),
    )
    if stays_off:
        # One that boots all the same, to install the image, is shut down when that is in.
        draft.shut_down(desired.shutdown_timeout, desired.force_stop, is_foreseen=False)
    elif runs and not draft.is_on:
        draft.start({})
    if desired.rdns:
        for family in ("IPv4", "IPv6"):
            draft.add(
                f"set the reverse DNS of the primary {family} address of VM {draft.location} to {desired.rdns}",
                "PUT",
                partial(_primary_address_path, family, draft.location),
                {"rdns": desired.rdns},
                schema=IP,
            )
    if desired.additional:
        draft.add_addresses(desired.additional)
    grades = _grade_checks(zip(desired.discs, discs, strict=True))
    return [*definition_checks(VM, attributes), *_image_check(desired), *grades]


def _group_id(observed: ObservedVm) -> int | None:
    """Return the id of the group that the VM is to be in, where it is known: one that is replaced is in it already."""
    if observed.vm and observed.location.group == observed.target.group:
        return observed.vm.get("group_id")
    return observed.group_id


def _primary_address_path(family: str, location: VmName, reader: Reader, vm: Resource) -> str | None:
    """Return the path of an address that the server has chosen for the VM that was waited for."""
    ipv4, ipv6 = addresses(vm and with_nested(reader, location.path, f"VM {location}", vm))
    if not (ipv4 or ipv6):
        raise BigvError(
            "rdns: the VM has no address yet, so no reverse DNS was set. Run the task again to set it once the VM has "
            "one."
        )
    return next((ip_path(address) for address in (ipv4 if family == "IPv4" else ipv6)), None)


class _Power(NamedTuple):
    """The way to the desired power state: a stop on the way, the state and the autoreboot in the end.

    ``comes_last``: the autoreboot is no change like the others, but sent when everything else is done.
    """

    stops: bool
    ends_on: bool
    autoreboot: Resource
    comes_last: bool


def _change(draft: VmDraft, observed: ObservedVm, desired: DesiredVm) -> list[DefinitionCheck]:
    _check_zone(draft, desired.zone)
    changes = differences(draft.vm, {**_identity(observed), **desired.attributes})
    discs = _disc_changes(draft, desired)
    reimage = _needs_reimage(draft, desired, bool(discs))
    if desired.state == "stopped" and not draft.is_on and draft.vm.get("autoreboot_on"):
        draft.keep_off()
    power = _power(draft, desired, changes, reimage)

    found_autoreboot = draft.vm.get("autoreboot_on")
    start_again_here = start_again(draft.location, found_autoreboot)
    if power.stops:
        draft.shut_down(
            desired.shutdown_timeout,
            desired.force_stop,
            *([start_again_here] if power.ends_on else []),
            restarts=power.ends_on,
        )
    first_guarded = len(draft.steps)
    if reimage and desired.backup_before:
        # Only here: few tasks do.
        from ..backup.before import back_up_what_is_wiped

        back_up_what_is_wiped(draft)
        # The disc has one more backup from here on.
        discs = _disc_changes(draft, desired)
    if not power.comes_last:
        changes |= differences(draft.vm, power.autoreboot)
    draft.put(changes, observed.target)
    first_at_target = len(draft.steps)
    for item, disc, body in discs:
        draft.set_disc(disc, item, body)
    _set_rdns(draft, observed, desired)
    if desired.additional:
        draft.add_addresses(desired.additional)
    if reimage:
        draft.reimage(desired.install)
        if not power.ends_on:
            draft.shut_down(desired.shutdown_timeout, desired.force_stop)
    if power.stops and power.ends_on:
        draft.steps[first_guarded:] = [
            *with_compensation(draft.steps[first_guarded:first_at_target], start_again_here),
            *with_compensation(draft.steps[first_at_target:], start_again(draft.location, found_autoreboot)),
        ]
    if power.comes_last:
        autoreboot = differences(draft.vm, power.autoreboot)
        if power.ends_on and not draft.is_on:
            draft.start(autoreboot)
        else:
            draft.put(autoreboot)
    grades = _grade_checks((item, body) for item, _disc, body in discs)
    return [*definition_checks(VM, changes), *(_image_check(desired) if reimage else ()), *grades]


def _check_zone(draft: VmDraft, zone: str | None) -> None:
    current = draft.vm.get("zone_name")
    if zone is not None and current not in (None, zone):
        raise BigvError(
            f"zone: VM {draft.location} is in {current!r} and cannot move to {zone!r}; the zone is chosen at creation"
        )


def _needs_reimage(draft: VmDraft, desired: DesiredVm, gets_discs: bool) -> bool:
    current = draft.vm.get("last_imaged_with")
    is_due = desired.reimage == "always" or (desired.reimage == "changed" and current and current != desired.image)
    if desired.reimage == "changed" and not current:
        draft.warnings.append(
            f"reimage: the API does not say which image VM {draft.location} has, so it was not reimaged; set reimage: "
            f"always to install {desired.image!r} regardless."
        )
    if is_due and not draft.vm.get("discs") and not gets_discs:
        raise BigvError(f"reimage: VM {draft.location} has no disc to install the image {desired.image!r} on")
    return bool(is_due)


def _power(draft: VmDraft, desired: DesiredVm, changes: Resource, reimage: bool) -> _Power:
    was_on, autoreboot = draft.is_on, desired.autoreboot
    ends_on = {"running": True, "restarted": True, "stopped": False}.get(desired.state, was_on)
    if autoreboot is None:
        autoreboot = draft.vm.get("autoreboot_on") if was_on == ends_on else ends_on
    stops = was_on and (
        desired.state in ("stopped", "restarted")
        or reimage
        or (desired.allow_restart and any(key in changes for key in NEXT_START))
    )
    return _Power(stops, ends_on, given(autoreboot_on=autoreboot), stops or reimage or ends_on != was_on)


def _set_rdns(draft: VmDraft, observed: ObservedVm, desired: DesiredVm) -> None:
    if desired.rdns and not observed.rdns:
        draft.warnings.append(f"rdns: VM {draft.location} has no address, so no reverse DNS was set.")
    if observed.rdns:
        # Only here: most tasks do without.
        from ..ip.rdns import wanted_rdns
        from ..ip.steps import set_rdns

        wanted = wanted_rdns(draft.vm, desired.rdns)
        for address, rdns in observed.rdns.items():
            if not is_same_domain(rdns, wanted[address]):
                draft.append(set_rdns(draft.location, address, wanted[address]))


def _identity(observed: ObservedVm) -> Resource:
    """Return the name and the group, where they are to change."""
    location, target = observed.location, observed.target
    return {
        **({"name": str(target.vm)} if target.vm != location.vm else {}),
        **({"group_id": observed.group_id} if target.group != location.group else {}),
    }


def _disc_changes(draft: VmDraft, desired: DesiredVm) -> list[tuple[DesiredDisc, Resource | None, Resource]]:
    """Return for each disc that is not as desired what is desired, the disc (None: a new one), and the body to send."""
    current = draft.vm.get("discs") or ()
    changes = []
    for label, item, disc in match_discs(current, desired.discs):
        body = new_disc(item, label) if disc is None else disc_changes(disc, item)
        if disc is None or body or not has_desired_schedules(disc, item):
            changes.append((item, disc, body))
    check_count(draft.location, len(current) + sum(disc is None for _item, disc, _body in changes), "discs")
    return changes


def _grade_checks(discs: Iterable[tuple[DesiredDisc, Resource]]) -> list[DefinitionCheck]:
    return [check for item, body in discs for check in definition_checks(DISC, body, item.option)]


def _image_check(desired: DesiredVm) -> list[DefinitionCheck]:
    return [DefinitionCheck("image", "distributions", desired.image)] if desired.image is not None else []
