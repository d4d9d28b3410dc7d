"""Nonlinearities as layers, for Sequential; each is a function of ``nn.functional`` too.

Each takes any shape and returns the same, entry by entry; ``Softmax`` and ``LogSoftmax`` work along an axis.
"""

from .. import functional
from ..module import Module

__all__ = [
    "ELU", "GELU", "Identity", "LeakyReLU", "LogSoftmax", "ReLU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh",
]  # fmt: skip


class Identity(Module):
    """y = x."""

    def forward(self, x):
        return x


class ReLU(Module):
    """y = max(x, 0)."""

    def forward(self, x):
        return functional.relu(x)


class LeakyReLU(Module):
    """y = x where x > 0, else negative_slope · x."""

    def __init__(self, negative_slope=0.01):
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x):
        return functional.leaky_relu(x, self.negative_slope)

    def extra_repr(self):
        return f"negative_slope={self.negative_slope}"


class ELU(Module):
    """y = x where x > 0, else alpha · (eˣ − 1)."""

    def __init__(self, alpha=1.0):
        super().__init__()
        self.alpha = alpha

    def forward(self, x):
        return functional.elu(x, self.alpha)

    def extra_repr(self):
        return f"alpha={self.alpha}"


class GELU(Module):
    """y = x · Φ(x), with the normal distribution function Φ; approximate="tanh" approximates it."""

    def __init__(self, approximate="none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, x):
        return functional.gelu(x, self.approximate)

    def extra_repr(self):
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """y = x · σ(x)."""

    def forward(self, x):
        return functional.silu(x)


class Softplus(Module):
    """y = log(1 + e^(beta · x)) / beta."""

    def __init__(self, beta=1.0):
        super().__init__()
        self.beta = beta

    def forward(self, x):
        return functional.softplus(x, self.beta)

    def extra_repr(self):
        return f"beta={self.beta}"


class Sigmoid(Module):
    """y = 1 / (1 + e⁻ˣ)."""

    def forward(self, x):
        return functional.sigmoid(x)


class Tanh(Module):
    """y = tanh x."""

    def forward(self, x):
        return functional.tanh(x)


class Softmax(Module):
    """y = eˣ / Σ eˣ along the axis ``dim``."""

    def __init__(self, dim=-1):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return functional.softmax(x, self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """y = x − log Σ eˣ along the axis ``dim``."""

    def __init__(self, dim=-1):
        super().__init__()
        self.dim = dim

    def forward(self, x):
        return functional.log_softmax(x, self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"
