# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""A callback that writes down every result that ansible-core hands to callbacks."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record
type: notification
short_description: Writes down what callbacks are told
description: One line for each event, appended to the file that RECORD_PATH names.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"

    def v2_on_any(self, *args: Any, **kwargs: Any) -> None:
        with open(os.environ["RECORD_PATH"], "a", encoding="utf-8") as record:
            for told in args:
                result = getattr(told, "_result", None)
                if result is not None:
                    record.write(f"{result!r}\n")
