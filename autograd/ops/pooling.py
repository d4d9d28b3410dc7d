"""Pooling: the maximum or the average of every window of an image stack.

``max_pool2d`` routes a gradient to the pixel that won; it and its two companions, which scatter to
the winners and gather from them, are one family, so gradients of any order come out of it. All
accept any memory layout of (N, C, H, W) and return channels-last memory behind that shape.
"""

import math
from functools import lru_cache

import numpy as np

from ..declaration import operation, rule
from ..kernels import pooling as kernels
from ..kernels.windows import channels_first, channels_last, lay_out, pair
from ..samples import distinct, reals, sample
from ..traits import Factor

__all__ = ["avg_pool2d", "max_pool2d"]


_lay_out = lru_cache(256)(lay_out)
_average_weights = lru_cache(256)(kernels.average_weights)


def _geometry(x_shape, kernel_size, stride, padding, dilation, ceil_mode):
    """The Windows of a pooling, or an error that says what does not fit."""
    if len(x_shape) not in (3, 4):
        raise ValueError(f"x must have the axes (N, C, H, W) or (C, H, W)\n  axes of x: {len(x_shape)}")
    if not all(x_shape[-2:]):
        raise ValueError(f"the images have no pixels: {tuple(x_shape[-2:])}")
    size = pair(kernel_size, "kernel_size", 1)
    stride = size if stride is None else pair(stride, "stride", 1)
    if isinstance(padding, str):
        raise TypeError(f"padding must be an int or a pair of ints, not {padding!r}")
    padding, dilation = pair(padding, "padding", 0), pair(dilation, "dilation", 1)
    if any(2 * p > k for p, k in zip(padding, size, strict=True)):
        raise ValueError(
            "padding may be at most half the kernel, or a window could see padding alone\n"
            f"  padding: {padding}\n  kernel_size: {size}"
        )
    return _lay_out(x_shape[-2:], size, stride, padding, dilation, bool(ceil_mode))


def _stack(x):
    """(N, C, H, W) or (C, H, W) as (N, H, W, C)."""
    x = np.asarray(x)
    return channels_last(x if x.ndim == 4 else x[None])


def _unstack(x, ndim):
    """The way back from ``_stack``."""
    x = channels_first(x)
    return x if ndim == 4 else x[0]


