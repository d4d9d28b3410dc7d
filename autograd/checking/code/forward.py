"""Forward, run on Tensors under a tape and beside it in plain NumPy: its graph, or why there is none.

``record`` gives a ``Recording``. Where the two runs give other values, or the gradients of the tape are not the slopes
of plain NumPy, history was lost on the way; ``lost`` then says at which line, and what to write.
"""

import contextlib
import io
import math
import traceback

import numpy as np

from ...engine import walk_to
from ...modes import Tape, _Switch
from ...tensors import Tensor, raw, wrap
from .arguments import same_draws
from .calling import outcome, seeds
from .lending import lent
from .tracing import Arrays, Tensors, Trace, is_users

STEPS = (1e-6, 1e-5, 1e-4, 1e-7)


class Plain:
    """Forward in plain NumPy: ``backward`` and ``args`` of the same copies, what it computed, the cache, the seeds."""

    def __init__(self, arguments, reach, gradient):
        forward, self.backward, self.args = arguments.copies()
        with same_draws(reach), np.errstate(all="ignore"):
            result = forward(*self.args)
        self.out, self.cache = outcome(result, gradient)
        self.seeds = seeds(self.out, gradient)


def slope_of(arguments, reach, gradient, values):
    """``seed · result`` of forward in plain NumPy with other values of its arguments."""
    forward, _, args = arguments.copies(values)
    with same_draws(reach), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        out, _ = outcome(forward(*args), gradient)
    outs = out if isinstance(out, tuple) else (out,)
    return math.fsum(
        float(np.sum(seed * np.asarray(raw(one)))) for one, seed in zip(outs, seeds(out, gradient), strict=True)
    )


