"""Hold a learner's backward against the gradients of their forward, and say which line is the first wrong one.

Forward runs on Tensors and backward line by line in plain NumPy; each value of backward is matched to the step of
forward whose gradient it is, and judged as in a check by hand, with the learner's
own values nearer to the result put in.
"""

import time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...modes import _Switch
from ...tensors import wrap
from ..diagnosis import STOPPED, diagnose, explain_shapes
from ..difference import describe
from ..graph import WalkedGraph
from ..judgement import allow_rounding, judge
from ..learner import Learner
from ..search import Search
from ..truth import Truth
from . import calling
from .arguments import Arguments, same_draws
from .blame import to_blame
from .forward import Plain, Recording
from .lending import Reach
from .matching import Matching
from .names import is_gradient
from .report import MARKS, BackwardReport, Row
from .results import Result, results_of
from .slopes import differences
from .statements import Source
from .steps import Steps, alike
from .tracing import Arrays, Trace
from .values import chains_of

SECONDS = 1.0
"""How long mistakes are looked for, unless told."""


def check(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    args: tuple[Any, ...],
    gradient: Any,
    wrt: str | Sequence[str] | None,
    names: Mapping[str, str] | None,
    seconds: float | None,
) -> BackwardReport:
    """What ``check_backward`` does."""
    started = time.perf_counter()
    forward, backward = _function(forward), _function(backward)
    arguments = Arguments(forward, backward, args, wrt)
    if not arguments.leaves:
        raise ValueError(
            "check_backward: there is no array of floats among the arguments to differentiate by\n"
            f"  arguments: {', '.join(f'{n}: {type(a).__name__}' for n, a in zip(arguments.names, args, strict=True))}"
        )
    reach = Reach(forward, backward)
    plain = Plain(arguments, reach, gradient)
    recording = _record(arguments, reach, plain, gradient)
    plain = Plain(arguments, reach, gradient)  # once more: what forward keeps outside its arguments is that of this run
    trace = Trace(Arrays())
    given = calling.arguments(
        plain.backward, arguments.names, plain.args, plain.seeds, plain.cache, gradient is not None
    )
    before = _attributes(trace, plain.backward)
    with same_draws(reach), np.errstate(all="ignore"):
        returned = trace.run(plain.backward, given)
    attributes = {name: one for name, one in _attributes(trace, plain.backward).items() if before.get(name) is not one}
    found, left = results_of(returned, attributes, arguments.leaves, arguments.wanted(), dict(names or {}))
    arguments_given = [one for one in trace.entered if one.statement is not None and is_gradient(one.name)]
    chains = chains_of(sorted([*trace.changes, *arguments_given], key=lambda change: change.moment))
    remarks = []
    if left:
        remarks.append(f"backward returns what no argument of forward is called after: {', '.join(left)}")
    check = _Check(backward, trace, chains, remarks)
    if recording.output is None:
        remarks.append(
            f"{recording.lost}\nSo only what backward returns was judged, by finite differences of forward itself."
        )
        values = [(name, value) for name, (value, _) in found.items()]
        check.by_slopes(found, differences(arguments, reach, gradient, values))
    else:
        check.by_steps(recording, found, dict(names or {}), SECONDS if seconds is None else seconds)
    given_of = {leaf.argument for leaf in arguments.leaves if leaf.name in found}
    missing = [one.name for one in arguments.wanted() if one.name not in found and one.argument in given_of]
    missing = [name for name in missing if check.has_gradient(name)]
    if missing and found:
        remarks.append(f"backward gives no gradient of: {', '.join(missing)}")
    return check.report(time.perf_counter() - started)


def _function(given):
    """A function or method; of an object that can be called its method."""
    if isinstance(given, types.FunctionType | types.MethodType | types.BuiltinFunctionType):
        return given
    if not callable(given):
        raise TypeError(f"check_backward: forward and backward are functions\n  given: {type(given).__name__}")
    return given if isinstance(given, type) else given.__call__


def _record(arguments, reach, plain, gradient):
    """The recording by all float arrays; where that fails, by those alone that are asked for."""
    everything = {leaf.name for leaf in arguments.leaves}
    asked = {leaf.name for leaf in arguments.wanted()}
    recording = Recording(arguments, reach, plain, gradient, everything)
    if recording.output is None and asked < everything:
        narrower = Recording(arguments, reach, plain, gradient, asked)
        return narrower if narrower.output is not None else recording
    return recording


