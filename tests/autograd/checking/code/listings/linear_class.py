"""A layer as a class: its state stands on the object, and so do its gradients."""

import numpy as np


class Linear:
    def __init__(self, W, b):
        self.W = W
        self.b = b

    def forward(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        self.out = np.tanh(self.z)
        return self.out

    def backward(self, dout):
        dz = dout * (1 - self.out**2)
        self.dW = self.x.T @ dz
        self.db = np.sum(dz, axis=0)
        dx = dz @ self.W.T
        return dx


def call(check):
    r = np.random.default_rng(12)
    layer = Linear(r.normal(size=(3, 2)), r.normal(size=2))
    return check(layer.forward, layer.backward, r.normal(size=(4, 3)), gradient=r.normal(size=(4, 2)))


BROKEN = {
    "dz = dout * (1 - self.out**2)": ["dz = dout", "dz = dout * (1 - self.z**2)"],
    "self.dW = self.x.T @ dz": ["self.dW = self.x.T @ dz / len(dz)", "self.dW = self.x.T @ dout"],
    "self.db = np.sum(dz, axis=0)": ["self.db = np.mean(dz, axis=0)"],
    "dx = dz @ self.W.T": ["dx = dz @ self.W.T * 2", "dx = dout @ self.W.T"],
}
