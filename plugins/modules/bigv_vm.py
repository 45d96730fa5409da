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
  - bytemark.cloud.bigv_vm
seealso:
  - ref: ansible_collections.bytemark.cloud.docsite.guide_vm_lifecycle
    description: What each state sends, and when a change takes a restart.
  - module: bytemark.cloud.bigv_fleet
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
      returned: failure
      type: int
      sample: 400
    problems:
      description: What the API said of each attribute; C(base) stands for none in particular.
      returned: failure
      type: dict
      sample: {"memory": ["is not included in the list"]}
    method:
      description: The method of the request that failed.
      returned: failure
      type: str
      sample: POST
    url:
      description: The URL of the request that failed.
      returned: failure
      type: str
      sample: https://uk0.bigv.io/accounts/acme/groups/staging/vm_create
"""

from ..module_utils._core.module import Module
from ..module_utils._resources.vm.kind import VmKind

MODULE = Module(VmKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
