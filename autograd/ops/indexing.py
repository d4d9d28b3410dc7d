"""Operations that pick entries by position, and their transposes, which put entries there.

``getitem`` is ``x[index]`` with everything that NumPy can index by; ``assign`` is the value that
``x`` has after ``x[index] = value``; ``take`` and ``take_along_axis`` pick along an axis. Positions
are integers or booleans, so no gradient flows to them. An entry that is picked several times
receives the sum of the gradients.
"""

import math

import numpy as np

from ..batch_rules import picked
from ..declaration import operation, rule
from ..of_values import of_value
from ..program import helpers
from ..samples import reals, sample
from ..tensors import raw
from . import in_onnx
from .broadcasting import sum_to
from .elementwise import where

__all__ = ["assign", "getitem", "take", "take_along_axis"]


def _plain(index):
    """The index with arrays in place of Tensors."""
    if type(index) is tuple:
        return tuple([_plain_list(one) if type(one) is list else raw(one) for one in index])
    return _plain_list(index) if type(index) is list else raw(index)


def _plain_list(index):
    return [raw(one) for one in index]


def _may_repeat(index):
    """Whether an index can pick an entry twice: only several integers can."""
    for one in index if type(index) is tuple else (index,):
        if one is None or one is ... or isinstance(one, slice | int | np.generic):
            continue
        one = np.asarray(one)
        if one.dtype.kind != "b" and one.size > 1:
            return True
    return False


# -- picking by an index, and its transpose ----------------------------------------------------


def _scatter(x, index, shape):
    index = _plain(index)
    dtype = np.asarray(x).dtype
    if not _may_repeat(index):
        y = np.zeros(shape, dtype)
        y[index] = x
        return y
    y = np.zeros(shape, np.float32 if dtype == np.float16 else dtype)  # many may meet at one place
    np.add.at(y, index, x)
    return y.astype(dtype, copy=False)


getitem = operation(
    "getitem",
    lambda x, index: np.asarray(x)[_plain(index)],
    symbol="[ ]",
    kind="gather",
    onnx=in_onnx.getitem,
    batch=picked,
    formula=r"y_i = x_{k(i)}",
    code="x[index]",
    rules=[rule(lambda g, index, x_shape: scatter(g, index, x_shape), local="1")],
    samples=[
        sample(reals(3, 4), 1),
        sample(reals(3, 4), (slice(None), -2)),
        sample(reals(3, 4), (slice(None, None, -2), slice(1, 3))),
        sample(reals(2, 3, 2), (..., 0)),
        sample(reals(3, 4), (None, 1, None)),
        sample(reals(3), ()),
        sample(reals(), ()),
        sample(reals(), None),
        sample(reals(2, 3), (1, 2)),
        sample(reals(3, 4), [0, 2, 2]),
        sample(reals(3, 4), ([0, 2, 0], [1, -1, 1])),
        sample(reals(2, 3, 4), (1, slice(None), np.array([[0, 1], [1, -1]]))),
        sample(reals(2, 3, 4), ([0, 1, 1], slice(None), [0, 2, 2])),
        sample(reals(2, 3), np.array([[True, False, True], [False, True, True]])),
        sample(reals(2, 3), (slice(None), np.array([True, False, True]))),
        sample(reals(3), np.array([False, False, False])),
        sample(reals(3, 4), slice(2, 2)),
        sample(reals(0, 3), (slice(None), 1)),
    ],
    doc="""``x[index]``: the entries that the index picks.

    Parameters
    ----------
    x : array or Tensor.
    index : whatever NumPy can index by: ints, slices, ``...``, ``None``, arrays or Tensors of ints or
        of bools, lists, and tuples of these. An index out of range is an IndexError.

    Source: NumPy's user guide, "Indexing on ndarrays".

    >>> import autograd as ag
    >>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x[[0, 2, 2]].sum().backward()
    >>> x.grad
    array([1., 0., 2.])
    """,
)

