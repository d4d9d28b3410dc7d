"""Conventions: other ways to write the same derivation down, which are no mistakes.

``read_in`` gives the learner's values in the library's convention: δ is ∂E/∂z, the gradient of the loss as it was
recorded, of the shape of its value. ``recognized`` finds the convention in which all values are right, from the values
alone; ``mixed`` says where two of them stand in one derivation.
"""

import re

import numpy as np

from ..node import Leaf
from .judgement import Mistake

CONVENTIONS = {
    "opposite-sign": "the error signals δ have the opposite sign (t − y in place of y − t); the minus comes in at the "
    "parameters",
    "per-example": "the δ's are per example, without the 1/m of the mean; 1/m comes in at the parameters",
    "sum": "the gradients are those of the sum in place of the mean, or of the mean in place of the sum",
    "in-out": "weights are (in, out), or (out, in), the transpose of those recorded",
    "flipped-kernels": "kernels are turned by 180° throughout: a true convolution, or a correlation in its place",
    "per-row": "a gradient for each row of the batch, not yet added up",
}
"""Each convention, and what it says."""

AUTOMATIC = ("opposite-sign", "per-example")
"""Those that are accepted unasked, where the parameters' gradients are true as they stand."""


def names_of(conventions):
    """The names given, checked."""
    names = [conventions] if isinstance(conventions, str) else list(conventions)
    unknown = [name for name in names if name not in CONVENTIONS]
    if unknown:
        raise ValueError(
            f"check_by_hand: no such convention\n  given: {', '.join(map(repr, unknown))}\n"
            f"  known: {', '.join(CONVENTIONS)}"
        )
    return names


def read_in(name, graph, gradients, true):
    """({node: Given}, {node: what was done}): the values in the library's convention, and of those that changed."""
    changed, said = _READERS[name](graph, gradients, true)
    return {**gradients, **changed}, dict.fromkeys(changed, said)


def recognized(graph, gradients, truth):
    """(name, {node: Given}, {node: what was done}, whether it is accepted) of the convention that explains all values.

    It is accepted where δ's and parameters' gradients are given and the latter are true as they stand. None where the
    values are right already, or in no convention.
    """
    if not gradients or all(_right(given, truth, node) for node, given in gradients.items()):
        return None
    for name in CONVENTIONS:
        read, said = read_in(name, graph, gradients, truth.true)
        meant = [node for node in said if not _right(gradients[node], truth, node)]
        if not meant or not all(_right(given, truth, node) for node, given in read.items()):
            continue
        if name == "sum" and len(meant) < 2:
            continue  # one value times N is a mistake in that one
        return name, read, said, name in AUTOMATIC and _has_true_parameters(gradients, truth)
    return None


def mixed(graph, gradients, truth, rows):
    """Name the mix of conventions, where the parameters' gradients are true and each δ is so in one of several."""
    signals = [node for node in gradients if _is_signal(graph, node) and np.any(truth.true[node])]
    if len(signals) < 2 or not _has_true_parameters(gradients, truth):
        return
    kinds = {}
    for node in signals:
        if _right(gradients[node], truth, node):
            kinds[node] = ""
            continue
        for name in AUTOMATIC:
            read, said = read_in(name, graph, {node: gradients[node]}, truth.true)
            count = _count_of(said.get(node, ""))
            if count and not all(count in other.like[0] for other in signals):
                continue  # it is no number of examples
            if said and _right(read[node], truth, node):
                kinds[node] = said[node]
                break
        else:
            return
    if len(set(kinds.values())) < 2:
        return
    names = graph.names
    for row in rows:
        if row.wrong and kinds.get(row.node):
            others = [f"∂{names.output}/∂{names.name(node)}" for node in signals if kinds[node] != kinds[row.node]]
            row.mistake = Mistake(
                "mixed-conventions",
                names.recorded(row.node),
                f"your {row.what} is {kinds[row.node]}, but {', '.join(others[:3])} is not: two conventions are mixed "
                "in one derivation",
            )


def _count_of(said):
    """The number of examples in what was said of a value; 0 where there is none."""
    return int(next(iter(re.findall(r"\d+", said)), 0))


# -- what is what ------------------------------------------------------------------------------


def _is_signal(graph, node):
    """Whether the gradient is a δ: that of an inner value."""
    return type(node) is not Leaf and node is not graph.output


