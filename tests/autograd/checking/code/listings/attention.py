"""Self-attention of one head."""

import numpy as np


def forward(x, Wq, Wk, Wv):
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    scale = np.sqrt(q.shape[1])
    scores = q @ k.T / scale
    e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    weights = e / np.sum(e, axis=1, keepdims=True)
    out = weights @ v
    return out, (x, Wq, Wk, Wv, q, k, v, weights, scale)


def backward(dout, cache):
    x, Wq, Wk, Wv, q, k, v, weights, scale = cache
    dweights = dout @ v.T
    dv = weights.T @ dout
    dscores = weights * (dweights - np.sum(dweights * weights, axis=1, keepdims=True))
    dq = dscores @ k / scale
    dk = dscores.T @ q / scale
    dWq = x.T @ dq
    dWk = x.T @ dk
    dWv = x.T @ dv
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    return dx, dWq, dWk, dWv


def call(check):
    r = np.random.default_rng(21)
    x, Wq, Wk, Wv = (r.normal(size=shape) for shape in [(5, 4), (4, 3), (4, 3), (4, 2)])
    return check(forward, backward, x, Wq, Wk, Wv, gradient=r.normal(size=(5, 2)))


BROKEN = {
    "dv = weights.T @ dout": ["dv = weights @ dout"],
    "dscores = weights * (dweights - np.sum(dweights * weights, axis=1, keepdims=True))": [
        "dscores = weights * (1 - weights) * dweights",
        "dscores = weights * (dweights - np.sum(dweights * weights, axis=0, keepdims=True))",
    ],
    "dq = dscores @ k / scale": ["dq = dscores @ k"],
    "dk = dscores.T @ q / scale": ["dk = dscores @ q / scale"],
    "dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T": ["dx = dq @ Wq.T + dk @ Wk.T", "dx = dv @ Wv.T"],
    "dWk = x.T @ dk": ["dWk = x.T @ dq"],
}
