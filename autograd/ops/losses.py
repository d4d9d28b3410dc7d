"""Losses: how far predictions are from targets, as one number or one for each entry.

All take ``reduction="mean"`` (the default), ``"sum"`` or ``"none"``.

Long because a declaration says all there is to an operation: formula, rules, samples, documentation.
"""

import math

import numpy as np

from ..declaration import CodeBy, operation, rule
from ..kernels import losses as kernels
from ..kernels.real import need_real
from ..of_values import any, eq, logical_not, of_value
from ..program import helpers
from ..samples import nonzero, reals, sample
from ..tensors import raw
from ..traits import Factor
from .activation import sigmoid
from .arithmetic import multiply, subtract
from .broadcasting import broadcast_to, sum_to
from .elementwise import absolute, by_sign, log, square, where
from .precision import in_single
from .reduction import log_softmax, mean, sum
from .shaping import astype, reshape

__all__ = ["binary_cross_entropy_with_logits", "cross_entropy", "l1", "mse", "nll_loss"]


# -- what they share ---------------------------------------------------------------------------


def _reduce(losses, reduction, divisor=None):
    """The entries as they are, their sum, or their sum over ``divisor`` (by default their number)."""
    if reduction == "none":
        return losses
    total = losses.sum()
    if reduction == "sum":
        return total
    if reduction == "mean":
        return total / (losses.size if divisor is None else divisor)
    raise ValueError(f'reduction must be "mean", "sum" or "none", not {reduction!r}')


def _of_each(losses, reduction):
    """Of a batch, whose first axis stays: the entries as they are, their sum, or their mean."""
    if reduction == "none" or losses.ndim == 1:
        return losses
    axes = tuple(range(1, losses.ndim))
    return sum(losses, axes) if reduction == "sum" else mean(losses, axes)


def _pairs_of_batch(op, names, values):
    """The loss of each pair of entries, then what the reduction makes of those of one entry of the batch."""
    batch = next(len(values[name]) for name in names)
    shapes = [np.shape(values[name])[name in names :] for name in op.inputs]
    if shapes[0] != shapes[1] or not names <= set(op.inputs):
        return None
    pair = [values[name] if name in names else broadcast_to(values[name], (batch, *shapes[0])) for name in op.inputs]
    return _of_each(op.function(*pair, reduction="none"), values["reduction"])


def _reduce_in_parts(losses, reduction):
    """As ``_reduce``, in other operations."""
    if reduction == "none":
        return losses
    return mean(losses) if reduction == "mean" else sum_to(losses, ())


def _factors_of_mean(count, reduction):
    if reduction != "mean" or not count:
        return []
    return [Factor(1 / count, "the 1/N of the mean in {at}", f" (N = {count})")]


_SQUARE = Factor(2, "the 2 of the square in {at}")


def _share(g, reduction, count):
    """The gradient of one entry, of ``count``, from that of the reduced loss."""
    return g / count if reduction == "mean" else g


def _reduced_in_numpy(losses, reduction):
    return losses if reduction == "none" else f"np.{reduction}({losses})"


def _same_shapes(input, target, names=("input", "target")):
    """Both as arrays; broadcasting (N, 1) against (N,) by mistake would give N² differences."""
    input = np.asarray(input)
    target = np.asarray(target, input.dtype if isinstance(target, int | float) else None)  # Python numbers are weak
    if input.shape != target.shape and target.ndim:
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same shape, or {names[1]} none\n"
            f"  {names[0]}: {input.shape}\n  {names[1]}: {target.shape}"
        )
    return input, target


def _reductions(*draws, **options):
    return [sample(*draws, reduction=reduction, **options) for reduction in ("mean", "sum", "none")]


_REDUCTION = """\
    reduction : "mean", "sum", or "none" for one loss an entry."""


# -- numbers against numbers -------------------------------------------------------------------


