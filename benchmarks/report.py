"""What was measured as lines of one table, for the terminal and as Markdown."""

import os
import platform
from dataclasses import dataclass
from statistics import median

from .other_processes import QUIET
from .row import Row


@dataclass(frozen=True)
class Figure:
    """What was measured of one side, in seconds or bytes, round by round; or why there is nothing."""

    rounds: tuple[float, ...] = ()
    variant: str = ""
    error: str = ""

    @property
    def value(self):
        """The median of the rounds."""
        return median(self.rounds) if self.rounds else None

    def text(self, row, side):
        if self.value is None:
            return self.error
        text = f"{number(row.in_unit(side, self.value))} {row.unit}"
        return f"{text} ({self.variant})" if self.variant else text


@dataclass(frozen=True)
class Line:
    """Our figure of a row at a thread count, held against the row's limit (``peer`` is "") or against a peer's figure.

    others : the share of the processors' time that went to other processes meanwhile
    most   : the bar: the most that our figure may be, in the row's unit, or that the ratio may be; None without one
    """

    row: Row
    threads: int
    ours: Figure
    peer: str = ""
    theirs: Figure | None = None
    others: float = 0

    @property
    def ratio(self):
        """The median of the rounds' ratios: in a round both were measured within the same moment."""
        if self.theirs is None or self.theirs.value is None or self.ours.value is None:
            return None
        both = zip(self.ours.rounds, self.theirs.rounds, strict=True)
        return median(self.row.in_unit("chalkgrad", a) / self.row.in_unit(self.peer, b) for a, b in both)

    @property
    def most(self):
        return self.row.bar(self.peer, self.threads) if self.peer else self.row.limit

    @property
    def met(self):
        """Whether the bar is met; None where there is none, no peer to be measured, or a busy machine."""
        if self.most is None or self.busy:
            return None
        if self.ours.value is None:
            return False
        if not self.peer:
            return self.row.in_unit("chalkgrad", self.ours.value) <= self.most
        return None if self.ratio is None else self.ratio <= self.most

    @property
    def busy(self):
        return self.others > QUIET

    def cells(self):
        bar = ""
        if self.most is not None:
            bar = f"≤ {self.most:.3g} ×" if self.peer else f"≤ {number(self.most)} {self.row.unit}"
        return [
            self.row.work,
            str(self.threads),
            self.ours.text(self.row, "chalkgrad"),
            self.peer,
            self.theirs.text(self.row, self.peer) if self.peer else "",
            f"{self.ratio:.2f}" if self.ratio else "",
            bar,
            f"? others: {self.others:.0%}" if self.busy else {True: "yes", False: "NO", None: ""}[self.met],
        ]


HEADINGS = ["work", "threads", "chalkgrad", "peer", "the peer's", "ratio", "bar", "met"]


def lines(row, threads, figures, others=0.0):
    """The Lines of a row with these Figures: one for the limit, or where there is nobody else; one for each peer."""
    ours = figures["chalkgrad"]
    made = [Line(row, threads, ours, others=others)] if row.limit is not None or len(figures) == 1 else []
    peers = [side for side in figures if side != "chalkgrad"]
    return made + [Line(row, threads, ours, side, figures[side], others) for side in peers]


def number(x):
    """Three significant digits, without an exponent."""
    if x == 0:
        return "0"
    digits = max(0, 2 - int(f"{x:e}".partition("e")[2]))
    return f"{x:,.{digits}f}"


def table(lines):
    cells = [HEADINGS, *(line.cells() for line in lines)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADINGS))]
    text = [
        "  " + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    text.insert(1, "  " + "  ".join("─" * width for width in widths))
    return "\n".join(text)


def summary(lines):
    """How many bars are met, and the missed ones by name."""
    barred = [line for line in lines if line.met is not None]
    missed = [line for line in barred if not line.met]
    busy = sum(line.busy for line in lines)
    text = [f"{len(barred) - len(missed)} of {len(barred)} bars are met."]
    if busy:
        text[0] += f" {busy} comparisons do not count: others kept the machine busy."
    for line in missed:
        work, threads, ours, peer, theirs, ratio, bar, _ = line.cells()
        against = f" against {peer}'s {theirs}: {ratio} ×" if peer else ""
        text.append(f"Missed: {work}, {threads} thread{'s' if line.threads > 1 else ''}: {ours}{against} (bar {bar})")
    return text


def title_and_text(subject):
    """The first line of a subject's docstring, and the rest of it."""
    title, _, text = subject.__doc__.strip().partition("\n")
    return title, text.strip()


INTRODUCTION = """\
# Results

Made by `make bench`; [its docstring](__init__.py) says how everything is measured. A ratio is our figure over the
peer's: below 1 we are faster, or need less. The last column: whether the bar is met, or ? where other processes kept
the machine so busy that the figures do not count.
"""


def markdown(sections, about, plot=None):
    """The whole as Markdown; ``sections`` is a list of (subject, its Lines), ``plot`` the path of a picture."""
    everything = [line for _, lines in sections for line in lines]
    text = [INTRODUCTION]
    text += [f"* {line}" for line in about]
    text += ["", f"**{summary(everything)[0]}**"]
    if plot:
        text += ["", f"![the ratios to PyTorch]({plot})"]
    for subject, lines in sections:
        title, explanation = title_and_text(subject)
        text += ["", f"## {title}", "", *([explanation, ""] if explanation else [])]
        text += ["| " + " | ".join(HEADINGS) + " |", "| --- | ---: | ---: | --- | ---: | ---: | --- | --- |"]
        text += ["| " + " | ".join(cell.replace("|", "\\|") for cell in line.cells()) + " |" for line in lines]
    return "\n".join(text) + "\n"


def about(seen, others):
    """What the figures were measured on.

    seen   : what the workers told
    others : the share of the processors' time that other processes had
    """
    system = f"{platform.system()} {platform.release().partition('-')[0]}, {' '.join(platform.libc_ver()).strip()}"
    kernels = seen.pop("compiled kernels", "not measured")
    versions = [f"Python {platform.python_version()}", *(f"{name} {text}" for name, text in seen.items())]
    return [
        f"{processor()}, {os.cpu_count()} cores, {system}",
        ", ".join(versions),
        f"our compiled kernels: {kernels}",
        f"other processes had {others:.0%} of the processors' time",
    ]


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
