"""Where the time and the memory of a training step go: ``print(nn.profile(step))``.

A table of modules, forward and backward apart. ``ag.scope("name")`` around lines of your own gives them a row too.
"""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any, TypeAlias

import autograd as ag

from .optim import Optimizer
from .tables import aligned, in_bytes

__all__ = ["Profile", "ProfileRow", "profile"]

Names: TypeAlias = tuple[str, ...]
Found: TypeAlias = dict[Names, Any]
"""{names of a module and those around it: what it took}; () is the whole step."""


@dataclass(frozen=True)
class ProfileRow:
    """One module, with all its calls in a step and all that is in it.

    names : of it and of those around it: the outermost module's class, then attributes; of ``ag.scope`` what it says
    kind : the name of its class
    calls : how often it ran
    forward, backward : seconds
    kept : bytes that its forward has left in memory: results, and what backward needs
    forward_peak, backward_peak : bytes: the most memory in use meanwhile, above what was in use before the step
    """

    names: tuple[str, ...]
    kind: str
    calls: int
    forward: float
    backward: float
    kept: int
    forward_peak: int
    backward_peak: int

    @property
    def path(self) -> str:
        """The names with dots between them: "LeNet.conv1"."""
        return ".".join(self.names)

    @property
    def seconds(self) -> float:
        """Forward and backward together."""
        return self.forward + self.backward


@dataclass(frozen=True)
class Profile:
    """What ``nn.profile`` gives: ``rows``, each module before what is in it; ``str`` is a table.

    total : the row of the whole step
    elsewhere : what of it ran in no module: data, ``zero_grad``, operations on the outputs
    unwatched, watched : the seconds that a step takes by itself, and when it is watched
    """

    rows: list[ProfileRow]
    total: ProfileRow
    elsewhere: ProfileRow
    unwatched: float
    watched: float

    @property
    def overhead(self) -> float:
        """By which part of its time a step takes longer when it is watched."""
        return self.watched / self.unwatched - 1

    @property
    def peak(self) -> int:
        """Bytes: the most memory in use during the step, above what was in use before."""
        return max(self.total.forward_peak, self.total.backward_peak)

    def __str__(self) -> str:
        table = [["module", "kind", "calls", "forward", "backward", "share", "kept", "peak forward", "peak backward"]]
        table += [self._cells(row, "  " * (len(row.names) - 1) + row.names[-1]) for row in self.rows]
        table.append([*self._cells(self.elsewhere, "(elsewhere)")[:6], "", "", ""])
        table.append(self._cells(self.total, "(all)"))
        return "\n".join(
            [
                *[line.rstrip() for line in aligned(table, 2)],
                f"a step takes {_time(self.unwatched)} by itself, {_time(self.watched)} watched ({self.overhead:+.0%})",
                f"most memory in use, above what was before: {in_bytes(self.peak)}",
            ]
        )

    __repr__ = __str__

    def _cells(self, row: ProfileRow, name: str) -> list[str]:
        share = row.seconds / self.total.seconds if self.total.seconds else 0
        peaks = [in_bytes(row.forward_peak), in_bytes(row.backward_peak) if row.backward else ""]
        backward = _time(row.backward) if row.backward else ""
        calls = str(row.calls) if row.calls else ""
        return [name, row.kind, calls, _time(row.forward), backward, f"{share:.0%}", in_bytes(row.kept), *peaks]


