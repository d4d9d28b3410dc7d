"""One function for the sigmoid and, with a flag, for its derivative."""

import numpy as np


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def forward(syn0, syn1, X, y):
    l1 = nonlin(np.dot(X, syn0))
    l2 = nonlin(np.dot(l1, syn1))
    return np.sum((y - l2) ** 2) / 2


def backward(syn0, syn1, X, y):
    l1 = nonlin(np.dot(X, syn0))
    l2 = nonlin(np.dot(l1, syn1))
    l2_error = l2 - y
    l2_delta = l2_error * nonlin(l2, deriv=True)
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)
    return X.T.dot(l1_delta), l1.T.dot(l2_delta)


def call(check):
    r = np.random.default_rng(2)
    X = np.array([[0, 0, 1.0], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    return check(
        forward,
        backward,
        2 * r.random((3, 4)) - 1,
        2 * r.random((4, 1)) - 1,
        X,
        np.array([[0.0, 1, 1, 0]]).T,
        wrt=["syn0", "syn1"],
    )


BROKEN = {
    "l2_error = l2 - y": ["l2_error = y - l2"],
    "l2_delta = l2_error * nonlin(l2, deriv=True)": [
        "l2_delta = l2_error",
        "l2_delta = l2_error * nonlin(l2)",
        "l2_delta = l2_error * nonlin(np.dot(l1, syn1), deriv=True)",
    ],
    "l1_error = l2_delta.dot(syn1.T)": ["l1_error = l2_error.dot(syn1.T)"],
    "l1_delta = l1_error * nonlin(l1, deriv=True)": [
        "l1_delta = l1_error * l1 * (1 + l1)",
        "l1_delta = l1_error * (1 - l1**2)",
    ],
}
