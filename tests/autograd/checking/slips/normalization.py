"""Layer, batch, group and instance norm, written out and as one operation."""

import numpy as np

import autograd as ag
from tests.autograd.checking.planting import Cases, leaf, windows

CASES = Cases()


def norm_net(kind, r, gamma=True):
    X, T = r.normal(size=(6, 3)), r.normal(size=(6, 4))
    W = leaf(r.normal(size=(3, 4)))
    g, b = leaf(r.normal(size=4)), leaf(r.normal(size=4))
    ax = 0 if kind == "batch" else 1
    with ag.tape():
        x = X @ W
        mu = ag.mean(x, axis=ax, keepdims=True)
        xm = x - mu
        v = ag.mean(xm**2, axis=ax, keepdims=True)
        s = ag.sqrt(v + 1e-5)
        n = xm / s
        y = g * n + b
        E = 0.5 * ag.sum((y - T) ** 2)
    return X, T, W, g, b, x, n, s, y, E, ax


def norm_dx(gy, n, s, ax, m1=1, m2=1, N=None):
    N = N or n.shape[ax]
    return (gy - m1 * gy.sum(ax, keepdims=True) / N - m2 * n * (gy * n).sum(ax, keepdims=True) / N) / s


def norm_case(kind, change, words, seed, rows=("x",)):
    def f():
        r = np.random.default_rng(seed)
        X, T, W, g, b, x, n, s, y, E, ax = norm_net(kind, r)

        def d(ok):
            dy = y.data - T
            base = {"scale": g.data, "m1": 1, "m2": 1, "N": None, "dg": (dy * n.data).sum(0), "db": dy.sum(0)}
            p = base | ({} if ok else change(dy, n.data, g.data, x.data))
            dx = norm_dx(dy * p["scale"], n.data, s.data, ax, p["m1"], p["m2"], p["N"])
            return {y: dy, g: p["dg"], b: p["db"], x: dx, W: X.T @ dx}

        return E, d, dict.fromkeys(rows, words), {}

    return f


CASES["ln_gamma_missing"] = norm_case("layer", lambda dy, n, g, x: {"scale": 1.0}, r"γ|gamma|\bg\b|scale", 120)
CASES["ln_statistics_constant"] = norm_case("layer", lambda dy, n, g, x: {"m1": 0, "m2": 0}, "constant|path", 121)
CASES["ln_variance_constant"] = norm_case("layer", lambda dy, n, g, x: {"m2": 0}, "constant|path", 122)
CASES["ln_mean_constant"] = norm_case("layer", lambda dy, n, g, x: {"m1": 0}, "constant|path", 123)
CASES["ln_wrong_N"] = norm_case("layer", lambda dy, n, g, x: {"N": 6}, "N|number|divided|batch", 124)
CASES["bn_wrong_N_minus_1"] = norm_case("batch", lambda dy, n, g, x: {"N": 5}, "n − 1|number|divided", 125)
CASES["bn_written_gamma_missing"] = norm_case("batch", lambda dy, n, g, x: {"scale": 1.0}, r"γ|gamma|\bg\b|scale", 126)
CASES["bn_mean_twice"] = norm_case("batch", lambda dy, n, g, x: {"m1": 2}, "mean.*twice|twice", 127)
CASES["bn_dgamma_with_x"] = norm_case(
    "batch", lambda dy, n, g, x: {"dg": (dy * x).sum(0)}, r"\bx\b.*in place|place of n|another value", 128, ("g",)
)
CASES["bn_gamma_beta_exchanged"] = norm_case(
    "batch", lambda dy, n, g, x: {"dg": dy.sum(0), "db": (dy * n).sum(0)}, "exchanged|another|other's", 129, ("g", "b")
)
CASES["ln_dgamma_over_features"] = norm_case(
    "layer", lambda dy, n, g, x: {"dg": np.full(4, (dy * n).sum())}, "too many axes", 130, ("g",)
)


