"""Layer normalization, its gradient in few lines."""

import numpy as np


def layernorm_forward(x, gamma, beta):
    mean = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True)
    std = np.sqrt(var + 1e-5)
    x_norm = (x - mean) / std
    out = gamma * x_norm + beta
    return out, {"x_norm": x_norm, "std": std, "gamma": gamma}


def layernorm_backward(dout, cache):
    x_norm, std, gamma = cache["x_norm"], cache["std"], cache["gamma"]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_norm).sum(axis=0)
    dx_norm = dout * gamma
    dx = dx_norm - dx_norm.mean(axis=1, keepdims=True) - x_norm * (dx_norm * x_norm).mean(axis=1, keepdims=True)
    dx /= std
    return dx, dgamma, dbeta


def call(check):
    r = np.random.default_rng(5)
    x, g = r.normal(size=(4, 6)), r.normal(size=(4, 6))
    return check(layernorm_forward, layernorm_backward, x, r.normal(size=6), r.normal(size=6), gradient=g)


BROKEN = {
    "dbeta = dout.sum(axis=0)": ["dbeta = dout.mean(axis=0)"],
    "dgamma = (dout * x_norm).sum(axis=0)": ["dgamma = (dout * x_norm).mean(axis=0)", "dgamma = dout.sum(axis=0)"],
    "dx_norm = dout * gamma": ["dx_norm = dout", "dx_norm = dout / gamma"],
    "dx /= std": ["dx /= std**2", "dx *= std"],
    "dx = dx_norm - dx_norm.mean(axis=1, keepdims=True) - x_norm * (dx_norm * x_norm).mean(axis=1, keepdims=True)": [
        "dx = dx_norm - dx_norm.mean(axis=0, keepdims=True) - x_norm * (dx_norm * x_norm).mean(axis=1, keepdims=True)",
        "dx = dx_norm - x_norm * (dx_norm * x_norm).mean(axis=1, keepdims=True)",
        "dx = dx_norm.copy()",
    ],
}