@in_single
def _mse(input, target, reduction="mean"):
    input, target = _same_shapes(input, target)
    d = input - target
    return _reduce(d * d, reduction)


@in_single
def _mse_by_input(g, input, target, reduction):
    return _share(2 * g, reduction, np.size(raw(input))) * (input - target)


@in_single
def _mse_by_target(g, input, target, reduction):
    return _share(2 * g, reduction, np.size(raw(input))) * (target - input)


mse = operation(
    "mse",
    _mse,
    inputs=["input", "target"],
    symbol="MSE",
    kind="loss",
    batch=_pairs_of_batch,
    made_of=[subtract, square, mean],
    parts=lambda input, target, reduction: _reduce_in_parts(square(subtract(input, target)), reduction),
    factors=lambda input, reduction: [_SQUARE, *_factors_of_mean(np.size(input), reduction)],
    letters=lambda input, reduction: {"n": np.size(input) if reduction == "mean" else 1},
    formula=r"y = \frac{1}{n} \sum_i \left( x_i - t_i \right)^2",
    code=CodeBy(lambda reduction: _reduced_in_numpy("(input - target) ** 2", reduction)),
    rules=[
        rule(_mse_by_input, local=r"\frac{2}{n} \left( x_i - t_i \right)"),
        rule(_mse_by_target, local=r"\frac{2}{n} \left( t_i - x_i \right)"),
    ],
    samples=[*_reductions(reals(3, 4), reals(3, 4)), sample(reals(), reals()), sample(reals(3), 0.5)],
    doc=f"""The mean squared error.

    Parameters
    ----------
    input, target : of one shape, or a target without axes. Gradients go to both.
{_REDUCTION}

    >>> import autograd as ag
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> loss = ag.mse(x, [0.0, 4.0])
    >>> loss.backward()
    >>> float(loss), x.grad.tolist()
    (2.5, [1.0, -2.0])
    """,
)


@in_single
def _l1(input, target, reduction="mean"):
    need_real(input, target)
    input, target = _same_shapes(input, target)
    return _reduce(abs(input - target), reduction)


@in_single
def _l1_by_input(g, input, target, reduction):
    return by_sign(_share(g, reduction, np.size(raw(input))), input - target)


@in_single
def _l1_by_target(g, input, target, reduction):
    return by_sign(_share(g, reduction, np.size(raw(input))), target - input)


l1 = operation(
    "l1",
    _l1,
    inputs=["input", "target"],
    symbol="L1",
    kind="loss",
    batch=_pairs_of_batch,
    made_of=[subtract, absolute, mean],
    parts=lambda input, target, reduction: _reduce_in_parts(absolute(subtract(input, target)), reduction),
    factors=lambda input, reduction: _factors_of_mean(np.size(input), reduction),
    letters=lambda input, reduction: {"n": np.size(input) if reduction == "mean" else 1},
    formula=r"y = \frac{1}{n} \sum_i \left| x_i - t_i \right|",
    code=CodeBy(lambda reduction: _reduced_in_numpy("np.abs(input - target)", reduction)),
    rules=[
        rule(_l1_by_input, local=r"\frac{1}{n} \, \mathrm{sgn} \left( x_i - t_i \right)"),
        rule(_l1_by_target, local=r"\frac{1}{n} \, \mathrm{sgn} \left( t_i - x_i \right)"),
    ],
    samples=[*_reductions(reals(3, 4, low=0.5), reals(3, 4, high=0.2)), sample(nonzero(), 0.0)],
    doc=f"""The mean absolute error; its gradient at equal numbers is 0.

    Parameters
    ----------
    input, target : of one shape, or a target without axes. Gradients go to both.
{_REDUCTION}

    >>> import autograd as ag
    >>> float(ag.l1(ag.Tensor([1.0, 2.0]), [0.0, 4.0]))
    1.5
    """,
)


# -- yes or no ---------------------------------------------------------------------------------