scatter = operation(
    "scatter",
    _scatter,
    symbol="scatter",
    kind="scatter",
    formula=r"y_{j} = \sum_{i \,:\, k(i) = j} x_i",
    code=helpers.scatter,
    rules=[rule(lambda g, index: getitem(g, index), local="1")],
    samples=[
        sample(reals(4), 1, (3, 4)),
        sample(reals(2, 2), (slice(None, None, -2), slice(1, 3)), (3, 4)),
        sample(reals(3, 4), [0, 2, 2], (3, 4)),
        sample(reals(3), ([0, 2, 0], [1, -1, 1]), (3, 4)),
        sample(reals(2), np.array([True, False, True]), (3,)),
        sample(reals(1), None, ()),
        sample(reals(0, 3), slice(0, 0), (2, 3)),
    ],
    doc="Zeros of ``shape`` with x added at ``index``: the transpose of ``getitem``.",
)


# -- assignment --------------------------------------------------------------------------------


def _assign(x, value, index):
    y = np.array(x)
    if np.asarray(value).dtype.kind == "f" and y.dtype.kind != "f":
        raise TypeError("floats cannot be assigned into integers without loss; give x a float dtype first, with astype")
    if np.asarray(value).dtype.kind not in "biuf" and y.dtype.kind in "biuf":
        raise TypeError("only real numbers can be assigned into real numbers; give x the other dtype first")
    y[_plain(index)] = value
    return y


def _written_last(index, shape):
    """Of the entries that an index picks, which are the last ones at their places."""
    places = np.zeros(shape, int)
    picked = places[index]
    writers = np.arange(picked.size).reshape(picked.shape)
    places[index] = writers
    return places[index] == writers


_last_at = of_value("written_last", _written_last, "Of the entries that an index picks, the last ones at their places.")


def _assigned_value_gradient(g, index, value_shape):
    """The gradient at the index; of an entry written several times only the last value has one."""
    index = _plain(index)
    picked = getitem(g, index)
    if _may_repeat(index):
        picked = where(_last_at(index, g.shape), picked, 0.0)
    # NumPy assigns values with more axes than the place has, if those are of length 1
    return sum_to(getitem(picked, (None,) * (len(value_shape) - picked.ndim) + (...,)), value_shape)


assign = operation(
    "assign",
    _assign,
    inputs=["x", "value"],
    symbol="[ ]=",
    kind="scatter",
    formula=r"y_{k(i)} = v_i, \quad y_j = x_j \;\mathrm{elsewhere}",
    code=helpers.assign,
    rules=[
        rule(lambda g, index: assign(g, 0.0, index), local=r"0 \;\mathrm{at}\; k, \;\mathrm{else}\; 1"),
        rule(_assigned_value_gradient, local="1"),
    ],
    samples=[
        sample(reals(3, 4), reals(4), 1),
        sample(reals(3, 4), reals(), (slice(None), -2)),
        sample(reals(3, 4), reals(2, 2), (slice(None, None, -2), slice(1, 3))),
        sample(reals(3, 4), reals(1, 2, 1), (slice(None, None, 2), slice(1, 3))),
        sample(reals(3), reals(3), [0, 2, 2]),
        sample(reals(3, 4), reals(3, 4), [1, 1, -2]),
        sample(reals(3, 4), reals(2), ([0, 2], [1, -1])),
        sample(reals(3), reals(2), np.array([True, False, True])),
        sample(reals(), reals(), ()),
        sample(reals(0, 3), reals(3), slice(None)),
    ],
    doc="""The value of x after ``x[index] = value``; x itself stays as it is.

    Parameters
    ----------
    x : array or Tensor.
    value : broadcast to the shape of ``x[index]``; its gradient is what arrives there. Where an index
        of integers names an entry several times, the last value stays, as in NumPy, and alone has
        a gradient.
    index : as in ``getitem``.

    Floats assigned into an array of integers are a TypeError.

    >>> import autograd as ag
    >>> ag.internal.assign(ag.Tensor([1.0, 2.0, 3.0]), 9.0, slice(1, None))
    Tensor([1., 9., 9.])
    """,
)


# -- picking along an axis ---------------------------------------------------------------------


def _along(indices, axis):
    """The index of whole slices at ``indices`` of an axis."""
    return (*(slice(None),) * axis, indices)


