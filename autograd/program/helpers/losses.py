"""Losses of class numbers or probabilities, from scores or log-probabilities (N, K), (N, K, …) or (K,)."""

import numpy as np


def shares(target, shape, weight=None, ignore_index=-100, label_smoothing=0.0, dtype=float):
    """What each -log probability counts, in the shape of the scores; and what a mean is divided by."""
    axis = 1 if len(shape) > 1 else 0
    classes = shape[axis]
    along = (-1,) + (1,) * (len(shape) - axis - 1)
    weight = np.ones(classes, dtype) if weight is None else weight
    if np.shape(target) == tuple(shape) and np.asarray(target).dtype.kind == "f":
        hot = (1 - label_smoothing) * target + label_smoothing / classes
        return np.reshape(weight, along) * hot, np.size(target) / classes
    valid = np.asarray(target) != ignore_index
    hot = np.expand_dims(target, axis) == np.reshape(np.arange(classes), along)
    counts = np.where(valid, weight[np.where(valid, target, 0)], 0.0)
    spread = label_smoothing / classes * np.reshape(weight, along) * np.expand_dims(valid, axis)
    return (1 - label_smoothing) * hot * np.expand_dims(counts, axis) + spread, np.sum(counts)


def reduced(losses, reduction, divisor):
    """The losses, their sum, or their sum over the divisor."""
    return losses if reduction == "none" else np.sum(losses) / (divisor if reduction == "mean" else 1)


def nll_loss(log_probs, target, weight=None, reduction="mean", ignore_index=-100):
    """The negative log-probability of each target."""
    share, divisor = shares(target, log_probs.shape, weight, ignore_index)
    losses = np.sum(np.where(share == 0, 0.0, -share * log_probs), axis=min(1, log_probs.ndim - 1))
    return reduced(losses, reduction, divisor)


def nll_loss_by_log_probs(g, shape, target, weight=None, reduction="mean", ignore_index=-100):
    """The gradient by the log-probabilities: minus what each counts."""
    share, divisor = shares(target, shape, weight, ignore_index)
    g = np.expand_dims(g, min(1, len(shape) - 1)) if reduction == "none" else g
    return np.where(share == 0, 0.0, (g / divisor if reduction == "mean" else g) * -share)


def cross_entropy(logits, target, weight=None, reduction="mean", ignore_index=-100, label_smoothing=0.0):
    """The negative log-probability of each target, from scores."""
    axis = min(1, logits.ndim - 1)
    share, divisor = shares(target, logits.shape, weight, ignore_index, label_smoothing)
    shifted = logits - np.max(logits, axis=axis, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
    return reduced(np.sum(np.where(share == 0, 0.0, -share * log_probs), axis=axis), reduction, divisor)


def cross_entropy_by_logits(g, logits, target, weight=None, reduction="mean", ignore_index=-100, label_smoothing=0.0):
    """The gradient by the scores: their softmax, less 1 at the target, times what the target counts."""
    axis = min(1, logits.ndim - 1)
    share, divisor = shares(target, logits.shape, weight, ignore_index, label_smoothing)
    e = np.exp(logits - np.max(logits, axis=axis, keepdims=True))
    p = e / np.sum(e, axis=axis, keepdims=True)
    g = np.expand_dims(g, axis) if reduction == "none" else g / divisor if reduction == "mean" else g
    return g * (p * np.sum(share, axis=axis, keepdims=True) - share)


def bce_with_logits(logits, target):
    """The cross-entropy of yes-or-no questions, from scores: log(1 + e^-|x|) + |x| where the answer is wrong."""
    size, share = np.abs(logits), np.where(logits > 0, 1 - target, target)
    return np.log1p(np.exp(-size)) + np.where(share == 0, 0.0, size) * share