@in_single
def _binary_cross_entropy(logits, target, reduction="mean"):
    need_real(logits, target)
    logits, target = _same_shapes(logits, target, ("logits", "target"))
    if logits.dtype.kind != "f":
        logits = logits.astype(np.float64)
    # |x| · share + log(1 + e^−|x|), where share is 1 − t above 0 and t below: no exponential of a large number, and
    # what has no share is left out, be it infinite
    size, share = abs(logits), np.where(logits > 0, 1 - target, target)
    losses = np.log1p(np.exp(-size)) + np.where(share == 0, 0, size) * share
    return _reduce(losses, reduction)


def _binary_cross_entropy_in_parts(logits, target, reduction):
    p = sigmoid(logits)
    return _reduce_in_parts(-(target * log(p) + (1 - target) * log(1 - p)), reduction)


@in_single
def _bce_by_logits(g, logits, target, reduction):
    return _share(g, reduction, logits.size) * (sigmoid(logits) - target)


binary_cross_entropy_with_logits = operation(
    "binary_cross_entropy_with_logits",
    _binary_cross_entropy,
    inputs=["logits", "target"],
    symbol="BCE",
    kind="loss",
    batch=_pairs_of_batch,
    made_of=[sigmoid, log, multiply, mean],
    parts=_binary_cross_entropy_in_parts,
    factors=lambda logits, reduction: _factors_of_mean(np.size(logits), reduction),
    letters=lambda logits, reduction: {"n": np.size(logits) if reduction == "mean" else 1},
    formula=r"y = -\frac{1}{n} \sum_i \left( t_i \log \sigma(x_i) + (1 - t_i) \log (1 - \sigma(x_i)) \right)",
    code=CodeBy(
        lambda reduction: _reduced_in_numpy("bce_with_logits(logits, target)", reduction), helpers.bce_with_logits
    ),
    rules=[
        rule(_bce_by_logits, local=r"\frac{1}{n} \left( \sigma(x_i) - t_i \right)"),
        rule(
            in_single(lambda g, logits, reduction: _share(-g, reduction, np.size(raw(logits))) * logits),
            local=r"-\frac{x_i}{n}",
        ),
    ],
    samples=[
        *_reductions(reals(3, 4), reals(3, 4, low=0, high=1)),
        sample(reals(5), np.array([0.0, 1.0, 1.0, 0.0, 1.0])),
        sample(reals(), 1.0),
    ],
    doc=f"""The cross-entropy of yes-or-no questions, from scores (before the sigmoid): stable for any score.

    Parameters
    ----------
    logits : scores; the probability of yes is their sigmoid.
    target : of that shape, or without axes: 1 for yes, 0 for no, or a probability.
{_REDUCTION}

    >>> import autograd as ag
    >>> float(ag.binary_cross_entropy_with_logits(ag.Tensor([1000.0, -1000.0]), [1.0, 1.0], reduction="sum"))
    1000.0
    """,
)


# -- one of several classes --------------------------------------------------------------------


def _class_rows(x):
    """(N, K, …) as rows (M, K); (K,) as one row."""
    return x.reshape(1, -1) if x.ndim == 1 else np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _count_of_rows(x):
    """How many questions are asked: one for each row of classes."""
    return np.size(x) // max(1, np.shape(x)[min(1, np.ndim(x) - 1)])


def _rows(x, reduction):
    """The letters of the formulas: N rows, over which a mean is taken."""
    return {"N": _count_of_rows(x) if reduction == "mean" else 1}


def _back_from_rows(y, shape):
    """The way back from ``_class_rows``."""
    if len(shape) < 3:
        return y.reshape(shape)
    return np.moveaxis(y.reshape(shape[0], *shape[2:], shape[1]), -1, 1)


