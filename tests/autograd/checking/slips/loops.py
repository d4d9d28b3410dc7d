"""What is written into arrays in loops: repeated rows, overlapping windows, slices, time steps."""

import numpy as np

import autograd as ag
from tests.autograd.checking.planting import Cases, leaf, windows

CASES = Cases()


@CASES.add
def embedding_repeated():
    r = np.random.default_rng(140)
    idx = np.array([[0, 2, 2], [1, 2, 0]])
    C, W, t = leaf(r.normal(size=(4, 2))), leaf(r.normal(size=(6, 3))), np.array([0, 2])
    with ag.tape():
        e = C[idx]
        f = e.reshape(2, 6)
        h = ag.tanh(f)
        z = h @ W
        E = ag.cross_entropy(z, t)

    def d(ok):
        p = np.exp(z.data)
        p /= p.sum(1, keepdims=True)
        dz = (p - np.eye(3)[t]) / 2
        df = dz @ W.data.T * (1 - h.data**2)
        de = df.reshape(2, 3, 2)
        dC = np.zeros((4, 2))
        if ok:
            np.add.at(dC, idx, de)
        else:
            dC[idx] += de
        return {z: dz, W: h.data.T @ dz, f: df, e: de, C: dC}

    return E, d, {"C": "repeated|overwr|several|added"}, {}


@CASES.add
def overlapping_max_pool_assign():
    r = np.random.default_rng(141)
    x0, T = r.normal(size=(1, 1, 6, 6)), r.normal(size=(1, 2, 4, 4))
    w = leaf(r.normal(size=(2, 1, 2, 2)))
    T = r.normal(size=(1, 2, 3, 3))
    with ag.tape():
        z = ag.conv2d(x0, w)
        p = ag.max_pool2d(z, 3, stride=1)
        E = 0.5 * ag.sum((p - T) ** 2)

    def d(ok):
        dp = p.data - T
        dz = np.zeros(z.shape)
        for c in range(2):
            for i in range(3):
                for j in range(3):
                    q = z.data[0, c, i : i + 3, j : j + 3]
                    k = np.unravel_index(q.argmax(), (3, 3))
                    if ok:
                        dz[0, c, i + k[0], j + k[1]] += dp[0, c, i, j]
                    else:
                        dz[0, c, i + k[0], j + k[1]] = dp[0, c, i, j]
        return {p: dp, z: dz, w: np.einsum("nopq,ncpqij->ocij", dz, windows(x0, (2, 2), axis=(2, 3)))}

    return E, d, {"z": "last|overwr|“="}, {}


@CASES.add
def overlapping_max_pool_mask_assign():
    r = np.random.default_rng(142)
    x0, T = r.normal(size=(1, 1, 6, 6)), r.normal(size=(1, 1, 3, 3))
    w = leaf(r.normal(size=(1, 1, 2, 2)))
    with ag.tape():
        z = ag.conv2d(x0, w)
        p = ag.max_pool2d(z, 3, stride=1)
        E = 0.5 * ag.sum((p - T) ** 2)

    def d(ok):
        dp = p.data - T
        dz = np.zeros(z.shape)
        for i in range(3):
            for j in range(3):
                q = z.data[0, 0, i : i + 3, j : j + 3]
                m = (q == q.max()) * dp[0, 0, i, j]
                if ok:
                    dz[0, 0, i : i + 3, j : j + 3] += m
                else:
                    dz[0, 0, i : i + 3, j : j + 3] = m
        return {p: dp, z: dz}

    return E, d, {"z": "overwr|“="}, {}


@CASES.add
def empty_crop():
    r = np.random.default_rng(143)
    T = r.normal(size=(1, 1, 3, 3))
    x = leaf(r.normal(size=(1, 1, 5, 5)))
    w = leaf(r.normal(size=(1, 1, 3, 3)))
    with ag.tape():
        z = ag.conv2d(x, w)
        E = 0.5 * ag.sum((z - T) ** 2)

    def d(ok):
        dz = z.data - T
        dx = np.zeros((1, 1, 5, 5))
        for i in range(3):
            for j in range(3):
                dx[:, :, i : i + 3, j : j + 3] += dz * w.data[:, :, i : i + 1, j : j + 1]
        return {
            z: dz,
            x: dx if ok else dx[:, :, 0:-0, 0:-0],
            w: np.einsum("nopq,ncpqij->ocij", dz, windows(x.data, (3, 3), axis=(2, 3))),
        }

    return E, d, {"x": "empty"}, {}


