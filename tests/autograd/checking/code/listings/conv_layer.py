"""A conv layer with filters as objects, stride and padding (the third of the source texts, as it goes on)."""

import numpy as np


class Filter:
    def __init__(self, weights, bias):
        self.weights = weights
        self.bias = bias


class ConvLayer:
    def __init__(self, filters, zero_padding, stride):
        self.filters = filters
        self.zero_padding = zero_padding
        self.stride = stride

    def patch(self, array, i, j, size):
        si, sj = i * self.stride, j * self.stride
        return array[:, si : si + size, sj : sj + size]

    def forward(self, input_array):
        p = self.zero_padding
        self.padded = np.pad(input_array, ((0, 0), (p, p), (p, p)))
        size = self.filters[0].weights.shape[1]
        n = (self.padded.shape[1] - size) // self.stride + 1
        self.output = np.zeros((len(self.filters), n, n))
        for f, one in enumerate(self.filters):
            for i in range(n):
                for j in range(n):
                    self.output[f, i, j] = np.sum(self.patch(self.padded, i, j, size) * one.weights) + one.bias
        return self.output

    def backward(self, delta):
        size = self.filters[0].weights.shape[1]
        dpadded = np.zeros_like(self.padded)
        for f, one in enumerate(self.filters):
            one.weights_grad = np.zeros_like(one.weights)
            for i in range(delta.shape[1]):
                for j in range(delta.shape[2]):
                    one.weights_grad += delta[f, i, j] * self.patch(self.padded, i, j, size)
                    self.patch(dpadded, i, j, size)[...] += delta[f, i, j] * one.weights
            one.bias_grad = np.sum(delta[f])
        p = self.zero_padding
        dinput_array = dpadded[:, p:-p, p:-p]
        return dinput_array


def call(check):
    r = np.random.default_rng(13)
    filters = [Filter(r.normal(size=(3, 3, 3)), np.array(b)) for b in (1.0, 0.0)]
    layer = ConvLayer(filters, 1, 2)
    return check(layer.forward, layer.backward, r.normal(size=(3, 5, 5)), gradient=r.normal(size=(2, 3, 3)))


BROKEN = {
    "one.weights_grad += delta[f, i, j] * self.patch(self.padded, i, j, size)": [
        "one.weights_grad += delta[f, i, j] * one.weights",
        "one.weights_grad = delta[f, i, j] * self.patch(self.padded, i, j, size)",
    ],
    "self.patch(dpadded, i, j, size)[...] += delta[f, i, j] * one.weights": [
        "self.patch(dpadded, i, j, size)[...] += delta[f, i, j] * one.weights[:, ::-1, ::-1]",
        "self.patch(dpadded, i, j, size)[...] = delta[f, i, j] * one.weights",
    ],
    "one.bias_grad = np.sum(delta[f])": [
        "one.bias_grad = np.mean(delta[f])",
        "one.bias_grad = np.sum(delta[f, :2, :2])",
    ],
    "dinput_array = dpadded[:, p:-p, p:-p]": ["dinput_array = dpadded[:, : -2 * p, : -2 * p]"],
}
