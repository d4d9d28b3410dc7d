"""Dropout: while training, entries are left out at random."""

from .. import functional
from ..module import Module
from ..seeding import generator_of


class Dropout(Module):
    """While training each entry becomes 0 with probability p, and the others grow by 1 / (1 − p).

    Evaluating, x passes as it is. The masks are drawn from ``rng``, a Generator or an int seed, or by
    default from the generator of ``nn.manual_seed``.

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).

    >>> import numpy as np, nn
    >>> nn.Dropout(0.5).eval()(np.ones(3))
    array([1., 1., 1.])
    """

    def __init__(self, p=0.5, *, rng=None):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"Dropout: p is a probability, at least 0 and below 1\n  p: {p!r}")
        self.p = p
        self.rng = None if rng is None else generator_of(rng)

    def forward(self, x):
        return functional.dropout(x, self.p, self.training, self.rng)

    def extra_repr(self):
        return f"p={self.p}"
