"""Mistakes at a softmax, alone or inside a loss, and at a sigmoid inside one."""

import numpy as np

from ...kernels.reductions import softmax as _softmax
from ...notes import Constant
from ..alteration import Alteration, replaced, revised


def _axis(site):
    """The axis of the classes."""
    axis = site.argument("axis")
    return min(1, np.ndim(site.x) - 1) if axis is None else axis


def _is_logarithm(site):
    return site.has("softmax", "logarithms")


def _is_softmax(site):
    return site.has("softmax") and not _is_logarithm(site)


def _with_softmax(site):
    """Whether it is a loss of classes that takes a softmax first."""
    return site.has("loss", "classes") and site.operation.includes("softmax")


def _with_sigmoid(site):
    """Whether it is a loss that takes a sigmoid first."""
    return site.has("loss") and site.operation.includes("activation")


# -- of a loss ---------------------------------------------------------------------------------


def _loss_with(site, change, says, **options):
    """The gradient of a loss by its logits with ``change(p, target, x, axis)`` in place of softmax − target."""
    x, axis, given = site.x, _axis(site), np.asarray(site.argument("target"))

    def function(g, true):
        p = _softmax(x, axis)
        if given.dtype.kind == "f":  # a probability for each class
            target = given
            count = true.size // true.shape[axis] if site.argument("reduction") == "mean" else 1
            scale = np.asarray(g) / count
        else:
            target = np.zeros(x.shape)
            named = np.where((given < 0) | (given >= x.shape[axis]), 0, given)
            np.put_along_axis(target, np.expand_dims(named, axis), 1.0, axis)
            scale = _row_scale(true, p - target, axis)
        return scale * change(p, target, x, axis)

    return revised(0, function, says, **options)


def _row_scale(true, base, axis):
    """How much each row counts: the true gradient is scale · base."""
    return (true * base).sum(axis, keepdims=True) / np.maximum((base * base).sum(axis, keepdims=True), 1e-300)


def _binary_loss_with(site, p_of, says):
    """The gradient of a loss by its logits with ``p_of(x)`` in place of σ(x); None: σ' once more."""
    x, target = site.x, np.asarray(site.value(1), dtype=np.float64)

    def function(g, true):
        if p_of is None:
            p = _sigma(x)
            return true * p * (1 - p)
        scale = np.asarray(g) / (np.size(x) if site.argument("reduction") == "mean" else 1)
        return scale * (p_of(x) - target)

    return revised(0, function, says, variant=says, likely=0)


