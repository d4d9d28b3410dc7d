"""Biases, and what was copied from another line."""

import numpy as np

import autograd as ag
from tests.autograd.checking.planting import Cases, leaf

CASES = Cases()


@CASES.add
def bias_scalar_sum():
    r = np.random.default_rng(180)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
    W, b = leaf(r.normal(size=(3, 2))), leaf(np.zeros(2))
    with ag.tape():
        z = X @ W + b
        a = ag.sigmoid(z)
        E = 0.5 * ag.sum((a - T) ** 2)

    def d(ok):
        dz = (a.data - T) * a.data * (1 - a.data)
        return {z: dz, W: X.T @ dz, b: dz.sum(0) if ok else np.sum(dz)}

    return E, d, {"b": "too many axes|all of δ"}, {}


@CASES.add
def bias_wrong_axis():
    r = np.random.default_rng(181)
    X, T = r.normal(size=(3, 4)), r.normal(size=(2, 4))
    W, b = leaf(r.normal(size=(2, 3))), leaf(np.zeros((2, 1)))
    with ag.tape():
        z = W @ X + b
        a = ag.tanh(z)
        E = 0.5 * ag.sum((a - T) ** 2)

    def d(ok):
        dz = (a.data - T) * (1 - a.data**2)
        return {z: dz, W: dz @ X.T, b: dz.sum(1, keepdims=True) if ok else dz.sum(0, keepdims=True)}

    return E, d, {"b": "wrong axis"}, {}


def bias_copied_case(seed, words, of_second_layer):
    """b1 is what b2 should be; of_second_layer: W2 and b2 are given too."""

    def f():
        r = np.random.default_rng(seed)
        X, T = r.normal(size=(4, 3)), r.normal(size=(4, 5))
        W1, b1, W2, b2, W3 = (leaf(r.normal(size=shape)) for shape in ((3, 5), 5, (5, 5), 5, (5, 5)))
        with ag.tape():
            z1 = X @ W1 + b1
            h1 = ag.tanh(z1)
            z2 = h1 @ W2 + b2
            h2 = ag.sigmoid(z2)
            y = h2 @ W3
            E = ag.mse(y, T)

        def d(ok):
            dy = 2 * (y.data - T) / 20
            d2 = dy @ W3.data.T * h2.data * (1 - h2.data)
            d1 = d2 @ W2.data.T * (1 - h1.data**2)
            found = {y: dy, W3: h2.data.T @ dy, z2: d2, z1: d1, W1: X.T @ d1, b1: (d1 if ok else d2).sum(0)}
            return {**found, W2: h1.data.T @ d2, b2: d2.sum(0)} if of_second_layer else found

        return E, d, {"b1": words}, {}

    return f


CASES["bias_copied_from_other_layer"] = bias_copied_case(182, "b2|another|copied", True)
CASES["bias_copied_delta_not_given"] = bias_copied_case(183, "b2|z2|another|copied|δ", False)


@CASES.add
def weight_uses_wrong_delta():
    r = np.random.default_rng(184)
    X, T = r.normal(size=(4, 5)), r.normal(size=(4, 5))
    W1, W2 = leaf(r.normal(size=(5, 5))), leaf(r.normal(size=(5, 5)))
    with ag.tape():
        z1 = X @ W1
        h1 = ag.tanh(z1)
        z2 = h1 @ W2
        h2 = ag.sigmoid(z2)
        E = 0.5 * ag.sum((h2 - T) ** 2)

    def d(ok):
        d2 = (h2.data - T) * h2.data * (1 - h2.data)
        d1 = d2 @ W2.data.T * (1 - h1.data**2)
        return {z2: d2, W2: h1.data.T @ d2, z1: d1, W1: X.T @ (d1 if ok else d2)}

    return E, d, {"W1": "another|z2|δ|wrong"}, {}


@CASES.add
def weight_uses_dh_not_dz():
    r = np.random.default_rng(185)
    X, _T = r.normal(size=(4, 3)), r.normal(size=(4, 2))
    W1, W2, b1 = leaf(r.normal(size=(3, 5))), leaf(r.normal(size=(5, 2))), leaf(np.zeros(5))
    with ag.tape():
        z1 = X @ W1 + b1
        h1 = ag.relu(z1)
        z2 = h1 @ W2
        E = ag.cross_entropy(z2, np.array([0, 1, 1, 0]))

    def d(ok):
        p = np.exp(z2.data)
        p /= p.sum(1, keepdims=True)
        d2 = (p - np.eye(2)[[0, 1, 1, 0]]) / 4
        dh = d2 @ W2.data.T
        d1 = dh * (z1.data > 0)
        return {z2: d2, W2: h1.data.T @ d2, h1: dh, z1: d1, W1: X.T @ d1, b1: (d1 if ok else dh).sum(0)}

    return E, d, {"b1": "derivative|activation|left out"}, {}


@CASES.add
def decoder_transposed():
    r = np.random.default_rng(186)
    X, T = r.normal(size=(4, 6)), r.normal(size=(4, 6))
    W1, W2 = leaf(r.normal(size=(6, 3))), leaf(r.normal(size=(3, 6)))
    with ag.tape():
        h = ag.tanh(X @ W1)
        y = h @ W2
        E = 0.5 * ag.sum((y - T) ** 2)

    def d(ok):
        dy = y.data - T
        dh = dy @ W2.data.T
        return {y: dy, W2: h.data.T @ dy if ok else dy.T @ h.data, h: dh, W1: X.T @ (dh * (1 - h.data**2))}

    return E, d, {"W2": "transposed"}, {}
