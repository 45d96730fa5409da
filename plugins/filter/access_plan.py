# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: access_plan
short_description: The privileges of a team, and privileges that the team does not list
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Checks a team, which is the value of the variable C(bigv_access) of the role P(bytemark.cloud.access#role), and
    returns it as options of M(bytemark.cloud.bigv_user) and M(bytemark.cloud.bigv_privilege).
  - With the existing privileges, it also returns those that the team does not list, and which of them are to be
    revoked.
positional: _input
options:
  _input:
    description: The team.
    type: raw
    required: true
  name:
    description: The name of the team in messages.
    type: str
    default: bigv_access
  accounts:
    description:
      - RV(bytemark.cloud.bigv_account_info#module:accounts) of the team's accounts, with
        O(bytemark.cloud.bigv_account_info#module:overview=true).
    type: list
    elements: dict
  privileges:
    description: All visible privileges, as M(bytemark.cloud.bigv_privilege_info) lists them.
    type: list
    elements: dict
  own:
    description: The user whose credentials are used, as M(bytemark.cloud.bigv_user) returns it.
    type: dict
  prune:
    description: Whether to revoke privileges that are not listed.
    type: bool
    default: false
  max_deletions:
    description: How many privileges may be revoked at once, as a number or a percentage of those in the team's places.
    type: str
    default: 10%
seealso:
  - module: bytemark.cloud.bigv_privilege
  - module: bytemark.cloud.bigv_user
"""

EXAMPLES = r"""
- name: Check the description of a team before anything is done
  ansible.builtin.assert:
    that: plan.problem == ""
    fail_msg: "{{ plan.problem }}"
  vars:
    plan: "{{ bigv_access | bytemark.cloud.access_plan }}"
"""

RETURN = r"""
_value:
  description:
    - C(problem), one line that reports what is wrong, or why nothing may be revoked. Empty if nothing is wrong;
      otherwise the other values are empty.
    - C(accounts), the names of the team's accounts; C(people), options of M(bytemark.cloud.bigv_user) for each person
      with keys; C(grants), options of M(bytemark.cloud.bigv_privilege).
    - C(unlisted), the privileges that are not listed, each with C(description), C(user), C(level), C(place),
      C(api_key_id), C(revoked), whether it is to be revoked, C(kept), why it cannot be revoked, and C(line), which
      summarizes the rest.
    - C(revocations), options of M(bytemark.cloud.bigv_privilege) for each that is revoked.
  type: dict
"""

import os

from ..module_utils._core.environment import from_environment
from ..module_utils._resources.names import NAME_VARIABLES
from ..plugin_utils._access import access_plan
from ..plugin_utils._in_controller import plain


def plan(team, name="bigv_access", accounts=None, privileges=(), own=None, prune=False, max_deletions="10%"):
    defaults = {
        "account": from_environment("account", os.environ),
        "group": from_environment("group", os.environ, NAME_VARIABLES),
    }
    limit = str(max_deletions) if prune and accounts is not None else None
    return access_plan(plain(team), name, defaults, plain(accounts), plain(privileges), plain(own), limit)


class FilterModule:
    def filters(self):
        return {"access_plan": plan}
