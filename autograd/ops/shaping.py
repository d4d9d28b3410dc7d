"""Operations that rearrange, join or repeat entries, and change nothing else.

``reshape``, ``transpose`` and their kin give the same entries other places; ``concatenate`` and
``stack`` join arrays and ``split`` cuts them; ``flip`` and ``roll`` move entries along axes;
``pad``, ``tile`` and ``repeat`` give an entry several places, or set new ones
around. So each gradient only has to find its way back: to one place, or, summed, from several.

Long because a declaration says all there is to an operation: formula, rules, samples, documentation.
"""

from itertools import accumulate, pairwise

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..batch_rules import along_axes, as_it_is, reshaped, side_by_side, squeezed, transposed
from ..declaration import CodeBy, operation, rule
from ..of_values import of_value
from ..samples import reals, sample
from ..tensors import Tensor
from . import in_onnx
from .broadcasting import broadcast_to, sum_to
from .indexing import getitem, scatter

__all__ = [
    "astype", "broadcast_to", "concatenate", "expand_dims", "flip", "moveaxis", "pad", "ravel", "repeat", "reshape",
    "roll", "split", "squeeze", "stack", "swapaxes", "tile", "transpose",
]  # fmt: skip

astype = operation(
    "astype",
    lambda x, dtype: x.astype(dtype, copy=False) if isinstance(x, np.ndarray) else np.asarray(x).astype(dtype)[()],
    symbol="astype",
    kind="shape",
    onnx=in_onnx.astype,
    batch=as_it_is,
    traits=["converts"],
    formula=r"y = x",
    code="x.astype(dtype)",
    rules=[rule(lambda g: g, local="1")],  # the engine gives a gradient its value's dtype
    samples=[sample(reals(3, 4), np.float64), sample(reals(), dtype=np.float64)],
    doc="""The same numbers in another dtype.

    Parameters
    ----------
    x : array or Tensor.
    dtype : a NumPy dtype. Gradients flow between float16, float32 and float64; integers and bools have none, and any
        other dtype is a TypeError where x requires grad.

    >>> import autograd as ag
    >>> ag.astype(ag.Tensor([1.0, 2.5]), "float32")
    Tensor([1. , 2.5], dtype=float32)
    """,
)

# -- the same entries in another shape ---------------------------------------------------------

reshape = operation(
    "reshape",
    lambda x, shape: np.asarray(x).reshape(shape),
    symbol="reshape",
    kind="shape",
    onnx=in_onnx.reshape,
    batch=reshaped,
    formula=r"y_{\mathrm{entry}\;n} = x_{\mathrm{entry}\;n}",
    code=CodeBy(lambda x_shape, shape: "x" if tuple(x_shape) == shape else "np.reshape(x, shape)"),
    rules=[rule(lambda g, x_shape: reshape(g, x_shape), local="1")],
    samples=[
        sample(reals(3, 4), (2, 6)),
        sample(reals(3, 4), (2, -1, 3)),
        sample(reals(2, 3), 6),
        sample(reals(2, 3), -1),
        sample(reals(), (1, 1)),
        sample(reals(1, 1), ()),
        sample(reals(0, 3), (3, 0, 2)),
    ],
    doc="""The same entries, read row by row, in another shape.

    Parameters
    ----------
    x : array or Tensor.
    shape : an int or a tuple of ints whose product is the size of x; one of them may be -1 and is
        then worked out. A shape that does not fit is a ValueError.

    >>> import autograd as ag
    >>> ag.reshape(ag.Tensor([1, 2, 3, 4, 5, 6]), (2, -1))
    Tensor([[1, 2, 3],
            [4, 5, 6]])
    """,
)

ravel = operation(
    "ravel",
    lambda x: np.ravel(x),
    symbol="ravel",
    kind="shape",
    onnx=in_onnx.reshape,
    formula=r"y_n = x_{\mathrm{entry}\;n}",
    rules=[rule(lambda g, x_shape: reshape(g, x_shape), local="1")],
    samples=[sample(reals(3, 4)), sample(reals(2, 1, 3)), sample(reals()), sample(reals(0, 2))],
    doc="The entries, read row by row, as one axis.",
)


