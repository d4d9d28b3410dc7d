"""How an operation does a whole batch at once, inside ``vmap``: by its kind, or as its declaration says: ``batch=``.

A rule gets the operation, the set of the names of what is mapped, and {argument: value}, in which what is mapped has
the batch as its first axis; it returns the result with the batch in front, or None where it has no way: the operation
then runs entry by entry. It is made of operations, so that gradients of any order go through it.
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


def as_it_is(op: Any, names: set[str], values: Values) -> Any:
    """The same call: of what works entry by entry, or on stacks."""
    return called(op, values) if names <= set(op.inputs[:1]) else None


def of_rows(op: Any, names: set[str], values: Values) -> Any:
    """The same call: of what works along the last axis of its first input, and takes any number before it."""
    return as_it_is(op, names, values) if values[op.inputs[0]].ndim > 1 else None


def side_by_side(new: int) -> Callable[..., Any]:
    """The rule of several inputs joined along an axis; ``new`` is 1 if the result gets it, 0 if they have it."""

    def rule(op: Any, names: set[str], values: Values) -> Any:
        arrays, axis = values[op.inputs[0]], values["axis"]
        if not arrays or len({one.ndim for one in arrays}) > 1:
            return None
        axis = shifted(axis, arrays[0].ndim - 1 + new)
        return None if axis is None else called(op, {**values, "axis": axis})

    return rule


def reshaped(op: Any, names: set[str], values: Values) -> Any:
    shape = values["shape"]
    shape = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    x = values["x"]
    if names != {"x"} or (-1 in shape and 0 in x.shape):
        return None
    return called(op, {"x": x, "shape": (x.shape[0], *shape)})


def broadcast(op: Any, names: set[str], values: Values) -> Any:
    shape = values["shape"]
    shape = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    x = values["x"]
    if names != {"x"} or len(shape) < x.ndim - 1:
        return None
    return called(op, {"x": aligned(x, len(shape)), "shape": (x.shape[0], *shape)})


def transposed(op: Any, names: set[str], values: Values) -> Any:
    x, axes = values["x"], values["axes"]
    axes = range(x.ndim - 2, -1, -1) if axes is None else axes
    axes = shifted(axes, x.ndim - 1)
    return None if axes is None or len(axes) != x.ndim - 1 else called(op, {"x": x, "axes": (0, *axes)})


def squeezed(op: Any, names: set[str], values: Values) -> Any:
    x, axis = values["x"], values["axis"]
    axis = [i for i, n in enumerate(x.shape[1:]) if n == 1] if axis is None else axis
    axis = shifted(axis, x.ndim - 1)
    return None if axis is None else called(op, {"x": x, "axis": axis})


def picked(op: Any, names: set[str], values: Values) -> Any:
    """By slices, None, ... and ints, and one array of ints or bools beside slices."""
    if names != {"x"}:
        return None
    index = values["index"]
    index = index if type(index) is tuple else (index,)
    arrays = [one for one in index if not (one is None or one is ... or isinstance(one, slice))]
    simple = all([isinstance(one, int | np.integer) and not isinstance(one, bool) for one in arrays])
    if not simple and (len(arrays) > 1 or isinstance(arrays[0], bool | np.bool_) or np.ndim(arrays[0]) == 0):
        return None
    return called(op, {"x": values["x"], "index": (slice(None), *index)})


def multiplied(op: Any, names: set[str], values: Values) -> Any:
    """A product of matrices, in which vectors become matrices of one row or column."""
    a, b = values["a"], values["b"]
    count_a, count_b = _ndim(a) - ("a" in names), _ndim(b) - ("b" in names)
    if not count_a or not count_b or not (hasattr(a, "reshape") and hasattr(b, "reshape")):
        return None
    if names == {"a"} and count_b <= 2 and count_a >= 1:
        return called(op, {"a": a, "b": b})
    if count_a == 1:
        a = a.reshape((*a.shape[:-1], 1, a.shape[-1]))
    if count_b == 1:
        b = b.reshape((*b.shape, 1))
    axes = max(count_a, count_b, 2)
    y = called(op, {"a": aligned(a, axes) if "a" in names else a, "b": aligned(b, axes) if "b" in names else b})
    shape = y.shape
    if count_b == 1:
        shape = shape[:-1]
    if count_a == 1:
        shape = shape[:-1] if count_b == 1 else (*shape[:-2], shape[-1])
    return y if shape == y.shape else y.reshape(shape)


def convolved(op: Any, names: set[str], values: Values) -> Any:
    """Images of a batch of batches under the same kernels are one batch."""
    axes = next((n for word, n in _SPATIAL.items() if word in op.traits), 0)
    x = values[op.inputs[0]]
    if "companion" in op.traits or names != {op.inputs[0]} or not axes or x.ndim != axes + 3:
        return None
    return folded(op, names, values)


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
    "convolution": convolved,
}
