"""Losses that are a few operations each; ``mse_loss`` and ``cross_entropy`` are operations of their own.

All take ``reduction="mean"`` (the default), ``"sum"``, or ``"none"`` for one loss an entry or a row.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

from ..values import holds, values_of
from .normalization import p_norm

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "cosine_similarity",
    "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss", "kl_div", "margin_ranking_loss", "multi_margin_loss",
    "multilabel_margin_loss", "multilabel_soft_margin_loss", "pairwise_distance", "poisson_nll_loss", "smooth_l1_loss",
    "soft_margin_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Any:
    """d² / (2 beta) where |d| < beta, else |d| − beta / 2, with d = input − target, of one shape.

    Source: Girshick, "Fast R-CNN" (2015).
    """
    _check_number("smooth_l1_loss", "beta", beta)
    d = _difference("smooth_l1_loss", input, target)
    if beta == 0:
        return _reduced(abs(d), reduction)
    size = abs(d)
    return _reduced(ag.where(values_of(size) < beta, d * d * (0.5 / beta), size - 0.5 * beta), reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """d² / 2 where |d| < delta, else delta · (|d| − delta / 2), with d = input − target, of one shape.

    Source: Huber, "Robust Estimation of a Location Parameter" (1964).
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be above 0\n  delta: {delta!r}")
    d = _difference("huber_loss", input, target)
    size = abs(d)
    return _reduced(ag.where(values_of(size) < delta, d * d * 0.5, (size - 0.5 * delta) * delta), reduction)


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """−t log p − (1 − t) log(1 − p) of probabilities p and targets t from 0 to 1, of one shape.

    Logarithms below −100 count as −100, as in PyTorch. Take ``binary_cross_entropy_with_logits`` where p is a sigmoid:
    it loses no digits. ValueError for what is no probability.
    """
    _check_shapes("binary_cross_entropy", input, target)
    target = _as_floats(target, input)
    for name, values in (("input", input), ("target", target)):
        array = values_of(values)
        if not holds(((array >= 0) & (array <= 1)).all()):
            raise ValueError(f"binary_cross_entropy: {name} must be probabilities, from 0 to 1")
    losses = -(target * _log_from(input, -100.0) + (1 - target) * _log_from(1 - input, -100.0))
    return _reduced(losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """The cross-entropy of σ(input) and targets from 0 to 1; see ``ag.binary_cross_entropy_with_logits``.

    weight : what each loss counts, an array that broadcasts against it
    pos_weight : what the part of the targets 1 counts, likewise
    """
    if weight is None and pos_weight is None:
        return ag.binary_cross_entropy_with_logits(input, target, reduction=reduction)
    _check_shapes("binary_cross_entropy_with_logits", input, target)
    target = _as_floats(target, input)
    if pos_weight is None:
        losses = ag.binary_cross_entropy_with_logits(input, target, reduction="none")
    else:
        losses = pos_weight * target * ag.softplus(-input) + (1 - target) * ag.softplus(input)
    return _reduced(losses if weight is None else losses * weight, reduction)


def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Any:
    """t · (log t − input), for log-probabilities ``input`` and probabilities t (with ``log_target`` their logarithms).

    reduction : also "batchmean", the sum over the length of the first axis, which is the divergence; "mean" is not
    """
    _check_shapes("kl_div", input, target)
    target = _as_floats(target, input)
    if log_target:
        losses = ag.exp(target) * (target - input)
    else:
        some = values_of(target) != 0
        losses = ag.where(some, target * (ag.log(ag.where(some, target, 1.0)) - input), 0.0)
    if reduction == "batchmean":
        return losses.sum() / max(1, np.shape(input)[0] if np.ndim(input) else 1)
    return _reduced(losses, reduction)


def cross_entropy_of_shares(logits: Any, target: Any, weight: Any, reduction: str, label_smoothing: float) -> Any:
    """The cross-entropy of softmax(logits) and probabilities ``target``, in operations of both."""
    _check_shapes("cross_entropy", logits, target, ("logits", "target"))
    shape = np.shape(logits)
    if not shape:
        raise ValueError("cross_entropy: scores for each class are needed\n  logits: ()")
    axis = min(1, len(shape) - 1)
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / shape[axis]
    terms = target * ag.log_softmax(logits, axis)
    if weight is not None:
        terms = terms * ag.reshape(weight, (-1, *[1] * (len(shape) - axis - 1)))
    losses = -ag.sum(terms, axis)
    return _reduced(losses, reduction)


def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
) -> Any:
    """e^input − target · input, of counts ``target`` whose mean has the logarithm ``input``.

    log_input : if False, input is the mean itself: input − target · log(input + eps)
    full : add Stirling's approximation of log(target!) for targets above 1
    """
    _check_shapes("poisson_nll_loss", input, target)
    target = _as_floats(target, input)
    losses = ag.exp(input) - target * input if log_input else input - target * ag.log(input + eps)
    if full:
        many = values_of(target) > 1
        t = ag.where(many, target, 1.0)
        losses = losses + ag.where(many, t * ag.log(t) - t + 0.5 * ag.log(2 * math.pi * t), 0.0)
    return _reduced(losses, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """(log v + (input − target)² / v) / 2, with v = max(var, eps), the variance that is predicted.

    var : of a shape that broadcasts to that of input, or without its last axis; 0 or more
    full : add log(2π) / 2
    """
    _check_number("gaussian_nll_loss", "eps", eps)
    if not eps:
        raise ValueError("gaussian_nll_loss: eps must be above 0")
    shape, given = np.shape(input), np.shape(var)
    if given != shape and given and given == shape[:-1]:
        var = ag.reshape(var, (*given, 1))
    elif len(given) > len(shape) or any(v not in (1, n) for v, n in zip(given[::-1], shape[::-1], strict=False)):
        raise ValueError(f"gaussian_nll_loss: var does not fit\n  input: {shape}\n  var: {given}")
    if holds((values_of(var) < 0).any()):
        raise ValueError("gaussian_nll_loss: a variance is negative")
    # the clamp is no step of the derivation: the gradient passes through it, as in PyTorch
    v = var + np.maximum(eps - values_of(var), 0).astype(values_of(var).dtype)
    d = input - _as_floats(target, input)
    losses = 0.5 * (ag.log(v) + d * d / v)
    return _reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """log(1 + e^(−target · input)), for targets of 1 and −1."""
    _check_shapes("soft_margin_loss", input, target)
    target = _as_floats(target, input)
    return _reduced(ag.softplus(-target * input), reduction)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: str = "mean") -> Any:
    """A distance ``input`` itself where target is 1, and max(0, margin − input) where it is −1."""
    _check_shapes("hinge_embedding_loss", input, target)
    target = _as_floats(target, input)
    together, apart = values_of(target) == 1, values_of(target) == -1
    losses = ag.where(together, 0.0, ag.relu(margin - input)) + ag.where(apart, 0.0, input)
    return _reduced(losses, reduction)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
    """max(0, −target · (input1 − input2) + margin): input1 is to be the larger where target is 1, the smaller where
    −1."""
    _check_shapes("margin_ranking_loss", input1, input2, ("input1", "input2"))
    target = _as_floats(target, input1)
    return _reduced(ag.relu(-target * (input1 - input2) + margin), reduction)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) along the axis ``dim`` of both, which broadcast."""
    if np.shape(x1) != np.shape(x2):
        x1, x2 = ag.broadcast_tensors(x1, x2)
    first, second = (_norm(x, dim, eps) for x in (x1, x2))
    return ag.sum(x1 * x2, axis=dim) / (first * second)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """(Σ |x1 − x2 + eps|ᵖ)^(1/p) along the last axis."""
    return p_norm(x1 - x2 + eps, p, -1, keepdim)


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: str = "mean") -> Any:
    """1 − cos where target is 1, and max(0, cos − margin) where it is −1, of the rows of two matrices, or of two
    vectors."""
    _check_shapes("cosine_embedding_loss", input1, input2, ("input1", "input2"))
    if np.shape(input1)[:-1] != np.shape(target):
        raise ValueError(
            "cosine_embedding_loss: there must be one target for each row\n"
            f"  inputs: {np.shape(input1)}\n  target: {np.shape(target)}"
        )
    tiny = 1e-12  # as in PyTorch, inside the root
    products = ag.sum(input1 * input2, axis=-1)
    squares = (ag.sum(input1 * input1, axis=-1) + tiny) * (ag.sum(input2 * input2, axis=-1) + tiny)
    cos = products / ag.sqrt(squares)
    together, apart = values_of(target) == 1, values_of(target) == -1
    return _reduced(ag.where(together, 1 - cos, ag.where(apart, ag.relu(cos - margin), 0.0)), reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """max(0, d(anchor, positive) − d(anchor, negative) + margin) with ``pairwise_distance`` d.

    swap : take the smaller of d(anchor, negative) and d(positive, negative). Source: Balntas et al., "Learning shallow
        convolutional feature descriptors with triplet losses" (2016).
    """

    def distance(a: Any, b: Any) -> Any:
        return pairwise_distance(a, b, p, eps)

    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """``triplet_margin_loss`` with a distance of yours."""
    if not margin > 0:
        raise ValueError(f"triplet_margin_loss: margin must be above 0\n  margin: {margin!r}")
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = ag.minimum(far, distance(positive, negative))
    return _reduced(ag.relu(near - far + margin), reduction)


def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Any:
    """The mean over the last axis of the binary cross-entropy of σ(input) and targets of 0 and 1: one loss a row."""
    losses = binary_cross_entropy_with_logits(input, target, weight, reduction="none")
    return _reduced(ag.mean(losses, axis=-1), reduction)


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, reduction: str = "mean"
) -> Any:
    """Σ max(0, margin − x[t] + x[i])ᵖ / K over the classes i ≠ t, for scores x (N, K) and class numbers t (N,).

    weight : (K,), what each target's class counts
    """
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: p must be 1 or 2\n  p: {p!r}")
    scores, rows, classes = _rows_and_classes("multi_margin_loss", input, target)
    own = scores[np.arange(rows), classes]
    losses = ag.relu(margin - ag.reshape(own, (rows, 1)) + scores) ** p
    if weight is not None:
        losses = losses * values_of(weight)[classes][:, None]
    others = np.arange(np.shape(scores)[1]) != classes[:, None]
    losses = ag.sum(ag.where(others, losses, 0.0), axis=1) / np.shape(scores)[1]
    return _reduced(losses if np.ndim(input) > 1 else losses[0], reduction)


def multilabel_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """Σ max(0, 1 − x[t] + x[i]) / K over the targets t of a row and all other classes i, for scores x (N, K).

    target : (N, K), the class numbers of each row, and −1 after the last of them
    """
    scores = input if np.ndim(input) > 1 else ag.reshape(input, (1, -1))
    targets = np.atleast_2d(values_of(target))
    shape = np.shape(scores)
    outside = (targets < -1) | (targets >= shape[1])
    if targets.shape != shape or targets.dtype.kind not in "iu" or holds(outside.any()):
        raise ValueError(
            "multilabel_margin_loss: the targets must be class numbers, and −1 after the last, in the scores' shape\n"
            f"  input: {shape}\n  target: {targets.shape}, {targets.dtype}"
        )
    listed = np.logical_and.accumulate(targets >= 0, axis=1)
    classes, rows = np.where(listed, targets, 0), np.arange(shape[0])[:, None]
    is_target = np.zeros(shape, bool)
    is_target[np.broadcast_to(rows, shape)[listed], classes[listed]] = True
    own = ag.reshape(scores[rows, classes], (*shape, 1))
    pairs = ag.relu(1 - own + ag.reshape(scores, (shape[0], 1, shape[1])))
    counts = listed[:, :, None] & ~is_target[:, None, :]
    losses = ag.sum(ag.where(counts, pairs, 0.0), axis=(1, 2)) / shape[1]
    return _reduced(losses if np.ndim(input) > 1 else losses[0], reduction)


# -- what they share -----------------------------------------------------------------------------


def _reduced(losses: Any, reduction: str) -> Any:
    if reduction == "mean":
        return ag.mean(losses)
    if reduction == "sum":
        return ag.sum(losses)
    if reduction != "none":
        raise ValueError(f'reduction must be "mean", "sum" or "none"\n  reduction: {reduction!r}')
    return losses


def _check_shapes(called: str, input: Any, target: Any, names: tuple[str, str] = ("input", "target")) -> None:
    """Broadcasting (N, 1) against (N,) by mistake would give N² losses."""
    first, second = np.shape(input), np.shape(target)
    if first != second and second != ():
        raise ValueError(
            f"{called}: {names[0]} and {names[1]} must have the same shape\n"
            f"  {names[0]}: {first}\n  {names[1]}: {second}"
        )


def _as_floats(target: Any, input: Any) -> Any:
    """Targets that are integers, or in a list, in the dtype of the input: a product would be float64 otherwise."""
    if isinstance(target, ag.Tensor) and target.dtype.kind == "f":
        return target
    array = values_of(target)
    return array if array.dtype.kind == "f" else array.astype(np.result_type(values_of(input).dtype, np.float16))


def _difference(called: str, input: Any, target: Any) -> Any:
    _check_shapes(called, input, target)
    return input - _as_floats(target, input)


def _check_number(called: str, name: str, value: float) -> None:
    if not 0 <= value < math.inf:
        raise ValueError(f"{called}: {name} must be 0 or more, and finite\n  {name}: {value!r}")


def _log_from(x: Any, least: float) -> Any:
    """log x, or ``least`` where it is below; there is no gradient there."""
    fine = values_of(x) > math.exp(least)
    return ag.where(fine, ag.log(ag.where(fine, x, 1.0)), least)


def _norm(x: Any, dim: int, least: float) -> Any:
    """√(Σ x²) along an axis, at least ``least``; no gradient flows where it is that."""
    squares = ag.sum(x * x, axis=dim)
    fine = values_of(squares) > least * least
    return ag.where(fine, ag.sqrt(ag.where(fine, squares, 1.0)), least)


def _rows_and_classes(called: str, input: Any, target: Any) -> tuple[Any, int, Any]:
    """Scores (N, K), N, and class numbers (N,), of one row or many."""
    scores = input if np.ndim(input) > 1 else ag.reshape(input, (1, -1))
    rows, count = np.shape(scores)
    classes = np.atleast_1d(values_of(target))
    outside = (classes < 0) | (classes >= count)
    if classes.shape != (rows,) or classes.dtype.kind not in "iu" or holds(outside.any()):
        raise ValueError(
            f"{called}: there must be one class number, from 0 to {count - 1}, for each row\n"
            f"  input: {np.shape(input)}\n  target: {classes.shape}, {classes.dtype}"
        )
    return scores, rows, classes
