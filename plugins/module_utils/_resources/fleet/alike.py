# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026, the bytemark.cloud contributors

"""Messages that are the same for many resources, given once. Pure. Private to bytemark.cloud."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

MAX_NAMED = 3
# How a problem begins, and how it ends or goes on with whose it is.
PLACE = re.compile(r"(?:vms|groups)\[\d+\]")
OWNER = re.compile(r"\((?:VM )?'?([^\s'()]+)'?\)")
# How long something took differs from one to the next.
SECONDS = re.compile(r"\d+ seconds")


def first_names(names: Iterable[str]) -> str:
    """Return the first few names, and the number of the others."""
    names = list(names)
    return ", ".join(names[:MAX_NAMED]) + (f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else "")


def without_own(text: str, name: str, phrases: Iterable[str] = ()) -> str:
    """Return the text without what is one resource's own: the phrases, and its dotted name and the beginnings of that.

    >>> without_own("VM web1.live.acme is off: start web1", "web1.live.acme")
    'VM … is off: start …'
    """
    for phrase in sorted(phrases, key=len, reverse=True):
        text = text.replace(phrase, "…")
    parts = name.split(".")
    names = "|".join(re.escape(".".join(parts[:length])) for length in range(len(parts), 0, -1))
    return SECONDS.sub("…", re.sub(rf"(?<![\w.-])(?:{names})(?![\w-])", "…", text))


def groups_of_alike(said: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the first text of each kind, with the names of all that say as much.

    What is said is a name, a text and what this text has in common with others.
    """
    groups: dict[str, tuple[str, list[str]]] = {}
    for name, text, common in said:
        groups.setdefault(common, (text, []))[1].append(name)
    yield from groups.values()


def said_once(said: Iterable[tuple[str, str]]) -> list[str]:
    """Return the texts about the resources of these names, what is alike only once, with whom else it is about.

    >>> said_once([("a.b.c", "VM a.b.c is off"), ("d.b.c", "VM d.b.c is off")])
    ['VM a.b.c is off (also for d.b.c)']
    """
    groups = groups_of_alike((name, text, without_own(text, name)) for name, text in said)
    return [text + _others("also for", names[1:]) for text, names in groups]


def problems_once(problems: Sequence[str]) -> list[str]:
    """Return what is wrong with the options, what is alike only once, with the places where else it is so.

    >>> problems_once(["vms[0].cores: 99 is too many (VM 'a')", "vms[1].cores: 99 is too many (VM 'b')"])
    ["vms[0].cores: 99 is too many (VM 'a') (also in vms[1])"]
    """
    groups = groups_of_alike((_place(problem), problem, _common(problem)) for problem in problems)
    return [problem + _others("also in", places[1:]) for problem, places in groups]


def _place(problem: str) -> str:
    found = PLACE.match(problem)
    return found[0] if found else problem


def _common(problem: str) -> str:
    if not PLACE.match(problem):
        return problem
    problem = PLACE.sub("", problem, count=1)
    owner = OWNER.search(problem)
    return without_own(problem, owner[1]) if owner else problem


def _others(how: str, names: Sequence[str]) -> str:
    return f" ({how} {first_names(names)})" if names else ""
