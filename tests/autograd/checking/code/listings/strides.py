"""A correlation with strides (u, v) and padding (a, b): the third of the source texts, which stops before its end."""

import numpy as np


def forward(image, K, u, v, a, b):
    Ip = np.pad(image, ((a, a), (b, b)))
    P = (Ip.shape[0] - K.shape[0]) // u + 1
    Q = (Ip.shape[1] - K.shape[1]) // v + 1
    S = np.zeros((P, Q))
    for m in range(K.shape[0]):
        for n in range(K.shape[1]):
            S += Ip[m : m + u * P : u, n : n + v * Q : v] * K[m, n]
    return S, (Ip, K)


def backward(dS, cache, u, v, a, b):
    Ip, K = cache
    P, Q = dS.shape
    dIp = np.zeros_like(Ip)
    dK = np.zeros_like(K)
    for m in range(K.shape[0]):
        for n in range(K.shape[1]):
            dK[m, n] = np.sum(dS * Ip[m : m + u * P : u, n : n + v * Q : v])
            dIp[m : m + u * P : u, n : n + v * Q : v] += dS * K[m, n]
    dimage = dIp[a : Ip.shape[0] - a, b : Ip.shape[1] - b]
    return dimage, dK


def call(check):
    r = np.random.default_rng(14)
    return check(
        forward, backward, r.normal(size=(5, 7)), r.normal(size=(3, 2)), 2, 3, 1, 2, gradient=r.normal(size=(3, 4))
    )


BROKEN = {
    "dK[m, n] = np.sum(dS * Ip[m : m + u * P : u, n : n + v * Q : v])": [
        "dK[m, n] = np.sum(dS * Ip[m : m + P, n : n + Q])",
        "dK[m, n] = np.sum(dS) * K[m, n]",
        "dK[m, n] = np.mean(dS * Ip[m : m + u * P : u, n : n + v * Q : v])",
    ],
    "dIp[m : m + u * P : u, n : n + v * Q : v] += dS * K[m, n]": [
        "dIp[m : m + u * P : u, n : n + v * Q : v] = dS * K[m, n]",
        "dIp[m : m + P, n : n + Q] += dS * K[m, n]",
    ],
    "dimage = dIp[a : Ip.shape[0] - a, b : Ip.shape[1] - b]": [
        "dimage = dIp[: Ip.shape[0] - 2 * a, : Ip.shape[1] - 2 * b]",
    ],
}
