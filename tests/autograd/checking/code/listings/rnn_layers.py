"""A recurrent net of step functions with caches; the whole fills arrays of all times."""

import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.zeros((N, T, h0.shape[1]))
    prev_h, caches = h0, []
    for t in range(T):
        prev_h, cache = rnn_step_forward(x[:, t, :], prev_h, Wx, Wh, b)
        h[:, t, :] = prev_h
        caches.append(cache)
    return h, caches


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx = np.zeros((N, T, D))
    dWx, dWh, db = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    dprev_h = np.zeros((N, H))
    for t in reversed(range(T)):
        dx[:, t, :], dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t, :] + dprev_h, cache[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    dh0 = dprev_h
    return dx, dh0, dWx, dWh, db


def call(check):
    r = np.random.default_rng(20)
    N, T, D, H = 2, 3, 4, 5
    x, h0 = r.normal(size=(N, T, D)), r.normal(size=(N, H))
    Wx, Wh, b = 0.5 * r.normal(size=(D, H)), 0.5 * r.normal(size=(H, H)), r.normal(size=H)
    return check(rnn_forward, rnn_backward, x, h0, Wx, Wh, b, gradient=r.normal(size=(N, T, H)))


BROKEN = {
    "da = dnext_h * (1 - next_h**2)": ["da = dnext_h", "da = dnext_h * (1 - prev_h**2)"],
    "dx = da @ Wx.T": ["dx = -da @ Wx.T"],
    "dprev_h = da @ Wh.T": ["dprev_h = da @ Wh", "dprev_h = dnext_h @ Wh.T"],
    "dWh = prev_h.T @ da": ["dWh = next_h.T @ da"],
    "db = da.sum(axis=0)": ["db = da.mean(axis=0)"],
    "dWx += dWx_t": ["dWx = dWx_t"],
}
