"""Run a taped graph again: recorded anew in float64 or float32, or with some values replaced.

A tape keeps for each node its inputs, its static arguments and its value, so that what it records
can be computed again without the program that recorded it.
"""

import numpy as np

from ..watching import alias_on_tape
from ..modes import Tape, _Switch, current
from ..node import Constant, Leaf
from ..ops.arithmetic import multiply
from ..tensor import Tensor, raw, wrap


def alone():
    """Record for ourselves: on no tape of the user, watched by no anomaly mode, even under no_grad."""
    return _Switch(recording=True, tapes=(), anomaly=False, scope=())


class Copy:
    """A taped graph recorded again in one floating-point type, the masks of its dropouts held fixed.

    order : the nodes of the original, oldest first
    nodes : {node of the original: node of the copy}; ``original`` the other way round
    strange : the first node of the original whose value does not come out again, or None: something
        random, or a function that remembers. There is no copy then.
    """

    def __init__(self, order, dtype):
        self.dtype = np.dtype(dtype)
        self.nodes, self.strange = {}, None
        tensors = {}
        for node in order:
            if type(node) is Leaf:
                continue
            with (
                _Switch(recording=True, tapes=(Tape(),), anomaly=False, scope=node.note.scope),
                np.errstate(all="ignore"),
            ):
                try:
                    y = self._again(node, tensors)
                except (ValueError, TypeError, IndexError, ArithmeticError):
                    y = None
            if y is None or y.node is None or not _close(y.data, node.note.value):
                self.strange = node
                return
            tensors[node] = y
            self.nodes[node] = y.node
        self.original = {new: old for old, new in self.nodes.items()}

    def _again(self, node, tensors):
        inputs, operation = node.note.inputs, node.operation
        (first, *_) = inputs
        if type(first) is Leaf:  # the alias of a leaf: with the value that the leaf had when it was used
            value = self._cast(node.note.value)
            if first not in self.nodes:
                self.nodes[first] = Tensor(value, requires_grad=True, name=node.note.name).node
            return alias_on_tape(current().tapes, wrap(value, self.nodes[first]))
        values = [self._cast(p.value) if isinstance(p, Constant) else tensors[p] for p in inputs]
        params = {name: self._cast_parameter(value) for name, value in node.note.params.items()}
        if operation.name == "dropout":
            return multiply(values[0], self._cast(_dropout_scale(node)))
        return operation.function(*arguments(operation, values, params))

    def _cast(self, value):
        dtype = getattr(value, "dtype", None)
        return value.astype(self.dtype) if dtype is not None and dtype.kind == "f" else value

    def _cast_parameter(self, value):
        if isinstance(value, np.dtype | type) and np.issubdtype(value, np.floating):
            return self.dtype
        return self._cast(raw(value))


def _dropout_scale(node):
    """What a dropout multiplied its input by."""
    p = node.note.params["p"]
    ((rule, kept),) = zip(node.operation.rules, node.saved, strict=True)
    mask = dict(zip(rule.needs, kept, strict=True))["mask"]
    return np.float64(1.0) if mask is None else np.asarray(mask / (1 - p), dtype=np.float64)[()]


def _close(a, b):
    a, b = np.asarray(a, dtype=np.float64), np.asarray(raw(b), dtype=np.float64)
    if a.shape != b.shape:
        return False
    finite = np.isfinite(a) & np.isfinite(b)
    scale = np.max(np.abs(b), initial=0.0, where=finite)
    with np.errstate(all="ignore"):
        return bool(np.all((np.abs(a - b) <= 1e-2 * scale + 1e-30) | ~finite))


def arguments(operation, values, params):
    """The positional arguments of an operation, from its inputs' values and its static arguments."""
    named = dict(params)
    if operation.variadic:
        named[operation.inputs[0]] = values
    else:
        named.update(zip(operation.inputs, values, strict=True))
    return [named[name] for name in operation.names if name in named]


def evaluate(order, replaced):
    """{node: value} of all taped nodes that the ``replaced`` ones ({node: value}) change, and of those."""
    changed = dict(replaced)
    with np.errstate(all="ignore"):
        for node in order:
            if node in changed or type(node) is Leaf:
                continue
            operation, inputs = node.operation, node.note.inputs
            if not any(parent in changed for parent in inputs):
                continue
            values = []
            for parent in inputs:
                if parent in changed:
                    values.append(changed[parent])
                else:
                    values.append(parent.value if isinstance(parent, Constant) else parent.note.value)
            y = operation.forward(*arguments(operation, values, node.note.params))
            changed[node] = y[0] if operation.auxiliaries else y
    return changed


class Slopes:
    """Finite differences of ``seed · output`` on a taped graph in float64.

    ``compare(places, truth)`` gives (relative error, kink): the true gradient of a value against
    central differences along each axis or, of a large value, along three random directions. It is a
    kink where the slopes on the two sides differ.
    """

    def __init__(self, order, output, seed):
        self.order, self.output, self.seed = order, output, seed
        self.at_rest = float(np.sum(seed * output.note.value))

    def compare(self, places, truth):
        value = np.asarray(places[0].note.value, dtype=np.float64)
        truth = np.asarray(truth, dtype=np.float64)
        if not value.size:
            return 0.0, False
        if value.size <= 16:
            directions = np.eye(value.size).reshape(value.size, *value.shape)
        else:
            directions = np.random.default_rng(0).normal(size=(3, *value.shape))
        size = max(1.0, float(np.max(np.abs(value))))
        largest = float(np.max(np.abs(truth)))
        worst, kink = 0.0, False
        for direction in directions:
            analytic = float(np.sum(truth * direction))
            scale = max(abs(analytic), largest * float(np.linalg.norm(direction)))
            best, bent = np.inf, False
            for step in (1e-6, 1e-5, 1e-4, 1e-8):
                right, left = (self._side(places, value, direction, sign * step * size) for sign in (1, -1))
                numeric = (right + left) / 2
                noise = 1e-15 * abs(self.at_rest) / (step * size)
                error = abs(numeric - analytic) / max(scale, abs(numeric), noise, 1e-300)
                if error < best:
                    best = error
                    bent = abs(right - left) > 0.5 * abs(numeric - analytic)
                if best < 1e-5:
                    break
            if best > worst or not best <= np.inf:
                worst, kink = best, bent and best > 1e-4
        return worst, kink

    def _side(self, places, value, direction, step):
        moved = evaluate(self.order, dict.fromkeys(places, (value + step * direction)[()]))
        end = float(np.sum(self.seed * moved.get(self.output, self.output.note.value)))
        return (end - self.at_rest) / step
