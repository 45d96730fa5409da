# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

from __future__ import annotations

from ..plugin_utils._in_controller import InControllerAction


class ActionModule(InControllerAction):
    """Runs bigv_definitions_info in the controller's own process, if possible."""