def _inverse(axes):
    """The axes that undo ``transpose`` by ``axes``."""
    if axes is None:
        return None
    back = [0] * len(axes)
    for new, old in enumerate(axes):
        back[old] = new
    return back


def _transpose_in_torch(x, *dims, axes=None, dim0=None, dim1=None):
    """Two axes given one by one are exchanged."""
    if axes is not None:
        return transpose(x, axes)
    return swapaxes(x, *dims, *[one for one in (dim0, dim1) if one is not None])


transpose = operation(
    "transpose",
    lambda x, axes=None: np.transpose(x, axes),
    symbol="ᵀ",
    kind="shape",
    onnx=in_onnx.transpose,
    batch=transposed,
    traits=["transposes"],
    formula=r"y_{i_{p(0)} \, i_{p(1)} \ldots} = x_{i_0 \, i_1 \ldots}",
    code=CodeBy(lambda x_shape, axes: "x.T" if axes is None else "np.transpose(x, axes)"),
    rules=[rule(lambda g, axes: transpose(g, _inverse(axes)), local="1")],
    samples=[
        sample(reals(3, 4)),
        sample(reals(2, 3, 4)),
        sample(reals(2, 3, 4), (1, 2, 0)),
        sample(reals(2, 3, 4), axes=(-1, 0, -2)),
        sample(reals(5)),
        sample(reals()),
        sample(reals(2, 0, 3), (2, 0, 1)),
    ],
    words={"dims": "axes", "dim0": "dim0", "dim1": "dim1"},
    in_torch_words=_transpose_in_torch,
    doc="""The axes in another order; by default in the reverse one.

    Parameters
    ----------
    x : array or Tensor.
    axes : a permutation of the axes: axis i of the result is axis ``axes[i]`` of x.

    ``ag.transpose(x, 0, 1)``, with two ints, exchanges two axes, as in PyTorch.

    >>> import autograd as ag
    >>> ag.transpose(ag.Tensor([[1, 2, 3], [4, 5, 6]]))
    Tensor([[1, 4],
            [2, 5],
            [3, 6]])
    """,
)


def _swapped_in_numpy(x_shape, axis1, axis2):
    turned = len(x_shape) == 2 and axis1 % 2 != axis2 % 2
    return "x.T" if turned else "np.swapaxes(x, axis1, axis2)"


swapaxes = operation(
    "swapaxes",
    lambda x, axis1, axis2: np.swapaxes(x, axis1, axis2),
    symbol="⇄",
    kind="shape",
    onnx=in_onnx.swapaxes,
    batch=along_axes("axis1", "axis2"),
    traits=["transposes"],
    formula=r"y_{\ldots j \ldots i \ldots} = x_{\ldots i \ldots j \ldots}",
    code=CodeBy(_swapped_in_numpy),
    rules=[rule(lambda g, axis1, axis2: swapaxes(g, axis1, axis2), local="1")],
    samples=[
        sample(reals(3, 4), 0, 1),
        sample(reals(2, 3, 4), -1, 0),
        sample(reals(2, 3), 1, 1),
        sample(reals(2, 0), 0, 1),
    ],
    words={"dim0": "axis1", "dim1": "axis2"},
    doc="""Two axes exchanged.

    Parameters
    ----------
    x : array or Tensor.
    axis1, axis2 : ints; negative ones count from the end. One that x does not have is an error.

    >>> import numpy as np, autograd as ag
    >>> ag.swapaxes(np.ones((2, 3, 4)), 0, -1).shape
    (4, 3, 2)
    """,
)