def _attributes(trace, function):
    """{name: value} of the arrays of the object that a method belongs to, and of what that holds."""
    if not isinstance(function, types.MethodType) or isinstance(function.__self__, type):
        return {}
    return dict(trace.watched.flat(getattr(function.__self__, "__dict__", {})))


class _Check:
    """What is found out about one backward, and the report on it."""

    def __init__(self, backward, trace, chains, remarks):
        self.backward, self.trace, self.chains, self.remarks = backward, trace, chains, remarks
        self.rows, self.unmatched, self.marks = [], [], {}  # marks: {(path, line): mark}
        self.steps = None

    # -- against the recorded graph --------------------------------------------------------------

    def by_steps(self, recording, found, names, seconds):
        """Judge each value of backward that is the gradient of a step of forward."""
        with _Switch(recording=True, tapes=(), anomaly=False, scope=()):
            graph = WalkedGraph(recording.output, recording.seed, {})
            self.steps = steps = Steps(graph, recording)
            if not graph.names.has_name(graph.output):
                graph.names.give(graph.output, "loss" if graph.output.like[0] == () else "out")
            nodes = {name: graph.nodes.get(leaf.node) for name, leaf in recording.leaves.items()}
            self.true = {name: steps.true.get(node) for name, node in nodes.items()}
            results = [
                Result(name, nodes[name], value, self._variable(place))
                for name, (value, place) in found.items()
                if nodes.get(name) in steps.true
            ]
            self._unreached([(n, v) for n, (v, _) in found.items() if n not in {r.leaf for r in results}])
            matching = Matching(steps, self.chains, results, names)
            self._judge(graph, matching, recording, seconds)
        self.unmatched = [(v.statement.line, v.name) for v in matching.unmatched if matching.wrong_results]
        for value in matching.values:
            if value.how in ("right", "follows"):
                self._mark(value.statement, value.how)

    def _variable(self, place):
        """What a result is called in backward: in its return statement, or on its object."""
        if isinstance(place, str) and place.startswith("self."):
            return place
        last = self._last_return()
        if last is None or place is ...:
            return None
        path = place if isinstance(place, tuple) else (place,)
        if last.returned.get(None):
            name = last.returned[None]
        else:
            name, path = last.returned.get(path[0]), path[1:]
        return name and name + "".join(f"[{one!r}]" for one in path if one is not None)

    def _unreached(self, found):
        """The gradient of what forward does not use is 0."""
        for name, value in found:
            array = np.asarray(value, dtype=float)
            self._add(
                None, None, name, f"∂/∂{name}", "right" if not np.any(array) else "wrong", array, 0 * array, 0 * array
            )

    def _judge(self, graph, matching, recording, seconds):
        by_hand, sources = {}, {}
        following = matching.steps.walk(matching.handed_on())
        for node, (array, value) in matching.given.items():
            tensor = self._tensor(graph, node, matching.steps, recording)
            if tensor is None or tensor in by_hand:
                continue
            follows = following.get(node)
            by_hand[tensor] = follows if follows is not None and matching.steps.agree(array, follows) else array
            sources[node] = value
        learner = Learner(graph, by_hand)
        truth = Truth(graph, learner)
        judged = judge(graph, learner, truth)
        allow_rounding(judged, graph, truth)
        order = {id(row): sources[row.node].moment if sources[row.node] is not None else np.inf for row in judged}
        judged.sort(key=lambda row: order[id(row)])
        self._look_for_mistakes(graph, truth, judged, seconds)
        leaves = {result.node: result for result in matching.results}
        handed_on = matching.handed_on()
        wrong = []  # the values that were called wrong: the same numbers again only follow
        for row in judged:
            value = sources[row.node]
            if value is None and row.node not in leaves:
                continue
            again = value is not None and any(alike(value, one) for one in wrong)
            verdict = "follows" if row.wrong and again else row.verdict
            if verdict == "wrong" and value is not None:
                wrong.append(value)
            if verdict == "wrong" and row.fits and row.mistake is None:
                row.difference = describe(row.given, row.expected, graph.narrow)
            origin = value
            if verdict == "wrong" and value is not None and row.fits:
                origin = to_blame(row.node, value, row.expected, matching, handed_on)
            what = row.what if graph.names.has_name(row.node) else f"the gradient of {graph.names.label(row.node)}"
            self._add(
                origin, value, row.name, what, verdict, row.given.value, row.truth, row.expected,
                row.mistake, row.difference, row.remark or row.undecided or getattr(leaves.get(row.node), "remark", ""),
            )  # fmt: skip

    def _look_for_mistakes(self, graph, truth, rows, seconds):
        wrong = [row for row in rows if row.wrong and row.mistake is None]
        for row in [one for one in wrong if not one.fits]:
            try:
                explain_shapes(graph, truth, [row])
            except ValueError:
                row.remark = "a gradient has the shape of its value"
        wrong = [row for row in wrong if row.fits]
        until = time.perf_counter() + seconds
        stopped = False
        for several in (wrong[:1], wrong[1:]):  # the first wrong line has the time that it needs
            left = until - time.perf_counter()
            if several and left > 0:
                search = Search(graph, truth)
                diagnose(search, several, left, False)
                stopped = stopped or bool(search.remark)
            elif several:
                stopped = True
        if stopped:
            self.remarks.append(STOPPED.format(seconds))

    @staticmethod
    def _tensor(graph, node, steps, recording):
        """The Tensor of a step, with the name that forward has for it."""
        for leaf in recording.leaves.values():
            if graph.nodes.get(leaf.node) is node:
                return leaf
        original = graph.original[node]
        if original.note is None:
            return None
        name = steps.called.get(node)
        tensor = wrap(original.note.value, original)
        if name:
            tensor._name = name
        return tensor

    # -- against finite differences ---------------------------------------------------------------

    def by_slopes(self, found, differences):
        """Judge what backward returned by the slopes of forward."""
        self.true = {}
        values = [v for chain in self.chains for v in chain.values if v.is_last]
        for name, (value, place) in found.items():
            array = np.asarray(value, dtype=float)
            same = [v for v in values if np.array_equal(v.array, array) and not v.name.startswith("return")]
            own = [v for v in same if v.name == self._variable(place)]
            source = next(iter(own or same), None)
            difference = differences.get(name)
            if difference is None:
                self._add(
                    source, source, name, f"∂/∂{name}", "wrong", array, np.nan, np.nan, remark="it has another shape"
                )
                continue
            verdict = "right" if difference.right else "wrong"
            given, expected = array, difference.expected
            count = int(difference.compared.sum())
            remark = f"{count} of {array.size} entries were compared" if count < array.size else ""
            self._add(source, source, name, f"∂/∂{name}", verdict, given, expected, expected, remark=remark)
            if source is not None:
                self._mark(source.statement, verdict)

    # -- the report -------------------------------------------------------------------------------

    def _add(self, origin, value, name, what, verdict, given, truth, expected, mistake=None, difference=(), remark=""):
        statement = origin.statement if origin is not None else self._last_return()
        if verdict in MARKS and statement is not None:
            self._mark(statement, verdict)
        self.rows.append(
            Row(
                line=statement.line if statement is not None else self.backward.__code__.co_firstlineno,
                source=statement.source if statement is not None else "",
                name=name, what=what, variable=value.name if value is not None else name, verdict=verdict,
                mistake=mistake, given=given, truth=truth, expected=expected,
                difference=list(difference), remark=remark,
            )
        )  # fmt: skip

    def _last_return(self):
        """The statement that backward ended with."""
        return next((c.statement for c in reversed(self.trace.changes) if c.caller == 0), None)

    def _mark(self, statement, verdict):
        key = (statement.path, statement.line)
        rank = {"✓": 0, "↳": 1, "✗": 2}
        mark = MARKS[verdict]
        if key not in self.marks or rank[self.marks[key]] < rank[mark]:
            self.marks[key] = mark

    def has_gradient(self, name):
        """Whether the true gradient of an argument is known not to be 0."""
        return self.true.get(name) is not None and bool(np.any(self.true[name]))

    def report(self, seconds):
        name = getattr(self.backward, "__name__", "backward")
        return BackwardReport(name, self.rows, self.unmatched, self.remarks, self._listing(), seconds)

    def _listing(self):
        """The lines of backward, then of each other function in which something was judged."""
        code = getattr(self.backward, "__code__", None)
        listed, shown = [], set()
        places = [(code.co_filename, code.co_firstlineno)] if code is not None else []
        for path, line in [*places, *sorted(self.marks)]:
            source = self.trace.sources.get(path) or Source(path)
            first, last = source.function_at(line)
            if (path, first) in shown:
                continue
            shown.add((path, first))
            listed.append((path, first, last))
        lines = []
        for path, first, last in listed:
            source = self.trace.sources.get(path) or Source(path)
            if lines:
                lines.append((0, "", ""))
            lines += [(n, self.marks.get((path, n), ""), source.text(n)) for n in range(first, last + 1)]
        return lines
