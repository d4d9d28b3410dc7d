"""The layers as functions, in PyTorch's names: ``import nn.functional as F``; ``F.relu(F.conv2d(x, w))``.

Most are autograd's operations under the names that users of PyTorch look for; the few others are
written here in terms of them. What layers remember (weights, running statistics) is an argument here.
"""

from typing import Any

import autograd as ag
from autograd import Tensor

from ..seeding import Rng, generator_of
from . import activations, dropping, normalization
from .activations import *
from .attention import *
from .convolution import *
from .ctc import *
from .dropping import *
from .embedding import *
from .in_place import takes_inplace
from .losses import *
from .losses import cross_entropy_of_shares
from .normalization import *
from .pooling import *
from .products import *
from .resizing import *
from .sampling import *

leaky_relu = takes_inplace(ag.leaky_relu)
elu = takes_inplace(ag.elu)
gelu = ag.gelu
silu = takes_inplace(ag.silu)
relu6 = takes_inplace(activations.relu6)
hardtanh = takes_inplace(activations.hardtanh)
hardsigmoid = takes_inplace(activations.hardsigmoid)
hardswish = takes_inplace(activations.hardswish)
celu = takes_inplace(activations.celu)
selu = takes_inplace(activations.selu)
mish = takes_inplace(activations.mish)
rrelu = takes_inplace(activations.rrelu)
threshold = takes_inplace(activations.threshold)
dropout1d = takes_inplace(dropping.dropout1d)
dropout2d = takes_inplace(dropping.dropout2d)
dropout3d = takes_inplace(dropping.dropout3d)
alpha_dropout = takes_inplace(dropping.alpha_dropout)
feature_alpha_dropout = takes_inplace(dropping.feature_alpha_dropout)
sigmoid = ag.sigmoid
tanh = ag.tanh

linear = ag.linear
avg_pool1d = ag.avg_pool1d
avg_pool2d = ag.avg_pool2d
avg_pool3d = ag.avg_pool3d

mse_loss = ag.mse
l1_loss = ag.l1
nll_loss = ag.nll_loss


def cross_entropy(
    logits: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Any:
    """The cross-entropy of softmax(logits) and the targets; see ``ag.cross_entropy``.

    Here a gradient flows to targets too that are probabilities, a Tensor which requires grad: −log softmax(logits).
    """
    if isinstance(target, Tensor) and target.requires_grad:
        return cross_entropy_of_shares(logits, target, weight, reduction, label_smoothing)
    return ag.cross_entropy(logits, target, weight, reduction, ignore_index, label_smoothing)


def relu(x: Any, inplace: bool = False) -> Any:
    """max(x, 0); see ``ag.relu``. ``inplace`` is without effect: x stays as it is."""
    return ag.relu(x)


def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + e^(beta · x)) / beta, and x itself where beta · x is above the threshold; see ``ag.softplus``."""
    return ag.softplus(x, beta, threshold)


def softmax(x: Any, dim: int = -1, *, dtype: Any = None) -> Any:
    """eˣ / Σ eˣ along the axis ``dim``, in ``dtype`` if one is given; see ``ag.softmax``."""
    return ag.softmax(x, dim) if dtype is None else ag.softmax(x, dim, dtype=dtype)


def log_softmax(x: Any, dim: int = -1, *, dtype: Any = None) -> Any:
    """x − log Σ eˣ along the axis ``dim``, in ``dtype`` if one is given; see ``ag.log_softmax``."""
    return ag.log_softmax(x, dim) if dtype is None else ag.log_softmax(x, dim, dtype=dtype)


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from start_dim to end_dim, both included, become one.

    >>> import numpy as np, nn.functional as F
    >>> F.flatten(np.ones((2, 3, 4)), 1).shape
    (2, 12)
    """
    shape = x.shape
    start, end = (axis + len(shape) if axis < 0 else axis for axis in (start_dim, end_dim))
    if not 0 <= start <= end < len(shape):
        raise ValueError(
            f"flatten: there are no such axes\n  x: {shape}\n  start_dim: {start_dim}\n  end_dim: {end_dim}"
        )
    joined = 1
    for length in shape[start : end + 1]:
        joined *= length
    return ag.reshape(x, (*shape[:start], joined, *shape[end + 1 :]))


@takes_inplace
def dropout(x: Any, p: float = 0.5, training: bool = True, rng: Rng = None) -> Any:
    """Each entry 0 with probability p, the others grown by 1 / (1 − p); x itself unless ``training``.

    rng : a Generator or an int seed; by default the generator of ``nn.manual_seed``
    """
    return ag.dropout(x, p, True, generator_of(rng)) if training else x


def batch_norm(
    x: Any,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    relu: bool = False,
) -> Any:
    """γ (x − μ) / √(σ² + eps) + β by channel; see ``BatchNorm2d``.

    While training, μ and σ² are the batch's, and the Tensors running_mean and running_var (or None)
    move towards them, the variance without bias. Else μ and σ² are running_mean and running_var.

    relu : give the relu of that, in the same pass over memory
    """
    normalize = ag.internal.batch_norm_relu if relu else ag.batch_norm
    if training:
        for name, running in (("running_mean", running_mean), ("running_var", running_var)):
            if (running_mean is not None or running_var is not None) and not isinstance(running, ag.Tensor):
                raise TypeError(
                    "batch_norm: training moves the running statistics, which must be Tensors, or both None\n"
                    f"  {name}: {type(running).__name__}\n  give ag.Tensor({name})"
                )
    if not training:
        return normalize(x, weight, bias, running_mean, running_var, eps)
    y, mean, var = normalize.with_auxiliaries(x, weight, bias, eps=eps)
    if running_mean is not None and running_var is not None:
        n = x.size // x.shape[1]
        normalization.move(running_mean, mean, momentum)
        normalization.move(running_var, var * (n / (n - 1)), momentum)
    return y
