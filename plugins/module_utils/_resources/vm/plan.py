# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""What has to be sent for a VM to be as desired. Pure. Private to bytemark.cloud."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from ..._core.errors import BigvError
from ..._core.names import VmName, is_same_domain
from ..._core.plan import (
    DefinitionCheck,
    Plan,
    Resource,
    Step,
    differences,
    given,
    with_compensation,
)
from ..disc.steps import (
    DesiredDisc,
    check_count,
    created_disc,
    disc_changes,
    listed_grade,
    match_discs,
    new_disc,
)
from .desired import DesiredVm, ObservedVm
from .draft import NEXT_START, VmDraft
from .read import addresses

VM_TYPE = "application/vnd.bigv.virtual-machine"
SERVER_CHOSEN = (
    "id", "hostname", "cores", "memory", "hardware_profile", "hardware_profile_locked", "cdrom_url", "keymap",
    "zone_name", "head", "management_address",
)  # fmt: skip
LISTED = {
    "zone_name": ("zone", "zone_names"),
    "hardware_profile": ("hardware_profile", "hardware_profiles"),
    "keymap": ("keymap", "keymaps"),
}


def plan(observed: ObservedVm, desired: DesiredVm) -> Plan:
    """What has to be sent for the VM to be as desired, or the one reason why it cannot be so."""
    draft = VmDraft(observed.place, observed.vm)
    listed: list[DefinitionCheck] = []
    deleted = draft.vm.get("deleted")
    if desired.state == "absent":
        _remove(draft, desired)
    elif not draft.vm:
        listed = _create(draft, observed, desired)
    elif not deleted:
        listed = _change(draft, observed, desired)
    elif desired.on_deleted == "restore":
        draft.restore()
        listed = _change(draft, observed, desired)
    elif desired.on_deleted == "replace":
        draft.delete(purge=True)
        listed = _create(draft, observed, desired)
    else:
        raise BigvError(
            f"name: a soft-deleted VM still has the name {observed.place}. Say on_deleted: restore to get it back, or "
            "on_deleted: replace to purge it and create a new one."
        )
    return Plan(
        observed.vm,
        draft.vm or None,
        tuple(draft.steps),
        draft.settled,
        tuple(listed),
        tuple(draft.pending),
        tuple(draft.warnings),
    )


def _remove(draft: VmDraft, desired: DesiredVm) -> None:
    if draft.vm and (desired.purge or not draft.vm.get("deleted")):
        draft.delete(desired.purge)
    draft.vm = {}


def _create(draft: VmDraft, observed: ObservedVm, desired: DesiredVm) -> list[DefinitionCheck]:
    if desired.image and not desired.discs:
        raise BigvError(f"discs: the image {desired.image!r} needs a disc to be installed on; list at least one")
    if desired.ips and not desired.discs:
        raise BigvError(
            f"{next(iter(desired.ips))}: only a VM that is created with discs can be given an address; list at least "
            "one disc"
        )
    draft.place = observed.target
    check_count(draft.place, len(desired.discs), "discs")
    discs = [new_disc(item, label) for label, item, _none in match_discs((), desired.discs)]
    runs = desired.state in ("running", "restarted")
    stays_off = desired.state == "stopped" and bool(desired.image)
    autoreboot = desired.autoreboot
    if autoreboot is None:
        autoreboot = desired.state != "stopped" and bool(runs or desired.image or desired.attributes.get("cdrom_url"))
    attributes = {
        "name": draft.place.vm,
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
            **dict.fromkeys(SERVER_CHOSEN),
            **attributes,
            "group_id": observed.group_id,
            "power_on": (autoreboot or bool(desired.image)) and not stays_off,
            "last_imaged_with": desired.image,
            "deleted": False,
            "type": VM_TYPE,
            "discs": [created_disc(disc, None) for disc in discs],
            "network_interfaces": None,
        },
        needs_address=bool(desired.rdns),
    )
    if stays_off:
        # One that boots all the same, to install the image, is shut down when that is in.
        draft.shut_down(desired.shutdown_timeout, desired.force_stop, is_foreseen=False)
    elif runs and not draft.is_on:
        draft.start({})
    if desired.rdns:
        for family in ("IPv4", "IPv6"):
            draft.add(
                f"set the reverse DNS of the primary {family} address of VM {draft.place} to {desired.rdns}",
                "PUT",
                partial(_primary_address_path, family),
                {"rdns": desired.rdns},
            )
    grades = [listed for item, disc in zip(desired.discs, discs, strict=True) for listed in listed_grade(item, disc)]
    return [*_listed_attributes(attributes), *_listed_image(desired), *grades]


