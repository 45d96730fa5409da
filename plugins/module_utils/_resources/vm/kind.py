# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""VMs as ``bigv_vm`` manages them. Private to bytemark.cloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ..._core.client import Client
from ..._core.names import CLUSTER, is_same_domain, other_spelling
from ..._core.plan import Plan, Prediction, Resource, differences
from ..._core.resource import Outcome, ResourceKind
from ..disc.steps import agrees, comparable_disc, label_of
from ..ip.attributes import count_additional, count_new
from ..ip.read import read_rdns
from ..names import NAME_VARIABLES
from .attributes import VM
from .desired import VM_CONSTRAINTS, VM_OPTIONS, DesiredVm, desired_vm
from .observe import ApiReader, ObservedVm, observe
from .plan import plan
from .read import find_vm, returned_vm

# What else is so of a VM that is deleted softly is assumed.
SOFT_DELETED = {"deleted": True, "power_on": False, "autoreboot_on": False}
NEW_ADDRESSES = ("primary IPv4 address", "primary IPv6 address")


class VmKind(ResourceKind):
    """VMs: created, changed, started, stopped, moved, reimaged and deleted."""

    noun = "vm"
    schema = VM
    sample_action = "create VM web1.staging.acme from stretch"
    options = VM_OPTIONS
    constraints = VM_CONSTRAINTS
    name_variables = NAME_VARIABLES
    disclosed = ("root_password",)

    def desired(self, params: Mapping[str, Any]) -> DesiredVm:
        """Return what the options of ``bigv_vm`` ask for."""
        return desired_vm(params)

    def observe(self, client: Client, desired: DesiredVm) -> ObservedVm:
        """Read what the plan needs: one GET where nothing has to change and nothing is renamed."""
        return observe(ApiReader(client, desired.build_timeout), desired)

    def plan(self, observed: ObservedVm, desired: DesiredVm) -> Plan:
        """Return the plan that converges the VM. Pure."""
        return plan(observed, desired)

    def secrets(self, desired: DesiredVm) -> Iterable[str | None]:
        """Return what is installed with an image and nobody else is to know."""
        return desired.install.get("root_password"), desired.install.get("firstboot_script")

    def title(self, observed: ObservedVm, desired: DesiredVm, plan: Plan) -> str:
        """Return where the VM is."""
        return str(observed.location)

    def written_title(self, observed: ObservedVm, desired: DesiredVm, plan: Plan) -> str:
        """Return where the VM is after the plan."""
        return str(observed.target)

    def read_back(
        self, client: Client, observed: ObservedVm, desired: DesiredVm, plan: Plan, answers: Sequence[Any]
    ) -> Resource | None:
        """Read the VM where it is now."""
        return find_vm(client, observed.target, in_any_spelling=True)[0]

    def predictions(self, observed: ObservedVm, desired: DesiredVm, plan: Plan) -> Iterable[Prediction]:
        """Return what becomes of the VM, and of one that it replaces."""
        if observed.now:
            # Only here: few tasks make backups.
            from ..backup.before import predicted_backups

            yield from predicted_backups(plan, observed.now)
        was, at, before, after = observed.location.path, observed.target.path, plan.before, plan.after
        is_purged = any(step.effect == "purge" for step in plan.steps)
        if after is None:
            put = {
                key: value for step in plan.steps if step.method == "PUT" for key, value in (step.body or {}).items()
            }
            yield Prediction(was, was, before, None if is_purged else {**(before or {}), **put, **SOFT_DELETED})
            return
        is_new = not before or is_purged
        if _sets_rdns(plan):
            after = {**after, "rdns": desired.rdns or None if is_new else _written_rdns(observed, desired)}
        if not is_new:
            yield Prediction(was, at, before, after)
            return
        if before:
            yield Prediction(was, was, before, None)
        hostname = f"{observed.target}{CLUSTER}"
        yield Prediction(None, at, None, {**after, "hostname": hostname, "addresses": dict(desired.ips)})

    def is_current(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether a read shows what was changed, as far as that shows at once."""
        if plan.after is None:
            return seen is None or bool(seen.get("deleted"))
        before, after, now = (self.diffable(vm) or {} for vm in (plan.before, plan.after, seen))
        changed = differences(before, after)
        later = {"power_on", *plan.pending_restart}
        if "last_imaged_with" not in now:
            # It may be empty for a while (observed).
            later.add("last_imaged_with")
        discs = plan.after["discs"] if changed.pop("discs", None) else ()
        there = {label_of(disc): disc for disc in (seen or {}).get("discs") or ()}
        return (
            seen is not None
            and (not count_new(plan.after) or count_additional(seen) >= count_additional(plan.after))
            and VM.shows(now, {key: changed[key] for key in changed.keys() - later})
            and all(label_of(disc) in there and agrees(there[label_of(disc)], disc) for disc in discs)
        )

    def is_complete(self, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether a read shows what was changed and, of a new VM, the address that it gets a moment later."""
        # Only here: a task that changes nothing does without.
        from .conditions import shows_address

        is_new = plan.after is not None and plan.after.get("id") is None
        return self.is_current(plan, seen) and not (is_new and seen and not shows_address(seen))

    def is_confirmed(self, client: Client, desired: DesiredVm, plan: Plan, seen: Resource | None) -> bool:
        """Tell whether a read shows what was changed, and the addresses have the reverse DNS that was written."""
        # Only here: a task that changes nothing does without.
        from ..._core.executor import read_back
        from ..ip.rdns import wanted_rdns

        if not self.is_current(plan, seen):
            return False
        if seen is None or not _sets_rdns(plan):
            return True
        for address, rdns in wanted_rdns(seen, desired.rdns).items():
            is_written = partial(is_same_domain, rdns)
            if not is_written(read_back(client, partial(read_rdns, client, address), is_written)):
                return False
        return True

    def spelling_warnings(self, observed: ObservedVm, desired: DesiredVm, seen: Resource | None) -> list[str]:
        """Return a warning where the API spells the name otherwise than it was written."""
        return other_spelling("VM", observed.target.vm, seen)

    def returned(self, resource: Resource | None) -> Resource | None:
        """Return the VM with its addresses."""
        return returned_vm(resource)

    def diffable(self, resource: Resource | None) -> Resource | None:
        """Return what of a VM a task can set, its discs included."""
        if resource is None:
            return None
        discs = {label_of(disc): comparable_disc(disc) for disc in resource.get("discs") or ()}
        return {**VM.compared(resource), "discs": discs}

    def diffed(
        self, observed: ObservedVm, desired: DesiredVm, plan: Plan, outcome: Outcome
    ) -> tuple[Resource | None, Resource | None]:
        """Return the VM before and after, with the reverse DNS of its addresses where it was read or written."""
        before, after = super().diffed(observed, desired, plan, outcome)
        is_written = bool(outcome.actions) and _sets_rdns(plan)
        rdns = _written_rdns(observed, desired) if is_written else observed.rdns
        states = (_with_rdns(before, observed.rdns), _with_rdns(after, rdns))
        if desired.additional is None:
            return states
        vms = (plan.before if outcome.actions else outcome.after, outcome.after)
        shown = [
            state and {**state, "additional_ipv4": count_additional(vm or {})}
            for state, vm in zip(states, vms, strict=True)
        ]
        return shown[0], shown[1]

    def report(
        self, desired: DesiredVm, observed: ObservedVm, plan: Plan, outcome: Outcome, check_mode: bool
    ) -> dict[str, Any]:
        """Return what was done to the VM, and how it is after that."""
        actions, after = outcome.actions, outcome.after
        is_installed = bool(actions) and _installs(plan, actions)
        if after and is_installed and not check_mode and not after.get("last_imaged_with"):
            # The API may not say for a while, or not at all, what it has just installed (observed).
            outcome.after = {**after, "last_imaged_with": desired.image}
        result = super().report(desired, observed, plan, outcome, check_mode)
        result["restart_required"] = bool(plan.pending_restart)
        if plan.pending_restart:
            result.setdefault("warnings", []).append(
                f"VM {observed.target} gets its new {', '.join(plan.pending_restart)} at its next start; set "
                "allow_restart: true to restart it immediately."
            )
        if desired.backup_before:
            # Only here, too.
            from ..backup.before import created_backups

            result["backups"] = created_backups(plan, actions, check_mode)
        if desired.return_root_password and is_installed and not check_mode:
            result["root_password"] = desired.install["root_password"]
        return result


def _written_rdns(observed: ObservedVm, desired: DesiredVm) -> dict[str, str | None]:
    """Return the reverse DNS that is written, by address. Those of a new VM are not known before it is there."""
    if not observed.rdns:
        return {address: str(desired.rdns) for address in NEW_ADDRESSES}
    # Only here: few tasks set reverse DNS.
    from ..ip.rdns import wanted_rdns

    return wanted_rdns(observed.vm or {}, desired.rdns)


def _with_rdns(shown: Resource | None, rdns: Mapping[str, Any]) -> Resource | None:
    return {**shown, "rdns": dict(rdns)} if shown and rdns else shown


def _sets_rdns(plan: Plan) -> bool:
    return any("rdns" in (step.body or ()) for step in plan.steps)


def _installs(plan: Plan, actions: Sequence[str]) -> bool:
    """Tell whether one of the actions installed an image."""
    return any({"reimage", "distribution"} & set(step.body or ()) and step.summary in actions for step in plan.steps)
