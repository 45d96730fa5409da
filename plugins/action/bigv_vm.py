# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, the bytemark.cloud contributors

"""The action plugin of every ``bigv_*`` module: the other names in this folder are links to this file."""

from __future__ import annotations

from ansible_collections.bytemark.cloud.plugins.plugin_utils._in_controller import InControllerAction


class ActionModule(InControllerAction):
    """The task's module, in the controller's own process if possible."""
