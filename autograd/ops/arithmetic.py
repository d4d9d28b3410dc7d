"""+ − × ÷ and powers."""

import operator

import numpy as np

from ..operation import operation, reals, rule, sample

# Python's operators and not NumPy's ufuncs: on NumPy scalars they are ten times faster.
_BINARY = [sample(reals(3, 4), reals(3, 4)), sample(reals(3, 4), reals(4)), sample(reals(2, 1, 3), reals(4, 1)), sample(reals(), reals(3))]

add = operation(
    "add",
    operator.add,
    symbol="+",
    formula=r"y = a + b",
    rules=[rule(lambda g: g, local="1"), rule(lambda g: g, local="1")],
    samples=_BINARY,
    doc="a + b, entry by entry, with broadcasting.",
)

multiply = operation(
    "multiply",
    operator.mul,
    symbol="×",
    formula=r"y = a \cdot b",
    rules=[rule(lambda g, b: g * b, local="b"), rule(lambda g, a: g * a, local="a")],
    samples=_BINARY,
    doc="a · b, entry by entry, with broadcasting.",
)
