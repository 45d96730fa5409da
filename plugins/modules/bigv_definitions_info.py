#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_definitions_info
short_description: List what Bytemark Cloud has to offer, such as images and zones
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Returns the definitions of Bytemark Cloud (once called BigV), which are the values that some options take, such as
    images, zones, storage grades and hardware profiles.
  - Needs no credentials, and sends none. It costs one GET.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.reads
seealso:
  - module: bytemark.cloud.bigv_vm
"""

EXAMPLES = r"""
- name: Read what there is to choose from
  bytemark.cloud.bigv_definitions_info:
  register: possible

- name: Show the images and the zones
  ansible.builtin.debug:
    msg: "{{ possible.definitions.distributions }} in {{ possible.definitions.zone_names }}"

- name: Create a VM with the newest image of a family
  bytemark.cloud.bigv_vm:
    account: acme
    name: web1
    image: "{{ possible.definitions.distributions | select('match', 'debian') | sort | last }}"
    discs:
      - size: 25GiB
"""

RETURN = r"""
definitions:
  description:
    - The definitions, each by its name. Whatever the API lists is there.
    - These are known - V(distributions), V(distribution_descriptions), V(storage_grades), V(zone_names),
      V(hardware_profiles), V(keymaps) and V(sendkeys).
  returned: success
  type: dict
  sample:
    distributions: [stretch, xenial]
    zone_names: [york, manchester]
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
from ..module_utils._resources.definitions import DefinitionsInfo

MODULE = Module(DefinitionsInfo())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
