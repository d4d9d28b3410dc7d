"""What the operations of ``autograd.ops.activation`` are held against."""

import math

import numpy as np
from scipy import special

from . import Oracle


def _gelu_by_logistic(x):
    """The tanh form written another way: (1 + tanh u) / 2 is the logistic function of 2 u."""
    return x * special.expit(math.sqrt(8 / math.pi) * (x + 0.044715 * x**3))


ORACLES = {
    "sigmoid": Oracle(numpy=lambda x: special.expit(x)),
    "relu": Oracle(numpy=lambda x: np.where(x > 0, x, 0.0)),
    "leaky_relu": Oracle(
        numpy=lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
        torch=lambda torch, x, negative_slope=0.01: torch.nn.functional.leaky_relu(x, negative_slope),
    ),
    "elu": Oracle(
        numpy=lambda x, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(x)),
        torch=lambda torch, x, alpha=1.0: torch.nn.functional.elu(x, alpha),
    ),
    "gelu": Oracle(
        numpy=lambda x, approximate="none": x * special.ndtr(x) if approximate == "none" else _gelu_by_logistic(x),
        torch=lambda torch, x, approximate="none": torch.nn.functional.gelu(x, approximate=approximate),
    ),
    "silu": Oracle(numpy=lambda x: x * special.expit(x), torch=lambda torch, x: torch.nn.functional.silu(x)),
    "softplus": Oracle(
        numpy=lambda x, beta=1.0, threshold=None: np.where(
            beta * x > (np.inf if threshold is None else threshold), x, np.logaddexp(0, beta * x) / beta
        ),
        torch=lambda torch, x, beta=1.0, threshold=None: torch.nn.functional.softplus(
            x, beta, 1e9 if threshold is None else threshold
        ),
    ),
}
