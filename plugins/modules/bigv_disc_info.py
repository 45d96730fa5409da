#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_disc_info
short_description: List the discs of Bytemark Cloud servers
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Lists the discs of one VM, of a group, of an account, or of all VMs that the credentials see in Bytemark Cloud (once
    called BigV).
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.reads
options:
  vm:
    description:
      - List only the discs of this VM; its name, also in the dotted form V(vm.group.account), or its id.
      - Where neither O(group) nor a dotted name says the group, it is V(default).
    type: str
  group:
    description:
      - List only the discs of VMs in groups of this name, or the group of this id.
    type: str
  account:
    description:
      - List only the discs of this account. All that the credentials see, if it is not given at all.
      - One that is not there is an error.
  label:
    description:
      - List only discs of this label.
    type: str
  id:
    description:
      - The id of one disc.
    type: int
seealso:
  - module: bytemark.cloud.bigv_disc
"""

EXAMPLES = r"""
- name: List the discs of a VM
  bytemark.cloud.bigv_disc_info:
    vm: db1.staging.acme
  register: db1

- name: Say how much it has, in MiB
  ansible.builtin.debug:
    msg: "{{ db1.discs | sum(attribute='size') }}"
"""

RETURN = r"""
discs:
  description: The discs; empty where none matches.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the disc.
      type: int
      sample: 4321
    label:
      description: The label of the disc.
      type: str
      sample: data
    size:
      description: The size, in MiB.
      type: int
      sample: 51200
    storage_grade:
      description: The storage grade.
      type: str
      sample: sata
    storage_pool:
      description: The pool that the disc is stored in.
      type: str
      sample: tail01-sata1
    virtual_machine_id:
      description: The id of the VM that the disc belongs to.
      type: int
      sample: 1234
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
from ..module_utils._resources.disc.kind import DiscInfo

MODULE = Module(DiscInfo())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
