"""Attention with two heads."""

import numpy as np


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def forward(X, Wq, Wk, Wv, Wo):
    T, D = X.shape
    H = 2
    q = (X @ Wq).reshape(T, H, D // H).transpose(1, 0, 2)
    k = (X @ Wk).reshape(T, H, D // H).transpose(1, 0, 2)
    v = (X @ Wv).reshape(T, H, D // H).transpose(1, 0, 2)
    s = q @ k.transpose(0, 2, 1) / np.sqrt(D // H)
    p = softmax(s)
    o = (p @ v).transpose(1, 0, 2).reshape(T, D)
    out = o @ Wo
    return out, (X, Wq, Wk, Wv, Wo, q, k, v, p, o)


def backward(dout, cache):
    X, Wq, Wk, Wv, Wo, q, k, v, p, o = cache
    T, D = X.shape
    H = 2
    dWo = o.T @ dout
    do = (dout @ Wo.T).reshape(T, H, D // H).transpose(1, 0, 2)
    dv = p.transpose(0, 2, 1) @ do
    dp = do @ v.transpose(0, 2, 1)
    ds = p * (dp - (dp * p).sum(-1, keepdims=True))
    ds = ds / np.sqrt(D // H)
    dq = ds @ k
    dk = ds.transpose(0, 2, 1) @ q
    dq = dq.transpose(1, 0, 2).reshape(T, D)
    dk = dk.transpose(1, 0, 2).reshape(T, D)
    dv = dv.transpose(1, 0, 2).reshape(T, D)
    dX = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    return dX, X.T @ dq, X.T @ dk, X.T @ dv, dWo


def call(check):
    r = np.random.default_rng(8)

    def W(a, b):
        return r.normal(size=(a, b))

    return check(forward, backward, W(3, 4), W(4, 4), W(4, 4), W(4, 4), W(4, 4), gradient=W(3, 4))


BROKEN = {
    "ds = p * (dp - (dp * p).sum(-1, keepdims=True))": [
        "ds = dp * p * (1 - p)",
        "ds = p * dp",
        "ds = p * (dp - dp.sum(-1, keepdims=True))",
        "ds = p * (dp - (dp * p).sum(-2, keepdims=True))",
    ],
    "dk = ds.transpose(0, 2, 1) @ q": ["dk = ds @ q"],
    "dv = p.transpose(0, 2, 1) @ do": ["dv = p @ do"],
    "dX = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T": ["dX = dq @ Wq.T + dk @ Wk.T", "dX = dv @ Wv.T"],
    "dWo = o.T @ dout": ["dWo = o.T @ dout / T"],
}
