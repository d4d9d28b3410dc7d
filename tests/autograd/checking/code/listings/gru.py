"""One step of a GRU."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(x, h_prev, Wz, Uz, Wr, Ur, Wh, Uh):
    z = sigmoid(x @ Wz + h_prev @ Uz)
    r = sigmoid(x @ Wr + h_prev @ Ur)
    hr = r * h_prev
    h_hat = np.tanh(x @ Wh + hr @ Uh)
    h = (1 - z) * h_prev + z * h_hat
    return h, (x, h_prev, Wz, Uz, Wr, Ur, Wh, Uh, z, r, hr, h_hat)


def backward(dh, cache):
    x, h_prev, Wz, Uz, Wr, Ur, Wh, Uh, z, r, hr, h_hat = cache
    dz = dh * (h_hat - h_prev)
    dh_hat = dh * z
    dh_prev = dh * (1 - z)
    dnet_h = dh_hat * (1 - h_hat**2)
    dWh = x.T @ dnet_h
    dUh = hr.T @ dnet_h
    dhr = dnet_h @ Uh.T
    dr = dhr * h_prev
    dh_prev = dh_prev + dhr * r
    dnet_r = dr * r * (1 - r)
    dnet_z = dz * z * (1 - z)
    dWr, dUr = x.T @ dnet_r, h_prev.T @ dnet_r
    dWz, dUz = x.T @ dnet_z, h_prev.T @ dnet_z
    dh_prev = dh_prev + dnet_r @ Ur.T + dnet_z @ Uz.T
    dx = dnet_h @ Wh.T + dnet_r @ Wr.T + dnet_z @ Wz.T
    return dx, dh_prev, dWz, dUz, dWr, dUr, dWh, dUh


def call(check):
    r = np.random.default_rng(4)

    def W(a, b):
        return r.normal(size=(a, b))

    return check(
        forward, backward, W(3, 2), W(3, 4), W(2, 4), W(4, 4), W(2, 4), W(4, 4), W(2, 4), W(4, 4), gradient=W(3, 4)
    )


BROKEN = {
    "dz = dh * (h_hat - h_prev)": ["dz = dh * h_hat", "dz = dh * (h_prev - h_hat)"],
    "dh_hat = dh * z": ["dh_hat = dh * (1 - z)", "dh_hat = dh"],
    "dnet_h = dh_hat * (1 - h_hat**2)": ["dnet_h = dh_hat * (1 - h_hat)", "dnet_h = dh_hat * h_hat * (1 - h_hat)"],
    "dUh = hr.T @ dnet_h": ["dUh = h_prev.T @ dnet_h"],
    "dr = dhr * h_prev": ["dr = dhr * r", "dr = dhr * h_hat"],
    "dnet_r = dr * r * (1 - r)": ["dnet_r = dr * z * (1 - z)", "dnet_r = dr * (1 - r)"],
    "dWr, dUr = x.T @ dnet_r, h_prev.T @ dnet_r": ["dWr, dUr = x.T @ dnet_r, hr.T @ dnet_r"],
    "dWz, dUz = x.T @ dnet_z, h_prev.T @ dnet_z": ["dWz, dUz = x.T @ dnet_r, h_prev.T @ dnet_r"],
    "dx = dnet_h @ Wh.T + dnet_r @ Wr.T + dnet_z @ Wz.T": ["dx = dnet_h @ Wh.T + dnet_r @ Wr.T", "dx = dnet_h @ Wh.T"],
    "dh_prev = dh_prev + dnet_r @ Ur.T + dnet_z @ Uz.T": ["dh_prev = dnet_r @ Ur.T + dnet_z @ Uz.T"],
}
