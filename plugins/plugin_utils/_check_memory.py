# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors

"""What a check run remembers of what its tasks would have done, and a client that reads accordingly.

Private to bytemark.cloud. All of a run's processes share one file in the folder that ansible-core makes for the run and
removes when it ends. Each line is a prediction of one task.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import IO, Any

from ..module_utils._core.attributes import Schema
from ..module_utils._core.client import Client
from ..module_utils._core.definitions import read_definitions
from ..module_utils._core.errors import BigvError
from ..module_utils._core.plan import Prediction, Resource
from ..module_utils._resources.account import ACCOUNT
from ._predicted_reads import PredictedReads, Query
from ._predicted_state import PredictedState

# What objects are called is no secret, also where it reads like one.
NAMES = ("name", "label", "hostname")


class CheckMemory:
    """The predictions of a check run, in a file that its processes share."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._read = 0
        self._states: dict[str, PredictedState] = {}

    def state(self, api_url: str) -> PredictedState:
        """Return what the tasks so far, of whichever process, would have made of an API's objects."""
        if os.path.exists(self._path) and os.path.getsize(self._path) > self._read:
            with self._locked("rb", fcntl.LOCK_SH) as file:
                file.seek(self._read)
                for line in file:
                    url, prediction = json.loads(line)
                    self._states.setdefault(url, PredictedState()).apply(Prediction(*prediction))
                self._read = file.tell()
        return self._states.setdefault(api_url, PredictedState())

    def add(self, api_url: str, predictions: Iterable[Prediction]) -> None:
        """Remember what a task would do."""
        lines = "".join(f"{json.dumps([api_url, prediction])}\n" for prediction in predictions)
        with self._locked("ab", fcntl.LOCK_EX) as file:
            file.write(lines.encode())

    @contextmanager
    def _locked(self, mode: str, lock: int) -> Iterator[IO[bytes]]:
        """Open the file, which only its owner may read. It is unlocked when it is closed, after its last byte."""
        try:
            with open(self._path, mode, opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                fcntl.flock(file, lock)
                yield file
        except OSError as error:
            raise BigvError(
                f"The memory of this check run cannot be stored in {self._path}: {error.strerror}. To check each task "
                "by itself, set BIGV_CHECK_MEMORY=false."
            ) from None


# One for each process, which then reads only what others have added.
check_memory = cache(CheckMemory)


class CheckRunClient(Client):
    """A client whose reads show what the earlier tasks of a check run would have done."""

    def __init__(self, memory: CheckMemory, *, api_url: str, **options: Any) -> None:
        super().__init__(api_url=api_url, **options)
        self._memory = memory

    def remember(self, predictions: Iterable[Prediction]) -> None:
        """Keep what a task would do for the reads of later tasks, but no secret."""
        self._memory.add(
            self._api_url,
            (
                prediction._replace(
                    before=_with_names(prediction.before, self.redact(prediction.before)),
                    after=_with_names(prediction.after, self.redact(prediction.after)),
                )
                for prediction in predictions
            ),
        )

    def get(self, path: str, what: str, schema: Schema, *, within: float | None = None, **query: str) -> Resource:
        """Return the object at a path, as it would be."""
        state = self._memory.state(self._api_url)
        if not state:
            return super().get(path, what, schema, within=within, **query)
        return PredictedReads(state, _Api(self, what, schema, within)).get(path, query)

    def get_list(self, path: str, what: str, schema: Schema, **query: str) -> list[Resource]:
        """Return the objects of a list, as it would be."""
        state = self._memory.state(self._api_url)
        if not state:
            return super().get_list(path, what, schema, **query)
        return PredictedReads(state, _Api(self, what, schema)).get_list(path, query)

    @cached_property
    def definitions(self) -> dict[str, Any]:
        """Return what the API lists as possible."""
        return read_definitions(self)


class _Api:
    """The API as it is, asked for what messages call ``what``."""

    def __init__(self, client: CheckRunClient, what: str, schema: Schema, within: float | None = None) -> None:
        self._client = client
        self._what = what
        self._schema = schema
        self._within = within

    def get(self, path: str, query: Query) -> Resource:
        return Client.get(self._client, path, self._what, self._schema, within=self._within, **query)

    def get_list(self, path: str, query: Query) -> list[Resource]:
        return Client.get_list(self._client, path, self._what, self._schema, **query)

    def account_id(self, name: str) -> Any:
        return Client.get(self._client, f"/accounts/{name}", f"account {name}", ACCOUNT)["id"]

    def definition(self, name: str) -> list[Any]:
        values = self._client.definitions.get(name)
        return values if isinstance(values, list) else []


def _with_names(found: Any, redacted: Any) -> Any:
    """Return a redacted value with the names of the objects in it as they are."""
    if isinstance(found, dict) and isinstance(redacted, dict):
        names = {key: found[key] for key in NAMES if key in found}
        return {key: _with_names(found.get(key), value) for key, value in redacted.items()} | names
    if isinstance(found, list) and isinstance(redacted, list):
        return [_with_names(*pair) for pair in zip(found, redacted, strict=True)]
    return redacted
