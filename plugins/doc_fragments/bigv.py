# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - requests >= 2.25 (where the module runs)
options:
  api_url:
    description:
      - The address of the API.
      - If omitted, the environment variables E(BIGV_API_URL) and E(BM_ENDPOINT) are used.
      - Over plain C(http), credentials are sent only to a loopback address.
    type: str
    default: https://uk0.bigv.io
  auth_url:
    description:
      - The address of the authentication service, which is used only if there is no O(token).
      - If omitted, the environment variables E(BIGV_AUTH_URL) and E(BM_AUTH_ENDPOINT) are used.
    type: str
    default: https://auth.bytemark.co.uk
  token:
    description:
      - An API key (it starts with C(apikey.)) or a session id.
      - If omitted, the environment variables E(BIGV_TOKEN), E(BYTEMARK_AUTH_TOKEN) and E(BYTEMARK_TOKEN) are used.
      - If there are no credentials at all, neither a token nor a user name and a password, the token that the
        provider's own command-line client stores is used. It is in the file C(token) of the folder E(BM_CONFIG_DIR), or
        else C(~/.bytemark), on the host where the task runs.
    type: str
  username:
    description:
      - The user to log in as, if there is no O(token).
      - If omitted, the environment variables E(BIGV_USERNAME), E(BM_USER) and E(BIGV_USER) are used.
    type: str
  password:
    description:
      - The password to log in with, if there is no O(token).
      - Leading and trailing blanks are part of the password. Trailing line breaks are not.
      - If omitted, the environment variable E(BIGV_PASSWORD) is used.
    type: str
  yubikey:
    description:
      - The one-time password to log in with, for users who have a YubiKey.
      - If omitted, the environment variable E(BIGV_YUBIKEY) is used.
    type: str
  account:
    description:
      - The name or the id of the account.
      - If neither this option nor a dotted name sets it, the environment variables E(BIGV_ACCOUNT) and E(BM_ACCOUNT)
        are used. If none of them sets it, a blank option is an error, because it does not stand for all accounts.
    type: str
  api_timeout:
    description:
      - The timeout for the answer to one request, in seconds.
      - If omitted, the environment variable E(BIGV_API_TIMEOUT) is used.
    type: int
    default: 30
  api_retries:
    description:
      - How many times a request is retried after the first attempt, with exponential backoff. V(0) means never.
      - If omitted, the environment variable E(BIGV_API_RETRIES) is used.
    type: int
    default: 5
  validate_certs:
    description:
      - Whether to verify the server's certificate.
      - If omitted, the environment variable E(BIGV_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - A file or a folder with the certificates of the authorities to trust, instead of those that the Python library
        C(certifi) includes. The system's authorities are not used.
      - If omitted, the environment variable E(BIGV_CA_PATH) is used.
    type: path
  protect:
    description:
      - Name patterns of VMs and groups that no task may destroy. If a pattern matches, anything that would delete,
        purge, reimage or replace a VM, remove a disc or an address from it, or delete a group is refused before
        anything is sent, in check mode, too.
      - A pattern is matched like a file name in the shell (C(*), C(?), C([abc])), ignoring case, against the dotted
        name C(vm.group.account) and its beginnings C(vm) and C(vm.group); for a group, against C(group.account) and
        C(group).
      - The patterns of the environment variable E(BIGV_PROTECT), separated by commas, are added to the patterns of this
        option. Neither can override the other.
    type: list
    elements: str
  run_in_controller:
    description:
      - Whether a task that runs on the controller anyway, over a local connection, runs in Ansible's own process, which
        makes loops many times faster. The result is the same.
      - Only there does a run with C(--check) know what its earlier tasks would have done. A task that runs as an
        ordinary module is checked by itself, so a missing parent, such as the group of a new VM, causes a warning
        instead of a failure.
      - A task still runs as an ordinary module if it has C(become) or C(async), if C(ansible_python_interpreter) is a
        different Python from Ansible's own, or if that Python has no C(requests).
      - If omitted, the environment variable E(BIGV_RUN_IN_CONTROLLER) is used.
    type: bool
    default: true
notes:
  - If one of the options above is blank, for example because a template uses a variable that is not set, or null, it
    counts as omitted. A blank environment variable counts as not set. Blanks around text are not part of it.
  - A number in place of a name is tried as a name first. If nothing has that name, and an id is allowed, the number is
    used as the id of something in the specified group and account. A number that is the name of one thing and the id of
    another is refused. Finding this out takes one or two more requests, for numbers only.
  - A value that YAML does not read as text, such as V(no) or V(1.10), is refused where text is required, and a number
    is refused as a password, because its leading zeros are already lost. Put such values in quotes. A whole number is
    accepted as a name.
  - Text that is a list in JSON, as it comes from the command line, is read as the list.
seealso:
  - ref: ansible_collections.bytemark.cloud.docsite.guide_authentication
    description: Where credentials come from.
  - ref: ansible_collections.bytemark.cloud.docsite.guide_troubleshooting
    description: What the errors mean and what to do about them.
  - name: Bytemark Cloud API
    description: The provider's documentation.
    link: https://docs.bytemark.co.uk/
"""

    ATTRIBUTES = r"""
attributes:
  action_group:
    description: The shared options can be set once for all modules with C(module_defaults).
    support: full
    membership:
      - bytemark.cloud.bigv
  platform:
    description: Where the module runs.
    support: full
    platforms: posix
"""

    REACH = r"""
options:
  user:
    description:
      - List only what the privileges of this user reach. Specify the name or the id of the user. This is independent of
        the credentials that are used, such as O(username).
      - Only what the user reaches is requested from the API. The other options then select from the answer, as far as
        it contains what they need.
      - A user that does not exist, or that these credentials cannot see, is an error, unless the user reaches
        something. This takes one more request only if nothing is reached.
    type: str
  privilege:
    description:
      - List only what the privilege with this id reaches. With O(user), list what both reach, which takes one more
        request.
      - A privilege that does not exist is an error, in the same way as for O(user).
    type: int
"""

    WRITES = r"""
attributes:
  check_mode:
    description: Reports what would change, and sends no request that changes anything.
    support: full
  diff_mode:
    description: Shows the difference that a change makes.
    support: full
"""

    READS = r"""
attributes:
  check_mode:
    description: Works in the same way in check mode, because it only reads.
    support: full
  diff_mode:
    description: Changes nothing, so there is no difference to show.
    support: N/A
"""
