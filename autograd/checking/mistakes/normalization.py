"""Mistakes at a normalization: what its statistics depend on."""

import numpy as np

from ..alteration import replaced


def statistics_constant(site):
    """Batch norm with mean and variance held constant in the derivative."""
    if not site.has("normalization") or site.operation.made_of:
        return
    if site.argument("mean") is not None or not site.wants(0):
        return
    x = site.x
    axes = tuple(k for k in range(x.ndim) if k != 1)
    shape = [-1 if k == 1 else 1 for k in range(x.ndim)]
    weight = site.value(site.position("weight"))
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
