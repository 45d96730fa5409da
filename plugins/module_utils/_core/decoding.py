# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Bodies of answers, decoded piece by piece, so that a small one cannot fill the memory. Private to bytemark.cloud."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

# What is asked for, how it is told from what else there may be, and how many encodings there may be, one in the other.
ENCODINGS = "gzip, deflate"
GZIP, ZLIB, DEFLATE = 31, 15, -15
MAX_ENCODINGS = 2
# How many bytes are read, and decoded, at a time.
PIECE = 1 << 16
UNDECODABLE = "the answer cannot be decoded"
TOO_LONG = "the answer took too long"
TOO_LARGE = re.compile(r"the answer is larger than \d+ [KM]iB")


def too_large(largest: int) -> OSError:
    """Return the error about an answer of more than so many bytes."""
    size = f"{largest >> 20} MiB" if largest >> 20 else f"{largest >> 10} KiB"
    return OSError(f"the answer is larger than {size}")


def decoded(pieces: Iterable[bytes], encodings: str, largest: int) -> Iterable[bytes]:
    """Return the pieces of a body decoded; what was encoded twice may have so many bytes in between."""
    names = [name for name in (name.strip().lower() for name in encodings.split(",")) if name not in ("", "identity")]
    if len(names) > MAX_ENCODINGS or not set(names) <= {"gzip", "x-gzip", "deflate"}:
        raise OSError(UNDECODABLE)
    for name in reversed(names):
        pieces = _inflated(_up_to(pieces, largest), is_gzip=name != "deflate")
    return pieces


def _up_to(pieces: Iterable[bytes], largest: int) -> Iterator[bytes]:
    left = largest
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise too_large(largest)
        yield piece


def _inflated(pieces: Iterable[bytes], is_gzip: bool) -> Iterator[bytes]:
    """Yield what was compressed. There may be several such parts, and after the first one what is none."""
    decoder = None
    is_first = True
    try:
        for piece in pieces:
            while piece:
                if decoder is None:
                    decoder = zlib.decompressobj(GZIP if is_gzip else ZLIB if piece[0] & 15 == 8 else DEFLATE)
                yield decoder.decompress(piece, PIECE)
                piece = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
                if decoder.eof:
                    decoder, is_first = None, False
                    if not is_gzip:
                        return
        if decoder:
            yield decoder.flush()
    except zlib.error:
        if is_first:
            raise OSError(UNDECODABLE) from None
