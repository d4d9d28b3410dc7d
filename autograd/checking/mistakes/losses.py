"""Mistakes at a softmax, alone or inside a cross-entropy, and at normalization."""

import numpy as np

from ...kernels.reductions import softmax as _softmax
from ...node import Constant
from ..alteration import replaced


def _axis(site, x):
    if site.operation.name in ("softmax", "log_softmax"):
        return site.params.get("axis", -1)
    return min(1, np.ndim(x) - 1)


def _probabilities(x, axis):
    return _softmax(x, axis)


def _shares(site, g):
    """(gradient of cross_entropy by the logits, softmax − target over the divisor; how much each row counts)."""
    kept = site.kept(0)
    rule = site.operation.rules[0]
    true = rule.function(g, *[kept[name] for name in rule.needs])
    target, x = np.asarray(kept["target"]), kept["logits"]
    axis = _axis(site, x)
    if target.dtype.kind == "f":
        return true, None, axis, x
    hot = np.zeros(x.shape)
    at = np.expand_dims(np.where((target < 0) | (target >= x.shape[axis]), 0, target), axis)
    np.put_along_axis(hot, at, 1.0, axis)
    return true, hot, axis, x


def _row_scale(true, hot, p, axis):
    """How much each row counts: the true gradient is scale · (p − target)."""
    base = p - hot
    return (true * base).sum(axis, keepdims=True) / np.maximum((base * base).sum(axis, keepdims=True), 1e-300)


def _cross_entropy_with(site, change):
    """cross_entropy's gradient with ``change(p, hot, x)`` in place of p − hot."""

    def function(g):
        true, hot, axis, x = _shares(site, g)
        p = _probabilities(x, axis)
        if hot is None:  # probabilities for targets: what they are follows from the gradient itself
            count = true.size // true.shape[axis] if site.params.get("reduction", "mean") == "mean" else 1
            hot = np.asarray(site.kept(0)["target"], dtype=np.float64)
            scale = np.asarray(g) / count
        else:
            scale = _row_scale(true, hot, p, axis)
        return scale * change(p, hot, x, axis)

    return function


def diagonal_only(site):
    name = site.operation.name
    if name == "softmax":
        y = site.y
        yield replaced(
            0,
            lambda g: g * y * (1 - y),
            "the off-diagonal terms −yᵢyⱼ of {at} are left out: only yᵢ (1 − yᵢ) is used",
            likely=0,
        )
    elif name == "log_softmax":
        p = np.exp(site.y)
        yield replaced(
            0, lambda g: g * (1 - p), "the off-diagonal terms −yⱼ of {at} are left out: only 1 − yᵢ is used", likely=0
        )
    elif name == "cross_entropy":
        yield replaced(
            0,
            _cross_entropy_with(site, lambda p, hot, x, axis: hot * (p - 1)),
            "the off-diagonal terms of the softmax in {at} are left out: p − 1 at the target class, 0 elsewhere",
            likely=0,
        )


def softmax_left_out(site):
    name = site.operation.name
    if name == "cross_entropy":
        yield replaced(
            0,
            _cross_entropy_with(site, lambda p, hot, x, axis: x - hot),
            "the softmax in {at} is left out: logits − target in place of softmax(logits) − target",
            variant="logits",
            likely=0,
        )
        yield replaced(
            0,
            _cross_entropy_with(site, lambda p, hot, x, axis: -hot / p),
            "the derivative of the softmax in {at} is left out: −target / p",
            variant="jacobian",
        )
        yield replaced(
            0,
            _cross_entropy_with(site, lambda p, hot, x, axis: p),
            "the target in {at} is not subtracted: softmax(logits) alone",
            variant="target",
        )
    elif name == "binary_cross_entropy_with_logits":
        yield _sigmoid_in_loss(site, lambda x: x, "the sigmoid in {at} is left out: logits − target")
    elif name in ("softmax", "log_softmax"):
        yield replaced(0, lambda g: g, "the derivative of {at} is left out", likely=0)


def softmax_twice(site):
    name = site.operation.name
    if name == "cross_entropy":
        yield replaced(
            0,
            _cross_entropy_with(site, lambda p, hot, x, axis: _probabilities(p, axis) - hot),
            "the softmax in {at} is applied twice: softmax(softmax(logits)) − target",
            variant="value",
            likely=0,
        )

        def through_jacobian(p, hot, x, axis):
            g = p - hot
            return p * (g - (g * p).sum(axis, keepdims=True))

        yield replaced(
            0,
            _cross_entropy_with(site, through_jacobian),
            "the softmax in {at} is differentiated twice: softmax − target already is the gradient by the logits",
            variant="jacobian",
            likely=0,
        )
    elif name == "softmax":
        y, axis = site.y, _axis(site, None)

        def twice(g, p):
            return p * (g - (g * p).sum(axis, keepdims=True))

        yield replaced(
            0, lambda g: twice(g, _probabilities(y, axis)), "the softmax {at} is applied twice", variant="value"
        )
        yield replaced(
            0,
            lambda g: twice(twice(g, y), y),
            "the derivative of the softmax {at} is applied twice",
            variant="jacobian",
        )
    elif name == "log_softmax":
        p = np.exp(site.y)
        axis = _axis(site, None)
        yield replaced(
            0,
            lambda g: g - _probabilities(p, axis) * g.sum(axis, keepdims=True),
            "the softmax in {at} is applied twice",
            likely=0,
        )
    elif name == "binary_cross_entropy_with_logits":
        yield _sigmoid_in_loss(site, lambda x: _sigma(_sigma(x)), "the sigmoid in {at} is applied twice")
        yield _sigmoid_in_loss(site, None, "the derivative of the sigmoid in {at} is applied once too often")


def _sigma(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def _sigmoid_in_loss(site, p_of, says):
    kept = site.kept(0)
    rule = site.operation.rules[0]
    x, target = np.asarray(kept["logits"]), np.asarray(kept["target"], dtype=np.float64)

    def function(g):
        true = rule.function(g, *[kept[name] for name in rule.needs])
        p = _sigma(x)
        if p_of is None:
            return true * p * (1 - p)
        scale = np.asarray(g) / (x.size if kept["reduction"] == "mean" else 1)
        return scale * (p_of(x) - target)

    return replaced(0, function, says, variant=says, likely=0)


def statistics_constant(site):
    """Batch norm with mean and variance held constant in the derivative."""
    if site.operation.name != "batch_norm" or site.params.get("mean") is not None or not site.wants(0):
        return
    x = site.value(0)
    axes = tuple(k for k in range(x.ndim) if k != 1)
    shape = [-1 if k == 1 else 1 for k in range(x.ndim)]
    weight = site.inputs[1]
    weight = weight.value if isinstance(weight, Constant) else site.graph.value(weight)
    weight = 1.0 if weight is None else np.reshape(weight, shape)
    d = x - x.mean(axes, keepdims=True)
    deviation = np.sqrt((d * d).mean(axes, keepdims=True) + site.params["eps"])
    normal = d / deviation

    def with_terms(mean, variance):
        def function(g):
            h = g * weight
            y = h - mean * h.mean(axes, keepdims=True)
            return (y - variance * normal * (h * normal).mean(axes, keepdims=True)) / deviation

        return function

    yield replaced(
        0, with_terms(0, 0), "mean and variance of the batch in {at} are held constant", variant="both", likely=0
    )
    yield replaced(0, with_terms(1, 0), "the variance of the batch in {at} is held constant", variant="variance")
    yield replaced(0, with_terms(0, 1), "the mean of the batch in {at} is held constant", variant="mean")
