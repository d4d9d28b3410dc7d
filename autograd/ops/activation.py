"""Activation functions of neural networks, each stable for inputs of any size.

Arguments are named as in PyTorch. ``tanh`` stands with the other functions of each entry,
``softmax`` and ``log_softmax`` with the reductions.
"""

import math

import numpy as np

from ..declaration import CodeBy, operation, rule
from ..kernels import activations as kernels
from ..program import helpers
from ..samples import nonzero, reals, sample
from ..tensors import raw
from . import in_onnx
from .elementwise import clip, erf, exp, minimum, tanh, where

__all__ = ["elu", "gelu", "leaky_relu", "logaddexp", "relu", "sigmoid", "silu", "softplus"]


def _one(draw):
    """One input: with axes, without, and empty."""
    return [sample(draw(3, 4)), sample(draw()), sample(draw(0, 2))]


sigmoid = operation(
    "sigmoid",
    kernels.sigmoid,
    symbol="σ",
    kind="activation",
    onnx="Sigmoid",
    traits=["common"],
    formula=r"y = \frac{1}{1 + e^{-x}}",
    code="1 / (1 + np.exp(-x))",
    rules=[rule(lambda g, y: g * y * (1 - y), local=r"y (1 - y)", kernel=kernels.sigmoid_gradient)],
    samples=_one(reals),
    doc="The logistic function 1 / (1 + e⁻ˣ) of each entry; the derivative is said by the result: y (1 − y).",
)

relu = operation(
    "relu",
    kernels.relu,
    kind="activation",
    onnx="Relu",
    traits=["common", "rectifies"],
    formula=r"y = \max(x, 0)",
    # y != 0: of NaN too, as in PyTorch
    code="np.maximum(x, 0)",
    rules=[rule(lambda g, y: where(y != 0, g, 0.0), local="[x > 0]", kernel=kernels.relu_gradient)],
    samples=_one(nonzero),
    doc="max(x, 0), entry by entry; its derivative at 0 is 0. NaN stays NaN.",
)


def _leaky_by_x(g, x, negative_slope):
    slope, above = float(negative_slope), x > 0
    passed = where(above, g, 0.0)
    return passed + slope * where(above, 0.0, g) if slope else passed


leaky_relu = operation(
    "leaky_relu",
    lambda x, negative_slope=0.01: kernels.leaky_relu(x, negative_slope),
    kind="activation",
    onnx=in_onnx.leaky_relu,
    formula=r"y = x \;\mathrm{if}\; x > 0 \;\mathrm{else}\; s x",
    code="np.where(x > 0, x, negative_slope * x)",
    rules=[
        rule(
            _leaky_by_x,
            local=r"1 \;\mathrm{if}\; x > 0 \;\mathrm{else}\; s",
        )
    ],
    samples=[
        *_one(nonzero),
        sample(nonzero(3, 4), 0.2),
        sample(nonzero(5), negative_slope=1.5),
        sample(nonzero(5), -0.5),
    ],
    doc="""x where x > 0, else a smaller slope times x, entry by entry.

    Parameters
    ----------
    x : array or Tensor
    negative_slope : a number (s in the formula); it is also the derivative at 0

    >>> import autograd as ag
    >>> ag.leaky_relu(ag.Tensor([-1.0, 2.0]), 0.1)
    Tensor([-0.1,  2. ])
    """,
)


def _elu_by_x(g, x, alpha):
    # Not by the result, as y + α, of which nothing is left from about −17 on in float32
    return where(x > 0, g, g * (float(alpha) * exp(minimum(x, 0.0))))


