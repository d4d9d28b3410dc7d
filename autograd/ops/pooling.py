"""Pooling: the maximum or the average of every window over rows, pictures or volumes.

``max_pool2d`` routes a gradient to the pixel that won; it and its two companions, which scatter to
the winners and gather from them, are one family, so gradients of any order come out of it; ``avg_pool2d`` and its
transpose are another. All accept any memory layout of (N, C, H, W) and return channels-last memory behind that shape.

Both families are declared once, by ``_declare(rank)``, for 1, 2 and 3 axes of the image: operations by PyTorch's names,
because graphs and errors name what was called, and formula, shapes and samples are those of the rank.

Long because a declaration says all there is to an operation: formula, rules, samples, documentation.
"""

import math
from functools import lru_cache

import numpy as np

from ..declaration import CodeBy, operation, rule
from ..kernels import pooling as kernels
from ..kernels.real import need_real
from ..kernels.windows import TUPLE, as_arguments, channels_first, channels_last, lay_out, per_axis
from ..program import helpers
from ..samples import distinct, reals, sample
from ..traits import Factor
from . import in_onnx
from .letters import letters, numbers

__all__ = ["avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d"]


_average_weights = lru_cache(256)(kernels.average_weights)


def _geometry(rank, x_shape, kernel_size, stride, padding, dilation, ceil_mode):
    """The Windows of a pooling, or an error that says what does not fit."""
    size = per_axis(kernel_size, rank, "kernel_size", 1)
    stride = size if stride is None or stride in ((), []) else per_axis(stride, rank, "stride", 1)
    if isinstance(padding, str):
        raise TypeError(f"padding must be an int or {TUPLE[rank]} of ints, not {padding!r}")
    padding, dilation = per_axis(padding, rank, "padding", 0), per_axis(dilation, rank, "dilation", 1)
    return _fitting(rank, tuple(x_shape), size, stride, padding, dilation, bool(ceil_mode))


@lru_cache(256)
def _fitting(rank, x_shape, size, stride, padding, dilation, ceil_mode):
    if len(x_shape) not in (rank + 1, rank + 2):
        images = letters(rank).images
        raise ValueError(f"x must have the axes (N, C, {images}) or (C, {images})\n  axes of x: {len(x_shape)}")
    image = x_shape[-rank:]
    if not all(image):
        raise ValueError(f"the images have no pixels: {image}")
    if any([2 * p > k for p, k in zip(padding, size, strict=True)]):
        raise ValueError(
            "padding may be at most half the kernel, or a window could see padding alone\n"
            f"  padding: {padding}\n  kernel_size: {size}"
        )
    windows = lay_out(image, size, stride, padding, dilation, ceil_mode)
    for axis, gap in enumerate(dilation):
        if gap > 1 and not _all_see_pixels(axis, windows, padding, dilation):
            raise ValueError(
                "a window sees padding alone: its gaps reach over the image; take a smaller dilation or padding\n"
                f"  image: {image}\n  padding: {padding}\n  kernel_size: {size}\n  dilation: {dilation}"
            )
    return windows


def _all_see_pixels(axis, windows, padding, dilation):
    """Whether each window along an axis has one of its places in the image."""
    first = np.arange(windows.out[axis])[:, None] * windows.stride[axis] - padding[axis]
    places = first + np.arange(windows.size[axis]) * dilation[axis]
    return bool(np.all(np.any((places >= 0) & (places < windows.image[axis]), axis=1)))


def _weights(windows, padding, count_include_pad, divisor_override, dtype):
    """What the sums over the windows are multiplied with."""
    if divisor_override is not None and (not isinstance(divisor_override, int | np.integer) or divisor_override == 0):
        raise ValueError(f"divisor_override must be an int other than 0, or None, not {divisor_override!r}")
    padding = per_axis(padding, windows.rank, "padding", 0)
    dtype = np.promote_types(dtype, np.float32)  # float16 is averaged in float32
    return _average_weights(windows, padding, bool(count_include_pad), dtype, divisor_override)


