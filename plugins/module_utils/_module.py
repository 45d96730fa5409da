# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""What the modules share with AnsibleModule: options, the client, exits and failures. Private to bytemark.cloud."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible_collections.bytemark.cloud.plugins.module_utils._client import API_URL, AUTH_URL, Client
from ansible_collections.bytemark.cloud.plugins.module_utils._errors import BigvError

Story = Callable[[Client, dict[str, Any], bool], dict[str, Any]]


def _environment(*names: str) -> tuple[Any, list[str]]:
    return env_fallback, list(names)


SHARED_OPTIONS: dict[str, Any] = {
    "api_url": {"type": "str", "default": API_URL, "fallback": _environment("BIGV_API_URL", "BM_ENDPOINT")},
    "auth_url": {
        "type": "str",
        "default": AUTH_URL,
        "fallback": _environment("BIGV_AUTH_URL", "BM_AUTH_ENDPOINT"),
    },
    "token": {
        "type": "str",
        "no_log": True,
        "fallback": _environment("BIGV_TOKEN", "BYTEMARK_AUTH_TOKEN"),
    },
    "username": {"type": "str", "fallback": _environment("BIGV_USERNAME", "BM_USER")},
    "password": {"type": "str", "no_log": True, "fallback": _environment("BIGV_PASSWORD")},
    "yubikey": {"type": "str", "no_log": True, "fallback": _environment("BIGV_YUBIKEY")},
    "account": {"type": "str"},
    "api_timeout": {"type": "int", "default": 30, "fallback": _environment("BIGV_API_TIMEOUT")},
    "api_retries": {"type": "int", "default": 5, "fallback": _environment("BIGV_API_RETRIES")},
    "validate_certs": {"type": "bool", "default": True, "fallback": _environment("BIGV_VALIDATE_CERTS")},
    "ca_path": {"type": "path", "fallback": _environment("BIGV_CA_PATH")},
}

URL_CREDENTIALS = re.compile(r"//([^/]+)@")
ACCOUNT_VARIABLES = ("BIGV_ACCOUNT", "BM_ACCOUNT")


def default_account() -> str | None:
    """The account of the environment. It is a default that a dotted name overrides, not an explicit option."""
    return next((os.environ[name] for name in ACCOUNT_VARIABLES if os.environ.get(name)), None)


def connect(params: dict[str, Any]) -> Client:
    """A client from the shared options."""
    for option, least in (("api_timeout", 1), ("api_retries", 0)):
        if params[option] < least:
            raise BigvError(f"{option}: {params[option]} is too small; it is at least {least}")
    return Client(
        api_url=params["api_url"],
        auth_url=params["auth_url"],
        token=params["token"],
        username=params["username"],
        password=params["password"],
        yubikey=params["yubikey"],
        api_timeout=params["api_timeout"],
        api_retries=params["api_retries"],
        validate_certs=params["validate_certs"],
        ca_path=params["ca_path"],
    )


def _interrupted(number: int, frame: Any) -> None:
    """End as any failure does: what a step has for that case is still sent, and the result says how far it came."""
    raise BigvError(
        f"Interrupted by {signal.Signals(number).name}. Nothing more was done; run the task again to go on from there."
    )


def run(story: Story, argument_spec: dict[str, Any], **module_arguments: Any) -> None:
    """Run a module: validate its options, tell its story, exit with the result or the one error."""
    module = AnsibleModule(
        argument_spec={**SHARED_OPTIONS, **argument_spec}, supports_check_mode=True, **module_arguments
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupted)
    for option in ("api_url", "auth_url"):
        module.no_log_values.update(URL_CREDENTIALS.findall(module.params[option]))
    try:
        result = story(
            connect(module.params), {**module.params, "default_account": default_account()}, module.check_mode
        )
    except BigvError as error:
        module.fail_json(**error.result())
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)