def group_norm_case(seed, words, **wrong):
    """In two groups; wrong are the options of norm_dx with which the slip is made."""

    def f():
        r = np.random.default_rng(seed)
        x0, T = r.normal(size=(2, 3, 4, 4)), r.normal(size=(2, 4, 3, 3))
        w = leaf(r.normal(size=(4, 3, 2, 2)))
        g, b = leaf(r.normal(size=(1, 4, 1, 1))), leaf(r.normal(size=(1, 4, 1, 1)))
        with ag.tape():
            z = ag.conv2d(x0, w)
            q = z.reshape(2, 2, -1)
            mu = ag.mean(q, axis=2, keepdims=True)
            v = ag.var(q, axis=2, keepdims=True)
            n = ((q - mu) / ag.sqrt(v + 1e-5)).reshape(2, 4, 3, 3)
            y = n * g + b
            E = 0.5 * ag.sum((y - T) ** 2)

        def d(ok):
            dy = y.data - T
            dn = dy * g.data
            dq = dn.reshape(2, 2, -1)
            nn = n.data.reshape(2, 2, -1)
            s = np.sqrt(z.data.reshape(2, 2, -1).var(2, keepdims=True) + 1e-5)
            dz = norm_dx(dq, nn, s, 2, **({} if ok else wrong)).reshape(2, 4, 3, 3)
            return {
                y: dy,
                n: dn,
                g: (dy * n.data).sum((0, 2, 3), keepdims=True),
                b: dy.sum((0, 2, 3), keepdims=True),
                z: dz,
                w: np.einsum("nopq,ncpqij->ocij", dz, windows(x0, (2, 2), axis=(2, 3))),
            }

        return E, d, {"z": words}, {}

    return f


CASES["group_norm_statistics"] = group_norm_case(131, "constant|path", m1=0, m2=0)
CASES["group_norm_wrong_N"] = group_norm_case(132, "divided|N|number", N=9)


@CASES.add
def instance_norm_gamma():
    r = np.random.default_rng(133)
    T = r.normal(size=(2, 3, 4, 4))
    x = leaf(r.normal(size=(2, 3, 4, 4)))
    g, b = leaf(r.normal(size=(3, 1, 1))), leaf(r.normal(size=(3, 1, 1)))
    with ag.tape():
        m = x.mean(axis=(2, 3), keepdims=True)
        s = ag.std(x, axis=(2, 3), keepdims=True)
        n = (x - m) / s
        y = g * n + b
        E = 0.5 * ag.sum((y - T) ** 2)

    def d(ok):
        dy = y.data - T
        h = dy * (g.data if ok else 1.0)
        dx = (h - h.mean((2, 3), keepdims=True) - n.data * (h * n.data).mean((2, 3), keepdims=True)) / s.data
        return {y: dy, g: (dy * n.data).sum((0, 2, 3)).reshape(3, 1, 1), b: dy.sum((0, 2, 3)).reshape(3, 1, 1), x: dx}

    return E, d, {"x": r"\bg\b|γ|scale"}, {}


@CASES.add
def bn_op_conv_wrong_N():
    r = np.random.default_rng(134)
    x0, T = r.normal(size=(3, 2, 4, 4)), r.normal(size=(3, 2, 3, 3))
    w = leaf(r.normal(size=(2, 2, 2, 2)))
    g, b = leaf(r.normal(size=2)), leaf(r.normal(size=2))
    with ag.tape():
        z = ag.conv2d(x0, w)
        y = ag.batch_norm(z, g, b)
        E = 0.5 * ag.sum((y - T) ** 2)

    def d(ok):
        dy = y.data - T
        c = z.data - z.data.mean((0, 2, 3), keepdims=True)
        s = np.sqrt((c * c).mean((0, 2, 3), keepdims=True) + 1e-5)
        n = c / s
        h = dy * g.data.reshape(1, 2, 1, 1)
        N = 27 if ok else 3
        dz = (h - h.sum((0, 2, 3), keepdims=True) / N - n * (h * n).sum((0, 2, 3), keepdims=True) / N) / s
        return {
            y: dy,
            g: (dy * n).sum((0, 2, 3)),
            b: dy.sum((0, 2, 3)),
            z: dz,
            w: np.einsum("nopq,ncpqij->ocij", dz, windows(x0, (2, 2), axis=(2, 3))),
        }

    return E, d, {"z": "batch size|N"}, {}
