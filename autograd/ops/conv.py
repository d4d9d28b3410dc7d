"""Convolution as conv nets mean it: cross-correlation of image stacks with a bank of kernels.

``conv2d`` and its two gradients are one family: each one's rules are the other two, so gradients
of any order come out of it. All accept any memory layout of (N, C, H, W) and return channels-last
memory behind that shape, which the next one reads fastest.
"""

import numpy as np

from ..declaration import operation, rule
from ..kernels import conv as kernels
from ..kernels.windows import channels_first, channels_last, lay_out
from ..samples import reals, sample
from .reduction import sum

__all__ = ["conv2d", "conv2d_input_gradient", "conv2d_weight_gradient"]


def _geometry(x_shape, weight_shape, stride, padding, dilation, groups):
    """The Windows of a convolution, or an error that says what does not fit."""
    for name, shape, axes in (("x", x_shape, "(N, C, H, W)"), ("weight", weight_shape, "(O, C / groups, R, S)")):
        if len(shape) != 4:
            raise ValueError(f"{name} must have 4 axes, {axes}\n  axes of {name}: {len(shape)}")
    channels, (outputs, depth, *size) = x_shape[1], weight_shape
    if not isinstance(groups, int | np.integer) or groups < 1:
        raise ValueError(f"groups must be a positive int, not {groups!r}")
    if channels % groups or outputs % groups:
        raise ValueError(
            "groups must divide the input channels and the output channels\n"
            f"  groups: {groups}\n  input channels: {channels}\n  output channels: {outputs}"
        )
    if depth * groups != channels:
        raise ValueError(
            "the channels of x and of the weight differ\n"
            f"  channels of x: {channels}\n  groups × channels of the weight: {groups} × {depth} = {groups * depth}"
        )
    if min(weight_shape) < 1:
        raise ValueError(f"the weight is empty: {tuple(weight_shape)}")
    return lay_out(x_shape[2:], size, stride, padding, dilation)


def _float_pair(a, b):
    """Both as arrays of their common dtype."""
    a, b = np.asarray(a), np.asarray(b)
    dtype = np.result_type(a, b)
    return a.astype(dtype, copy=False), b.astype(dtype, copy=False)


def _conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    x, weight = _float_pair(x, weight)
    windows = _geometry(x.shape, weight.shape, stride, padding, dilation, groups)
    if bias is not None:
        bias = np.asarray(bias)
        if bias.shape != weight.shape[:1]:
            raise ValueError(
                "the bias must have one entry for each output channel\n"
                f"  output channels: {len(weight)}\n  shape of the bias: {bias.shape}"
            )
    return channels_first(kernels.correlate(channels_last(x), weight, windows, bias, groups))


def _check_gradient(g, x_shape, weight_shape, windows):
    expected = (x_shape[0], weight_shape[0], *windows.out)
    if g.shape != expected:
        raise ValueError(f"g must have the shape of the convolution's result\n  result: {expected}\n  g: {g.shape}")


def _conv2d_input_gradient(g, weight, x_shape, stride=1, padding=0, dilation=1, groups=1):
    g, weight = _float_pair(g, weight)
    windows = _geometry(x_shape, weight.shape, stride, padding, dilation, groups)
    _check_gradient(g, x_shape, weight.shape, windows)
    return channels_first(kernels.input_gradient(channels_last(g), weight, windows, groups))


def _conv2d_weight_gradient(g, x, weight_shape, stride=1, padding=0, dilation=1, groups=1):
    g, x = _float_pair(g, x)
    windows = _geometry(x.shape, weight_shape, stride, padding, dilation, groups)
    _check_gradient(g, x.shape, weight_shape, windows)
    return kernels.weight_gradient(channels_last(g), channels_last(x), windows, groups)


_GEOMETRY = """\
    stride, padding, dilation : an int, or a pair (vertical, horizontal). ``padding`` may also be
        "valid" (none) or "same" (the result is as large as the image; stride 1 only; an odd pixel of
        padding goes below and to the right).
    groups : the channels are split into so many groups, each seen by its own kernels only."""

