"""Products of two inputs, distances of all pairs, and draws of classes."""

from typing import Any

import numpy as np

import autograd as ag

from ..seeding import Rng, generator_of
from ..values import float_dtype_of, values_of
from .normalization import p_norm

__all__ = ["bilinear", "gumbel_softmax", "pdist"]


def bilinear(x1: Any, x2: Any, weight: Any, bias: Any = None) -> Any:
    """y_o = Σ x1_i W_{o i j} x2_j + b_o, for x1 (…, I), x2 (…, J), W (O, I, J) and b (O,): (…, O)."""
    first, second, shape = np.shape(x1), np.shape(x2), np.shape(weight)
    if len(shape) != 3 or first[:-1] != second[:-1] or (first[-1:], second[-1:]) != (shape[1:2], shape[2:]):
        raise ValueError(
            "bilinear: x1 (…, I), x2 (…, J) and weight (O, I, J) are needed\n"
            f"  x1: {first}\n  x2: {second}\n  weight: {shape}"
        )
    y = ag.einsum("...i,oij,...j->...o", x1, weight, x2)
    return y if bias is None else y + bias


def pdist(x: Any, p: float = 2.0) -> Any:
    """(Σ |x_i − x_j|ᵖ)^(1/p) of all pairs i < j of the rows of x (N, M): (N (N − 1) / 2,), row by row.

    >>> import numpy as np, nn.functional as F
    >>> F.pdist(np.array([[0.0], [1.0], [3.0]]))
    array([1., 3., 2.])
    """
    shape = np.shape(x)
    if len(shape) != 2 or p < 0:
        raise ValueError(f"pdist: x must be (N, M), and p 0 or more\n  x: {shape}\n  p: {p!r}")
    i, j = np.triu_indices(shape[0], 1)
    d = ag.take(x, i, axis=0) - ag.take(x, j, axis=0)
    return ag.sum(d * 0, axis=1) if 0 in np.shape(d) else p_norm(d, p, 1, False)


def gumbel_softmax(
    logits: Any, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1, *, rng: Rng = None
) -> Any:
    """softmax((logits + g) / tau) along ``dim``, with noise g of Gumbel's distribution: a draw of a class, softly.

    hard : give 1 for the class of the largest and 0 for the others; the gradient stays that of the soft draw
    eps : without effect
    rng : a Generator or an int seed; by default the generator of ``nn.manual_seed``

    Source: Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax" (2017).
    """
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau must be above 0\n  tau: {tau!r}")
    noise = generator_of(rng).gumbel(size=np.shape(logits)).astype(float_dtype_of(logits))
    soft = ag.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    values = values_of(soft)
    one = np.zeros_like(values)
    np.put_along_axis(one, values.argmax(axis=dim, keepdims=True), 1, axis=dim)
    return soft + (one - values)
