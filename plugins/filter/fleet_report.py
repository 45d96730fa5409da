# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_report
short_description: Summarize the plan of a fleet for reports
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Sorts and counts the changes that a task of M(bytemark.cloud.bigv_fleet) would make. Changes that destroy something
    come first.
  - The role P(bytemark.cloud.fleet#role) creates all its reports from this value, so that they have the same numbers.
    The report in JSON is this value itself.
  - Unprintable characters, including line breaks, are replaced by U+FFFD.
positional: _input
options:
  _input:
    description: The result of M(bytemark.cloud.bigv_fleet) in check mode.
    type: dict
    required: true
  plan:
    description:
      - The plan that the task saved with O(bytemark.cloud.bigv_fleet#module:save_plan).
      - If omitted, the report states that there is no plan, with the C(msg) of the result as the reason.
    type: dict
  fail_on_unmanaged:
    description: Whether VMs that are not listed count as drift.
    type: bool
    default: false
seealso:
  - module: bytemark.cloud.bigv_fleet
  - plugin: bytemark.cloud.mermaid
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Refuse a plan that destroys anything
  ansible.builtin.assert:
    that: report.summary.destroyed == 0
    fail_msg: "{{ report.summary.text }}"
  vars:
    plan: "{{ lookup('ansible.builtin.file', 'fleet.plan.json') | from_json }}"
    report: "{{ fleet | bytemark.cloud.fleet_report(plan=plan) }}"
"""

RETURN = r"""
_value:
  description:
    - C(drift), whether anything differs from the desired state; C(error), why there is no plan; C(account),
      C(collection) and C(created_at) of the plan.
    - C(resources), the groups and VMs that would change, starting with those that would lose something, each with
      C(name), C(kind), C(outcome) (V(create), V(replace), V(delete), V(wipe) or V(change)), C(destroys), C(actions) and
      C(writes).
    - C(unchanged) and C(unmanaged), names; C(left_alone), the unmanaged ones that the plan does not delete.
    - C(summary), the numbers C(total), C(changed), C(destroyed), C(unchanged), C(unmanaged) and C(failed), of groups
      and VMs together, and C(text).
  type: dict
"""

from ..plugin_utils._plan_outcomes import fleet_report


class FilterModule:
    def filters(self):
        return {"fleet_report": fleet_report}