moveaxis = operation(
    "moveaxis",
    lambda x, source, destination: np.moveaxis(x, source, destination),
    symbol="moveaxis",
    kind="shape",
    onnx=in_onnx.moveaxis,
    batch=along_axes("source", "destination"),
    traits=["transposes"],
    formula=r"y_{i \ldots j \ldots} = x_{j \ldots i \ldots}",
    rules=[rule(lambda g, source, destination: moveaxis(g, destination, source), local="1")],
    samples=[
        sample(reals(2, 3, 4), 0, -1),
        sample(reals(2, 3, 4), (0, 1), (-1, 0)),
        sample(reals(2, 3, 4), -1, 1),
        sample(reals(2, 0, 3), 2, 0),
    ],
    doc="""Axes moved to other positions; the rest keep their order.

    Parameters
    ----------
    x : array or Tensor.
    source, destination : where the axes are, and where they are to be: ints, or tuples of one length.

    >>> import numpy as np, autograd as ag
    >>> ag.moveaxis(np.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """,
)

expand_dims = operation(
    "expand_dims",
    lambda x, axis: np.expand_dims(x, axis),
    symbol="[None]",
    kind="shape",
    onnx=in_onnx.reshape,
    batch=along_axes("axis", extra=1),
    formula=r"y_{i \, 0 \, j} = x_{i \, j}",
    rules=[rule(lambda g, x_shape: reshape(g, x_shape), local="1")],
    samples=[
        sample(reals(3, 4), 0),
        sample(reals(3, 4), -1),
        sample(reals(3, 4), (0, 2)),
        sample(reals(), 0),
        sample(reals(0, 2), 1),
    ],
    doc="""New axes of length 1.

    Parameters
    ----------
    x : array or Tensor.
    axis : their positions in the result, an int or a tuple of ints.

    >>> import numpy as np, autograd as ag
    >>> ag.expand_dims(np.ones((2, 3)), (0, -1)).shape
    (1, 2, 3, 1)
    """,
)


def _squeeze_in_torch(x, axis):
    """An axis of another length stays."""
    axes = normalize_axis_tuple(axis, x.ndim)
    return squeeze(x, tuple([one for one in axes if x.shape[one] == 1]))


squeeze = operation(
    "squeeze",
    lambda x, axis=None: np.squeeze(x, axis),
    symbol="squeeze",
    kind="shape",
    onnx=in_onnx.reshape,
    batch=squeezed,
    formula=r"y_{i \, j} = x_{i \, 0 \, j}",
    rules=[rule(lambda g, x_shape: reshape(g, x_shape), local="1")],
    samples=[
        sample(reals(1, 3, 1)),
        sample(reals(1, 3, 1), 0),
        sample(reals(1, 3, 1), axis=(0, -1)),
        sample(reals(1, 1)),
        sample(reals()),
        sample(reals(1, 0)),
    ],
    in_torch_words=_squeeze_in_torch,
    doc="""Without the axes of length 1, or without some of them.

    Parameters
    ----------
    x : array or Tensor.
    axis : an int or a tuple of ints; None for all that have length 1. Another length is a ValueError, but with
        PyTorch's ``dim=`` such an axis stays.

    >>> import numpy as np, autograd as ag
    >>> ag.squeeze(np.ones((1, 3, 1)), 0).shape
    (3, 1)
    """,
)


# -- joining and cutting -----------------------------------------------------------------------


def _concatenate(arrays, axis=0):
    """The joined array, and where each part of it starts."""
    y = np.concatenate(arrays, axis=axis)
    lengths = [np.size(a) if axis is None else np.shape(a)[axis] for a in arrays]
    return y, (0, *accumulate(lengths))


def _part(g, i, arrays_shape, starts, axis):
    part = slice(starts[i], starts[i + 1])
    if axis is None:
        return reshape(g[part], arrays_shape[i])
    return g[(slice(None),) * (axis % g.ndim) + (part,)]


