"""Dropout: while training, entries are left out at random."""

from collections.abc import Callable
from typing import Any

from .. import functional
from ..module import Module
from ..seeding import Rng, generator_of

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class Dropout(Module):
    """While training each entry becomes 0 with probability p, and the others grow by 1 / (1 − p).

    Parameters
    ----------
    p : the probability, at least 0 and below 1
    inplace : accepted, and without effect: x stays as it is
    rng : a Generator or an int seed to draw the masks from; by default that of ``nn.manual_seed``

    x may have any shape. Evaluating, it passes as it is.

    Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting" (2014).

    >>> import numpy as np, nn
    >>> nn.Dropout(0.5).eval()(np.ones(3))
    array([1., 1., 1.])
    """

    function: Callable[..., Any] = staticmethod(functional.dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Rng = None) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"{type(self).__name__}: p is a probability, at least 0 and below 1\n  p: {p!r}")
        self.p = p
        self.inplace = inplace
        self.rng = None if rng is None else generator_of(rng)

    def forward(self, x: Any) -> Any:
        return self.function(x, self.p, self.training, self.rng)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """``Dropout`` of whole channels of (N, C, L) or (C, L). Source: Tompson et al., "Efficient Object Localization
    Using Convolutional Networks" (2015).
    """

    function = staticmethod(functional.dropout1d)


class Dropout2d(Dropout):
    """``Dropout1d`` for (N, C, H, W) or (C, H, W)."""

    function = staticmethod(functional.dropout2d)


class Dropout3d(Dropout):
    """``Dropout1d`` for (N, C, D, H, W) or (C, D, H, W)."""

    function = staticmethod(functional.dropout3d)


class AlphaDropout(Dropout):
    """``Dropout`` that keeps mean 0 and variance 1, for nets of ``SELU``; see ``nn.functional.alpha_dropout``."""

    function = staticmethod(functional.alpha_dropout)


class FeatureAlphaDropout(Dropout):
    """``AlphaDropout`` of whole channels of (N, C, …)."""

    function = staticmethod(functional.feature_alpha_dropout)