def _check_classes(logits_shape, target, weight, ignore_index):
    """The target as an array, after telling what is wrong with it."""
    target = np.asarray(target)
    if not logits_shape:
        raise ValueError("the scores must have the axes (N, K), (N, K, d1, …) or (K,), K the number of classes")
    classes = logits_shape[1] if len(logits_shape) > 1 else logits_shape[0]
    if not classes:
        raise ValueError(f"there are no classes\n  scores: {tuple(logits_shape)}")
    if weight is not None and np.shape(weight) != (classes,):
        raise ValueError(
            "weight must have one entry for each class\n"
            f"  classes: {classes}\n  shape of the weight: {np.shape(weight)}"
        )
    if target.dtype.kind == "f" and target.shape == tuple(logits_shape):
        return target
    expected = (*logits_shape[:1], *logits_shape[2:]) if len(logits_shape) > 1 else ()
    if target.shape != expected:
        raise ValueError(
            "the target does not fit the scores\n"
            f"  scores: {tuple(logits_shape)}\n  target: {target.shape}\n  class numbers would have: {expected}"
        )
    if target.dtype.kind not in "iu":
        raise TypeError(
            f"class numbers must be integers, not {target.dtype}; use target.astype(int)\n"
            f"  (probabilities would have the shape of the scores, {tuple(logits_shape)})"
        )
    bad = (target < 0) | (target >= classes)
    if bad.any():
        bad &= target != ignore_index
        if bad.any():
            at = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(
                f"a target class is out of range\n  classes: 0 to {classes - 1}\n"
                f"  target[{', '.join(map(str, at))}]: {target[at]}"
            )
    return target


def _row_weights(target, weight, ignore_index, dtype):
    """(class, weight) of each row; an ignored one weighs 0, as class 0."""
    classes = target.reshape(-1)
    weights = np.ones(classes.shape, dtype)
    ignored = classes == ignore_index
    if ignored.any():
        classes = np.where(ignored, 0, classes)
    if weight is not None:
        weights = np.asarray(weight, dtype)[classes]
    if ignored.any():
        weights = np.where(ignored, dtype.type(0), weights)
    return classes, weights


def _shares(target, shape, weight, ignore_index, label_smoothing, dtype):
    """(M, K): what each −log probability counts, and the divisor of the mean."""
    count = shape[1] if len(shape) > 1 else shape[0]
    weight = np.ones(count, dtype) if weight is None else np.asarray(weight, dtype)
    if target.dtype.kind == "f":
        hot = _class_rows(target)
        shares = weight * ((1 - label_smoothing) * hot + label_smoothing / count)
        return shares.astype(dtype, copy=False), len(hot)
    classes, weights = _row_weights(target, weight, ignore_index, dtype)
    valid = (target.reshape(-1) != ignore_index)[:, None]
    shares = np.zeros((len(classes), count), dtype)
    shares += label_smoothing / count * weight * valid
    shares[np.arange(len(classes)), classes] += (1 - label_smoothing) * weights
    return shares, weights.sum()


def _as_weight(weight, dtype):
    return None if weight is None else np.asarray(weight, dtype)


def _is_plain(target, label_smoothing):
    return target.dtype.kind != "f" and not label_smoothing


def _cross_entropy(logits, target, weight=None, reduction="mean", ignore_index=-100, label_smoothing=0.0):
    need_real(logits, target, weight, label_smoothing)
    logits = np.asarray(logits)
    if logits.dtype.kind != "f":
        logits = logits.astype(np.float64)
    if logits.dtype == np.float16:
        single = logits.astype(np.float32)
        y, *parts = _cross_entropy(single, target, weight, reduction, ignore_index, label_smoothing)
        return y.astype(np.float16), *parts
    if not label_smoothing:
        made = kernels.cross_entropy(
            logits, np.asarray(target), _as_weight(weight, logits.dtype), ignore_index, reduction
        )
        if made is not None:
            return made
    target = _check_classes(logits.shape, target, weight, ignore_index)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must be in [0, 1], not {label_smoothing!r}")
    scores = _class_rows(logits)
    maximum, log_sum = kernels.softmax_parts(scores)
    if _is_plain(target, label_smoothing):
        classes, weights = _row_weights(target, weight, ignore_index, logits.dtype)
        losses = kernels.cross_entropy_of_classes(scores, classes, weights, maximum, log_sum)
        divisor = weights.sum()
    else:
        shares, divisor = _shares(target, logits.shape, weight, ignore_index, label_smoothing, logits.dtype)
        losses = kernels.cross_entropy_of_shares(scores, shares, maximum, log_sum)
    losses = losses.reshape(logits.shape[:1] + logits.shape[2:] if logits.ndim > 1 else ())
    return _reduce(losses, reduction, divisor), maximum, log_sum