concatenate = operation(
    "concatenate",
    _concatenate,
    symbol="concat",
    kind="shape",
    onnx=in_onnx.concatenate,
    batch=side_by_side(new=0),
    formula=r"y = \left[ a_0 \;\; a_1 \;\; \ldots \right]",
    variadic=True,
    auxiliaries=["starts"],
    code=CodeBy(lambda axis: (f"np.concatenate(arrays, axis={axis})", None)),
    rules=[rule(_part, local="1")],
    samples=[
        sample([reals(2, 3), reals(1, 3)]),
        sample([reals(2, 3), reals(2, 1), reals(2, 2)], 1),
        sample([reals(2, 3), reals(2, 1)], axis=-1),
        sample([reals(2, 2), reals(3)], axis=None),
        sample([reals(), reals(1)], axis=None),
        sample([reals(0, 3), reals(2, 3)]),
        sample([reals(3)]),
    ],
    words={"tensors": "arrays"},
    doc="""Arrays joined along an axis that they have.

    Parameters
    ----------
    arrays : a sequence of arrays of equal shapes but for the length of ``axis``.
    axis : an int; None joins the flattened arrays.

    >>> import autograd as ag
    >>> ag.concatenate([ag.Tensor([[1, 2]]), ag.Tensor([[3, 4], [5, 6]])])
    Tensor([[1, 2],
            [3, 4],
            [5, 6]])
    """,
)

stack = operation(
    "stack",
    lambda arrays, axis=0: np.stack(arrays, axis),
    symbol="stack",
    kind="shape",
    onnx=in_onnx.stack,
    batch=side_by_side(new=1),
    formula=r"y_{i \, j} = \left( a_i \right)_j",
    variadic=True,
    code="np.stack(arrays, axis=axis)",
    rules=[rule(lambda g, i, axis: g[(slice(None),) * (axis % g.ndim) + (i,)], local="1")],
    samples=[
        sample([reals(2, 3), reals(2, 3)]),
        sample([reals(2, 3), reals(2, 3), reals(2, 3)], 1),
        sample([reals(2), reals(2)], axis=-1),
        sample([reals(), reals(), reals()]),
        sample([reals(0, 2), reals(0, 2)]),
    ],
    words={"tensors": "arrays"},
    doc="""Arrays of one shape joined along a new axis.

    Parameters
    ----------
    arrays : a sequence of arrays of one shape.
    axis : the position of the new axis in the result.

    >>> import autograd as ag
    >>> x = ag.Tensor(2.0, requires_grad=True)
    >>> ag.stack([x, x * x, 1.0])
    Tensor([2., 4., 1.], operation=stack)
    """,
)


def _parts_by_length(x, lengths, axis):
    """x cut along an axis into parts of these lengths, or of one length but for the last."""
    axis, total = normalize_axis_index(axis, x.ndim), x.shape[axis]
    if not np.ndim(lengths):
        step = int(lengths)
        if step < 1:
            raise ValueError(f"split: parts have at least one entry\n  length: {lengths}\n  x: shape {x.shape}")
        return split(x, list(range(step, total, step)), axis)
    lengths = [int(one) for one in lengths]
    if sum(lengths) != total or min(lengths, default=0) < 0:
        raise ValueError(f"split: the lengths do not add up to the axis\n  lengths: {lengths}\n  x: shape {x.shape}")
    return split(x, list(accumulate(lengths[:-1])), axis)


