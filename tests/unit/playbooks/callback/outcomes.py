# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A callback that writes down the outcome of each task of the collection, one line of JSON for each host and item."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: outcomes
type: notification
short_description: Writes down outcomes
description: One line for each outcome, appended to the file that OUTCOMES_PATH names.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "outcomes"

    def _write(self, outcome: Any) -> None:
        result = dict(outcome._result)
        if "results" in result or not outcome._task.action.startswith("bytemark.cloud."):
            return
        who = [outcome._host.name, outcome._task.get_name(), str(result.get("item"))]
        with open(os.environ["OUTCOMES_PATH"], "a", encoding="utf-8") as file:
            file.write(json.dumps([who, result], default=AnsibleJSONEncoder().default) + "\n")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write(result)

    v2_runner_on_ok = v2_runner_item_on_ok = v2_runner_item_on_failed = _write
