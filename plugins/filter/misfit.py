# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: misfit
short_description: What of a value does not fit the options of bigv_fleet
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - One line that names the first option that is misspelt, misplaced or of another type, and says what to give; empty if
    all fit. No secret is in it.
  - The roles check their variables with it, before anything is sent.
positional: _input, name
options:
  _input:
    description: The options of M(bytemark.cloud.bigv_fleet), or the value of one of them, as O(option) says.
    type: raw
    required: true
  name:
    description: What the line calls the value, such as the name of the variable that holds it.
    type: str
    required: true
  option:
    description: The option of M(bytemark.cloud.bigv_fleet) that the value is for. Without it, the value is all options.
    type: str
seealso:
  - module: bytemark.cloud.bigv_fleet
"""

EXAMPLES = r"""
- name: See that the VMs are described right before anything is done
  ansible.builtin.assert:
    that: problem == ""
    fail_msg: "{{ problem }}"
  vars:
    problem: "{{ my_vms | bytemark.cloud.misfit('my_vms', option='vms') }}"
"""

RETURN = r"""
_value:
  description: What does not fit, such as C(my_vms[0].memmory) is not an option; did you mean memory?
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
