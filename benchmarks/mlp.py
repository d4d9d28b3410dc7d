"""A training step of an MLP 784-256-128-10: batch 64, float32, SGD.

Forward, cross entropy, backward and update.
"""

from itertools import pairwise

import numpy as np

import nn

from .hips import hips_worker
from .report import available, best, peer, rows_of
from .training import RATE, data, step_of, update

SIZES = (784, 256, 128, 10)


def parameters():
    """float32 weights and biases, for libraries without modules."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, 0.05, pair).astype(np.float32) for pair in pairwise(SIZES)]
    return weights, [np.zeros(n, np.float32) for n in SIZES[1:]]


def _ours():
    net = nn.models.MLP(*SIZES)
    return step_of(net, nn.CrossEntropyLoss(), nn.optim.SGD(net.parameters(), lr=RATE), *data(784))


def _torch():
    import torch

    torch.set_num_threads(1)
    net = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 128), torch.nn.ReLU(),
        torch.nn.Linear(128, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    return step_of(net, torch.nn.CrossEntropyLoss(), optimizer, *map(torch.as_tensor, data(784)))


def _mygrad():
    import mygrad
    from mygrad.nnet import softmax_crossentropy
    from mygrad.nnet.activations import relu

    images, labels = data(784)
    weights, biases = ([mygrad.tensor(a) for a in arrays] for arrays in parameters())

    def step():
        x = images
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
            x = x @ weight + bias
            x = relu(x) if i < 2 else x
        softmax_crossentropy(x, labels).backward()
        update((*weights, *biases))

    return step


def run(rounds):
    with hips_worker("mlp") as hips:
        functions = available(
            chalkgrad=_ours(), PyTorch=peer(_torch, "torch"), MyGrad=peer(_mygrad, "mygrad"), **{"HIPS autograd": hips}
        )
        times = best(functions, rounds, calls=20)
    return rows_of("MLP step", times, "ms", 1e3, relative={"PyTorch": 1.2})
