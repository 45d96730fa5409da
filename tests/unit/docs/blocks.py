# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""The code blocks of the guides, of the other pages, and of the examples in the plugins' documentation."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TREE = Path(__file__).resolve().parents[3]
GUIDES = TREE / "docs" / "docsite" / "rst"
PAGES = ("*.md", "docs/**/*.md", "docs/docsite/**/*.rst", "roles/*/README.md", ".github/**/*.md")
PLUGINS = ("plugins/modules/*.py", "plugins/inventory/*.py", "extensions/eda/plugins/event_source/*.py")

RST_DIRECTIVE = re.compile(r"( *)\.\. (?:code-block|code|sourcecode|literalinclude|parsed-literal)::\s*(\S*)")
FENCE = re.compile(r"( *)```\s*(\S*)")


class Block(NamedTuple):
    """A block of code, where it is, and what it says it is: ``yaml``, ``shell``, …; empty if it does not say."""

    document: str
    line: int
    kind: str
    text: str

    @property
    def file_name(self) -> str:
        """The name that a first line such as ``# fleet.yml`` gives the block, or nothing."""
        first = re.match(r"# ([\w./-]+\.\w+)\n", self.text)
        return first[1] if first else ""

    @property
    def commands(self) -> list[str]:
        """The lines of a block of commands, those that are continued as one."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line for line in lines if line and not line.startswith("#")]


def documents() -> list[str]:
    """Every document that may hold code, by its path in the collection."""
    found = {path.relative_to(TREE).as_posix() for pattern in PAGES + PLUGINS for path in TREE.glob(pattern)}
    return sorted(found)


def blocks_of(document: str) -> list[Block]:
    """Return the code blocks of a document, in their order."""
    text = (TREE / document).read_text(encoding="utf-8")
    find = {".md": _in_markdown, ".rst": _in_rst, ".py": _in_plugin}[Path(document).suffix]
    return [Block(document, line, kind, code) for line, kind, code in find(text)]


def _in_plugin(text: str) -> Iterator[tuple[int, str, str]]:
    if found := re.search(r'^EXAMPLES = r"""\n(.*?)^"""', text, re.DOTALL | re.MULTILINE):
        yield text.count("\n", 0, found.start()) + 1, "yaml", found[1]


def _in_rst(text: str) -> Iterator[tuple[int, str, str]]:
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        directive = RST_DIRECTIVE.match(line)
        if directive or (line.endswith("::") and not line.lstrip().startswith("..")):
            indent = len(directive[1]) if directive else len(line) - len(line.lstrip())
            yield number, directive[2] if directive else "", _indented(lines[number:], indent)


def _in_markdown(text: str) -> Iterator[tuple[int, str, str]]:
    lines = text.splitlines()
    end = 0
    for number, line in enumerate(lines, 1):
        if number <= end:
            continue
        if fence := FENCE.match(line):
            end = lines.index(f"{fence[1]}```", number) + 1
            yield number, fence[2], textwrap.dedent("\n".join(lines[number : end - 1])) + "\n"
        elif line.startswith("    ") and not lines[number - 2].strip():
            before = next((other for other in reversed(lines[: number - 1]) if other[:1].strip()), "")
            if not re.match(r"[-*]|\d+\.", before):
                yield number, "", line


def _indented(lines: list[str], indent: int) -> str:
    """Return what is indented deeper, less the options of a directive."""
    block = []
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        if block or not re.match(r"\s+:[\w-]+:", line):
            block.append(line)
    return textwrap.dedent("\n".join(block)).strip("\n") + "\n"
