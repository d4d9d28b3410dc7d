"""Mistakes at what many entries become: deviations and norms, running sums, arguments left at their defaults."""

import numpy as np

from ...engine import apply_rules
from ...kernels.reductions import axes_of, kept_shape
from ...tensors import Tensor
from ..alteration import Alteration, replaced, turned

# -- variances, deviations, norms --------------------------------------------------------------


def spread_parts(site):
    """Of a variance, a deviation or a norm: what it is divided by, and what is subtracted."""
    if not site.has("reduction") or site.has_any("sums", "averages", "multiplies", "largest", "smallest"):
        return
    if not site.wants(0) or not np.size(site.y) or not site.operation.rules[0].needs:
        return
    x, axis = site.x, site.argument("axis")
    axes, y = axes_of(axis, np.ndim(x)), np.reshape(site.y, kept_shape(np.shape(x), axis))
    for change, words in (
        (lambda one: one * y, "is not divided by its value y"),
        (lambda one: 2 * one * y, "is that of its square y²"),
        (lambda one: one / y, "is divided by its value y once too often"),
    ):
        yield turned(0, change, f"the gradient of {{at}} {words}", variant=words, likely=site.likely)

    def not_centered(one):
        d = x - x.mean(axes, keepdims=True)
        scale = (one * d).sum(axes, keepdims=True) / (d * d).sum(axes, keepdims=True)
        if not np.allclose(one, scale * d):
            raise ValueError("no multiple of x − μ")
        return scale * x

    yield turned(0, not_centered, "x stands in place of x − μ in the gradient of {at}", variant="not centered")


def not_reversed(site):
    """A running sum whose gradient is summed from the front too."""
    if site.has("cumulative", "sums") and site.argument("axis") is not None:
        axis = site.argument("axis")
        yield replaced(
            0,
            lambda g: np.cumsum(g, axis),
            "the gradient of {at} is summed from the front, as the value is, and not from the back",
            variant="front",
            likely=0,
        )
        yield replaced(0, lambda g: g, "the gradient of {at} is not summed at all", variant="not summed")


# -- arguments ---------------------------------------------------------------------------------

OTHERS = ("axis", "index", "mask", "window", "winners", "mean", "var", "target", "reduction")
"""Arguments that mistakes of their own are about."""


def argument_forgotten(site):
    """A weight of the classes, a slope, a smoothing, ddof …: the derivative of the operation without it."""
    operation = site.operation
    if operation.variadic or site.has_any("alias", "shape", "convolution", "pooling", "gather", "scatter", "random"):
        return
    known = {operation.arguments.get(word) for word in OTHERS}
    for name, value in site.params.items():
        default = operation.defaults.get(name, value)
        if name in known or isinstance(value, bool | str) or _same(default, value):
            continue
        shown = f"{value:g}" if isinstance(value, int | float) else f"an array of {np.size(value)}"
        without = "without it" if default is None else f"with {default!r}"
        yield Alteration(
            f"the argument {name} of {{at}} ({shown}) is left out: the derivative is that {without}",
            rules=lambda node, g, gradients, changed={name: default}: _rules_with(site, changed, g, gradients),
            variant=name,
        )


def _same(one, other):
    return one is other or (np.shape(one) == np.shape(other) and bool(np.all(np.asarray(one) == np.asarray(other))))


def _rules_with(site, changed, g, gradients):
    """The gradients by the inputs where arguments have other values."""
    operation = site.operation
    leaves = [Tensor(site.value(i), requires_grad=one is not None) for i, one in enumerate(gradients)]
    inputs = dict(zip(operation.inputs, leaves, strict=False))
    y = operation.function(**inputs, **{**site.params, **changed})
    if y.shape != site.shape:
        raise ValueError("the result has another shape")
    wanted = {leaf.node for leaf in leaves if leaf.node is not None}
    found = apply_rules(y.node, g, wanted)
    return [one if one is None else new for one, new in zip(gradients, found, strict=True)]
