"""A training step of an MLP 784-256-128-10: batch 64, SGD

Forward, cross entropy, backward and update.
"""

from itertools import pairwise

from .row import Row
from .training import batch_of, hips_step, initial, ours, pytorchs, update

BATCH = 64
SIZES = (784, 256, 128, 10)
SHAPES = {}
for n_in, n_out in pairwise(SIZES):
    SHAPES |= {f"{n_in}.weight": (n_out, n_in), f"{n_in}.bias": (n_out,)}


def chalkgrad(batch=BATCH, dtype="float32", compiled=False):
    import nn

    return ours(nn.models.MLP(*SIZES, dtype=dtype), batch, SIZES[0], dtype=dtype, compiled=compiled)


def pytorch(batch=BATCH, dtype="float32"):
    from torch.nn import Flatten, Linear, ReLU, Sequential

    net = Sequential(Flatten(), Linear(784, 256), ReLU(), Linear(256, 128), ReLU(), Linear(128, 10))
    return pytorchs(net, batch, SIZES[0], dtype=dtype)


def transposed(dtype):
    """The parameters for x @ W + b."""
    return [array.T.copy() for array in initial(SHAPES, dtype)]


def mygrad(batch=BATCH, dtype="float32"):
    import mygrad
    from mygrad.nnet import softmax_crossentropy
    from mygrad.nnet.activations import relu

    images, labels = batch_of(batch, SIZES[0], dtype=dtype)
    w1, b1, w2, b2, w3, b3 = parameters = [mygrad.tensor(array) for array in transposed(dtype)]

    def step():
        x = relu(images @ w1 + b1)
        x = relu(x @ w2 + b2)
        loss = softmax_crossentropy(x @ w3 + b3, labels)
        loss.backward()
        update(parameters)
        return loss, []

    return step


def hips(batch=BATCH, dtype="float32"):
    import autograd.numpy as anp

    def forward(parameters, x):
        w1, b1, w2, b2, w3, b3 = parameters
        x = anp.maximum(anp.dot(x, w1) + b1, 0)
        x = anp.maximum(anp.dot(x, w2) + b2, 0)
        return anp.dot(x, w3) + b3

    return hips_step(forward, transposed(dtype), *batch_of(batch, SIZES[0], dtype=dtype))


ROWS = [
    Row(
        "MLP step",
        {"chalkgrad": chalkgrad, "PyTorch": pytorch, "MyGrad": mygrad, "HIPS autograd": hips},
        bars={"PyTorch": 0.9, "MyGrad": 1, "HIPS autograd": 1},
    ),
]
