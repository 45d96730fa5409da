# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

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
      - Over plain C(http), credentials are sent only to a loopback address.
    type: str
    default: https://uk0.bigv.io
    env:
      - name: BM_ENDPOINT
      - name: BIGV_API_URL
  auth_url:
    description:
      - The address of the authentication service, which is used only if there is no O(token).
    type: str
    default: https://auth.bytemark.co.uk
    env:
      - name: BM_AUTH_ENDPOINT
      - name: BIGV_AUTH_URL
  token:
    description:
      - An API key (it starts with C(apikey.)) or a session id.
      - This option, the other credentials, the URLs and O(ca_path) may be templates, such as lookups.
    type: str
    secret: true
    env:
      - name: BYTEMARK_TOKEN
      - name: BYTEMARK_AUTH_TOKEN
      - name: BIGV_TOKEN
  username:
    description:
      - The user to log in as, if there is no O(token).
    type: str
    env:
      - name: BIGV_USER
      - name: BM_USER
      - name: BIGV_USERNAME
  password:
    description:
      - The password to log in with, if there is no O(token).
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
      - The timeout for the answer to one request, in seconds.
    type: int
    default: 30
    env:
      - name: BIGV_API_TIMEOUT
  api_retries:
    description:
      - How many times a request is retried after the first attempt, with exponential backoff. V(0) means never.
    type: int
    default: 5
    env:
      - name: BIGV_API_RETRIES
  validate_certs:
    description:
      - Whether to verify the server's certificate. A value that is neither true nor false is an error.
    type: bool
    default: true
    env:
      - name: BIGV_VALIDATE_CERTS
  ca_path:
    description:
      - A file or a folder with the certificates of the authorities to trust, instead of those that the Python library
        C(certifi) includes. The system's authorities are not used.
    type: path
    env:
      - name: BIGV_CA_PATH
seealso:
  - ref: ansible_collections.bytemark.cloud.docsite.guide_authentication
    description: Where credentials come from.
  - ref: ansible_collections.bytemark.cloud.docsite.guide_troubleshooting
    description: What the errors mean and what to do about them.
  - name: Bytemark Cloud API
    description: The provider's documentation.
    link: https://docs.bytemark.co.uk/
"""
    # ansible-core before 2.22 masks no output, and takes the key for a mistake.
    if not find_spec("ansible.module_utils.secrets"):
        DOCUMENTATION = DOCUMENTATION.replace("    secret: true\n", "")
