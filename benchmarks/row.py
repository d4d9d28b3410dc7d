"""Row: one line of work, declared once: who does it, and how far ours may be from the others.

Each side is a function ``build(dtype="float32")`` that imports its library, makes everything ready and returns
``step``, the function that is timed. ``step()`` does the whole work and returns ``(value, leaves)``: the loss or the
result, and the tensors that then have a ``.grad``. The tests compare those with our own, in float64 and, where a build
takes ``batch`` or ``steps``, with fewer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

BEFORE = "before"
"""The side of another build of this library: what ``python -m benchmarks --before PATH`` compares with."""

NO_WORSE = 1.1
"""The most that a row may cost of what it did before."""


@dataclass(frozen=True)
class Row:
    """
    work     : what is done
    sides    : {library: build}, or {library: {variant: build}} of which the best counts. Ours is "chalkgrad"; what
               follows a comma tells another side of the same library from it: "chalkgrad, chain of 1,000"
    bars     : {library: the most that our figure may be of its own}; a pair is for 1 and for 2 threads
    limit    : the most that our figure may be, in ``unit``
    unit     : what figures are given in
    per      : by how many nodes or operations a figure is divided; {side: number} where they differ
    measure  : "time" of a step; "memory": growth of the peak over some first steps; "later memory": of later ones above
               what there was before the first; "import": seconds to import
    threads  : the thread counts at which to measure
    collector: the sides in which Python's garbage collector runs meanwhile
    """

    work: str
    sides: Mapping[str, Callable | Mapping[str, Callable]]
    bars: Mapping[str, float | tuple[float, float]] = field(default_factory=dict)
    limit: float | None = None
    unit: str = "ms"
    per: float | Mapping[str, float] = 1
    measure: str = "time"
    threads: tuple[int, ...] = (1, 2)
    collector: tuple[str, ...] = ()

    def sides_at(self, threads):
        """The sides measured at a thread count. Beyond one thread only ours and PyTorch: the others know none."""
        known = ("chalkgrad", "PyTorch", BEFORE)
        return [name for name in self.sides if threads == 1 or name.partition(",")[0] in known]

    def variants(self, side):
        """{variant: build} of a library; without variants its one build is named ""."""
        builds = self.sides["chalkgrad" if side == BEFORE else side]
        return builds if isinstance(builds, Mapping) else {"": builds}

    def bar(self, side, threads):
        bar = self.bars.get(side)
        return bar[min(threads, 2) - 1] if isinstance(bar, tuple) else bar

    def in_unit(self, side, figure):
        """A measured figure (seconds or bytes) in the row's unit."""
        per = self.per[side] if isinstance(self.per, Mapping) else self.per
        return figure / per / UNITS[self.unit]


def against_before(row):
    """The row with ours alone, held against an earlier build of ours that does the same."""
    ours = row.sides["chalkgrad"]
    per = row.per["chalkgrad"] if isinstance(row.per, Mapping) else row.per
    collector = ("chalkgrad", BEFORE) if "chalkgrad" in row.collector else ()
    return replace(
        row, sides={"chalkgrad": ours, BEFORE: ours}, bars={BEFORE: NO_WORSE}, limit=None, per=per, collector=collector
    )


UNITS = {"s": 1, "ms": 1e-3, "µs": 1e-6, "B": 1, "MB": 1e6}


def layouts(build, *args, **options):
    """The two variants of a build that takes ``channels_last``."""
    return {
        "NCHW": partial(build, *args, **options, channels_last=False),
        "channels last": partial(build, *args, **options, channels_last=True),
    }
