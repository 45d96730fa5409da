# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""Running a module in the controller's own process. Private to bytemark.cloud.

What an ordinary module does around its story is done here too, with ansible-core's own validation of options. The story
is the very same code.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ValidationResult
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.action import ActionBase

from ..module_utils._core.arguments import has_misplaced, read_texts
from ..module_utils._core.client import Client
from ..module_utils._core.environment import cleaned, from_environment
from ..module_utils._core.module import (
    CLIENT_OPTIONS,
    CaughtSignals,
    Module,
    connect,
    interruptible,
)
from ..module_utils._core.progress import Progress
from ..module_utils._core.secrets import without_secrets
from ._background import INTERRUPTIONS, start_in_background
from ._progress import STDERR, progress_of
from ._validation import validated_by

COLLECTION = "bytemark.cloud"
MEMORY_VARIABLE, MEMORY_FILE = "BIGV_CHECK_MEMORY", "bytemark_cloud_check_memory.jsonl"
# A module that is interrupted ends within so many seconds, or is not waited for.
MAX_END = 8.0
MAX_ACTIONS_SHOWN = 10
PARENT_INTERVAL = 0.3
_clients: dict[tuple[Any, ...], Client] = {}

# Ansible loads this before it forks. What is there by now stays, so it is not searched for garbage over and over again
# while the many values of a fleet come and go.
gc.freeze()


def load(name: str) -> Module:
    """Import the module of that name."""
    module = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")
    return module.MODULE


def plain(value: Any) -> Any:
    """Return a value as a process of its own would get it, without ansible-core's marks."""
    return json.loads(json.dumps(value, default=AnsibleJSONEncoder(vault_to_text=True).default))


def run(
    name: str,
    args: Mapping[str, Any],
    environment: Mapping[str, str],
    check_mode: bool,
    progress: Callable[[str], None],
    shows_invocation: bool,
    memory_path: str | None = None,
    assumes_missing: bool = False,
) -> dict[str, Any]:
    """Return the module's result, as from a process of its own. ``progress`` is told what is going on.

    ``memory_path`` is the file in which a check run keeps what it predicts. One that has none ``assumes_missing`` that
    what is not there may be what an earlier task is about to create.
    """
    module = load(name)
    signals = CaughtSignals({})
    with _environment(environment):
        given = module.given(plain(args))
        arguments = read_texts(given, module.argument_spec)
        validated = validated_by(module.argument_spec, arguments, module.kind.constraints)
        if validated is None or validated.error_messages or has_misplaced(arguments, module.argument_spec):
            message = _message(name, validated) if validated and validated.error_messages else ""
            result = {"failed": True, "msg": module.refusal(given, message)}
            shown, secrets = {}, set()
        else:
            params = validated.validated_parameters
            make_client = partial(_client, memory_path=memory_path)
            with interruptible() as signals:
                result = module.run(params, check_mode, make_client, progress, assumes_missing)
            if memory_path:
                from ._predicted_state import without_placeholders  # Only here: most runs are no check runs.

                result = without_placeholders(result)
            shown, secrets = module.shown(params), module.secrets(params)
    if shows_invocation:
        result["invocation"] = {"module_args": shown}
    result = without_secrets(result, secrets)
    interrupted(name, signals, result)
    return result


def _message(name: str, validated: ValidationResult) -> str:
    """Return ansible-core's message about the arguments, in the form of an ordinary module."""
    message = str(validated.errors.msg)
    if isinstance(validated.errors[0], UnsupportedError):
        message = f"Unsupported parameters for ({COLLECTION}.{name}) module: {message}"
    return message


def _client(params: dict[str, Any], memory_path: str | None) -> Client:
    """Return a client, the same for all items of a loop: they share its connection, until one is stopped."""
    key = (*(params[option] for option in CLIENT_OPTIONS), params.get("concurrency"), memory_path)
    if key not in _clients or _clients[key].stopping.is_set():
        _clients[key] = connect(params, _client_type(memory_path))
    return _clients[key]