def _cross_entropy_by_logits(g, logits, target, weight, reduction, ignore_index, label_smoothing, maximum, log_sum):
    target = np.asarray(target)
    if logits.dtype == np.float16:
        rest = target, weight, reduction, ignore_index, label_smoothing, maximum, log_sum
        return _cross_entropy_by_logits(g.astype(np.float32), logits.astype(np.float32), *rest).astype(np.float16)
    finite = math.isfinite(g) if isinstance(g, np.floating) else np.isfinite(g).all()
    if not label_smoothing and finite:
        weights = _as_weight(weight, logits.dtype)
        y = kernels.cross_entropy_gradient(g, logits, target, weights, ignore_index, reduction, maximum, log_sum)
        if y is not None:
            return y
    scores = _class_rows(logits)
    if _is_plain(target, label_smoothing) and finite:
        classes, weights = _row_weights(target, weight, ignore_index, logits.dtype)
        g = _share(g, reduction, weights.sum()) * np.ones_like(weights) if np.ndim(g) == 0 else g.reshape(-1)
        y = kernels.cross_entropy_of_classes_gradient(g, scores, classes, weights, maximum, log_sum)
    else:
        shares, divisor = _shares(target, logits.shape, weight, ignore_index, label_smoothing, logits.dtype)
        g = _share(g, reduction, divisor) * np.ones(len(scores), scores.dtype) if np.ndim(g) == 0 else g.reshape(-1)
        y = kernels.cross_entropy_of_shares_gradient(g, scores, shares, maximum, log_sum)
    return _back_from_rows(y, logits.shape)


@in_single
def _nll_loss(log_probs, target, weight=None, reduction="mean", ignore_index=-100):
    need_real(log_probs, weight)
    log_probs = np.asarray(log_probs)
    target = _check_classes(log_probs.shape, target, weight, ignore_index)
    if target.dtype.kind == "f":
        raise TypeError("nll_loss takes class numbers; for probabilities use cross_entropy on the scores")
    classes, weights = _row_weights(target, weight, ignore_index, log_probs.dtype)
    losses = -weights * _class_rows(log_probs)[np.arange(len(classes)), classes]
    losses[weights == 0] = 0  # even of −inf
    return _reduce(losses.reshape(target.shape), reduction, weights.sum())


@in_single
def _nll_by_log_probs(g, log_probs_shape, target, weight, reduction, ignore_index):
    shares, divisor = _what_counts(target, log_probs_shape, weight, ignore_index, 0.0, g.dtype)
    if reduction == "none" and len(log_probs_shape) > 1:
        g = reshape(g, (*log_probs_shape[:1], 1, *log_probs_shape[2:]))
    return where(eq(shares, 0), 0.0, -(_share(g, reduction, divisor) * shares))


def _spread_shares(target, shape, weight, ignore_index, label_smoothing, dtype):
    """``_shares`` in the shape of the scores."""
    shares, divisor = _shares(np.asarray(target), shape, weight, ignore_index, label_smoothing, dtype)
    return _back_from_rows(shares, shape), dtype.type(divisor)


_spread_shares.code = helpers.shares
_what_counts = of_value("shares", _spread_shares, "What each −log probability counts, and the divisor of the mean.")


