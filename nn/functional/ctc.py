"""The loss of sequences that are shorter than what is read off them: connectionist temporal classification."""

import math
from typing import Any

import numpy as np

import autograd as ag

from ..values import float_dtype_of, values_of

__all__ = ["ctc_loss"]


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """−log of the probability that labels, read off T frames, are the target once repeats and blanks are taken out.

    Parameters
    ----------
    log_probs : (T, N, C) or (T, C), log-probabilities of C classes in each frame: what ``log_softmax`` gives
    targets : (N, S), padded; or (all,), one target after the other; class numbers without the blank
    input_lengths, target_lengths : (N,), how many frames and labels of each sample count; or a number
    blank : the number of the class that stands for no label
    reduction : "mean" (each loss over its target's length, and of these the mean), "sum", or "none": (N,)
    zero_infinity : 0, also for the gradient, where there are fewer frames than the target needs; else ∞

    With the target a, blanks between and around its labels, L = 2S + 1 in all, the probability that the first t frames
    lead to place s is αₜ(s) = pₜ(a_s) · (αₜ₋₁(s) + αₜ₋₁(s − 1) + αₜ₋₁(s − 2)), the last where a_s is a label other than
    a_{s−2}; all in logarithms. The gradient is that of this function: PyTorch's has e^log_probs added, which
    ``log_softmax`` takes away, so that behind it both are the same. Source: Graves et al., "Connectionist Temporal
    Classification: Labelling Unsegmented Sequence Data with Recurrent Neural Networks" (2006).

    >>> import numpy as np, nn.functional as F
    >>> half = np.log(np.full((2, 1, 2), 0.5))
    >>> round(float(F.ctc_loss(half, [[1]], [2], [1])), 4)  # −log(3/4): of four readings three give the label
    0.2877
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f'ctc_loss: reduction must be "mean", "sum" or "none"\n  reduction: {reduction!r}')
    shape = np.shape(log_probs)
    alone = len(shape) == 2
    if alone:
        log_probs = ag.reshape(log_probs, (shape[0], 1, shape[1]))
    elif len(shape) != 3:
        raise ValueError(f"ctc_loss: log_probs must be (T, N, C) or (T, C)\n  log_probs: {shape}")
    frames, batch, classes = np.shape(log_probs)
    frame_counts = _lengths("input_lengths", input_lengths, batch, frames)
    labels, label_counts = _labels(targets, target_lengths, batch, classes, blank)
    total = _log_likelihood(log_probs, labels, frame_counts, label_counts, blank)
    losses = -total
    if zero_infinity:
        losses = ag.where(np.isinf(values_of(losses)), 0.0, losses)
    if reduction == "none":
        return losses[0] if alone else losses
    if reduction == "sum":
        return ag.sum(losses)
    return ag.mean(losses / np.maximum(label_counts, 1).astype(float_dtype_of(losses)))


def _log_likelihood(
    log_probs: Any, labels: np.ndarray, frame_counts: np.ndarray, label_counts: np.ndarray, blank: int
) -> Any:
    frames, batch, _ = np.shape(log_probs)
    places = 2 * labels.shape[1] + 1
    dtype = float_dtype_of(log_probs)
    path = np.full((batch, places), blank)
    path[:, 1::2] = labels
    jump = np.zeros((batch, places), bool)  # from place s − 2, over a blank, to another label
    jump[:, 3::2] = labels[:, 1:] != labels[:, :-1]
    nowhere = np.full((batch, 1), -math.inf, dtype)
    # before the first frame: at a place before the first blank, from which both it and the first label are reached
    none_read = np.where(label_counts == 0, 0.0, -math.inf).astype(dtype)
    if frames == 0 or batch == 0:
        return none_read + ag.sum(log_probs, axis=(0, 2))
    steps = ag.split(ag.take_along_axis(log_probs, path[None], axis=2), frames)
    start = np.where(np.arange(places) < 2, 0.0, -math.inf).astype(dtype)
    alpha = steps[0][0] + start
    for t in range(1, frames):
        before = ag.concatenate([nowhere, alpha[:, :-1]], axis=1)
        reached = ag.logaddexp(alpha, before)
        if places > 2:
            over = ag.concatenate([nowhere, nowhere, alpha[:, :-2]], axis=1)
            reached = ag.logaddexp(reached, ag.where(jump, over, -math.inf))
        reached = reached + steps[t][0]
        lasts = (frame_counts > t)[:, None]
        alpha = reached if lasts.all() else ag.where(lasts, reached, alpha)
    last = 2 * label_counts[:, None]
    total = ag.take_along_axis(alpha, last, axis=1)[:, 0]
    if places > 1:
        label = ag.take_along_axis(alpha, np.maximum(last - 1, 0), axis=1)[:, 0]
        total = ag.logaddexp(total, ag.where(label_counts > 0, label, -math.inf))
    return total if (frame_counts > 0).all() else ag.where(frame_counts > 0, total, none_read)


def _lengths(name: str, given: Any, batch: int, most: int) -> np.ndarray:
    lengths = np.asarray([int(n) for n in given] if isinstance(given, list | tuple) else values_of(given))
    lengths = lengths.reshape(-1) if lengths.size == 1 else lengths
    if lengths.shape != (batch,) or (lengths.dtype.kind not in "iu" and batch):
        raise ValueError(
            f"ctc_loss: {name} must be a whole number for each sample\n  samples: {batch}\n"
            f"  {name}: {lengths.shape}, {lengths.dtype}"
        )
    if batch and (lengths.min() < 0 or lengths.max() > most):
        raise ValueError(f"ctc_loss: {name} must be from 0 to {most}\n  {name}: {lengths.tolist()}")
    return lengths.astype(np.int64)


def _labels(targets: Any, lengths: Any, batch: int, classes: int, blank: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, S) class numbers, the blank where a target has ended, and the length of each."""
    if not 0 <= blank < classes:
        raise ValueError(f"ctc_loss: blank must be a class number\n  blank: {blank!r}\n  classes: {classes}")
    given = values_of(targets)
    padded = given.ndim == 2
    if given.ndim not in (1, 2) or (padded and given.shape[0] != batch):
        raise ValueError(f"ctc_loss: targets must be (N, S), or (all,)\n  samples: {batch}\n  targets: {given.shape}")
    counts = _lengths("target_lengths", lengths, batch, given.shape[-1])
    if not padded and counts.sum() > len(given):
        raise ValueError(
            "ctc_loss: target_lengths must not be more than the targets are\n"
            f"  target_lengths: {counts.tolist()}\n  targets: {given.shape}"
        )
    labels = np.full((batch, int(counts.max(initial=0))), blank)
    ends = np.cumsum(counts)
    for i, (count, end) in enumerate(zip(counts, ends, strict=True)):
        labels[i, :count] = given[i, :count] if padded else given[end - count : end]
    counted = labels[np.arange(labels.shape[1]) < counts[:, None]]
    if ((counted < 0) | (counted >= classes) | (counted == blank)).any():
        raise ValueError(
            f"ctc_loss: targets must be class numbers from 0 to {classes - 1} other than the blank, {blank}"
        )
    return labels, counts
