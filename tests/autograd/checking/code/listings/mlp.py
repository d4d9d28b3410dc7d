"""Two layers, ReLU, softmax and cross-entropy, with the parameters in a dict."""

import numpy as np


def forward(params, batch):
    X, y = batch
    z1 = X @ params["W1"] + params["b1"]
    h = np.maximum(0, z1)
    scores = h @ params["W2"] + params["b2"]
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(probs[np.arange(len(y)), y]))


def backward(params, batch):
    X, y = batch
    z1 = X @ params["W1"] + params["b1"]
    h = np.maximum(0, z1)
    scores = h @ params["W2"] + params["b2"]
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    dscores = probs.copy()
    dscores[np.arange(len(y)), y] -= 1
    dscores /= len(y)
    dW2 = h.T @ dscores
    db2 = dscores.sum(axis=0)
    dh = dscores @ params["W2"].T
    dz1 = dh * (z1 > 0)
    dW1 = X.T @ dz1
    db1 = dz1.sum(axis=0)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def call(check):
    r = np.random.default_rng(0)
    params = {"W1": r.normal(size=(4, 5)), "b1": r.normal(size=5), "W2": r.normal(size=(5, 3)), "b2": r.normal(size=3)}
    return check(forward, backward, params, (r.normal(size=(6, 4)), r.integers(0, 3, 6)))


BROKEN = {
    "dz1 = dh * (z1 > 0)": ["dz1 = dh", "dz1 = dh * z1", "dz1 = dh * (h < 1)"],
    "dscores[np.arange(len(y)), y] -= 1": ["dscores[np.arange(len(y)), y] += 1", "dscores[np.arange(len(y)), y] -= 2"],
    "dscores /= len(y)": ["dscores /= 3"],
    "dW2 = h.T @ dscores": ["dW2 = z1.T @ dscores", "dW2 = h.T @ dscores / len(y)"],
    "db2 = dscores.sum(axis=0)": ["db2 = dscores.mean(axis=0)"],
    'dh = dscores @ params["W2"].T': ['dh = probs @ params["W2"].T', 'dh = -dscores @ params["W2"].T'],
    "db1 = dz1.sum(axis=0)": ["db1 = dh.sum(axis=0)", "db1 = dz1[0]"],
}
