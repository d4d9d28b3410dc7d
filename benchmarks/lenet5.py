"""A training step of LeNet-5: batch 64, 28 × 28 images padded by 2, float32, SGD.

Forward, cross entropy, backward and update; the same architecture in each library. HIPS autograd runs in
a process of its own, for it bears our name.
"""

import numpy as np

import nn

from .hips import hips_worker
from .report import available, best, peer, rows_of
from .training import BATCH, RATE, data, step_of, update


def parameters():
    """float32 weights of the five layers, for libraries without modules."""
    rng = np.random.default_rng(0)
    shapes = [(6, 1, 5, 5), (16, 6, 5, 5), (400, 120), (120, 84), (84, 10)]
    weights = [rng.normal(0, 0.1, shape).astype(np.float32) for shape in shapes]
    return weights, [np.zeros(n, np.float32) for n in (6, 16, 120, 84, 10)]


def _ours():
    net = nn.models.LeNet5()
    return step_of(net, nn.CrossEntropyLoss(), nn.optim.SGD(net.parameters(), lr=RATE), *data(1, 28, 28))


def _torch():
    import torch

    torch.set_num_threads(1)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 6, 5, padding=2), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(6, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
        torch.nn.Linear(400, 120), torch.nn.ReLU(), torch.nn.Linear(120, 84), torch.nn.ReLU(), torch.nn.Linear(84, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE)
    return step_of(net, torch.nn.CrossEntropyLoss(), optimizer, *map(torch.as_tensor, data(1, 28, 28)))


def _mygrad():
    import mygrad
    from mygrad.nnet import conv_nd, max_pool, softmax_crossentropy
    from mygrad.nnet.activations import relu

    images, labels = data(1, 28, 28)
    weights, biases = ([mygrad.tensor(a) for a in arrays] for arrays in parameters())

    def step():
        x = images
        for i, padding in ((0, 2), (1, 0)):
            x = conv_nd(x, weights[i], stride=1, padding=padding) + biases[i].reshape(1, -1, 1, 1)
            x = max_pool(relu(x), (2, 2), 2)
        x = x.reshape(BATCH, -1)
        for i in (2, 3, 4):
            x = x @ weights[i] + biases[i]
            x = relu(x) if i < 4 else x
        softmax_crossentropy(x, labels).backward()
        update((*weights, *biases))

    return step


def run(rounds):
    with hips_worker("lenet5") as hips:
        functions = available(
            chalkgrad=_ours(), PyTorch=peer(_torch, "torch"), MyGrad=peer(_mygrad, "mygrad"), **{"HIPS autograd": hips}
        )
        times = best(functions, rounds, calls=5)
    relative = {"PyTorch": 1.8, "MyGrad": 1, "HIPS autograd": 1}
    return rows_of("LeNet-5 step", times, "ms", 1e3, relative=relative)
