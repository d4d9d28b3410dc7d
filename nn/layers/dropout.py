"""Dropout: while training, entries are left out at random."""

from typing import Any

from .. import functional
from ..module import Module
from ..seeding import Rng, generator_of

__all__ = ["Dropout"]


class Dropout(Module):
    """While training each entry becomes 0 with probability p, and the others grow by 1 / (1 − p).

    Parameters
    ----------
    p : the probability, at least 0 and below 1
    rng : a Generator or an int seed to draw the masks from; by default that of ``nn.manual_seed``

    x may have any shape. Evaluating, it passes as it is.

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).

    >>> import numpy as np, nn
    >>> nn.Dropout(0.5).eval()(np.ones(3))
    array([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"Dropout: p is a probability, at least 0 and below 1\n  p: {p!r}")
        self.p = p
        self.rng = None if rng is None else generator_of(rng)

    def forward(self, x: Any) -> Any:
        return functional.dropout(x, self.p, self.training, self.rng)

    def extra_repr(self) -> str:
        return f"p={self.p}"
