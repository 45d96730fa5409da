# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: misfit
short_description: Check a value against the options of bigv_fleet
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Returns one line that names the first option that is misspelt, misplaced or of the wrong type, and what to specify
    instead. Empty if all options are valid. The line contains no secrets.
  - The roles check their variables with this filter before anything is sent.
positional: _input, name
options:
  _input:
    description: The options of M(bytemark.cloud.bigv_fleet), or with O(option), the value of one of them.
    type: raw
    required: true
  name:
    description: The name of the value in the line, such as the name of its variable.
    type: str
    required: true
  option:
    description: The option of M(bytemark.cloud.bigv_fleet) that the value is for. If omitted, the value is all options.
    type: str
seealso:
  - module: bytemark.cloud.bigv_fleet
"""

EXAMPLES = r"""
- name: Check the description of the VMs before anything is done
  ansible.builtin.assert:
    that: problem == ""
    fail_msg: "{{ problem }}"
  vars:
    problem: "{{ my_vms | bytemark.cloud.misfit('my_vms', option='vms') }}"
"""

RETURN = r"""
_value:
  description: What is wrong, such as C(my_vms[0].memmory) is not an option; did you mean memory?
  type: str
"""

from ..module_utils._core.argument_errors import misfit
from ..modules.bigv_fleet import MODULE
from ..plugin_utils._in_controller import plain


def fleet_misfit(value, name, option=None):
    options = MODULE.argument_spec
    return misfit({name: plain(value)}, {name: options[option] if option else {"type": "dict", "options": options}})


class FilterModule:
    def filters(self):
        return {"misfit": fleet_misfit}
