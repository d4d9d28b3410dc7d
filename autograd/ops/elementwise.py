"""Functions of each entry: roots, exponentials and logarithms, trigonometry, extrema of two, choices.

All broadcast, take arrays, Tensors and numbers, and keep float16, float32 and float64 as they are.
Long because a declaration says all there is to an operation.

Where a derivative can be said by the result (``exp``, ``sqrt``, ``tanh``, …) the result is what is kept.
"""

import math

import numpy as np

from ..declaration import operation, rule
from ..kernels import activations as kernels
from ..kernels import choices
from ..program import helpers
from ..samples import distinct, nonzero, positive, reals, sample
from ..tensors import Tensor, raw
from . import in_onnx

__all__ = [
    "abs", "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt", "ceil", "clip",
    "cos", "cosh", "erf", "exp", "expm1", "floor", "hypot", "log", "log1p", "log2", "log10", "maximum", "minimum",
    "reciprocal", "round", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc", "where",
]  # fmt: skip


def _one(draw, **bounds):
    """One input: with axes, without, and empty."""
    return [sample(draw(3, 4, **bounds)), sample(draw(**bounds)), sample(draw(0, 2, **bounds))]


def _two(left, right):
    """Two inputs of one shape, and the ways in which shapes broadcast."""
    return [
        sample(left(3, 4), right(3, 4)),
        sample(left(2, 1, 3), right(4, 1)),
        sample(left(), right(3)),
        sample(left(), right()),
        sample(left(0, 3), right(3)),
    ]


def nothing(g):
    """The gradient of what has none: 0, whatever comes in."""
    return where(False, g, 0.0)


# -- sign and size -----------------------------------------------------------------------------

sign = operation(
    "sign",
    np.sign,
    symbol="sgn",
    onnx="Sign",
    formula=r"y = \mathrm{sgn}(x)",
    rules=[rule(nothing, local="0")],
    samples=_one(nonzero),
    doc="−1, 0 or 1 by the sign of x; its gradient is 0.",
)


# -- whole numbers -------------------------------------------------------------------------------


def _to_whole(name, function, formula, doc):
    """A step function: its gradient is 0."""
    return operation(
        name,
        function,
        formula=formula,
        rules=[rule(nothing, local="0")],
        samples=_one(nonzero, low=0.6, high=0.9),
        doc=f"{doc} Its gradient is 0.",
    )


floor = _to_whole(
    "floor", lambda x: np.floor(x), r"y = \lfloor x \rfloor", "The largest whole number that is not above x."
)
ceil = _to_whole("ceil", lambda x: np.ceil(x), r"y = \lceil x \rceil", "The smallest whole number that is not below x.")
trunc = _to_whole("trunc", lambda x: np.trunc(x), r"y = \mathrm{trunc}(x)", "x without what stands after the point.")
round = _to_whole(
    "round",
    lambda x, decimals=0: np.round(x, decimals),
    r"y = \mathrm{round}(x)",
    "x rounded to ``decimals`` digits after the point, halves to the even digit.",
)


def by_sign(g, x):
    """g · sign(x), and 0 where x is 0, whatever g is."""
    if isinstance(g, Tensor) or isinstance(x, Tensor):
        return where(x == 0, 0.0, g * sign(x))
    return choices.with_sign_of(g, x)


absolute = operation(
    "absolute",
    np.absolute,
    symbol="|·|",
    onnx="Abs",
    formula=r"y = |x|",
    rules=[rule(by_sign, local=r"\mathrm{sgn}(x)")],
    samples=_one(nonzero),
    doc="|x|, entry by entry; its derivative at 0 is 0. Also named ``abs``.",
)
abs = absolute

# -- powers and roots --------------------------------------------------------------------------

square = operation(
    "square",
    np.square,
    symbol="²",
    factors=[(2, "the 2 of the square in {at}")],
    onnx=in_onnx.square,
    formula=r"y = x^2",
    rules=[rule(lambda g, x: 2 * g * x, local="2 x")],
    samples=_one(reals),
    doc="x², entry by entry.",
)

