"""A convolution by im2col, its input's gradient by col2im."""

import numpy as np


def im2col(x, size, stride):
    N, C, H, W = x.shape
    Hout, Wout = (H - size) // stride + 1, (W - size) // stride + 1
    col = np.zeros((N, C, size, size, Hout, Wout))
    for i in range(size):
        for j in range(size):
            col[:, :, i, j] = x[:, :, i : i + stride * Hout : stride, j : j + stride * Wout : stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * Hout * Wout, -1)


def col2im(col, x_shape, size, stride):
    N, C, H, W = x_shape
    Hout, Wout = (H - size) // stride + 1, (W - size) // stride + 1
    col = col.reshape(N, Hout, Wout, C, size, size).transpose(0, 3, 4, 5, 1, 2)
    dx = np.zeros(x_shape)
    for i in range(size):
        for j in range(size):
            dx[:, :, i : i + stride * Hout : stride, j : j + stride * Wout : stride] += col[:, :, i, j]
    return dx


def conv_forward(x, w, b, stride):
    F, C, size, _ = w.shape
    col = im2col(x, size, stride)
    col_w = w.reshape(F, -1).T
    out = col @ col_w + b
    Hout = (x.shape[2] - size) // stride + 1
    out = out.reshape(x.shape[0], Hout, -1, F).transpose(0, 3, 1, 2)
    return out, (x, w, col, col_w, stride)


def conv_backward(dout, cache):
    x, w, col, col_w, stride = cache
    F, C, size, _ = w.shape
    dout = dout.transpose(0, 2, 3, 1).reshape(-1, F)
    db = np.sum(dout, axis=0)
    dcol_w = col.T @ dout
    dw = dcol_w.T.reshape(w.shape)
    dcol = dout @ col_w.T
    dx = col2im(dcol, x.shape, size, stride)
    return dx, dw, db


def call(check):
    r = np.random.default_rng(19)
    x, w, b = r.normal(size=(2, 2, 6, 6)), r.normal(size=(3, 2, 3, 3)), r.normal(size=3)
    return check(conv_forward, conv_backward, x, w, b, 1, gradient=r.normal(size=(2, 3, 4, 4)))


BROKEN = {
    "dx[:, :, i : i + stride * Hout : stride, j : j + stride * Wout : stride] += col[:, :, i, j]": [
        "dx[:, :, i : i + stride * Hout : stride, j : j + stride * Wout : stride] = col[:, :, i, j]",
        "dx[:, :, i : i + stride * Hout : stride, j : j + stride * Wout : stride] += col[:, :, j, i]",
    ],
    "db = np.sum(dout, axis=0)": ["db = np.mean(dout, axis=0)"],
    "dcol_w = col.T @ dout": ["dcol_w = col.T @ dout * 0.5"],
    "dw = dcol_w.T.reshape(w.shape)": ["dw = dcol_w.reshape(w.shape)"],
    "dcol = dout @ col_w.T": ["dcol = -dout @ col_w.T"],
}
