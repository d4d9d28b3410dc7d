"""Constant factors and penalties."""

import numpy as np

import autograd as ag
from tests.autograd.checking.planting import Cases, leaf, windows

CASES = Cases()


@CASES.add
def columns_1_over_m_missing_at_weights():
    r = np.random.default_rng(101)
    X, Y, m = r.normal(size=(3, 5)), r.normal(size=(2, 5)), 5
    W1, W2 = leaf(r.normal(size=(4, 3))), leaf(r.normal(size=(2, 4)))
    b1, b2 = leaf(np.zeros((4, 1))), leaf(np.zeros((2, 1)))
    with ag.tape():
        Z1 = W1 @ X + b1
        A1 = ag.relu(Z1)
        Z2 = W2 @ A1 + b2
        J = ag.sum((Z2 - Y) ** 2) / (2 * m)

    def d(ok):
        dZ2 = (Z2.data - Y) / m
        dZ1 = W2.data.T @ dZ2 * (Z1.data > 0)
        k = 1 if ok else 1 / m
        return {
            Z2: dZ2,
            Z1: dZ1,
            W2: dZ2 @ A1.data.T * k,
            b2: dZ2.sum(1, keepdims=True) * k,
            W1: dZ1 @ X.T * k,
            b1: dZ1.sum(1, keepdims=True) * k,
        }

    return (
        J,
        d,
        dict.fromkeys(("W1", "W2", "b1", "b2"), "averaged|not due|divided by.*5"),
        {},
    )


@CASES.add
def half_folded_twice():
    r = np.random.default_rng(102)
    X, T = r.normal(size=(4, 3)), r.normal(size=(4, 2))
    W = leaf(r.normal(size=(3, 2)))
    with ag.tape():
        h = ag.tanh(X @ W)
        h * 1.0
        E = ag.sum((h - T) ** 2) / 2

    def d(ok):
        dh = (h.data - T) * (1 if ok else 2)
        return {h: dh, W: X.T @ (dh * (1 - h.data**2))}

    return E, d, {"h": r"½|half|1/2|\b2\b"}, {}


@CASES.add
def conv_bias_mean():
    r = np.random.default_rng(103)
    x, T = r.normal(size=(2, 2, 6, 6)), r.normal(size=(2, 3, 4, 4))
    w, b = leaf(r.normal(size=(3, 2, 3, 3))), leaf(r.normal(size=3))
    with ag.tape():
        z = ag.conv2d(x, w, b)
        a = ag.sigmoid(z)
        E = 0.5 * ag.sum((a - T) ** 2)

    def d(ok):
        dz = (a.data - T) * a.data * (1 - a.data)
        dw = np.einsum("nopq,ncpqij->ocij", dz, windows(x, (3, 3), axis=(2, 3)))
        return {z: dz, b: dz.sum((0, 2, 3)) if ok else dz.mean((0, 2, 3)), w: dw}

    return E, d, {"b": r"mean|averag|N · H · W"}, {}


@CASES.add
def conv_weight_over_batch():
    r = np.random.default_rng(104)
    x, T = r.normal(size=(3, 1, 5, 5)), r.normal(size=(3, 2, 3, 3))
    w, b = leaf(r.normal(size=(2, 1, 3, 3))), leaf(r.normal(size=2))
    with ag.tape():
        z = ag.conv2d(x, w, b)
        E = 0.5 * ag.sum((z - T) ** 2)

    def d(ok):
        dz = z.data - T
        k = 1 if ok else 1 / 3
        return {
            z: dz,
            w: k * np.einsum("nopq,ncpqij->ocij", dz, windows(x, (3, 3), axis=(2, 3))),
            b: k * dz.sum((0, 2, 3)),
        }

    return E, d, {"w": "batch|mean", "b": "batch|mean"}, {}