sqrt = operation(
    "sqrt",
    np.sqrt,
    symbol="√",
    factors=[(0.5, "the 1/2 of the square root in {at}")],
    onnx="Sqrt",
    formula=r"y = \sqrt{x}",
    rules=[rule(lambda g, y: g / (2 * y), local=r"\frac{1}{2 y}")],
    samples=_one(positive),
    doc="The square root of each entry: NaN below 0; the derivative at 0 is inf.",
)

reciprocal = operation(
    "reciprocal",
    np.reciprocal,
    symbol="1/x",
    onnx="Reciprocal",
    formula=r"y = \frac{1}{x}",
    rules=[rule(lambda g, y: -g * y * y, local=r"-y^2")],
    samples=_one(nonzero),
    doc="1 / x, entry by entry.",
)

# -- exponentials and logarithms ---------------------------------------------------------------

exp = operation(
    "exp",
    np.exp,
    onnx="Exp",
    formula=r"y = e^x",
    rules=[rule(lambda g, y: g * y, local="y")],
    samples=_one(reals),
    doc="e to the power of each entry.",
)

expm1 = operation(
    "expm1",
    np.expm1,
    onnx=in_onnx.expm1,
    formula=r"y = e^x - 1",
    rules=[rule(lambda g, x: g * exp(x), local="e^x")],  # y + 1 would cancel
    samples=_one(reals),
    doc="eˣ − 1, entry by entry, exact for small x too.",
)

log = operation(
    "log",
    np.log,
    onnx="Log",
    formula=r"y = \log x",
    rules=[rule(lambda g, x: g / x, local=r"\frac{1}{x}")],
    samples=_one(positive),
    doc="The natural logarithm of each entry: −inf of 0, NaN below.",
)

log1p = operation(
    "log1p",
    np.log1p,
    onnx=in_onnx.log1p,
    formula=r"y = \log (1 + x)",
    rules=[rule(lambda g, x: g / (1 + x), local=r"\frac{1}{1 + x}")],
    samples=_one(positive, low=-0.7),
    doc="log(1 + x), entry by entry, exact for small x too.",
)

log2 = operation(
    "log2",
    np.log2,
    factors=[(1 / math.log(2), "the 1/ln 2 of {at}")],
    formula=r"y = \log_2 x",
    rules=[rule(lambda g, x: g / (x * math.log(2)), local=r"\frac{1}{x \log 2}")],
    samples=_one(positive),
    doc="The logarithm of each entry to base 2.",
)

log10 = operation(
    "log10",
    np.log10,
    factors=[(1 / math.log(10), "the 1/ln 10 of {at}")],
    formula=r"y = \log_{10} x",
    rules=[rule(lambda g, x: g / (x * math.log(10)), local=r"\frac{1}{x \log 10}")],
    samples=_one(positive),
    doc="The logarithm of each entry to base 10.",
)


erf = operation(
    "erf",
    kernels.erf,
    onnx="Erf",
    formula=r"y = \frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2} \, dt",
    code=helpers.erf,
    rules=[rule(lambda g, x: g * (2 / math.sqrt(math.pi)) * exp(-x * x), local=r"\frac{2}{\sqrt{\pi}} e^{-x^2}")],
    samples=[*_one(reals), sample(reals(4, 5, low=-7, high=7))],
    doc="The error function, by Cody's rational approximations (1969): right to about 1e-15 of its value in float64.",
)

# -- trigonometry ------------------------------------------------------------------------------

sin = operation(
    "sin",
    np.sin,
    onnx="Sin",
    formula=r"y = \sin x",
    rules=[rule(lambda g, x: g * cos(x), local=r"\cos x")],
    samples=_one(reals),
    doc="The sine of each entry, in radians.",
)

cos = operation(
    "cos",
    np.cos,
    onnx="Cos",
    formula=r"y = \cos x",
    rules=[rule(lambda g, x: -g * sin(x), local=r"-\sin x")],
    samples=_one(reals),
    doc="The cosine of each entry, in radians.",
)

