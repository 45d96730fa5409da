# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026, the bytemark.cloud contributors
"""Draw the measurements in docs/measurements as plots.

Usage: plots.py FILE.csv    (prints an SVG; needs matplotlib)
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path
from typing import NamedTuple

# What matplotlib draws in these colours takes on those of the style, light or dark.
COLOURS = {"#000001": "--text", "#000002": "--quiet", "#000003": "--done", "#000004": "--gone"}
LINES = {"#000005": "--kept-line", "#000006": "--done-line", "#000007": "--gone-line", "#000008": "--extra-line"}
SERIES = {
    "bigv_fleet": ("#000005", "o"),
    "fleet 8 at once": ("#000008", "^"),
    "loop in-process": ("#000006", "s"),
    "loop of modules": ("#000007", "D"),
    "loop of ping": ("#000008", "^"),
    "script": ("#000007", "D"),
    "plugin": ("#000005", "o"),
    "with groups": ("#000006", "s"),
}
# The font that comes with matplotlib tells how wide texts are; those of the viewer are hardly wider.
FONT, FONTS = "DejaVu Sans", "Liberation Sans', Arial, Helvetica, 'DejaVu Sans"
# As wide as a narrow screen, so that the text stays as large as it is.
WIDTH, PANEL_HEIGHT, BAR_HEIGHT = 340, 215, 17
POINTS_PER_INCH = 72


class Panel(NamedTuple):
    """Lines over the number of VMs, one for each series that a column names, of the rows that have these values."""

    label: str
    column: str
    names: str = "play"
    only: tuple[tuple[str, str], ...] = ()


class Plot(NamedTuple):
    """What a file of measurements shows: in panels, or, without any, as bars."""

    title: str
    description: str
    panels: tuple[Panel, ...] = ()


AT_ONCE = Panel("seconds, API without latency", "seconds", only=(("latency_ms", "0"),))
WITH_LATENCY = Panel("seconds, API with 20 ms of latency", "seconds", only=(("latency_ms", "20"),))
PLOTS = {
    "creating": Plot(
        "Creating VMs: bigv_fleet and a loop in Ansible's process",
        "Seconds to create 20, 200 and 1,000 VMs. A fleet takes from 0.6 to 4.9 seconds, and 0.8 to 13.7 with 20 "
        "ms of latency; a loop 0.7 to 18.8, and 3.8 to 188.",
        (AT_ONCE, WITH_LATENCY),
    ),
    "creating_in_turns": Plot(
        "Creating VMs one after another, eight at once, and in a loop",
        "Seconds to create 20 and 100 VMs. One after another, a fleet takes 1.7 and 3.1 seconds, and 2.0 and 3.9 "
        "with 20 ms of latency. Eight at once, it takes 2.0 and 2.3, and 2.5 and 2.1. A loop takes 2.8 and 7.9, "
        "and 5.7 and 21.5.",
        (AT_ONCE, WITH_LATENCY),
    ),
    "creating_on_a_busy_machine": Plot(
        "Creating VMs on a very busy machine: bigv_fleet, and loops",
        "Seconds to create 20 and 60 VMs. A loop of modules takes 41 and 119 seconds, a loop in Ansible's process "
        "2.2 and 6.0, a fleet 1.4 and 3.1. With 20 ms of latency it is 44 and 112, 8.9 and 19, 4.3 and 8.0.",
        (AT_ONCE, WITH_LATENCY),
    ),
    "faults": Plot(
        "Attempts to converge a fleet under faults: gone well, and failed",
        "Bars for each kind of fault: how many attempts that met it went well all the same, and how many failed "
        "with one clear error. Fewest go well with shutdown_ignored, vm_deleted and build_fails.",
    ),
    "inventory": Plot(
        "Reading an inventory: plugin and script",
        "CPU seconds and peak memory of ansible-inventory over 100, 1,000 and 10,000 VMs. At 10,000 the plugin "
        "takes 9.5 CPU seconds, 10.9 with groups, and a script 20; the memory is 392, 440 and 487 MB.",
        (Panel("CPU seconds", "cpu_seconds", "source"), Panel("peak memory, MB", "peak_memory_mb", "source")),
    ),
    "nothing_to_do": Plot(
        "Nothing to do: bigv_fleet and a loop in Ansible's process",
        "Seconds for 20, 200 and 1,000 VMs that are as desired. A fleet takes 0.4, 0.5 and 1.0 seconds, with 20 "
        "ms of latency hardly more. A loop takes 0.5, 1.7 and 6.0, and 1.0, 6.1 and 37.7 with latency.",
        (AT_ONCE, WITH_LATENCY),
    ),
    "nothing_to_do_beside_ping": Plot(
        "Nothing to do: loops beside a loop of ping",
        "CPU seconds for 20 and 200 VMs that are as desired. A fleet takes 0.5 and 0.6, a loop in Ansible's "
        "process 0.6 and 2.2, a loop of ping 4.3 and 38.4, a loop of modules 6.3 and 57.2.",
        (Panel("CPU seconds", "cpu_seconds"),),
    ),
}


def draw(source: Path) -> str:
    # Only here: whoever asks what a plot is made from needs no matplotlib.
    import io

    import matplotlib as mpl
    from matplotlib import pyplot

    mpl.use("svg")
    mpl.rcParams.update(
        {
            "axes.edgecolor": "#000002",
            "axes.labelcolor": "#000001",
            "axes.spines.right": False,
            "axes.spines.top": False,
            "font.family": FONT,
            "font.size": 12,
            "legend.frameon": False,
            "svg.fonttype": "none",
            "svg.hashsalt": source.stem,
            "text.color": "#000001",
            "xtick.color": "#000002",
            "ytick.color": "#000002",
        }
    )
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    panels = PLOTS[source.stem].panels
    height = PANEL_HEIGHT * len(panels) if panels else BAR_HEIGHT * len(rows) + 60
    figure, axes = pyplot.subplots(
        len(panels) or 1,
        figsize=(WIDTH / POINTS_PER_INCH, height / POINTS_PER_INCH),
        squeeze=False,
        layout="constrained",
    )
    for panel, (ax,) in zip(panels, axes, strict=False):
        draw_lines(ax, panel, [row for row in rows if all(row[name] == value for name, value in panel.only)])
    if not panels:
        draw_bars(axes[0][0], rows)
    svg = io.StringIO()
    figure.savefig(svg, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    text = svg.getvalue().replace(FONT, FONTS)
    for placeholder, variable in (COLOURS | LINES).items():
        text = text.replace(placeholder, f"var({variable})")
    return text


def draw_lines(ax, panel: Panel, rows: list[dict[str, str]]) -> None:
    """Draw lines on two logarithmic scales, with the spread of the rounds where there were several."""
    from matplotlib.ticker import LogLocator, NullLocator

    for name, (colour, marker) in SERIES.items():
        points = [row for row in rows if row[panel.names] == name]
        if not points:
            continue
        counts, values = ([float(row[column]) for row in points] for column in ("vms", panel.column))
        ax.plot(counts, values, color=colour, marker=marker, markersize=5, label=name)
        if panel.column == "seconds":
            spreads = [(float(row["vms"]), float(row["least"]), float(row["most"])) for row in points if row["least"]]
            ax.vlines(*zip(*spreads, strict=True), color=colour) if spreads else None
    ax.set(xscale="log", yscale="log", title=panel.label)
    ax.title.set(fontsize=12)
    counts = sorted({int(row["vms"]) for row in rows})
    ax.set_xticks(counts, [f"{count:,} VMs" for count in counts])
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:,g}")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
    leave_room(ax, len(ax.lines))
    ax.legend(loc="upper left", fontsize=12, labelspacing=0.2)


def leave_room(ax, lines_of_legend: int) -> None:
    bottom, top = map(math.log10, ax.get_ylim())
    ax.set_ylim(top=10 ** (bottom + (top - bottom) / (1 - 0.1 * lines_of_legend)))


def draw_bars(ax, rows: list[dict[str, str]]) -> None:
    names, well, failed = zip(*((row["fault"], int(row["went_well"]), int(row["failed"])) for row in rows), strict=True)
    ax.barh(names, well, color="#000003", edgecolor="#000006", label="went well")
    ax.barh(names, failed, left=well, color="#000004", edgecolor="#000007", label="failed, with one clear error")
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.legend(fontsize=12, loc="upper center", bbox_to_anchor=(0.3, -0.05), ncols=2, columnspacing=1)
    ax.margins(y=0.01)


if __name__ == "__main__":
    print(draw(Path(sys.argv[1])))
