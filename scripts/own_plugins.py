# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The plugins of this very tree, wherever it lies: imported, and their documentation."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

TREE = Path(__file__).resolve().parent.parent
COLLECTION = "bytemark.cloud."


def import_plugin(name: str) -> Any:
    """Import a part of this tree by its name below ``plugins``."""
    collection = "ansible_collections.bytemark.cloud"
    for package, path in ("ansible_collections", []), ("ansible_collections.bytemark", []), (collection, [str(TREE)]):
        sys.modules.setdefault(package, ModuleType(package)).__path__ = path
    return importlib.import_module(f"{collection}.plugins.{name}")


def module_of(name: str) -> Any:
    return import_plugin(f"modules.{name}").MODULE


def documentation(name: str, kind: str = "modules") -> dict[str, Any]:
    """Return what a module, or a plugin of another kind, documents of itself."""
    return yaml.safe_load(import_plugin(f"{kind}.{name}").DOCUMENTATION)


def documented_options(module: str) -> dict[str, Any]:
    """Return the documentation of a module's options, those of its fragments included."""
    own = documentation(module)
    options = {}
    for fragment in own["extends_documentation_fragment"]:
        name, _point, part = fragment.removeprefix(COLLECTION).partition(".")
        text = getattr(import_plugin(f"doc_fragments.{name}").ModuleDocFragment, (part or "documentation").upper())
        options |= yaml.safe_load(text).get("options", {})
    return options | own.get("options", {})