def profile(step: Callable[[], Any], *, repeats: int = 5) -> Profile:
    """The time and the memory of a step, by module, forward and backward.

    step : a function without arguments that does what is to be looked at: forward, backward, the optimizer's step. It
        really runs, 3 + 2·repeats times: weights and statistics move on
    repeats : how many steps are watched; times are medians of them

    A module's figures include those of the modules in it. Backward is counted where forward recorded. Forward is what
    passes between the call of a module and its return, Python included; an optimizer's step has a row, and stands there
    too. Steps that run by themselves alternate with those that are watched, so that the table can say what watching
    costs: some 20 microseconds for each module and each operation of backward. Memory, of arrays and other objects
    alike, is that of one more step under ``tracemalloc``; a module's peak stands on what those before it have kept.

    What runs inside ``ag.checkpoint`` and ``ag.vmap`` counts for the module around it. A function that ``ag.compile``
    made runs as its Python while it is watched. Modules that are called by themselves have a row of their own at the
    left; two of one class share it, unless ``ag.scope("name")`` is around one.

    >>> import nn, numpy as np
    >>> net, images = nn.models.LeNet(), np.zeros((8, 1, 8, 8), np.float32)
    >>> loss_fn, optimizer = nn.CrossEntropyLoss(), nn.optim.SGD(net.parameters(), lr=0.1)
    >>> def step():
    ...     optimizer.zero_grad()
    ...     loss_fn(net(images), np.zeros(8, int)).backward()
    ...     optimizer.step()
    >>> found = nn.profile(step, repeats=1)
    >>> [row.path for row in found.rows]
    ['LeNet', 'LeNet.conv1', 'LeNet.conv2', 'LeNet.fc1', 'LeNet.fc2', 'CrossEntropyLoss', 'SGD']
    >>> print(found)  # doctest: +SKIP
    """
    if not callable(step):
        raise TypeError(f"profile: a function without arguments is needed\n  step: {type(step).__name__}")
    if isinstance(repeats, bool) or not isinstance(repeats, int) or repeats < 1:
        raise ValueError(f"profile: repeats must be a whole number from 1\n  repeats: {repeats!r}")
    if ag.internal.handler() is not None:
        raise RuntimeError("profile: it cannot run inside ag.vmap, ag.compile or another nn.profile")
    step()  # what is made once, such as an optimizer's state
    alone, watched = [], []
    for _ in range(repeats):
        start = perf_counter()
        step()
        alone.append(perf_counter() - start)
        watched.append(_watched(step, _Steps()))
    with _traced():
        step()  # what it lets go of, the next one was seen to make
        memory = _watched(step, _Steps(memory=True))
    return _profile(watched, memory, median(alone))


def _profile(watched: list[Found], memory: Found, unwatched: float) -> Profile:
    order: dict[Names, None] = {}
    for found in [*watched, memory]:
        order.update(dict.fromkeys(found))
    inside: dict[Names, list[Names]] = {names: [] for names in order}
    for names in order:
        if names:
            inside[names[:-1]].append(names)
    alone = {names: _median_alone(watched, names, inside[names]) for names in order}
    rows: dict[Names, ProfileRow] = {}
    for names in sorted(order, key=len, reverse=True):  # what is in a module before it
        found = next(one for one in [*watched, memory] if names in one)[names]
        forward, backward = alone[names]
        forward += sum([rows[one].forward for one in inside[names]])
        backward += sum([rows[one].backward for one in inside[names]])
        seen = memory.get(names)
        sizes = (0, 0, 0) if seen is None else (seen.kept, seen.forward_peak, seen.backward_peak)
        rows[names] = ProfileRow(names, found.kind, found.calls, forward, backward, *sizes)
    total = rows[()]
    kept = total.kept - sum([rows[one].kept for one in inside[()]])
    elsewhere = ProfileRow(("(elsewhere)",), "", 0, *alone[()], kept, 0, 0)
    seconds = median([found[()].forward + found[()].backward for found in watched])
    return Profile([rows[names] for names in _in_order((), inside)], total, elsewhere, unwatched, seconds)


def _median_alone(watched: list[Found], names: Names, inside: list[Names]) -> tuple[float, float]:
    """(seconds forward, seconds backward) of a scope without those in it: one slow step does not show."""
    own = []
    for found in watched:
        costs = found.get(names)
        parts = [found[one] for one in inside if one in found]
        if costs is not None:
            forward = costs.forward - sum([part.forward for part in parts])
            own.append((forward, costs.backward - sum([part.backward for part in parts])))
    return (median([one for one, _ in own]), median([one for _, one in own])) if own else (0.0, 0.0)


def _in_order(names: Names, inside: dict[Names, list[Names]]) -> Iterator[Names]:
    for one in inside[names]:
        yield one
        yield from _in_order(one, inside)


class _Steps(ag.internal.Profiler):
    """A Profiler that gives the steps of optimizers a row."""

    stepping = False

    def step(self, optimizer: Any) -> bool:
        if self.stepping:  # the optimizer's own, from below
            return False
        self.stepping = True
        try:
            with ag.scope(type(optimizer).__name__, "optimizer"):
                Optimizer.step(optimizer)
        finally:
            self.stepping = False
        return True


def _watched(step: Callable[[], Any], profiler: _Steps) -> Found:
    with profiler.at_work():
        step()
    return profiler.found


@contextmanager
def _traced() -> Iterator[None]:
    """tracemalloc at work; where it was already it goes on afterwards."""
    before = tracemalloc.is_tracing()
    if not before:
        tracemalloc.start()
    try:
        yield
    finally:
        if not before:
            tracemalloc.stop()


def _time(seconds: float) -> str:
    return (
        f"{seconds * 1e6:.0f} µs"
        if seconds < 1e-3
        else f"{seconds * 1e3:.2f} ms"
        if seconds < 1
        else f"{seconds:.2f} s"
    )
