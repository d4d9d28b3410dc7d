"""A deep net with examples in columns, caches in a list and gradients in a dict, as a well-known course has it."""

import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z


def relu(Z):
    A = np.maximum(0, Z)
    return A, Z


def linear_activation_forward(A_prev, W, b, activation):
    Z = np.dot(W, A_prev) + b
    linear_cache = (A_prev, W, b)
    if activation == "sigmoid":
        A, activation_cache = sigmoid(Z)
    else:
        A, activation_cache = relu(Z)
    return A, (linear_cache, activation_cache)


def forward(parameters, X, Y):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A, cache = linear_activation_forward(A, parameters["W" + str(l)], parameters["b" + str(l)], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters["W" + str(L)], parameters["b" + str(L)], "sigmoid")
    caches.append(cache)
    m = Y.shape[1]
    cost = -(1.0 / m) * np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL))
    return np.squeeze(cost), (AL, caches)


def relu_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def sigmoid_backward(dA, cache):
    Z = cache
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * s * (1 - s)
    return dZ


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    dW = np.dot(dZ, A_prev.T)
    db = np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def backward(parameters, X, Y, cache):
    AL, caches = cache
    grads = {}
    L = len(caches)
    m = AL.shape[1]
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) / m
    linear_cache, activation_cache = caches[L - 1]
    dZ = sigmoid_backward(dAL, activation_cache)
    dA_prev, grads["dW" + str(L)], grads["db" + str(L)] = linear_backward(dZ, linear_cache)
    for l in reversed(range(L - 1)):
        linear_cache, activation_cache = caches[l]
        dZ = relu_backward(dA_prev, activation_cache)
        dA_prev, grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = linear_backward(dZ, linear_cache)
    return grads


def call(check):
    r = np.random.default_rng(17)
    sizes = [4, 5, 3, 1]
    parameters = {}
    for k in range(1, 4):
        parameters[f"W{k}"] = r.normal(size=(sizes[k], sizes[k - 1]))
        parameters[f"b{k}"] = r.normal(size=(sizes[k], 1))
    return check(forward, backward, parameters, r.normal(size=(4, 6)), r.integers(0, 2, (1, 6)).astype(float))


BROKEN = {
    "dZ[Z <= 0] = 0": ["dZ[Z > 0] = 0", "dZ[Z <= 0] = 1"],
    "dZ = dA * s * (1 - s)": ["dZ = dA * s", "dZ = dA", "dZ = dA * (1 - s * s)"],
    "dW = np.dot(dZ, A_prev.T)": ["dW = np.dot(dZ, A_prev.T) / 6", "dW = -np.dot(dZ, A_prev.T)"],
    "db = np.sum(dZ, axis=1, keepdims=True)": ["db = np.mean(dZ, axis=1, keepdims=True)", "db = dZ[:, :1]"],
    "dA_prev = np.dot(W.T, dZ)": ["dA_prev = np.dot(W.T, dZ) * 2", "dA_prev = np.dot(np.abs(W).T, dZ)"],
    "dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) / m": [
        "dAL = (np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) / m",
        "dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))",
        "dAL = -(np.divide(Y, AL) + np.divide(1 - Y, 1 - AL)) / m",
    ],
}
