"""A variational autoencoder, its two gradients by mean and by logarithm of the variance."""

import numpy as np


def forward(params, x, eps):
    h = np.tanh(x @ params["W1"] + params["b1"])
    mu = h @ params["Wm"]
    logvar = h @ params["Wv"]
    z = mu + np.exp(0.5 * logvar) * eps
    y = 1 / (1 + np.exp(-(z @ params["W2"])))
    rec = -np.sum(x * np.log(y) + (1 - x) * np.log(1 - y))
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    return rec + kl


def backward(params, x, eps):
    h = np.tanh(x @ params["W1"] + params["b1"])
    mu = h @ params["Wm"]
    logvar = h @ params["Wv"]
    std = np.exp(0.5 * logvar)
    z = mu + std * eps
    a = z @ params["W2"]
    y = 1 / (1 + np.exp(-a))
    da = y - x
    dW2 = z.T @ da
    dz = da @ params["W2"].T
    dmu = dz + mu
    dlogvar = dz * eps * 0.5 * std + 0.5 * (np.exp(logvar) - 1)
    dWm = h.T @ dmu
    dWv = h.T @ dlogvar
    dh = dmu @ params["Wm"].T + dlogvar @ params["Wv"].T
    dh_raw = dh * (1 - h**2)
    return {"W1": x.T @ dh_raw, "b1": dh_raw.sum(0), "Wm": dWm, "Wv": dWv, "W2": dW2}


def call(check):
    r = np.random.default_rng(6)
    p = {
        "W1": r.normal(size=(4, 5)),
        "b1": r.normal(size=5),
        "Wm": r.normal(size=(5, 2)),
        "Wv": r.normal(size=(5, 2)),
        "W2": r.normal(size=(2, 4)),
    }
    return check(forward, backward, p, r.random(size=(3, 4)), r.normal(size=(3, 2)))


BROKEN = {
    "da = y - x": ["da = (y - x) * y * (1 - y)", "da = y - x / len(x)"],
    "dmu = dz + mu": ["dmu = dz", "dmu = dz + 2 * mu"],
    "dlogvar = dz * eps * 0.5 * std + 0.5 * (np.exp(logvar) - 1)": [
        "dlogvar = dz * eps * 0.5 * std",
        "dlogvar = dz * eps * std + 0.5 * (np.exp(logvar) - 1)",
        "dlogvar = dz * eps * 0.5 * std + 0.5 * (1 - np.exp(logvar))",
    ],
    'dh = dmu @ params["Wm"].T + dlogvar @ params["Wv"].T': ['dh = dmu @ params["Wm"].T'],
}
