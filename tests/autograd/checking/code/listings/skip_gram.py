"""Word vectors with negative samples, some of them drawn twice."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def loss(center, outside, idx, context, negatives):
    vc = center[idx]
    uo = outside[context]
    un = outside[negatives]
    return -np.log(sigmoid(uo @ vc)) - np.sum(np.log(sigmoid(-un @ vc)))


def grad(center, outside, idx, context, negatives):
    vc = center[idx]
    uo = outside[context]
    un = outside[negatives]
    d_center, d_outside = np.zeros_like(center), np.zeros_like(outside)
    so = sigmoid(uo @ vc)
    sn = sigmoid(-un @ vc)
    d_vc = (so - 1) * uo + (1 - sn) @ un
    d_center[idx] = d_vc
    d_outside[context] += (so - 1) * vc
    np.add.at(d_outside, negatives, np.outer(1 - sn, vc))
    return d_center, d_outside


def call(check):
    r = np.random.default_rng(5)
    return check(loss, grad, r.normal(size=(6, 3)), r.normal(size=(6, 3)), 2, 4, np.array([1, 3, 3, 0]))


BROKEN = {
    "d_vc = (so - 1) * uo + (1 - sn) @ un": [
        "d_vc = (so - 1) * uo",
        "d_vc = (so - 1) * uo - (1 - sn) @ un",
        "d_vc = so * uo + (1 - sn) @ un",
    ],
    "np.add.at(d_outside, negatives, np.outer(1 - sn, vc))": ["d_outside[negatives] += np.outer(1 - sn, vc)"],
    "d_outside[context] += (so - 1) * vc": ["d_outside[context] += so * vc"],
}