def _cross_entropy_in_parts(logits, target, weight=None, reduction="mean", ignore_index=-100, label_smoothing=0.0):
    """By log softmax; of what is no plain class number, each −log probability times what it counts."""
    if logits.dtype == np.float16:
        single = astype(logits, np.float32)
        y = _cross_entropy_in_parts(single, target, weight, reduction, ignore_index, label_smoothing)
        return astype(y, np.float16)
    target = np.asarray(target)
    axis = min(1, logits.ndim - 1)
    shares, divisor = _what_counts(target, logits.shape, weight, ignore_index, label_smoothing, logits.dtype)
    unasked = logical_not(any(shares, axis, keepdims=True))
    if np.any(unasked):
        logits = where(unasked, 0.0, logits)  # whatever they are
    log_probs = log_softmax(logits, axis)
    if _is_plain(target, label_smoothing):
        return nll_loss(log_probs, target, weight, reduction, ignore_index)
    terms = where(eq(shares, 0), 0.0, -(shares * log_probs))
    losses = sum_to(terms, tuple(1 if i == axis else n for i, n in enumerate(logits.shape)))
    losses = reshape(losses, logits.shape[:1] + logits.shape[2:] if logits.ndim > 1 else ())
    if reduction == "none":
        return losses
    total = sum_to(losses, ())
    return total if reduction == "sum" else total / divisor


