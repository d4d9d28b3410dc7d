"""Recorded graphs that the tests of pages step through."""

import numpy as np

import autograd as ag
import nn


def logistic_network():
    """The 2-2-2 network of many a textbook chapter on backpropagation, with its numbers."""
    weights = [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55]
    w1, w2, w3, w4, w5, w6, w7, w8 = (ag.Tensor(w, requires_grad=True, name=f"w{i}") for i, w in enumerate(weights, 1))
    i1, i2, b1, b2 = (ag.Tensor(x, name=name) for x, name in ((0.05, "i1"), (0.10, "i2"), (0.35, "b1"), (0.60, "b2")))

    def unit(name, w, x, v, y, bias):
        net = w * x + v * y + bias
        net.name = f"net_{name}"
        out = ag.sigmoid(net)
        out.name = f"out_{name}"
        return out

    with ag.tape() as tape:
        with ag.scope("hidden"):
            h1, h2 = unit("h1", w1, i1, w2, i2, b1), unit("h2", w3, i1, w4, i2, b1)
        with ag.scope("output"):
            o1, o2 = unit("o1", w5, h1, w6, h2, b2), unit("o2", w7, h1, w8, h2, b2)
        error = ((0.01 - o1) ** 2 + (0.99 - o2) ** 2) / 2
        error.name = "E"
    error.backward()
    return tape


def lenet(images=2):
    nn.manual_seed(0)
    x, y = nn.data.load_digits()
    net = nn.models.LeNet()
    with ag.tape() as tape:
        loss = nn.functional.cross_entropy(net(x[:images]), y[:images])
    loss.backward()
    return tape


STRIDED = {
    "x": [[[0, 1, 1, 0, 2], [2, 2, 2, 2, 1], [1, 0, 0, 2, 0], [0, 1, 1, 0, 0], [1, 2, 0, 0, 2]],
          [[1, 0, 2, 2, 0], [0, 0, 0, 2, 0], [1, 2, 1, 2, 1], [1, 0, 0, 0, 0], [1, 2, 1, 1, 1]],
          [[2, 1, 2, 0, 0], [1, 0, 0, 1, 0], [0, 2, 1, 0, 1], [0, 1, 2, 2, 2], [2, 1, 0, 0, 1]]],
    "w": [[[[-1, 1, 0], [0, 1, 0], [0, 1, 1]], [[-1, -1, 0], [0, 0, 0], [0, -1, 0]],
           [[0, 0, -1], [0, 1, 0], [1, -1, -1]]],
          [[[1, 1, -1], [-1, -1, 1], [0, -1, 1]], [[0, 1, 0], [-1, 0, -1], [-1, 1, 0]],
           [[-1, 0, 0], [-1, 0, 1], [-1, 0, 0]]]],
    "delta": [[[0, 1, 1], [2, 2, 2], [1, 0, 0]], [[1, 0, 2], [0, 0, 0], [1, 2, 1]]],
}  # fmt: skip


def strided_layer():
    """A layer of 3 channels and 2 filters, with padding 1 and stride 2."""
    x = ag.Tensor(np.array([STRIDED["x"]], float), requires_grad=True, name="x")
    w = ag.Tensor(np.array(STRIDED["w"], float), requires_grad=True, name="W")
    b = ag.Tensor([1.0, 0.0], requires_grad=True, name="b")
    with ag.tape() as tape:
        y = ag.conv2d(x, w, b, stride=2, padding=1)
        y.name = "out"
    y.backward(np.array([STRIDED["delta"]], float))
    return tape, x.grad
