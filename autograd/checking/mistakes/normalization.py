"""Mistakes at a normalization: what its statistics depend on, over how many entries they go, its scale.

Written out in steps it is known by its statistics: means and variances that are broadcast back.
"""

import math
from functools import partial

import numpy as np

from ...notes import Constant
from ..alteration import Alteration, replaced
from .products import axes_named


class Normalization:
    """x̂ = (x − μ) / √(σ² + eps), with μ and σ² over some axes of x itself, and γ x̂.

    centered : whether μ is subtracted; else σ² is the mean of x², as in an RMS norm
    ``by_input(g, …)`` is the gradient by x, with parts of the formula changed.
    """

    def __init__(self, x, axes, eps, weight=None, centered=True):
        self.x, self.axes, self.eps, self.centered = x, axes, eps, centered
        self.n = math.prod(x.shape[k] for k in axes)
        shape = [1 if k in axes else -1 for k in range(x.ndim)]
        self.weight = 1.0 if weight is None else np.reshape(weight, shape)
        self.d = x - x.mean(self.axes, keepdims=True) if centered else x
        self.deviation = np.sqrt((self.d * self.d).mean(self.axes, keepdims=True) + eps)
        self.normal = self.d / self.deviation

    def mean(self, a, n=None, over=None):
        return a.mean(over, keepdims=True) if over else a.sum(self.axes, keepdims=True) / (n or self.n)

    def by_input(self, g, scale=True, mean=None, variance=1, n=None, normal=None, by=None, over=None):
        mean = int(self.centered) if mean is None else mean
        h = g * self.weight if scale else g
        normal = self.normal if normal is None else normal
        y = h - mean * self.mean(h, n, over) - variance * normal * self.mean(h * normal, n, over)
        return y / (self.deviation if by is None else by)


def _of_batch(site):
    """That of a batch norm."""
    x = site.x
    axes = tuple(k for k in range(x.ndim) if k != 1)
    return Normalization(x, axes, site.params["eps"], site.value(site.position("weight")))


def _written(site):
    """(the Normalization that ends at this quotient, the node that x is) where x̂ is written out in steps; else None."""
    if "written normalization" not in site.memo:
        site.memo["written normalization"] = _found_in_steps(site)
    return site.memo["written normalization"]


def _found_in_steps(site):
    if not site.has("divides") or any(isinstance(source, Constant) for source in site.inputs):
        return None
    top = site.inputs[0]
    centered = "subtracts" in top.operation.traits
    source = top.note.inputs[0] if centered else top
    if isinstance(source, Constant) or source.like[0] != site.shape or not np.size(site.y):
        return None
    x, s = site.graph.value(source), site.value(1)
    lengths = (1,) * (x.ndim - np.ndim(s)) + np.shape(s)
    axes = tuple(k for k in range(x.ndim) if lengths[k] == 1 < x.shape[k])
    if not axes:
        return None
    squares = np.reshape(s, lengths).astype(float) ** 2
    norm = Normalization(x, axes, 0.0, centered=centered)
    eps = squares - norm.deviation**2
    if np.ptp(eps) > 1e-6 * squares.max() or eps.min() < -1e-6 * squares.max():
        return None
    if not np.allclose(norm.d, site.x, rtol=1e-6, atol=1e-6 * np.abs(x).max()):
        return None
    norm = Normalization(x, axes, max(0.0, float(np.median(eps))), centered=centered)
    chain, todo = set(), [site.node]
    while todo:
        node = todo.pop()
        if isinstance(node, Constant) or node is source or node in chain:
            continue
        chain.add(node)
        todo += node.note.inputs
        if len(chain) > 20:
            return None
    return (norm, source) if all(user in chain for user, _ in site.graph.uses[source]) else None


def _own_statistics(site, i):
    """Whether it normalizes by statistics of its own, and a gradient by input i is wanted."""
    if not site.has("normalization") or site.operation.made_of or not site.wants(i) or not np.size(site.y):
        return False
    return site.argument("mean") is None