def _check_result(g, x_shape, windows):
    expected = (*x_shape[: -windows.rank], *windows.out)
    if np.shape(g) != expected:
        raise ValueError(f"the shape is not that of the pooling's result\n  result: {expected}\n  given: {np.shape(g)}")


def _stack(x, rank):
    """(N, C, H, W) or (C, H, W) as (N, H, W, C)."""
    x = np.asarray(x)
    return channels_last(x if x.ndim == rank + 2 else x[None])


def _unstack(x, ndim):
    """The way back from ``_stack``."""
    x = channels_first(x)
    return x if ndim == x.ndim else x[0]


# -- the declaration -------------------------------------------------------------------------------

_MAX_SAMPLES = {
    1: [
        sample(distinct(2, 2, 4), 2),
        sample(distinct(1, 2, 7), 3, 2, padding=1),
        sample(distinct(1, 1, 7), (3,), stride=(1,), padding=(1,), dilation=(2,)),
        sample(distinct(2, 5), 2, ceil_mode=True),
        sample(distinct(0, 2, 4), 2),
    ],
    2: [
        sample(distinct(2, 2, 4, 4), 2),
        sample(distinct(1, 2, 5, 5), 3, 2),
        sample(distinct(1, 1, 5, 4), 3, stride=1, padding=1),
        sample(distinct(1, 1, 6, 7), (2, 3), stride=(2, 1), padding=(1, 0), dilation=(2, 2)),
        sample(distinct(2, 3, 3), 2, ceil_mode=True),
        sample(distinct(1, 1, 5, 5), 2, 3),
        sample(distinct(0, 2, 4, 4), 2),
    ],
    3: [
        sample(distinct(2, 2, 2, 2, 4), 2),
        sample(distinct(1, 1, 4, 3, 3), 3, stride=1, padding=1),
        sample(distinct(1, 1, 5, 3, 4), (2, 1, 3), stride=(2, 1, 1), padding=(1, 0, 1), dilation=(3, 1, 2)),
        sample(distinct(2, 3, 3, 2), 2, ceil_mode=True),
        sample(distinct(0, 2, 2, 3, 2), 2),
    ],
}

_SCATTER_SAMPLES = {
    1: [
        sample(reals(1, 1, 2), np.array([[[0, 1]]]), (1, 1, 4), 2),
        sample(reals(1, 1, 2), np.array([[[2, 0]]]), (1, 1, 5), 3, 2),
        sample(reals(1, 2), np.array([[1, 0]]), (1, 3), 2, ceil_mode=True),
    ],
    2: [
        sample(reals(1, 1, 2, 2), np.array([[[[0, 3], [2, 1]]]]), (1, 1, 4, 4), 2),
        sample(reals(1, 1, 2, 2), np.array([[[[8, 6], [2, 0]]]]), (1, 1, 5, 5), 3, 2),
        sample(reals(1, 2, 2), np.array([[[3, 2], [1, 0]]]), (1, 3, 3), 2, ceil_mode=True),
    ],
    3: [
        sample(reals(1, 1, 1, 2, 2), np.array([[[[[0, 7], [5, 2]]]]]), (1, 1, 2, 4, 4), 2),
        sample(reals(1, 1, 2, 1, 1), np.array([[[[[26]], [[8]]]]]), (1, 1, 5, 3, 3), 3, 2),
        sample(reals(1, 2, 1, 1), np.array([[[[7]], [[3]]]]), (1, 3, 2, 2), 2, ceil_mode=True),
    ],
}

_GATHER_SAMPLES = {
    rank: [
        sample(reals(*one.args[2]), one.args[1], *one.args[3:], **one.kwargs)
        for one in samples
    ]
    for rank, samples in _SCATTER_SAMPLES.items()
}  # fmt: skip

