# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

from __future__ import annotations

import re
from textwrap import indent

IDENTITY = r"""
name:
  description:
    - The name of the VM.
    - Also accepted in the dotted form V(vm.group.account). A trailing V(.uk0.bigv.io) is ignored.
    - One of O(name) and O(id) is required.
  type: str
id:
  description:
    - The id of an existing VM, instead of its O(name).
  type: int
"""

# The most used ones first. ansible-doc and the HTML pages sort them.
OPTIONS = r"""
group:
  description:
    - The name of the group that the VM is in. The group must exist when the VM is created.
    - If neither this option nor a dotted O(name) sets it, the environment variables E(BIGV_GROUP) and E(BM_GROUP) are
      used, and otherwise the group V(default).
  type: str
state:
  description:
    - V(present) ensures that the VM exists. The power state of an existing VM is left unchanged.
    - V(running) ensures that the VM exists and is on. A VM that is off is started, with autoreboot on unless
      O(autoreboot) says otherwise.
    - V(stopped) ensures that the VM exists and is off, with autoreboot off. A VM that is on is shut down cleanly; see
      O(shutdown_timeout) and O(force_stop). A VM that is off with autoreboot on, perhaps because it is still being
      built, is kept from starting. A VM that is created with an O(image) is requested to stay off; if it boots
      nevertheless, it is shut down.
    - V(restarted) shuts down a VM that is on, as V(stopped) does, and starts it again, so that hardware changes take
      effect. A VM that is off is only started. This state is not idempotent; it acts in every run.
    - V(absent) ensures that the VM is deleted. Unless O(purge=true), it can be restored for a while, and its name stays
      taken for that time. A VM that is on is shut down first; see O(shutdown_before_deletion).
  type: str
  choices: [present, running, stopped, restarted, absent]
  default: present
cores:
  description:
    - The number of cores. Applied at creation and at the next start.
    - If it is omitted for a new VM, the API chooses. The practice cloud gives the VM 1 core (assumed).
  type: int
memory:
  description:
    - The memory, in MiB as a whole number (V(2048)) or with a binary unit (V(2GiB), V(2G), V(512M)).
    - Applied at creation and at the next start.
    - If it is omitted for a new VM, the API chooses. The practice cloud gives the VM 1024 MiB (assumed).
  type: str
discs:
  description:
    - The discs of the VM, at most eight. The first is the root disc.
    - On an existing VM, missing discs are added, smaller discs are grown and storage grades are changed. A guest that
      is on sees the change after a restart. Discs that are not listed are left unchanged. A disc is never shrunk.
  type: list
  elements: dict
  suboptions:
    label:
      description:
        - The label of the disc, not its id. A new disc cannot have the name of a Unix device (V(vda), V(sdb), ...).
        - If omitted, the disc is V(disc-1), V(disc-2), ... by its position in the list, or, if the VM has no disc with
          that label, the disc at that position.
      type: str
    size:
      description:
        - The size, in MiB as a whole number (V(25600)) or with a binary unit (V(25GiB), V(1.5TiB)).
        - Required for a disc that does not exist yet.
      type: str
    storage_grade:
      description:
        - The storage grade, such as V(sata) or V(ssd).
      type: str
    backup_schedules:
      description:
        - When the disc is backed up. This is the exact set. A schedule that is not listed is deleted, and an empty list
          deletes all of them. If omitted, schedules are left unchanged.
        - A schedule that differs is created as a new one before the old one is deleted. Different spellings of the same
          start make no difference, and a schedule that is listed twice counts once.
      type: list
      elements: dict
      suboptions:
        start_at:
          description:
            - When the first backup is created, in quotes. Either a time of day (V(03:00)) or a date and time in ISO
              8601 (V(2027-02-24T03:00:00Z)), in UTC unless it has a time zone.
            - A time of day equals a date and time with that time of day, because the API may turn the one into the
              other.
          type: str
          required: true
        interval:
          description:
            - The time between two backups, such as V(6h), V(1d) or V(1w), or a number of seconds.
          type: str
          required: true
        capacity:
          description:
            - How many backups of this schedule are kept.
          type: int
          default: 1
image:
  description:
    - The image to install, such as V(stretch). Applied at creation, to a VM with O(discs). For an existing VM, see
      O(reimage).
  type: str
ssh_public_keys:
  description:
    - The SSH keys that C(root) accepts in an installed O(image), each as a line of C(authorized_keys), including its
      options and its comment. Applied at creation and with O(reimage).
    - An item may also be a whole file of such lines; blank lines and comments in it are dropped. Text instead of a list
      is one item and is not split at commas. An empty list means no keys.
    - Anything that is not a public key, such as a private key, the path of a file, or a truncated key, is refused and
      never shown.
  type: list
  elements: str
root_password:
  description:
    - The password of C(root) in an installed O(image). Applied at creation and with O(reimage).
    - Generated if omitted; see O(return_root_password).
  type: str
zone:
  description:
    - The zone that the VM is created in. Applied at creation. A zone that differs from the zone of an existing VM is
      refused.
    - If it is omitted, the environment variable E(BIGV_ZONE) sets the zone of a new VM. The variable has no effect on
      an existing VM.
  type: str
autoreboot:
  description:
    - Whether the VM starts again after it powers off. Applied at any time.
    - If omitted, autoreboot is switched on at creation, unless O(state=stopped) or there is neither O(image) nor
      O(cdrom_url) to start from (with O(state=running) it is on regardless). On an existing VM it follows a change of
      the power state.
  type: bool
allow_restart:
  description:
    - Whether a VM that is on may be restarted for changes that a running VM cannot take.
    - If V(false), changes to O(cores), O(memory) and O(hardware_profile) are sent and take effect at the next start;
      RV(restart_required) and a warning report that. The API may also refuse them, which fails the task.
    - If V(true), the VM is shut down cleanly, changed and started again if one of these has to change.
  type: bool
  default: false
firstboot_script:
  description:
    - A script that an installed O(image) runs when it boots for the first time; Linux only. Applied at creation and
      with O(reimage).
    - It may contain secrets, so it is never shown.
  type: str
rdns:
  description:
    - The reverse DNS name of the primary addresses, IPv4 and IPv6. Applied at any time. If the VM has no address, a
      warning reports that.
    - Alternatively, a dictionary with a name for each address of the VM that it lists, primary or additional, such as
      V({"203.0.113.10":"www.example.com"}). Other addresses keep their names. An address that the VM does not have is
      refused, and so is a dictionary for a new VM, whose addresses are not known yet.
    - Case and a trailing dot make no difference. An empty name removes the existing one.
    - This needs one GET request for each named address, in every run.
  type: raw
additional_ipv4:
  description:
    - The minimum number of additional IPv4 addresses of the VM. Applied at any time.
    - Missing addresses are added with one request, which requires O(additional_ipv4_reason). A VM that has more keeps
      them. Use M(bytemark.cloud.bigv_ip) to delete an address.
    - A NIC has at most four. More are refused before anything is sent.
  type: int
additional_ipv4_reason:
  description:
    - What the additional addresses are for. The provider asks for it, so it is required if any address has to be added.
      The API does not return it, so it is never compared.
  type: str
new_name:
  description:
    - The new name of the VM. Applied at any time.
    - If the VM already has this name, nothing is changed. If neither name exists, the VM is created with the new name.
      If both exist, the task fails.
  type: str
new_group:
  description:
    - The name of the group to move the VM to, in the same account. Applied at any time, in the same way as O(new_name).
  type: str
reimage:
  description:
    - Whether O(image) is installed on an existing VM, which B(wipes its first disc).
    - V(never) leaves the VM unchanged. V(changed) installs the image if a different one was installed last; if the API
      does not say which one that was, nothing is installed, and a warning reports that. V(always) installs it in every
      run.
    - The VM is shut down first. Afterwards it is on or off as before, with autoreboot as before.
  type: str
  choices: [never, changed, always]
  default: never
on_deleted:
  description:
    - What to do if a soft-deleted VM still has the name.
    - V(fail) fails the task. V(restore) restores that VM and converges it. V(replace) purges it, which is permanent,
      and creates a new one.
  type: str
  choices: [fail, restore, replace]
  default: fail
purge:
  description:
    - With O(state=absent), whether to delete the VM permanently, even if it is already soft-deleted.
  type: bool
  default: false
shutdown_timeout:
  description:
    - How long to wait for a clean shutdown, in seconds.
  type: int
  default: 60
force_stop:
  description:
    - Whether to power off a VM forcibly, as if its power was cut, if it has not shut down within O(shutdown_timeout).
      If V(false), the task fails instead and leaves the VM on, with autoreboot as it was.
  type: bool
  default: false
shutdown_before_deletion:
  description:
    - With O(state=absent), whether to shut down a VM that is on before it is deleted, as O(state=stopped) does; see
      O(shutdown_timeout) and O(force_stop). If the VM then cannot be deleted, it is started again.
    - If V(false), the VM is powered off forcibly. This is also what happens to the VMs in a group that is deleted.
  type: bool
  default: true
backup_before:
  description:
    - Whether to back up the first disc of the VM before O(reimage) wipes it. The VM is shut down before the backup, so
      that the backup contains everything that was on the disc. Nothing is changed before the backup is complete, even
      with O(wait=false). The time that it takes counts towards O(wait_timeout).
    - If there is no complete backup in the end, nothing has been wiped, and a VM that was shut down is started again.
    - Purging a VM also purges its backups. So V(true) is refused, before anything is sent, with O(state=absent) and
      O(purge=true), and if O(on_deleted=replace) would replace a VM.
    - A VM that is deleted without O(purge=true) keeps its discs for a while, so no backup is created then.
  type: bool
  default: false
ready_port:
  description:
    - A TCP port, such as V(22), on which a VM that the task has started has to answer. A VM that is created, started,
      restarted or reimaged counts as up only when a connection to this port of its first address is accepted.
    - The host that runs the task makes the connection. With O(wait=false) no connection is made.
    - A VM that the task does not start is not tested. A VM without an address is refused, before anything is sent if
      that is known by then.
  type: int
ready_timeout:
  description:
    - How long to wait for O(ready_port), once the VM is on; V(90s), V(15m), V(24h), V(7d), V(12w), or a number of
      seconds. O(wait_timeout) also limits this wait.
  type: str
  default: 5m
hardware_profile:
  description:
    - The hardware profile, such as V(virtio2018). Applied at creation and at the next start.
  type: str
hardware_profile_locked:
  description:
    - Whether the VM keeps its hardware profile when the provider has a newer one. Applied at any time.
  type: bool
cdrom_url:
  description:
    - The URL of an image to insert into the CD drive. An empty string ejects it. Applied at any time.
  type: str
keymap:
  description:
    - The keyboard layout of the console. An empty string unsets it. Applied at any time.
  type: str
ipv4:
  description:
    - The IPv4 address of the VM, in a private VLAN only. Applied at creation, to a VM with O(discs).
  type: str
ipv6:
  description:
    - The IPv6 address of the VM, in a private VLAN only. Applied at creation, to a VM with O(discs).
  type: str
return_root_password:
  description:
    - Whether to return the password of C(root) that was generated for an O(image), as RV(root_password).
  type: bool
  default: false
"""

