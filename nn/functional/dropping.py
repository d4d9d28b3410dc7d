"""Dropout of whole channels, and dropout that keeps mean and variance."""

import math
from typing import Any

import numpy as np

import autograd as ag

from ..seeding import Rng, generator_of
from ..values import float_dtype_of

__all__ = ["alpha_dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]


def dropout1d(x: Any, p: float = 0.5, training: bool = True, rng: Rng = None) -> Any:
    """Each channel of (N, C, L) or (C, L) 0 with probability p, the others grown by 1 / (1 − p); x unless ``training``.

    rng : a Generator or an int seed; by default the generator of ``nn.manual_seed``
    """
    return _drop_channels("dropout1d", x, p, training, rng, 1)


def dropout2d(x: Any, p: float = 0.5, training: bool = True, rng: Rng = None) -> Any:
    """``dropout1d`` for (N, C, H, W) or (C, H, W)."""
    return _drop_channels("dropout2d", x, p, training, rng, 2)


def dropout3d(x: Any, p: float = 0.5, training: bool = True, rng: Rng = None) -> Any:
    """``dropout1d`` for (N, C, D, H, W) or (C, D, H, W)."""
    return _drop_channels("dropout3d", x, p, training, rng, 3)


def alpha_dropout(x: Any, p: float = 0.5, training: bool = False, rng: Rng = None) -> Any:
    """Each entry −1.7581 with probability p, and all scaled and moved so that mean 0 and variance 1 stay; for ``selu``.

    rng : a Generator or an int seed; by default the generator of ``nn.manual_seed``

    Source: Klambauer et al., "Self-Normalizing Neural Networks" (2017).
    """
    return _alpha(x, p, training, rng, np.shape(x))


def feature_alpha_dropout(x: Any, p: float = 0.5, training: bool = False, rng: Rng = None) -> Any:
    """``alpha_dropout`` of whole channels of (N, C, …)."""
    shape = np.shape(x)
    return _alpha(x, p, training, rng, (*shape[:2], *[1] * (len(shape) - 2)))


def _drop_channels(called: str, x: Any, p: float, training: bool, rng: Rng, axes: int) -> Any:
    shape = np.shape(x)
    if len(shape) not in (axes + 1, axes + 2):
        raise ValueError(f"{called}: x must have {axes + 2} axes, or {axes + 1} without a batch\n  x: {shape}")
    if not training or p == 0:
        return x
    ones = np.ones((*shape[:-axes], *[1] * axes), float_dtype_of(x))
    return x * ag.dropout(ones, p, True, generator_of(rng))


def _alpha(x: Any, p: float, training: bool, rng: Rng, shape: tuple[int, ...]) -> Any:
    if not 0 <= p < 1:
        raise ValueError(f"alpha_dropout: p is a probability, at least 0 and below 1\n  p: {p!r}")
    if not training or p == 0:
        return x
    least = -1.7580993408473766  # −1.0507 · 1.6733, what selu comes near
    a = 1 / math.sqrt((1 - p) * (1 + p * least**2))
    kept = generator_of(rng).random(shape, dtype=np.float32) >= p
    moved = np.where(kept, -a * p * least, a * least * (1 - p)).astype(float_dtype_of(x))
    return x * np.where(kept, a, 0.0).astype(float_dtype_of(x)) + moved
