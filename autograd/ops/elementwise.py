"""Functions of each entry."""

import numpy as np

from ..declaration import nonzero, operation, positive, reals, rule, sample

__all__ = ["sign", "log", "where"]

sign = operation(
    "sign",
    np.sign,
    symbol="sgn",
    formula=r"y = \mathrm{sgn}(x)",
    rules=[rule(lambda g: 0 * g, local="0")],
    samples=[sample(nonzero(3, 4)), sample(nonzero())],
    doc="−1, 0 or 1 by the sign of x; its gradient is 0.",
)

log = operation(
    "log",
    np.log,
    symbol="log",
    formula=r"y = \log x",
    rules=[rule(lambda g, x: g / x, local=r"\frac{1}{x}")],
    samples=[sample(positive(3, 4)), sample(positive())],
    doc="The natural logarithm.",
)


where = operation(
    "where",
    lambda condition, a, b: np.where(condition, a, b),
    inputs=["a", "b"],
    symbol="?:",
    formula=r"y = a \;\mathrm{if}\; c \;\mathrm{else}\; b",
    rules=[
        rule(lambda g, condition: where(condition, g, 0.0), local="c"),
        rule(lambda g, condition: where(condition, 0.0, g), local="1 - c"),
    ],
    samples=[
        sample(np.array([True, False, True]), reals(3), reals(3)),
        sample(np.array([[True], [False]]), reals(2, 3), reals()),
    ],
    doc="``a`` where the condition holds, else ``b``, with broadcasting.",
    torch=lambda torch, condition, a, b: torch.where(torch.as_tensor(condition), a, b),
)