@CASES.add
def mse_divided_by_batch_not_all():
    r = np.random.default_rng(105)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 4))
    W, b = leaf(r.normal(size=(3, 4))), leaf(np.zeros(4))
    with ag.tape():
        y = X @ W + b
        E = ag.mean((y - T) ** 2)

    def d(ok):
        dy = 2 * (y.data - T) / (20 if ok else 5)
        return {y: dy, W: X.T @ dy, b: dy.sum(0)}

    return E, d, {"y": "divided by 5|batch|5 in place of"}, {}


@CASES.add
def mse_divided_by_outputs():
    r = np.random.default_rng(106)
    X, T = r.normal(size=(6, 3)), r.normal(size=(6, 4))
    W, b = leaf(r.normal(size=(3, 4))), leaf(np.zeros(4))
    with ag.tape():
        y = X @ W + b
        E = ag.mse(y, T)

    def d(ok):
        dy = 2 * (y.data - T) / (24 if ok else 4)
        return {y: dy, W: X.T @ dy, b: dy.sum(0)}

    return E, d, {"y": "divided by.* 4|number of outputs"}, {}


@CASES.add
def l2_without_2():
    r = np.random.default_rng(107)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 1))
    W = leaf(r.normal(size=(3, 1)))
    lam = 0.1
    with ag.tape():
        y = X @ W
        E = ag.mean((y - T) ** 2) + lam * ag.sum(W**2)

    def d(ok):
        dy = 2 * (y.data - T) / 5
        return {y: dy, W: X.T @ dy + (2 if ok else 1) * lam * W.data}

    return E, d, {"W": r"\b2\b.*left out|penalty|regular|square"}, {}


@CASES.add
def l2_as_l1():
    r = np.random.default_rng(108)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
    W = leaf(r.normal(size=(3, 2)))
    b = leaf(r.normal(size=2))
    lam = 0.05
    with ag.tape():
        y = X @ W + b
        E = 0.5 * ag.sum((y - T) ** 2) + lam * ag.sum(W * W)

    def d(ok):
        dy = y.data - T
        return {y: dy, W: X.T @ dy + lam * (2 * W.data if ok else np.sign(W.data)), b: dy.sum(0)}

    return E, d, {"W": "L1|sign|absolute"}, {}


@CASES.add
def l1_as_l2():
    r = np.random.default_rng(109)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
    W = leaf(r.normal(size=(3, 2)))
    lam = 0.05
    with ag.tape():
        y = X @ W
        E = 0.5 * ag.sum((y - T) ** 2) + lam * ag.sum(ag.abs(W))

    def d(ok):
        dy = y.data - T
        return {y: dy, W: X.T @ dy + lam * (np.sign(W.data) if ok else 2 * W.data)}

    return E, d, {"W": "L2|square|abs"}, {}


@CASES.add
def l2_missing():
    r = np.random.default_rng(110)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
    W = leaf(r.normal(size=(3, 2)))
    lam = 0.05
    with ag.tape():
        y = X @ W
        E = ag.mse(y, T) + lam * 0.5 * ag.sum(W * W)

    def d(ok):
        dy = 2 * (y.data - T) / 10
        return {y: dy, W: X.T @ dy + (lam * W.data if ok else 0)}

    return E, d, {"W": "path|left out"}, {}


@CASES.add
def l2_over_m_twice():
    r = np.random.default_rng(111)
    m = 6
    X, Y = r.normal(size=(3, m)), (r.normal(size=(1, m)) > 0) * 1.0
    W, b = leaf(r.normal(size=(1, 3))), leaf([[0.1]])
    lam = 0.7
    with ag.tape():
        Z = W @ X + b
        A = ag.sigmoid(Z)
        J = -ag.mean(Y * ag.log(A) + (1 - Y) * ag.log(1 - A)) + lam / (2 * m) * ag.sum(ag.square(W))

    def d(ok):
        dZ = (A.data - Y) / m
        return {Z: dZ, W: dZ @ X.T + lam * W.data / (m if ok else 1), b: dZ.sum(1, keepdims=True)}

    return J, d, {"W": "path|penalty|left out|factor|6 times"}, {}
