"""Max pooling in loops."""

import numpy as np


def max_pool_forward(x, size, stride):
    N, C, H, W = x.shape
    Hout, Wout = (H - size) // stride + 1, (W - size) // stride + 1
    out = np.empty((N, C, Hout, Wout))
    for n in range(N):
        for c in range(C):
            for i in range(Hout):
                for j in range(Wout):
                    out[n, c, i, j] = np.max(x[n, c, i * stride : i * stride + size, j * stride : j * stride + size])
    return out, (x, size, stride)


def max_pool_backward(dout, cache):
    x, size, stride = cache
    N, C, Hout, Wout = dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(Hout):
                for j in range(Wout):
                    window = x[n, c, i * stride : i * stride + size, j * stride : j * stride + size]
                    p, q = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * stride + p, j * stride + q] += dout[n, c, i, j]
    return dx


def call(check):
    r = np.random.default_rng(8)
    return check(
        max_pool_forward, max_pool_backward, r.normal(size=(2, 2, 5, 5)), 3, 2, gradient=r.normal(size=(2, 2, 2, 2))
    )


BROKEN = {
    "dx[n, c, i * stride + p, j * stride + q] += dout[n, c, i, j]": [
        "dx[n, c, i * stride + p, j * stride + q] = dout[n, c, i, j] * 2",
        "dx[n, c, i + p, j + q] += dout[n, c, i, j]",
        "dx[n, c, i * stride + p, j * stride + q] += 1",
        "dx[n, c, i * stride : i * stride + size, j * stride : j * stride + size] += dout[n, c, i, j] / size**2",
    ],
}