def _primary_address_path(family: str, vm: Resource) -> str | None:
    ipv4, ipv6 = addresses(vm)
    if not (ipv4 or ipv6):
        raise BigvError(
            "rdns: the VM has no address yet, so no reverse DNS was set. Run the task again, which sets it as soon as "
            "there is one."
        )
    return next((f"/ips/{address}" for address in (ipv4 if family == "IPv4" else ipv6)), None)


class _Power(NamedTuple):
    """Whether the VM is stopped on the way and is on in the end, and the autoreboot that it then has.

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
    start_again_here = _start_again(draft.place, found_autoreboot)
    if power.stops:
        draft.shut_down(
            desired.shutdown_timeout,
            desired.force_stop,
            start_again_here if power.ends_on else None,
            restarts=power.ends_on,
        )
    first_guarded = len(draft.steps)
    if not power.comes_last:
        changes |= differences(draft.vm, power.autoreboot)
    draft.put(changes, observed.target)
    first_at_target = len(draft.steps)
    for _item, disc, body in discs:
        if disc is None:
            draft.add_disc(body)
        else:
            draft.change_disc(disc, body)
    _set_rdns(draft, observed, desired)
    if reimage:
        draft.reimage(desired.install)
        if not power.ends_on:
            draft.shut_down(desired.shutdown_timeout, desired.force_stop)
    if power.stops and power.ends_on:
        draft.steps[first_guarded:] = [
            *with_compensation(draft.steps[first_guarded:first_at_target], start_again_here),
            *with_compensation(draft.steps[first_at_target:], _start_again(draft.place, found_autoreboot)),
        ]
    if power.comes_last:
        autoreboot = differences(draft.vm, power.autoreboot)
        if power.ends_on and not draft.is_on:
            draft.start(autoreboot)
        else:
            draft.put(autoreboot)
    grades = [listed for item, _disc, body in discs for listed in listed_grade(item, body)]
    return [*_listed_attributes(changes), *(_listed_image(desired) if reimage else ()), *grades]


def _check_zone(draft: VmDraft, zone: str | None) -> None:
    current = draft.vm.get("zone_name")
    if zone is not None and current not in (None, zone):
        raise BigvError(
            f"zone: VM {draft.place} is in {current!r} and cannot move to {zone!r}; the zone is chosen at creation"
        )


def _needs_reimage(draft: VmDraft, desired: DesiredVm, gets_discs: bool) -> bool:
    current = draft.vm.get("last_imaged_with")
    is_due = desired.reimage == "always" or (desired.reimage == "changed" and current and current != desired.image)
    if desired.reimage == "changed" and not current:
        draft.warnings.append(
            f"reimage: the API does not say which image VM {draft.place} has, so it was not reimaged; reimage: always "
            f"installs {desired.image!r} whatever it has."
        )
    if is_due and not draft.vm.get("discs") and not gets_discs:
        raise BigvError(f"reimage: VM {draft.place} has no disc to install the image {desired.image!r} on")
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
        draft.warnings.append(f"rdns: VM {draft.place} has no address, so no reverse DNS was set.")
    for address, rdns in observed.rdns.items():
        if not is_same_domain(rdns, desired.rdns):
            draft.add(
                f"set the reverse DNS of {address} of VM {draft.place} to {desired.rdns}"
                if desired.rdns
                else f"remove the reverse DNS of {address} of VM {draft.place}",
                "PUT",
                f"/ips/{address}",
                {"rdns": desired.rdns or None},
            )


def _start_again(place: VmName, autoreboot: bool | None) -> Step:
    """What a failure between a shutdown and the start after it still sends."""
    body = {"power_on": True, **({"autoreboot_on": True} if autoreboot else {})}
    return Step(f"start VM {place} again", "PUT", place.path, body)


def _identity(observed: ObservedVm) -> Resource:
    """The name and the group, where they are to change."""
    place, target = observed.place, observed.target
    return {
        **({"name": str(target.vm)} if target.vm != place.vm else {}),
        **({"group_id": observed.group_id} if target.group != place.group else {}),
    }


def _disc_changes(draft: VmDraft, desired: DesiredVm) -> list[tuple[DesiredDisc, Resource | None, Resource]]:
    """For each disc that is not as desired: what is desired, the disc (None: a new one), and the body to send."""
    current = draft.vm.get("discs") or ()
    changes = []
    for label, item, disc in match_discs(current, desired.discs):
        body = new_disc(item, label) if disc is None else disc_changes(disc, item)
        if body:
            changes.append((item, disc, body))
    check_count(draft.place, len(current) + sum(disc is None for _item, disc, _body in changes), "discs")
    return changes


def _listed_attributes(attributes: Resource) -> list[DefinitionCheck]:
    return [
        DefinitionCheck(*LISTED[key], value) for key, value in attributes.items() if key in LISTED and value is not None
    ]


def _listed_image(desired: DesiredVm) -> list[DefinitionCheck]:
    return [DefinitionCheck("image", "distributions", desired.image)] if desired.image is not None else []
