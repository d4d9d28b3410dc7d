"""Batch normalization: each channel brought to mean 0 and variance 1 over the batch."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd as ag

from .. import functional, init
from ..module import Module
from ..parameter import Parameter, new_parameter

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"]


class ChannelNorm(Module):
    """What norms by channel have: γ and β, and running statistics."""

    momentum: Any  # a number, or None where a norm takes that
    running_mean: Any  # Tensors, or None without running statistics
    running_var: Any
    num_batches_tracked: Any

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        *,
        bias: bool,
        dtype: DTypeLike | None,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight, self.bias = scale_and_shift(num_features, affine, bias, dtype)
        dtype = np.float32 if dtype is None else dtype
        tracked = track_running_stats
        self.register_buffer("running_mean", ag.Tensor(np.zeros(num_features, dtype)) if tracked else None)
        self.register_buffer("running_var", ag.Tensor(np.ones(num_features, dtype)) if tracked else None)
        self.register_buffer("num_batches_tracked", ag.Tensor(np.int64(0)) if tracked else None)


def scale_and_shift(
    shape: int | tuple[int, ...], affine: bool, bias: bool, dtype: DTypeLike | None
) -> tuple[Parameter | None, Parameter | None]:
    """γ, ones, and β, zeros, of a norm: None without ``affine``, and β also without ``bias``."""
    if not affine:
        return None, None
    return init.ones_(new_parameter(shape, dtype)), new_parameter(shape, dtype) if bias else None


class _BatchNorm(ChannelNorm):
    axes: tuple[int, ...] = ()
    """How many axes the input may have."""
    layout = ""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=True, dtype=dtype)

    def forward(self, x: Any, relu: bool = False) -> Any:
        self.check_input(np.shape(x))
        return self.normalized(x, relu)

    def check_input(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError where the input has other axes, or another number of channels."""
        if len(shape) not in self.axes or shape[1] != self.num_features:
            raise ValueError(
                f"{type(self).__name__}: the input must be {self.layout} with C = {self.num_features}\n  input: {shape}"
            )

    def normalized(self, x: Any, relu: bool) -> Any:
        """The result, of an input whose shape is right."""
        moving = self.training and self.track_running_stats
        momentum = self.momentum
        if moving and momentum is None:
            momentum = 1 / (self.num_batches_tracked.item() + 1)
        by_batch = self.training or not self.track_running_stats
        y = functional.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, by_batch, momentum, self.eps, relu
        )
        if moving:
            self.num_batches_tracked.data += 1
        return y

    def reset_running_stats(self) -> None:
        """Forget the running mean and variance."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm2d(_BatchNorm):
    r"""y = γ (x − μ) / √(σ² + eps) + β with mean μ and variance σ² of each channel of (N, C, H, W).

    Parameters
    ----------
    num_features : C
    eps : keeps the division tame
    momentum : the weight of the newest batch in the running statistics; None for their plain average
    affine : whether there are γ (``weight``) and β (``bias``), learned
    track_running_stats : keep running statistics, which evaluation mode uses; without them the batch's are always used
    dtype : of parameters and running statistics; float32 by default

    Training normalizes by the batch's biased variance, and takes the unbiased one into ``running_var``. The result
    has the input's shape. ``weight``, ``bias``, ``running_mean`` and ``running_var`` are (C,); with
    ``num_batches_tracked`` they are the state.

    Called as ``layer(x, relu=True)`` it gives the relu of that, in about the time of the normalization alone; a net
    so written has the same ``state_dict``.

    Source: Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing
    Internal Covariate Shift" (2015).

    >>> import numpy as np, nn
    >>> y = nn.BatchNorm2d(3)(np.random.default_rng(0).normal(5, 2, (8, 3, 4, 4)))
    >>> bool(abs(y.data.mean()) < 1e-6), round(float(y.data.std()), 3)
    (True, 1.0)
    """

    axes, layout = (4,), "(N, C, H, W)"


class BatchNorm1d(_BatchNorm):
    """``BatchNorm2d`` for (N, C) or (N, C, L): by feature over the batch (and over L). Its parameters are the same.

    >>> import numpy as np, nn
    >>> nn.BatchNorm1d(2, eps=0)(np.array([[1.0, 10.0], [3.0, 30.0]])).data
    array([[-1., -1.],
           [ 1.,  1.]])
    """

    axes, layout = (2, 3), "(N, C) or (N, C, L)"


class BatchNorm3d(_BatchNorm):
    """``BatchNorm2d`` for volumes (N, C, D, H, W). Its parameters are the same."""

    axes, layout = (5,), "(N, C, D, H, W)"

    def forward(self, x: Any, relu: bool = False) -> Any:
        shape = np.shape(x)
        self.check_input(shape)
        flat = ag.reshape(x, (shape[0], shape[1], shape[2] * shape[3], shape[4]))
        return ag.reshape(self.normalized(flat, relu), shape)
