# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - requests >= 2.25 (where the module runs)
options:
  api_url:
    description:
      - The address of the API.
      - The environment variables E(BIGV_API_URL) and E(BM_ENDPOINT) are used where the option is not given.
      - Credentials are sent over plain C(http) to a loopback address only.
    type: str
    default: https://uk0.bigv.io
  auth_url:
    description:
      - The address of the authentication service, which is asked only when there is no O(token).
      - The environment variables E(BIGV_AUTH_URL) and E(BM_AUTH_ENDPOINT) are used where the option is not given.
    type: str
    default: https://auth.bytemark.co.uk
  token:
    description:
      - An API key (it begins C(apikey.)) or the id of a session.
      - The environment variables E(BIGV_TOKEN), E(BYTEMARK_AUTH_TOKEN) and E(BYTEMARK_TOKEN) are used where the option
        is not given.
      - Where there are no credentials at all, neither a token nor a user name and a password, the token that the
        provider's own command-line client keeps is used. It is in the file C(token) of the folder E(BM_CONFIG_DIR), or
        else C(~/.bytemark), where the task runs.
    type: str
  username:
    description:
      - The user to log in as, where there is no O(token).
      - The environment variables E(BIGV_USERNAME), E(BM_USER) and E(BIGV_USER) are used where the option is not given.
    type: str
  password:
    description:
      - The password to log in with, where there is no O(token).
      - The blanks around it are part of it. Line breaks at its end are not.
      - The environment variable E(BIGV_PASSWORD) is used where the option is not given.
    type: str
  yubikey:
    description:
      - The one-time password to log in with, for users who have a YubiKey.
      - The environment variable E(BIGV_YUBIKEY) is used where the option is not given.
    type: str
  account:
    description:
      - The name or the id of the account.
      - The environment variables E(BIGV_ACCOUNT) and E(BM_ACCOUNT) are used where neither this option nor a dotted
        name says it. Where nothing says it, an option that is blank is an error, as it does not stand for all accounts.
    type: str
  api_timeout:
    description:
      - How long to wait for the answer to one request, in seconds.
      - The environment variable E(BIGV_API_TIMEOUT) is used where the option is not given.
    type: int
    default: 30
  api_retries:
    description:
      - How often a request is repeated after the first try, with a growing pause. V(0) means never.
      - The environment variable E(BIGV_API_RETRIES) is used where the option is not given.
    type: int
    default: 5
  validate_certs:
    description:
      - Whether the server's certificate has to verify.
      - The environment variable E(BIGV_VALIDATE_CERTS) is used where the option is not given.
    type: bool
    default: true
  ca_path:
    description:
      - A file or a folder with the certificates of the authorities to trust, instead of those that
        the Python library C(certifi) brings. The system's authorities are not asked.
      - The environment variable E(BIGV_CA_PATH) is used where the option is not given.
    type: path
  protect:
    description:
      - Name patterns of the VMs and groups that no task may destroy. Whatever would delete, purge, reimage or replace a
        VM, take a disc or an address away from it, or delete a group, and matches a pattern, is refused before anything
        is sent, in check mode too.
      - A pattern is matched as the shell matches file names (C(*), C(?), C([abc])), without regard to case, against the
        dotted name C(vm.group.account) and its beginnings C(vm) and C(vm.group); for a group against C(group.account)
        and C(group).
      - The patterns of the environment variable E(BIGV_PROTECT), separated by commas, are added to those of this
        option. Neither can lift the other.
    type: list
    elements: str
  run_in_controller:
    description:
      - Whether a task that runs on the controller anyway, over a local connection, runs in Ansible's own process, which
        makes loops many times faster. The result is the same.
      - Only there does a run with C(--check) know what its earlier tasks would have done. As an ordinary module a task
        is checked by itself, so what its resource is to be in, and is not there yet, is a warning and no failure.
      - A task runs as an ordinary module all the same if it has C(become) or C(async), if C(ansible_python_interpreter)
        is another Python than Ansible's own, or if that one has no C(requests).
      - The environment variable E(BIGV_RUN_IN_CONTROLLER) is used where the option is not given.
    type: bool
    default: true
    version_added: 1.0.0
notes:
  - An option of those above that is blank, as a template of a variable that is not set gives it, or null, is not given,
    and a variable of the environment that is blank is not set. The blanks around text are not part of it.
  - A number in place of a name is taken for a name first. Where there is none of that name, and an id is allowed, it is
    taken for the id of something in the group and the account given beside it. A number that is the name of one thing
    and the id of another is refused. To find out costs one or two requests more, for numbers only.
  - What YAML reads as something else than text, such as V(no) or V(1.10), is refused where text is meant, and a number
    is refused as a password, because its leading zeros are gone by then. Put it in quotes. A whole number is taken as a
    name.
  - The text of a list in JSON, as it comes from the command line, is read as the list.
seealso:
  - ref: ansible_collections.bytemark.cloud.docsite.guide_authentication
    description: Where credentials come from.
  - ref: ansible_collections.bytemark.cloud.docsite.guide_troubleshooting
    description: What the errors mean, and what to do.
  - name: Bytemark Cloud API
    description: The provider's documentation.
    link: https://docs.bytemark.co.uk/
"""

    ATTRIBUTES = r"""
attributes:
  action_group:
    description: The shared options can be set once for all modules, with C(module_defaults).
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
      - List only what the privileges of this user reach; the name of the user, or the id. Whose credentials are used is
        another matter, as of O(username).
      - The API is asked for what the user reaches, and nothing else. What else the options ask for is picked from that,
        as long as the answer tells.
      - One that is not there is an error, and so is one whom these credentials cannot see, unless the user reaches
        something. That costs a request more only where nothing is reached.
    type: str
  privilege:
    description:
      - List only what the privilege of this id reaches. With O(user), what both reach, which costs a request more.
      - One that is not there is an error, as of O(user).
    type: int
"""

    WRITES = r"""
attributes:
  check_mode:
    description: Says what would change, and sends nothing that changes anything.
    support: full
  diff_mode:
    description: Shows the difference that a change makes.
    support: full
"""

    READS = r"""
attributes:
  check_mode:
    description: Does the same in check mode, as it only reads.
    support: full
  diff_mode:
    description: Changes nothing, so that there is no difference to show.
    support: N/A
"""
