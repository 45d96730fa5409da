#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: bigv_api_key
short_description: Manage the API keys of Bytemark Cloud users
version_added: 1.0.0
author:
  - The bytemark.cloud contributors (@bytemark)
description:
  - Creates and deletes API keys in Bytemark Cloud (once called BigV), sets what they may do, and renews them before
    they expire. It manages the keys of the user whose credentials the task uses.
  - The API shows the key itself only once, in the answer to its creation. It is then returned as RV(token). The result
    that contains it is censored wherever it is printed, logged, or passed to callbacks, like the result of
    M(bytemark.cloud.bigv_session).
  - A run that finds the desired state sends one GET request for the list, and one for each name in O(privileges).
notes:
  - The module cannot be run with C(async), which would write the result to a file.
extends_documentation_fragment:
  - bytemark.cloud.bigv
  - bytemark.cloud.bigv.attributes
  - bytemark.cloud.bigv.writes
options:
  user:
    description:
      - The name or the id of the user. Only the keys of the user whose credentials the task uses can be read, so
        another user is an error.
    type: str
  label:
    description:
      - The label of the key. Several keys may have the same label.
      - One of O(label) and O(id) is required.
    type: str
  id:
    description:
      - The id of an existing key, instead of O(label).
    type: int
  expires_at:
    description:
      - When a key that this task creates expires, in ISO 8601. It is not compared with an existing key.
    type: str
  valid_for:
    description:
      - How long a key that this task creates is valid, as a duration such as V(24h), V(90d) or V(12w), instead of
        O(expires_at). A number without a unit is in seconds. Without either, the key never expires.
    type: str
  renew_before:
    description:
      - How long before the expiry of a key a new one is created, as a duration. The key with the O(label) that expires
        last is the one that counts.
      - The new key gets O(privileges), or the privileges of that key if the option is omitted. Older keys are left to
        expire, unless O(exclusive=true).
    type: str
  privileges:
    description:
      - The exact privileges of the key. Other privileges are revoked. An empty list revokes all of them.
    type: list
    elements: dict
    suboptions:
      level:
        description: The level, as in M(bytemark.cloud.bigv_privilege).
        type: str
        choices: [vm_console, vm_admin, group_admin]
        required: true
      vm:
        description: The VM that the privilege applies to, if the level is V(vm_console) or V(vm_admin).
        type: str
      group:
        description:
          - The group that the privilege applies to, if the level is V(group_admin). With a VM, the group that it is in.
        type: str
      account:
        description: The account that the VM or the group is in.
        type: str
  exclusive:
    description:
      - Whether to delete the other keys with the O(label), after the new key has its privileges.
      - If no new key is created, and the task may be authenticated by a key that would be deleted, this is refused,
        unless O(token_file) contains a working key or O(force) is V(true).
    type: bool
    default: false
  token_file:
    description:
      - A file to write a new key to, with mode C(0600), on the host where the task runs. It contains the key and a line
        break.
      - Until the key is in it, the file C(<token_file>.pending) marks it as unfinished, so that a task that is killed
        in between leaves no key that nobody has. The next run deletes that key and creates another one.
    type: path
  state:
    description:
      - V(present) ensures that there is a key that has not expired.
      - V(absent) deletes all keys with the O(label), or the key with the O(id).
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Whether to delete keys even if one of them authenticates the task itself, or may do so.
    type: bool
    default: false
seealso:
  - module: bytemark.cloud.bigv_api_key_info
  - module: bytemark.cloud.bigv_privilege
  - ref: ansible_collections.bytemark.cloud.docsite.guide_access
    description: Privileges and API keys, step by step.
"""

EXAMPLES = r"""
- name: Create a key for CI that may do anything in one group and nothing elsewhere
  bytemark.cloud.bigv_api_key:
    label: ci
    valid_for: 90d
    privileges:
      - level: group_admin
        group: ci.acme
    token_file: /etc/ci/bigv_token

- name: Renew the key two weeks before it expires and delete the old one
  bytemark.cloud.bigv_api_key:
    label: ci
    valid_for: 90d
    renew_before: 14d
    exclusive: true
    token_file: /etc/ci/bigv_token

- name: Delete the key
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
    - The API key as the API describes it. In check mode, the API key as it would be, with V(none) for
      values that only the server can choose.
    - V(none) if the API key is absent.
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
      description: The label of the key. Several keys may have the same label.
      type: str
      sample: ci
    expires_at:
      description: When the key expires, in ISO 8601; V(none) for never.
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
  description: What was sent, or would be sent in check mode, one line for each write.
  returned: always
  type: list
  elements: str
  sample:
    - create API key ci
error:
  description: The answer of the API, if it refused a request.
  returned: failure
  type: dict
  contains:
    status:
      description: The HTTP status, if there was an answer.
      returned: failure
      type: int
      sample: 403
    problems:
      description: The messages of the API for each attribute; C(base) stands for no particular attribute.
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
