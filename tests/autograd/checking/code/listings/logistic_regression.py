"""Logistic regression with examples in columns."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    return -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = sigmoid(np.dot(w.T, X) + b)
    dZ = (A - Y) / m
    dw = np.dot(X, dZ.T)
    db = np.sum(dZ)
    return {"dw": dw, "db": db}


def call(check):
    r = np.random.default_rng(7)
    return check(
        cost,
        propagate,
        r.normal(size=(3, 1)),
        np.array(0.3),
        r.normal(size=(3, 5)),
        r.integers(0, 2, (1, 5)),
        wrt=["w", "b"],
    )


BROKEN = {
    "dZ = (A - Y) / m": ["dZ = A - Y", "dZ = (A - Y) / len(X)", "dZ = (Y - A) / m"],
    "dw = np.dot(X, dZ.T)": ["dw = np.dot(X, dZ.T) / m", "dw = np.dot(X, A.T)"],
    "db = np.sum(dZ)": ["db = np.mean(dZ)", "db = np.sum(A - Y)", "db = np.sum(dw)"],
}
