#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_vm
short_description: Manage Bytemark Cloud servers (VMs)
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Creates, changes, starts, stops, moves, reimages and deletes VMs in Bytemark Cloud (once called BigV).
  - An option that is not given is left as it is on the VM.
  - A run that finds everything as desired costs one GET; with O(new_name) or O(new_group) one more, and with O(rdns)
    one more for each primary address.
  - Each option says when it acts. At creation means only when the task creates the VM; always means at creation and on
    an existing VM, running or not; at the next start means that a VM that is on gets the change when it next starts,
    see O(allow_restart).
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
options:
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
  group:
    description:
      - The name of the group that the VM is in. It has to exist when the VM is created.
      - Where neither this option nor a dotted O(name) says it, the group is V(default).
    type: str
  state:
    description:
      - V(present) makes sure that the VM exists. The power of an existing VM is left as it is.
      - V(running) makes sure that it exists and is on. A VM that is off is started, with autoreboot on unless
        O(autoreboot) says otherwise.
      - V(stopped) makes sure that it exists and is off. A VM that is on is shut down cleanly, with autoreboot off; see
        O(shutdown_timeout) and O(force_stop).
      - V(restarted) shuts a VM that is on down as V(stopped) does and starts it again, so that hardware changes take
        effect; a VM that is off is only started. It always acts.
      - V(absent) makes sure that the VM is deleted. It can be restored for a while, and its name stays taken for as
        long, unless O(purge=true).
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
          - The label of the disc. A new disc cannot be called like a Unix device (V(vda), V(sdb), ...).
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
  image:
    description:
      - The image to install, such as V(stretch). Acts at creation; for an existing VM see O(reimage).
    type: str
  reimage:
    description:
      - Whether O(image) is installed on an existing VM, which B(wipes its first disc).
      - V(never) leaves it as it is. V(changed) installs the image if the last one installed was another. V(always)
        installs it in every run.
      - The VM is shut down first, and is then as it was before, on or off, with autoreboot as it was.
    type: str
    choices: [never, changed, always]
    default: never
  root_password:
    description:
      - The password of C(root) in an installed O(image). Acts at creation and with O(reimage).
      - Generated if omitted; see O(return_root_password).
    type: str
  return_root_password:
    description:
      - Return the password of C(root) that was generated for an O(image), as RV(root_password).
    type: bool
    default: false
  ssh_public_keys:
    description:
      - The SSH keys that C(root) accepts in an installed O(image), one in each item. Acts at creation and with
        O(reimage).
    type: list
    elements: str
  firstboot_script:
    description:
      - A script that an installed O(image) runs when it first boots; Linux only. Acts at creation and with O(reimage).
      - It may hold secrets, so it is never shown.
    type: str
  ipv4:
    description:
      - The IPv4 address of the VM, in a private VLAN only. Acts at creation.
    type: str
  ipv6:
    description:
      - The IPv6 address of the VM, in a private VLAN only. Acts at creation.
    type: str
  rdns:
    description:
      - The name that the primary addresses, IPv4 and IPv6, resolve to (reverse DNS). Acts always.
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
  purge:
    description:
      - With O(state=absent), delete the VM for good, also if it is soft-deleted already.
    type: bool
    default: false
  wait:
    description:
      - Wait until the VM is as the state says; built and on with an address, off, or gone.
      - If V(false), the task ends when the last request was answered. What the next request depends on, such as a
        shutdown before a change, is waited for all the same.
    type: bool
    default: true
  wait_timeout:
    description:
      - How long to wait in all, in seconds.
    type: int
    default: 600
seealso:
  - module: bytemark.cloud.bigv_vm_info
  - module: bytemark.cloud.bigv_disc
  - module: bytemark.cloud.bigv_group
"""

EXAMPLES = r"""
- name: Create a VM with an image, and wait until it is up
  bytemark.cloud.bigv_vm:
    account: acme
    group: staging
    name: web1
    cores: 2
    memory: 2GiB
    zone: york
    discs:
      - size: 25GiB
      - label: data
        size: 100GiB
        storage_grade: sata
    image: stretch
    ssh_public_keys:
      - "{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"
    state: running
  register: web1

- name: Give it more memory, which takes a restart
  bytemark.cloud.bigv_vm:
    name: web1.staging.acme
    memory: 4GiB
    allow_restart: true

- name: Grow its data disc, and leave everything else alone
  bytemark.cloud.bigv_vm:
    name: web1.staging.acme
    discs:
      - label: data
        size: 200GiB

- name: Shut it down, if need be by pulling the plug after two minutes
  bytemark.cloud.bigv_vm:
    name: web1.staging.acme
    state: stopped
    shutdown_timeout: 120
    force_stop: true