conv2d = operation(
    "conv2d",
    _conv2d,
    inputs=["x", "weight", "bias"],
    symbol="⋆",
    kind="convolution",
    formula=r"y_{n o p q} = b_o + \sum_{c, r, s} x_{n, c, \, u p + e r - a, \, v q + f s - b} \; w_{o c r s}",
    rules=[
        rule(
            lambda g, weight, x_shape, stride, padding, dilation, groups: conv2d_input_gradient(
                g, weight, x_shape, stride, padding, dilation, groups
            ),
            local=r"w_{o, c, \, (i + a - u p) / e, \, (j + b - v q) / f}",
        ),
        rule(
            lambda g, x, weight_shape, stride, padding, dilation, groups: conv2d_weight_gradient(
                g, x, weight_shape, stride, padding, dilation, groups
            ),
            local=r"x_{n, c, \, u p + e r - a, \, v q + f s - b}",
        ),
        rule(lambda g: sum(g, (0, 2, 3)), local="1"),
    ],
    samples=[
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
    doc=f"""Cross-correlation of a stack of images with a bank of kernels, as conv nets have it.

    Parameters
    ----------
    x : (N, C, H, W) images.
    weight : (O, C / groups, R, S) kernels.
    bias : (O,), or None.
{_GEOMETRY}

    Returns (N, O, P, Q) with P = ⌊(H + 2a − e(R − 1) − 1) / u⌋ + 1, where u is the vertical stride, a the
    padding, e the dilation, and Q likewise across (v, b, f). To convolve, turn the kernel by 180°.
    A kernel larger than the padded image, a stride or dilation below 1, negative padding, channels that
    do not fit: a ValueError with the quantities.

    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), has the pictures.

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
           [1., 2., 1.]])
    """,
)

conv2d_input_gradient = operation(
    "conv2d_input_gradient",
    _conv2d_input_gradient,
    inputs=["g", "weight"],
    symbol="⋆ᵀ",
    kind="convolution",
    traits=["companion"],
    formula=(
        r"y_{n c i j} = \sum_{o, p, q, r, s} g_{n o p q} \; w_{o c r s}"
        r" \;\; (i = u p + e r - a, \; j = v q + f s - b)"
    ),
    rules=[
        rule(
            lambda u, weight, stride, padding, dilation, groups: conv2d(
                u, weight, None, stride, padding, dilation, groups
            ),
            local=r"w_{o c r s}",
        ),
        rule(
            lambda u, g, weight_shape, stride, padding, dilation, groups: conv2d_weight_gradient(
                g, u, weight_shape, stride, padding, dilation, groups
            ),
            local=r"g_{n o p q}",
        ),
    ],
    samples=[
        sample(reals(2, 3, 2, 2), reals(3, 2, 3, 3), (2, 2, 4, 4)),
        sample(reals(1, 2, 3, 5), reals(2, 2, 3, 2), (1, 2, 5, 6), stride=(2, 1), padding=(1, 0)),
        sample(reals(1, 2, 6, 4), reals(2, 1, 2, 2), (1, 1, 6, 5), padding=1, dilation=(2, 3)),
        sample(reals(1, 4, 2, 2), reals(4, 2, 2, 2), (1, 4, 3, 3), groups=2),
        sample(reals(0, 3, 2, 2), reals(3, 2, 3, 3), (0, 2, 4, 4)),
    ],
    doc=f"""The gradient of ``conv2d`` by its images, also known as transposed convolution.

    Parameters
    ----------
    g : (N, O, P, Q), the gradient of the result.
    weight : (O, C / groups, R, S) kernels.
    x_shape : the shape (N, C, H, W) of the images.
{_GEOMETRY}

    >>> import numpy as np, autograd as ag
    >>> ag.internal.conv2d_input_gradient(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), (1, 1, 3, 3))[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """,
)

conv2d_weight_gradient = operation(
    "conv2d_weight_gradient",
    _conv2d_weight_gradient,
    inputs=["g", "x"],
    symbol="⋆ʷ",
    kind="convolution",
    traits=["companion"],
    formula=r"y_{o c r s} = \sum_{n, p, q} g_{n o p q} \; x_{n, c, \, u p + e r - a, \, v q + f s - b}",
    rules=[
        rule(
            lambda u, x, stride, padding, dilation, groups: conv2d(x, u, None, stride, padding, dilation, groups),
            local=r"x_{n, c, \, u p + e r - a, \, v q + f s - b}",
        ),
        rule(
            lambda u, g, x_shape, stride, padding, dilation, groups: conv2d_input_gradient(
                g, u, x_shape, stride, padding, dilation, groups
            ),
            local=r"g_{n o p q}",
        ),
    ],
    samples=[
        sample(reals(2, 3, 2, 2), reals(2, 2, 4, 4), (3, 2, 3, 3)),
        sample(reals(1, 2, 3, 5), reals(1, 2, 5, 6), (2, 2, 3, 2), stride=(2, 1), padding=(1, 0)),
        sample(reals(1, 2, 6, 4), reals(1, 1, 6, 5), (2, 1, 2, 2), padding=1, dilation=(2, 3)),
        sample(reals(1, 4, 2, 2), reals(1, 4, 3, 3), (4, 2, 2, 2), groups=2),
        sample(reals(0, 3, 2, 2), reals(0, 2, 4, 4), (3, 2, 3, 3)),
    ],
    doc=f"""The gradient of ``conv2d`` by its kernels: a correlation of the images with the gradient.

    Parameters
    ----------
    g : (N, O, P, Q), the gradient of the result.
    x : (N, C, H, W) images.
    weight_shape : the shape (O, C / groups, R, S) of the kernels.
{_GEOMETRY}

    >>> import numpy as np, autograd as ag
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> ag.internal.conv2d_weight_gradient(np.ones((1, 1, 2, 2)), x, (1, 1, 2, 2))[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """,
)
