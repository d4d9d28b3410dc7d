"""A layer with inverted dropout between two products; the mask is drawn with a seed."""

import numpy as np


def forward(W1, W2, x, p=0.5, seed=7):
    rng = np.random.RandomState(seed)
    h = np.tanh(x @ W1)
    mask = (rng.rand(*h.shape) < p) / p
    d = h * mask
    out = d @ W2
    cache = (x, W1, W2, h, mask, d)
    return out, cache


def backward(dout, cache):
    x, W1, W2, h, mask, d = cache
    dW2 = d.T @ dout
    dd = dout @ W2.T
    dh = dd * mask
    dz = dh * (1 - h**2)
    dW1 = x.T @ dz
    return dW1, dW2


def call(check):
    r = np.random.default_rng(6)
    W1, W2, x = r.normal(size=(3, 6)), r.normal(size=(6, 2)), r.normal(size=(4, 3))
    return check(forward, backward, W1, W2, x, gradient=r.normal(size=(4, 2)))


BROKEN = {
    "dW2 = d.T @ dout": ["dW2 = h.T @ dout"],
    "dh = dd * mask": ["dh = dd", "dh = dd * (mask > 0)", "dh = dd * mask * 0.5"],
    "dz = dh * (1 - h**2)": ["dz = dh * (1 - h)", "dz = dh * h * (1 - h)", "dz = dh", "dz = dh * (1 + h**2)"],
    "dW1 = x.T @ dz": ["dW1 = -x.T @ dz"],
}
