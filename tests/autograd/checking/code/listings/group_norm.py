"""Group norm, with one name for two steps."""

import numpy as np


def forward(x, gamma, beta, G):
    N, C, H, W = x.shape
    xg = x.reshape(N * G, -1)
    mean = xg.mean(axis=1, keepdims=True)
    var = xg.var(axis=1, keepdims=True)
    std = np.sqrt(var + 1e-5)
    xhat = ((xg - mean) / std).reshape(N, C, H, W)
    out = gamma * xhat + beta
    return out, (G, gamma, xhat, std)


def backward(dout, cache):
    G, gamma, xhat, std = cache
    N, C, H, W = dout.shape
    dgamma = np.sum(dout * xhat, axis=(0, 2, 3), keepdims=True)
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    dxhat = dout * gamma
    dxg = dxhat.reshape(N * G, -1)
    xg = xhat.reshape(N * G, -1)
    dx = (dxg - dxg.mean(axis=1, keepdims=True) - xg * np.mean(dxg * xg, axis=1, keepdims=True)) / std
    dx = dx.reshape(N, C, H, W)
    return dx, dgamma, dbeta


def call(check):
    r = np.random.default_rng(9)
    return check(
        forward,
        backward,
        r.normal(size=(2, 4, 3, 3)),
        r.normal(size=(1, 4, 1, 1)),
        r.normal(size=(1, 4, 1, 1)),
        2,
        gradient=r.normal(size=(2, 4, 3, 3)),
    )


BROKEN = {
    "dgamma = np.sum(dout * xhat, axis=(0, 2, 3), keepdims=True)": [
        "dgamma = np.sum(dout, axis=(0, 2, 3), keepdims=True)",
        "dgamma = np.sum(dout * xhat * std[0], axis=(0, 2, 3), keepdims=True)",
        "dgamma = np.sum(dout * xhat, axis=(0, 2, 3), keepdims=True) / N",
    ],
    "dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)": [
        "dbeta = np.mean(dout, axis=(0, 2, 3), keepdims=True)",
        "dbeta = np.sum(dout * gamma, axis=(0, 2, 3), keepdims=True)",
    ],
    "dxhat = dout * gamma": ["dxhat = dout"],
    "dx = (dxg - dxg.mean(axis=1, keepdims=True) - xg * np.mean(dxg * xg, axis=1, keepdims=True)) / std": [
        "dx = dxg / std",
        "dx = (dxg - dxg.mean(axis=1, keepdims=True)) / std",
        "dx = (dxg - xg * np.mean(dxg * xg, axis=1, keepdims=True)) / std",
        "dx = (dxg - dxg.mean(axis=1, keepdims=True) - np.mean(dxg * xg, axis=1, keepdims=True)) / std",
        "dx = (dxg - dxg.mean(axis=1, keepdims=True) - xg * np.mean(dxg * xg, axis=1, keepdims=True)) / std**2",
        "dx = (dxg - dxg.mean(axis=1, keepdims=True) - xg * np.mean(dxg * xg, axis=1, keepdims=True))",
        "dx = (dxg - dxg.sum(axis=1, keepdims=True) - xg * np.sum(dxg * xg, axis=1, keepdims=True)) / std",
        "dx = (dxg - 2 * dxg.mean(axis=1, keepdims=True) - xg * np.mean(dxg * xg, axis=1, keepdims=True)) / std",
    ],
}
