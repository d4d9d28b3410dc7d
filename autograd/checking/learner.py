"""What a learner wrote down: a value for each gradient, and what the parameters were after an update.

Each kind of given value is read here, by itself and with its own errors; how right it is says ``judgement``.
"""

import re
import unicodedata
from copy import copy

import numpy as np

from ..node import Leaf
from ..notes import Constant
from ..taped.graph import is_leafs_alias
from ..tensors import Tensor, raw
from .cells import is_grid, is_table, read_grid, read_list
from .formulas import FormulaError, Gradient, Own, Vocabulary, read_formula, recorded_point
from .given import Given, is_formula


class Learner:
    """The values of a learner, by the node that each is about.

    gradients : {node: Given}
    fitting : those of the nodes whose by-hand gradient has the shape that it must have
    updated : {leaf: its value after an update}, where that was given
    learning_rate : of the step that makes the updated values otherwise, or None
    """

    def __init__(self, graph, by_hand, updated=None, learning_rate=None):
        self.take(_read_gradients(graph, by_hand))
        self.updated = _read_updated(graph, updated or {})
        self.learning_rate = learning_rate if updated is None else None

    def take(self, gradients):
        """Let these be the learner's gradients, {node: Given}."""
        self.gradients = gradients
        self.fitting = {node for node, given in gradients.items() if given.shape == node.like[0]}

    def on(self, graph, place):
        """The same of another graph, where ``place(node)`` is what a node is there."""
        other = copy(self)
        other.take({place(node): given for node, given in self.gradients.items()})
        other.updated = {place(node): value for node, value in self.updated.items()}
        return other

    def gradient(self, node, truth):
        """The by-hand gradient of a node as an array that can be handed on, the true one where it is blank."""
        return np.asarray(self.gradients[node].filled(truth)).astype(node.like[1])[()]


def _by_name(graph, source):
    """{Tensor: numbers} of a table of names and numbers: "w5", or as a gradient, "∂E/∂w5"."""
    known = {}
    for node in graph.order:
        if graph.names.has_name(node) and not is_leafs_alias(node):
            known.setdefault(_plain(graph.names.name(node)), node)
    found = {}
    for written, rows in read_list(source).items():
        node = known.get(_plain(written)) or known.get(_plain(re.sub(r"^\s*[∂d]\S*?\s*/\s*[∂d]", "", written)))
        if node is None:
            names = ", ".join(graph.names.name(one) for one in known.values())
            raise ValueError(
                f"check_by_hand: the table names what has no name in the graph: {written}\n  named: {names}"
            )
        found[node] = rows
    return found


def _plain(name):
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name))


def _given(value, arrays, name, shape):
    """The Given of a value, which may be a table."""
    if is_grid(value):
        return _of_rows(read_grid(value), name, shape)
    one = Given(value, arrays, name)
    one.fit(shape)
    return one


def _of_rows(rows, name, shape):
    """The Given of a table's numbers: with the shape that it should have, where the columns are its last axis."""
    if all(number is None for row in rows for number in row):  # left blank, however many cells that are
        rows = np.full(shape, np.nan)
    one = Given(rows, {}, name)
    if np.size(one.value) == np.prod(shape, dtype=int) and (len(shape) < 2 or one.shape[-1] == shape[-1]):
        one.reshape(shape)
    one.fit(shape)
    return one


def _read_gradients(graph, by_hand):
    """{node: Given}; a node without a name takes that of the Tensor which the learner used."""
    if is_table(by_hand):
        return {
            node: _of_rows(rows, graph.names.name(node), node.like[0])
            for node, rows in _by_name(graph, by_hand).items()
        }
    if not isinstance(by_hand, dict):
        raise TypeError(
            f"check_by_hand: give a dict {{tensor: value}}, or a table of names and values\n"
            f"  given: {type(by_hand).__name__}"
        )
    arrays = graph.names.arrays()
    given, formulas = {}, {}
    for tensor, value in by_hand.items():
        node = _node_of(graph, tensor)
        if tensor.name:
            graph.names.give(node, tensor.name)
        elif type(node) is Leaf and not graph.names.has_name(node):
            graph.names.give(node, f"leaf of shape {tensor.shape}" if tensor.shape else "leaf")
        if is_formula(value) and not is_grid(value):
            formulas[node] = value
            given[node] = None  # in the order in which they were given
            continue
        given[node] = _given(value, arrays, graph.names.name(node), node.like[0])
    if formulas:
        given.update(_Formulas(graph, formulas, given).read())
    return given


