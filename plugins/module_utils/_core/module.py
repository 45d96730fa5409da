# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Modules as AnsibleModule runs them: options, the client, exits and failures. Private to bytemark.cloud."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from ansible.module_utils.basic import AnsibleModule, _load_params
from ansible.module_utils.common.parameters import set_fallbacks

from . import zip_imports  # noqa: F401  # pylint: disable=unused-import  # Before what it speeds up.
from .arguments import (
    TRIPS,
    has_misplaced,
    read_texts,
    secret_names,
    secrets_in,
    shown_options,
)
from .client import API_URL, AUTH_URL, Client
from .environment import (
    cleaned,
    fallback,
    from_environment,
    given,
)
from .errors import BigvError, Interrupted
from .kind import Kind
from .names import check_number
from .progress import Progress, Redacted
from .redaction import STARS
from .secrets import without_secrets

UNFIT = "The options are not valid; compare them with the module's documentation."


def _shared(option: str, kind: str = "str", **spec: Any) -> dict[str, Any]:
    return {"type": kind, "fallback": (fallback, [option]), **spec}


SHARED_OPTIONS: dict[str, Any] = {
    "api_url": _shared("api_url", default=API_URL),
    "auth_url": _shared("auth_url", default=AUTH_URL),
    "token": _shared("token", no_log=True),
    "username": _shared("username"),
    "password": _shared("password", no_log=True),
    "yubikey": _shared("yubikey", no_log=True),
    "account": {"type": "str"},
    "api_timeout": _shared("api_timeout", "int", default=30),
    "api_retries": _shared("api_retries", "int", default=5),
    "validate_certs": _shared("validate_certs", "bool", default=True),
    "ca_path": _shared("ca_path", "path"),
    "protect": {"type": "list", "elements": "str"},
    "run_in_controller": _shared("run_in_controller", "bool", default=True),
}

CLIENT_OPTIONS = tuple(option for option in SHARED_OPTIONS if option not in ("account", "protect", "run_in_controller"))
# What must not be in a URL: what stands before the host, and after the path.
URL_CREDENTIALS = re.compile(r"(?:.*?//)?(.+)@|[?#](.+)")


