# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: mermaid
short_description: A fleet, or the plan of one, as a Mermaid diagram
version_added: 1.1.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Draws the account, the groups in it, their VMs and the discs of these. What becomes of each by a plan is
    said in a word and with a class of Mermaid (C(create), C(change), C(wipe), C(replace), C(delete)).
  - Names are escaped, so that none is taken for markup. Long ones are cut. Something of the same name has the same id
    in each diagram.
positional: _input
options:
  _input:
    description:
      - A fleet, which is the options of M(bytemark.cloud.bigv_fleet), or a plan, which is what it saved with
        O(bytemark.cloud.bigv_fleet#module:save_plan).
      - Of a fleet, what is listed as V(absent) is drawn as deleted.
    type: dict
    required: true
  max_vms:
    description:
      - How many VMs are drawn at most, those first that are deleted, replaced or wiped, and then those that are changed
        otherwise. A group that has more says how many. It is the limit for groups of which no VM is drawn, too.
    type: int
    default: 30
seealso:
  - module: bytemark.cloud.bigv_fleet
  - plugin: bytemark.cloud.fleet_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Draw a fleet
  ansible.builtin.copy:
    content: "{{ bigv_fleet | bytemark.cloud.mermaid }}"
    dest: fleet.mmd
    mode: "0644"

- name: Draw what a plan would do
  ansible.builtin.copy:
    content: "{{ lookup('ansible.builtin.file', 'fleet.plan.json') | from_json | bytemark.cloud.mermaid(max_vms=20) }}"
    dest: plan.mmd
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The diagram, which is a flowchart from left to right.
  type: str
"""

from ansible.errors import AnsibleFilterError

from ..plugin_utils._mermaid import MAX_VMS, mermaid


def diagram(value, max_vms=MAX_VMS):
    try:
        return mermaid(value, int(max_vms))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise AnsibleFilterError(
            "mermaid: specify the options of bigv_fleet, or a plan that it saved, as a dictionary, and max_vms as a "
            "number"
        ) from None


class FilterModule:
    def filters(self):
        return {"mermaid": diagram}