def _sigma(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


# -- the mistakes ------------------------------------------------------------------------------


def diagonal_only(site):
    y = site.y
    if _is_softmax(site):
        yield replaced(
            0,
            lambda g: g * y * (1 - y),
            "the off-diagonal terms −yᵢyⱼ of {at} are left out: only yᵢ (1 − yᵢ) is used",
            likely=0,
        )
        yield replaced(
            0,
            lambda g: g * y,
            "the sum Σ δⱼyⱼ in the derivative of {at} is left out: only δᵢyᵢ is used",
            variant="sum",
        )
    elif _is_logarithm(site):
        yield replaced(
            0,
            lambda g: g * (1 - np.exp(y)),
            "the off-diagonal terms −yⱼ of {at} are left out: only 1 − yᵢ is used",
            likely=0,
        )
    elif _with_softmax(site):
        yield _loss_with(
            site,
            lambda p, target, x, axis: target * (p - 1),
            "the off-diagonal terms of the softmax in {at} are left out: p − 1 at the target class, 0 elsewhere",
            likely=0,
        )


def class_off_by_one(site):
    """Labels counted from 1 where they are counted from 0, or the other way round."""
    if _with_softmax(site):
        for by, word in ((1, "after"), (-1, "before")):
            yield _loss_with(
                site,
                lambda p, target, x, axis, by=by: p - np.roll(target, by, axis),
                f"the target in {{at}} is subtracted at the class {word} it (labels counted from 1, not from 0?)",
                variant=word,
            )


def softmax_left_out(site):
    if _with_softmax(site):
        yield _loss_with(
            site,
            lambda p, target, x, axis: x - target,
            "the softmax in {at} is left out: logits − target in place of softmax(logits) − target",
            variant="logits",
            likely=0,
        )
        yield _loss_with(
            site,
            lambda p, target, x, axis: -target / p,
            "the derivative of the softmax in {at} is left out: −target / p",
            variant="jacobian",
        )
        yield _loss_with(
            site,
            lambda p, target, x, axis: p,
            "the target in {at} is not subtracted: softmax(logits) alone",
            variant="target",
        )
    elif _with_sigmoid(site):
        yield _binary_loss_with(site, lambda x: x, "the sigmoid in {at} is left out: logits − target")
    elif site.has("softmax"):
        yield replaced(0, lambda g: g, "the derivative of {at} is left out", likely=0)


def softmax_twice(site):
    if _with_softmax(site):
        yield _loss_with(
            site,
            lambda p, target, x, axis: _softmax(p, axis) - target,
            "the softmax in {at} is applied twice: softmax(softmax(logits)) − target",
            variant="value",
            likely=0,
        )
        yield _loss_with(
            site,
            lambda p, target, x, axis: _through_softmax(p - target, p, axis),
            "the softmax in {at} is differentiated twice: softmax − target already is the gradient by the logits",
            variant="jacobian",
            likely=0,
        )
    elif _with_sigmoid(site):
        yield _binary_loss_with(site, lambda x: _sigma(_sigma(x)), "the sigmoid in {at} is applied twice")
        yield _binary_loss_with(site, None, "the derivative of the sigmoid in {at} is applied once too often")
    elif _is_softmax(site):
        y, axis = site.y, _axis(site)
        yield replaced(
            0,
            lambda g: _through_softmax(g, _softmax(y, axis), axis),
            "the softmax {at} is applied twice",
            variant="value",
        )
        yield replaced(
            0,
            lambda g: _through_softmax(_through_softmax(g, y, axis), y, axis),
            "the derivative of the softmax {at} is applied twice",
            variant="jacobian",
        )
    elif _is_logarithm(site):
        p, axis = np.exp(site.y), _axis(site)
        yield replaced(
            0,
            lambda g: g - _softmax(p, axis) * g.sum(axis, keepdims=True),
            "the softmax in {at} is applied twice",
            likely=0,
        )


def _through_softmax(g, p, axis):
    return p * (g - (g * p).sum(axis, keepdims=True))


# -- over the wrong axis -----------------------------------------------------------------------


def wrong_axis(site):
    """The sum of a softmax runs over other entries than those of the classes."""
    if np.ndim(site.x) < 2 or not (site.has("softmax") or _with_softmax(site)):
        return
    axis = _axis(site) % np.ndim(site.x)
    others = [k for k in range(np.ndim(site.x)) if k != axis and np.shape(site.x)[k] > 1]
    choices: list[tuple[int | None, str]] = [(None, "all entries of the batch at once, in place of each row by itself")]
    choices += [(k, f"axis {k}{', the batch,' if k == 0 else ''} in place of axis {axis}, the classes") for k in others]
    for other, what in choices:
        if _with_softmax(site):
            yield _loss_with(
                site,
                lambda p, target, x, axis, other=other: _softmax_over(x, other) - target,
                f"the softmax in {{at}} goes over the wrong axis: its sum runs over {what}",
                variant=f"value {other}",
                likely=0,
            )
        elif site.has("softmax"):
            yield from _softmax_of_wrong_axis(site, axis, other, what)


def _softmax_over(x, axis):
    return _softmax(x, axis) if axis is not None else _softmax(np.ravel(x), 0).reshape(np.shape(x))


def _softmax_of_wrong_axis(site, axis, other, what):
    x, y = site.x, site.y
    wrong = _softmax_over(x, other)
    if _is_logarithm(site):
        yield replaced(
            0,
            lambda g: g - wrong * g.sum(axis, keepdims=True),
            f"the softmax in {{at}} goes over the wrong axis: its sum runs over {what}",
            variant=f"value {other}",
            likely=0,
        )
        yield replaced(
            0,
            lambda g: g - np.exp(y) * g.sum(other, keepdims=True),
            f"the sum in the derivative of {{at}} goes over the wrong axis: {what}",
            variant=f"sum {other}",
        )
        return
    yield replaced(
        0,
        lambda g: y * (g - (g * y).sum(other, keepdims=True)),
        f"the sum in the derivative of the softmax {{at}} goes over the wrong axis: {what}",
        variant=f"sum {other}",
        likely=0,
    )
    yield replaced(
        0,
        lambda g: wrong * (g - (g * wrong).sum(other, keepdims=True)),
        f"the softmax {{at}} goes over the wrong axis: its sum runs over {what}",
        variant=f"value {other}",
        likely=0,
    )
    yield replaced(
        0,
        lambda g: y * g - (g * y).sum(axis, keepdims=True) * wrong,
        f"the softmax {{at}} goes over the wrong axis in softmax − target: its sum runs over {what}",
        variant=f"folded {other}",
    )


def written_softmax(site):
    """e / Σ e: without the path through the sum."""
    if not site.has("divides") or not all(site.wants(i) for i in (0, 1)) or np.ndim(site.y) == 0:
        return
    y, e = site.y, site.value(0)
    size = [n for n in range(np.ndim(y)) if y.shape[n] > 1 and np.allclose(y.sum(n), 1)]
    if not size or not np.all(e > 0):
        return

    def rules(node, g, gradients):
        total = np.zeros(np.shape(gradients[1]))
        return [g * (1 - y) * y / e, total]

    yield Alteration(
        "the off-diagonal terms −yᵢyⱼ of the softmax {at} are left out: only yᵢ (1 − yᵢ) is used, entry by entry",
        rules=rules,
        variant="written out",
    )
    yield Alteration(
        "the path through the sum in the denominator of the softmax {at} is left out",
        rules=lambda node, g, gradients: [gradients[0], np.zeros(np.shape(gradients[1]))],
        variant="without the sum",
    )


# -- a loss of probabilities, however it is written ----------------------------------------------


class Folded:
    """The gradient scale · (p − target) that a softmax or a sigmoid has together with its cross-entropy.

    It stands at the value x that goes into it, in whatever steps the loss is written out.
    """

    def __init__(self, site):
        self.site = site
        self.source, self.sigmoid = _source_of_probabilities(site)

    def changed(self, change, says, **options):
        """``scale · change(p, target, x)`` in place of it."""
        x = self.site.graph.value(self.source)

        def function(g):
            p, target, scale = _probabilities(np.asarray(x), np.asarray(g), self.sigmoid)
            return scale * change(p, target, x)

        says = says.replace("{at}", self.site.names.label(self.source))
        one = Alteration(says, gradient=function, **options)
        one.node = self.source
        return one


def _source_of_probabilities(site):
    """(the node that goes into a softmax or an exponential, False), (that of a sigmoid, True), or (None, False)."""
    source = site.inputs[0] if site.wants(0) and not site.operation.variadic else None
    if source is None or isinstance(source, Constant) or not np.size(site.y) or site.has("loss"):
        return None, False
    if site.has("activation"):
        return (source, True) if np.allclose(site.y, _sigma(np.asarray(site.x))) else (None, False)
    exponential = site.has("elementwise") and np.shape(site.x) and np.allclose(site.y, np.exp(np.minimum(site.x, 50)))
    logarithm = site.has("reduction") and np.ndim(site.x) and not site.has_any("sums", "averages", "multiplies")
    if not (site.has("softmax") or exponential or (logarithm and _is_logsumexp(site))):
        return None, False
    while "subtracts" in source.operation.traits:  # the largest entry, before the exponential
        left = source.note.inputs[0]
        if isinstance(left, Constant) or left.like[0] != source.like[0]:
            break
        source = left
    return source, False


def _is_logsumexp(site):
    axis = site.argument("axis")
    keepdims = np.ndim(site.y) == np.ndim(site.x)
    with np.errstate(all="ignore"):
        return np.allclose(site.y, np.log(np.exp(site.x).sum(axis, keepdims=keepdims)))


def _probabilities(x, g, sigmoid):
    """(p, target, scale) of g = scale · (p − target), where the target is 1 for one class and 0 for the rest."""
    if sigmoid:
        p = _sigma(x)
        scale = np.where(g > 0, g / p, g / (p - 1))
    else:
        p = _softmax(x, -1 if x.ndim < 2 else 1)
        scale = np.where(g > 0, g / p, np.max(g / p, initial=-np.inf))
    size = float(np.max(scale))
    target = p - g / size
    if not (size > 0 and np.allclose(target, np.round(target), atol=1e-6) and set(np.round(target).flat) <= {0.0, 1.0}):
        raise ValueError("it is no p − target")
    return p, np.round(target), size


def _folded(site):
    if "folded" not in site.memo:
        folded = Folded(site)
        site.memo["folded"] = folded if folded.source is not None else None
    return site.memo["folded"]


def folded_axis(site):
    folded = _folded(site)
    if folded is None or folded.sigmoid or np.ndim(site.graph.value(folded.source)) < 2:
        return
    for axis, what in (
        (None, "all entries of the batch at once, in place of each row by itself"),
        (0, "axis 0, the batch, in place of axis 1, the classes"),
    ):
        yield folded.changed(
            lambda p, target, x, axis=axis: _softmax_over(x, axis) - target,
            f"the softmax of {{at}} goes over the wrong axis: its sum runs over {what}",
            variant=f"folded {axis}",
        )


def folded_diagonal(site):
    folded = _folded(site)
    if folded is not None and not folded.sigmoid:
        yield folded.changed(
            lambda p, target, x: target * (p - 1),
            "the off-diagonal terms of the softmax of {at} are left out: p − 1 at the target class, 0 elsewhere",
            variant="folded",
        )


def folded_left_out(site):
    folded = _folded(site)
    if folded is None:
        return
    what = "sigmoid" if folded.sigmoid else "softmax"
    yield folded.changed(
        lambda p, target, x: x - target,
        f"the {what} of {{at}} is left out: {{at}} − target in place of {what}({{at}}) − target",
        variant="folded logits",
    )
    yield folded.changed(
        lambda p, target, x: p, f"the target is not subtracted: {what}({{at}}) alone", variant="folded target"
    )
    if not folded.sigmoid:
        yield folded.changed(
            lambda p, target, x: -target / p,
            "the derivative of the softmax of {at} is left out: −target / p",
            variant="folded jacobian",
        )


def folded_twice(site):
    folded = _folded(site)
    if folded is None or folded.sigmoid:
        return
    yield folded.changed(
        lambda p, target, x: _softmax(p, -1 if p.ndim < 2 else 1) - target,
        "the softmax of {at} is applied twice: softmax(softmax({at})) − target",
        variant="folded value",
    )
    yield folded.changed(
        lambda p, target, x: _through_softmax(p - target, p, -1 if p.ndim < 2 else 1),
        "the softmax of {at} is differentiated twice: softmax − target already is the gradient by {at}",
        variant="folded jacobian",
    )
    yield folded.changed(
        lambda p, target, x: (p - target) * p * (1 - p),
        "the derivative p (1 − p) is applied once too often: softmax − target already is the gradient by {at}",
        variant="folded slope",
    )
