"""Normalizations by sample: they know no batch, and no running statistics."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import autograd as ag
from autograd import Tensor

from ..values import float_dtype_of, values_of

__all__ = ["group_norm", "instance_norm", "layer_norm", "local_response_norm", "normalize", "rms_norm"]


def layer_norm(
    x: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """γ (x − μ) / √(σ² + eps) + β, with μ and σ² over the last axes, of shape ``normalized_shape``.

    weight, bias : γ and β, of that shape, or None. Source: Ba, Kiros and Hinton, "Layer Normalization" (2016).
    """
    shape = _last_axes("layer_norm", x, normalized_shape)
    return _scaled(_standardized(x, tuple(range(-len(shape), 0)), eps), weight, bias)


def rms_norm(x: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None) -> Any:
    """γ x / √(mean of x² + eps), over the last axes, of shape ``normalized_shape``.

    weight : γ, of that shape, or None
    eps : by default the distance from 1 to the next number of x's dtype

    Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019).
    """
    shape = _last_axes("rms_norm", x, normalized_shape)
    eps = float(np.finfo(float_dtype_of(x)).eps) if eps is None else eps
    squares = ag.mean(x * x, axis=tuple(range(-len(shape), 0)), keepdims=True)
    return _scaled(x / ag.sqrt(squares + eps), weight, None)


def group_norm(x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """γ (x − μ) / √(σ² + eps) + β, with μ and σ² of each sample's groups of channels.

    x : (N, C, …), C a multiple of ``num_groups``
    weight, bias : γ and β, (C,), or None

    Source: Wu and He, "Group Normalization" (2018).
    """
    shape = np.shape(x)
    if len(shape) < 2 or num_groups < 1 or shape[1] % num_groups:
        raise ValueError(
            "group_norm: x must be (N, C, …) with C a multiple of num_groups\n"
            f"  x: {shape}\n  num_groups: {num_groups!r}"
        )
    grouped = (shape[0], num_groups, math.prod(shape[1:]) // num_groups)
    y = _standardized(ag.reshape(x, grouped), (2,), eps)
    return _scaled(ag.reshape(y, shape), *_by_channel(len(shape), weight, bias))


def instance_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """γ (x − μ) / √(σ² + eps) + β, with μ and σ² of each channel of each sample.

    x : (N, C, L), (N, C, H, W) or (N, C, D, H, W)
    running_mean, running_var : Tensors (C,) that move towards the samples' mean statistics, or with
        use_input_stats=False what is taken in their place
    weight, bias : γ and β, (C,), or None

    Source: Ulyanov, Vedaldi and Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization"
    (2016).
    """
    shape = np.shape(x)
    if len(shape) < 3:
        raise ValueError(f"instance_norm: x must be (N, C, …) with an axis after the channels\n  x: {shape}")
    axes = tuple(range(2, len(shape)))
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError("instance_norm: without use_input_stats running_mean and running_var are needed")
        mean, var = _by_channel(len(shape), running_mean, running_var)
        return _scaled((x - mean) / ag.sqrt(var + eps), *_by_channel(len(shape), weight, bias))
    count = int(np.prod(shape[2:]))
    if count < 2:
        raise ValueError(f"instance_norm: each channel must have more than one value\n  x: {shape}")
    if running_mean is not None and running_var is not None:
        data = values_of(x)
        means, variances = data.mean(axis=axes).mean(axis=0), data.var(axis=axes, ddof=1).mean(axis=0)
        move(running_mean, means, momentum)
        move(running_var, variances, momentum)
    return _scaled(_standardized(x, axes, eps), *_by_channel(len(shape), weight, bias))


def local_response_norm(x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """x / (k + alpha · mean of x² over ``size`` neighbouring channels) ^ beta.

    x : (N, C, L), (N, C, H, W) or (N, C, D, H, W)

    Source: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012).
    """
    shape = np.shape(x)
    if len(shape) < 3 or size < 1:
        raise ValueError(
            f"local_response_norm: x must be (N, C, …), and size 1 or more\n  x: {shape}\n  size: {size!r}"
        )
    before = size // 2
    widths = [(0, 0), (before, size - 1 - before), *[(0, 0)] * (len(shape) - 2)]
    padded = ag.pad(x * x, widths)
    total = sum(padded[:, i : i + shape[1]] for i in range(size))
    return x / (total * (alpha / size) + k) ** beta


def normalize(x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """x / max(‖x‖ₚ, eps) along the axis ``dim``."""
    return x / ag.maximum(p_norm(x, p, dim, keepdims=True), eps)


def p_norm(x: Any, p: float, axis: int, keepdims: bool) -> Any:
    """(Σ |x|ᵖ)^(1/p) along an axis; for p = 0 how many entries are not 0."""
    return ag.linalg.vector_norm(x, p, axis, keepdims)


def move(running: Tensor, value: ArrayLike, momentum: float) -> None:
    """Let a running statistic come nearer to the newest one."""
    running.data = ((1 - momentum) * running.data + momentum * np.reshape(value, running.shape)).astype(running.dtype)


def _standardized(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    """(x − μ) / √(σ² + eps), with the mean and the biased variance over the axes."""
    d = x - ag.mean(x, axis=axes, keepdims=True)
    return d / ag.sqrt(ag.mean(d * d, axis=axes, keepdims=True) + eps)


def _scaled(x: Any, weight: Any, bias: Any) -> Any:
    y = x if weight is None else x * weight
    return y if bias is None else y + bias


def _by_channel(ndim: int, *vectors: Any) -> list[Any]:
    """(C,) as (C, 1, …), for x with so many axes, the second of them of channels."""
    return [None if v is None else ag.reshape(v, (-1, *[1] * (ndim - 2))) for v in vectors]


def _last_axes(called: str, x: Any, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    wanted = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not wanted or np.shape(x)[-len(wanted) :] != wanted:
        raise ValueError(
            f"{called}: x does not end in the axes to normalize\n  x: {np.shape(x)}\n  normalized_shape: {wanted}"
        )
    return wanted