def split(x, indices_or_sections=None, axis=0, *, dim=None, split_size_or_sections=None):
    """x cut along an axis into a list of parts, each a ``getitem`` of x.

    Parameters
    ----------
    x : array or Tensor.
    indices_or_sections : the number of equal parts (a ValueError if it does not divide the length),
        or the positions at which to cut.
    axis : the axis to cut along.
    dim, split_size_or_sections : PyTorch's words. With one of them a number is the length of the parts, of which the
        last may be shorter, and a list has their lengths; the result is a tuple.

    >>> import autograd as ag
    >>> ag.split(ag.Tensor([1, 2, 3, 4, 5]), [2, 3])
    [Tensor([1, 2]), Tensor([3]), Tensor([4, 5])]
    >>> ag.split(ag.Tensor([1, 2, 3, 4, 5]), [2, 3], dim=0)
    (Tensor([1, 2]), Tensor([3, 4, 5]))
    """
    given = [one for one in (indices_or_sections, split_size_or_sections) if one is not None]
    if len(given) != 1:
        raise TypeError("split: give the number of parts, the positions to cut at, or split_size_or_sections=")
    if dim is not None or split_size_or_sections is not None:
        return tuple(_parts_by_length(x, given[0], axis if dim is None else dim))
    if not isinstance(x, Tensor):
        x = np.asarray(x)
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"split: axis {axis} is none of x\n  x: shape {x.shape}")
    length = x.shape[axis]
    if np.ndim(indices_or_sections):
        cuts = [None, *(int(cut) for cut in indices_or_sections), None]
    else:
        sections = int(indices_or_sections)
        if sections < 1 or length % sections:
            raise ValueError(
                f"split: an axis of length {length} has no {sections} equal parts\n"
                f"  x: shape {x.shape}\n  axis: {axis}\n"
                "  give a number that divides the length, or a list of positions to cut at\n"
                f"  for parts of length {sections}, as in PyTorch: split(x, {sections}, dim={axis})"
            )
        step = length // sections
        cuts = range(0, length + 1, step) if step else [0] * (sections + 1)
    before = (slice(None),) * (axis % x.ndim)
    return [getitem(x, (*before, slice(start, stop))) for start, stop in pairwise(cuts)]


# -- moving along axes -------------------------------------------------------------------------

flip = operation(
    "flip",
    lambda x, axis=None: np.flip(x, axis),
    symbol="flip",
    kind="shape",
    batch=along_axes("axis"),
    formula=r"y_i = x_{n - 1 - i}",
    rules=[rule(lambda g, axis: flip(g, axis), local="1")],
    samples=[
        sample(reals(3, 4)),
        sample(reals(3, 4), 0),
        sample(reals(2, 3, 2), axis=(0, -1)),
        sample(reals()),
        sample(reals(0, 2), 1),
    ],
    words={"dims": "axis"},
    doc="""The entries in reverse order.

    Parameters
    ----------
    x : array or Tensor.
    axis : along which, an int or a tuple of ints; None for every axis.

    >>> import autograd as ag
    >>> ag.flip(ag.Tensor([[1, 2, 3], [4, 5, 6]]), 1)
    Tensor([[3, 2, 1],
            [6, 5, 4]])
    """,
)


def _back(shift):
    return -shift if np.ndim(shift) == 0 else [-one for one in shift]


roll = operation(
    "roll",
    lambda x, shift, axis=None: np.roll(x, shift, axis),
    symbol="roll",
    kind="shape",
    batch=along_axes("axis"),
    formula=r"y_{(i + s) \;\mathrm{mod}\; n} = x_i",
    rules=[rule(lambda g, shift, axis: roll(g, _back(shift), axis), local="1")],
    samples=[
        sample(reals(3, 4), 1),
        sample(reals(3, 4), -1, 1),
        sample(reals(3, 4), (1, 2), axis=(0, -1)),
        sample(reals(2, 3), 5, 0),
        sample(reals(), 1),
        sample(reals(0, 2), 1, 0),
    ],
    words={"shifts": "shift", "dims": "axis"},
    doc="""The entries shifted along an axis; what leaves at one end comes in at the other.

    Parameters
    ----------
    x : array or Tensor.
    shift : an int, or a tuple of them, one for each axis of ``axis``.
    axis : an int or a tuple; None shifts the flattened array and gives it its shape back.

    >>> import autograd as ag
    >>> ag.roll(ag.Tensor([1, 2, 3, 4]), 1)
    Tensor([4, 1, 2, 3])
    """,
)


# -- one entry in several places ---------------------------------------------------------------

