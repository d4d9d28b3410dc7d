"""The error goes back over the weights that the values came by (the first of the source texts, as formulas): two layers
of valid correlations, the δ of the first a full correlation with the kernel turned by 180°."""

import numpy as np


def correlate(image, kernel):
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    out = np.empty((rows, columns))
    for i in range(rows):
        out[i] = [np.sum(image[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel) for j in range(columns)]
    return out


def forward(kernels, image, target):
    k1, k2 = kernels
    z1 = correlate(image, k1)
    a1 = 1 / (1 + np.exp(-z1))
    z2 = correlate(a1, k2)
    return 0.5 * np.sum((z2 - target) ** 2)


def backward(kernels, image, target):
    k1, k2 = kernels
    a1 = 1 / (1 + np.exp(-correlate(image, k1)))
    delta2 = correlate(a1, k2) - target
    grad_k2 = correlate(a1, delta2)
    m, n = k2.shape
    grad_a1 = correlate(np.pad(delta2, ((m - 1, m - 1), (n - 1, n - 1))), np.rot90(k2, 2))
    delta1 = grad_a1 * a1 * (1 - a1)
    grad_k1 = correlate(image, delta1)
    return grad_k1, grad_k2


def call(check):
    r = np.random.default_rng(15)
    kernels = (r.normal(size=(2, 3)), r.normal(size=(2, 2)))
    return check(forward, backward, kernels, r.normal(size=(5, 6)), r.normal(size=(3, 3)))


BROKEN = {
    "delta2 = correlate(a1, k2) - target": [
        "delta2 = target - correlate(a1, k2)",
        "delta2 = 2 * (correlate(a1, k2) - target)",
    ],
    "grad_a1 = correlate(np.pad(delta2, ((m - 1, m - 1), (n - 1, n - 1))), np.rot90(k2, 2))": [
        "grad_a1 = correlate(np.pad(delta2, ((m - 1, m - 1), (n - 1, n - 1))), k2)",
    ],
    "delta1 = grad_a1 * a1 * (1 - a1)": ["delta1 = grad_a1", "delta1 = grad_a1 * a1", "delta1 = a1 * (1 - a1)"],
    "grad_k2 = correlate(a1, delta2)": ["grad_k2 = np.rot90(correlate(a1, delta2), 2)"],
}
