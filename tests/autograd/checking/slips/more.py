"""Attention, gates, tied weights, factors of other axes, printed digits."""

import numpy as np

import autograd as ag
from tests.autograd.checking.planting import Cases, leaf

CASES = Cases()


@CASES.add
def tied_weights_one_use():
    r = np.random.default_rng(220)
    X = r.normal(size=(4, 5))
    W = leaf(r.normal(size=(5, 3)))
    with ag.tape():
        h = ag.sigmoid(X @ W)
        y = h @ W.T
        E = 0.5 * ag.sum((y - X) ** 2)

    def d(ok):
        dy = y.data - X
        dh = dy @ W.data
        dz = dh * h.data * (1 - h.data)
        return {y: dy, h: dh, W: X.T @ dz + (dy.T @ h.data if ok else 0)}

    return E, d, {"W": "path"}, {}


@CASES.add
def factor_1_over_other_axis():
    r = np.random.default_rng(221)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
    W, b = leaf(r.normal(size=(3, 2))), leaf(np.zeros(2))
    with ag.tape():
        y = X @ W + b
        E = 0.5 * ag.sum((y - T) ** 2) / 5

    def d(ok):
        dy = (y.data - T) / (5 if ok else 3)
        return {y: dy, W: X.T @ dy, b: dy.sum(0)}

    return E, d, {"y": "divided by 3|3 in place"}, {}


@CASES.add
def factor_weights_by_features():
    r = np.random.default_rng(222)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
    W, b = leaf(r.normal(size=(3, 2))), leaf(np.zeros(2))
    with ag.tape():
        y = X @ W + b
        E = ag.mse(y, T)

    def d(ok):
        dy = 2 * (y.data - T) / 10
        return {y: dy, W: X.T @ dy / (1 if ok else 3), b: dy.sum(0)}

    return E, d, {"W": "divided by.* 3"}, {}


@CASES.add
def factor_2_at_weights():
    r = np.random.default_rng(223)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
    W, b = leaf(r.normal(size=(3, 2))), leaf(np.zeros(2))
    with ag.tape():
        y = X @ W + b
        E = 0.5 * ag.mean((y - T) ** 2)

    def d(ok):
        dy = (y.data - T) / 10
        return {y: dy, W: X.T @ dy * (1 if ok else 2), b: dy.sum(0)}

    return E, d, {"W": "2"}, {}


def attention_case(seed, wrong, steps, of_queries):
    """wrong(dS, Q, K): what is written for dQ, dK in place of dS @ K / 2, dSᵀ @ Q / 2; of_queries: Wq is given too."""

    def f():
        r = np.random.default_rng(seed)
        X, T = r.normal(size=(3, 4)), r.normal(size=(3, 4))
        Wq, Wk, Wv = (leaf(r.normal(size=(4, 4))) for _ in range(3))
        with ag.tape():
            Q, K, V = X @ Wq, X @ Wk, X @ Wv
            S = Q @ K.T / np.sqrt(4)
            P = ag.softmax(S, axis=-1)
            out = P @ V
            E = 0.5 * ag.sum((out - T) ** 2)

        def d(ok):
            dO = out.data - T
            p = P.data
            dV = p.T @ dO
            dP = dO @ V.data.T
            dS = p * (dP - (dP * p).sum(1, keepdims=True))
            dQ, dK = (dS @ K.data / 2, dS.T @ Q.data / 2) if ok else wrong(dS, Q.data, K.data)
            found = {out: dO, V: dV, P: dP, S: dS, Q: dQ, K: dK, Wk: X.T @ dK, Wv: X.T @ dV}
            return {**found, Wq: X.T @ dQ} if of_queries else found

        return E, d, steps, {}

    return f


CASES["attention_scale_forgotten"] = attention_case(
    224,
    lambda dS, Q, K: (dS @ K, dS.T @ Q),
    {"Q": "2|scale|divi|factor", "K": "2|scale|divi|factor"},
    of_queries=True,
)
CASES["attention_dK_not_transposed"] = attention_case(
    225, lambda dS, Q, K: (dS @ K / 2, dS @ Q / 2), {"K": "transpos"}, of_queries=False
)