_CLASSES = np.array([2, 0, 3])
_PIXELS = np.array([[[0, 2], [1, 1]]])
_KEPT = np.array([1, -100, 2])
_WEIGHT = np.array([0.5, 2.0, 1.0, 0.25])
_SHARES = np.array([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
_TARGETS = """\
    target : class numbers, integers of shape (N,), (N, d1, …) or (). A number outside 0 … K − 1 is a
        ValueError that names the first one.
    weight : (K,), how much each class counts, or None.
    reduction : "mean" (over the weights of the targets), "sum", or "none" for one loss a target.
    ignore_index : a class number to leave out. Where all are left out the mean is NaN, 0 / 0, and the gradient 0.

    A target that counts nothing (left out, or of a class of weight 0) contributes 0 whatever its scores are, to the
    value and to the gradient."""

nll_loss = operation(
    "nll_loss",
    _nll_loss,
    inputs=["log_probs"],
    symbol="NLL",
    kind="loss",
    traits=["classes"],
    factors=lambda log_probs, reduction: _factors_of_mean(_count_of_rows(log_probs), reduction),
    formula=r"y = -\frac{1}{N} \sum_n x_{n, t_n}",
    code=helpers.nll_loss,
    rules=[
        rule(
            _nll_by_log_probs,
            code=CodeBy(
                lambda log_probs_shape: (
                    f"nll_loss_by_log_probs(g, {tuple(log_probs_shape)}, target, weight=weight, reduction=reduction, "
                    "ignore_index=ignore_index)"
                ),
                helpers.nll_loss_by_log_probs,
            ),
            local=r"-\frac{1}{N} \, [k = t_n]",
            at="n k",
            gradient=r"-\frac{\delta}{N} \mathrm{onehot}(t)",
        )
    ],
    letters=lambda log_probs, reduction: _rows(log_probs, reduction),
    samples=[
        *_reductions(reals(3, 4), _CLASSES),
        sample(reals(3, 4), _CLASSES, _WEIGHT),
        sample(reals(3, 4), _KEPT, _WEIGHT, reduction="none"),
        sample(reals(1, 3, 2, 2), _PIXELS),
        sample(reals(4), np.array(2)),
    ],
    doc=f"""The negative log-likelihood of the target classes, from log-probabilities.

    Parameters
    ----------
    log_probs : (N, K), (N, K, d1, …) or (K,), e.g. of ``log_softmax``.
{_TARGETS}

    >>> import numpy as np, autograd as ag
    >>> float(ag.nll_loss(np.log([[0.5, 0.5], [0.25, 0.75]]), [0, 1], reduction="sum").round(4))
    0.9808
    """,
)


def _cross_entropy_of_batch(op, names, values):
    """All rows of all entries as one batch, then the mean over each entry's: of class numbers that all count."""
    logits, target = values["logits"], np.asarray(raw(values["target"]))
    plain = values["weight"] is None and not values["label_smoothing"] and target.dtype.kind in "iu"
    if "logits" not in names or not plain or (target == values["ignore_index"]).any():
        return None
    if "target" not in names:
        target = np.broadcast_to(target, (len(logits), *target.shape))
    if logits.ndim == 2:  # one row for each entry, whose loss is its mean and its sum
        return op.function(logits, target, reduction="none")
    rows = reshape(logits, (math.prod(logits.shape[:2]), *logits.shape[2:]))
    losses = op.function(rows, target.reshape((math.prod(target.shape[:2]), *target.shape[2:])), reduction="none")
    return _of_each(reshape(losses, target.shape), values["reduction"])


cross_entropy = operation(
    "cross_entropy",
    _cross_entropy,
    inputs=["logits"],
    symbol="CE",
    kind="loss",
    batch=_cross_entropy_of_batch,
    traits=["classes"],
    made_of=[log_softmax, nll_loss],
    parts=_cross_entropy_in_parts,
    factors=lambda logits, reduction: _factors_of_mean(_count_of_rows(logits), reduction),
    formula=r"y = -\frac{1}{N} \sum_n \log \frac{e^{x_{n, t_n}}}{\sum_k e^{x_{n k}}}",
    rules=[
        rule(
            _cross_entropy_by_logits,
            code=helpers.cross_entropy_by_logits,
            local=r"\frac{1}{N} \left( \mathrm{softmax}(x)_{n k} - [k = t_n] \right)",
            at="n k",
            gradient=r"\frac{\delta}{N} (\mathrm{softmax}(x) - \mathrm{onehot}(t))",
            words="p − y: the probabilities, less 1 at each row's class",
        )
    ],
    letters=lambda logits, reduction: _rows(logits, reduction),
    auxiliaries=["maximum", "log_sum"],
    code=CodeBy(
        lambda: (
            "cross_entropy(logits, target, weight=weight, reduction=reduction, ignore_index=ignore_index, "
            "label_smoothing=label_smoothing)",
            None,
            None,
        ),
        helpers.cross_entropy,
    ),
    reference=_cross_entropy_in_parts,
    samples=[
        *_reductions(reals(3, 4), _CLASSES),
        sample(reals(3, 4), _CLASSES, _WEIGHT),
        sample(reals(3, 4), _KEPT, _WEIGHT, reduction="none"),
        sample(reals(1, 3, 2, 2), _PIXELS),
        sample(reals(4), np.array(2)),
        sample(reals(3, 4), _KEPT, _WEIGHT, label_smoothing=0.1),
        sample(reals(2, 3), _SHARES, reduction="sum"),
        sample(reals(2, 3), _SHARES, np.array([0.5, 2.0, 1.0]), label_smoothing=0.2),
    ],
    doc=f"""The cross-entropy of softmax(logits) and the targets: log-softmax and ``nll_loss`` in one.

    Parameters
    ----------
    logits : scores, (N, K), (N, K, d1, …) or (K,), any size of number: it is stable.
{_TARGETS}
    label_smoothing : take that much from each target, in [0, 1], and spread it evenly over the classes.

    The target may also be probabilities, floats of the shape of the scores, which are constants;
    "mean" is then over the N · d1 · … rows.

    >>> import autograd as ag
    >>> x = ag.Tensor([[0.0, 0.0], [1000.0, -1000.0]], requires_grad=True)
    >>> loss = ag.cross_entropy(x, [1, 1])
    >>> loss.backward()
    >>> round(float(loss), 4), x.grad.tolist()
    (1000.3466, [[0.25, -0.25], [0.5, -0.5]])
    """,
)
