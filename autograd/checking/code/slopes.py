"""Where history is lost: backward's results held against finite differences of forward itself."""

import time

import numpy as np

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
    rng = np.random.default_rng(0)
    found = {}
    each = LONGEST / max(1, len(results))
    for name, value in results:
        start, x = time.perf_counter(), leaves[name]
        array = np.asarray(value, dtype=float)
        if array.shape != x.shape:
            continue
        expected, compared = np.full(x.shape, np.nan), np.zeros(x.shape, bool)
        h = STEP * max(1.0, float(np.max(np.abs(x), initial=0.0)))
        for k in rng.permutation(x.size):
            if time.perf_counter() - start > each and compared.any():
                break
            at = np.unravel_index(k, x.shape)
            ends = []
            for sign in (1, -1):
                moved = x.copy()
                moved[at] += sign * h
                ends.append(slope_of(arguments, reach, gradient, {**leaves, name: moved}))
            expected[at], compared[at] = (ends[0] - ends[1]) / (2 * h), True
        largest = np.max(np.abs(expected[compared]), initial=0.0)
        noise = 1e-14 * max(map(abs, ends), default=0.0) / h if x.size else 0.0
        found[name] = Difference(array, expected, compared, 1e-4 * max(largest, 1e-3) + noise)
    return found
