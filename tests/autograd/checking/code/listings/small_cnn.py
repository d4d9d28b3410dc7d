"""A convolution, a max pool and a softmax, all in loops."""

import numpy as np


def conv(image, filters):
    h, w = image.shape
    out = np.zeros((h - 2, w - 2, filters.shape[0]))
    for i in range(h - 2):
        for j in range(w - 2):
            out[i, j] = np.sum(image[i : i + 3, j : j + 3] * filters, axis=(1, 2))
    return out


def pool(x):
    h, w, n = x.shape
    out = np.zeros((h // 2, w // 2, n))
    for i in range(h // 2):
        for j in range(w // 2):
            out[i, j] = np.amax(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2], axis=(0, 1))
    return out


def forward(filters, weights, biases, image, label):
    conv_out = conv(image, filters)
    pool_out = pool(conv_out)
    totals = np.dot(pool_out.flatten(), weights) + biases
    exp = np.exp(totals)
    out = exp / np.sum(exp)
    return -np.log(out[label])


def backward(filters, weights, biases, image, label):
    conv_out = conv(image, filters)
    pool_out = pool(conv_out)
    flat = pool_out.flatten()
    totals = np.dot(flat, weights) + biases
    exp = np.exp(totals)
    S = np.sum(exp)
    out = exp / S
    d_L_d_t = out.copy()
    d_L_d_t[label] -= 1
    d_L_d_w = flat[np.newaxis].T @ d_L_d_t[np.newaxis]
    d_L_d_b = d_L_d_t
    d_L_d_flat = weights @ d_L_d_t
    d_L_d_pool = d_L_d_flat.reshape(pool_out.shape)
    d_L_d_conv = np.zeros(conv_out.shape)
    h, w, n = pool_out.shape
    for i in range(h):
        for j in range(w):
            for f in range(n):
                region = conv_out[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, f]
                a, b = np.unravel_index(np.argmax(region), (2, 2))
                d_L_d_conv[2 * i + a, 2 * j + b, f] = d_L_d_pool[i, j, f]
    d_L_d_filters = np.zeros(filters.shape)
    for i in range(conv_out.shape[0]):
        for j in range(conv_out.shape[1]):
            for f in range(filters.shape[0]):
                d_L_d_filters[f] += d_L_d_conv[i, j, f] * image[i : i + 3, j : j + 3]
    return d_L_d_filters, d_L_d_w, d_L_d_b


def call(check):
    r = np.random.default_rng(3)
    return check(
        forward,
        backward,
        r.normal(size=(2, 3, 3)) / 3,
        r.normal(size=(8, 3)),
        r.normal(size=3),
        r.normal(size=(6, 6)),
        1,
        wrt=["filters", "weights", "biases"],
    )


BROKEN = {
    "d_L_d_t[label] -= 1": ["d_L_d_t -= 1", "d_L_d_t[label] = -1"],
    "d_L_d_b = d_L_d_t": ["d_L_d_b = out", "d_L_d_b = d_L_d_t.sum()", "d_L_d_b = d_L_d_t * totals"],
    "d_L_d_conv[2 * i + a, 2 * j + b, f] = d_L_d_pool[i, j, f]": [
        "d_L_d_conv[2 * i + a, 2 * j + b, f] = 1",
        "d_L_d_conv[2 * i : 2 * i + 2, 2 * j : 2 * j + 2, f] = d_L_d_pool[i, j, f] / 4",
        "d_L_d_conv[2 * i + b, 2 * j + a, f] = d_L_d_pool[i, j, f]",
        "d_L_d_conv[i + a, j + b, f] = d_L_d_pool[i, j, f]",
    ],
    "d_L_d_filters[f] += d_L_d_conv[i, j, f] * image[i : i + 3, j : j + 3]": [
        "d_L_d_filters[f] = d_L_d_conv[i, j, f] * image[i : i + 3, j : j + 3]",
        "d_L_d_filters[f] += d_L_d_conv[i, j, f] * filters[f]",
        "d_L_d_filters[f] += d_L_d_conv[i, j, f] * image[:3, :3]",
        "d_L_d_filters[f] += d_L_d_conv[i, j, f] * image[i : i + 3, j : j + 3].T",
    ],
}