_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def _widths(shape, pad_width):
    """((before, after), …) for each axis."""
    if isinstance(pad_width, dict):
        named = {axis % len(shape): width for axis, width in pad_width.items()}
        pad_width = [named.get(axis, 0) for axis in range(len(shape))]
        pad_width = [(width, width) if np.ndim(width) == 0 else tuple(width) for width in pad_width]
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu":
        raise TypeError("the widths must be integers")
    try:
        widths = np.broadcast_to(widths, (len(shape), 2)).tolist()
    except ValueError:
        raise ValueError(
            f"the widths do not fit an array of {len(shape)} axes\n"
            "  give one int, one pair (before, after), or a pair for each axis"
        ) from None
    if any(width < 0 for pair in widths for width in pair):
        raise ValueError("a width is negative; to cut entries off, use indexing")
    return widths


def _padded_from(shape, widths, mode):
    """The index of what the padded entries come from."""
    found = np.ix_(*[np.pad(np.arange(n), pair, mode=mode) for n, pair in zip(shape, widths, strict=True)])
    return found if len(shape) > 1 else found[0]


_sources = of_value("padded_from", _padded_from, "The index of what the entries of a padded array come from.")


def _pad(x, pad_width, mode="constant", constant_values=0):
    x = np.asarray(x)
    if mode not in _MODES:
        raise ValueError(f"there is no mode {mode!r}; the modes are {', '.join(_MODES)}")
    if mode != "constant":
        return x[_padded_from(x.shape, _widths(x.shape, pad_width), mode)]
    widths = _widths(x.shape, pad_width)
    if np.ndim(constant_values):
        return np.pad(x, widths, constant_values=constant_values)
    # Several times faster than np.pad, and a channels-last array stays channels-last
    shape = tuple([before + n + after for n, (before, after) in zip(x.shape, widths, strict=True)])
    y = np.full_like(x, constant_values, shape=shape)
    y[_inner(x.shape, widths)] = x
    return y


def _inner(shape, widths):
    """The index of what was padded, in the padded array."""
    return tuple([slice(before, before + n) for n, (before, _) in zip(shape, widths, strict=True)])


def _unpad(g, x_shape, pad_width, mode):
    if mode == "constant":
        return getitem(g, _inner(x_shape, _widths(x_shape, pad_width)))
    widths = tuple([tuple(pair) for pair in _widths(x_shape, pad_width)])
    return scatter(g, _sources(tuple(x_shape), widths, mode), x_shape)


def _pad_in_numpy(x_shape, pad_width, mode, constant_values):
    widths = tuple([tuple(pair) for pair in _widths(x_shape, pad_width)])
    if not widths:
        return "x"
    more = "" if mode != "constant" else f", constant_values={constant_values!r}" if constant_values else ""
    return f"np.pad(x, {widths}{more})" if mode == "constant" else f"np.pad(x, {widths}, mode={mode!r})"


pad = operation(
    "pad",
    _pad,
    symbol="pad",
    kind="shape",
    onnx=in_onnx.pad,
    formula=r"y_{i + p} = x_i",
    code=CodeBy(_pad_in_numpy),
    rules=[rule(_unpad, local="1")],
    samples=[
        sample(reals(3, 4), 1),
        sample(reals(3, 4), ((0, 2), (1, 0))),
        sample(reals(3), (1, 2), constant_values=5),
        sample(reals(2, 3), 1, constant_values=((1, 2), (3, 4))),
        sample(reals(3, 4), ((1, 2), (2, 3)), "reflect"),
        sample(reals(3, 2), ((2, 1), (3, 0)), mode="edge"),
        sample(reals(3, 2), ((2, 1), (3, 5)), mode="symmetric"),
        sample(reals(3, 2), ((2, 4), (3, 0)), mode="wrap"),
        sample(reals(), 1),
        sample(reals(0, 2), 1),
    ],
    doc="""New entries around the array.

    Parameters
    ----------
    x : array or Tensor.
    pad_width : how many before and after each axis: one int, one pair, a pair for each axis, or a
        dict from axes to ints or pairs.
    mode : what the new entries are: "constant"; "edge" repeats the outermost entry; "reflect" mirrors
        at it; "symmetric" mirrors with it; "wrap" comes in from the other end.
    constant_values : the constant, or a pair for each axis. No gradient flows to it.

    >>> import autograd as ag
    >>> ag.pad(ag.Tensor([1, 2, 3]), (1, 2))
    Tensor([0, 1, 2, 3, 0, 0])
    >>> ag.pad(ag.Tensor([1, 2, 3]), 2, mode="reflect")
    Tensor([3, 2, 1, 2, 3, 2, 1])
    """,
)


