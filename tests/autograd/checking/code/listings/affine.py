"""One affine layer with its cache."""

import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1) @ w + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def call(check):
    r = np.random.default_rng(2)
    x, w, b = r.normal(size=(3, 2, 2)), r.normal(size=(4, 5)), r.normal(size=5)
    return check(affine_forward, affine_backward, x, w, b, gradient=r.normal(size=(3, 5)))


BROKEN = {
    "dx = (dout @ w.T).reshape(x.shape)": [
        "dx = (dout @ w.T).T.reshape(x.shape)",
        "dx = 2 * (dout @ w.T).reshape(x.shape)",
    ],
    "dw = x.reshape(x.shape[0], -1).T @ dout": ["dw = x.reshape(x.shape[0], -1).T @ np.ones_like(dout)"],
    "db = dout.sum(axis=0)": ["db = dout.mean(axis=0)", "db = dout.sum(axis=1)", "db = np.ones(5)", "db = dout"],
}
