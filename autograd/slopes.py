"""The slope of a function along a line by central differences, and how far it can be trusted.

One step is enough where the values are smooth and fine. Where they are not, ``best`` tries others, from small ones for
functions that bend sharply to large ones for values that are coarse, and goes by how well neighbouring steps agree.
"""

import numpy as np

__all__ = ["Line"]

ROUNDING = float(np.finfo(np.float64).eps)
STEPS = (0, -1, -2, -3, 1, 2, 3, 4)  # powers of ten of the first step


class Line:
    """s(t) = Σ u · f(x + t d): the values of a function on a line, with weights on its outputs.

    outputs_at : t ↦ the list of outputs at x + t d
    weights : u, one for each output
    base : the outputs at t = 0
    scale : how large the numbers are that s is made of
    """

    def __init__(self, outputs_at, weights, base, scale):
        self.outputs_at, self.weights, self.base, self.scale = outputs_at, weights, base, scale

    def slope(self, t):
        """(the central difference with step t, how much of it may be rounding, and how much of a gradient may)."""
        with np.errstate(all="ignore"):  # a step may leave the domain of f: the slope is then no number
            above, below = self.outputs_at(t), self.outputs_at(-t)
            rise = bend = 0.0
            for u, up, down, y in zip(self.weights, above, below, self.base, strict=True):
                rise += float(np.sum(u * (up - down)))
                bend += float(np.sum(u * (up - y - (y - down))))
            # a gradient is rounded too: by as much as it changes where x moves by a few roundings of itself
            return rise / (2 * t), 2 * ROUNDING * self.scale / t, 16 * ROUNDING * abs(bend) / t / t

    def sides(self, t):
        """(the slope on the right, the slope on the left) with step t: they differ at a kink."""
        with np.errstate(all="ignore"):
            here, above, below = (
                sum([float(np.sum(u * y)) for u, y in zip(self.weights, outputs, strict=True)])
                for outputs in (self.base, self.outputs_at(t), self.outputs_at(-t))
            )
            return (above - here) / t, (here - below) / t

    def best(self, first, rtol, centres=(1.0,)):
        """(slope, its error, the rounding of a gradient) by the first step that its neighbour confirms to ``rtol``.

        Without any, it is by the surest of all. first : the step to begin with; the others are powers of ten of it,
        times each of ``centres``
        """
        known = {}

        def slope(t):
            if t not in known:
                known[t] = self.slope(t)
            return known[t]

        surest, least = (slope(first)[0], np.inf, 0.0), np.inf
        for centre in centres:
            for power in STEPS:
                t = first * centre * 10.0**power
                (one, noise, blur), (other, _, _) = slope(t), slope(t / 10)
                error = abs(one - other) + noise
                if not np.isfinite(error):
                    continue
                if error <= rtol * abs(one):
                    return one, error, blur
                if error < least:
                    surest, least = (one, error, blur), error
        return surest
