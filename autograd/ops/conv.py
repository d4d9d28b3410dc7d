"""Convolution as conv nets mean it: cross-correlation of rows, pictures or volumes with a bank of kernels.

``conv2d``, ``conv_transpose2d`` and ``conv2d_weight_gradient`` are one family: each one's rules are the other two, so
gradients of any order come out of it. The transposed convolution is the gradient of the convolution by its images.
All accept any memory layout of (N, C, H, W) and return channels-last memory behind that shape, which the next one reads
fastest.

The family is declared once, by ``_declare(rank)``, for 1, 2 and 3 axes of the image: three operations by each name of
PyTorch's, because graphs and errors name what was called, and formula, shapes and samples are those of the rank.

Long because a declaration says all there is to an operation: formula, rules, samples, documentation.
"""

from functools import lru_cache

import numpy as np

from ..declaration import CodeBy, operation, rule
from ..kernels import conv as kernels
from ..kernels.windows import around, as_arguments, channels_first, channels_last, lay_out, per_axis
from ..program import helpers
from ..samples import reals, sample
from . import in_onnx
from .letters import dilated, letters, numbers, padded, spread
from .reduction import sum
from .shaping import pad

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


def _geometry(rank, x_shape, weight_shape, stride, padding, dilation, groups):
    """The Windows of a convolution, or an error that says what does not fit."""
    return _fitting(rank, tuple(x_shape), tuple(weight_shape), *_per_axis(rank, stride, padding, dilation), groups)


@lru_cache(256, typed=True)
def _fitting(rank, x_shape, weight_shape, stride, padding, dilation, groups):
    _check_axes(rank, x=x_shape, weight=weight_shape)
    channels, (outputs, depth, *size) = x_shape[1], weight_shape
    _check_groups(groups, {"input channels": channels, "output channels": outputs})
    if depth * groups != channels:
        raise ValueError(
            "the channels of x and of the weight differ\n"
            f"  channels of x: {channels}\n  groups × channels of the weight: {groups} × {depth} = {groups * depth}"
        )
    if min(weight_shape) < 1:
        raise ValueError(f"the weight is empty: {weight_shape}")
    return lay_out(x_shape[2:], size, stride, padding, dilation)


def _transposed_geometry(rank, x_shape, weight_shape, stride, padding, output_padding, groups, dilation):
    """The Windows of the convolution that this is the transpose of; x has an entry for each of them."""
    stride, padding, dilation = _per_axis(rank, stride, padding, dilation)
    output_padding = per_axis(output_padding, rank, "output_padding", 0)
    return _fitting_transposed(
        rank, tuple(x_shape), tuple(weight_shape), stride, padding, output_padding, groups, dilation
    )


@lru_cache(256, typed=True)
def _fitting_transposed(rank, x_shape, weight_shape, stride, padding, output_padding, groups, dilation):
    _check_axes(rank, x=x_shape, weight=weight_shape)
    inputs, (weights, _, *size) = x_shape[1], weight_shape
    if inputs != weights:
        raise ValueError(
            "the channels of x and of the weight differ\n"
            f"  channels of x: {inputs}\n  channels of the weight: {weights}"
        )
    _check_groups(groups, {"input channels": inputs})
    if min(weight_shape) < 1:
        raise ValueError(f"the weight is empty: {weight_shape}")
    if min(x_shape[2:]) < 1:
        raise ValueError(f"the images have no pixels: {x_shape[2:]}")
    if any([o >= max(u, e) for o, u, e in zip(output_padding, stride, dilation, strict=True)]):
        raise ValueError(
            "output_padding must be smaller than the stride or the dilation\n"
            f"  output_padding: {output_padding}\n  stride: {stride}\n  dilation: {dilation}"
        )
    before, after = around(size, stride, padding, dilation)
    image = tuple(
        [
            (p - 1) * u + e * (k - 1) + 1 - b - a + o % u
            for p, u, e, k, b, a, o in zip(
                x_shape[2:], stride, dilation, size, before, after, output_padding, strict=True
            )
        ]
    )
    if min(image) < 1:
        raise ValueError(f"the result would have no pixels; take less padding\n  result: {image}\n  padding: {before}")
    return lay_out(image, size, stride, padding, dilation)


