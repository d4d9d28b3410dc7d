"""What the operations of ``autograd.ops.losses`` are held against."""

import numpy as np

from . import Oracle


def _by_numpy(losses, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": lambda x: x}[reduction](losses)


def _log_softmax_by_numpy(x):
    """log softmax over the class axis, row by row."""
    axis = min(1, x.ndim - 1)
    return np.apply_along_axis(lambda row: row - np.logaddexp.reduce(row), axis, x) if x.size else x


def _nll_by_loops(log_probs, target, weight=None, reduction="mean", ignore_index=-100):
    """One term for each target, as the formula has it."""
    losses, total = np.zeros(np.shape(target)), 0.0
    for at in np.ndindex(losses.shape):
        k = np.asarray(target)[at]
        if k != ignore_index:
            w = 1.0 if weight is None else weight[k]
            losses[at], total = -w * log_probs[(*at[:1], k, *at[1:])], total + w
    return losses if reduction == "none" else losses.sum() / (total if reduction == "mean" else 1)


def _cross_entropy_by_loops(logits, target, weight=None, reduction="mean", ignore_index=-100, label_smoothing=0.0):
    log_probs = _log_softmax_by_numpy(logits)
    if np.asarray(target).dtype.kind != "f" and not label_smoothing:
        return _nll_by_loops(log_probs, target, weight, reduction, ignore_index)
    k = logits.shape[min(1, logits.ndim - 1)]
    weight = np.ones(k) if weight is None else weight
    losses, total = np.zeros(np.delete(logits.shape, min(1, logits.ndim - 1))), 0.0
    for at in np.ndindex(losses.shape):
        row = log_probs[(*at[:1], slice(None), *at[1:])]
        if np.asarray(target).dtype.kind == "f":
            hot, count = target[(*at[:1], slice(None), *at[1:])], 1
        else:
            hot = np.eye(k)[max(target[at], 0)] * (target[at] != ignore_index)
            count = weight @ hot
        smooth = label_smoothing / k * (count > 0)
        losses[at] = -np.sum(weight * ((1 - label_smoothing) * hot + smooth) * row)
        total += count
    return losses if reduction == "none" else losses.sum() / (total if reduction == "mean" else 1)


def _torch_classes(function):
    """PyTorch's function of that name on class numbers or probabilities that are NumPy arrays."""

    def call(torch, x, target, weight=None, **options):
        weight = None if weight is None else torch.as_tensor(weight)
        return getattr(torch.nn.functional, function)(x, torch.as_tensor(target), weight, **options)

    return call


ORACLES = {
    "mse": Oracle(
        numpy=lambda input, target, reduction="mean": _by_numpy((input - target) ** 2, reduction),
        torch=lambda torch, input, target, reduction="mean": torch.nn.functional.mse_loss(
            input, torch.as_tensor(target, dtype=input.dtype).expand(input.shape), reduction=reduction
        ),
    ),
    "l1": Oracle(
        numpy=lambda input, target, reduction="mean": _by_numpy(np.abs(input - target), reduction),
        torch=lambda torch, input, target, reduction="mean": torch.nn.functional.l1_loss(
            input, torch.as_tensor(target, dtype=input.dtype).expand(input.shape), reduction=reduction
        ),
    ),
    "binary_cross_entropy_with_logits": Oracle(
        numpy=lambda logits, target, reduction="mean": _by_numpy(np.logaddexp(0, logits) - logits * target, reduction),
        torch=lambda torch, logits, target, reduction="mean": torch.nn.functional.binary_cross_entropy_with_logits(
            logits, torch.as_tensor(target, dtype=logits.dtype).expand(logits.shape), reduction=reduction
        ),
    ),
    "nll_loss": Oracle(numpy=_nll_by_loops, torch=_torch_classes("nll_loss")),
    "cross_entropy": Oracle(numpy=_cross_entropy_by_loops, torch=_torch_classes("cross_entropy")),
}
