"""Layer norm after a product, step by step, with a sum that grows."""

import numpy as np


def forward(X, W, g, b, T):
    a = X @ W
    mu = a.mean(axis=1, keepdims=True)
    c = a - mu
    v = (c**2).mean(axis=1, keepdims=True)
    inv = 1 / np.sqrt(v + 1e-5)
    n = c * inv
    y = g * n + b
    return 0.5 * np.sum((y - T) ** 2)


def backward(X, W, g, b, T):
    a = X @ W
    D = a.shape[1]
    mu = a.mean(axis=1, keepdims=True)
    c = a - mu
    v = (c**2).mean(axis=1, keepdims=True)
    inv = 1 / np.sqrt(v + 1e-5)
    n = c * inv
    y = g * n + b
    dy = y - T
    dg = (dy * n).sum(0)
    db = dy.sum(0)
    dn = dy * g
    dinv = (dn * c).sum(axis=1, keepdims=True)
    dc = dn * inv
    dv = -0.5 * dinv * (v + 1e-5) ** -1.5
    dc += 2 * c * dv / D
    dmu = -dc.sum(axis=1, keepdims=True)
    da = dc + dmu / D
    dW = X.T @ da
    return dW, dg, db


def call(check):
    r = np.random.default_rng(10)
    return check(
        forward,
        backward,
        r.normal(size=(5, 3)),
        r.normal(size=(3, 4)),
        r.normal(size=4),
        r.normal(size=4),
        r.normal(size=(5, 4)),
        wrt=["W", "g", "b"],
    )


BROKEN = {
    "dn = dy * g": ["dn = dy", "dn = dy * b"],
    "dinv = (dn * c).sum(axis=1, keepdims=True)": [
        "dinv = (dn * a).sum(axis=1, keepdims=True)",
        "dinv = (dn * n).sum(axis=1, keepdims=True)",
        "dinv = (dn * c).mean(axis=1, keepdims=True)",
        "dinv = (dy * c).sum(axis=1, keepdims=True)",
    ],
    "dv = -0.5 * dinv * (v + 1e-5) ** -1.5": [
        "dv = 0.5 * dinv * (v + 1e-5) ** -1.5",
        "dv = -dinv * (v + 1e-5) ** -1.5",
        "dv = -0.5 * dinv * (v + 1e-5) ** -0.5",
        "dv = -0.5 * dinv * inv**2",
        "dv = dinv * inv",
    ],
    "dc += 2 * c * dv / D": [
        "dc += c * dv / D",
        "dc += 2 * c * dv",
        "dc += 2 * c * dv / len(a)",
        "dc = 2 * c * dv / D",
    ],
    "dmu = -dc.sum(axis=1, keepdims=True)": [
        "dmu = dc.sum(axis=1, keepdims=True)",
        "dmu = -dc.sum(axis=0, keepdims=True)",
    ],
    "da = dc + dmu / D": ["da = dc", "da = dc + dmu", "da = dc - dmu / D", "da = dc + dmu / len(a)"],
}
