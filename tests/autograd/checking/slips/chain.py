"""Weights updated too early, factors and paths left out of the chain, masks of dropouts."""

import numpy as np

import autograd as ag
from tests.autograd.checking.planting import Cases, leaf

CASES = Cases()


@CASES.add
def updated_without_rate():
    r = np.random.default_rng(190)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
    W1, W2 = leaf(r.normal(size=(3, 4))), leaf(r.normal(size=(4, 2)))
    with ag.tape():
        z = X @ W1
        h = ag.sigmoid(z)
        y = h @ W2
        E = 0.5 * ag.sum((y - T) ** 2)

    def d(ok):
        dy = y.data - T
        g2 = h.data.T @ dy
        w2 = W2.data - (0 if ok else 0.05) * g2
        dh = dy @ w2.T
        dz = dh * h.data * (1 - h.data)
        return {y: dy, W2: g2, h: dh, z: dz, W1: X.T @ dz}

    return E, d, {"h": "updated"}, {}


@CASES.add
def updated_without_rate_scalars():
    x1, x2, t = 0.5, -0.3, 0.7
    w1, w2, v1, v2 = leaf(0.3), leaf(-0.2), leaf(0.8), leaf(0.5)
    with ag.tape():
        h1 = ag.sigmoid(w1 * x1)
        h2 = ag.sigmoid(w2 * x2)
        o = ag.sigmoid(v1 * h1 + v2 * h2)
        E = 0.5 * (o - t) ** 2

    def d(ok):
        do = float((o.data - t) * o.data * (1 - o.data))
        g1, g2 = do * h1.data, do * h2.data
        a, b = v1.data - (0 if ok else 0.5) * g1, v2.data - (0 if ok else 0.5) * g2
        d1, d2 = do * a, do * b
        return {
            v1: g1,
            v2: g2,
            h1: d1,
            h2: d2,
            w1: d1 * h1.data * (1 - h1.data) * x1,
            w2: d2 * h2.data * (1 - h2.data) * x2,
        }

    return E, d, {"h1": "updated", "h2": "updated"}, {}


@CASES.add
def chain_weight_left_out():
    w1, w2, w3 = leaf(0.7), leaf(-1.3), leaf(0.4)
    x = 0.9
    with ag.tape():
        a = w1 * x
        h = ag.tanh(a)
        b = w2 * h
        k = ag.sigmoid(b)
        c = w3 * k
        E = 0.5 * (c - 0.2) ** 2

    def d(ok):
        dc = c.data - 0.2
        dk = dc * w3.data
        db = dk * k.data * (1 - k.data)
        dh = db * (w2.data if ok else 1)
        da = dh * (1 - h.data**2)
        return {c: dc, w3: dc * k.data, k: dk, b: db, w2: db * h.data, h: dh, a: da, w1: da * x}

    return E, d, {"h": "w2.*left out|left out.*w2"}, {}


@CASES.add
def chain_two_weights_left_out():
    w1, w2, w3 = leaf(0.7), leaf(-1.3), leaf(0.4)
    x = 0.9
    with ag.tape():
        a = w1 * x
        h = ag.tanh(a)
        b = w2 * h
        k = ag.sigmoid(b)
        c = w3 * k
        E = 0.5 * (c - 0.2) ** 2

    def d(ok):
        dc = c.data - 0.2
        db = dc * w3.data * k.data * (1 - k.data)
        dh = db * w2.data
        if not ok:
            dh = dc * k.data * (1 - k.data)
        return {c: dc, w3: dc * k.data, w2: db * h.data, w1: dh * (1 - h.data**2) * x}

    return E, d, {"w1": "left out"}, {}


@CASES.add
def residual_skip_lost():
    r = np.random.default_rng(194)
    X, T = r.normal(size=(4, 3)), r.normal(size=(4, 3))
    W0, W1 = leaf(r.normal(size=(3, 3))), leaf(r.normal(size=(3, 3)))
    with ag.tape():
        u = X @ W0
        f = ag.tanh(u @ W1)
        y = u + f
        E = 0.5 * ag.sum((y - T) ** 2)

    def d(ok):
        dy = y.data - T
        df = dy * (1 - f.data**2)
        du = df @ W1.data.T + (dy if ok else 0)
        return {y: dy, W1: u.data.T @ df, u: du, W0: X.T @ du}

    return E, d, {"u": "path"}, {}


def dropout_case(seed, wrong, words):
    """An inverted dropout whose mask m is wrong(m) on the way back."""

    def f():
        r = np.random.default_rng(seed)
        X, T = r.normal(size=(4, 3)), r.normal(size=(4, 2))
        W1, W2 = leaf(r.normal(size=(3, 6))), leaf(r.normal(size=(6, 2)))
        m = (r.random((4, 6)) < 0.7) / 0.7
        with ag.tape():
            z = X @ W1
            h = ag.relu(z)
            D = h * m
            y = D @ W2
            E = ag.mse(y, T)

        def d(ok):
            dy = 2 * (y.data - T) / 8
            dD = dy @ W2.data.T
            dh = dD * (m if ok else wrong(m))
            dz = dh * (z.data > 0)
            return {y: dy, W2: D.data.T @ dy, D: dD, h: dh, z: dz, W1: X.T @ dz}

        return E, d, {"h": words}, {}

    return f


CASES["dropout_mask_forgotten_inverted"] = dropout_case(195, lambda m: 1, "mask")
CASES["dropout_scale_forgotten"] = dropout_case(196, lambda m: m * 0.7, "factor|scale|1/|1.42|0.7")


@CASES.add
def dropout_other_mask():
    r = np.random.default_rng(197)
    X, T = r.normal(size=(4, 3)), r.normal(size=(4, 2))
    W1, W2 = leaf(r.normal(size=(3, 6))), leaf(r.normal(size=(6, 2)))
    with ag.tape():
        z = X @ W1
        h = ag.relu(z)
        D = ag.dropout(h, 0.5, rng=np.random.default_rng(4))
        y = D @ W2
        E = ag.mse(y, T)
    mask = (D.data != 0) | ((h.data == 0) & (r.random((4, 6)) < 0.5))

    def d(ok):
        dy = 2 * (y.data - T) / 8
        dD = dy @ W2.data.T
        dh = dD * mask * (2 if ok else 1.0)
        dz = dh * (z.data > 0)
        return {y: dy, W2: D.data.T @ dy, D: dD, z: dz, W1: X.T @ dz}

    return E, d, {"z": "1/|factor|p"}, {}
