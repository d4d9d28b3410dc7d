"""Softmax and cross-entropy."""

import numpy as np

import autograd as ag
from tests.autograd.checking.planting import Cases, leaf, sigma

CASES = Cases()


@CASES.add
def softmax_written_axis():
    r = np.random.default_rng(210)
    X, t = r.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    W = leaf(r.normal(size=(3, 3)))
    with ag.tape():
        z = X @ W
        e = ag.exp(z)
        p = e / ag.sum(e, axis=1, keepdims=True)
        E = -ag.mean(ag.log(p[np.arange(4), t]))

    def d(ok):
        ex = np.exp(z.data)
        q = ex / (ex.sum(1, keepdims=True) if ok else ex.sum())
        dz = (q - np.eye(3)[t]) / 4
        return {z: dz, W: X.T @ dz}

    return E, d, {"z": "axis|all entries"}, {}


@CASES.add
def softmax_diag_written():
    r = np.random.default_rng(211)
    X, T = r.normal(size=(4, 3)), r.normal(size=(4, 3))
    W = leaf(r.normal(size=(3, 3)))
    with ag.tape():
        z = X @ W
        e = ag.exp(z - z.data.max(1, keepdims=True))
        p = e / ag.sum(e, axis=1, keepdims=True)
        E = 0.5 * ag.sum((p - T) ** 2)

    def d(ok):
        dp = p.data - T
        q = p.data
        dz = q * (dp - (dp * q).sum(1, keepdims=True)) if ok else dp * q * (1 - q)
        return {p: dp, z: dz, W: X.T @ dz}

    return E, d, {"z": "diagonal|off-diag|entry"}, {}


@CASES.add
def ce_without_batch_mean():
    r = np.random.default_rng(212)
    X, t = r.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    W = leaf(r.normal(size=(3, 3)))
    b = leaf(np.zeros(3))
    with ag.tape():
        z = X @ W + b
        p = ag.softmax(z, axis=1)
        E = -ag.sum(np.eye(3)[t] * ag.log(p)) / 4

    def d(ok):
        dz = (p.data - np.eye(3)[t]) / (4 if ok else 1)
        return {z: dz, W: X.T @ dz, b: dz.sum(0)}

    return E, d, {"z": "4|divi|mean"}, {}


@CASES.add
def ce_target_minus_p():
    r = np.random.default_rng(213)
    X, t = r.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    W = leaf(r.normal(size=(3, 3)))
    b = leaf(np.zeros(3))
    with ag.tape():
        z = X @ W + b
        E = ag.cross_entropy(z, t)

    def d(ok):
        p = np.exp(z.data)
        p /= p.sum(1, keepdims=True)
        dz = (p - np.eye(3)[t]) / 4 * (1 if ok else -1)
        return {z: dz, W: X.T @ dz, b: dz.sum(0)}

    return E, d, {"z": "sign|minus|other way"}, {}


@CASES.add
def bce_logits_missing_sigmoid():
    r = np.random.default_rng(214)
    X, t = r.normal(size=(4, 3)), np.array([[0.0], [1], [1], [0]])
    W = leaf(r.normal(size=(3, 1)))
    with ag.tape():
        z = X @ W
        E = ag.binary_cross_entropy_with_logits(z, t)

    def d(ok):
        dz = ((sigma(z.data) if ok else z.data) - t) / 4
        return {z: dz, W: X.T @ dz}

    return E, d, {"z": "sigmoid.*left out"}, {}


@CASES.add
def wrong_sign_bce_dA():
    r = np.random.default_rng(215)
    X, Y = r.normal(size=(3, 5)), np.array([[0.0, 1, 1, 0, 1]])
    W, b = leaf(r.normal(size=(1, 3))), leaf([[0.0]])
    with ag.tape():
        Z = W @ X + b
        A = ag.sigmoid(Z)
        J = -ag.sum(Y * ag.log(A) + (1 - Y) * ag.log(1 - A)) / 5

    def d(ok):
        a = A.data
        dA = -(Y / a - (1 - Y) / (1 - a) * (1 if ok else -1)) / 5
        dZ = dA * a * (1 - a)
        return {A: dA, Z: dZ, W: dZ @ X.T, b: dZ.sum(1, keepdims=True)}

    return J, d, {"A": "sign|minus|difference"}, {}
