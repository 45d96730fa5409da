# SPDX-License-Identifier: BSD-2-Clause
# Copyright: (c) 2026, the bytemark.cloud contributors

"""What the modules share with AnsibleModule: options, the client, exits and failures. Private to bytemark.cloud."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible_collections.bytemark.cloud.plugins.module_utils._client import API_URL, AUTH_URL, Client
from ansible_collections.bytemark.cloud.plugins.module_utils._errors import BigvError, Interrupted
from ansible_collections.bytemark.cloud.plugins.module_utils._names import check_number

Story = Callable[..., dict[str, Any]]
# What ansible-core's validation of options trips over, and what to say then.
TRIPS = (TypeError, OverflowError, ValueError)
UNFIT = "An option that takes a dictionary, or a list of them, was given something else, or a number has no end."


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
    "protect": {"type": "list", "elements": "str"},
    "run_in_controller": {"type": "bool", "default": True, "fallback": _environment("BIGV_RUN_IN_CONTROLLER")},
}

CLIENT_OPTIONS = tuple(option for option in SHARED_OPTIONS if option not in ("account", "protect", "run_in_controller"))
URL_CREDENTIALS = re.compile(r"//(.+)@")
ACCOUNT_VARIABLES = ("BIGV_ACCOUNT", "BM_ACCOUNT")


def default_account() -> str | None:
    """The account of the environment. It is a default that a dotted name overrides, not an explicit option."""
    return next((os.environ[name] for name in ACCOUNT_VARIABLES if os.environ.get(name)), None)


def connect(params: dict[str, Any]) -> Client:
    """A client from the shared options."""
    for option, least in (("api_timeout", 1), ("api_retries", 0)):
        check_number(option, params[option], least)
    return Client(
        **{option: params[option] for option in CLIENT_OPTIONS}, concurrency=max(params.get("concurrency", 1), 1)
    )


@dataclass(frozen=True)
class Module:
    """What makes up a module: its story, its own options, and what has to hold between options.

    The story takes the client, the options and whether this is check mode; and, if it ``says`` what is going on,
    someone to ``say`` it to.
    """

    story: Story
    options: dict[str, Any]
    constraints: dict[str, Any] = field(default_factory=dict)
    says: bool = False

    @property
    def argument_spec(self) -> dict[str, Any]:
        return {**SHARED_OPTIONS, **self.options}

    def main(self) -> None:
        """Run as an ordinary module: validate the options, tell the story, exit with the result or the one error."""
        try:
            module = AnsibleModule(argument_spec=self.argument_spec, supports_check_mode=True, **self.constraints)
        except TRIPS:
            anything = {
                option: {"type": "raw", "no_log": spec.get("no_log", False)}
                for option, spec in self.argument_spec.items()
            }
            module = AnsibleModule(argument_spec=anything, supports_check_mode=True)
            module.fail_json(msg=UNFIT, invocation={"module_args": {}})
        module.no_log_values.update(url_credentials(module.params))
        with interruptible():
            result = self.tell(module.params, module.check_mode, connect)
        result["invocation"] = {"module_args": shown_options(module.params)}
        for warning in result.pop("warnings", ()):
            module.warn(warning)
        if result.get("failed"):
            module.fail_json(**result)
        module.exit_json(**result)

    def tell(
        self,
        params: dict[str, Any],
        check_mode: bool,
        client: Callable[[dict[str, Any]], Client],
        say: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        """The result of the story, or the failure."""
        listener = {"say": say} if say and self.says else {}
        try:
            return self.story(client(params), {**params, "default_account": default_account()}, check_mode, **listener)
        except BigvError as error:
            return {"failed": True, **error.result()}


def shown_options(params: dict[str, Any]) -> dict[str, Any]:
    """The options as a result shows them: all of the module's, and of each entry in them those that were given."""
    return {option: _given(value) for option, value in params.items()}


def _given(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _given(entry) for key, entry in value.items() if entry is not None}
    return [_given(entry) for entry in value] if isinstance(value, list) else value


def url_credentials(params: dict[str, Any]) -> set[str]:
    """What must not be shown of URLs that hold credentials, which are refused."""
    return {found for option in ("api_url", "auth_url") for found in URL_CREDENTIALS.findall(params[option])}


@contextlib.contextmanager
def interruptible() -> Iterator[list[int]]:
    """Within the block SIGTERM and SIGINT end what is going on as a failure does.

    So what a step has for that case is still sent, and the result says how far it came. Answers with the signals that
    came. Only the main thread can do this; in any other nothing changes.
    """
    came: list[int] = []

    def interrupt(number: int, frame: Any) -> None:
        came.append(number)
        if len(came) == 1:
            raise Interrupted(
                f"Interrupted by {signal.Signals(number).name}. Nothing more was done; run the task again to go on "
                "from there."
            )

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    handlers = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield came
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