elu = operation(
    "elu",
    lambda x, alpha=1.0: kernels.elu(x, alpha),
    kind="activation",
    onnx=in_onnx.elu,
    formula=r"y = x \;\mathrm{if}\; x > 0 \;\mathrm{else}\; \alpha (e^x - 1)",
    code="np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))",
    rules=[
        rule(
            _elu_by_x,
            local=r"1 \;\mathrm{if}\; x > 0 \;\mathrm{else}\; \alpha e^x",
            kernel=kernels.elu_gradient,
        )
    ],
    samples=[*_one(nonzero), sample(nonzero(3, 4), 0.5), sample(nonzero(5), alpha=2.0)],
    doc="""x where x > 0, else α (eˣ − 1), entry by entry.

    Parameters
    ----------
    x : array or Tensor
    alpha : a number, α in the formula

    Clevert, Unterthiner, Hochreiter: Fast and accurate deep network learning by exponential linear units (2016).
    """,
)


_ROOT_HALF = math.sqrt(0.5)
_DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)
_STEEPNESS, _CUBIC = math.sqrt(2 / math.pi), 0.044715
_FAR = 20  # the tanh is ±1 long before; limiting x to this keeps its cube finite, in float16 too


def _gelu(x, approximate="none"):
    """(y, the share of x that passes)."""
    x = kernels.floating(x)
    if approximate == "none":
        cdf = 0.5 * (1 + kernels.erf(x * _ROOT_HALF))
    elif approximate == "tanh":
        near = np.clip(x, -_FAR, _FAR)
        cdf = 0.5 * (1 + np.tanh(_STEEPNESS * (near + _CUBIC * (near * near * near))))
    else:
        raise ValueError("approximate must be 'none' (by the error function) or 'tanh'")
    return x * cdf, cdf


def _gelu_by_x(g, x, cdf, approximate):
    if approximate == "none":
        return g * (cdf + x * (_DENSITY_AT_0 * exp(-0.5 * x * x)))
    near = clip(x, -_FAR, _FAR)
    inner = _STEEPNESS * (1 + 3 * _CUBIC * (near * near))  # the derivative of what the tanh is taken of
    return g * (cdf + x * (2 * inner * cdf * (1 - cdf)))


def _gelu_reference(x, approximate="none"):
    if approximate == "none":
        return x * (0.5 * (1 + erf(x * _ROOT_HALF)))
    near = clip(x, -_FAR, _FAR)
    return x * (0.5 * (1 + tanh(_STEEPNESS * (near + _CUBIC * (near * near * near)))))


def _cdf_in_numpy(approximate):
    if approximate == "none":
        return f"0.5 * (1 + erf(x * {_ROOT_HALF}))"
    near = f"np.clip(x, -{_FAR}, {_FAR})"
    return f"0.5 * (1 + np.tanh({_STEEPNESS} * ({near} + {_CUBIC} * {near} ** 3)))"


def _gelu_in_numpy(approximate):
    return "x * cdf", _cdf_in_numpy(approximate)


def _gelu_by_x_in_numpy(approximate):
    if approximate == "none":
        return f"g * (cdf + x * {_DENSITY_AT_0} * np.exp(-0.5 * x * x))"
    inner = f"{_STEEPNESS} * (1 + {3 * _CUBIC} * np.clip(x, -{_FAR}, {_FAR}) ** 2)"
    return f"g * (cdf + x * 2 * {inner} * cdf * (1 - cdf))"


gelu = operation(
    "gelu",
    _gelu,
    kind="activation",
    onnx=in_onnx.gelu,
    formula=r"y = \frac{x}{2} \left( 1 + \mathrm{erf} \frac{x}{\sqrt{2}} \right)",
    code=CodeBy(_gelu_in_numpy, helpers.erf),
    rules=[
        rule(
            _gelu_by_x,
            code=CodeBy(_gelu_by_x_in_numpy),
            local=r"\frac{1}{2} ( 1 + \mathrm{erf} \frac{x}{\sqrt{2}} ) + \frac{x}{\sqrt{2 \pi}} e^{-x^2 / 2}",
        )
    ],
    auxiliaries=["cdf"],
    reference=_gelu_reference,
    samples=[*_one(reals), sample(reals(3, 4), "tanh"), sample(reals(), approximate="tanh"), sample(reals(5), "none")],
    doc="""x times the probability that a standard normal number is below x, entry by entry.

    Parameters
    ----------
    x : array or Tensor
    approximate : "none", or "tanh" to replace the error function by tanh(√(2/π) (x + 0.044715 x³))

    Hendrycks and Gimpel: Gaussian error linear units (2016).
    """,
)


