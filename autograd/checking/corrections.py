"""Verdicts on by-hand values that are formulas: right at all numbers, or what is missing, extra or different.

A formula is right where, with the true gradients in place of those that it names, it gives the true one at the
recorded numbers and at random ones. What it comes to is judged as a number too: so it may follow from wrong ones.
"""

import numpy as np

from .formulas import (
    FormulaError,
    Gradient,
    Numbers,
    Own,
    Vocabulary,
    held_numbers,
    literals_that_stand_for,
    random_points,
    recorded_point,
    repair,
)  # fmt: skip
from .given import RELATIVE
from .judgement import Mistake

FORMULAS = {
    "sign": "−a in place of a", "factor-missing": "a in place of a · b", "factor-extra": "a · b in place of a",
    "factor-different": "a · b in place of a · c", "number-different": "a number in place of another",
    "power": "a² in place of a, or the other way round", "term-missing": "a in place of a + b",
    "term-extra": "a + b in place of a", "transpose": "A in place of Aᵀ, or A B in place of B A",
    "product": "a ⊙ b in place of a @ b, or the other way round", "sum": "a in place of Σ a, or over another axis",
    "index": "x[i] in place of x[j]", "no-value": "a formula that comes to nothing",
    "coincidence": "a formula that gives the number, but not the derivative",
}  # fmt: skip
"""What is wrong with a formula, in general: {key: how}."""


def judge_formulas(graph, truth, rows, written_out=None):
    """Judge the rows that are formulas anew: at random numbers too, and each by the part that is wrong.

    written_out(node) : the true formula of a gradient as text, for what no small change makes right
    """
    rows = [row for row in rows if row.given.formula is not None and row.is_gradient and not row.undecided]
    if not rows:
        return
    vocabulary = Vocabulary(graph, [graph.original[node] for node in truth.learner.gradients])
    recorded, points = recorded_point(graph, vocabulary), {}
    for row in rows:
        numbers = held_numbers(graph, vocabulary, row.given.formula.numbers())
        if numbers not in points:
            points[numbers] = [recorded, *random_points(graph, vocabulary, numbers)]
        _judge(row, graph, vocabulary, points[numbers], truth.learner.gradients, written_out)


class _Reader(Numbers):
    """The numbers of a point, as the learner writes gradients: in another convention, where that was accepted."""

    def __init__(self, point, graph, gradients):
        self._point, self._graph, self._gradients = point, graph, gradients

    def of(self, reference):
        value = self._point.of(reference)
        node = getattr(reference, "node", None)
        given = self._gradients.get(self._graph.nodes.get(node)) if node is not None else None
        if given is not None and isinstance(reference, Gradient):
            for function, scale in reversed(given.read):
                value = function(value) / scale
        return value


def _judge(row, graph, vocabulary, points, gradients, written_out):
    formula, node = row.given.formula, row.node
    targets = [np.asarray(point.gradient(point.nodes[graph.original[node]])) for point in points]
    readers = [_Reader(point, graph, gradients) for point in points]

    def agrees(value, k, slack=0.0):
        for function, scale in row.given.read:
            value, slack = function(value) * scale, function(np.broadcast_to(slack, np.shape(value))) * abs(scale)
        return close(value, targets[k], slack)

    def is_right(one, k):
        numbers = Own(readers[k])
        try:
            value = one.value(numbers)
            return agrees(value, k, one.slack(numbers, value))
        except FormulaError:
            return False

    every = range(len(points)) if formula.names() else range(1)
    if all(is_right(formula, k) for k in every):
        row.step_ok = True
        row.follows_not = row.follows_not and not row.ok
        row.ok = row.ok or not _names_wrong_gradients(formula, graph, gradients, targets, points)
        return
    if row.ok and is_right(formula, 0):
        for one, said in literals_that_stand_for(formula, points[0], vocabulary):
            if all(is_right(one, k) for k in every):
                row.remark = "; ".join([*([row.remark] if row.remark else []), said])
                return
    by_chance = row.ok and not row.given.broken
    row.ok = row.step_ok = row.follows_not = False
    found = repair(formula, agrees, readers, vocabulary, graph.original[node])
    chance = "at the recorded numbers it is right, but at others it is not: " if by_chance else ""
    row.formula = formula.text()
    if found is not None:
        row.right_formula = found.tree.text()
        row.mistake = _mistake(found.key, chance + found.says, node, graph)
        return
    row.right_formula = written_out(graph.original[node]) if written_out is not None else ""
    if by_chance:
        row.mistake = _mistake("coincidence", f"{chance}a coincidence", node, graph)
    elif row.given.broken:
        row.mistake = _mistake("no-value", row.given.broken.partition("\n")[0], node, graph)


def _mistake(key, says, node, graph):
    return Mistake(key, graph.names.recorded(node), says, formula=FORMULAS[key], place=graph.names.place(node))


def _names_wrong_gradients(formula, graph, gradients, targets, points):
    """Whether a formula speaks of a gradient that the learner has wrong."""
    for one in formula.names():
        node = getattr(one.reference, "node", None)
        given = gradients.get(graph.nodes.get(node)) if node is not None else None
        if given is not None and not given.agrees(points[0].gradient(graph.nodes[node])):
            return True
    return False


def close(value, truth, slack=0.0):
    """Whether a formula's value is the true one; axes of length 1 may differ."""
    value, truth = np.asarray(value, dtype=np.float64), np.asarray(truth)
    if not value.ndim and not truth.ndim and np.isfinite(value):
        return bool(abs(value - truth) <= RELATIVE * abs(truth) + 1e-13 + slack)
    if value.shape != truth.shape:
        plain = [n for n in value.shape if n > 1] == [n for n in truth.shape if n > 1]
        if value.size != truth.size or not plain:
            return False
        value, slack = value.reshape(truth.shape), np.reshape(np.broadcast_to(slack, value.shape), truth.shape)
    if not np.all(np.isfinite(value)):
        return bool(np.array_equal(value, truth, equal_nan=True))
    largest = np.max(np.abs(truth), initial=0.0, where=np.isfinite(truth))
    allowed = RELATIVE * np.abs(truth) + 1e-3 * RELATIVE * largest + 1e-13 + slack
    return bool(np.all(np.abs(value - truth) <= allowed))
