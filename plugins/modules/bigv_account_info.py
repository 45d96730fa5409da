#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_account_info
short_description: List Bytemark Cloud accounts
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Lists the accounts of Bytemark Cloud (once called BigV) that the credentials see, or one of them. It costs one GET,
    and with O(overview) a few more where the API does not nest what is in an account.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.reads
options:
  account:
    description:
      - The name or the id of an account. All accounts that the credentials see, if it is not given at all.
    type: str
  overview:
    description:
      - Return the groups and VMs of each account with it, soft-deleted VMs aside.
    type: bool
    default: false
seealso:
  - module: bytemark.cloud.bigv_group_info
  - module: bytemark.cloud.bigv_vm_info
"""

EXAMPLES = r"""
- name: List the accounts that these credentials see
  bytemark.cloud.bigv_account_info:
  register: mine

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ mine.accounts | map(attribute='name') }}"

- name: Read everything that is in one account
  bytemark.cloud.bigv_account_info:
    account: acme
    overview: true
  register: acme

- name: Count its VMs
  ansible.builtin.debug:
    msg: "{{ acme.accounts[0].groups | map(attribute='virtual_machines') | flatten | length }} VMs"
"""

RETURN = r"""
accounts:
  description: The accounts; empty where none matches.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the account.
      type: int
      sample: 12
    name:
      description: The name of the account.
      type: str
      sample: acme
    suspended:
      description: Whether the account is suspended.
      type: bool
      sample: false
    groups:
      description: The groups, each with its C(virtual_machines), as the API nests them.
      returned: when O(overview=true)
      type: list
      elements: dict
      sample:
        - id: 123
          account_id: 12
          name: staging
          virtual_machines: []
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
from ..module_utils._resources.overview import AccountInfo

MODULE = Module(AccountInfo())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
