"""What else than gradients a learner may give: values of the forward pass, and parameters after a step.

``judge_forward`` holds forward values against those recorded, and against what follows from the learner's own values
before them; ``judge_new`` parameters after a step of gradient descent, as they follow from the learner's own gradients.
"""

import numpy as np

from ..node import Leaf
from ..taped.replay import evaluate
from .judgement import Mistake, Row


class ValueRow(Row):
    """A value by hand beside the recorded one; the attributes are those of ``Row``."""

    is_gradient = False

    def __init__(self, node, names, given, truth, expected, what):
        super().__init__(node, names, given, truth, expected)
        self.what = what


def judge_forward(graph, forward):
    """(a row for each value of the forward pass, {node: the learner's value, where it is wrong}), oldest first.

    forward : {node: Given}
    """
    rows, wrong, literal = [], {}, {}
    for node in sorted(forward, key=lambda node: graph.places(node)[0].birth):
        given, (place, *_) = forward[node], graph.places(node)
        following = evaluate(graph.order, wrong) if wrong else {}
        true = place.note.value
        expected = following.get(place, true)
        row = ValueRow(node, graph.names, given, true, expected, f"the value of {graph.names.name(node)}")
        _judge(row, graph.narrow, bool(wrong))
        if row.wrong and row.fits and literal and given.agrees(evaluate(graph.order, literal).get(place, true)):
            row.step_ok = True
            if not wrong:
                row.mistake = Mistake(
                    "rounded-too-early",
                    graph.names.recorded(node),
                    f"{row.what} is what comes out of values rounded to the digits that you give",
                )
        if row.fits and not given.all_blank:
            value = np.asarray(given.filled(expected)).astype(node.like[1])[()]
            literal.update(dict.fromkeys(graph.places(node), value))
            if not row.ok:
                wrong.update(dict.fromkeys(graph.places(node), value))
        if row.wrong:
            row.mistake = _of_value(row, graph)
        rows.append(row)
    return rows, wrong


def _judge(row, narrow, others_wrong):
    given = row.given
    if given.all_blank:
        row.undecided = "it was left blank: there is no number to judge"
    elif row.fits:
        row.ok = given.agrees(row.truth, 0.0, narrow)
        if not row.ok and given.cut_off(row.truth):
            row.ok, row.remark = True, "right, but the last digit is cut off where it should be rounded"
        row.step_ok = row.ok or (others_wrong and given.agrees(row.expected, 0.0, narrow))
        if not row.step_ok and others_wrong:
            extra = 4 * np.max(np.asarray(given.slack), initial=0.0)
            row.step_ok = bool(extra) and given.agrees(row.expected, extra, narrow)


def _of_value(row, graph):
    """What is wrong with a value of the forward pass: another value's, a sign, an activation left out."""
    if not row.fits or type(row.node) is Leaf or row.given.digits < 2.5:
        return None
    names, node = graph.names, row.node
    tried = [("sign", -row.expected, "with the wrong sign")]
    inputs = [(names.called(node, i), graph.value(source)) for i, source in enumerate(node.note.inputs)]
    if node.operation.kind == "activation" and len(inputs) == 1:
        tried.append(("activation-left-out", inputs[0][1], f"when {node.operation.name} is left out"))
    for key, value, words in tried:
        if np.shape(value) == row.shape and row.given.agrees(value):
            return Mistake(key, names.recorded(node), f"{row.what} is what comes out {words}", place=names.place(node))
    return None


def judge_new(graph, new, learning_rate, true, gradients):
    """A row for each parameter after a step.

    new, gradients : {leaf: Given}; true : {leaf: its true gradient}
    """
    rows = []
    for leaf, given in new.items():
        old, name = graph.value(leaf), graph.names.name(leaf)
        own = gradients.get(leaf)
        mine = own.filled(true[leaf]) if own is not None and own.shape == leaf.like[0] else true[leaf]
        right, following = (old - learning_rate * g for g in (true[leaf], mine))
        row = ValueRow(leaf, graph.names, given, right, following, f"{name} after the step")
        _judge(row, graph.narrow, mine is not true[leaf])
        if row.wrong and row.fits:
            row.mistake = _of_step(row, graph, learning_rate, (mine, true[leaf]), name)
        rows.append(row)
    return rows


def _of_step(row, graph, rate, gradients, name):
    """What went wrong in the step from the gradients."""
    old = graph.value(row.node)
    for g in gradients:
        for key, value, words in (
            ("sign", old + rate * g, f"the step is added: {name} + η ∂E/∂{name} in place of {name} − η ∂E/∂{name}"),
            ("factor", old - g, "the learning rate η is left out"),
            ("factor", old - rate * rate * g, "the learning rate η is applied twice"),
            ("factor", old - 2 * rate * g, "the step is made twice"),
            ("step-for-gradient", -rate * g, f"{name} itself is left out: the step −η ∂E/∂{name} alone is given"),
            ("step-for-gradient", rate * g, f"{name} itself is left out: the step η ∂E/∂{name} alone is given"),
            ("factor", old * (1 - rate * g), f"the step is multiplied by {name}"),
            ("step-for-gradient", old, f"{name} has not changed"),
        ):
            if np.shape(value) == row.shape and row.given.digits > 1.5 and row.given.agrees(value):
                return Mistake(key, graph.names.recorded(row.node), f"{row.what} is what comes out when {words}")
    return None
