# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: mermaid
short_description: Draw a fleet, or its plan, as a Mermaid diagram
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Draws the account, its groups, their VMs and the discs of the VMs. The effect of a plan on each is shown as a word
    and as a Mermaid class (C(create), C(change), C(wipe), C(replace), C(delete)).
  - Names are escaped, so that they cannot act as markup. Long names are truncated. A resource with the same name has
    the same id in every diagram.
positional: _input
options:
  _input:
    description:
      - A fleet, that is, the options of M(bytemark.cloud.bigv_fleet), or a plan that the module saved with
        O(bytemark.cloud.bigv_fleet#module:save_plan).
      - In a fleet, anything that is listed as V(absent) is drawn as deleted.
    type: dict
    required: true
  max_vms:
    description:
      - The maximum number of VMs to draw. VMs that are deleted, replaced or wiped come first, followed by VMs with
        other changes. A group that has more VMs shows how many. The limit also applies to groups without a drawn VM.
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
