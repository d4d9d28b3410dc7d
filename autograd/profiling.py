"""What one run of a function takes, by scope: ``with Profiler().at_work(): step()``.

Forward is what passes between entering a scope and leaving it. Backward belongs to the scope in which a node was
recorded: nodes are numbered in the order of their birth, so that the numbers at which scopes begin and end say it, and
recording itself pays nothing.
"""

import tracemalloc
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from time import perf_counter
from typing import Any

from .engine import apply_recorded, apply_rules
from .handlers import Handler
from .modes import _Switch, current
from .node import births
from .walking import land

__all__ = ["Costs", "Profiler"]

Names = tuple[str, ...]


class Costs:
    """What a scope has taken, with all that is in it: seconds, and bytes where memory is looked at.

    calls, kind : how often it was entered, and what it is
    forward, backward : seconds
    kept : what its calls have left in memory
    forward_peak, backward_peak : the most memory in use meanwhile, above what was in use at the start
    """

    def __init__(self, kind: str) -> None:
        self.kind, self.calls = kind, 0
        self.forward = self.backward = 0.0
        self.kept = self.forward_peak = self.backward_peak = 0


class Profiler(Handler):
    """Looks on while something runs in this thread, once.

    found : {names of a scope: Costs}, in the order in which they were entered; () is all that ran
    walked : seconds of backward in all, also of what is in no scope
    memory : whether memory is looked at, by tracemalloc, which must be tracing: everything then takes longer
    """

    looks_on = True

    def __init__(self, memory: bool = False) -> None:
        self.memory = memory
        self.found: dict[Names, Costs] = {(): Costs("")}
        self.walked = 0.0
        self.open: list[Names] = []
        self.bounds: list[int] = []  # numbers of nodes, and the scope that begins or goes on there
        self.scopes: list[Names] = []
        self.thread = get_ident()
        self.passed: Names = ()  # where the newest node of the walk under way stood
        self.since = 0.0
        self.in_a_rule = False

    @contextmanager
    def at_work(self) -> Iterator["Profiler"]:
        self.before = tracemalloc.get_traced_memory()[0] if self.memory else 0
        with _Switch(batching=self):
            yield from self._around((), "")

    def _is_elsewhere(self) -> bool:
        """In a rule, whose time is its node's, or in another thread."""
        return self.in_a_rule or get_ident() != self.thread

    # -- forward -------------------------------------------------------------------------------

    @contextmanager
    def within_scope(self, names: Names, kind: str | None) -> Iterator[Any]:
        if self._is_elsewhere():
            yield
        else:
            yield from self._around(names, kind or "")

    def _around(self, names: Names, kind: str) -> Iterator["Profiler"]:
        for i in range(1, len(names)):  # entered before the profiler came
            self.found.setdefault(names[:i], Costs(""))
        costs = self.found.setdefault(names, Costs(kind))
        costs.kind = costs.kind or kind
        costs.calls += 1
        in_use = self._look_at_memory(self.open)
        self._begin(names)
        self.open.append(names)
        walked, start = self.walked, perf_counter()
        try:
            yield self
        finally:
            costs.forward += perf_counter() - start - (self.walked - walked)
            costs.kept += self._look_at_memory(self.open) - in_use
            self.open.pop()
            self._begin(self.open[-1] if self.open else ())

    def _begin(self, names: Names) -> None:
        self.bounds.append(next(births))
        self.scopes.append(names)

    # -- backward ------------------------------------------------------------------------------

    def steps(self, create_graph: bool) -> dict[str, Any]:
        if self._is_elsewhere():
            return {}
        self._look_at_memory(self.open)
        self.since, self.passed = perf_counter(), ()
        mode = current()
        if mode is not None and mode.anomaly:  # which has steps of its own
            return {}
        return {"apply": self._watched(apply_recorded if create_graph else apply_rules)}

    def _watched(self, apply: Callable[..., Any]) -> Callable[..., Any]:
        def watched(node: Any, g: Any, wanted: Any) -> Any:
            if self._is_elsewhere():
                return apply(node, g, wanted)
            self._charge()  # sums and hooks since the node before, to which they belong
            self.passed = self._scope_of(node)
            self.in_a_rule = True
            try:
                return apply(node, g, wanted)
            finally:
                self.in_a_rule = False
                self._charge()

        return watched

    def land(self, walk: Any) -> bool:
        if self._is_elsewhere():
            return False
        self._charge()
        self.passed = ()
        land(walk)
        if self.memory:  # replaced steps make it copy each gradient, which it does not do by itself
            tracemalloc.reset_peak()
        self._charge()
        return True

    def _charge(self) -> None:
        """What has passed since the last time goes to the scope of the newest node."""
        now = perf_counter()
        passed = now - self.since
        for i in range(len(self.passed) + 1):
            self.found[self.passed[:i]].backward += passed
        self.walked += passed
        self._look_at_memory([self.passed[:i] for i in range(len(self.passed) + 1)], backward=True)
        self.since = perf_counter() if self.memory else now

    def _scope_of(self, node: Any) -> Names:
        at = bisect_right(self.bounds, node.birth) - 1
        return self.scopes[at] if at >= 0 else ()

    # -- memory --------------------------------------------------------------------------------

    def _look_at_memory(self, scopes: list[Names], backward: bool = False) -> int:
        """How much is in use; the most since the last look goes to these scopes."""
        if not self.memory:
            return 0
        now, most = tracemalloc.get_traced_memory()
        for costs in [self.found[names] for names in scopes]:
            if backward:
                costs.backward_peak = max(costs.backward_peak, most - self.before)
            else:
                costs.forward_peak = max(costs.forward_peak, most - self.before)
        tracemalloc.reset_peak()
        return now
