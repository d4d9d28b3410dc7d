"""Run a taped graph again: recorded anew in float64 or float32, or with some values replaced.

A tape keeps for each node its inputs, its static arguments and its value, so that what it records
can be computed again without the program that recorded it.
"""

import itertools

import numpy as np

from ..modes import Tape, _Switch, current
from ..node import Leaf
from ..notes import Constant
from ..tensors import Tensor, raw, wrap
from ..watching import alias_on_tape


def alone():
    """Record for ourselves: on no tape of the user, watched by no anomaly mode, even under no_grad."""
    return _Switch(recording=True, tapes=(), anomaly=False, scope=())


class Copy:
    """A taped graph recorded again in one floating-point type, what was drawn at random held fixed.

    order    : its nodes, each after all that it was made from
    nodes    : {node of the original: the node of the copy that has its value}
    original : {node of the copy: the node of the original that it was made for}
    values   : {node of the original: the value that its copy has in place of what comes out}; the rest follows from it.
        A Constant may have another value too
    strange  : the first node of the original whose value does not come out again, or None: something
        random, or a function that remembers. There is no copy then.
    """

    def __init__(self, order, dtype, values=None):
        self.dtype, self._values = np.dtype(dtype), values or {}
        self.order, self.nodes, self.original, self.strange = [], {}, {}, None
        tensors = {}
        for node in order:
            if type(node) is Leaf:
                continue
            tape = Tape()
            with (
                _Switch(recording=True, tapes=(tape,), anomaly=False, scope=node.note.scope),
                np.errstate(all="ignore"),
            ):
                try:
                    y = self._again(node, tensors)
                except (ValueError, TypeError, IndexError, ArithmeticError):
                    y = None
            if y is None or y.node is None or not (values or _close(y.data, node.note.value)):
                self.strange = node
                return
            tensors[node] = self._given(y, values[node]) if values and node in values else y
            for new in tape.nodes:
                self._add(new, node)
            self.nodes[node] = y.node

    def _given(self, y, value):
        """The Tensor with another value, which its own rules go by too."""
        node, value = y.node, np.asarray(value, dtype=self.dtype)[()]
        if node.many is None:
            node.saved_a, node.saved_b = [
                _with_result(rule, kept, value)
                for rule, kept in itertools.zip_longest(node.operation.rules[:2], (node.saved_a, node.saved_b))
            ]
        node.note.value = value
        return wrap(value, node)

    def _add(self, new, old):
        self.order.append(new)
        self.original[new] = old

    def _again(self, node, tensors):
        inputs, operation = node.note.inputs, node.operation
        (first, *_) = inputs
        if type(first) is Leaf:  # the alias of a leaf: with the value that the leaf had when it was used
            value = self._cast(node.note.value)
            if first not in self.nodes:
                self.nodes[first] = Tensor(value, requires_grad=True, name=node.note.name).node
                self._add(self.nodes[first], first)
            return alias_on_tape(current().tapes, wrap(value, self.nodes[first]))
        values = [self._cast(self._values.get(p, p.value)) if isinstance(p, Constant) else tensors[p] for p in inputs]
        params = {name: self._cast_parameter(value) for name, value in node.note.params.items()}
        if "random" in operation.traits:
            return operation.in_parts(known(node, values, params))
        return operation.function(*arguments(operation, values, params))

    def _cast(self, value):
        dtype = getattr(value, "dtype", None)
        return value.astype(self.dtype) if dtype is not None and dtype.kind == "f" else value

    def _cast_parameter(self, value):
        if isinstance(value, np.dtype | type) and np.issubdtype(value, np.floating):
            return self.dtype
        return self._cast(raw(value))


def _with_result(rule, kept, y):
    """What a node keeps for one rule, with another value of the node itself."""
    if rule is None or "y" not in rule.needs:
        return kept
    if len(rule.needs) == 1:
        return y
    return tuple([y if name == "y" else one for name, one in zip(rule.needs, kept, strict=True)])


def _close(a, b):
    a, b = np.asarray(a, dtype=np.float64), np.asarray(raw(b), dtype=np.float64)
    if a.shape != b.shape:
        return False
    finite = np.isfinite(a) & np.isfinite(b)
    scale = np.max(np.abs(b), initial=0.0, where=finite)
    with np.errstate(all="ignore"):
        return bool(np.all((np.abs(a - b) <= 1e-2 * scale + 1e-30) | ~finite))


def written_out(node, inputs):
    """The nodes that a fused node's parts record, oldest first; [] where they do not give its value.

    inputs : of each input its array, or the Tensor that stands for it
    """
    tape = Tape()
    with _Switch(recording=True, tapes=(tape,), anomaly=False, scope=()), np.errstate(all="ignore"):
        y = node.operation.in_parts(known(node, inputs))
    value = np.asarray(node.note.value)
    tolerance = 1e3 * np.finfo(value.dtype).eps
    largest = np.max(np.abs(value), initial=0.0, where=np.isfinite(value))
    same = y.shape == value.shape and np.allclose(y.data, value, tolerance, tolerance * largest, equal_nan=True)
    return tape.nodes if same and y.node is not None and y.node is tape.nodes[-1] else []


def arguments(operation, values, params):
    """The positional arguments of an operation, from its inputs' values and its static arguments."""
    named = dict(params)
    if operation.variadic:
        named[operation.inputs[0]] = values
    else:
        named.update(zip(operation.inputs, values, strict=True))
    return [named[name] for name in operation.names if name in named]


def known(node, values, params=None):
    """{name: value} of all that the parts of a node's operation may ask for.

    values : of its inputs; params : of its static arguments, by default those recorded. Auxiliaries are there where
    a rule keeps them.
    """
    operation = node.operation
    named = {**operation.defaults, **(node.note.params if params is None else params), "y": node.note.value}
    for rule, kept in zip(operation.rules, node.saved, strict=False):
        held = dict(zip(rule.needs, (kept,) if len(rule.needs) == 1 else kept or (), strict=False))
        named.update({name: value for name, value in held.items() if name in operation.auxiliaries})
    named.update({operation.inputs[0]: values} if operation.variadic else zip(operation.inputs, values, strict=True))
    return named


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
