"""Batch normalization in training, (32, 64, 32, 32), forward and backward

With γ and β, which get gradients too, and moving statistics.
"""

import numpy as np

from .layer import ours, pytorchs, random_arrays
from .row import Row, layouts

CHANNELS = 64


def arrays(batch, dtype):
    return random_arrays(dtype, (batch, CHANNELS, 32, 32), (CHANNELS,), (CHANNELS,), (batch, CHANNELS, 32, 32))


def chalkgrad(batch=32, dtype="float32", channels_last=False):
    import autograd as ag
    from nn.functional import batch_norm

    *inputs, gradient = arrays(batch, dtype)
    mean, var = ag.Tensor(np.zeros(CHANNELS, dtype)), ag.Tensor(np.ones(CHANNELS, dtype))
    return ours(
        lambda x, weight, bias: batch_norm(x, mean, var, weight, bias, training=True), inputs, gradient, channels_last
    )


def pytorch(batch=32, dtype="float32", channels_last=False):
    import torch
    from torch.nn.functional import batch_norm

    *inputs, gradient = arrays(batch, dtype)
    kind = getattr(torch, dtype)
    mean, var = torch.zeros(CHANNELS, dtype=kind), torch.ones(CHANNELS, dtype=kind)
    return pytorchs(
        lambda x, weight, bias: batch_norm(x, mean, var, weight, bias, training=True), inputs, gradient, channels_last
    )


ROWS = [
    Row("batch norm", {"chalkgrad": layouts(chalkgrad), "PyTorch": layouts(pytorch)}, bars={"PyTorch": 1}),
]
