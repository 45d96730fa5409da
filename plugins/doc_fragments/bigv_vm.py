# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

from __future__ import annotations

import re
from textwrap import indent

IDENTITY = r"""
name:
  description:
    - The name of the VM.
    - Also in the dotted form V(vm.group.account), where a trailing V(.uk0.bigv.io) is ignored.
    - One of O(name) and O(id) is required.
  type: str
id:
  description:
    - The id of an existing VM, instead of its O(name).
  type: int
"""

OPTIONS = r"""
group:
  description:
    - The name of the group that the VM is in. It has to exist when the VM is created.
    - Where neither this option nor a dotted O(name) says it, the environment variables E(BIGV_GROUP) and E(BM_GROUP)
      do, and else the group is V(default).
  type: str
state:
  description:
    - V(present) makes sure that the VM exists. The power of an existing VM is left as it is.
    - V(running) makes sure that it exists and is on. A VM that is off is started, with autoreboot on unless
      O(autoreboot) says otherwise.
    - V(stopped) makes sure that it exists and is off, with autoreboot off. A VM that is on is shut down cleanly; see
      O(shutdown_timeout) and O(force_stop). A VM that is off with autoreboot on, which may be being built, is kept from
      starting. A VM that is created with an O(image) is asked to stay off; if it boots all the same, it is shut down.
    - V(restarted) shuts a VM that is on down as V(stopped) does and starts it again, so that hardware changes take
      effect; a VM that is off is only started. It always acts.
    - V(absent) makes sure that the VM is deleted. It can be restored for a while, and its name stays taken for as
      long, unless O(purge=true). A VM that is on is shut down first; see O(shutdown_before_deletion).
  type: str
  choices: [present, running, stopped, restarted, absent]
  default: present
cores:
  description:
    - The number of cores. Acts at creation and at the next start.
  type: int
memory:
  description:
    - The memory, in MiB as a whole number (V(2048)) or with a binary unit (V(2GiB), V(2G), V(512M)).
    - Acts at creation and at the next start.
  type: str
zone:
  description:
    - The zone that the VM is created in. Acts at creation; a zone that differs from an existing VM's is refused.
    - Where it is not given, the environment variable E(BIGV_ZONE) says where a new VM is created. It says nothing of a
      VM that is there.
  type: str
hardware_profile:
  description:
    - The hardware profile, such as V(virtio2018). Acts at creation and at the next start.
  type: str
hardware_profile_locked:
  description:
    - Whether the hardware profile stays as it is when the provider has a newer one. Acts always.
  type: bool
cdrom_url:
  description:
    - The URL of an image to put in the CD drive. An empty string takes it out. Acts always.
  type: str
keymap:
  description:
    - The keyboard layout of the console. An empty string unsets it. Acts always.
  type: str
autoreboot:
  description:
    - Whether the VM starts again when it goes off. Acts always.
    - If omitted, it is switched on at creation, unless O(state=stopped) or there is neither O(image) nor O(cdrom_url)
      to start from (with O(state=running) it is on all the same). On an existing VM it follows a change of power.
  type: bool
discs:
  description:
    - The discs that the VM shall have, at most eight. The first is the root disc.
    - On an existing VM missing discs are added, smaller ones grown and grades changed; a guest that is on sees the
      change after a restart. Discs that are not listed are left alone. A disc is never shrunk.
  type: list
  elements: dict
  suboptions:
    label:
      description:
        - The label of the disc, not its id. A new disc cannot be called like a Unix device (V(vda), V(sdb), ...).
        - If omitted, the disc is V(disc-1), V(disc-2), ... by its position in the list, or, where the VM has no disc
          of that label, the disc at that position.
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
        - When backups are made of the disc. This is the exact set. A schedule that is not listed is deleted, and an
          empty list means none. If omitted, schedules are left as they are.
        - One that differs is a new one, which is made before the old one is deleted. How a beginning is spelled makes
          no difference, and one that is listed twice counts once.
      type: list
      elements: dict
      suboptions:
        start_at:
          description:
            - When the first backup is made, in quotes. It is a time of day (V(03:00)) or a moment in ISO 8601
              (V(2027-02-24T03:00:00Z)), in UTC if it does not say otherwise.
            - A time of day is the same as a moment at that time of day, as the API may make one of it.
          type: str
          required: true
        interval:
          description:
            - How long after a backup the next one is made, such as V(6h), V(1d) or V(1w), or as a number of seconds.
          type: str
          required: true
        capacity:
          description:
            - How many backups of this schedule are kept.
          type: int
          default: 1
image:
  description:
    - The image to install, such as V(stretch). Acts at creation, of a VM with O(discs); for an existing VM see
      O(reimage).
  type: str
reimage:
  description:
    - Whether O(image) is installed on an existing VM, which B(wipes its first disc).
    - V(never) leaves it as it is. V(changed) installs the image if the last one installed was another; where the API
      does not say which that was, nothing is installed, and a warning says so. V(always) installs it in every run.
    - The VM is shut down first, and is then as it was before, on or off, with autoreboot as it was.
  type: str
  choices: [never, changed, always]
  default: never
root_password:
  description:
    - The password of C(root) in an installed O(image). Acts at creation and with O(reimage).
    - Generated if omitted; see O(return_root_password).
  type: str
ssh_public_keys:
  description:
    - The SSH keys that C(root) accepts in an installed O(image), each as a line of C(authorized_keys), with its options
      and its comment. Acts at creation and with O(reimage).
    - An item may also be a whole file of such lines, of which blank lines and comments are dropped. Text in place of
      the list is one item, commas and all. An empty list means no keys.
    - What is no public key, such as a private key, the path of a file, or a key that is cut off, is refused and shown
      nowhere.
  type: list
  elements: str
firstboot_script:
  description:
    - A script that an installed O(image) runs when it first boots; Linux only. Acts at creation and with O(reimage).
    - It may hold secrets, so it is never shown.
  type: str
ipv4:
  description:
    - The IPv4 address of the VM, in a private VLAN only. Acts at creation, of a VM with O(discs).
  type: str
ipv6:
  description:
    - The IPv6 address of the VM, in a private VLAN only. Acts at creation, of a VM with O(discs).
  type: str
rdns:
  description:
    - The name of the primary addresses, IPv4 and IPv6, in reverse DNS. Acts always. A warning says so where a VM has no
      address.
    - Or a dictionary with a name for each address of the VM that it lists, primary or additional, such as
      V({"203.0.113.10":"www.example.com"}). Other addresses keep their names. An address that the VM does not have is
      refused, and so is a dictionary for a VM that is to be created, whose addresses are not known yet.
    - Capitals and a dot at the end make no difference. An empty name removes the one that there is.
    - It costs one GET for each address that is named, in every run.
  type: raw
additional_ipv4:
  description:
    - How many additional IPv4 addresses the VM is to have at least. Acts always.
    - What is missing is added with one request, which needs O(additional_ipv4_reason). A VM that has more keeps them.
      M(bytemark.cloud.bigv_ip) deletes an address.
    - A NIC has at most four. More are refused before anything is sent.
  type: int
additional_ipv4_reason:
  description:
    - What the additional addresses are for. The provider wants to know, so it is required where any has to be added.
      The API does not show it again, so it is never compared.
  type: str
new_name:
  description:
    - The name that the VM shall have. Acts always.
    - Nothing is done where the VM has it already; where neither name exists, the VM is created under the new one;
      where both do, the task fails.
  type: str
new_group:
  description:
    - The name of the group that the VM shall be in, in the same account. Acts always, as O(new_name).
  type: str
on_deleted:
  description:
    - What to do when a soft-deleted VM still has the name.
    - V(fail) says so. V(restore) gets that VM back, and makes it as desired. V(replace) purges it, which is for good,
      and creates a new one.
  type: str
  choices: [fail, restore, replace]
  default: fail
allow_restart:
  description:
    - Whether a VM that is on may be restarted to change what a running VM cannot.
    - If V(false), changes to O(cores), O(memory) and O(hardware_profile) are sent, and take effect at the next start;
      RV(restart_required) and a warning say so. The API may also refuse them, which fails the task.
    - If V(true), the VM is shut down cleanly, changed and started again, if one of these has to change.
  type: bool
  default: false
shutdown_timeout:
  description:
    - How long to wait for a clean shutdown, in seconds.
  type: int
  default: 60
force_stop:
  description:
    - Pull the plug of a VM that has not shut down within O(shutdown_timeout). If V(false), the task fails instead,
      and leaves the VM on, with autoreboot as it was.
  type: bool
  default: false
shutdown_before_deletion:
  description:
    - With O(state=absent), shut a VM that is on down before it is deleted, as O(state=stopped) does; see
      O(shutdown_timeout) and O(force_stop). If it cannot be deleted then, it is started again.
    - If V(false), its plug is pulled. That is what becomes of the VMs in a group that is deleted, too.
  type: bool
  default: true
backup_before:
  description:
    - Back up a disc before O(reimage) wipes it, which is the first disc of the VM. The VM is shut down before that, so
      that the backup has everything that was on the disc. Nothing is changed before the backup is complete, also with
      O(wait=false), and it takes of O(wait_timeout).
    - If there is no complete backup in the end, nothing has been wiped, and a VM that was shut down is started again.
    - A purge of a VM takes its backups along. So V(true) is refused, before anything is sent, with O(state=absent) and
      O(purge=true), and where O(on_deleted=replace) would replace a VM.
    - A VM that is deleted without O(purge=true) keeps its discs for a while, so no backup is made then.
  type: bool
  default: false
ready_port:
  description:
    - A TCP port, such as V(22), that a VM which the task has started has to answer at. A VM that is created, started,
      restarted or reimaged counts as up only when a connection to this port of its first address is accepted.
    - The connection is made by the host that runs the task. With O(wait=false) there is none.
    - A VM that the task does not start is not asked. One without an address is refused, before anything is sent where
      that is known by then.
  type: int
ready_timeout:
  description:
    - How long to wait for O(ready_port), once the VM is on; V(90s), V(15m), V(24h), V(7d), V(12w), or a number of
      seconds. O(wait_timeout) ends this wait, too.
  type: str
  default: 5m
purge:
  description:
    - With O(state=absent), delete the VM for good, also if it is soft-deleted already.
  type: bool
  default: false
return_root_password:
  description:
    - Return the password of C(root) that was generated for an O(image), as RV(root_password).
  type: bool
  default: false
"""

TASK = r"""
wait:
  description:
    - Wait until the VM is as the state says (built and on with an address, off, or gone), and answers at
      O(ready_port).
    - If V(false), the task ends when the last request was answered. What the next request depends on, such as a
      shutdown before a change, is waited for all the same.
  type: bool
  default: true
wait_timeout:
  description:
    - How long to wait in all, in seconds.
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
      - What an item omits is taken from O(defaults), and what is omitted there too is as in M(bytemark.cloud.bigv_vm).
      - A VM that is listed twice is refused.
    type: list
    elements: dict
    suboptions:{_suboptions("vms[].", IDENTITY + OPTIONS)}
  defaults:
    description:
      - Options that every item of O(vms) takes over which does not have them itself.
    type: dict
    suboptions:{_suboptions("defaults.", OPTIONS)}
  wait:
    description:
      - Wait until every VM is as its state says (built and on with an address, off, or gone), and answers at
        O(vms[].ready_port).
      - If V(false), the task ends when the last request was answered. A VM that was shut down is waited for all the
        same where another one has to wait for it; see O(max_unavailable).
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait for each VM, in seconds.
    type: int
    default: 600
"""
