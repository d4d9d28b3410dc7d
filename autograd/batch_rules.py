"""How an operation does a whole batch at once, inside ``vmap``: by its kind, or as its declaration says with ``batch=``.

A rule gets the operation, the set of the names of what is mapped, and {argument: value}, in which what is mapped has the
batch as its first axis; it returns the result with the batch in front, or None where it has no way: the operation then runs entry by
entry. It is made of operations, so that gradients of any order go through it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .traits import ENTRYWISE

__all__ = ["of_batch"]

Values = dict[str, Any]


def of_batch(
    op: Any, given: list[Any], level: Any, mapped: Callable[[Any], bool], whole: Callable[[Any, Any], Any]
) -> Any:
    """The result of an operation for all entries of a level, with the batch in front; None where no rule does it."""
    values = {**op.defaults, **dict(zip(op.names, given, strict=False))}
    names = {name for name, value in values.items() if mapped(value)}
    inside = values[op.inputs[0]] if op.variadic else None
    for name in names:
        if op.variadic and name == op.inputs[0]:
            values[name] = [whole(one, level) for one in inside]
        elif isinstance(values[name], tuple | list | slice | dict):
            return None
        else:
            values[name] = whole(values[name], level)
    if op.batch is not None:
        return op.batch(op, names, values)
    rule = _RULES.get(op.kind) if op.trusted else None  # the kind of others is what they happen to say
    if rule is None or (op.kind not in ENTRYWISE and not names <= set(op.inputs)):
        return None
    return rule(op, names, values)


def called(op: Any, values: Values) -> Any:
    """The operation on values by the names of its arguments."""
    return op.function(*[values[name] for name in op.names if name in values])


# -- by the kind -------------------------------------------------------------------------------


def _entrywise(op: Any, names: set[str], values: Values) -> Any:
    """Entries meet where they stand: what has fewer axes gets some behind the batch."""
    axes = max([_ndim(value) - (name in names) for name, value in values.items() if _has_axes(value)])
    return called(op, {name: aligned(v, axes) if name in names else v for name, v in values.items()})


def aligned(x: Any, axes: int) -> Any:
    """x, with the batch in front, as one whose entries have so many axes."""
    missing = axes + 1 - x.ndim
    return x if missing <= 0 else x.reshape((x.shape[0], *(1,) * missing, *x.shape[1:]))


def _has_axes(value: Any) -> bool:
    return hasattr(value, "ndim") or isinstance(value, list | tuple | float | int)


def _ndim(value: Any) -> int:
    return value.ndim if hasattr(value, "ndim") else np.ndim(value)


def shifted(axis: Any, count: int) -> Any:
    """Axes of an entry as those of a batch, for entries of ``count`` axes; None where one is not among them."""
    if isinstance(axis, list | tuple | range):
        found = [shifted(one, count) for one in axis]
        return None if None in found else tuple(found)
    if not isinstance(axis, int | np.integer) or not -count <= axis < count:
        return None
    return int(axis) % count + 1


def _reduced(op: Any, names: set[str], values: Values) -> Any:
    """Along the same axes, which stand one further behind; along all but the batch where none is named."""
    x, axis = values[op.inputs[0]], values.get("axis")
    count = x.ndim - 1
    if "axis" not in values or not count:
        return None
    axis = tuple(range(1, x.ndim)) if axis is None else shifted(axis, count)
    if isinstance(axis, tuple) and len(axis) == 1:
        axis = axis[0]
    return None if axis is None else called(op, {**values, "axis": axis})


def along_axes(*parameters: str, flat: bool = False, extra: int = 0) -> Callable[..., Any]:
    """The rule of an operation of one input whose parameters name axes of it.

    flat : whether no axis means that of the flattened input
    extra : how many axes the result has beside those of the input, which the parameters count too
    """

    def rule(op: Any, names: set[str], values: Values) -> Any:
        x = values[op.inputs[0]]
        changed = {}
        for parameter in parameters:
            axis = values[parameter]
            if axis is None and flat:
                values = {**values, op.inputs[0]: x.reshape((x.shape[0], int(np.prod(x.shape[1:]))))}
                changed[parameter] = 1
                continue
            more = len(axis) if extra and isinstance(axis, tuple | list) else extra
            changed[parameter] = shifted(axis, x.ndim - 1 + more)
        return None if None in changed.values() else called(op, {**values, **changed})

    return rule


def folded(op: Any, names: set[str], values: Values) -> Any:
    """A batch of batches is one batch: of what slides over ``op.arguments`` alone the first two axes become one."""
    x = values[op.inputs[0]]
    y = called(op, {**values, op.inputs[0]: x.reshape((x.shape[0] * x.shape[1], *x.shape[2:]))})
    return y.reshape((*x.shape[:2], *y.shape[1:]))


_SPATIAL = {"1-D": 1, "2-D": 2, "3-D": 3}


def _pooled(op: Any, names: set[str], values: Values) -> Any:
    x = values[op.inputs[0]]
    axes = next((n for word, n in _SPATIAL.items() if word in op.traits), None)
    if axes is None or "companion" in op.traits or x.ndim not in (axes + 2, axes + 3):
        return None
    return called(op, values) if x.ndim == axes + 2 else folded(op, names, values)


_RULES: dict[str, Callable[..., Any]] = {
    "elementwise": _entrywise,
    "activation": _entrywise,
    "reduction": _reduced,
    "softmax": along_axes("axis", flat=True),
    "cumulative": along_axes("axis", flat=True),
    "pooling": _pooled,
}