def _untile(g, x_shape, reps):
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    n = max(len(reps), len(x_shape))
    reps = (1,) * (n - len(reps)) + reps
    lengths = (1,) * (n - len(x_shape)) + tuple(x_shape)
    apart = reshape(g, tuple(k for pair in zip(reps, lengths, strict=True) for k in pair))
    apart = transpose(apart, (*range(0, 2 * n, 2), *range(1, 2 * n, 2)))
    return sum_to(reshape(apart, (*reps, *x_shape)), x_shape)  # the axes of repetition come first


tile = operation(
    "tile",
    lambda x, reps: np.tile(x, reps),
    symbol="tile",
    kind="shape",
    formula=r"y_i = x_{i \;\mathrm{mod}\; n}",
    rules=[rule(_untile, local="1")],
    samples=[
        sample(reals(2, 3), 2),
        sample(reals(2, 3), (3, 2)),
        sample(reals(2), (2, 1, 3)),
        sample(reals(2, 1, 2), (2, 2)),
        sample(reals(), 3),
        sample(reals(), ()),
        sample(reals(0, 2), (2, 2)),
    ],
    doc="""The whole array several times side by side.

    Parameters
    ----------
    x : array or Tensor.
    reps : how many times: an int for the last axis, or a tuple with one for each axis; where x has fewer axes
        it gets new ones in front.

    >>> import autograd as ag
    >>> ag.tile(ag.Tensor([1, 2]), (2, 2))
    Tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """,
)


def _repeated_from(repeats, n):
    """Which of n entries each repeated one is."""
    return np.repeat(np.arange(n), repeats)


_source_of_each = of_value("repeated_from", _repeated_from, "Which of n entries each repeated one is.")


def _unrepeat(g, x_shape, repeats, axis):
    shape = (int(np.prod(x_shape)),) if axis is None or not x_shape else x_shape
    at = 0 if axis is None else axis % len(shape)
    counts = np.asarray(repeats)
    if counts.size == 1:
        times = int(counts.reshape(()))
        apart = moveaxis(reshape(g, (*shape[: at + 1], times, *shape[at + 1 :])), at + 1, 0)
        return sum_to(reshape(apart, (times, *x_shape)), x_shape)
    source = _source_of_each(repeats, shape[at])
    return reshape(scatter(g, (slice(None),) * at + (source,), shape), x_shape)


repeat = operation(
    "repeat",
    lambda x, repeats, axis=None: np.repeat(x, repeats, axis),
    symbol="repeat",
    kind="shape",
    batch=along_axes("axis", flat=True),
    formula=r"y_i = x_{\left\lfloor i / r \right\rfloor}",
    rules=[rule(_unrepeat, local="1")],
    samples=[
        sample(reals(2, 3), 2),
        sample(reals(2, 3), 2, 0),
        sample(reals(2, 3), [3], axis=-1),
        sample(reals(2, 3), [1, 0, 2], axis=1),
        sample(reals(2, 2), [1, 0, 2, 3]),
        sample(reals(), 3),
        sample(reals(0, 2), 2, 1),
    ],
    doc="""Each entry, or each slice of ``axis``, several times in a row.

    Parameters
    ----------
    x : array or Tensor.
    repeats : how many times: an int, or one for each entry of the axis.
    axis : an int; None flattens first.

    >>> import autograd as ag
    >>> ag.repeat(ag.Tensor([1, 2, 3]), [1, 0, 2])
    Tensor([1, 3, 3])
    """,
)
