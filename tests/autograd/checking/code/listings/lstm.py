"""One step of an LSTM."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    H = prev_h.shape[1]
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H : 2 * H])
    o = sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    next_h = o * tanh_c
    cache = (x, prev_h, prev_c, Wx, Wh, i, f, o, g, tanh_c)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, tanh_c = cache
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c**2)
    df = dc * prev_c
    dprev_c = dc * f
    di = dc * g
    dg = dc * i
    da_i = di * i * (1 - i)
    da_f = df * f * (1 - f)
    da_o = do * o * (1 - o)
    da_g = dg * (1 - g**2)
    da = np.hstack([da_i, da_f, da_o, da_g])
    dx = da.dot(Wx.T)
    dWx = x.T.dot(da)
    dprev_h = da.dot(Wh.T)
    dWh = prev_h.T.dot(da)
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def call(check):
    r = np.random.default_rng(11)
    N, D, H = 3, 4, 2
    x, h, c = r.normal(size=(N, D)), r.normal(size=(N, H)), r.normal(size=(N, H))
    Wx, Wh, b = r.normal(size=(D, 4 * H)), r.normal(size=(H, 4 * H)), r.normal(size=4 * H)
    return check(
        lstm_step_forward, lstm_step_backward, x, h, c, Wx, Wh, b,
        gradient=(r.normal(size=(N, H)), r.normal(size=(N, H))),
    )  # fmt: skip


BROKEN = {
    "do = dnext_h * tanh_c": ["do = dnext_h"],
    "dc = dnext_c + dnext_h * o * (1 - tanh_c**2)": [
        "dc = dnext_h * o * (1 - tanh_c**2)",
        "dc = dnext_c + dnext_h * o",
        "dc = dnext_c + dnext_h * o * (1 - tanh_c)",
    ],
    "dprev_c = dc * f": ["dprev_c = dc", "dprev_c = dnext_c * f"],
    "da_f = df * f * (1 - f)": ["da_f = df * f", "da_f = df * (1 - f**2)"],
    "da_g = dg * (1 - g**2)": ["da_g = dg * g * (1 - g)"],
    "dWh = prev_h.T.dot(da)": ["dWh = -prev_h.T.dot(da)"],
}