_AVERAGE_SAMPLES = {
    1: [
        sample(reals(2, 2, 4), 2),
        sample(reals(1, 2, 5), 3, 2),
        sample(reals(1, 1, 5), 3, stride=1, padding=1, count_include_pad=False),
        sample(reals(1, 1, 6), (3,), (2,), (1,), True),
        sample(reals(2, 3), 2, ceil_mode=True),
        sample(reals(0, 2, 4), 2),
    ],
    2: [
        sample(reals(2, 2, 4, 4), 2),
        sample(reals(1, 2, 5, 5), 3, 2),
        sample(reals(1, 1, 5, 4), 3, stride=1, padding=1),
        sample(reals(1, 1, 5, 4), (3, 2), stride=(2, 1), padding=(1, 0), count_include_pad=False),
        sample(reals(2, 3, 3), 2, ceil_mode=True),
        sample(reals(1, 1, 6, 6), 3, 2, 1, True),
        sample(reals(1, 1, 5, 5), 2, 3),
        sample(reals(1, 1, 5, 4), 3, 2, 1, divisor_override=4),
        sample(reals(0, 2, 4, 4), 2),
    ],
    3: [
        sample(reals(2, 2, 2, 2, 4), 2),
        sample(reals(1, 1, 4, 3, 3), 3, stride=1, padding=1),
        sample(reals(1, 1, 4, 3, 3), (3, 2, 1), (2, 1, 1), (1, 1, 0), count_include_pad=False),
        sample(reals(2, 3, 3, 2), 2, ceil_mode=True),
        sample(reals(1, 1, 4, 4, 3), 3, 2, 1, True, divisor_override=5),
        sample(reals(0, 2, 2, 3, 2), 2),
    ],
}

_SPREAD_SAMPLES = {
    1: [
        sample(reals(2, 2, 2), (2, 2, 4), 2),
        sample(reals(1, 1, 3), (1, 1, 5), 3, stride=2, padding=1, count_include_pad=False),
        sample(reals(2, 2), (2, 3), 2, ceil_mode=True),
    ],
    2: [
        sample(reals(2, 2, 2, 2), (2, 2, 4, 4), 2),
        sample(reals(1, 2, 2, 2), (1, 2, 5, 5), 3, 2),
        sample(reals(1, 1, 3, 3), (1, 1, 5, 4), (3, 2), stride=(2, 1), padding=(1, 0), count_include_pad=False),
        sample(reals(2, 2, 2), (2, 3, 3), 2, ceil_mode=True),
        sample(reals(1, 1, 2, 2), (1, 1, 4, 4), 2, divisor_override=3),
    ],
    3: [
        sample(reals(2, 1, 1, 1, 2), (2, 1, 2, 2, 4), 2),
        sample(reals(1, 1, 2, 2, 3), (1, 1, 4, 3, 3), (3, 2, 1), (2, 2, 1), (1, 1, 0), count_include_pad=False),
        sample(reals(2, 2, 2, 1), (2, 3, 3, 2), 2, ceil_mode=True, divisor_override=3),
    ],
}

_EXAMPLES = {
    1: (
        """\
    >>> import numpy as np, autograd as ag
    >>> ag.max_pool1d(np.array([[1.0, 2, 3, 4]]), 2)
    array([[2., 4.]])""",
        """\
    >>> import numpy as np, autograd as ag
    >>> ag.avg_pool1d(np.arange(4.0).reshape(1, 4), 2)
    array([[0.5, 2.5]])""",
    ),
    2: (
        """\
    >>> import numpy as np, autograd as ag
    >>> x = ag.Tensor([[[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]], requires_grad=True)
    >>> ag.max_pool2d(x, 2).data
    array([[[5.]]])
    >>> y, winners = ag.max_pool2d.with_auxiliaries(x, 2, ceil_mode=True)
    >>> y.data[0].tolist(), winners[0].tolist()
    ([[5.0, 6.0], [8.0, 9.0]], [[3, 2], [1, 0]])""",
        """\
    >>> import numpy as np, autograd as ag
    >>> ag.avg_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])""",
    ),
    3: (
        """\
    >>> import numpy as np, autograd as ag
    >>> ag.max_pool3d(np.arange(64.0).reshape(1, 4, 4, 4), 2)[0, 1]
    array([[53., 55.],
           [61., 63.]])""",
        """\
    >>> import numpy as np, autograd as ag
    >>> ag.avg_pool3d(np.arange(64.0).reshape(1, 4, 4, 4), 4)
    array([[[[31.5]]]])""",
    ),
}


