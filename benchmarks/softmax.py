"""Softmax cross entropy of (256, 1000), forward and backward"""

import numpy as np

from .layer import ours, pytorchs, random_arrays
from .row import Row


def arrays(dtype):
    return random_arrays(dtype, (256, 1000)), np.random.default_rng(1).integers(0, 1000, 256)


def chalkgrad(dtype="float32"):
    import autograd as ag

    logits, labels = arrays(dtype)
    return ours(lambda x: ag.cross_entropy(x, labels), logits)


def pytorch(dtype="float32"):
    import torch

    logits, labels = arrays(dtype)
    labels = torch.from_numpy(labels)
    return pytorchs(lambda x: torch.nn.functional.cross_entropy(x, labels), logits)


ROWS = [Row("softmax cross entropy (256, 1000)", {"chalkgrad": chalkgrad, "PyTorch": pytorch}, bars={"PyTorch": 1})]