def _right(given, truth, node):
    true = truth.true[node]
    if given.shape != np.shape(true) or given.all_blank:
        return False
    narrow = truth.graph.narrow
    return given.agrees(true, 0.0, narrow) or given.agrees(true, truth.zero(node, given), narrow)


def _has_true_parameters(gradients, truth):
    """Whether parameters' gradients are given, and all of them are true."""
    parameters = [node for node in gradients if type(node) is Leaf]
    return bool(parameters) and all(_right(gradients[node], truth, node) for node in parameters)


# -- how each is read --------------------------------------------------------------------------


def _opposite_sign(graph, gradients, true):
    signals = {node: one for node, one in gradients.items() if _is_signal(graph, node)}
    return {node: one.changed(lambda v: v, -1.0) for node, one in signals.items()}, "of the opposite sign"


def _per_example(graph, gradients, true):
    signals = {node: one for node, one in gradients.items() if _is_signal(graph, node) and one.shape == node.like[0]}
    counts = {n for node in signals for n in node.like[0] if n > 1}
    counts = [n for n in sorted(counts) if all(n in node.like[0] for node in signals)]
    n = _best(counts, signals, true, lambda one, n: one.changed(lambda v: v, 1 / n))
    if n is None:
        return {}, ""
    what = f"per example, {n} times the gradient"
    return {node: one.changed(lambda v: v, 1 / n) for node, one in signals.items()}, what


def _sum(graph, gradients, true):
    fitting = {node: one for node, one in gradients.items() if one.shape == node.like[0] and node is not graph.output}
    counts = set()
    for node in graph.order:
        shape = node.like[0]
        counts |= {*shape, int(np.prod(shape)), int(np.prod(shape[:1] + shape[2:]))}
    ratios = [r for n in sorted(counts) if n > 1 for r in (float(n), 1 / n)]
    ratio = _best(ratios, fitting, true, lambda one, r: one.changed(lambda v: v, 1 / r))
    if ratio is None:
        return {}, ""
    what = f"of the sum, {ratio:g} times" if ratio > 1 else f"of the mean, 1/{1 / ratio:g} of"
    what = f"{what} the gradient"
    return {node: one.changed(lambda v: v, 1 / ratio) for node, one in fitting.items()}, what


def _in_out(graph, gradients, true):
    weights = {
        node: one
        for node, one in gradients.items()
        if type(node) is Leaf and len(node.like[0]) == 2 and min(node.like[0]) > 1 and one.shape == node.like[0][::-1]
    }
    return {node: one.changed(np.transpose) for node, one in weights.items()}, "transposed"


def _flipped_kernels(graph, gradients, true):
    changed = {}
    for node, one in gradients.items():
        rank = _rank_of_kernel(graph, node)
        if rank and one.shape == node.like[0]:
            changed[node] = one.changed(lambda v, rank=rank: np.flip(v, tuple(range(-rank, 0))))
    return changed, "turned by 180°"


def _rank_of_kernel(graph, node):
    """Over how many axes the kernel that a leaf is slides; 0 of what is none."""
    for place in graph.places(node) if type(node) is Leaf else ():
        for user, i in graph.uses[place]:
            if user.operation.kind == "convolution" and i == 1:
                return next(rank for rank in (1, 2, 3) if f"{rank}-D" in user.operation.traits)
    return 0


def _per_row(graph, gradients, true):
    changed = {}
    for node, one in gradients.items():
        if type(node) is Leaf and one.shape[1:] == node.like[0] and len(one.shape) == len(node.like[0]) + 1:
            sums = one.changed(lambda v: np.sum(v, axis=0))
            mean = one.changed(lambda v: np.mean(v, axis=0))
            changed[node] = mean if mean.agrees(true[node]) else sums
    return changed, "one for each row of the batch"


_READERS = {
    "opposite-sign": _opposite_sign,
    "per-example": _per_example,
    "sum": _sum,
    "in-out": _in_out,
    "flipped-kernels": _flipped_kernels,
    "per-row": _per_row,
}


def _best(choices, gradients, true, change):
    """Of several numbers the one with which most values are right; None where none is."""
    best, most = None, 0
    for choice in choices:
        right = sum(
            bool(np.any(true[node])) and change(one, choice).agrees(true[node]) for node, one in gradients.items()
        )
        if right > most:
            best, most = choice, right
    return best
