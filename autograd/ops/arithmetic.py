"""+ − × ÷, powers, and what Python's other arithmetic operators do.

Forward is Python's operator where there is one, not NumPy's ufunc: on NumPy scalars, of which a
scalar graph is made, it is ten times faster, and on arrays it is the same. For + and × it is compiled, if that can be.
"""

import math
import operator

import numpy as np

from ..declaration import operation, pass_on, rule
from ..kernels import arithmetic as kernels
from ..samples import nonzero, positive, reals, sample
from .elementwise import log, nothing, where

__all__ = ["add", "subtract", "multiply", "divide", "negative", "power", "remainder", "floor_divide"]


def _pairs(left, right):
    """Two inputs of one shape, and the ways in which shapes broadcast."""
    return [
        sample(left(3, 4), right(3, 4)),
        sample(left(3, 4), right(4)),
        sample(left(2, 1, 3), right(4, 1)),
        sample(left(), right(3)),
        sample(left(), right()),
    ]


def _turn(g, _=None):
    return -g


add = operation(
    "add",
    kernels.add,
    symbol="+",
    traits=["sums"],
    onnx="Add",
    formula=r"y = a + b",
    code="a + b",
    rules=[rule(pass_on, local="1"), rule(pass_on, local="1")],
    samples=_pairs(reals, reals),
    doc="a + b, entry by entry, with broadcasting.",
)

subtract = operation(
    "subtract",
    operator.sub,
    symbol="−",
    traits=["subtracts"],
    onnx="Sub",
    formula=r"y = a - b",
    rules=[rule(pass_on, local="1"), rule(_turn, local="-1")],
    samples=_pairs(reals, reals),
    doc="a − b, entry by entry, with broadcasting.",
)

multiply = operation(
    "multiply",
    kernels.multiply,
    symbol="×",
    traits=["multiplies"],
    onnx="Mul",
    formula=r"y = a \cdot b",
    code="a * b",
    rules=[
        rule(lambda g, b: g * b, local="b", kernel=kernels.multiply),
        rule(lambda g, a: g * a, local="a", kernel=kernels.multiply),
    ],
    samples=_pairs(reals, reals),
    doc="a · b, entry by entry, with broadcasting.",
)

divide = operation(
    "divide",
    operator.truediv,
    symbol="÷",
    traits=["divides"],
    onnx="Div",
    formula=r"y = \frac{a}{b}",
    rules=[
        rule(lambda g, b: g / b, local=r"\frac{1}{b}"),
        rule(lambda g, b, y: -g * y / b, local=r"-\frac{a}{b^2}"),
    ],
    samples=_pairs(reals, nonzero),
    doc="a / b, entry by entry, with broadcasting.",
)

negative = operation(
    "negative",
    operator.neg,
    inputs=["x"],
    symbol="−",
    onnx="Neg",
    formula=r"y = -x",
    rules=[rule(_turn, local="-1")],
    samples=[sample(reals(3, 4)), sample(reals())],
    doc="−x, entry by entry.",
)


# Python numbers are told apart in these two rules, because they must stay weak: as arrays they would
# widen float32.


def _power_by_base(g, a, b):
    if isinstance(b, int | float):
        return g * (b * a ** (b - 1)) if b else nothing(g)
    # where a and b are both 0 the power is constant in a, and a^(b−1) infinite
    return g * b * a ** (b - 1 + ((a == 0) & (b == 0)))


def _power_by_exponent(g, a, y):
    # Where a is 0 the power is 0 for every positive exponent, hence y, and the derivative 0. The product is chosen, not
    # the logarithm's argument: to second order nothing must be left out of what is infinite by a.
    if isinstance(a, int | float) and a:
        return g * y * float(np.log(a))
    with np.errstate(divide="ignore", invalid="ignore"):
        if isinstance(a, int | float):
            return where(y == 0, 0.0, g) * where(y == 0, 0.0, y * -math.inf)
        return where((a == 0) & (y == 0), 0.0, g * y * log(a))


power = operation(
    "power",
    operator.pow,
    symbol="^",
    traits=["raises"],
    onnx="Pow",
    formula=r"y = a^b",
    rules=[rule(_power_by_base, local=r"b \, a^{b - 1}"), rule(_power_by_exponent, local=r"a^b \log a")],
    samples=[
        *_pairs(positive, reals),
        sample(nonzero(3, 4), 2),
        sample(nonzero(3, 4), 3.0),
        sample(positive(5), 0.5),
        sample(nonzero(3), 0),
        sample(2.0, reals(3)),
        sample(0.0, positive(3), smooth=False),  # 0, where PyTorch gives NaN
    ],
    doc="a to the power of b, entry by entry, with broadcasting.",
)


def _remainder_by_b(g, a, b):
    steps = a // b
    return where(steps == 0, 0.0, -g * steps)


remainder = operation(
    "remainder",
    operator.mod,
    symbol="mod",
    formula=r"y = a - b \left\lfloor \frac{a}{b} \right\rfloor",
    rules=[
        rule(lambda g: g, local="1"),
        rule(_remainder_by_b, local=r"-\left\lfloor \frac{a}{b} \right\rfloor"),
    ],
    samples=[
        sample(positive(3, 4, low=2.1, high=2.9), positive(3, 4, low=0.8, high=0.95)),
        sample(reals(), positive(1, low=5, high=6)),
    ],
    doc="The remainder of a / b with the sign of b, as Python's ``%``. Jumps have no gradient.",
)

floor_divide = operation(
    "floor_divide",
    operator.floordiv,
    symbol="⌊÷⌋",
    formula=r"y = \left\lfloor \frac{a}{b} \right\rfloor",
    rules=[rule(nothing, local="0"), rule(nothing, local="0")],
    samples=[sample(positive(3, 4, low=2.1, high=2.9), positive(3, 4, low=0.8, high=0.95))],
    doc="⌊a / b⌋, as Python's ``//``: constant between jumps, so its gradient is 0.",
)
