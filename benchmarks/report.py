"""Timing in turns, and one table for every subject.

``best({"name": function, ...}, rounds)`` times each function once a round, so that a slow spell of the
machine hits all alike, and takes each one's fastest round.
"""

import gc
import importlib.metadata
import os
import platform
import time
from dataclasses import dataclass


@dataclass
class Row:
    """One figure of ours beside one of a peer's.

    bar    : the bar as text, or ""
    met    : whether it is met, or None without a bar
    """

    figure: str
    ours: float
    unit: str
    peer: str = ""
    theirs: float | None = None
    bar: str = ""
    met: bool | None = None
    remark: str = ""

    @property
    def ratio(self):
        return self.ours / self.theirs if self.theirs else None

    def cells(self):
        return [
            self.figure,
            f"{number(self.ours)} {self.unit}",
            self.peer,
            f"{number(self.theirs)} {self.unit}" if self.theirs else self.remark,
            f"{self.ratio:.2f}" if self.ratio else "",
            self.bar,
            {True: "yes", False: "NO", None: ""}[self.met],
        ]


HEADINGS = ["figure", "chalkgrad", "peer", "the peer's", "ratio", "bar", "met"]


def rows_of(figure, times, unit, scale, absolute=None, relative=None, unavailable=None):
    """A Row for each peer in ``times`` ({name: seconds}, ours under "chalkgrad").

    scale    : what to multiply seconds with to get ``unit``
    absolute : the most that our figure may be
    relative : {peer: the most that the ratio may be}
    """
    ours = times["chalkgrad"] * scale
    rows = []
    if absolute is not None:
        rows.append(Row(figure, ours, unit, bar=f"≤ {number(absolute)} {unit}", met=ours <= absolute))
    for peer, seconds in times.items():
        if peer == "chalkgrad":
            continue
        row = Row(figure, ours, unit, peer, seconds * scale)
        limit = (relative or {}).get(peer)
        if limit is not None:
            row.bar, row.met = (f"≤ {limit} ×" if limit != 1 else "faster"), row.ratio <= limit
        rows.append(row)
    for peer, why in (unavailable or {}).items():
        rows.append(Row(figure, ours, unit, peer, remark=why))
    return rows


def number(x):
    """Three significant digits, without an exponent."""
    if x == 0:
        return "0"
    digits = max(0, 2 - int(f"{x:e}".partition("e")[2]))
    return f"{x:,.{digits}f}"


def best(functions, rounds, calls=1):
    """{name: seconds of a call} in the fastest round; the collector rests while a clock runs."""
    for function in functions.values():
        function()  # warm up: caches, lazy imports, the allocator
    seconds = dict.fromkeys(functions, float("inf"))
    for _ in range(rounds):
        for name, function in functions.items():
            seconds[name] = min(seconds[name], timed(function, calls))
    return seconds


def timed(function, calls=1, collector=False):
    gc.collect()
    if not collector:
        gc.disable()
    try:
        start = time.perf_counter()
        for _ in range(calls):
            function()
        return (time.perf_counter() - start) / calls
    finally:
        gc.enable()


def peer(build, *needs):
    """``build()``, or None where one of the modules that it needs is not installed."""
    try:
        for name in needs:
            __import__(name)
    except ImportError:
        return None
    return build()


def available(**builders):
    """{name: function} of the builders that gave one."""
    return {name: function for name, function in builders.items() if function is not None}


# -- output ------------------------------------------------------------------------------------


def table(rows):
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADINGS))]
    lines = [
        "  " + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    lines.insert(1, "  " + "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def markdown(sections):
    lines = ["# Results", "", "Made by `make bench`. A ratio is our time over the peer's: below 1 we are faster.", ""]
    lines += [f"* {line}" for line in environment()]
    for doc, rows in sections:
        title, _, text = doc.strip().partition("\n")
        lines += ["", f"## {title.rstrip('.')}", "", *filter(None, [text.strip()]), ""]
        lines += ["| " + " | ".join(HEADINGS) + " |", "|" + " --- |" * len(HEADINGS)]
        lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def environment():
    """What the figures were measured on."""
    versions = [f"Python {platform.python_version()}"]
    for name in ("numpy", "torch", "micrograd", "mygrad"):
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{name} not installed")
    return [f"{_processor()}, {os.cpu_count()} cores, {platform.system()}; one thread", ", ".join(versions)]


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
