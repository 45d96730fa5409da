#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_api_key
short_description: Manage the API keys of Bytemark Cloud users
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Creates and deletes API keys of the user whose credentials these are in Bytemark Cloud (once called BigV), says
    what they may do, and renews them before they expire.
  - The key itself is in the answer to its creation only. It is returned as RV(token) then, once. The result that holds
    it is censored wherever it is printed, logged, or passed to callbacks, as that of M(bytemark.cloud.bigv_session) is.
  - A run that finds everything as desired costs one GET for the list, and one for each name in O(privileges).
notes:
  - Cannot be run with C(async), which would write the result to a file.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
options:
  user:
    description:
      - The name or the id of the user. Only one's own keys can be read, so another user is an error.
    type: str
  label:
    description:
      - The label of the key. Several keys may have the same.
      - One of O(label) and O(id) is required.
    type: str
  id:
    description:
      - The id of a key that is there, instead of O(label).
    type: int
  expires_at:
    description:
      - When a key that is created now expires, in ISO 8601. It is not compared later on.
    type: str
  valid_for:
    description:
      - For how long a key that is created now is valid, as a duration such as V(24h), V(90d) or V(12w), instead of
        O(expires_at). Without either it never expires.
    type: str
  renew_before:
    description:
      - How long before it expires a key is followed by a new one, as a duration. What counts is the key of the
        O(label) that expires last.
      - The new key gets O(privileges) or, where the task gives none, those of the key that it follows. Older keys are
        left to expire, unless O(exclusive=true).
    type: str
  privileges:
    description:
      - What the key may do, exactly. Others are revoked. An empty list means nothing at all.
    type: list
    elements: dict
    suboptions:
      level:
        description: What is allowed, as in M(bytemark.cloud.bigv_privilege).
        type: str
        choices: [vm_console, vm_admin, group_admin]
        required: true
      vm:
        description: The VM that it is for, where the level is V(vm_console) or V(vm_admin).
        type: str
      group:
        description: The group that it is for, where the level is V(group_admin); with a VM, the group that it is in.
        type: str
      account:
        description: The account that the VM or the group is in.
        type: str
  exclusive:
    description:
      - Whether the other keys of the O(label) are deleted, after the new one has its privileges.
      - Where no new key is made, and the task may itself run on one that would be deleted, it is refused, unless
        O(token_file) holds a key that works, or O(force) is V(true).
    type: bool
    default: false
  token_file:
    description:
      - A file that a new key is written to, with mode C(0600), where the task runs. It holds the key and a line break.
      - Until the key is in it, the file C(<token_file>.pending) says so, so that a task that is killed on the way
        leaves no key that nobody has. The next run deletes that one and makes another.
    type: path
  state:
    description:
      - V(present) makes sure that there is a key that has not expired.
      - V(absent) deletes all keys of the O(label), or the one of the O(id).
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Deletes keys also where the task itself runs, or may run, on one of them.
    type: bool
    default: false
seealso:
  - module: bytemark.cloud.bigv_api_key_info
  - module: bytemark.cloud.bigv_privilege
  - ref: ansible_collections.bytemark.cloud.docsite.guide_access
    description: Who may do what, and keys for CI.
"""

EXAMPLES = r"""
- name: A key for CI, which may do anything in one group and nothing elsewhere
  bytemark.cloud.bigv_api_key:
    label: ci
    valid_for: 90d
    privileges:
      - level: group_admin
        group: ci.acme
    token_file: /etc/ci/bigv_token

- name: Renew it two weeks before it expires, and delete the old one
  bytemark.cloud.bigv_api_key:
    label: ci
    valid_for: 90d
    renew_before: 14d
    exclusive: true
    token_file: /etc/ci/bigv_token

- name: Delete it
  bytemark.cloud.bigv_api_key:
    label: ci
    state: absent
"""

RETURN = r"""
token:
  description: The key itself, for the O(token) of other tasks.
  returned: when a key was created, and not in check mode
  type: str
  sample: apikey.0123456789abcdef0123456789abcdef
# BEGIN GENERATED by scripts/generate.py
api_key:
  description:
    - The API key as the API describes it. In check mode the API key as it would be, where what only the
      server can choose is V(none).
    - V(none) where the API key is absent.
  returned: success
  type: dict
  contains:
    id:
      description: The id of the key.
      type: int
      sample: 12
    user_id:
      description: The id of the user whose key it is.
      type: int
      sample: 7
    label:
      description: The label of the key. Several keys may have the same.
      type: str
      sample: ci
    expires_at:
      description: When the key ends to be valid, in ISO 8601; V(none) for never.
      type: str
      sample: '2027-02-24T12:00:00Z'
    privileges:
      description: What the key may do.
      type: list
      elements: dict
      sample:
        - id: 31
          level: group_admin
          group_id: 123
          api_key_id: 12
actions:
  description: What was sent, or would be in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample:
    - create API key ci
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
      sample:
        base:
          - You do not have permission
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
# END GENERATED
"""

from ..module_utils._core.module import Module
from ..module_utils._resources.api_key.kind import ApiKeyKind

MODULE = Module(ApiKeyKind())


def main():
    MODULE.main()


if __name__ == "__main__":
    main()