- name: Rename it, and move it to another group
  bytemark.cloud.bigv_vm:
    name: web1.staging.acme
    new_name: www1
    new_group: production

- name: Install another image, unless it is the one that was installed last
  bytemark.cloud.bigv_vm:
    name: www1.production.acme
    image: xenial
    reimage: changed

- name: Delete it (it can be restored for a while)
  bytemark.cloud.bigv_vm:
    name: www1.production.acme
    state: absent

- name: Get it back
  bytemark.cloud.bigv_vm:
    name: www1.production.acme
    on_deleted: restore
    state: running

- name: Delete it for good
  bytemark.cloud.bigv_vm:
    name: www1.production.acme
    state: absent
    purge: true
"""

RETURN = r"""
vm:
  description:
    - The VM as the API describes it, with its addresses. In check mode the VM as it would be, where what only the
      server can choose is V(none).
    - V(none) where the VM is absent.
  returned: success
  type: dict
  contains:
    id:
      description: The id of the VM.
      type: int
      sample: 1234
    name:
      description: The name of the VM.
      type: str
      sample: web1
    hostname:
      description: The full DNS name, C(<vm>.<group>.<account>.<cluster>).
      type: str
      sample: web1.default.acme.uk0.bigv.io
    group_id:
      description: The id of the group that the VM is in.
      type: int
      sample: 123
    power_on:
      description: Whether the VM is on.
      type: bool
      sample: true
    autoreboot_on:
      description: Whether the VM starts again when it goes off.
      type: bool
      sample: true
    cores:
      description: The number of cores.
      type: int
      sample: 1
    memory:
      description: The memory, in MiB.
      type: int
      sample: 1024
    zone_name:
      description: The zone.
      type: str
      sample: york
    hardware_profile:
      description: The hardware profile.
      type: str
      sample: virtio2018
    hardware_profile_locked:
      description: Whether the hardware profile stays as it is when the provider has a newer one.
      type: bool
      sample: false
    cdrom_url:
      description: The URL of the image in the CD drive, if any.
      type: str
      sample: https://example.com/rescue.iso
    keymap:
      description: The keyboard layout of the console, if one is set.
      type: str
      sample: en-gb
    last_imaged_with:
      description: The image that was last installed.
      type: str
      sample: stretch
    management_address:
      description: The address of the console.
      type: str
      sample: 213.123.123.123
    head:
      description: The machine that the VM runs on.
      type: str
      sample: head212
    deleted:
      description: Whether the VM is soft-deleted.
      type: bool
      sample: false
    discs:
      description: The discs, sizes in MiB.
      type: list
      elements: dict
      sample:
        - id: 4321
          label: disc-1
          size: 25600
          storage_grade: sata
          virtual_machine_id: 1234
    network_interfaces:
      description: The NICs. The first of the C(ips) of a family is the primary one.
      type: list
      elements: dict
      sample:
        - id: 5678
          mac: "fe:ff:00:00:12:34"
          ips: ["203.0.113.10", "2001:db8::10"]
          extra_ips: {}
    ipv4:
      description: The IPv4 addresses, the primary one first.
      type: list
      elements: str
      sample: ["203.0.113.10"]
    ipv6:
      description: The IPv6 addresses, the primary one first.
      type: list
      elements: str
      sample: ["2001:db8::10"]
restart_required:
  description: Whether a change was made that takes effect at the next start only.
  returned: success
  type: bool
  sample: false
root_password:
  description: The password of C(root) that was generated for an image.
  returned: when an image was installed, and O(return_root_password=true)
  type: str
  sample: 8s7dfk2hGd3Lw0xQp1ZbR4Yt
actions:
  description: What was sent, or would be in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample: ["create VM web1.staging.acme from stretch"]
error:
  description: What the API answered, if it refused.
  returned: failure
  type: dict
  contains:
    status:
      description: The HTTP status, if there was an answer.
      type: int
      sample: 400
    problems:
      description: What the API said of each attribute; C(base) stands for none in particular.
      type: dict
      sample: {"memory": ["is not included in the list"]}
    method:
      description: The method of the request that failed.
      type: str
      sample: POST
    url:
      description: The URL of the request that failed.
      type: str
      sample: https://uk0.bigv.io/accounts/acme/groups/staging/vm_create
"""

from ansible_collections.bytemark.cloud.plugins.module_utils._module import Module
from ansible_collections.bytemark.cloud.plugins.module_utils._vm import VM_OPTIONS
from ansible_collections.bytemark.cloud.plugins.module_utils._vm_story import converge

MODULE = Module(
    converge,
    VM_OPTIONS,
    {
        "required_one_of": [("name", "id")],
        "mutually_exclusive": [("name", "id"), ("group", "id")],
    },
)


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
