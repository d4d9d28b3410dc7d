"""A net of layer functions, each with its cache, and softmax with cross-entropy at its end."""

import numpy as np


def affine_forward(x, w, b):
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def sigmoid_forward(x):
    out = 1.0 / (1.0 + np.exp(-x))
    return out, out


def sigmoid_backward(dout, cache):
    y = cache
    dx = dout * y * (1 - y)
    return dx


def softmax_loss(x, y):
    shifted = x - np.max(x, axis=1, keepdims=True)
    z = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(z)
    n = x.shape[0]
    loss = -np.sum(log_probs[np.arange(n), y]) / n
    return loss, np.exp(log_probs)


def loss_of(params, x, y):
    a1, cache1 = affine_forward(x, params["W1"], params["b1"])
    h1, cache2 = sigmoid_forward(a1)
    a2, cache3 = affine_forward(h1, params["W2"], params["b2"])
    loss, probs = softmax_loss(a2, y)
    return loss, (cache1, cache2, cache3, probs)


def gradients(params, x, y, cache):
    cache1, cache2, cache3, probs = cache
    dscores = probs.copy()
    dscores[np.arange(len(y)), y] -= 1
    dscores /= len(y)
    grads = {}
    dh1, grads["W2"], grads["b2"] = affine_backward(dscores, cache3)
    da1 = sigmoid_backward(dh1, cache2)
    dx, grads["W1"], grads["b1"] = affine_backward(da1, cache1)
    return grads


def call(check):
    r = np.random.default_rng(1)
    params = {"W1": r.normal(size=(6, 5)), "b1": r.normal(size=5), "W2": r.normal(size=(5, 3)), "b2": r.normal(size=3)}
    return check(loss_of, gradients, params, r.normal(size=(4, 2, 3)), np.array([0, 2, 1, 1]))


BROKEN = {
    "dx = dout.dot(w.T).reshape(x.shape)": ["dx = -dout.dot(w.T).reshape(x.shape)"],
    "dw = x.reshape(x.shape[0], -1).T.dot(dout)": [
        "dw = x.reshape(x.shape[0], -1).T.dot(dout) / len(x)",
        "dw = np.abs(x).reshape(x.shape[0], -1).T.dot(dout)",
    ],
    "db = np.sum(dout, axis=0)": ["db = np.mean(dout, axis=0)", "db = dout[0]"],
    "dx = dout * y * (1 - y)": ["dx = dout", "dx = y * (1 - y)", "dx = dout * y", "dx = dout * y * (1 + y)"],
    "dscores[np.arange(len(y)), y] -= 1": ["dscores[np.arange(len(y)), y] -= 0.5"],
}