def _silu_by_x(g, x, y):
    share = sigmoid(x)
    return g * (share + y * (1 - share))  # not y + share · (1 − y): a large y would cancel


silu = operation(
    "silu",
    lambda x: x * kernels.sigmoid(x),
    kind="activation",
    onnx=in_onnx.silu,
    formula=r"y = \frac{x}{1 + e^{-x}}",
    code="x / (1 + np.exp(-x))",
    rules=[rule(_silu_by_x, local=r"\sigma(x) + y (1 - \sigma(x))")],
    samples=_one(reals),
    doc="x · sigmoid(x), entry by entry; also called swish.",
)


def _softplus_by_x(g, x, beta, threshold):
    beta = float(beta)
    share = sigmoid(x if beta == 1 else beta * x)
    return g * share if threshold is None else where(beta * x > float(threshold), g, g * share)


def _softplus_in_numpy(beta, threshold):
    scaled = "x" if beta == 1 else "beta * x"
    y = f"np.log1p(np.exp(-np.abs({scaled})))"
    y = f"np.maximum(x, 0) + {y if beta == 1 else f'{y} / beta'}"
    return y if threshold is None else f"np.where({scaled} > threshold, x, {y})"


softplus = operation(
    "softplus",
    kernels.softplus,
    kind="activation",
    onnx=in_onnx.softplus,
    formula=r"y = \frac{1}{\beta} \log (1 + e^{\beta x})",
    code=CodeBy(_softplus_in_numpy),
    rules=[rule(_softplus_by_x, local=r"\sigma(\beta x)")],
    samples=[
        *_one(reals),
        sample(reals(3, 4), 2.0),
        sample(nonzero(3, 4), beta=0.5, threshold=0.1),
        sample(nonzero(5), 3, 0),
    ],
    doc="""log(1 + e^(β x)) / β, entry by entry: the smooth form of relu, without overflow.

    Parameters
    ----------
    x : array or Tensor
    beta : a number, β in the formula: the larger, the nearer to relu
    threshold : where β x is larger the result is x itself, as in PyTorch, whose default is 20. By default there is
        none, since none is needed: the formula is right for any size.

    >>> import autograd as ag
    >>> ag.softplus([0.0, 30.0], 2.0).round(4)
    array([ 0.3466, 30.    ])
    """,
)


def _share_of_sum(g, a, b):
    """g times the part that eᵃ is of eᵃ + eᵇ; 0 where a is −inf, whatever comes in."""
    nothing = raw(a) == -math.inf
    if np.any(nothing):
        return where(nothing, 0.0, g * sigmoid(where(nothing, 0.0, a) - b))
    return g * sigmoid(a - b)


logaddexp = operation(
    "logaddexp",
    np.logaddexp,
    kind="elementwise",
    formula=r"y = \log (e^a + e^b)",
    rules=[
        # not e^(a − y): the rounding of a large y would be in the exponent
        rule(lambda g, a, b: _share_of_sum(g, a, b), local=r"\sigma(a - b)"),
        rule(lambda g, a, b: _share_of_sum(g, b, a), local=r"\sigma(b - a)"),
    ],
    samples=[
        sample(reals(3, 4), reals(3, 4)),
        sample(reals(2, 1, 3), reals(4, 1)),
        sample(reals(), reals(3)),
        sample(reals(), reals()),
        sample(reals(0, 3), reals(3)),
    ],
    doc="""log(eᵃ + eᵇ) without overflow, with broadcasting.

    −inf stands for log 0: where both are, the result is, and the gradients are 0.""",
)
