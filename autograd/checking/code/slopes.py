"""Where history is lost: backward's results held against finite differences of forward itself."""

import time

import numpy as np

from ...slopes import Line
from .forward import slope_of

STEP = 1e-5
LONGEST = 2.0
"""Seconds that forward is run for; of a large array only as many entries are compared as that allows."""


class Difference:
    """A result beside the slopes of forward: ``right``, ``expected`` (NaN where nothing was compared), ``compared``."""

    def __init__(self, array, expected, compared, tolerance):
        self.array, self.expected, self.compared = array, expected, compared
        with np.errstate(all="ignore"):
            off = np.abs(array - expected)[compared]
        self.right = bool(np.all(off <= tolerance))


def differences(arguments, reach, gradient, results):
    """A Difference for each of the results ([(name of a leaf, value)]) that has the shape of its leaf."""
    leaves = {leaf.name: np.asarray(leaf.value, dtype=float) for leaf in arguments.leaves}
    at_rest = slope_of(arguments, reach, gradient, leaves)
    rng = np.random.default_rng(0)
    found = {}
    each = LONGEST / max(1, len(results))
    for name, value in results:
        start, x = time.perf_counter(), leaves[name]
        array = np.asarray(value, dtype=float)
        if array.shape != x.shape:
            continue
        expected, compared, noise = np.full(x.shape, np.nan), np.zeros(x.shape, bool), 0.0
        h = STEP * max(1.0, float(np.max(np.abs(x), initial=0.0)))
        for k in rng.permutation(x.size):
            if time.perf_counter() - start > each and compared.any():
                break
            at = np.unravel_index(k, x.shape)

            def outputs_at(t, name=name, at=at):
                moved = leaves[name].copy()
                moved[at] += t
                return [slope_of(arguments, reach, gradient, {**leaves, name: moved})]

            expected[at], noise, _ = Line(outputs_at, [1.0], [at_rest], 32 * abs(at_rest)).slope(h)
            compared[at] = True
        largest = np.max(np.abs(expected[compared]), initial=0.0)
        found[name] = Difference(array, expected, compared, 1e-4 * max(largest, 1e-3) + noise)
    return found
