"""A vanilla recurrent net over characters, its states in dicts, as in the well-known short listing."""

import numpy as np


def forward(params, inputs, targets, hprev):
    Wxh, Whh, Why, bh, by = params
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((Wxh.shape[1], 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])
    return loss, (xs, hs, ps)


def backward(params, inputs, targets, cache):
    Wxh, Whh, Why, bh, by = params
    xs, hs, ps = cache
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return dWxh, dWhh, dWhy, dbh, dby


def call(check):
    r = np.random.default_rng(10)
    params = [
        r.normal(size=(4, 5)),
        r.normal(size=(4, 4)),
        r.normal(size=(5, 4)),
        r.normal(size=(4, 1)),
        r.normal(size=(5, 1)),
    ]
    return check(forward, backward, params, [0, 3, 1, 4], [3, 1, 4, 2], np.zeros((4, 1)))


BROKEN = {
    "dy[targets[t]] -= 1": ["dy[targets[t]] += 1", "dy[inputs[t]] -= 1"],
    "dWhy += np.dot(dy, hs[t].T)": ["dWhy += np.dot(dy, hs[t - 1].T)", "dWhy = np.dot(dy, hs[t].T)"],
    "dh = np.dot(Why.T, dy) + dhnext": ["dh = np.dot(Why.T, dy)", "dh = np.dot(Why.T, dy) - dhnext"],
    "dhraw = (1 - hs[t] * hs[t]) * dh": ["dhraw = dh", "dhraw = (1 - hs[t]) * dh", "dhraw = (1 - hs[t - 1] ** 2) * dh"],
    "dWhh += np.dot(dhraw, hs[t - 1].T)": ["dWhh += np.dot(dhraw, hs[t].T)"],
    "dhnext = np.dot(Whh.T, dhraw)": ["dhnext = np.dot(Whh, dhraw)", "dhnext = np.dot(Whh.T, dh)"],
    "dbh += dhraw": ["dbh += dh"],
}
