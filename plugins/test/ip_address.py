# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: ip_address
short_description: Check whether a value is an IP address
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - True for the text of an IPv4 or IPv6 address. An address with a zone, such as V(fe80::1%eth0), does not pass,
    because a zone can be any text.
positional: _input
options:
  _input:
    description: The value.
    type: raw
    required: true
seealso:
  - plugin: bytemark.cloud.dns_name
    plugin_type: test
"""

EXAMPLES = r"""
- name: Select the values that are addresses
  ansible.builtin.set_fact:
    addresses: "{{ (server.vm.ipv4 + server.vm.ipv6) | select('bytemark.cloud.ip_address') }}"
"""

RETURN = r"""
_value:
  description: Whether the value is an IP address.
  type: bool
"""

from ..plugin_utils._addresses import is_address


class TestModule:
    def tests(self):
        return {"ip_address": is_address}
