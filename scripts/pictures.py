# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Render the pictures of the documentation from the texts in docs/pictures, and plots from docs/measurements.

Usage: pictures.py [NAME...]    (of a picture, such as plans; without one, whatever is not up to date)

Graphs need the program dot of Graphviz. Plots need matplotlib, which is installed into a virtual environment of its
own. Each picture records what it was made from, so that a test finds stale ones.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from plots import PLOTS
from workspace import BUILD, CLONE

SOURCES = CLONE / "docs" / "pictures"
MEASUREMENTS = CLONE / "docs" / "measurements"
PICTURES = CLONE / "docs" / "docsite" / "rst" / "images"
STYLE = (SOURCES / "style.css").read_text(encoding="utf-8").rpartition("*/\n")[2]
SVG = "http://www.w3.org/2000/svg"
DOT = [
    "dot", "-Tsvg",
    "-Gbgcolor=transparent", "-Gfontname=Liberation Sans", "-Gnodesep=0.3", "-Gpad=0.12", "-Granksep=0.35",
    "-Nfontname=Liberation Sans", "-Nfontsize=14", "-Nmargin=0.18,0.09", "-Nshape=box", "-Nstyle=rounded,filled",
    "-Efontname=Liberation Sans", "-Efontsize=12.5", "-Earrowsize=0.7",
]  # fmt: skip


def fingerprint(source: Path) -> str:
    """Return what a picture of the source records: a digest of the source and of how it is drawn."""
    recorder = CLONE / "scripts" / "recording.py"
    how = {".dot": DOT, ".csv": PLOTS.get(source.stem), ".cast": recorder.read_text(encoding="utf-8")}[source.suffix]
    return hashlib.sha256(source.read_bytes() + f"{STYLE}{how}".encode()).hexdigest()


def picture_of(source: Path) -> Path:
    """Return where the picture goes: a plot beside its data, any other to the pages."""
    return (source.parent if source.suffix == ".csv" else PICTURES) / f"{source.stem}.svg"


def is_current(source: Path) -> bool:
    picture = picture_of(source)
    return picture.exists() and fingerprint(source) in picture.read_text(encoding="utf-8")


def finished(svg: str, source: Path, title: str, description: str) -> str:
    """Return a picture with its title and description, the colours, and the fingerprint of its source."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    picture = ElementTree.fromstring(svg)  # noqa: S314 - our own
    for element in list(picture.iter()):
        for extra in element.findall(f"{{{SVG}}}title") + element.findall(f"{{{SVG}}}metadata"):
            element.remove(extra)
    width, height = picture.get("viewBox").split()[2:]
    picture.attrib |= {"role": "img", "aria-labelledby": "title desc", "width": width, "height": height}
    head = {
        "title": ({"id": "title"}, title),
        "desc": ({"id": "desc"}, description),
        "metadata": ({}, f"Made by scripts/pictures.py from {source.name}, {fingerprint(source)}"),
        "style": ({}, STYLE),
    }
    for position, (tag, (attributes, text)) in enumerate(head.items()):
        element = ElementTree.Element(f"{{{SVG}}}{tag}", attributes)
        element.text = text
        picture.insert(position, element)
    return ElementTree.tostring(picture, encoding="unicode") + "\n"


def graph(source: Path) -> str:
    text = source.read_text(encoding="utf-8")
    title, description = (" ".join(re.search(rf'{name}="([^"]*)"', text)[1].split()) for name in ("title", "desc"))
    drawn = subprocess.run(DOT, input=text, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return finished(drawn, source, title, description)


def recording(source: Path) -> str:
    from recording import drawn

    title, description, svg = drawn(source)
    return finished(svg, source, title, description)


def plot(source: Path) -> str:
    venv = BUILD / "pictures"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    requirements = CLONE / "scripts" / "requirements-pictures.txt"
    subprocess.run([python, "-m", "pip", "install", "-qq", "--requirement", requirements], check=True)
    command = [python, CLONE / "scripts" / "plots.py", source]
    drawn = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return finished(drawn, source, PLOTS[source.stem].title, PLOTS[source.stem].description)


RENDERERS: dict[str, Callable[[Path], str]] = {".cast": recording, ".csv": plot, ".dot": graph}


def sources() -> list[Path]:
    files = [*SOURCES.iterdir(), *MEASUREMENTS.iterdir()]
    return sorted(path for path in files if path.suffix in RENDERERS)


def main(names: list[str]) -> None:
    for source in sources():
        if source.stem in names or not (names or is_current(source)):
            print(f"Rendering {picture_of(source).relative_to(CLONE)} ...")
            picture_of(source).write_text(RENDERERS[source.suffix](source), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is missing. Graphs need Graphviz (Debian, Ubuntu: apt-get install graphviz).")
