"""Entry by entry on 1,000,000 elements, forward and backward

The row of tanh differs by the processor: PyTorch's is MKL's, which is several times as fast on Intel's as on AMD's.
There ours has taken 1.2 times as long.
"""

from functools import partial

from .layer import ours, pytorchs, random_arrays
from .row import Row

SIZE = 1_000_000


def multiply_add(x, y, z):
    return x * y + z


def chalkgrad(name, inputs, dtype="float32"):
    import autograd as ag

    *arrays, gradient = random_arrays(dtype, *[(SIZE,)] * (inputs + 1))
    return ours(getattr(ag, name, multiply_add), arrays, gradient)


def pytorch(name, inputs, dtype="float32"):
    import torch

    *arrays, gradient = random_arrays(dtype, *[(SIZE,)] * (inputs + 1))
    return pytorchs(getattr(torch, name, multiply_add), arrays, gradient)


ROWS = [
    Row(
        f"{name}, 1,000,000 elements",
        {"chalkgrad": partial(chalkgrad, name, inputs), "PyTorch": partial(pytorch, name, inputs)},
        bars={"PyTorch": 0.8 if name == "tanh" else 1},
    )
    for name, inputs in (("sigmoid", 1), ("tanh", 1), ("relu", 1), ("x · y + z", 3))
]
