"""A net of layer objects in a dict, each with its own backward; the gradients are collected from the layers."""

from collections import OrderedDict

import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        out = np.dot(x, self.W) + self.b
        return out

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class Relu:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        dx = dout
        return dx


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        x = x - np.max(x, axis=-1, keepdims=True)
        self.y = np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
        return -np.sum(np.log(self.y[np.arange(len(t)), t] + 1e-7)) / len(t)

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        dx = dx * dout / len(self.t)
        return dx


class TwoLayerNet:
    def __init__(self, params):
        self.params = params
        self.layers = OrderedDict()
        self.layers["Affine1"] = Affine(params["W1"], params["b1"])
        self.layers["Relu1"] = Relu()
        self.layers["Affine2"] = Affine(params["W2"], params["b2"])
        self.last = SoftmaxWithLoss()

    def loss(self, x, t):
        for layer in self.layers.values():
            x = layer.forward(x)
        return self.last.forward(x, t)

    def gradient(self, x, t):
        dout = self.last.backward(1)
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)
        grads = {}
        grads["W1"], grads["b1"] = self.layers["Affine1"].dW, self.layers["Affine1"].db
        grads["W2"], grads["b2"] = self.layers["Affine2"].dW, self.layers["Affine2"].db
        return grads


def call(check):
    r = np.random.default_rng(18)
    net = TwoLayerNet(
        {"W1": r.normal(size=(4, 6)), "b1": r.normal(size=6), "W2": 0.2 * r.normal(size=(6, 3)), "b2": r.normal(size=3)}
    )
    return check(net.loss, net.gradient, r.normal(size=(5, 4)), r.integers(0, 3, 5))


BROKEN = {
    "dx = np.dot(dout, self.W.T)": ["dx = -np.dot(dout, self.W.T)"],
    "self.dW = np.dot(self.x.T, dout)": ["self.dW = np.dot(self.x.T, dout) / len(self.x)"],
    "self.db = np.sum(dout, axis=0)": ["self.db = np.mean(dout, axis=0)"],
    "dout[self.mask] = 0": ["dout[self.mask] = 1", "dout[~self.mask] = 0"],
    "dx[np.arange(len(self.t)), self.t] -= 1": ["dx[np.arange(len(self.t)), self.t] += 1"],
    "dx = dx * dout / len(self.t)": ["dx = dx * dout / 2"],
}