@CASES.add
def zeros_not_written():
    r = np.random.default_rng(144)
    T = r.normal(size=(1, 1, 4, 4))
    x = leaf(r.normal(size=(1, 1, 4, 4)))
    w = leaf(r.normal(size=(1, 1, 3, 3)))
    with ag.tape():
        z = ag.conv2d(x, w, padding=1)
        E = 0.5 * ag.sum((z - T) ** 2)

    def d(ok):
        dz = z.data - T
        dp = np.zeros((1, 1, 6, 6))
        for i in range(3):
            for j in range(3):
                dp[:, :, i : i + 4, j : j + 4] += dz * w.data[:, :, i : i + 1, j : j + 1]
        xp = np.pad(x.data, ((0, 0), (0, 0), (1, 1), (1, 1)))
        return {
            z: dz,
            x: dp[:, :, 1:-1, 1:-1] if ok else dp[:, :, :4, :4],
            w: np.einsum("nopq,ncpqij->ocij", dz, windows(xp, (3, 3), axis=(2, 3))),
        }

    return E, d, {"x": "crop|padding|off by one|pad"}, {}


@CASES.add
def conv_loop_last_image():
    r = np.random.default_rng(145)
    x, T = r.normal(size=(3, 1, 4, 4)), r.normal(size=(3, 2, 2, 2))
    w, b = leaf(r.normal(size=(2, 1, 3, 3))), leaf(np.zeros(2))
    with ag.tape():
        z = ag.conv2d(x, w, b)
        a = ag.relu(z)
        E = 0.5 * ag.sum((a - T) ** 2)

    def d(ok):
        dz = (a.data - T) * (z.data > 0)
        dw = np.zeros(w.shape)
        for n in range(3):
            k = np.einsum("opq,cpqij->ocij", dz[n], windows(x[n], (3, 3), axis=(1, 2)))
            dw = dw + k if ok else k
        return {z: dz, w: dw, b: dz.sum((0, 2, 3))}

    return E, d, {"w": "last"}, {}


@CASES.add
def only_the_last_time_step_counts():
    r = np.random.default_rng(146)
    xs, T = r.normal(size=(3, 2)), r.normal(size=4)
    Wx, Wh, h0 = leaf(r.normal(size=(2, 4))), leaf(r.normal(size=(4, 4)) * 0.5), np.zeros(4)
    with ag.tape():
        h1 = ag.tanh(xs[0] @ Wx + h0 @ Wh)
        h2 = ag.tanh(xs[1] @ Wx + h1 @ Wh)
        h3 = ag.tanh(xs[2] @ Wx + h2 @ Wh)
        E = 0.5 * ag.sum((h1 - T) ** 2) + 0.5 * ag.sum((h2 - T) ** 2) + 0.5 * ag.sum((h3 - T) ** 2)

    def d(ok):
        h, after = [h0, h1.data, h2.data, h3.data], np.zeros(4)
        gx, gh, found = np.zeros((2, 4)), np.zeros((4, 4)), {}
        for t, step in ((2, h3), (1, h2), (0, h1)):
            found[step] = h[t + 1] - T + after
            dnet = found[step] * (1 - h[t + 1] ** 2)
            gx += np.outer(xs[t], dnet)
            gh += np.outer(h[t], dnet) if ok or t == 2 else 0.0
            after = Wh.data @ dnet
        return {**found, Wx: gx, Wh: gh}

    return E, d, {"Wh": "path|left out|only"}, {}


@CASES.add
def rnn_wrong_h():
    r = np.random.default_rng(147)
    xs, T = r.normal(size=(3, 2)), r.normal(size=(4,))
    Wx, Wh = leaf(r.normal(size=(2, 4))), leaf(r.normal(size=(4, 4)) * 0.5)
    h0 = r.normal(size=4)
    with ag.tape():
        hs = []
        c = h0
        for t in range(3):
            c = ag.tanh(xs[t] @ Wx + c @ Wh)
            hs.append(c)
        E = 0.5 * ag.sum((c - T) ** 2)

    def d(ok):
        H = [h0, *[h.data for h in hs]]
        dh = H[3] - T
        gx, gh, out = np.zeros((2, 4)), np.zeros((4, 4)), {}
        for t in (2, 1, 0):
            out[hs[t]] = dh
            dn = dh * (1 - H[t + 1] ** 2)
            gx += np.outer(xs[t], dn)
            gh += np.outer(H[t] if ok else H[t + 1], dn)
            dh = Wh.data @ dn
        return {**out, Wx: gx, Wh: gh}

    return E, d, {"Wh": "in place|another|stands"}, {}
