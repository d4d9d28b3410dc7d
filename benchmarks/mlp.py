"""A training step of an MLP 784-256-128-10: batch 64, float32, SGD.

Forward, cross entropy, backward and update.
"""

from itertools import pairwise

import numpy as np

import nn

from .hips import hips_worker
from .report import available, best, peer, rows_of

BATCH = 64
RATE = 0.01
SIZES = (784, 256, 128, 10)


def data():
    rng = np.random.default_rng(0)
    return rng.random((BATCH, 784), dtype=np.float32), rng.integers(0, 10, BATCH)


def parameters():
    """float32 weights and biases, for libraries without modules."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.05, pair).astype(np.float32) for pair in pairwise(SIZES)]
    return weights, [np.zeros(n, np.float32) for n in SIZES[1:]]


def _ours():
    images, labels = data()
    net, loss_fn = nn.models.MLP(*SIZES), nn.CrossEntropyLoss()
    optimizer = nn.optim.SGD(net.parameters(), lr=RATE)

    def step():
        optimizer.zero_grad()
        loss_fn(net(images), labels).backward()
        optimizer.step()

    return step


def _torch():
    import torch

    torch.set_num_threads(1)
    images, labels = map(torch.as_tensor, data())
    net = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 128), torch.nn.ReLU(),
        torch.nn.Linear(128, 10),
    )  # fmt: skip
    loss_fn = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)

    def step():
        optimizer.zero_grad()
        loss_fn(net(images), labels).backward()
        optimizer.step()

    return step


def _mygrad():
    import mygrad
    from mygrad.nnet import softmax_crossentropy
    from mygrad.nnet.activations import relu

    images, labels = data()
    weights, biases = ([mygrad.tensor(a) for a in arrays] for arrays in parameters())

    def step():
        x = images
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            x = x @ weight + bias
            x = relu(x) if i < 2 else x
        softmax_crossentropy(x, labels).backward()
        for parameter in (*weights, *biases):
            parameter.data -= RATE * parameter.grad

    return step


def run(rounds):
    with hips_worker("mlp") as hips:
        functions = available(
            chalkgrad=_ours(), PyTorch=peer(_torch, "torch"), MyGrad=peer(_mygrad, "mygrad"), **{"HIPS autograd": hips}
        )
        times = best(functions, rounds, calls=20)
    return rows_of("MLP step", times, "ms", 1e3, relative={"PyTorch": 1.2})