def _share_of(count):
    return Factor(1 / count, f"the 1/{count} of the average in {{at}}")


def _declare(rank):
    """max_pool{rank}d, its scatter and gather, avg_pool{rank}d and its spread."""
    on = letters(rank)
    images, results = (f"(N, C, {axes}), or (C, {axes})" for axes in (on.images, on.results))
    likewise = "" if rank == 1 else ", and likewise along the other axes"
    count = f"P = ⌊({on.first} + 2α − e(k − 1) − 1) / u⌋ + 1 for the size k, stride u, padding α\n    and dilation e"
    largest = "each δ goes to the largest entry of its window, of equal ones to the first; the others get 0"
    pixel, window = f"({on.pixel_list})", f"({on.out_list})"
    if rank == 1:
        pixel, window = on.pixel, on.out
    geometry = f"""\
    kernel_size, stride, padding : {on.entries}. ``stride`` is by default the
        kernel's size; ``padding`` may be at most half of it.
    ceil_mode : round the number of windows up: a last one may hang over the edge, unless it would start
        in the padding {on.behind}."""

    def maximum(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        x = np.asarray(x)
        windows = _geometry(rank, x.shape, kernel_size, stride, padding, dilation, ceil_mode)
        y, winners = kernels.maximum(_stack(x, rank), windows)
        return _unstack(y, x.ndim), _unstack(winners, x.ndim)

    def scatter(g, winners, x_shape, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        g = np.asarray(g)
        windows = _geometry(rank, x_shape, kernel_size, stride, padding, dilation, ceil_mode)
        _check_result(g, x_shape, windows)
        return _unstack(kernels.scatter(_stack(g, rank), _stack(winners, rank), windows), g.ndim)

    def gather(x, winners, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        x = np.asarray(x)
        windows = _geometry(rank, x.shape, kernel_size, stride, padding, dilation, ceil_mode)
        _check_result(winners, x.shape, windows)
        return _unstack(kernels.gather(_stack(x, rank), _stack(winners, rank), windows), x.ndim)

    def average(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        need_real(x, divisor_override)
        x = np.asarray(x)
        windows = _geometry(rank, x.shape, kernel_size, stride, padding, 1, ceil_mode)
        if x.dtype.kind != "f":
            x = x.astype(np.float64)
        weights = _weights(windows, padding, count_include_pad, divisor_override, x.dtype)
        return _unstack(kernels.average(_stack(x, rank), weights, windows), x.ndim)

    def spread(
        g, x_shape, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    ):
        g = np.asarray(g)
        windows = _geometry(rank, x_shape, kernel_size, stride, padding, 1, ceil_mode)
        _check_result(g, x_shape, windows)
        weights = _weights(windows, padding, count_include_pad, divisor_override, g.dtype)
        return _unstack(kernels.spread(_stack(g, rank), weights, windows), g.ndim)

    def counted(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        """(the Windows, by how many each window is divided)."""
        windows = _geometry(rank, x_shape, kernel_size, stride, padding, 1, ceil_mode)
        weights = _weights(windows, padding, count_include_pad, divisor_override, np.float64)
        return windows, (1 / weights).reshape(windows.out)

    def letters_of_average(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        windows, m = counted(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
        m = float(m.flat[0].round()) if np.ptp(m) < 1e-9 else m.round()
        return {
            **numbers(windows.stride, windows.dilation, windows.before),
            **dict(zip("RST", windows.size, strict=False)),
            "m": m,
        }

    def letters_of_maximum(x_shape, kernel_size, stride, padding, dilation, ceil_mode):
        windows = _geometry(rank, x_shape, kernel_size, stride, padding, dilation, ceil_mode)
        return numbers(windows.stride, windows.dilation, windows.before)

    def shared_in_words(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        _, m = counted(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
        low, high = int(m.min().round()), int(m.max().round())
        share = f"1/{low} of it" if low == high else f"1/{low} to 1/{high} of it, by how many count"
        return f"each δ goes to all entries of its window: {share} to each"

    def in_numpy(text, x_shape, kernel_size, stride, padding, dilation, ceil_mode):
        """The text with the size, the number of windows and the rest of the geometry at the end of a call."""
        windows = _geometry(rank, x_shape, kernel_size, stride, padding, dilation, ceil_mode)
        lies = as_arguments(windows).removeprefix(", ") or "stride=1"
        lies = lies if "stride" in lies else f"stride=1, {lies}"
        return f"{text.format(image=windows.image, size=windows.size, out=windows.out)}, {lies})"

    def maximum_in_numpy(x_shape, kernel_size, stride, padding, dilation, ceil_mode):
        return in_numpy("max_pool(x, {size}, {out}", x_shape, kernel_size, stride, padding, dilation, ceil_mode)

    def scatter_in_numpy(x_shape, kernel_size, stride, padding, dilation, ceil_mode):
        text = "max_pool_scatter(g, winners, {image}, {size}"
        return in_numpy(text, x_shape, kernel_size, stride, padding, dilation, ceil_mode)

    def gather_in_numpy(x_shape, kernel_size, stride, padding, dilation, ceil_mode):
        return in_numpy(
            "max_pool_gather(x, winners, {size}", x_shape, kernel_size, stride, padding, dilation, ceil_mode
        )

    def counts_in_numpy(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        """By how many each window is divided: one number, or an array."""
        _, m = counted(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
        m = m.round().astype(int)
        return str(m.flat[0]) if np.ptp(m) == 0 else f"np.array({m.tolist()})"

    def average_in_numpy(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        rest = kernel_size, stride, padding
        counts = counts_in_numpy(x_shape, *rest, ceil_mode, count_include_pad, divisor_override)
        return in_numpy(f"avg_pool(x, {counts}, {{size}}, {{out}}", x_shape, *rest, 1, ceil_mode)

    def spread_in_numpy(x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        rest = kernel_size, stride, padding
        counts = counts_in_numpy(x_shape, *rest, ceil_mode, count_include_pad, divisor_override)
        return in_numpy(f"avg_pool_spread(g, {counts}, {{image}}, {{size}}", x_shape, *rest, 1, ceil_mode)

    max_pool = operation(
        f"max_pool{rank}d",
        maximum,
        inputs=["x"],
        symbol="max",
        kind="pooling",
        onnx=in_onnx.max_pool(rank),
        traits=["largest", f"{rank}-D"],
        arguments={"window": "kernel_size"},
        formula=rf"y_{{n c {on.out}}} = \max_{{{on.tap_list}}} \; x_{{n, c, \, {on.seen}}}",
        rules=[
            rule(
                lambda g, winners, x_shape, kernel_size, stride, padding, dilation, ceil_mode: max_pool_scatter(
                    g, winners, x_shape, kernel_size, stride, padding, dilation, ceil_mode
                ),
                local=r"1 \;\mathrm{at\;the\;largest\;entry\;of\;the\;window,\;else}\; 0",
                words=largest,
            )
        ],
        auxiliaries=["winners"],
        letters=letters_of_maximum,
        code=CodeBy(maximum_in_numpy, helpers.max_pool),
        samples=_MAX_SAMPLES[rank],
        doc=f"""The largest entry of every window.

    Parameters
    ----------
    x : {images}.
{geometry}
    dilation : the distance of neighbours in a window.

    Returns (N, C, {on.results}) with {count}{likewise}.
    A gradient goes to the first maximum of its window, row by row. NaN wins over every number; padding
    counts as −inf. ``max_pool{rank}d.with_auxiliaries(x, ...)`` returns (y, winners): of each window the number
    of its winner, counted row by row from 0.

{_EXAMPLES[rank][0]}
    """,
    )

    max_pool_scatter = operation(
        f"max_pool{rank}d_scatter",
        scatter,
        inputs=["g"],
        symbol="maxᵀ",
        kind="pooling",
        traits=["companion", f"{rank}-D"],
        arguments={"window": "kernel_size"},
        formula=(
            rf"y_{{n c {on.pixel}}} = \sum_{{{on.out_list}}} g_{{n c {on.out}}} \,"
            rf" [{pixel} \;\mathrm{{won}}\; {window}]"
        ),
        rules=[
            rule(
                lambda u, winners, kernel_size, stride, padding, dilation, ceil_mode: max_pool_gather(
                    u, winners, kernel_size, stride, padding, dilation, ceil_mode
                ),
                local=rf"1 \;\mathrm{{where}}\; {pixel} \;\mathrm{{won\;window}}\; {window}\mathrm{{,\;else}}\; 0",
            )
        ],
        code=CodeBy(scatter_in_numpy, helpers.max_pool_scatter),
        samples=_SCATTER_SAMPLES[rank],
        doc=f"""The gradient of ``max_pool{rank}d``: each entry goes to the pixel that won its window, 0 to the rest.

    Parameters
    ----------
    g : the gradient of the pooling's result, {results}.
    winners : of g's shape: the number of the winner within each window.
    x_shape : the shape of the images.
{geometry}
    dilation : the distance of neighbours in a window.

    >>> import numpy as np
    >>> from autograd.ops.pooling import max_pool{rank}d_scatter
    >>> g, winners = np.full((1{", 1" * rank}), 5.0), np.ones((1{", 1" * rank}), int)
    >>> max_pool{rank}d_scatter(g, winners, (1{", 2" * rank}), 2).ravel()[:2]
    array([0., 5.])
    """,
    )

    max_pool_gather = operation(
        f"max_pool{rank}d_gather",
        gather,
        inputs=["x"],
        symbol="x[max]",
        kind="pooling",
        traits=["companion", f"{rank}-D"],
        arguments={"window": "kernel_size"},
        formula=rf"y_{{n c {on.out}}} = x_{{n c {on.pixel}}}, \;\; {pixel} \;\mathrm{{won}}\; {window}",
        rules=[
            rule(
                lambda g, winners, x_shape, kernel_size, stride, padding, dilation, ceil_mode: max_pool_scatter(
                    g, winners, x_shape, kernel_size, stride, padding, dilation, ceil_mode
                ),
                local=rf"1 \;\mathrm{{where}}\; {pixel} \;\mathrm{{won\;window}}\; {window}\mathrm{{,\;else}}\; 0",
            )
        ],
        code=CodeBy(gather_in_numpy, helpers.max_pool_gather),
        samples=_GATHER_SAMPLES[rank],
        doc=f"""What the given winner of each window holds: ``max_pool{rank}d`` with the choice made beforehand.

    Parameters
    ----------
    x : {images}.
    winners : the number of the winner within each window, {results}.
{geometry}
    dilation : the distance of neighbours in a window.

    >>> import numpy as np
    >>> from autograd.ops.pooling import max_pool{rank}d_gather
    >>> x, winners = np.arange({2.0**rank}).reshape(1{", 2" * rank}), np.ones((1{", 1" * rank}), int)
    >>> max_pool{rank}d_gather(x, winners, 2).item()
    1.0
    """,
    )

    avg_pool = operation(
        f"avg_pool{rank}d",
        average,
        inputs=["x"],
        symbol="avg",
        kind="pooling",
        onnx=in_onnx.avg_pool(rank),
        traits=["averages", f"{rank}-D"],
        factors=lambda kernel_size, divisor_override: [
            _share_of(divisor_override or math.prod(per_axis(kernel_size, rank, "kernel_size", 1)))
        ],
        arguments={"window": "kernel_size"},
        formula=(
            rf"y_{{n c {on.out}}} = \frac{{1}}{{m_{{{on.out}}}}} \sum_{{{on.tap_list}}}"
            rf" x_{{n, c, \, {on.seen_beside}}}"
        ),
        rules=[
            rule(
                lambda g, x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: (
                    avg_pool_spread(
                        g, x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
                    )
                ),
                local=rf"\frac{{1}}{{m_{{{on.out}}}}} {on.within}",
                at=f"n c {on.pixel}",
                words=shared_in_words,
            )
        ],
        letters=letters_of_average,
        code=CodeBy(average_in_numpy, helpers.avg_pool),
        samples=_AVERAGE_SAMPLES[rank],
        doc=f"""The average of every window.

    Parameters
    ----------
    x : {images}.
{geometry}
    count_include_pad : whether padding counts, as zeros. What hangs over the padding never does.
    divisor_override : an int to divide each window's sum by, in place of the number of pixels that count.

    Returns (N, C, {on.results}) with {count} (here 1){likewise}.

{_EXAMPLES[rank][1]}
    """,
    )

    avg_pool_spread = operation(
        f"avg_pool{rank}d_spread",
        spread,
        inputs=["g"],
        symbol="avgᵀ",
        kind="pooling",
        traits=["companion", f"{rank}-D"],
        arguments={"window": "kernel_size"},
        formula=(
            rf"y_{{n c {on.pixel}}} = \sum_{{{window} \,\mathrm{{over}}\, {pixel}}}"
            rf" \frac{{g_{{n c {on.out}}}}}{{m_{{{on.out}}}}}"
        ),
        rules=[
            rule(
                lambda u, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pool(
                    u, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
                ),
                local=rf"\frac{{1}}{{m_{{{on.out}}}}} {on.within}",
                at=f"n c {on.out}",
                words="the average of δ over each window",
            )
        ],
        letters=letters_of_average,
        code=CodeBy(spread_in_numpy, helpers.avg_pool_spread),
        samples=_SPREAD_SAMPLES[rank],
        doc=f"""The gradient of ``avg_pool{rank}d``: each entry, divided by the window's count, to its whole window.

    Parameters
    ----------
    g : the gradient of the pooling's result, {results}.
    x_shape : the shape of the images.
{geometry}
    count_include_pad : whether padding counts, as zeros.
    divisor_override : an int to divide by in place of the window's count.

    >>> import numpy as np
    >>> from autograd.ops.pooling import avg_pool{rank}d_spread
    >>> avg_pool{rank}d_spread(np.full((1{", 1" * rank}), 8.0), (1{", 3" * rank}), 2).ravel()[:3].tolist()
    {[8.0 / 2**rank, 8.0 / 2**rank, 0.0]}
    """,
    )
    return max_pool, max_pool_scatter, max_pool_gather, avg_pool, avg_pool_spread


max_pool1d, max_pool1d_scatter, max_pool1d_gather, avg_pool1d, avg_pool1d_spread = _declare(1)
max_pool2d, max_pool2d_scatter, max_pool2d_gather, avg_pool2d, avg_pool2d_spread = _declare(2)
max_pool3d, max_pool3d_scatter, max_pool3d_gather, avg_pool3d, avg_pool3d_spread = _declare(3)
