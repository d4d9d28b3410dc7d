"""What a recorded operation's formulas may speak of: its values by name, and the axes that it works along."""

import numpy as np

from ..taped.graph import value_of
from ..taped.replay import known
from . import formula as ex


def rule_of(node, i):
    return node.operation.rules[0] if node.operation.variadic else node.operation.rules[i]


def known_of(node):
    """{name: value} of all that the letters and words of a node's operation may ask for."""
    inputs = [value_of(one) for one in node.note.inputs]
    named = known(node, inputs)
    if not node.operation.variadic:
        named.update({f"{name}_shape": np.shape(one) for name, one in zip(node.operation.inputs, inputs, strict=True)})
    return named


def along_axes(formula, node):
    """The formula with its means and sums along the axes that the operation works along."""
    if not any(isinstance(part, ex.Call) and part.function.along for part in ex.walk(formula)):
        return formula
    shape = np.shape(value_of(node.note.inputs[0]))
    axes = _axes_of(node, len(shape))

    def bound(one):
        parts = [bound(part) for part in one.parts]
        if isinstance(one, ex.Call) and one.function.along:
            return ex.Call(one.function.bound(axes, shape), *parts)
        return one.rebuilt(parts) if parts else one

    return bound(formula)


def _axes_of(node, rank):
    operation = node.operation
    if "classes" in operation.traits:
        return (min(1, rank - 1),)
    axis = node.note.params.get(operation.arguments.get("axis"), operation.defaults.get("axis"))
    if axis is None:
        return tuple(range(rank))
    return tuple(sorted(np.lib.array_utils.normalize_axis_tuple(axis, rank)))
