# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_name
short_description: Check whether a value is a DNS name
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - True for text of up to 253 characters that consists of labels with dots between them. A label has up to 63 letters,
    digits, hyphens and underscores, and does not start with a hyphen.
  - A value that passes can safely be used as a host name in a command, because it cannot be an option, such as
    V(-oProxyCommand=…) of C(ssh).
positional: _input
options:
  _input:
    description: The value.
    type: raw
    required: true
seealso:
  - plugin: bytemark.cloud.ip_address
    plugin_type: test
"""

EXAMPLES = r"""
- name: Check that a name is a DNS name before it is used
  ansible.builtin.assert:
    that: server.vm.hostname is bytemark.cloud.dns_name
"""

RETURN = r"""
_value:
  description: Whether the value is a DNS name.
  type: bool
"""

from ..plugin_utils._addresses import is_dns_name


class TestModule:
    def tests(self):
        return {"dns_name": is_dns_name}
