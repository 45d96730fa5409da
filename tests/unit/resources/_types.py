# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The forms of what each resource gives the tests that go over every module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

ACCOUNT = "/accounts/acme"
DEFAULT = f"{ACCOUNT}/groups/default"
Options = Mapping[str, Any]


class Example(NamedTuple):
    """A task that succeeds where the group default holds the VMs web1 and web2, and staging is empty.

    ``about`` are the options without which a task says nothing. Each secret option is given in one of the two.
    """

    about: Options = MappingProxyType({})
    more: Options = MappingProxyType({})

    @property
    def options(self) -> dict[str, Any]:
        return {**self.about, **self.more}


class Case(NamedTuple):
    """A task of the contract suite: what it is to do to a cloud, and what it costs to run it again.

    A write is a method, a path, in which ``*`` stands for an id, and a body. What is None is not compared: ``actions``,
    ``writes``, ``repeated`` and any value in a body. A task that ``acts_always`` does so in its second run as well, and
    one that ``leaves_no_trace`` fails where an answer is lost. One that does not ``survives_a_kill`` makes everything
    as desired in its next run, but for what was on. It uses at most so many ``connections`` at once.
    Of one that ``is_answered_once``, a lost answer has it done again. ``seed`` is what else there is in the cloud,
    beside accounts.
    """

    module: str
    options: Options
    repeated: Sequence[str] | None
    actions: Sequence[str] | None = None
    writes: Sequence[tuple[str, str, Any]] | None = None
    default: Sequence[Options] = ()
    staging: Sequence[Options] = ()
    account: Options = MappingProxyType({})
    acts_always: bool = False
    leaves_no_trace: bool = False
    survives_a_kill: bool = True
    connections: int = 1
    is_answered_once: bool = False
    seed: Options = MappingProxyType({})