def _extended(x, output_padding, stride):
    """x with zeros behind for the windows that a large output padding has room for: more of it than stride − 1."""
    rank = len(x.shape) - 2
    more, stride = per_axis(output_padding, rank, "output_padding", 0), per_axis(stride, rank, "stride", 1)
    beyond = [o // u for o, u in zip(more, stride, strict=True)]
    return pad(x, ((0, 0), (0, 0), *[(0, n) for n in beyond])) if any(beyond) else x


def _without_extension(y, x_shape):
    """y without what ``_extended`` added to an x of that shape."""
    return y if y.shape == x_shape else y[tuple([slice(n) for n in x_shape])]


def _per_axis(rank, stride, padding, dilation):
    return (
        per_axis(stride, rank, "stride", 1),
        padding if isinstance(padding, str) else per_axis(padding, rank, "padding", 0),
        per_axis(dilation, rank, "dilation", 1),
    )


def _check_axes(rank, **shapes):
    for name, shape in shapes.items():
        if len(shape) != rank + 2:
            on = letters(rank)
            axes = {"x": f"(N, C, {on.images})", "weight": f"(O, C / groups, {on.sizes})"}
            raise ValueError(f"{name} must have {rank + 2} axes, {axes[name]}\n  axes of {name}: {len(shape)}")


def _check_groups(groups, channels):
    if not isinstance(groups, int | np.integer) or groups < 1:
        raise ValueError(f"groups must be a positive int, not {groups!r}")
    if any([count % groups for count in channels.values()]):
        listed = "".join([f"\n  {name}: {count}" for name, count in channels.items()])
        raise ValueError(f"groups must divide the {' and the '.join(channels)}\n  groups: {groups}{listed}")


def _check_bias(bias, channels):
    if bias.shape != (channels,):
        raise ValueError(
            "the bias must have one entry for each output channel\n"
            f"  output channels: {channels}\n  shape of the bias: {bias.shape}"
        )


def _float_pair(a, b):
    """Both as arrays of their common dtype."""
    a, b = np.asarray(a), np.asarray(b)
    dtype = np.result_type(a, b)
    return a.astype(dtype, copy=False), b.astype(dtype, copy=False)


# -- the declaration -------------------------------------------------------------------------------

_SAMPLES = {
    1: [
        sample(reals(2, 2, 5), reals(3, 2, 3), reals(3)),
        sample(reals(1, 2, 7), reals(2, 2, 3), reals(2), stride=2, padding=1),
        sample(reals(1, 1, 7), reals(2, 1, 2), None, stride=(1,), padding=(1,), dilation=(3,)),
        sample(reals(1, 1, 5), reals(1, 1, 4), reals(1), padding="same"),
        sample(reals(1, 1, 4), reals(1, 1, 2), padding="valid"),
        sample(reals(2, 4, 3), reals(4, 2, 2), reals(4), groups=2),
        sample(reals(1, 1, 3), reals(1, 1, 1), padding=1, stride=2),
        sample(reals(0, 2, 4), reals(3, 2, 3), reals(3)),
    ],
    2: [
        sample(reals(2, 2, 4, 4), reals(3, 2, 3, 3), reals(3)),
        sample(reals(1, 1, 4, 5), reals(2, 1, 2, 3)),
        sample(reals(1, 3, 3, 3), reals(2, 3, 1, 1), reals(2)),
        sample(reals(1, 2, 5, 6), reals(2, 2, 3, 2), reals(2), stride=(2, 1), padding=(1, 0)),
        sample(reals(1, 1, 6, 5), reals(2, 1, 2, 2), None, stride=1, padding=1, dilation=(2, 3)),
        sample(reals(1, 1, 4, 5), reals(1, 1, 1, 3), reals(1), padding="same"),
        sample(reals(1, 1, 4, 4), reals(1, 1, 2, 2), padding="valid"),
        sample(reals(2, 4, 3, 3), reals(4, 2, 2, 2), reals(4), groups=2),
        sample(reals(1, 2, 4, 4), reals(4, 1, 3, 3), None, 2, 1, 1, 2),
        sample(reals(1, 1, 3, 3), reals(1, 1, 1, 1), padding=1, stride=2),
        sample(reals(0, 2, 4, 4), reals(3, 2, 3, 3), reals(3)),
    ],
    3: [
        sample(reals(2, 2, 3, 2, 3), reals(3, 2, 2, 2, 2), reals(3)),
        sample(reals(1, 2, 3, 2, 2), reals(2, 2, 1, 2, 1), reals(2)),
        sample(reals(1, 1, 4, 3, 3), reals(2, 1, 3, 2, 2), reals(2), stride=(2, 1, 2), padding=(1, 0, 1)),
        sample(reals(1, 1, 3, 3, 4), reals(1, 1, 2, 2, 2), None, padding=1, dilation=(3, 2, 1)),
        sample(reals(1, 1, 3, 2, 3), reals(1, 1, 2, 3, 2), reals(1), padding="same"),
        sample(reals(1, 4, 2, 2, 2), reals(4, 2, 2, 1, 2), reals(4), groups=2),
        sample(reals(1, 1, 1, 2, 2), reals(1, 1, 1, 1, 1), padding=1, stride=2),
        sample(reals(0, 2, 3, 3, 3), reals(3, 2, 2, 2, 2), reals(3)),
    ],
}

_TRANSPOSED_SAMPLES = {
    1: [
        sample(reals(2, 3, 4), reals(3, 2, 3), reals(2)),
        sample(reals(1, 2, 3), reals(2, 2, 3), reals(2), stride=2, padding=1, output_padding=1),
        sample(reals(1, 2, 4), reals(2, 1, 2), None, 1, 1, 2, 1, 3),
        sample(reals(1, 1, 5), reals(1, 1, 4), padding="same"),
        sample(reals(1, 4, 3), reals(4, 2, 2), reals(4), groups=2),
        sample(reals(0, 3, 3), reals(3, 2, 3), reals(2)),
    ],
    2: [
        sample(reals(2, 3, 2, 2), reals(3, 2, 3, 3), reals(2)),
        sample(reals(1, 2, 3, 5), reals(2, 2, 3, 2), None, stride=(2, 1), padding=(1, 0)),
        sample(reals(1, 2, 2, 3), reals(2, 2, 3, 3), reals(2), stride=(2, 3), padding=1, output_padding=(1, 2)),
        sample(reals(1, 2, 6, 4), reals(2, 1, 2, 2), padding=1, dilation=(2, 3)),
        sample(reals(1, 1, 2, 3), reals(1, 1, 2, 2), reals(1), output_padding=(1, 2), dilation=(2, 3)),
        sample(reals(1, 1, 4, 3), reals(1, 2, 2, 3), padding="same"),
        sample(reals(1, 1, 2, 2), reals(1, 1, 2, 2), padding="valid"),
        sample(reals(1, 4, 2, 2), reals(4, 2, 2, 2), reals(4), groups=2),
        sample(reals(0, 3, 2, 2), reals(3, 2, 3, 3), reals(2)),
    ],
    3: [
        sample(reals(2, 2, 2, 2, 2), reals(2, 2, 2, 2, 3), reals(2)),
        sample(reals(1, 1, 2, 3, 2), reals(1, 2, 3, 2, 2), reals(2), (2, 1, 3), (1, 0, 1), (1, 0, 2)),
        sample(reals(1, 1, 2, 2, 3), reals(1, 1, 2, 2, 2), padding=1, output_padding=(2, 0, 0), dilation=(3, 2, 1)),
        sample(reals(1, 1, 3, 2, 3), reals(1, 1, 2, 3, 2), padding="same"),
        sample(reals(1, 4, 2, 1, 2), reals(4, 1, 2, 2, 1), reals(2), groups=2),
        sample(reals(0, 2, 2, 2, 2), reals(2, 1, 2, 2, 2), reals(1)),
    ],
}

_WEIGHT_SAMPLES = {
    1: [
        sample(reals(2, 3, 3), reals(2, 2, 5), (3, 2, 3)),
        sample(reals(1, 2, 4), reals(1, 2, 7), (2, 2, 3), stride=2, padding=1),
        sample(reals(1, 2, 4), reals(1, 4, 4), (2, 2, 2), padding="same", groups=2),
        sample(reals(0, 3, 2), reals(0, 2, 4), (3, 2, 3)),
    ],
    2: [
        sample(reals(2, 3, 2, 2), reals(2, 2, 4, 4), (3, 2, 3, 3)),
        sample(reals(1, 2, 3, 5), reals(1, 2, 5, 6), (2, 2, 3, 2), stride=(2, 1), padding=(1, 0)),
        sample(reals(1, 2, 6, 4), reals(1, 1, 6, 5), (2, 1, 2, 2), padding=1, dilation=(2, 3)),
        sample(reals(1, 4, 2, 2), reals(1, 4, 3, 3), (4, 2, 2, 2), groups=2),
        sample(reals(0, 3, 2, 2), reals(0, 2, 4, 4), (3, 2, 3, 3)),
    ],
    3: [
        sample(reals(2, 3, 2, 1, 2), reals(2, 2, 3, 2, 3), (3, 2, 2, 2, 2)),
        sample(reals(1, 2, 2, 2, 2), reals(1, 1, 4, 3, 3), (2, 1, 3, 2, 2), stride=(2, 1, 2), padding=(1, 0, 1)),
        sample(reals(1, 2, 2, 2, 2), reals(1, 4, 2, 2, 2), (2, 2, 2, 1, 2), padding="same", groups=2),
        sample(reals(0, 3, 2, 2, 2), reals(0, 2, 3, 3, 3), (3, 2, 2, 2, 2)),
    ],
}

_EXAMPLES = {
    1: """\
    >>> import autograd as ag
    >>> ag.conv1d([[[1.0, 2, 4, 8]]], [[[-1.0, 1]]])
    array([[[1., 2., 4.]]])""",
    2: """\
    >>> import numpy as np, autograd as ag
    >>> x = ag.Tensor(np.arange(9.0).reshape(1, 1, 3, 3), requires_grad=True)
    >>> y = ag.conv2d(x, np.ones((1, 1, 2, 2)))
    >>> y.data[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    >>> y.backward(np.ones((1, 1, 2, 2)))
    >>> x.grad[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])""",
    3: """\
    >>> import numpy as np, autograd as ag
    >>> ag.conv3d(np.ones((1, 2, 4, 5, 6)), np.ones((3, 2, 3, 3, 3))).shape
    (1, 3, 2, 3, 4)""",
}


def _declare(rank):
    """conv{rank}d, conv_transpose{rank}d, conv{rank}d_weight_gradient, and the gradient by the images as a function."""
    on = letters(rank)
    images, weights, results = f"(N, C, {on.images})", f"(O, C / groups, {on.sizes})", f"(N, O, {on.results})"
    likewise = "" if rank == 1 else ", and likewise along the other axes"
    seen_pixel, weight_of_tap = rf"x_{{n, c, \, {on.seen}}}", f"w_{{o c {on.tap}}}"
    turned = " turned by 180°" if rank == 2 else " reversed along each axis"
    bias_in_words = "δ summed over the images and the places"
    geometry = f"""\
    stride, padding, dilation : {on.entries}. ``padding`` may also be
        "valid" (none) or "same" (the result is as large as the image; stride 1 only; an odd pixel of
        padding goes {on.behind}).
    groups : the channels are split into so many groups, each seen by its own kernels only."""

    def forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        x, weight = _float_pair(x, weight)
        windows = _geometry(rank, x.shape, weight.shape, stride, padding, dilation, groups)
        if bias is not None:
            bias = np.asarray(bias)
            _check_bias(bias, len(weight))
        return channels_first(kernels.correlate(channels_last(x), weight, windows, bias, groups))

    def transposed(x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        x, weight = _float_pair(x, weight)
        x = _extended(x, output_padding, stride)
        windows = _transposed_geometry(rank, x.shape, weight.shape, stride, padding, output_padding, groups, dilation)
        y = kernels.input_gradient(channels_last(x), weight, windows, groups)
        if bias is not None:
            bias = np.asarray(bias)
            _check_bias(bias, y.shape[-1])
            kernels.add_bias(y, bias)
        return channels_first(y)

    def weight_gradient(g, x, weight_shape, stride=1, padding=0, dilation=1, groups=1):
        g, x = _float_pair(g, x)
        windows = _geometry(rank, x.shape, weight_shape, stride, padding, dilation, groups)
        _check_gradient(g, x.shape, weight_shape, windows)
        return kernels.weight_gradient(channels_last(g), channels_last(x), windows, groups)

    def input_gradient(g, weight, x_shape, stride=1, padding=0, dilation=1, groups=1):
        windows = _geometry(rank, x_shape, np.shape(weight), stride, padding, dilation, groups)
        _check_gradient(g, x_shape, np.shape(weight), windows)
        left = [(n - span) % u for n, span, u in zip(windows.padded, windows.span, windows.stride, strict=True)]
        return conv_transpose(g, weight, None, windows.stride, padding, tuple(left), groups, windows.dilation)

    def in_numpy(x_shape, weight_shape, stride, padding, dilation, groups):
        windows = _geometry(rank, x_shape, weight_shape, stride, padding, dilation, groups)
        return f"conv(x, weight, bias, {windows.out}{as_arguments(windows, groups)})"

    def transposed_in_numpy(x_shape, weight_shape, stride, padding, output_padding, groups, dilation):
        strides, more = per_axis(stride, rank, "stride", 1), per_axis(output_padding, rank, "output_padding", 0)
        x_shape = (*x_shape[:2], *[n + o // u for n, o, u in zip(x_shape[2:], more, strides, strict=True)])
        windows = _transposed_geometry(rank, x_shape, weight_shape, stride, padding, output_padding, groups, dilation)
        return f"conv_transpose(x, weight, bias, {windows.image}{as_arguments(windows, groups)})"

    def weight_gradient_in_numpy(x_shape, weight_shape, stride, padding, dilation, groups):
        windows = _geometry(rank, x_shape, weight_shape, stride, padding, dilation, groups)
        return f"conv_weight_gradient(g, x, {tuple(weight_shape)}{as_arguments(windows, groups)})"

    def by_bias(g):
        return sum(g, (0, *range(2, rank + 2)))

    def laid_out(x_shape, weight_shape, stride, padding, dilation):
        """(stride, dilation, padding in front), each with an entry for each axis."""
        stride, padding, dilation = _per_axis(rank, stride, padding, dilation)
        return stride, dilation, around(tuple(weight_shape[2:]), stride, padding, dilation)[0]

    def numbers_of(x_shape, weight_shape, stride, padding, dilation):
        return numbers(*laid_out(x_shape, weight_shape, stride, padding, dilation))

    def by_input_in_words(x_shape, weight_shape, stride, padding, dilation):
        stride, dilation, before = laid_out(x_shape, weight_shape, stride, padding, dilation)
        less = ", less the padding" if max(before) > 0 else ""
        return (
            f"the full correlation of δ{spread(stride)}{',' * (max(stride) > 1)} with the kernel{turned}"
            f"{dilated(dilation)}{less}"
        )

    def by_weight_in_words(x_shape, weight_shape, stride, padding, dilation):
        stride, dilation, before = laid_out(x_shape, weight_shape, stride, padding, dilation)
        apart = f", at every {_nth(dilation)} place" if max(dilation) > 1 else ""
        return f"the correlation of the {padded(before)}image with δ{spread(stride)}{apart}"

    conv = operation(
        f"conv{rank}d",
        forward,
        inputs=["x", "weight", "bias"],
        symbol="⋆",
        kind="convolution",
        onnx=in_onnx.conv,
        traits=[f"{rank}-D"],
        formula=rf"y_{{n o {on.out}}} = b_o + \sum_{{c, {on.tap_list}}} {seen_pixel} \; {weight_of_tap}",
        rules=[
            rule(
                lambda g, weight, x_shape, stride, padding, dilation, groups: input_gradient(
                    g, weight, x_shape, stride, padding, dilation, groups
                ),
                local=rf"w_{{o, c, \, {on.by}}}",
                at=f"n c {on.pixel}",
                words=by_input_in_words,
            ),
            rule(
                lambda g, x, weight_shape, stride, padding, dilation, groups: conv_weight_gradient(
                    g, x, weight_shape, stride, padding, dilation, groups
                ),
                local=seen_pixel,
                at=f"o c {on.tap}",
                words=by_weight_in_words,
            ),
            rule(by_bias, local="1", at="o", words=bias_in_words),
        ],
        letters=numbers_of,
        code=CodeBy(in_numpy, helpers.conv),
        samples=_SAMPLES[rank],
        doc=f"""Cross-correlation of a stack of images with a bank of kernels, as conv nets have it.

    Parameters
    ----------
    x : {images} images.
    weight : {weights} kernels.
    bias : (O,), or None.
{geometry}

    Returns {results} with P = ⌊({on.first} + 2α − e(R − 1) − 1) / u⌋ + 1, where u is the stride, α the padding, e the
    dilation{likewise}. To convolve, turn the kernel by 180°.
    A kernel larger than the padded image, a stride or dilation below 1, negative padding, channels that
    do not fit: a ValueError with the quantities.

    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), has the pictures.

{_EXAMPLES[rank]}
    """,
    )

    conv_transpose = operation(
        f"conv_transpose{rank}d",
        transposed,
        inputs=["x", "weight", "bias"],
        symbol="⋆ᵀ",
        kind="convolution",
        onnx=in_onnx.conv_transpose,
        traits=["companion", f"{rank}-D"],
        formula=(
            rf"y_{{n c {on.pixel}}} = b_c + \sum_{{o, {on.out_list}, {on.tap_list}}}"
            rf" x_{{n o {on.out}}} \; {weight_of_tap} \;\; ({on.sees})"
        ),
        rules=[
            rule(
                lambda g, weight, x_shape, stride, padding, groups, dilation: _without_extension(
                    conv(g, weight, None, stride, padding, dilation, groups), x_shape
                ),
                local=rf"w_{{o, c, \, {on.by}}}",
                at=f"n o {on.out}",
                words="the correlation of δ with the kernel",
            ),
            rule(
                lambda g, x, weight_shape, stride, padding, output_padding, groups, dilation: conv_weight_gradient(
                    _extended(x, output_padding, stride), g, weight_shape, stride, padding, dilation, groups
                ),
                local=rf"x_{{n, o, \, {on.window_of}}}",
                at=f"o c {on.tap}",
                words="the correlation of δ with the input, spread by the stride",
            ),
            rule(by_bias, local="1", at="c", words=bias_in_words),
        ],
        letters=numbers_of,
        code=CodeBy(transposed_in_numpy, helpers.conv_transpose),
        samples=_TRANSPOSED_SAMPLES[rank],
        doc=f"""Transposed convolution: each entry of x puts its kernel, times itself, where its window lies.

    It is the gradient of ``conv{rank}d`` by its images, with x in the place of the gradient of the result.

    Parameters
    ----------
    x : {results}.
    weight : {weights} kernels, those of the convolution: x has their first axis as channels.
    bias : (C,), or None.
{geometry}
    output_padding : {on.entries}, smaller than the stride or the dilation:
        so many pixels more {on.behind}: images of several sizes give results of x's size.

    Returns {images} with {on.first} = (P − 1)u − 2α + e(R − 1) + 1 + the output padding, where u is the stride, α the
    padding, e the dilation{likewise}.
    Channels that do not fit, a result without pixels, a larger output padding: a ValueError with the quantities.

    >>> import numpy as np, autograd as ag
    >>> ag.conv_transpose{rank}d(np.ones((1, 2{", 3" * rank})), np.ones((2, 4{", 2" * rank})), stride=2).shape
    (1, 4{", 6" * rank})
    """,
    )

    conv_weight_gradient = operation(
        f"conv{rank}d_weight_gradient",
        weight_gradient,
        inputs=["g", "x"],
        symbol="⋆ʷ",
        kind="convolution",
        traits=["companion", f"{rank}-D"],
        formula=rf"y_{{o c {on.tap}}} = \sum_{{n, {on.out_list}}} g_{{n o {on.out}}} \; {seen_pixel}",
        rules=[
            rule(
                lambda u, x, stride, padding, dilation, groups: conv(x, u, None, stride, padding, dilation, groups),
                local=seen_pixel,
                at=f"n o {on.out}",
            ),
            rule(
                lambda u, g, x_shape, stride, padding, dilation, groups: input_gradient(
                    g, u, x_shape, stride, padding, dilation, groups
                ),
                local=rf"g_{{n, o, \, {on.window_of}}}",
                at=f"n c {on.pixel}",
            ),
        ],
        letters=numbers_of,
        code=CodeBy(weight_gradient_in_numpy, helpers.conv_weight_gradient),
        samples=_WEIGHT_SAMPLES[rank],
        doc=f"""The gradient of ``conv{rank}d`` by its kernels: a correlation of the images with the gradient.

    Parameters
    ----------
    g : {results}, the gradient of the result.
    x : {images} images.
    weight_shape : the shape {weights} of the kernels.
{geometry}

    >>> import numpy as np
    >>> from autograd.ops.conv import conv{rank}d_weight_gradient
    >>> g, x = np.ones((1, 2{", 2" * rank})), np.ones((1, 3{", 4" * rank}))
    >>> conv{rank}d_weight_gradient(g, x, (2, 3{", 3" * rank})).ravel()[0].item()
    {2.0**rank}
    """,
    )

    input_gradient.__name__ = input_gradient.__qualname__ = f"conv{rank}d_input_gradient"
    input_gradient.__doc__ = f"""The gradient of ``conv{rank}d`` by its images, with their shape given.

    Parameters
    ----------
    g : {results}, the gradient of the result.
    weight : {weights} kernels.
    x_shape : the shape {images} of the images.
{geometry}
    """
    return conv, conv_transpose, input_gradient, conv_weight_gradient


def _nth(dilation):
    return "second" if set(dilation) == {2} else f"{dilation[0]}th" if len(set(dilation)) == 1 else f"{dilation}th"


def _check_gradient(g, x_shape, weight_shape, windows):
    expected = (x_shape[0], weight_shape[0], *windows.out)
    if np.shape(g) != expected:
        raise ValueError(f"g must have the shape of the convolution's result\n  result: {expected}\n  g: {np.shape(g)}")


conv1d, conv_transpose1d, conv1d_input_gradient, conv1d_weight_gradient = _declare(1)
conv2d, conv_transpose2d, conv2d_input_gradient, conv2d_weight_gradient = _declare(2)
conv3d, conv_transpose3d, conv3d_input_gradient, conv3d_weight_gradient = _declare(3)
