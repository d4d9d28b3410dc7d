"""Operations that reduce along axes: sums, means, extrema, norms, softmax."""

import numpy as np

from ..declaration import operation, reals, rule, sample
from .shaping import broadcast_to

__all__ = ["sum_to"]


def _sum_to(x, shape):
    """Add up the axes along which ``shape`` was broadcast to the shape of ``x``."""
    shape = tuple(shape)
    if np.shape(x) == shape:
        return x
    extra = np.ndim(x) - len(shape)
    if extra < 0 or any(m not in (1, n) for m, n in zip(shape, np.shape(x)[extra:], strict=True)):
        raise ValueError(f"the shape {np.shape(x)} is not one that {shape} broadcasts to")
    axes = tuple(range(extra)) + tuple(
        extra + i for i, (m, n) in enumerate(zip(shape, np.shape(x)[extra:], strict=True)) if m == 1 and n != 1
    )
    return np.sum(x, axis=axes, keepdims=True).reshape(shape)


sum_to = operation(
    "sum_to",
    _sum_to,
    symbol="Σ",
    kind="reduce",
    formula=r"y_j = \sum_{i \,\to\, j} x_i",
    rules=[rule(lambda g, x_shape: broadcast_to(g, x_shape), local="1")],
    samples=[sample(reals(3, 4), (4,)), sample(reals(3, 4), (3, 1)), sample(reals(2, 3), ()), sample(reals(2, 3), (2, 3))],
    doc="Sum over the axes along which ``shape`` was broadcast: the transpose of ``broadcast_to``.",
    numpy=lambda x, shape: np.asarray(x).sum() if shape == () else sum_by_hand(x, shape),
    torch=lambda torch, x, shape: x.sum_to_size(shape),
)


def sum_by_hand(x, shape):
    """The readable twin of sum_to: each entry goes to the place that it was broadcast from."""
    y = np.zeros(shape)
    aligned = (1,) * (x.ndim - len(shape)) + tuple(shape)
    flat = y.reshape(aligned)
    for at in np.ndindex(x.shape):
        flat[tuple(0 if n == 1 else i for i, n in zip(at, aligned, strict=True))] += x[at]
    return y