tan = operation(
    "tan",
    np.tan,
    onnx="Tan",
    formula=r"y = \tan x",
    rules=[rule(lambda g, y: g * (1 + y * y), local=r"1 + y^2")],
    samples=_one(reals, low=-1.2, high=1.2),
    doc="The tangent of each entry, in radians.",
)

# (1 − x)(1 + x) keeps the digits near ±1 that 1 − x² loses.
arcsin = operation(
    "arcsin",
    np.arcsin,
    formula=r"y = \arcsin x",
    rules=[rule(lambda g, x: g / sqrt((1 - x) * (1 + x)), local=r"\frac{1}{\sqrt{1 - x^2}}")],
    samples=_one(reals, low=-0.9, high=0.9),
    doc="The angle in [−π/2, π/2] whose sine is x, entry by entry; NaN for |x| > 1.",
)

arccos = operation(
    "arccos",
    np.arccos,
    formula=r"y = \arccos x",
    rules=[rule(lambda g, x: -g / sqrt((1 - x) * (1 + x)), local=r"-\frac{1}{\sqrt{1 - x^2}}")],
    samples=_one(reals, low=-0.9, high=0.9),
    doc="The angle in [0, π] whose cosine is x, entry by entry; NaN for |x| > 1.",
)

arctan = operation(
    "arctan",
    np.arctan,
    formula=r"y = \arctan x",
    rules=[rule(lambda g, x: g / (1 + x * x), local=r"\frac{1}{1 + x^2}")],
    samples=_one(reals),
    doc="The angle in (−π/2, π/2) whose tangent is x, entry by entry.",
)


def _over_square(g, x, a, b):
    """g x / (a² + b²), whose squares may overflow. At the origin, where the angle has no derivative, it is taken as 0.

    The quotient is chosen, not its divisor: to second order the origin is then NaN, as it should be.
    """
    r = hypot(a, b)
    return where(r == 0, 0.0, g * (x / r) / r)


arctan2 = operation(
    "arctan2",
    np.arctan2,
    formula=r"y = \mathrm{arg}(b + i a)",
    rules=[
        rule(lambda g, a, b: _over_square(g, b, a, b), local=r"\frac{b}{a^2 + b^2}"),
        rule(lambda g, a, b: _over_square(-g, a, a, b), local=r"-\frac{a}{a^2 + b^2}"),
    ],
    samples=_two(nonzero, nonzero),
    doc="The angle in [−π, π] of the point of ordinate a and abscissa b, with broadcasting; gradient 0 at the origin.",
)


def _of_length(g, x, y):
    """g x / y, a part of the unit vector; 0 at the origin, the middle of the slopes there, as for ``norm``.

    The quotient is chosen, as in ``_over_square``.
    """
    return where(y == 0, 0.0, g * (x / y))


hypot = operation(
    "hypot",
    np.hypot,
    formula=r"y = \sqrt{a^2 + b^2}",
    rules=[
        rule(lambda g, a, y: _of_length(g, a, y), local=r"\frac{a}{y}"),
        rule(lambda g, b, y: _of_length(g, b, y), local=r"\frac{b}{y}"),
    ],
    samples=_two(nonzero, nonzero),
    doc="√(a² + b²) without overflow, with broadcasting. At the origin, a kink, the gradient is 0.",
)

sinh = operation(
    "sinh",
    np.sinh,
    formula=r"y = \sinh x",
    rules=[rule(lambda g, x: g * cosh(x), local=r"\cosh x")],
    samples=_one(reals),
    doc="The hyperbolic sine of each entry, (eˣ − e⁻ˣ) / 2.",
)

cosh = operation(
    "cosh",
    np.cosh,
    formula=r"y = \cosh x",
    rules=[rule(lambda g, x: g * sinh(x), local=r"\sinh x")],
    samples=_one(reals),
    doc="The hyperbolic cosine of each entry, (eˣ + e⁻ˣ) / 2.",
)