@CASES.add
def gru_z_exchanged():
    r = np.random.default_rng(226)
    x, hp, T = r.normal(size=(2, 3)), r.normal(size=(2, 4)), r.normal(size=(2, 4))
    Wz, Wn = leaf(r.normal(size=(3, 4))), leaf(r.normal(size=(3, 4)))
    with ag.tape():
        az = x @ Wz
        z = ag.sigmoid(az)
        an = x @ Wn
        n = ag.tanh(an)
        h = (1 - z) * hp + z * n
        E = 0.5 * ag.sum((h - T) ** 2)

    def d(ok):
        dh = h.data - T
        dz = dh * (n.data - hp) if ok else dh * (n.data)
        dn = dh * z.data
        daz = dz * z.data * (1 - z.data)
        dan = dn * (1 - n.data**2)
        return {h: dh, z: dz, n: dn, az: daz, an: dan, Wz: x.T @ daz, Wn: x.T @ dan}

    return E, d, {"z": "path"}, {}


@CASES.add
def ln_op_float32():
    r = np.random.default_rng(227)
    X, T = r.normal(size=(5, 3)).astype("f4"), r.normal(size=(5, 2)).astype("f4")
    W = ag.Tensor(r.normal(size=(3, 2)).astype("f4"), requires_grad=True)
    b = ag.Tensor(np.zeros(2, "f4"), requires_grad=True)
    with ag.tape():
        z = X @ W + b
        a = ag.relu(z)
        E = ag.mse(a, T)

    def d(ok):
        da = 2 * (a.data - T) / 10
        dz = da * (z.data > 0) if ok else da
        return {a: da, z: dz.astype("f4"), W: X.T @ dz, b: dz.sum(0)}

    return E, d, {"z": "derivative"}, {}


@CASES.add
def where_mask_wrong():
    r = np.random.default_rng(228)
    X, T = r.normal(size=(5, 3)), r.normal(size=(5, 2))
    W1, W2 = leaf(r.normal(size=(3, 4))), leaf(r.normal(size=(4, 2)))
    with ag.tape():
        z = X @ W1
        h = ag.relu(z)
        y = h @ W2
        E = 0.5 * ag.sum((y - T) ** 2)

    def d(ok):
        dy = y.data - T
        dh = dy @ W2.data.T
        dz = dh * (z.data > 0) if ok else dh * (dh > 0)
        return {y: dy, W2: h.data.T @ dy, h: dh, z: dz, W1: X.T @ dz}

    return E, d, {"z": "δ|at δ|derivative"}, {}


@CASES.add
def huber_derivative():
    r = np.random.default_rng(229)
    X, T = r.normal(size=(5, 3)), r.normal(size=5)
    w = leaf(r.normal(size=3))
    with ag.tape():
        y = X @ w
        e = y - T
        E = ag.sum(ag.abs(e))

    def d(ok):
        de = np.sign(e.data) if ok else e.data
        return {y: de, w: X.T @ de}

    return E, d, {"y": "square|L2|value|derivative|abs|input"}, {}


@CASES.add
def numbers_as_text():
    w1, w2 = leaf(0.4), leaf(-0.6)
    with ag.tape():
        a = w1 * 0.5
        h = ag.sigmoid(a)
        b = w2 * h
        o = ag.sigmoid(b)
        E = 0.5 * (1 - o) ** 2

    def d(ok):
        do = float(o.data - 1)
        db = do * float(o.data * (1 - o.data))
        dh = db * float(w2.data)
        da = dh * float(h.data * (1 - h.data)) if ok else dh * float(h.data)

        def f(v):
            return f"{float(v):.4f}"

        return {o: f(do), b: f(db), w2: f(db * h.data), h: f(dh), a: f(da), w1: f(da * 0.5)}

    return E, d, {"a": "value|derivative"}, {}