def _in_flat(indices, shape):
    """The index of entries that are named by their positions in the flattened array."""
    indices = np.asarray(indices)
    found = np.unravel_index(np.where(indices < 0, indices + math.prod(shape), indices), shape)
    return found if len(shape) > 1 else found[0]


_places_in_flat = of_value("in_flat", _in_flat, "The index of entries by their positions in the flattened array.")


def _untake(g, x_shape, indices, axis):
    shape = x_shape or (1,)  # NumPy takes from a scalar as from one entry
    index = _places_in_flat(indices, shape) if axis is None else _along(indices, axis % len(shape))
    return sum_to(scatter(g, index, shape), x_shape)


take = operation(
    "take",
    lambda x, indices, axis=None: np.take(x, _plain(indices), axis),
    symbol="take",
    kind="gather",
    onnx=in_onnx.take,
    arguments={"index": "indices"},
    formula=r"y_{i} = x_{k_i}",
    code="np.take(x, indices, axis=axis)",
    rules=[rule(_untake, local="1")],
    samples=[
        sample(reals(3, 4), [0, 5, -1, 5]),
        sample(reals(3, 4), 2, 0),
        sample(reals(3, 4), [[0, 2], [1, 2]], 0),
        sample(reals(2, 3, 2), [2, 0, -2], axis=-2),
        sample(reals(3), np.array([], int)),
        sample(reals(), 0),
        sample(reals(), [0, -1]),
        sample(reals(0, 3), [1, 1], 1),
    ],
    doc="""The slices of an axis at the positions ``indices``.

    Parameters
    ----------
    x : array or Tensor.
    indices : ints in any shape, which takes the place of the axis. One out of range is an IndexError.
    axis : an int; None picks from the flattened array.

    >>> import autograd as ag
    >>> ag.take(ag.Tensor([[1, 2, 3], [4, 5, 6]]), [2, 0], axis=1)
    Tensor([[3, 1],
            [6, 4]])
    """,
)


def _entries_along(indices, shape, axis):
    """The index tuple of what ``take_along_axis`` picks."""
    if axis is None:
        return _in_flat(indices, shape)
    axis %= len(shape)
    index = [np.arange(n).reshape((-1,) + (1,) * (len(shape) - 1 - i)) for i, n in enumerate(shape)]
    index[axis] = np.asarray(indices)
    return tuple(index) if len(shape) > 1 else index[0]


_places_along = of_value("entries_along", _entries_along, "The index tuple of what ``take_along_axis`` picks.")


take_along_axis = operation(
    "take_along_axis",
    lambda x, indices, axis=-1: np.take_along_axis(np.asarray(x), np.asarray(_plain(indices)), axis),
    symbol="take along",
    kind="gather",
    arguments={"index": "indices"},
    formula=r"y_{i j} = x_{i \, k_{i j}}",
    code="np.take_along_axis(x, indices, axis=axis)",
    rules=[
        rule(lambda g, x_shape, indices, axis: scatter(g, _places_along(indices, x_shape, axis), x_shape), local="1"),
    ],
    samples=[
        sample(reals(3, 4), np.array([[0], [3], [-1]]), 1),
        sample(reals(3, 4), np.array([[0, 1, 2, 0], [2, 1, 2, 0]]), 0),
        sample(reals(3, 4), np.array([[1, 1]]), axis=-1),
        sample(reals(2, 3), np.array([5, 0, 5, -1]), axis=None),
        sample(reals(2, 3, 2), np.array([[[0], [2]], [[1], [1]]]), 1),
        sample(reals(3), np.array([2, 0, 0])),
        sample(reals(0, 3), np.zeros((0, 2), int), 1),
    ],
    doc="""The entries at the positions ``indices`` of an axis, one row of positions for each row of x.

    Parameters
    ----------
    x : array or Tensor.
    indices : ints with as many axes as x; but for ``axis`` their lengths broadcast with x's. What
        ``argmax(keepdims=True)`` and ``argsort`` give can be used here.
    axis : an int; None picks from the flattened array.

    >>> import autograd as ag
    >>> x = ag.Tensor([[3.0, 1.0], [2.0, 4.0]])
    >>> ag.take_along_axis(x, ag.Tensor([[1], [0]]), axis=1)
    Tensor([[1.],
            [2.]])
    """,
)