class _Formulas:
    """Formulas among the learner's values, which may speak of each other and of the other values."""

    def __init__(self, graph, texts, given):
        self.graph = graph
        self.given = {node: one for node, one in given.items() if one is not None}
        vocabulary = Vocabulary(graph, [graph.original[node] for node in given])
        self.point = recorded_point(graph, vocabulary)
        self.formulas = {}
        for node, text in texts.items():
            try:
                self.formulas[node] = read_formula(text, vocabulary, graph.original[node], node.like[0])
            except FormulaError as error:
                raise FormulaError(f"check_by_hand: {graph.names.name(node)}: {error}") from error

    def read(self):
        """{node: Given} of the formulas, each after those that it speaks of."""
        todo = dict(self.formulas)
        while todo:
            ready = [node for node, formula in todo.items() if not self._waits_for(formula) & todo.keys()]
            if not ready:
                said = "".join(f"\n  {self.graph.names.name(node)}: {one.source[:80]}" for node, one in todo.items())
                raise FormulaError(f"check_by_hand: formulas that each wait for the other{said}")
            for node in ready:
                self._evaluate(node, todo.pop(node))
        return {node: self.given[node] for node in self.formulas}

    def _waits_for(self, formula):
        references = [one.reference for one in formula.names()]
        return {self.graph.nodes[one.node] for one in references if isinstance(one, Gradient)}

    def _evaluate(self, node, formula):
        own, slacks, original = {}, {}, self.graph.original
        for other in self._waits_for(formula):
            if other in self.given:
                true = self.point.gradient(other)
                own[original[other]] = self.given[other].filled(true)
                slacks[original[other]] = self.given[other].slack
        numbers = Own(self.point, own, slacks)
        try:
            value = formula.value(numbers)
            one = Given.of_formula(formula, value, formula.slack(numbers, value))
        except FormulaError as error:  # a wrong step: what follows from it is judged as if it were right
            one = Given.of_formula(formula, self.point.gradient(node), 0.0, str(error))
        one.fit(node.like[0])
        self.given[node] = one


DOORS = "by float(), .item(), .data, np.asarray(), or by writing it into an array of np.zeros()"
"""How a value leaves the graph."""


def _where_lost(graph, tensor):
    """A line on the operation that takes the value of a Tensor, or numbers out of it, as a constant; or ""."""
    mine = np.asarray(tensor.data)
    if not mine.size or not np.any(mine):
        return ""
    for node in graph.order:
        for source in node.note.inputs if type(node) is not Leaf else ():
            if not isinstance(source, Constant) or np.asarray(source.value).dtype.kind != "f":
                continue
            held = np.asarray(source.value)
            if held.size == 1 and float(held.flat[0]) * 2 % 1 == 0:
                continue  # 1, ½, 2: such a number may stand there by itself
            if np.isin(mine, held).all() or (held.any() and np.isin(held[held != 0], mine).all()):
                place = graph.names.place(node)
                return (
                    f"  its numbers come in as a constant at {graph.names.label(node)}"
                    f"{f' ({place})' if place else ''}: the history was lost before, {DOORS}\n"
                    "  keep to operations on the Tensor: ag.stack, ag.concatenate, ag.where, t[i]\n"
                )
    return ""


def _node_of(graph, tensor):
    """The walked node of a Tensor that is a key of the dict."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"check_by_hand: the keys are Tensors of the graph\n  key: {tensor!r}")
    called = f"Tensor {tensor.name!r}" if tensor.name else f"a Tensor of shape {tensor.shape}"
    if tensor.node is None:
        raise ValueError(
            f"check_by_hand: {called} has no gradient: it does not require grad\n"
            "  make it with requires_grad=True before recording\n"
            f"  if it was computed from such a one, its history was lost there: {DOORS}"
        )
    if tensor.node not in graph.nodes:
        raise ValueError(
            f"check_by_hand: {called} is no part of the graph\n{_where_lost(graph, tensor)}"
            "  the output was not made from it; use the very Tensor, no copy of it"
        )
    return graph.nodes[tensor.node]


def read_values(graph, values, argument):
    """{node: Given} of values of the forward pass, or of parameters after a step."""
    arrays, read = graph.names.arrays(), {}
    for tensor, value in values.items():
        node = _node_of(graph, tensor)
        if argument == "new" and type(node) is not Leaf:
            raise ValueError(f"check_by_hand: new: {graph.names.name(node)} is no parameter of the graph")
        if tensor.name:
            graph.names.give(node, tensor.name)
        read[node] = _given(value, arrays, graph.names.name(node), node.like[0])
    return read


def _read_updated(graph, updated):
    """{leaf: its new value}."""
    new = {}
    for tensor, value in updated.items():
        leaf = graph.nodes.get(tensor.node) if isinstance(tensor, Tensor) else None
        if type(leaf) is not Leaf:
            raise ValueError(f"check_by_hand: updated: {tensor!r} is no parameter of the graph")
        new[leaf] = np.asarray(raw(value), dtype=leaf.like[1])[()]
        if np.shape(new[leaf]) != leaf.like[0]:
            raise ValueError(
                f"check_by_hand: updated: the new value of {graph.names.name(leaf)} has another shape\n"
                f"  parameter: {leaf.like[0]}\n  new value: {np.shape(new[leaf])}"
            )
    return new
