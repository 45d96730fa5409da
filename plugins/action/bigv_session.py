# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""The action plugin of ``bigv_session``: as for the other modules, and nothing shows what it returns."""

from __future__ import annotations

from typing import Any

from ..plugin_utils._in_controller import InControllerAction


class ActionModule(InControllerAction):
    """Logs in. A session that was begun is in the registered result, and nowhere else.

    A failure holds no secret, so it is shown.
    """

    # The result of a background job would lie in a file, and come back past this plugin.
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        # Else ansible-core shows the output of a module that runs elsewhere at -vvv.
        self._connection._play_context.no_log = True
        result = super().run(tmp, task_vars)
        if not result.get("failed"):
            result["_ansible_no_log"] = True
            # In a loop, ansible-core before 2.19 goes by the task alone.
            self._task.no_log = True
        return result
