#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_group
short_description: Manage the groups of a Bytemark Cloud account
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Creates, renames and deletes groups of VMs in Bytemark Cloud (once called BigV).
  - A run that finds everything as desired costs one GET, or two with O(new_name).
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
options:
  name:
    description:
      - The name of the group.
      - Also in the dotted form V(group.account), where a trailing V(.uk0.bigv.io) is ignored.
    type: str
    required: true
  new_name:
    description:
      - The name that the group shall have.
      - Nothing is done where there is a group of this name and none called O(name); where there is neither, the group
        is created under this name; where there are both, the task fails.
    type: str
  state:
    description:
      - V(present) makes sure that the group exists.
      - V(absent) makes sure that it does not. A group that holds VMs, soft-deleted ones included, cannot be deleted
        without O(purge=true).
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - With O(state=absent), destroy the VMs in the group for good, soft-deleted ones too, and then delete the group.
    type: bool
    default: false
seealso:
  - module: bytemark.cloud.bigv_group_info
  - module: bytemark.cloud.bigv_vm
"""

EXAMPLES = r"""
- name: Make sure that there is a group for staging
  bytemark.cloud.bigv_group:
    account: acme
    name: staging

- name: Say the account in the name
  bytemark.cloud.bigv_group:
    name: staging.acme

- name: Rename a group
  bytemark.cloud.bigv_group:
    account: acme
    name: staging
    new_name: preview

- name: Delete a group that holds no VMs
  bytemark.cloud.bigv_group:
    account: acme
    name: preview
    state: absent

- name: Destroy a group and every VM in it for good
  bytemark.cloud.bigv_group:
    account: acme
    name: preview
    state: absent
    purge: true
"""

RETURN = r"""
group:
  description:
    - The group as the API describes it. In check mode the group as it would be, where what only the server can choose
      is V(none).
    - V(none) where the group is absent.
  returned: success
  type: dict
  contains:
    id:
      description: The id of the group.
      type: int
      sample: 123
    account_id:
      description: The id of the account that it belongs to.
      type: int
      sample: 12
    name:
      description: The name of the group.
      type: str
      sample: staging
  sample:
    id: 123
    account_id: 12
    name: staging
    type: application/vnd.bigv.group
actions:
  description: What was sent, or would be in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample: ["create group staging.acme"]
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
      sample: {"name": ["can't be blank"]}
    method:
      description: The method of the request that failed.
      returned: failure
      type: str
      sample: POST
    url:
      description: The URL of the request that failed.
      returned: failure
      type: str
      sample: https://uk0.bigv.io/accounts/acme/groups
"""

from ..module_utils._core.module import Module
from ..module_utils._resources.group import GroupKind

MODULE = Module(GroupKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
