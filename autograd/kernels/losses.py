"""Softmax cross-entropy of rows of scores (M, K), forward and backward in one piece each."""

import numpy as np

from ..native import native


def softmax_parts(scores):
    """(maximum, log Σ exp(score − maximum)) of each row: what a stable log-softmax subtracts.

    They are kept apart: added up, a large maximum would drown the digits of the logarithm.
    """
    parts = native.softmax_parts(scores) if native else None
    return _softmax_parts_in_numpy(scores) if parts is None else parts


def _softmax_parts_in_numpy(scores):
    maximum = scores.max(1, keepdims=True)
    shifted = scores - maximum
    return maximum, np.log(np.exp(shifted, out=shifted).sum(1, keepdims=True))


def cross_entropy_of_classes(scores, classes, weights, maximum, log_sum):
    """weightᵢ · −log softmax(scoresᵢ)[classᵢ] for each row i."""
    picked = scores[np.arange(len(scores)), classes]
    losses = weights * ((maximum[:, 0] - picked) + log_sum[:, 0])
    losses[weights == 0] = 0
    return losses


def cross_entropy_of_classes_gradient(g, scores, classes, weights, maximum, log_sum):
    """gᵢ · weightᵢ · (softmax(scoresᵢ) − one-hot(classᵢ)); 0 where the weight is 0, whatever g and the scores are."""
    y = scores - maximum
    y -= log_sum
    np.exp(y, out=y)
    scale = g * weights
    y *= scale[:, None]
    y[np.arange(len(y)), classes] -= scale
    y[weights == 0] = 0
    return y


def cross_entropy(scores, classes, weight, ignore_index, reduction):
    """(loss, maximum, log_sum): all of a reduced cross-entropy of class numbers (M,) at once.

    weight : (K,), or None; what is ignored weighs 0. None in place of the tuple where the compiled kernel is not
    made for these arguments, or one is wrong: what is above does it then, after the arguments are checked.
    """
    return native.cross_entropy(scores, classes, weight, ignore_index, reduction) if native else None


def cross_entropy_gradient(g, scores, classes, weight, ignore_index, reduction, maximum, log_sum):
    """Its gradient by the scores, for a number g or, unreduced, (M,); None likewise."""
    if native is None:
        return None
    return native.cross_entropy_gradient(g, scores, classes, weight, ignore_index, reduction, maximum, log_sum)


def cross_entropy_of_shares(scores, shares, maximum, log_sum):
    """Σₖ shareₖ · −log softmax(scores)[k] for each row; it needs no shares that add up to 1."""
    terms = shares * ((maximum - scores) + log_sum)
    terms[shares == 0] = 0  # 0 · log 0
    return terms.sum(1)


def cross_entropy_of_shares_gradient(g, scores, shares, maximum, log_sum):
    """g · (softmax · Σₖ shareₖ − share)."""
    y = np.exp((scores - maximum) - log_sum)
    y *= shares.sum(1, keepdims=True)
    y -= shares
    y *= g[:, None]
    y[~shares.any(1)] = 0
    if not np.isfinite(g).all():
        y[(scores == -np.inf) & (shares == 0)] = 0  # of what is masked out, whatever comes in
    return y
