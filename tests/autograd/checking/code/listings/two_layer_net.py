"""Two layers with relu, softmax and a penalty; the mask is written into the gradient that comes in."""

import numpy as np


def loss(params, X, y, reg):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    N = X.shape[0]
    hidden = np.maximum(0, X.dot(W1) + b1)
    scores = hidden.dot(W2) + b2
    exp_scores = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    data_loss = -np.sum(np.log(probs[np.arange(N), y])) / N
    return data_loss + 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))


def grads(params, X, y, reg):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    N = X.shape[0]
    hidden = np.maximum(0, X.dot(W1) + b1)
    scores = hidden.dot(W2) + b2
    exp_scores = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    dscores /= N
    grads = {}
    grads["W2"] = hidden.T.dot(dscores) + reg * W2
    grads["b2"] = np.sum(dscores, axis=0)
    dhidden = dscores.dot(W2.T)
    dhidden[hidden <= 0] = 0
    grads["W1"] = X.T.dot(dhidden) + reg * W1
    grads["b1"] = np.sum(dhidden, axis=0)
    return grads


def call(check):
    r = np.random.default_rng(0)
    p = {"W1": r.normal(size=(3, 5)), "b1": r.normal(size=5), "W2": r.normal(size=(5, 4)), "b2": r.normal(size=4)}
    return check(loss, grads, p, r.normal(size=(6, 3)), r.integers(0, 4, 6), 0.1)


BROKEN = {
    "dscores[np.arange(N), y] -= 1": ["dscores[:, y] -= 1", "dscores[np.arange(N), y] += 1"],
    "dscores /= N": ["dscores /= X.shape[1]", "dscores /= dscores.size"],
    'grads["W2"] = hidden.T.dot(dscores) + reg * W2': [
        'grads["W2"] = hidden.T.dot(dscores)',
        'grads["W2"] = hidden.T.dot(dscores) + 2 * reg * W2',
        'grads["W2"] = hidden.T.dot(dscores) + reg * np.sign(W2)',
        'grads["W2"] = hidden.T.dot(dscores) - reg * W2',
        'grads["W2"] = hidden.T.dot(dscores) / N + reg * W2',
        'grads["W2"] = hidden.T.dot(dscores) + reg / N * W2',
        'grads["W2"] = X.dot(W1).T.dot(dscores) + reg * W2',
        'grads["W2"] = hidden.T.dot(probs) + reg * W2',
        'grads["W2"] = hidden.T.dot(dscores) + 0.5 * reg * W2',
    ],
    'grads["b2"] = np.sum(dscores, axis=0)': [
        'grads["b2"] = np.mean(dscores, axis=0)',
        'grads["b2"] = dscores[0]',
        'grads["b2"] = np.sum(dscores)',
        'grads["b2"] = np.sum(dscores, axis=0) + reg * b2',
    ],
    "dhidden[hidden <= 0] = 0": [
        "dhidden[dhidden <= 0] = 0",
        "dhidden[hidden > 0] = 0",
        "dhidden = dhidden * hidden",
        "dhidden = dhidden * hidden * (1 - hidden)",
        "dhidden = np.maximum(0, dhidden)",
    ],
    'grads["W1"] = X.T.dot(dhidden) + reg * W1': [
        'grads["W1"] = X.T.dot(dhidden)',
        'grads["W1"] = X.T.dot(dhidden) + reg * W1**2',
    ],
    'grads["b1"] = np.sum(dhidden, axis=0)': [
        'grads["b1"] = np.sum(X.T.dot(dhidden), axis=0)',
        'grads["b1"] = np.sum(dhidden, axis=0) / N',
        'grads["b1"] = np.sum(dscores.dot(W2.T), axis=0)',
    ],
}