tanh = operation(
    "tanh",
    kernels.tanh,
    kind="activation",
    onnx="Tanh",
    traits=["common"],
    formula=r"y = \tanh x",
    code="np.tanh(x)",
    rules=[rule(lambda g, y: g * (1 - y * y), local=r"1 - y^2", kernel=kernels.tanh_gradient)],
    samples=_one(reals),
    doc="The hyperbolic tangent of each entry; the derivative is said by the result: 1 − y².",
)

arcsinh = operation(
    "arcsinh",
    np.arcsinh,
    formula=r"y = \mathrm{arsinh}\, x",
    rules=[rule(lambda g, x: g / hypot(x, 1.0), local=r"\frac{1}{\sqrt{1 + x^2}}")],  # x² may overflow
    samples=_one(reals),
    doc="The number whose hyperbolic sine is x, entry by entry.",
)

arccosh = operation(
    "arccosh",
    np.arccosh,
    formula=r"y = \mathrm{arcosh}\, x",
    rules=[rule(lambda g, x: g / (sqrt(x - 1) * sqrt(x + 1)), local=r"\frac{1}{\sqrt{x^2 - 1}}")],
    samples=_one(positive, low=1.2, high=3.0),
    doc="The number ≥ 0 whose hyperbolic cosine is x, entry by entry; NaN for x < 1.",
)

arctanh = operation(
    "arctanh",
    np.arctanh,
    formula=r"y = \mathrm{artanh}\, x",
    rules=[rule(lambda g, x: g / ((1 - x) * (1 + x)), local=r"\frac{1}{1 - x^2}")],
    samples=_one(reals, low=-0.9, high=0.9),
    doc="The number whose hyperbolic tangent is x, entry by entry; NaN for |x| > 1.",
)

cbrt = operation(
    "cbrt",
    np.cbrt,
    formula=r"y = \sqrt[3]{x}",
    rules=[rule(lambda g, y: g / (3 * y * y), local=r"\frac{1}{3 y^2}")],
    samples=_one(nonzero),
    doc="The cube root of x, entry by entry, which negative numbers have too. Infinitely steep at 0.",
)

# -- choices -----------------------------------------------------------------------------------


def _won(g, lost, tied):
    """The gradient of an input of ``maximum``: g, nothing where it lost, half of it where it tied.

    NaN neither loses nor ties: both inputs get the gradient then, as in PyTorch.
    """
    g = where(lost, 0.0, g)
    return where(tied, 0.5 * g, g) if np.any(raw(tied)) else g


_two_distinct = [
    sample(distinct(3, 4), reals(3, 4, low=-3, high=-2)),
    sample(distinct(2, 1, 3), nonzero(4, 1, low=0.62, high=2)),
    sample(positive(3), 0.1),
    sample(nonzero(), 0.1),
    sample(nonzero(5), reals(1, low=-0.1, high=0.1)),
    sample(reals(0, 3), reals(3)),
]


maximum = operation(
    "maximum",
    np.maximum,
    symbol="max",
    traits=["largest"],
    onnx="Max",
    formula=r"y = \max(a, b)",
    rules=[
        rule(lambda g, a, b: _won(g, a < b, a == b), local=r"[a > b] + \frac{1}{2} [a = b]"),
        rule(lambda g, a, b: _won(g, b < a, a == b), local=r"[b > a] + \frac{1}{2} [a = b]"),
    ],
    samples=_two_distinct,
    doc="The larger of two entries each, with broadcasting; NaN where either is. Equal ones share the gradient.",
)

minimum = operation(
    "minimum",
    np.minimum,
    symbol="min",
    traits=["smallest"],
    onnx="Min",
    formula=r"y = \min(a, b)",
    rules=[
        rule(lambda g, a, b: _won(g, a > b, a == b), local=r"[a < b] + \frac{1}{2} [a = b]"),
        rule(lambda g, a, b: _won(g, b > a, a == b), local=r"[b < a] + \frac{1}{2} [a = b]"),
    ],
    samples=_two_distinct,
    doc="The smaller of two entries each, with broadcasting; NaN where either is. Equal ones share the gradient.",
)


