"""Normalizations that know no batch: by the last axes, by groups of channels, by channel, by neighbouring channels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag

from .. import functional
from ..module import Module
from .normalization import ChannelNorm, scale_and_shift

__all__ = [
    "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "LayerNorm", "LocalResponseNorm", "RMSNorm",
]  # fmt: skip


class LayerNorm(Module):
    """y = γ (x − μ) / √(σ² + eps) + β, with mean and variance over the last axes of each sample.

    Parameters
    ----------
    normalized_shape : the shape of these axes, or the length of the last one
    eps : keeps the division tame
    elementwise_affine : whether there are γ (``weight``) and β (``bias``) of that shape, learned
    bias : whether there is a β among them
    dtype : of the parameters; float32 by default

    Source: Ba, Kiros and Hinton, "Layer Normalization" (2016).

    >>> import numpy as np, nn
    >>> nn.LayerNorm(2, eps=0)(np.array([[1.0, 3.0]])).data
    array([[-1.,  1.]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.weight, self.bias = scale_and_shift(self.normalized_shape, elementwise_affine, bias, dtype)

    def forward(self, x: Any) -> Any:
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        affine = f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        return f"{self.normalized_shape}, eps={self.eps}, {affine}"


class RMSNorm(Module):
    """y = γ x / √(mean of x² + eps), over the last axes of each sample.

    Parameters
    ----------
    normalized_shape : the shape of these axes, or the length of the last one
    eps : by default the distance from 1 to the next number of x's dtype
    elementwise_affine : whether there is a γ (``weight``) of that shape, learned
    dtype : of the parameter; float32 by default

    Source: Zhang and Sennrich, "Root Mean Square Layer Normalization" (2019).
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.weight, _ = scale_and_shift(self.normalized_shape, elementwise_affine, False, dtype)

    def forward(self, x: Any) -> Any:
        return functional.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """y = γ (x − μ) / √(σ² + eps) + β, with mean and variance of each sample's groups of channels, of (N, C, …).

    Parameters
    ----------
    num_groups : how many groups, of equal size
    num_channels : C
    eps : keeps the division tame
    affine : whether there are γ (``weight``) and β (``bias``), (C,), learned
    bias : whether there is a β among them
    dtype : of the parameters; float32 by default

    Source: Wu and He, "Group Normalization" (2018).
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                "GroupNorm: num_channels must be a multiple of num_groups\n"
                f"  num_channels: {num_channels}\n  num_groups: {num_groups}"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self.weight, self.bias = scale_and_shift(num_channels, affine, bias, dtype)

    def forward(self, x: Any) -> Any:
        return functional.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        affine = f"affine={self.affine}, bias={self.bias is not None}"
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, {affine}"


class _InstanceNorm(ChannelNorm):
    axes = 0
    """How many axes a sample has after the channels."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        alone = len(shape) == self.axes + 1
        if not (alone or len(shape) == self.axes + 2) or shape[0 if alone else 1] != self.num_features:
            raise ValueError(
                f"{type(self).__name__}: the input must be (N, C, …) or (C, …) with C = {self.num_features} and "
                f"{self.axes} axes after the channels\n  input: {shape}"
            )
        x = ag.reshape(x, (1, *shape)) if alone else x
        by_sample = self.training or not self.track_running_stats
        y = functional.instance_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, by_sample, self.momentum, self.eps
        )
        return y[0] if alone else y

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class InstanceNorm2d(_InstanceNorm):
    """y = γ (x − μ) / √(σ² + eps) + β, with mean and variance of each channel of each sample, of (N, C, H, W) or (C,
    H, W).

    Parameters
    ----------
    num_features : C
    eps : keeps the division tame
    momentum : the weight of the newest batch in the running statistics
    affine : whether there are γ (``weight``) and β (``bias``), (C,), learned
    bias : whether there is a β among them
    track_running_stats : keep running statistics, which evaluation mode uses; without them the samples' are always used
    dtype : of parameters and running statistics; float32 by default

    Source: Ulyanov, Vedaldi and Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization"
    (2016).
    """

    axes = 2


class InstanceNorm1d(_InstanceNorm):
    """``InstanceNorm2d`` for (N, C, L) or (C, L)."""

    axes = 1


class InstanceNorm3d(_InstanceNorm):
    """``InstanceNorm2d`` for (N, C, D, H, W) or (C, D, H, W)."""

    axes = 3


class LocalResponseNorm(Module):
    """y = x / (k + alpha · mean of x² over ``size`` neighbouring channels) ^ beta, of (N, C, …).

    Source: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012).
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, x: Any) -> Any:
        return functional.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
