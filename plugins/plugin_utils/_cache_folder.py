# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""Where an inventory is cached, if that is in files. Private to bytemark.cloud."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ansible.config.manager import resolve_path
from ansible.inventory.manager import IGNORED
from ansible.plugins.cache import BaseFileCacheModule
from ansible.plugins.loader import cache_loader

from ..module_utils._core.errors import BigvError

OPTION = "cache_connection"


def is_in_files(cache_plugin: str) -> bool:
    """Return whether the cache plugin takes a folder for ``cache_connection``."""
    if not cache_loader.has_plugin(cache_plugin):
        raise BigvError(f"cache_plugin: there is no cache plugin {cache_plugin!r}")
    plugin = cache_loader.get(cache_plugin, class_only=True)
    # Since ansible-core 2.19 it has a wrapper.
    return issubclass(getattr(plugin, "__wrapped__", plugin), BaseFileCacheModule)


def cache_folder(connection: str | None, config_file: str | None, sources: Iterable[str]) -> str:
    """Return the folder, which is neither where the command happens to run nor where Ansible looks for sources."""
    if not connection:
        raise BigvError(f"{OPTION}: is required; specify the folder for the cache")
    if not (config_file or os.path.isabs(os.path.expanduser(os.path.expandvars(connection)))):
        raise BigvError(
            f"{OPTION}: {connection!r} is relative, but there is no ansible.cfg for it to be relative to; specify an "
            "absolute path"
        )
    folder: str = resolve_path(connection, config_file)
    for source in filter(os.path.isdir, sources):
        if _is_read_with(folder, source):
            raise BigvError(
                f"{OPTION}: {folder} is in the folder of inventories {source}, so Ansible would treat it as a source; "
                "specify a folder elsewhere, or one whose name starts with a dot"
            )
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise BigvError(f"{OPTION}: {folder} cannot be created: {error.strerror}") from None
    return folder


def _is_read_with(folder: str, source: str) -> bool:
    """Return whether Ansible reads a folder as a part of a source that is a folder."""
    folder, source = os.path.realpath(folder), os.path.realpath(source)
    if os.path.commonpath([folder, source]) != source:
        return False
    below = os.path.relpath(folder, source)
    return below == os.curdir or not any(IGNORED.search(os.fsencode(part)) for part in below.split(os.sep))