def statistics_constant(site):
    """Mean and variance held constant in the derivative."""
    if _is_statistic(site):
        yield replaced(
            0,
            lambda g: np.zeros(np.shape(site.x)),
            "{at} is held constant, as if the statistics of the normalization did not depend on its input",
            variant="statistic",
            likely=0,
        )
    written = _written(site)
    if written is not None:
        change = partial(written[0].by_input, mean=0, variance=0)
        says = "mean and variance in {} are held constant"
        yield _in_steps(site, written[1], change, says, variant="in steps", likely=0)
    if not _own_statistics(site, 0):
        return
    norm = _of_batch(site)
    for mean, variance, what, likely in (
        (0, 0, "mean and variance of the batch in {at} are held constant", 0),
        (1, 0, "the variance of the batch in {at} is held constant", 1),
        (0, 1, "the mean of the batch in {at} is held constant", 1),
    ):
        yield replaced(
            0,
            lambda g, mean=mean, variance=variance: norm.by_input(g, mean=mean, variance=variance),
            what,
            variant=f"{mean}{variance}",
            likely=likely,
        )


def _is_statistic(site):
    """Whether it is a mean or a variance that is broadcast back to the entries that it was taken of."""
    if not site.has("reduction") or not site.wants(0) or np.size(site.y) >= np.size(site.x):
        return False
    if site.has_any("sums", "largest", "smallest", "multiplies"):
        return False
    todo, seen = [site.node], set()
    while todo:
        for user, _ in site.graph.uses[todo.pop()]:
            if user in seen:
                continue
            seen.add(user)
            if user.operation.kind in ("elementwise", "shape") and len(seen) < 20:
                if np.prod(user.like[0]) == np.size(site.x):
                    return True
                todo.append(user)
    return False


def scale_left_out(site):
    """γ is forgotten: δ in place of γ δ."""
    if not _own_statistics(site, 0):
        if site.has("normalization") and not site.operation.made_of and site.wants(0) and np.size(site.y):
            weight = site.value(site.position("weight"))
            shape = [-1 if k == 1 else 1 for k in range(np.ndim(site.x))]
            if weight is not None:
                yield replaced(
                    0,
                    lambda g: g / np.sqrt(np.reshape(site.argument("var"), shape) + site.params["eps"]),
                    "the scale γ (weight) of {at} is left out",
                    variant="given statistics",
                    likely=0,
                )
        return
    norm = _of_batch(site)
    if site.value(site.position("weight")) is not None:
        yield replaced(
            0,
            lambda g: norm.by_input(g, scale=False),
            "the scale γ (weight) of {at} is left out: δ in place of γ δ",
            variant="γ",
            likely=0,
        )
        yield replaced(
            0,
            lambda g: norm.by_input(g, scale=False, mean=0, variance=0),
            "the scale γ (weight) of {at} is left out, and mean and variance of the batch are held constant",
            variant="γ and statistics",
        )


def wrong_count(site):
    """The means go over another number of entries: n − 1, or the batch alone."""
    if not _own_statistics(site, 0):
        return
    norm = _of_batch(site)
    counts = {norm.n - 1: "n − 1", len(norm.x): "the batch size N", norm.x[0, 0].size: "H · W", norm.x.shape[1]: "C"}
    for n, what in counts.items():
        if n > 1 and n != norm.n:
            yield replaced(
                0,
                lambda g, n=n: norm.by_input(g, n=n),
                f"the means in the gradient of {{at}} are sums divided by {what} = {n} in place of N = {norm.n}",
                variant=what,
            )
    yield replaced(
        0,
        lambda g: norm.by_input(g, n=1),
        f"the division by N = {norm.n} is left out in the gradient of {{at}}: sums in place of means",
        variant="sums",
    )


