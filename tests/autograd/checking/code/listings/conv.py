"""A convolution in loops, with stride and padding."""

import numpy as np


def conv_forward(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    Hout = 1 + (H + 2 * pad - HH) // stride
    Wout = 1 + (W + 2 * pad - WW) // stride
    xpad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, Hout, Wout))
    for n in range(N):
        for f in range(F):
            for i in range(Hout):
                for j in range(Wout):
                    window = xpad[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, F, Hout, Wout = dout.shape
    F, C, HH, WW = w.shape
    xpad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dxpad = np.zeros_like(xpad)
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            db[f] += dout[n, f].sum()
            for i in range(Hout):
                for j in range(Wout):
                    si, sj = i * stride, j * stride
                    dw[f] += xpad[n, :, si : si + HH, sj : sj + WW] * dout[n, f, i, j]
                    dxpad[n, :, si : si + HH, sj : sj + WW] += w[f] * dout[n, f, i, j]
    dx = dxpad[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    return dx, dw, db


def call(check):
    r = np.random.default_rng(7)
    x, w, b = r.normal(size=(2, 2, 5, 5)), r.normal(size=(3, 2, 3, 3)), r.normal(size=3)
    return check(conv_forward, conv_backward, x, w, b, {"stride": 2, "pad": 1}, gradient=r.normal(size=(2, 3, 3, 3)))


BROKEN = {
    "db[f] += dout[n, f].sum()": ["db[f] = dout[n, f].sum()", "db[f] += dout[n, f].mean()"],
    "dw[f] += xpad[n, :, si : si + HH, sj : sj + WW] * dout[n, f, i, j]": [
        "dw[f] += xpad[n, :, i : i + HH, j : j + WW] * dout[n, f, i, j]",
        "dw[f] = xpad[n, :, si : si + HH, sj : sj + WW] * dout[n, f, i, j]",
        "dw[f] += w[f] * dout[n, f, i, j]",
    ],
    "dxpad[n, :, si : si + HH, sj : sj + WW] += w[f] * dout[n, f, i, j]": [
        "dxpad[n, :, si : si + HH, sj : sj + WW] = w[f] * dout[n, f, i, j]",
        "dxpad[n, :, si : si + HH, sj : sj + WW] += w[f, :, ::-1, ::-1] * dout[n, f, i, j]",
    ],
    "dx = dxpad[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]": [
        "dx = dxpad[:, :, : x.shape[2], : x.shape[3]]",
        "dx = dxpad",
    ],
}
