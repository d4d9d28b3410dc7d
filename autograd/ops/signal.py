"""2-D correlation and convolution of one array with one kernel, as in SciPy.

``correlate2d`` slides the kernel over the array as it is, ``convolve2d`` flips it first. Each is the
other's gradient: the gradient by the array is a convolution of the incoming gradient with the
kernel where the operation is a correlation, and the other way round.
"""

from ..declaration import CodeBy, operation, rule
from ..kernels import signal as kernels
from ..program import helpers
from ..samples import reals, sample
from .broadcasting import sum_to
from .shaping import broadcast_to, flip, pad

__all__ = ["convolve2d", "correlate2d"]


def _inside(whole, x_shape, pairs):
    """The part of a gradient of the padded array that belongs to the array."""
    return whole[tuple([slice(before, before + n) for n, (before, _) in zip(x_shape, pairs, strict=True)])]


def _windows_gradient(g, x, kernel_shape, pairs):
    """The gradient of a correlation by its kernel: of each entry, what it met times what came of it."""
    if not g.size:
        return broadcast_to(sum_to(g, ()), kernel_shape)  # zeros: nothing came of it
    return correlate2d(pad(x, pairs), g, "valid")


def _correlate_by_x(g, kernel, x_shape, mode):
    return _inside(convolve2d(g, kernel), x_shape, kernels.placement(x_shape, kernel.shape, mode))


def _correlate_by_kernel(g, x, kernel_shape, mode):
    return _windows_gradient(g, x, kernel_shape, kernels.placement(x.shape, kernel_shape, mode))


def _convolve_by_x(g, kernel, x_shape, mode):
    return _inside(correlate2d(g, kernel), x_shape, kernels.placement(x_shape, kernel.shape, mode, flipped=True))


def _convolve_by_kernel(g, x, kernel_shape, mode):
    return flip(_windows_gradient(g, x, kernel_shape, kernels.placement(x.shape, kernel_shape, mode, flipped=True)))


def _start(pairs):
    """The letters of where the first window starts."""
    (a, _), (b, _) = pairs
    return {"a": a, "b": b}


def _samples():
    return [
        sample(reals(4, 5), reals(3, 3)),
        sample(reals(4, 5), reals(3, 3), "same"),
        sample(reals(4, 5), reals(3, 3), "valid"),
        sample(reals(4, 3), reals(2, 4), "same"),
        sample(reals(4, 5), reals(2, 4), mode="valid"),
        sample(reals(2, 3), reals(4, 3), "valid"),
        sample(reals(2, 2), reals(3, 5), "same"),
        sample(reals(3, 3), reals(1, 1), "valid"),
        sample(reals(1, 4), reals(2, 1)),
        sample(reals(0, 3), reals(2, 2)),
        sample(reals(0, 3), reals(2, 2), "same"),
    ]


_DOC = """{what}

    Parameters
    ----------
    x, kernel : arrays of 2 axes.
    mode : which windows the result has: "full" (by default) all that meet x, with zeros around it;
        "same" the middle ones, as many as x has entries; "valid" those without zeros, for which one of
        the two must be at least as large as the other along both axes.

    Source: SciPy's documentation of ``scipy.signal.{name}``, whose results these are (boundary
    "fill" with zeros).

    >>> import autograd as ag
    >>> image = ag.Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    >>> ag.{name}(image, [[1.0, 0.0, -1.0]] * 3, mode="valid")
    Tensor([[{result}]])
    """


correlate2d = operation(
    "correlate2d",
    kernels.correlate2d,
    inputs=["x", "kernel"],
    symbol="⋆",
    kind="convolution",
    traits=["2-D"],
    arguments={"weight": "kernel"},
    formula=r"y_{ij} = \sum_{u, v} x_{i + u - a, \, j + v - b} \, k_{uv}",
    code=CodeBy(lambda: "correlate2d(x, kernel, mode=mode)", helpers.correlate2d),
    rules=[
        rule(
            _correlate_by_x,
            local=r"k_{m + a - i, \, n + b - j}",
            at="m n",
            words="the full correlation of δ with the kernel turned by 180°",
        ),
        rule(
            _correlate_by_kernel,
            local=r"x_{i + u - a, \, j + v - b}",
            at="u v",
            words="the correlation of the input with δ",
        ),
    ],
    letters=lambda x_shape, kernel_shape, mode: _start(kernels.placement(x_shape, kernel_shape, mode)),
    samples=_samples(),
    doc=_DOC.format(
        what="The correlation of x with the kernel: each window of x times the kernel, summed.",
        name="correlate2d",
        result="-6.",
    ),
)

convolve2d = operation(
    "convolve2d",
    kernels.convolve2d,
    inputs=["x", "kernel"],
    symbol="*",
    kind="convolution",
    traits=["flips", "2-D"],
    arguments={"weight": "kernel"},
    formula=r"y_{ij} = \sum_{u, v} x_{i - u + a, \, j - v + b} \, k_{uv}",
    code=helpers.convolve2d,
    rules=[
        rule(
            _convolve_by_x,
            local=r"k_{i + a - m, \, j + b - n}",
            at="m n",
            words="the correlation of δ with the kernel as it is",
        ),
        rule(
            _convolve_by_kernel,
            local=r"x_{i - u + a, \, j - v + b}",
            at="u v",
            words="the correlation of the input with δ, turned by 180°",
        ),
    ],
    letters=lambda x_shape, kernel_shape, mode: _start(
        [
            (k - 1 - before, after)
            for k, (before, after) in zip(
                kernel_shape, kernels.placement(x_shape, kernel_shape, mode, flipped=True), strict=True
            )
        ]
    ),
    samples=_samples(),
    doc=_DOC.format(
        what="The convolution of x with the kernel: the correlation with the kernel flipped on both axes.",
        name="convolve2d",
        result="6.",
    ),
)