TASK = r"""
wait:
  description:
    - Whether to wait until the VM has reached its state (built and on with an address, off, or gone), and answers on
      O(ready_port).
    - If V(false), the task ends when the last request has been answered. Anything that the next request depends on,
      such as a shutdown before a change, is still waited for.
  type: bool
  default: true
wait_timeout:
  description:
    - How long to wait in total, in seconds.
  type: int
  default: 600
"""


def _suboptions(option: str, text: str) -> str:
    """Return the options as those of the fleet's ``option``: without defaults, and called by their whole name."""
    text = re.sub(r"(?m)^  default: .*\n", "", text)
    text = re.sub(r"\bO\((?!wait)(\w)", rf"O({option}\1", text)
    text = text.replace("O(defaults.name)", "O(vms[].name)")
    text = re.sub(r"\bRV\((\w)", r"RV(vms[].\1", text)
    return indent(text, 6 * " ")


class ModuleDocFragment:
    # Annotated, as only then ansible-test takes them for what they are: not constants.
    DOCUMENTATION: str = f"options:{indent(IDENTITY + OPTIONS + TASK, 2 * ' ')}"

    FLEET: str = f"""
options:
  vms:
    description:
      - The VMs of the fleet. Each takes the options of M(bytemark.cloud.bigv_vm).
      - Options that an item omits are taken from O(defaults). Options that are omitted there, too, behave as in
        M(bytemark.cloud.bigv_vm).
      - A VM that is listed twice is refused.
    type: list
    elements: dict
    suboptions:{_suboptions("vms[].", IDENTITY + OPTIONS)}
  defaults:
    description:
      - Options for every item of O(vms) that does not set them itself.
    type: dict
    suboptions:{_suboptions("defaults.", OPTIONS)}
  wait:
    description:
      - Whether to wait until every VM has reached its state (built and on with an address, off, or gone), and answers
        on O(vms[].ready_port).
      - If V(false), the task ends when the last request has been answered. A VM that was shut down is still waited for
        if another one has to wait for it; see O(max_unavailable).
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for each VM, in seconds.
    type: int
    default: 600
"""
