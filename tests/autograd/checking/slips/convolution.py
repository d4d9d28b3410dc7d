"""Convolutions and pools."""

import numpy as np

import autograd as ag
from tests.autograd.checking.planting import Cases, leaf, windows

CASES = Cases()


@CASES.add
def conv_not_rotated():
    r = np.random.default_rng(200)
    x0 = r.normal(size=(2, 1, 6, 6))
    w1, w2 = leaf(r.normal(size=(2, 1, 2, 2))), leaf(r.normal(size=(3, 2, 3, 3)))
    T = r.normal(size=(2, 3, 3, 3))
    with ag.tape():
        z1 = ag.conv2d(x0, w1)
        a1 = ag.relu(z1)
        z2 = ag.conv2d(a1, w2)
        E = 0.5 * ag.sum((z2 - T) ** 2)

    def d(ok):
        d2 = z2.data - T
        da = np.zeros(a1.shape)
        for i in range(3):
            for j in range(3):
                da[:, :, i : i + 3, j : j + 3] += np.einsum(
                    "nopq,oc->ncpq", d2, w2.data[:, :, i, j] if ok else w2.data[:, :, 2 - i, 2 - j]
                )
        d1 = da * (z1.data > 0)
        return {
            z2: d2,
            w2: np.einsum("nopq,ncpqij->ocij", d2, windows(a1.data, (3, 3), axis=(2, 3))),
            a1: da,
            z1: d1,
            w1: np.einsum("nopq,ncpqij->ocij", d1, windows(x0, (2, 2), axis=(2, 3))),
        }

    return E, d, {"a1": "rotat|turned|180"}, {}


@CASES.add
def conv_stride_dilation():
    r = np.random.default_rng(201)
    x = r.normal(size=(1, 1, 7, 7))
    w = leaf(r.normal(size=(1, 1, 3, 3)))
    T = r.normal(size=(1, 1, 3, 3))
    with ag.tape():
        z = ag.conv2d(x, w, stride=2)
        E = 0.5 * ag.sum((z - T) ** 2)

    def d(ok):
        dz = z.data - T
        dw = np.zeros((1, 1, 3, 3))
        for i in range(3):
            for j in range(3):
                for p in range(3):
                    for q in range(3):
                        dw[0, 0, i, j] += dz[0, 0, p, q] * (
                            x[0, 0, 2 * p + i, 2 * q + j] if ok else x[0, 0, p + i, q + j]
                        )
        return {z: dz, w: dw}

    return E, d, {"w": "stride"}, {}


@CASES.add
def conv_channel_index():
    r = np.random.default_rng(202)
    x = r.normal(size=(1, 3, 5, 5))
    w = leaf(r.normal(size=(2, 3, 3, 3)))
    T = r.normal(size=(1, 2, 3, 3))
    with ag.tape():
        z = ag.conv2d(x, w)
        E = 0.5 * ag.sum((z - T) ** 2)

    def d(ok):
        dz = z.data - T
        v = windows(x, (3, 3), axis=(2, 3))
        return {z: dz, w: np.einsum("nopq,ncpqij->ocij", dz, v if ok else np.repeat(v[:, :1], 3, 1))}

    return E, d, {"w": "channel"}, {}


def pool_case(pool, seed, back, words):
    """back(ok, up, largest): δ of z, from δ of p spread over its windows, and where each has its largest entry."""

    def f():
        r = np.random.default_rng(seed)
        x = r.normal(size=(2, 1, 5, 5))
        w = leaf(r.normal(size=(2, 1, 2, 2)))
        T = r.normal(size=(2, 2, 2, 2))
        with ag.tape():
            z = ag.conv2d(x, w)
            p = pool(z, 2)
            E = 0.5 * ag.sum((p - T) ** 2)

        def d(ok):
            dp = p.data - T
            up, largest = dp.repeat(2, 2).repeat(2, 3), p.data.repeat(2, 2).repeat(2, 3) == z.data
            dz = back(ok, up, largest)
            return {p: dp, z: dz, w: np.einsum("nopq,ncpqij->ocij", dz, windows(x, (2, 2), axis=(2, 3)))}

        return E, d, {"z": words}, {}

    return f


CASES["maxpool_mean"] = pool_case(ag.max_pool2d, 203, lambda ok, up, largest: up * largest if ok else up / 4, "average")
CASES["avgpool_no_division"] = pool_case(ag.avg_pool2d, 204, lambda ok, up, _: up / 4 if ok else up, "4|divi|k²")


@CASES.add
def global_avg_pool():
    r = np.random.default_rng(205)
    x = r.normal(size=(2, 1, 5, 5))
    w, v = leaf(r.normal(size=(3, 1, 3, 3))), leaf(r.normal(size=(3, 2)))
    with ag.tape():
        z = ag.conv2d(x, w)
        a = ag.relu(z)
        g = ag.mean(a, axis=(2, 3))
        y = g @ v
        E = ag.cross_entropy(y, np.array([0, 1]))

    def d(ok):
        p = np.exp(y.data)
        p /= p.sum(1, keepdims=True)
        dy = (p - np.eye(2)) / 2
        dg = dy @ v.data.T
        da = np.broadcast_to(dg[:, :, None, None], (2, 3, 3, 3)) / (9 if ok else 3)
        dz = da * (z.data > 0)
        return {
            y: dy,
            v: g.data.T @ dy,
            g: dg,
            a: da,
            z: dz,
            w: np.einsum("nopq,ncpqij->ocij", dz, windows(x, (3, 3), axis=(2, 3))),
        }

    return E, d, {"a": "divided by 3|3 in place"}, {}
