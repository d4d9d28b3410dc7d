"""A net in one function, with closures and a helper for the derivative of its activation."""

import numpy as np


def make_net(activation):
    def forward(W1, W2, x, t):
        z1 = x @ W1
        y1 = activation(z1)
        y2 = y1 @ W2
        return float(np.mean((y2 - t) ** 2))

    return forward


def tanh(x):
    import numpy

    return numpy.tanh(x)


def dtanh(y):
    return 1 - y**2


def backward(W1, W2, x, t):
    z1 = x @ W1
    y1 = tanh(z1)
    y2 = y1 @ W2
    dy2 = 2 * (y2 - t) / y2.size
    dW2 = y1.T @ dy2
    dy1 = dy2 @ W2.T
    dz1 = dy1 * dtanh(y1)
    dW1 = x.T @ dz1
    return dW1, dW2


def call(check):
    r = np.random.default_rng(16)
    return check(
        make_net(tanh), backward, r.normal(size=(3, 4)), r.normal(size=(4, 2)), r.normal(size=(5, 3)),
        r.normal(size=(5, 2)), wrt=["W1", "W2"],
    )  # fmt: skip


BROKEN = {
    "dy2 = 2 * (y2 - t) / y2.size": ["dy2 = (y2 - t) / y2.size", "dy2 = 2 * (y2 - t) / len(y2)", "dy2 = 2 * (y2 - t)"],
    "return 1 - y**2": ["return 1 + y**2", "return 1 - y", "return y * (1 - y)"],
    "dW1 = x.T @ dz1": ["dW1 = x.T @ dy1"],
}