def _clip(x, a_min=None, a_max=None):
    if a_min is None and a_max is None:
        raise ValueError("no bound is given; name a_min, a_max or both")
    return np.clip(x, a_min, a_max)


def _clip_by_x(g, x, a_min, a_max):
    if a_min is not None:
        g = where(x >= a_min, g, 0.0)
    return g if a_max is None else where(x <= a_max, g, 0.0)


def _clip_by_min(g, x, a_min, a_max):
    g = where(x < a_min, g, 0.0)
    return g if a_max is None else where(a_min < a_max, g, 0.0)


def _clip_by_max(g, x, a_min, a_max):
    above = x > a_max
    return where(above if a_min is None else above | (a_min > a_max), g, 0.0)


clip = operation(
    "clip",
    _clip,
    inputs=["x", "a_min", "a_max"],
    onnx=in_onnx.clip,
    formula=r"y = \min(\max(x, a_{min}), a_{max})",
    code="np.clip(x, a_min, a_max)",
    rules=[
        rule(_clip_by_x, local=r"[a_{min} \leq x \leq a_{max}]"),
        rule(_clip_by_min, local=r"[x < a_{min}]"),
        rule(_clip_by_max, local=r"[x > a_{max}]"),
    ],
    samples=[
        sample(reals(3, 4), -5.0, 5.0),
        sample(nonzero(3, 4), -0.1, 0.1),
        sample(nonzero(3, 4), a_min=0.0),
        sample(nonzero(5), None, 0.1),
        sample(nonzero(4, 3, low=0.5), reals(3, low=-0.3, high=-0.1), reals(4, 1, low=0.1, high=0.3)),
        sample(nonzero(), reals(3, low=-0.2, high=0.2)),
        sample(reals(0, 2), -1.0, 1.0),
    ],
    words={"min": "a_min", "max": "a_max"},
    doc="""x limited to [a_min, a_max], entry by entry, with broadcasting.

    Parameters
    ----------
    x : array or Tensor
    a_min, a_max : the bounds: numbers, arrays or Tensors, which get a gradient too; None for no bound.
        Where a_min > a_max the result is a_max. NumPy's and PyTorch's newer names are ``min=`` and ``max=``.

    On a bound the gradient goes to x, as in PyTorch's ``clamp``. NaN stays NaN, with gradient 0.

    >>> import autograd as ag
    >>> ag.clip([-2.0, 0.5, 3.0], 0.0, 1.0)
    array([0. , 0.5, 1. ])""",
)

where = operation(
    "where",
    choices.where,
    inputs=["a", "b"],
    symbol="?:",
    arguments={"mask": "condition"},
    onnx=in_onnx.where,
    formula=r"y = a \;\mathrm{if}\; c \;\mathrm{else}\; b",
    code="np.where(condition, a, b)",
    rules=[
        rule(lambda g, condition: where(condition, g, 0.0), local="c"),
        rule(lambda g, condition: where(condition, 0.0, g), local="1 - c"),
    ],
    samples=[
        sample(np.array([True, False, True]), reals(3), reals(3)),
        sample(np.array([[True], [False]]), reals(2, 3), reals()),
        sample(np.array([True, False]), reals(3, 2), 1.0),
        sample(np.True_, reals(), reals()),
        sample(np.zeros((0, 2), bool), reals(0, 2), reals(2)),
    ],
    doc="""a where the condition holds, else b, with broadcasting.

    Parameters
    ----------
    condition : bools, such as ``x > 0`` (c in the formula); no gradient flows to it
    a, b : arrays, Tensors or numbers

    The one that was not chosen gets gradient 0 there. Where the operation behind it has an infinite
    derivative, that 0 becomes NaN: choose before it then, as in ``log(where(x > 0, x, 1))``.

    >>> import autograd as ag
    >>> x = ag.Tensor([-1.0, 2.0], requires_grad=True)
    >>> ag.where(x > 0, x, 0.1 * x).backward(gradient=[1.0, 1.0])
    >>> x.grad
    array([0.1, 1. ])""",
)