def name_defaults(variables: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    """Return the names that the environment gives. They are defaults that a dotted name overrides, not options."""
    names = {name: from_environment(name, os.environ, variables) for name in variables}
    return {
        "default_account": from_environment("account", os.environ),
        **{f"default_{name}": value for name, value in names.items()},
    }


def connect(params: dict[str, Any], make_client: Callable[..., Client] = Client) -> Client:
    """Return a client made from the shared options."""
    for option, least in (("api_timeout", 1), ("api_retries", 0)):
        check_number(option, params[option], least)
    return make_client(
        **{option: cleaned(option, params[option]) for option in CLIENT_OPTIONS},
        concurrency=max(params.get("concurrency", 1), 1),
    )


class Module:
    """A module: what it manages or reads, with the options that all modules share."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    @property
    def argument_spec(self) -> dict[str, Any]:
        """Return the argument spec, shared options included."""
        return {**SHARED_OPTIONS, **self.kind.options}

    @cached_property
    def path_options(self) -> set[str]:
        """Return the names of the options that are paths."""
        return {name for name, spec in self.argument_spec.items() if spec.get("type") == "path"}

    @cached_property
    def _secret_names(self) -> set[str]:
        return secret_names(self.argument_spec)

    def given(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a task without omitted ones, and with the credentials from the environment."""
        return given(arguments, (*SHARED_OPTIONS, *self.kind.may_be_blank), os.environ)

    def secrets(self, params: dict[str, Any]) -> set[str]:
        """Return the secrets in the options."""
        return secrets_in(params, self._secret_names) | url_credentials(params)

    def shown(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the options as a result shows them."""
        return shown_options(params, self._secret_names)

    def refusal(self, arguments: dict[str, Any], message: str = "") -> str:
        """Return the one line about arguments that ansible-core refuses, with this message if it got as far."""
        from .argument_errors import misfit  # Only for refusals.

        arguments = {**arguments}
        set_fallbacks(self.argument_spec, arguments)
        for secret in secrets_in([arguments, read_texts(arguments, self.argument_spec)], self._secret_names):
            message = message.replace(secret, STARS)
        return misfit(arguments, self.argument_spec) or message or UNFIT

    def main(self) -> None:
        """Run as an ordinary module: validate the options, run, exit with the result or the one error."""
        module = _OrdinaryModule(self)
        with interruptible():
            result = self.run(module.params, module.check_mode, connect, assumes_missing=module.check_mode)
        result["invocation"] = {"module_args": self.shown(module.params)}
        result = without_secrets(result, self.secrets(module.params))
        # Before 2.22, ansible-core would look for them again, in what has just taken their place.
        module.no_log_values.clear()
        for warning in result.pop("warnings", ()):
            module.warn(warning)
        if result.get("failed"):
            module.fail_json(**result)
        module.exit_json(**result)

    def run(
        self,
        params: dict[str, Any],
        check_mode: bool,
        make_client: Callable[[dict[str, Any]], Client],
        progress: Callable[[str], None] | None = None,
        assumes_missing: bool = False,
    ) -> dict[str, Any]:
        """Return the result, or the failure. ``progress`` is told what is going on.

        Where it ``assumes_missing``, what a resource is to be in may be what an earlier task is about to create.
        """
        try:
            client = make_client(self.kind.prepare(params))
        except BigvError as error:
            return {"failed": True, **error.result()}
        client.missing = [] if assumes_missing else None
        client.add_known_secrets(*secrets_in(params, self._secret_names))
        client.progress = Redacted(progress, client.redact) if progress else Progress()
        try:
            named = {**params, **name_defaults(self.kind.name_variables)}
            result = self.kind.run(client, named, check_mode)
            if client.missing:
                result["warnings"] = [*client.missing, *result.get("warnings", ())]
        except BigvError as error:
            result = {"failed": True, **error.result()}
        return _redacted(self.kind, client, result)


def _redacted(kind: Kind, client: Client, result: dict[str, Any]) -> dict[str, Any]:
    """Return the result without what the client knows to be secret, but for what the task asks to be told."""
    shown: dict[str, Any] = client.redact(result)
    for whole, part in zip(kind.disclosing_parts(result), kind.disclosing_parts(shown), strict=True):
        part.update({key: whole[key] for key in kind.disclosed if key in whole})
    return shown


class _OrdinaryModule(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule that neither shows the options that it refuses nor logs those that it accepts."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._is_valid = False
        self._arguments: dict[str, Any] = {}
        with contextlib.suppress(*TRIPS):
            super().__init__(argument_spec=module.argument_spec, supports_check_mode=True, **module.kind.constraints)
            self._is_valid = not has_misplaced(self._read, module.argument_spec)
        if not self._is_valid:
            self.fail_json("")

    def fail_json(self, msg: str, **result: Any) -> None:
        """Exit with a failure. Before the options are valid, any part of them may be, or hold, a secret."""
        if not self._is_valid:
            msg, result = self._module.refusal(self._arguments, msg), {"invocation": {"module_args": {}}}
            self.no_log_values.clear()
        super().fail_json(msg=msg, **result)

    def _load_params(self) -> None:
        """Take the arguments as they are meant: ansible-core would cut the text of a list at its commas."""
        arguments = self._module.given(_load_params())
        self._arguments = {name: value for name, value in arguments.items() if not name.startswith("_ansible_")}
        self._read = read_texts(arguments, self._module.argument_spec)
        self.params = dict(self._read)

    def log(self, msg: str, log_args: Any = None) -> None:
        """Write to the system's log. In a text of all options a secret is not spelled as it is hidden."""
        super().log("Invoked" if log_args else msg)


def url_credentials(params: dict[str, Any]) -> set[str]:
    """Return what must not be shown of URLs that hold credentials, which are refused."""
    found = (part for option in ("api_url", "auth_url") for part in URL_CREDENTIALS.findall(params[option]))
    return {text for texts in found for text in texts if text}


class CaughtSignals(list[int]):
    """The signals that came, and what was done about such signals before."""

    def __init__(self, handlers: Mapping[int, Any]) -> None:
        super().__init__()
        self._handlers = handlers

    def release(self) -> None:
        """Have signals do what they did before."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def settle(self) -> None:
        """Have signals do what they did before or, if one came, nothing, until what it ended has been said."""
        if not self:
            self.release()
            return
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def interruptible() -> Iterator[CaughtSignals]:
    """Have SIGTERM and SIGINT end what goes on within the block as a failure does.

    So what a step has for that case is still sent, and the result says how far it came. The value is the list of the
    signals that came: after one, more are ignored, as ansible-core sends several. Only the main thread can do this; in
    any other nothing changes.
    """
    numbers = (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ()
    came = CaughtSignals({number: signal.getsignal(number) for number in numbers})

    def interrupt(number: int, frame: Any) -> None:
        came.append(number)
        if len(came) == 1:
            raise Interrupted(
                f"Interrupted by {signal.Signals(number).name}. Nothing more was done; run the task again to continue."
            )

    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield came
    finally:
        came.settle()
