#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_group_info
short_description: List the groups of a Bytemark Cloud account
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Lists the groups of an account in Bytemark Cloud (once called BigV), or one of them. An account that is not there is
    an error.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.reads
options:
  name:
    description:
      - The name or the id of a group, also in the dotted form V(group.account). All groups of the account if omitted.
    type: str
seealso:
  - module: bytemark.cloud.bigv_group
"""

EXAMPLES = r"""
- name: List the groups of an account
  bytemark.cloud.bigv_group_info:
    account: acme
  register: acme

- name: Look one group up
  bytemark.cloud.bigv_group_info:
    name: staging.acme
  register: staging

- name: Say whether it is there
  ansible.builtin.debug:
    msg: "staging {{ 'exists' if staging.groups else 'does not exist' }}"
"""

RETURN = r"""
groups:
  description: The groups; empty where none matches.
  returned: success
  type: list
  elements: dict
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
    - id: 123
      account_id: 12
      name: staging
      type: application/vnd.bigv.group
api_date:
  description:
    - The time by the API's clock, in UTC, when it answered. V(none) where its answer bears no date.
    - Unlike the clock of the controller, it is the same wherever a play runs.
  returned: success
  type: str
  sample: "2026-11-25T23:37:00Z"
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
      sample: https://uk0.bigv.io/accounts/acme/groups
"""

from ..module_utils._core.module import Module
from ..module_utils._resources.group import GroupInfo

MODULE = Module(GroupInfo())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
