# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Each file of a module's payload compiled once. Private to bytemark.cloud.

An ordinary module's code is imported from a zip file, and Python's importer compiles each file in it twice: the first
time only to tell the name of the file. This importer tells the name without that.
"""

from __future__ import annotations

import os
import sys
from zipimport import zipimporter


class ZipImporter(zipimporter):
    """Imports from a zip file, and compiles each file in it once."""

    def get_filename(self, fullname: str) -> str:
        """Return the path of a module's file."""
        path = os.path.join(self.archive, self.prefix, fullname.rpartition(".")[2])
        return os.path.join(path, "__init__.py") if self.is_package(fullname) else f"{path}.py"


# Not in the controller, nor in tests.
if __spec__ and isinstance(__spec__.loader, zipimporter):
    sys.path_hooks.insert(0, ZipImporter)
    sys.path_importer_cache.pop(os.path.dirname(__file__), None)
