# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Protection from being destroyed: the option ``protect`` and the environment. Private to bytemark.cloud."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from .errors import BigvError
from .names import CLUSTER
from .plan import Owner, Step

PROTECT_VARIABLE = "BIGV_PROTECT"


def check_protected(steps: Iterable[Step], protect: Sequence[str] | None) -> None:
    """Refuse steps that destroy what the option or the environment protects: neither can lift the other."""
    patterns = [("protect", pattern) for pattern in protect or ()]
    patterns += [(PROTECT_VARIABLE, pattern) for pattern in os.environ.get(PROTECT_VARIABLE, "").split(",")]
    patterns = [(source, pattern.strip().removesuffix(CLUSTER)) for source, pattern in patterns if pattern.strip()]
    if not patterns:
        return
    for step in steps:
        owner = step.target and step.target.owner
        for source, pattern in patterns:
            if owner and matches(owner, pattern):
                raise BigvError(
                    f"protect: {owner.kind} {owner} is protected by the pattern {pattern!r} ({source}), so the task "
                    f"was refused because of this write: {step.summary}. Remove the pattern to allow it."
                )


def matches(name: Owner, pattern: str) -> bool:
    """Tell whether the pattern matches the dotted name or one of its beginnings, without regard to case.

    >>> matches(("db1", "live", "acme"), "DB*.live")
    True
    """
    beginnings = (".".join(name[:length]) for length in range(1, len(name) + 1))
    return any(fnmatchcase(beginning.casefold(), pattern.casefold()) for beginning in beginnings)
