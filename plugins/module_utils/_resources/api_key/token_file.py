# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""The file that a new API key is written to, and the note that a killed run leaves beside it.

Private to bytemark.cloud.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable

from ..._core.errors import BigvError


class TokenFile:
    """A file of mode 0600 that holds the secret of a key and nothing else.

    While a key is being made, a note beside it says which keys there were: what has appeared since, a run that was
    killed has made, and its secret may be lost.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._note = f"{path}.pending"

    def check(self) -> None:
        """Refuse a file that could not be written, before a key is made."""
        folder = os.path.dirname(os.path.abspath(self.path))
        if not os.path.isdir(folder):
            raise BigvError(f"token_file: there is no folder {folder}; create it first")
        if os.path.isdir(self.path) or not os.access(folder, os.W_OK | os.X_OK):
            raise BigvError(f"token_file: {self.path} cannot be written; specify another path")

    def known(self) -> set[int] | None:
        """Return the ids of the keys that a run which was killed had found, or None if none was."""
        try:
            with open(self._note, encoding="ascii") as file:
                return {int(key_id) for key_id in json.load(file)}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            raise BigvError(
                f"token_file: {self._note}, which an interrupted run has left behind, cannot be read; look for API "
                "keys that nobody needs, and remove the file"
            ) from None

    def read(self) -> str | None:
        """Return the secret, or None where there is no file that holds one."""
        try:
            with open(self.path, encoding="ascii") as file:
                return file.read().strip() or None
        except (OSError, ValueError):
            return None

    def begin(self, known: Iterable[int]) -> None:
        """Note which keys there are, before one is made."""
        self._write(self._note, json.dumps(sorted(known)))

    def write(self, token: str) -> None:
        """Write the secret."""
        self._write(self.path, f"{token}\n")

    def end(self) -> None:
        """Remove the note."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._note)

    def _write(self, path: str, text: str) -> None:
        """Replace a file as a whole: a reader sees the old one or the new one."""
        folder = os.path.dirname(os.path.abspath(path))
        temporary = ""
        try:
            # Its mode is 0600.
            descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".token")
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise BigvError(f"token_file: {path} cannot be written: {error.strerror}") from None
