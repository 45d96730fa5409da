# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Answers over HTTP, read whole, within bounds of time and size. Private to bytemark.cloud."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from http.client import HTTPResponse
from io import BufferedReader, BytesIO, RawIOBase
from typing import Any

from .decoding import TOO_LONG, decoded, too_large

# What is longer is no session id; of a refusal only so much is read.
MAX_TEXT = 1 << 16


class Bounds(threading.local):
    """The bounds of this thread's request: when the answer has to be whole, and how many bytes it may have, decoded.

    ``was_sent`` notes that the request may have reached the server.
    """

    end = 0.0
    largest = 0
    was_sent = False


bounds = Bounds()


class Response:
    """An answer, read whole."""

    def __init__(self, status_code: int, headers: Any, content: bytes) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = content

    @property
    def text(self) -> str:
        """Return the body as text, in the encoding that the answer names, or else UTF-8."""
        try:
            return self.content.decode(self._charset or "utf-8", "replace")
        except (LookupError, ValueError):  # No such encoding.
            return self.content.decode("utf-8", "replace")

    @property
    def _charset(self) -> str:
        named = (self.headers.get("Content-Type") or "").lower().partition("charset=")[2]
        return named.partition(";")[0].strip("'\" ")

    def json(self, **options: Any) -> Any:
        """Return what the body is in JSON."""
        return json.loads(self.text if self._charset else self.content, **options)


def read_body(pieces: Iterable[bytes], encodings: str, status: int) -> bytes:
    """Return a body whole and decoded. It fails where it is too large; that of a refusal ends there."""
    is_refusal = not 200 <= status < 300
    largest = MAX_TEXT if is_refusal else bounds.largest
    body = BytesIO()
    for piece in decoded(pieces, encodings, bounds.largest):
        body.write(piece)
        if body.tell() > largest:
            if is_refusal:
                break
            raise too_large(largest)
    return body.getvalue()


class NotingConnection:
    """A connection that notes when a request is about to be sent, which is not before it is connected."""

    def endheaders(self: Any, *arguments: Any, **options: Any) -> None:
        """Connect, and send the head of a request."""
        if self.sock is None:
            self.connect()
        bounds.was_sent = True
        super().endheaders(*arguments, **options)  # type: ignore[misc]


class BoundedResponse(HTTPResponse):
    """An answer that is given up when it is not whole in time, however steadily its bytes drip in, or is too large."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fp = BufferedReader(_BoundedStream(self.fp.detach(), bounds.end, bounds.largest))

    def begin(self) -> None:
        """Read the headers, and forget the lines that are none: urllib3 would write them to the log."""
        super().begin()
        self.msg.set_payload("")
        self.msg.defects.clear()


class _BoundedStream(RawIOBase):
    """Another stream, up to a moment and a number of bytes: what surrounds a body may be endless, too."""

    def __init__(self, stream: RawIOBase, end: float, largest: int) -> None:
        self._stream = stream
        self._end = end
        self._largest = self._left = largest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._end:
            raise OSError(TOO_LONG)
        read = self._stream.readinto(buffer)
        self._left -= read or 0
        # What surrounds the body of an answer that is just not too large does not make it so.
        if self._left < -MAX_TEXT:
            raise too_large(self._largest)
        return read

    def close(self) -> None:
        self._stream.close()
        super().close()