def _client_type(memory_path: str | None) -> Callable[..., Client]:
    if memory_path is None:
        return Client
    from ._check_memory import CheckRunClient, check_memory  # Only here: most runs are no check runs.

    return partial(CheckRunClient, check_memory(memory_path))


@contextlib.contextmanager
def _environment(environment: Mapping[str, str]) -> Iterator[None]:
    """Apply the task's environment for as long as the module runs."""
    before = dict(os.environ)
    os.environ.update({name: str(value) for name, value in environment.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@lru_cache
def end_with_parent(process: int) -> None:
    """Have this process told to end when its parent, at the first call, has gone.

    Before ansible-core 2.19, a parent that is told to end leaves its workers at work; and whichever is killed does.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_INTERVAL)
        os.kill(process, signal.SIGTERM)

    start_in_background(threading.Thread(target=watch))


@contextlib.contextmanager
def passing_signals_on(name: str) -> Iterator[CaughtSignals]:
    """Within the block the first SIGTERM or SIGINT goes to the module, whose end is awaited for a while.

    Answers with the signals that came. Since ansible-core 2.19 a worker has a process group of its own, to which it
    passes on what comes; before that, what comes from a terminal has come to the module, too. After SIGINT ansible-core
    sends its workers SIGTERM, more than once.
    """
    came = CaughtSignals({number: signal.getsignal(number) for number in INTERRUPTIONS})

    def give_up(number: int) -> None:
        report_interruption(name, number, {})
        os._exit(128 + number)

    def pass_on(number: int, frame: Any) -> None:
        came.append(number)
        if len(came) > 1:
            return
        if os.getpgrp() == os.getpid():
            signal.signal(number, signal.SIG_IGN)
            os.killpg(os.getpgrp(), number)
            signal.signal(number, pass_on)
        start_in_background(threading.Timer(MAX_END, give_up, (number,)))

    for number in INTERRUPTIONS:
        signal.signal(number, pass_on)
    try:
        yield came
    finally:
        came.settle()


def interrupted(name: str, signals: CaughtSignals, result: Mapping[str, Any]) -> None:
    """If signals were received, report what was done, and end as they require."""
    if signals:
        report_interruption(name, signals[0], result)
        signals.release()
        os.kill(os.getpid(), signals[0])


def report_interruption(name: str, number: int, result: Mapping[str, Any]) -> None:
    """Report on standard error what was done until the signal."""
    with contextlib.suppress(OSError):
        os.write(STDERR, f"{name}: {interruption(number, result)}\n".encode(errors="replace"))


def interruption(number: int, result: Mapping[str, Any]) -> str:
    """Return the message of a task that was interrupted: what was accepted, and what to do next."""
    signal_name = signal.Signals(number).name
    actions = result.get("actions")
    if actions is None:
        return (
            f"Interrupted by {signal_name}. What it had done is not known here; run the task again: it first checks "
            "what was already done, and continues from there."
        )
    said = result["msg"] if result.get("failed") else f"{signal_name} arrived after the task was done."
    shown = "; ".join(actions[:MAX_ACTIONS_SHOWN]) or "none"
    more = f"; and {len(actions) - MAX_ACTIONS_SHOWN} more" if len(actions) > MAX_ACTIONS_SHOWN else ""
    return f"{said} Accepted writes ({len(actions)}): {shown}{more}."


class InControllerAction(ActionBase):
    """Runs a module in this process where that is the same as a process of its own, and as an ordinary one elsewhere.

    It is the same where the connection is local, without ``become`` and ``async``, and this Python is the one that the
    module would get, or may get.
    """

    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        name = self._task.action.rpartition(".")[2]
        args = self._arguments(name)
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        end_with_parent(os.getpid())
        if self._runs_here(task_vars or {}, environment):
            ran = run(
                name,
                args,
                environment,
                self._task.check_mode,
                self._progress(task_vars or {}),
                _shows_invocation(task_vars or {}),
                *self._check_run(environment),
            )
            return {**result, **ran}
        ran, signals = {}, CaughtSignals({})
        try:
            with passing_signals_on(name) as signals:
                ran = self._execute_module(
                    module_name=f"{COLLECTION}.{name}",
                    module_args=args,
                    task_vars=task_vars,
                    wrap_async=bool(self._task.async_val),
                )
        finally:
            interrupted(name, signals, ran)
        # What some ansible-core lines note of a module's output, and leave in the result.
        ran.pop("ansible_parsed", None)
        return {**result, **ran}

    def _arguments(self, name: str) -> dict[str, Any]:
        """Return the task's arguments. On this machine a relative path begins, both ways, where Ansible was started."""
        args = dict(self._task.args)
        if self._connection.transport == "local":
            for option in load(name).path_options & args.keys():
                value = args[option]
                if isinstance(value, str) and value.strip() and not value.startswith(("~", "$")):
                    args[option] = os.path.abspath(value)
        return args

    def _progress(self, task_vars: dict[str, Any]) -> Progress:
        """Progress goes to standard error, so that callbacks that print JSON stay readable."""
        hosts = task_vars.get("ansible_play_batch") or ()
        return progress_of(self._display, os.environ, task_vars.get("inventory_hostname", ""), len(hosts))

    def _runs_here(self, task_vars: dict[str, Any], environment: Mapping[str, str]) -> bool:
        return (
            self._is_wanted(environment)
            and self._connection.transport == "local"
            and not self._play_context.become
            and not self._task.async_val
            and "PYTHONPATH" not in environment
            and self._is_this_python(task_vars)
            and importlib.util.find_spec("requests") is not None
        )

    def _is_wanted(self, environment: Mapping[str, str]) -> bool:
        option = "run_in_controller"
        wanted = cleaned(option, self._task.args.get(option))
        if wanted is None:
            wanted = from_environment(option, {**os.environ, **environment})
        try:
            return wanted is None or boolean(wanted)
        except TypeError:
            return False  # The ordinary module refuses the value in the usual words.

    def _check_run(self, environment: Mapping[str, str]) -> tuple[str | None, bool]:
        """Return where the check run, if this is one, remembers what it predicts, and whether it does not."""
        if not (self._task.check_mode and context.CLIARGS.get("check")):
            return None, False
        if not _remembers({**os.environ, **environment}):
            return None, True
        return os.path.join(C.DEFAULT_LOCAL_TMP, MEMORY_FILE), False

    def _is_this_python(self, task_vars: dict[str, Any]) -> bool:
        delegated = (task_vars.get("ansible_delegated_vars") or {}).get(self._task.delegate_to)
        interpreter = (delegated or task_vars).get("ansible_python_interpreter")
        if interpreter is None:
            return True
        interpreter = str(self._templar.template(interpreter))
        return interpreter.startswith("auto") or _same_python(interpreter, sys.executable)


def _remembers(environment: Mapping[str, str]) -> bool:
    """Tell whether a check run is to remember what it predicts."""
    value = from_environment("check_memory", environment, {"check_memory": [MEMORY_VARIABLE]})
    try:
        return value is None or boolean(value)
    except TypeError:
        raise AnsibleActionFail(f"{MEMORY_VARIABLE}: {value!r} is not a boolean; set true or false") from None


def _shows_invocation(task_vars: dict[str, Any]) -> bool:
    """Tell whether results hold the options: always before ansible-core 2.21, and since then if configured."""
    setting = "INJECT_INVOCATION"
    return setting not in C.config.get_configuration_definitions() or C.config.get_config_value(
        setting, variables=task_vars
    )


def _same_python(one: str, other: str) -> bool:
    """Whether two paths are the same Python of the same virtual environment, which is known by its folder."""
    return os.path.dirname(one) == os.path.dirname(other) and os.path.realpath(one) == os.path.realpath(other)