def _changes(norm):
    """(what is wrong with the gradient by x, ``function(g)`` that gives it so)."""
    unbiased = np.sqrt((norm.d * norm.d).sum(norm.axes, keepdims=True) / max(1, norm.n - 1) + norm.eps)
    yield from (
        ("the mean is subtracted twice", lambda g: norm.by_input(g, mean=2))
        if norm.centered
        else ("the mean of δ is subtracted too, as if x had been centered", lambda g: norm.by_input(g, mean=1)),
        ("the term with the variance is subtracted twice", lambda g: norm.by_input(g, variance=2)),
        ("the term with the variance has half of its value: the 2 of the square is left out",
         lambda g: norm.by_input(g, variance=0.5)),
        ("the term with the variance is added in place of subtracted", lambda g: norm.by_input(g, variance=-1)),
        ("the term with the mean is added in place of subtracted", lambda g: norm.by_input(g, mean=-1)),
        *([("x − μ stands in place of x̂", lambda g: norm.by_input(g, normal=norm.d))] if norm.centered else []),
        ("x stands in place of x̂", lambda g: norm.by_input(g, normal=norm.x)),
        ("the variance σ² stands in place of the deviation σ", lambda g: norm.by_input(g, by=norm.deviation**2)),
        ("the division by the deviation σ is left out", lambda g: norm.by_input(g, by=1.0)),
        ("the variance over n − 1 stands in place of that over n", lambda g: norm.by_input(g, by=unbiased)),
    )  # fmt: skip
    every = tuple(k for k in range(norm.x.ndim) if norm.x.shape[k] > 1)
    due = tuple(k for k in norm.axes if k in every)
    for over in dict.fromkeys([tuple(k for k in every if k not in due), every, *[(k,) for k in every]]):
        if over and over != due:
            yield (
                f"the means go over {axes_named(over)} in place of {axes_named(due)}",
                partial(norm.by_input, over=over),
            )


def normalization_parts(site):
    """What stands in the formula: x̂ twice or not at all, the variance for the deviation, the mean subtracted twice."""
    if _own_statistics(site, 0):
        for what, change in _changes(_of_batch(site)):
            yield replaced(0, change, f"in the gradient of {{at}} {what}", variant=what)
    yield from _parts_in_steps(site)
    weight, bias = site.position("weight"), site.position("bias")
    if not site.has("normalization") or site.operation.made_of or weight is None or not site.wants(weight):
        return
    if not np.size(site.y) or site.argument("mean") is not None:
        return
    norm = _of_batch(site)
    names = site.called(weight), site.called(bias)
    for what, factor in (
        ("x stands in place of x̂", norm.x),
        ("x − μ stands in place of x̂: it is not divided by σ", norm.d),
        ("the output y stands in place of x̂", site.y),
        ("x̂ is left out", 1.0),
    ):
        yield replaced(
            weight,
            lambda g, factor=factor: (g * factor).sum(norm.axes),
            f"in the gradient by {names[0]} at {{at}} {what}",
            variant=f"weight {what}",
        )
    if site.wants(bias):
        yield replaced(
            bias,
            lambda g: (g * norm.normal).sum(norm.axes),
            f"the gradient by {names[1]} at {{at}} is that of {names[0]}: γ and β are exchanged",
            variant="exchanged bias",
        )
        yield replaced(
            bias,
            lambda g: (g * norm.weight).sum(norm.axes),
            f"the gradient by {names[1]} at {{at}} has γ in it, which is not due there",
            variant="γ in bias",
        )


def _in_steps(site, source, change, says, **options):
    """``change(g)`` in place of the gradient by x, where g is that by x̂; the {} in ``says`` is the normalization."""
    words = f"the normalization of {site.names.name(source)} (up to {site.names.label(site.node)})"
    one = Alteration(says.replace("{}", words), gradient=change, above=site.node, **options)
    one.node = source
    return one


def _parts_in_steps(site):
    """The same where x̂ is written out in steps, and of a scale that multiplies it."""
    written = _written(site)
    if written is not None:
        norm, source = written
        counts = {1: "sums stand in place of means", norm.n - 1: f"the means are sums divided by n − 1 = {norm.n - 1}"}
        counted = [(what, partial(norm.by_input, n=n)) for n, what in counts.items() if 0 < n != norm.n]
        for what, change in (*_changes(norm), *counted):
            yield _in_steps(site, source, change, f"in the gradient of {{}} {what}", variant=what)
    if not site.has("elementwise", "multiplies"):
        return
    for i in (0, 1):
        source = site.inputs[1 - i]
        if not site.wants(i) or isinstance(source, Constant):
            continue
        written = _written(type(site)(source, site.graph))
        for what, factor in (
            (
                ("x stands in place of x̂", written[0].x),
                ("x − μ stands in place of x̂: it is not divided by σ", written[0].d),
            )
            if written is not None
            else ()
        ):
            yield replaced(
                i,
                lambda g, factor=factor: g * factor,
                f"in the gradient by {site.called(i)} at {{at}} {what}",
                variant=f"scale {i} {what}",
                likely=0,
            )
