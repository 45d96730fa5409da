#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_vm_info
short_description: List Bytemark Cloud servers (VMs), or wait for one
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Lists VMs in Bytemark Cloud (once called BigV) with their discs, NICs and addresses, in one request, however many
    they are (or three, where the API does not nest discs and NICs in lists).
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.reads
options:
  name:
    description:
      - The name of one VM, also in the dotted form V(vm.group.account).
      - Where neither O(group) nor a dotted name says the group, it is V(default).
    type: str
  id:
    description:
      - The id of one VM, instead of its name.
    type: int
  group:
    description:
      - List only the VMs of the groups of this name, or the group of this id.
    type: str
  account:
    description:
      - List only the VMs of this account. All that the credentials see, if it is not given at all.
      - One that is not there is an error.
  include_deleted:
    description:
      - List soft-deleted VMs too.
    type: bool
    default: false
  wait_for:
    description:
      - Wait first until the one VM that O(name) or O(id) says is in this state. A soft-deleted VM counts as V(absent).
        One that is off counts as V(stopped) only if its autoreboot is off too.
    type: str
    choices: [running, stopped, absent]
  wait_timeout:
    description:
      - How long O(wait_for) waits, in seconds.
    type: int
    default: 600
seealso:
  - module: bytemark.cloud.bigv_vm
"""

EXAMPLES = r"""
- name: List the VMs of a group
  bytemark.cloud.bigv_vm_info:
    account: acme
    group: staging
  register: staging

- name: Show their addresses
  ansible.builtin.debug:
    msg: "{{ staging.vms | items2dict(key_name='name', value_name='ipv4') }}"

- name: Create two VMs at the same time
  bytemark.cloud.bigv_vm:
    account: acme
    group: staging
    name: "{{ item }}"
    discs:
      - size: 25GiB
    image: stretch
    wait: false
  loop: [web1, web2]

- name: Wait until they are up
  bytemark.cloud.bigv_vm_info:
    account: acme
    group: staging
    name: "{{ item }}"
    wait_for: running
  loop: [web1, web2]
"""

RETURN = r"""
vms:
  description: The VMs; empty where none matches.
  returned: success
  type: list
  elements: dict
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
error:
  description: What the API answered, if it refused.
  returned: failure
  type: dict
  contains:
    status:
      description: The HTTP status, if there was an answer.
      returned: failure
      type: int
      sample: 403
    problems:
      description: What the API said of each attribute; C(base) stands for none in particular.
      returned: failure
      type: dict
      sample: {"base": ["You do not have permission"]}
    method:
      description: The method of the request that failed.
      returned: failure
      type: str
      sample: GET
    url:
      description: The URL of the request that failed.
      returned: failure
      type: str
      sample: https://uk0.bigv.io/virtual_machines
"""

from ..module_utils._core.module import Module
from ..module_utils._resources.vm.info import VmInfo

MODULE = Module(VmInfo())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
