"""The well-known exercise: back through cross-entropy, batch norm and an embedding, one step a line."""

import numpy as np


def forward(params, Xb, Yb):
    C, W1, b1, W2, b2, bngain, bnbias = params
    n = Xb.shape[0]
    emb = C[Xb]
    embcat = emb.reshape(emb.shape[0], -1)
    hprebn = embcat @ W1 + b1
    bnmeani = 1 / n * hprebn.sum(0, keepdims=True)
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = 1 / (n - 1) * bndiff2.sum(0, keepdims=True)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = np.tanh(hpreact)
    logits = h @ W2 + b2
    logit_maxes = logits.max(1, keepdims=True)
    norm_logits = logits - logit_maxes
    counts = np.exp(norm_logits)
    counts_sum = counts.sum(1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = np.log(probs)
    loss = -logprobs[np.arange(n), Yb].mean()
    cache = (emb, embcat, bndiff, bnvar, bnvar_inv, bnraw, h, counts, counts_sum, counts_sum_inv, probs)
    return loss, cache


def backward(params, Xb, Yb, cache):
    C, W1, b1, W2, b2, bngain, bnbias = params
    emb, embcat, bndiff, bnvar, bnvar_inv, bnraw, h, counts, counts_sum, counts_sum_inv, probs = cache
    n = Xb.shape[0]
    dlogprobs = np.zeros_like(probs)
    dlogprobs[np.arange(n), Yb] = -1.0 / n
    dprobs = dlogprobs / probs
    dcounts_sum_inv = (counts * dprobs).sum(1, keepdims=True)
    dcounts = counts_sum_inv * dprobs
    dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv
    dcounts += np.ones_like(counts) * dcounts_sum
    dnorm_logits = counts * dcounts
    dlogits = dnorm_logits.copy()
    dlogit_maxes = (-dnorm_logits).sum(1, keepdims=True)
    dlogits += np.eye(probs.shape[1])[np.argmax(probs, axis=1)] * dlogit_maxes
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1.0 - h**2) * dh
    dbngain = (bnraw * dhpreact).sum(0, keepdims=True)
    dbnraw = bngain * dhpreact
    dbnbias = dhpreact.sum(0, keepdims=True)
    dbndiff = bnvar_inv * dbnraw
    dbnvar_inv = (bndiff * dbnraw).sum(0, keepdims=True)
    dbnvar = (-0.5 * (bnvar + 1e-5) ** -1.5) * dbnvar_inv
    dbndiff2 = (1.0 / (n - 1)) * np.ones_like(bndiff) * dbnvar
    dbndiff += (2 * bndiff) * dbndiff2
    dhprebn = dbndiff.copy()
    dbnmeani = (-dbndiff).sum(0)
    dhprebn += 1.0 / n * (np.ones_like(dhprebn) * dbnmeani)
    dembcat = dhprebn @ W1.T
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(0)
    demb = dembcat.reshape(emb.shape)
    dC = np.zeros_like(C)
    for k in range(Xb.shape[0]):
        for j in range(Xb.shape[1]):
            ix = Xb[k, j]
            dC[ix] += demb[k, j]
    return dC, dW1, db1, dW2, db2, dbngain, dbnbias


def call(check):
    r = np.random.default_rng(9)
    params = [
        r.normal(size=(9, 2)), 0.4 * r.normal(size=(6, 7)), 0.1 * r.normal(size=7), 0.3 * r.normal(size=(7, 9)),
        0.1 * r.normal(size=9), 1 + 0.1 * r.normal(size=(1, 7)), 0.1 * r.normal(size=(1, 7)),
    ]  # fmt: skip
    return check(forward, backward, params, r.integers(0, 9, (8, 3)), r.integers(0, 9, 8))


BROKEN = {
    "dlogprobs[np.arange(n), Yb] = -1.0 / n": [
        "dlogprobs[np.arange(n), Yb] = -1.0",
        "dlogprobs[np.arange(n), Yb] = 1.0 / n",
    ],
    "dprobs = dlogprobs / probs": ["dprobs = dlogprobs * probs"],
    "dcounts_sum_inv = (counts * dprobs).sum(1, keepdims=True)": [
        "dcounts_sum_inv = (counts * dprobs).mean(1, keepdims=True)"
    ],
    "dcounts_sum = -(counts_sum**-2) * dcounts_sum_inv": ["dcounts_sum = (counts_sum**-2) * dcounts_sum_inv"],
    "dcounts += np.ones_like(counts) * dcounts_sum": ["dcounts = np.ones_like(counts) * dcounts_sum"],
    "dhpreact = (1.0 - h**2) * dh": ["dhpreact = (1.0 - h) * dh", "dhpreact = dh"],
    "dbnvar = (-0.5 * (bnvar + 1e-5) ** -1.5) * dbnvar_inv": ["dbnvar = (0.5 * (bnvar + 1e-5) ** -1.5) * dbnvar_inv"],
    "dbndiff2 = (1.0 / (n - 1)) * np.ones_like(bndiff) * dbnvar": [
        "dbndiff2 = (1.0 / n) * np.ones_like(bndiff) * dbnvar"
    ],
    "dbndiff += (2 * bndiff) * dbndiff2": ["dbndiff += bndiff * dbndiff2"],
    "dhprebn += 1.0 / n * (np.ones_like(dhprebn) * dbnmeani)": ["dhprebn += np.ones_like(dhprebn) * dbnmeani"],
    "dC[ix] += demb[k, j]": ["dC[ix] = demb[k, j]", "dC[ix] += demb[k, 0]"],
    "db1 = dhprebn.sum(0)": ["db1 = dhpreact.sum(0)"],
}
