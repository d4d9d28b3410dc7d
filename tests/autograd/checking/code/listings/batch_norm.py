"""Batch normalization, step by step."""

import numpy as np


def batchnorm_forward(x, gamma, beta, eps=1e-5):
    N, D = x.shape
    mu = 1.0 / N * np.sum(x, axis=0)
    xmu = x - mu
    sq = xmu**2
    var = 1.0 / N * np.sum(sq, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    gammax = gamma * xhat
    out = gammax + beta
    cache = (xhat, gamma, xmu, ivar, sqrtvar, var, eps)
    return out, cache


def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgammax = dout
    dgamma = np.sum(dgammax * xhat, axis=0)
    dxhat = dgammax * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def call(check):
    r = np.random.default_rng(4)
    x = r.normal(size=(5, 3))
    return check(
        batchnorm_forward, batchnorm_backward, x, r.normal(size=3), r.normal(size=3), gradient=r.normal(size=(5, 3))
    )


BROKEN = {
    "dgamma = np.sum(dgammax * xhat, axis=0)": [
        "dgamma = np.sum(dgammax * xmu, axis=0)",
        "dgamma = np.sum(dgammax, axis=0)",
    ],
    "dxhat = dgammax * gamma": ["dxhat = dgammax", "dxhat = dgammax * xhat"],
    "divar = np.sum(dxhat * xmu, axis=0)": ["divar = np.mean(dxhat * xmu, axis=0)"],
    "dsqrtvar = -1.0 / (sqrtvar**2) * divar": [
        "dsqrtvar = 1.0 / (sqrtvar**2) * divar",
        "dsqrtvar = -1.0 / sqrtvar * divar",
    ],
    "dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar": ["dvar = 1.0 / np.sqrt(var + eps) * dsqrtvar"],
    "dsq = 1.0 / N * np.ones((N, D)) * dvar": ["dsq = np.ones((N, D)) * dvar"],
    "dxmu2 = 2 * xmu * dsq": ["dxmu2 = xmu * dsq"],
    "dx2 = 1.0 / N * np.ones((N, D)) * dmu": ["dx2 = np.ones((N, D)) * dmu", "dx2 = 0 * dmu"],
    "dx = dx1 + dx2": ["dx = dx1 - dx2", "dx = dx1"],
}
