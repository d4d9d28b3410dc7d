"""Layers in lists, counted from the end, with a function for the derivative of the sigmoid."""

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def forward(weights, biases, x, y):
    activation = x
    for b, w in zip(biases, weights):
        z = np.dot(w, activation) + b
        activation = sigmoid(z)
    return 0.5 * np.sum((activation - y) ** 2)


def backprop(weights, biases, x, y):
    nabla_b = [np.zeros(b.shape) for b in biases]
    nabla_w = [np.zeros(w.shape) for w in weights]
    activation = x
    activations = [x]
    zs = []
    for b, w in zip(biases, weights):
        z = np.dot(w, activation) + b
        zs.append(z)
        activation = sigmoid(z)
        activations.append(activation)
    delta = (activations[-1] - y) * sigmoid_prime(zs[-1])
    nabla_b[-1] = delta
    nabla_w[-1] = np.dot(delta, activations[-2].transpose())
    for l in range(2, len(weights) + 1):
        z = zs[-l]
        sp = sigmoid_prime(z)
        delta = np.dot(weights[-l + 1].transpose(), delta) * sp
        nabla_b[-l] = delta
        nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
    return nabla_w, nabla_b


def call(check):
    r = np.random.default_rng(1)
    s = [3, 4, 4, 2]
    ws = [r.normal(size=(b, a)) for a, b in zip(s, s[1:])]
    bs = [r.normal(size=(b, 1)) for b in s[1:]]
    return check(forward, backprop, ws, bs, r.normal(size=(3, 1)), r.normal(size=(2, 1)), wrt=["weights", "biases"])


BROKEN = {
    "delta = (activations[-1] - y) * sigmoid_prime(zs[-1])": [
        "delta = activations[-1] - y",
        "delta = (y - activations[-1]) * sigmoid_prime(zs[-1])",
        "delta = 2 * (activations[-1] - y) * sigmoid_prime(zs[-1])",
        "delta = (activations[-1] - y) * sigmoid_prime(activations[-1])",
        "delta = (activations[-1] - y) * sigmoid(zs[-1])",
    ],
    "nabla_w[-1] = np.dot(delta, activations[-2].transpose())": [
        "nabla_w[-1] = np.dot(delta, sigmoid_prime(zs[-2]).transpose())",
        "nabla_w[-1] = np.dot(delta, zs[-2].transpose())",
    ],
    "sp = sigmoid_prime(z)": ["sp = sigmoid_prime(sigmoid(z))", "sp = z * (1 - z)"],
    "nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())": [
        "nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose()) / len(x)"
    ],
}