def _max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    x = np.asarray(x)
    windows = _geometry(x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    y, winners = kernels.maximum(_stack(x), windows)
    return _unstack(y, x.ndim), _unstack(winners, x.ndim)


def _scatter(g, winners, x_shape, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    g = np.asarray(g)
    windows = _geometry(x_shape, kernel_size, stride, padding, dilation, ceil_mode)
    _check_result(g, x_shape, windows)
    return _unstack(kernels.scatter(_stack(g), _stack(winners), windows), g.ndim)


def _gather(x, winners, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    x = np.asarray(x)
    windows = _geometry(x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    _check_result(winners, x.shape, windows)
    return _unstack(kernels.gather(_stack(x), _stack(winners), windows), x.ndim)


def _avg_pool2d(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    x = np.asarray(x)
    windows = _geometry(x.shape, kernel_size, stride, padding, 1, ceil_mode)
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    weights = _average_weights(windows, pair(padding, "padding", 0), count_include_pad, x.dtype)
    return _unstack(kernels.average(_stack(x), weights, windows), x.ndim)


def _spread(g, x_shape, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    g = np.asarray(g)
    windows = _geometry(x_shape, kernel_size, stride, padding, 1, ceil_mode)
    _check_result(g, x_shape, windows)
    weights = _average_weights(windows, pair(padding, "padding", 0), count_include_pad, g.dtype)
    return _unstack(kernels.spread(_stack(g), weights, windows), g.ndim)


def _check_result(g, x_shape, windows):
    expected = (*x_shape[:-2], *windows.out)
    if np.shape(g) != expected:
        raise ValueError(f"the shape is not that of the pooling's result\n  result: {expected}\n  given: {np.shape(g)}")


# -- the readable twins with the operations' arguments, and PyTorch's, for the tests -------------


_GEOMETRY = """\
    kernel_size, stride, padding : an int, or a pair (vertical, horizontal). ``stride`` is by default the
        kernel's size; ``padding`` may be at most half of it.
    ceil_mode : round the number of windows up: a last one may hang over the edge, unless it would start
        in the padding below or to the right."""


def _share_of(count):
    return Factor(1 / count, f"the 1/{count} of the average in {{at}}")


_COUNT = "P = ⌊(H + 2a − e(k − 1) − 1) / u⌋ + 1 for the vertical size k, stride u, padding a and dilation e"

max_pool2d = operation(
    "max_pool2d",
    _max_pool2d,
    inputs=["x"],
    symbol="max",
    kind="pooling",
    traits=["largest"],
    arguments={"window": "kernel_size"},
    formula=r"y_{n c p q} = \max_{r, s} \; x_{n, c, \, u p + e r - a, \, v q + f s - b}",
    rules=[
        rule(
            lambda g, winners, x_shape, kernel_size, stride, padding, dilation, ceil_mode: max_pool2d_scatter(
                g, winners, x_shape, kernel_size, stride, padding, dilation, ceil_mode
            ),
            local=r"1 \;\mathrm{at\;the\;first\;maximum,\;else}\; 0",
        )
    ],
    auxiliaries=["winners"],
    samples=[
        sample(distinct(2, 2, 4, 4), 2),
        sample(distinct(1, 2, 5, 5), 3, 2),
        sample(distinct(1, 1, 5, 4), 3, stride=1, padding=1),
        sample(distinct(1, 1, 6, 7), (2, 3), stride=(2, 1), padding=(1, 0), dilation=(2, 2)),
        sample(distinct(2, 3, 3), 2, ceil_mode=True),
        sample(distinct(1, 1, 5, 5), 2, 3),
        sample(distinct(0, 2, 4, 4), 2),
    ],
    doc=f"""The largest entry of every window.

    Parameters
    ----------
    x : (N, C, H, W), or (C, H, W).
{_GEOMETRY}
    dilation : the distance of neighbours in a window.

    Returns (N, C, P, Q) with {_COUNT}, and Q likewise.
    A gradient goes to the first maximum of its window, row by row. NaN wins over every number; padding
    counts as −inf. ``max_pool2d.with_auxiliaries(x, ...)`` returns (y, winners): of each window the number
    of its winner, counted row by row from 0.

    >>> import numpy as np, autograd as ag
    >>> x = ag.Tensor([[[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]], requires_grad=True)
    >>> ag.max_pool2d(x, 2).data
    array([[[5.]]])
    >>> y, winners = ag.max_pool2d.with_auxiliaries(x, 2, ceil_mode=True)
    >>> y.data[0].tolist(), winners[0].tolist()
    ([[5.0, 6.0], [8.0, 9.0]], [[3, 2], [1, 0]])
    """,
)

max_pool2d_scatter = operation(
    "max_pool2d_scatter",
    _scatter,
    inputs=["g"],
    symbol="maxᵀ",
    kind="pooling",
    traits=["companion"],
    arguments={"window": "kernel_size"},
    formula=r"y_{n c i j} = \sum_{p, q} g_{n c p q} \, [(i, j) \;\mathrm{won}\; (p, q)]",
    rules=[
        rule(
            lambda u, winners, kernel_size, stride, padding, dilation, ceil_mode: max_pool2d_gather(
                u, winners, kernel_size, stride, padding, dilation, ceil_mode
            ),
            local=r"[(i, j) \;\mathrm{won}\; (p, q)]",
        )
    ],
    samples=[
        sample(reals(1, 1, 2, 2), np.array([[[[0, 3], [2, 1]]]]), (1, 1, 4, 4), 2),
        sample(reals(1, 1, 2, 2), np.array([[[[8, 6], [2, 0]]]]), (1, 1, 5, 5), 3, 2),
        sample(reals(1, 2, 2), np.array([[[3, 2], [1, 0]]]), (1, 3, 3), 2, ceil_mode=True),
    ],
    doc=f"""The gradient of ``max_pool2d``: each entry goes to the pixel that won its window, 0 to the rest.

    Parameters
    ----------
    g : the gradient of the pooling's result, (N, C, P, Q) or (C, P, Q).
    winners : of g's shape: the number of the winner within each window.
    x_shape : the shape of the images.
{_GEOMETRY}
    dilation : the distance of neighbours in a window.

    >>> import numpy as np
    >>> from autograd.ops.pooling import max_pool2d_scatter
    >>> max_pool2d_scatter(np.array([[[5.0]]]), np.array([[[3]]]), (1, 3, 3), 2)[0]
    array([[0., 0., 0.],
           [0., 5., 0.],
           [0., 0., 0.]])
    """,
)

max_pool2d_gather = operation(
    "max_pool2d_gather",
    _gather,
    inputs=["x"],
    symbol="x[max]",
    kind="pooling",
    traits=["companion"],
    arguments={"window": "kernel_size"},
    formula=r"y_{n c p q} = x_{n c i j}, \;\; (i, j) \;\mathrm{won}\; (p, q)",
    rules=[
        rule(
            lambda g, winners, x_shape, kernel_size, stride, padding, dilation, ceil_mode: max_pool2d_scatter(
                g, winners, x_shape, kernel_size, stride, padding, dilation, ceil_mode
            ),
            local=r"[(i, j) \;\mathrm{won}\; (p, q)]",
        )
    ],
    samples=[
        sample(reals(1, 1, 4, 4), np.array([[[[0, 3], [2, 1]]]]), 2),
        sample(reals(1, 1, 5, 5), np.array([[[[8, 6], [2, 0]]]]), 3, 2),
        sample(reals(1, 3, 3), np.array([[[3, 2], [1, 0]]]), 2, ceil_mode=True),
    ],
    doc=f"""What the given winner of each window holds: ``max_pool2d`` with the choice made beforehand.

    Parameters
    ----------
    x : (N, C, H, W), or (C, H, W).
    winners : the number of the winner within each window, (N, C, P, Q) or (C, P, Q).
{_GEOMETRY}
    dilation : the distance of neighbours in a window.

    >>> import numpy as np
    >>> from autograd.ops.pooling import max_pool2d_gather
    >>> max_pool2d_gather(np.arange(9.0).reshape(1, 3, 3), np.array([[[1]]]), 2)
    array([[[1.]]])
    """,
)

avg_pool2d = operation(
    "avg_pool2d",
    _avg_pool2d,
    inputs=["x"],
    symbol="avg",
    kind="pooling",
    traits=["averages"],
    factors=lambda kernel_size: [_share_of(math.prod(pair(kernel_size, "kernel_size", 1)))],
    arguments={"window": "kernel_size"},
    formula=r"y_{n c p q} = \frac{1}{m_{p q}} \sum_{r, s} x_{n, c, \, u p + r - a, \, v q + s - b}",
    rules=[
        rule(
            lambda g, x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad: avg_pool2d_spread(
                g, x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad
            ),
            local=r"\frac{1}{m_{p q}} \;\mathrm{within\;the\;window}",
        )
    ],
    samples=[
        sample(reals(2, 2, 4, 4), 2),
        sample(reals(1, 2, 5, 5), 3, 2),
        sample(reals(1, 1, 5, 4), 3, stride=1, padding=1),
        sample(reals(1, 1, 5, 4), (3, 2), stride=(2, 1), padding=(1, 0), count_include_pad=False),
        sample(reals(2, 3, 3), 2, ceil_mode=True),
        sample(reals(1, 1, 6, 6), 3, 2, 1, True),
        sample(reals(1, 1, 5, 5), 2, 3),
        sample(reals(0, 2, 4, 4), 2),
    ],
    doc=f"""The average of every window.

    Parameters
    ----------
    x : (N, C, H, W), or (C, H, W).
{_GEOMETRY}
    count_include_pad : whether padding counts, as zeros. What hangs over the padding never does.

    Returns (N, C, P, Q) with {_COUNT}
    (here 1), and Q likewise.

    >>> import numpy as np, autograd as ag
    >>> ag.avg_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """,
)

avg_pool2d_spread = operation(
    "avg_pool2d_spread",
    _spread,
    inputs=["g"],
    symbol="avgᵀ",
    kind="pooling",
    traits=["companion"],
    arguments={"window": "kernel_size"},
    formula=r"y_{n c i j} = \sum_{(p, q) \,\mathrm{over}\, (i, j)} \frac{g_{n c p q}}{m_{p q}}",
    rules=[
        rule(
            lambda u, kernel_size, stride, padding, ceil_mode, count_include_pad: avg_pool2d(
                u, kernel_size, stride, padding, ceil_mode, count_include_pad
            ),
            local=r"\frac{1}{m_{p q}} \;\mathrm{within\;the\;window}",
        )
    ],
    samples=[
        sample(reals(2, 2, 2, 2), (2, 2, 4, 4), 2),
        sample(reals(1, 2, 2, 2), (1, 2, 5, 5), 3, 2),
        sample(reals(1, 1, 3, 3), (1, 1, 5, 4), (3, 2), stride=(2, 1), padding=(1, 0), count_include_pad=False),
        sample(reals(2, 2, 2), (2, 3, 3), 2, ceil_mode=True),
    ],
    doc=f"""The gradient of ``avg_pool2d``: each entry, divided by the window's count, to its whole window.

    Parameters
    ----------
    g : the gradient of the pooling's result, (N, C, P, Q) or (C, P, Q).
    x_shape : the shape of the images.
{_GEOMETRY}
    count_include_pad : whether padding counts, as zeros.

    >>> import numpy as np
    >>> from autograd.ops.pooling import avg_pool2d_spread
    >>> avg_pool2d_spread(np.array([[[8.0]]]), (1, 3, 3), 2)[0]
    array([[2., 2., 0.],
           [2., 2., 0.],
           [0., 0., 0.]])
    """,
)
