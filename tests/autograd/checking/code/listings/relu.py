"""ReLU as a layer function, its gradient made in place."""

import numpy as np


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def call(check):
    r = np.random.default_rng(3)
    return check(relu_forward, relu_backward, r.normal(size=(4, 5)), gradient=r.normal(size=(4, 5)))


BROKEN = {
    "dx[x <= 0] = 0": ["dx[x <= 0] = 1", "dx[x > 0] = 0", "dx[x <= 0] *= 0.1"],
    "dx = dout.copy()": ["dx = 2 * dout", "dx = np.ones_like(dout)", "dx = x.copy()"],
}