class Recording:
    """Forward on Tensors.

    output : the Tensor to differentiate, or None where history was lost
    leaves : {name: Tensor}
    trace : the trace of the run; lost : why there is no output, in a sentence, or ""
    """

    def __init__(self, arguments, reach, plain, gradient, only):
        self.leaves, self.output, self.lost = {}, None, ""
        self.trace = Trace(Tensors())
        forward, _, args, self.leaves = arguments.tensors(only)
        tape = Tape()
        with (
            _Switch(recording=True, tapes=(tape,), anomaly=False, scope=()), same_draws(reach),
            np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()),
        ):  # fmt: skip
            try:
                with lent(reach):
                    result = self.trace.run(forward, args)
            except Exception as error:
                self.lost = _told(error)
                return
            out, cache = outcome(result, gradient)
            outs = out if isinstance(out, tuple) else (out,)
            plains = plain.out if isinstance(plain.out, tuple) else (plain.out,)
            found = [self._recorded(one, tape) for one in outs]
            if None in found:
                self.lost = self._where_lost()
            elif not all([_agree(one.data, other) for one, other in zip(found, plains, strict=True)]) or not _alike(
                cache, plain.cache
            ):
                self.lost = self._where_values_differ(arguments, reach)
            elif isinstance(out, tuple):
                terms = [(one * seed).sum() for one, seed in zip(found, plain.seeds, strict=True)]
                self.output = sum(terms[1:], terms[0])
            else:
                (self.output,) = found
        self.seed = 1.0 if isinstance(out, tuple) else plain.seeds[0]
        if self.output is not None and not self._is_the_slope(arguments, reach, gradient):
            self.lost, self.output = self._where_lost(), None

    @staticmethod
    def _recorded(one, tape):
        """A result as a Tensor: itself, or of a number, such as float(loss), the newest Tensor of that value."""
        if isinstance(one, Tensor):
            return one if one.node is not None else None
        if np.size(one) != 1:
            return None
        for node in reversed(tape.nodes):
            if np.size(node.note.value) == 1 and float(np.reshape(node.note.value, ())) == float(np.reshape(one, ())):
                return wrap(node.note.value, node)
        return None

    def _is_the_slope(self, arguments, reach, gradient):
        """Whether the gradients of the tape are those of forward in plain NumPy, along one direction of all leaves."""
        leaves = {name: leaf for name, leaf in self.leaves.items() if leaf.size}
        found = walk_to([self.output], [self.seed], list(leaves.values()), retain_graph=True)
        rng = np.random.default_rng(0)
        ways = {
            name: rng.uniform(0.5, 1.5, leaf.shape) * rng.choice([-1.0, 1.0], leaf.shape)
            for name, leaf in leaves.items()
        }
        parts = [0.0 if g is None else float(np.sum(g * ways[name])) for name, g in zip(leaves, found, strict=True)]
        expected = math.fsum(parts)
        size = max([1.0, *[float(np.max(np.abs(leaf.data), initial=0.0)) for leaf in leaves.values()]])
        values = {name: np.asarray(leaf.data, dtype=float) for name, leaf in leaves.items()}
        middle = slope_of(arguments, reach, gradient, values)
        if not np.isfinite([expected, middle]).all():
            return True
        for step in STEPS:
            h = step * size
            right, left = (
                (slope_of(arguments, reach, gradient, {n: v + sign * h * ways[n] for n, v in values.items()}) - middle)
                / (sign * h)
                for sign in (1, -1)
            )
            slope, noise = (right + left) / 2, 1e-13 * abs(middle) / h
            scale = max(abs(expected), abs(slope), 1e-3 * sum(map(abs, parts)), 1e-12)
            if abs(slope - expected) <= 1e-4 * scale + noise or not np.isfinite(slope):
                return True
        return abs(right - left) > 0.1 * abs(slope - expected)  # a kink, where the slopes say nothing

    def _where_lost(self):
        """A sentence on the line that takes a number out of the recording."""
        for statement in self._statements():
            if statement.losing:
                return (
                    f"line {statement.line} takes a number out of the recording with {statement.losing}: "
                    f"{statement.source}\nwrite it with NumPy's functions alone, without {statement.losing}"
                )
        return (
            "what forward returns does not depend on its arguments as far as could be recorded\n"
            "write it with NumPy's functions, and make arrays that are filled inside forward, with np.zeros"
        )

    def _statements(self):
        """The statements of all functions that ran."""
        seen = set()
        for change in self.trace.changes:
            source = self.trace.sources[change.statement.path]
            first, last = source.function_at(change.statement.line)
            for line in range(first, last + 1):
                statement = source.by_line.get(line)
                if statement is not None and statement not in seen:
                    seen.add(statement)
                    yield statement

    def _where_values_differ(self, arguments, reach):
        """A sentence on the first line that gives another value on Tensors than in plain NumPy."""
        trace = Trace(Arrays())
        forward, _, args = arguments.copies()
        with same_draws(reach), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
            trace.run(forward, args)
        recorded, names = {}, set()
        for change in self.trace.changes:
            recorded.setdefault((change.call, change.statement.line, change.name), []).append(change.value)
            names.add((change.call, change.name))
        for change in trace.changes:
            if (change.call, change.name) not in names:
                continue
            if not change.inside and not recorded.get((change.call, change.statement.line, change.name)):
                continue  # a new array, without history
            several = recorded.get((change.call, change.statement.line, change.name))
            if several and np.shape(several[0].note.value if several[0].note else change.value) == np.shape(
                change.value
            ):
                node = several.pop(0)
                if node.note is None or _agree(node.note.value, change.value):
                    continue
            return (
                f"line {change.statement.line} gives {change.name} another value than in plain NumPy: "
                f"{change.statement.source}\n"
                "it writes into a view of an array, and a Tensor has none: write into the array itself, out[i, j] = …"
            )
        return "forward gives other values on Tensors than in plain NumPy"


def _told(error):
    """A sentence on an error of the recorded run, with the line of the user's that it came from."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if is_users(one.filename)]
    text = " ".join(str(error).split("\n"))
    if not frames:
        return f"forward cannot be recorded: {text}"
    return f"line {frames[-1].lineno} cannot be recorded: {frames[-1].line}\n{type(error).__name__}: {text}"


def _agree(a, b):
    a, b = np.asarray(raw(a)), np.asarray(raw(b))
    if a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc" and b.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    tolerance = 1e-3 if min(a.dtype.itemsize, b.dtype.itemsize) < 8 else 1e-7
    largest = np.max(np.abs(b), initial=0.0, where=np.isfinite(b))
    return bool(np.allclose(a, b, tolerance, tolerance * largest, equal_nan=True))


def _alike(a, b):
    """Whether two caches hold the same values, as far as they hold arrays."""
    todo = [(a, b)]
    while todo:
        a, b = todo.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            todo += [(a[key], b[key]) for key in a if key in b]
        elif isinstance(a, list | tuple) and isinstance(b, list | tuple):
            todo += list(zip(a, b, strict=False))
        elif isinstance(a, Tensor | np.ndarray) and isinstance(b, np.ndarray | np.generic) and not _agree(a, b):
            return False
    return True
