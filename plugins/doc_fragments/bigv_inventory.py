# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

from __future__ import annotations

from importlib.util import find_spec


class ModuleDocFragment:
    # The options and environment variables of the fragment bigv. Of several variables that are set, ansible-core takes
    # the last one listed.
    DOCUMENTATION = r"""
requirements:
  - requests >= 2.25 (on the controller)
options:
  api_url:
    description:
      - The address of the API.
      - Credentials are sent over plain C(http) to a loopback address only.
    type: str
    default: https://uk0.bigv.io
    env:
      - name: BM_ENDPOINT
      - name: BIGV_API_URL
  auth_url:
    description:
      - The address of the authentication service, which is asked only when there is no O(token).
    type: str
    default: https://auth.bytemark.co.uk
    env:
      - name: BM_AUTH_ENDPOINT
      - name: BIGV_AUTH_URL
  token:
    description:
      - An API key (it begins C(apikey.)) or the id of a session.
      - May be a template, such as a lookup, as may all the options that say where the API is and who asks.
    type: str
    secret: true
    env:
      - name: BYTEMARK_TOKEN
      - name: BYTEMARK_AUTH_TOKEN
      - name: BIGV_TOKEN
  username:
    description:
      - The user to log in as, where there is no O(token).
    type: str
    env:
      - name: BIGV_USER
      - name: BM_USER
      - name: BIGV_USERNAME
  password:
    description:
      - The password to log in with, where there is no O(token).
    type: str
    secret: true
    env:
      - name: BIGV_PASSWORD
  yubikey:
    description:
      - The one-time password to log in with, for users who have a YubiKey.
    type: str
    secret: true
    env:
      - name: BIGV_YUBIKEY
  api_timeout:
    description:
      - How long to wait for the answer to one request, in seconds.
    type: int
    default: 30
    env:
      - name: BIGV_API_TIMEOUT
  api_retries:
    description:
      - How often a request is repeated after the first try, with a growing pause. V(0) means never.
    type: int
    default: 5
    env:
      - name: BIGV_API_RETRIES
  validate_certs:
    description:
      - Whether the server's certificate has to verify. What is neither true nor false is an error.
    type: bool
    default: true
    env:
      - name: BIGV_VALIDATE_CERTS
  ca_path:
    description:
      - A file or a folder with the certificates of the authorities to trust, instead of those that
        the Python library C(certifi) brings. The system's authorities are not asked.
    type: path
    env:
      - name: BIGV_CA_PATH
seealso:
  - ref: ansible_collections.bytemark.cloud.docsite.guide_authentication
    description: Where credentials come from.
  - ref: ansible_collections.bytemark.cloud.docsite.guide_troubleshooting
    description: What the errors mean, and what to do.
  - name: Bytemark Cloud API
    description: The provider's documentation.
    link: https://docs.bytemark.co.uk/
"""
    # ansible-core before 2.22 masks no output, and takes the key for a mistake.
    if not find_spec("ansible.module_utils.secrets"):
        DOCUMENTATION = DOCUMENTATION.replace("    secret: true\n", "")
