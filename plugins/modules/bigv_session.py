#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_session
short_description: Log in to the Bytemark Cloud once for many tasks
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Logs in with O(username), O(password) and O(yubikey), and returns a session for the O(token) of the other modules.
  - A one-time password is good for one login. Without this module each task logs in anew.
  - The result is censored wherever it is printed, logged, or passed to callbacks, as if the task said C(no_log=true).
    Only the registered variable holds the token. The result of a failure holds no secret, and is shown.
  - A session ends five minutes after it was last used.
notes:
  - A task that prints the registered variable, such as one with M(ansible.builtin.debug), shows the token. Since
    ansible-core 2.22 it shows C($REDACTED$) in its place.
  - Always logs in, also where there is a O(token) already, as C(module_defaults) may have set one.
  - Cannot be run with C(async), which would write the result to a file.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
attributes:
  check_mode:
    description: Logs in all the same, as the tasks that read need the session.
    support: full
  diff_mode:
    description: Changes nothing, so that there is no difference to show.
    support: N/A
"""

EXAMPLES = r"""
- name: Manage servers with a one-time password
  hosts: localhost
  connection: local
  gather_facts: false
  vars_prompt:
    - name: password
      prompt: Password
    - name: otp
      prompt: One-time password
      private: false
  module_defaults:
    group/bytemark.cloud.bigv:
      account: acme
      token: "{{ session.token | default(omit) }}"
  tasks:
    - name: Log in
      bytemark.cloud.bigv_session:
        username: admin
        password: "{{ password }}"
        yubikey: "{{ otp }}"
      register: session

    - name: A group
      bytemark.cloud.bigv_group:
        name: staging

    - name: A server in it
      bytemark.cloud.bigv_vm:
        name: web1.staging
        memory: 1GiB
"""

RETURN = r"""
token:
  description: The id of the session.
  returned: success
  type: str
  sample: 01234567-89ab-cdef-0123-456789abcdef
username:
  description: Who is logged in.
  returned: success
  type: str
  sample: admin
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
      sample: {}
    method:
      description: The method of the request that failed.
      returned: failure
      type: str
      sample: POST
    url:
      description: The URL of the request that failed.
      returned: failure
      type: str
      sample: https://auth.bytemark.co.uk/session
"""

from ..module_utils._core.module import Module
from ..module_utils._resources.session import SessionKind

MODULE = Module(SessionKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
