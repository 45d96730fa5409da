# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The shared options: what of them is given, and what the environment says where they are not.

Private to bytemark.cloud.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleFallbackNotFound

# The variables of each option, of which the first that says something counts. Those that do not begin with BIGV_ are
# the provider's, or what users of its tools have set.
VARIABLES: dict[str, tuple[str, ...]] = {
    "api_url": ("BIGV_API_URL", "BM_ENDPOINT"),
    "auth_url": ("BIGV_AUTH_URL", "BM_AUTH_ENDPOINT"),
    "token": ("BIGV_TOKEN", "BYTEMARK_AUTH_TOKEN", "BYTEMARK_TOKEN"),
    "username": ("BIGV_USERNAME", "BM_USER", "BIGV_USER"),
    "password": ("BIGV_PASSWORD",),
    "yubikey": ("BIGV_YUBIKEY",),
    "account": ("BIGV_ACCOUNT", "BM_ACCOUNT"),
    "api_timeout": ("BIGV_API_TIMEOUT",),
    "api_retries": ("BIGV_API_RETRIES",),
    "validate_certs": ("BIGV_VALIDATE_CERTS",),
    "ca_path": ("BIGV_CA_PATH",),
    "run_in_controller": ("BIGV_RUN_IN_CONTROLLER",),
}
# Where the provider's own command-line client keeps its token.
CLIENT_FOLDER = ("BM_CONFIG_DIR", "~/.bytemark")


def cleaned(option: str, value: Any) -> Any:
    """Return the value of a shared option as it is meant, or None if it is blank.

    Text loses the blanks around it. A password may begin or end in blanks, but not in a line break, which what it is
    read from often adds.

    >>> cleaned("token", " apikey.1 \\n"), cleaned("password", " geheim \\n"), cleaned("account", "")
    ('apikey.1', ' geheim ', None)
    """
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    return value.rstrip("\r\n") if option == "password" else value.strip()


def from_environment(
    option: str, environment: Mapping[str, str], variables: Mapping[str, Sequence[str]] | None = None
) -> str | None:
    """Return what the environment says of an option, or None. A variable that is blank is not set."""
    values = (cleaned(option, environment.get(variable)) for variable in (variables or VARIABLES)[option])
    return next((value for value in values if value is not None), None)


def fallback(option: str) -> str:
    """Return what the environment says of an option. The ``fallback`` of an argument spec calls it."""
    value = from_environment(option, os.environ)
    if value is None:
        raise AnsibleFallbackNotFound
    return value


def given(arguments: Mapping[str, Any], shared: Iterable[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments with what the ``shared`` options among them say, and without those that say nothing.

    The token of the provider's client is added where neither they nor the environment hold credentials.
    """
    meant = {option: cleaned(option, arguments[option]) for option in shared if option in arguments}
    if meant.get("account", "") is None and arguments["account"] is not None:
        # It is looked for elsewhere, but it does not stand for all accounts.
        meant["account"] = ""
    kept = {name: value for name, value in arguments.items() if name not in meant}
    kept.update((option, value) for option, value in meant.items() if value is not None)
    return with_client_token(kept, environment)


def with_client_token(options: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the options with the token of the provider's client, if there is one and they hold no credentials."""

    def has(*names: str) -> bool:
        return all(options.get(name) or from_environment(name, environment) for name in names)

    if has("token") or has("username", "password"):
        return dict(options)
    token = _client_token(environment)
    return {**options, "token": token} if token else dict(options)


def _client_token(environment: Mapping[str, str]) -> str | None:
    variable, usual = CLIENT_FOLDER
    folder = cleaned(variable, environment.get(variable)) or usual
    try:
        file = Path(folder).expanduser() / "token"
        return cleaned("token", file.read_text("utf-8")) if file.is_file() else None
    except (OSError, ValueError, RuntimeError):
        # Missing, unreadable, or no text; or there is no home to look in.
        return None
