"""Finite differences of a taped graph: what its values themselves say of a gradient."""

import numpy as np

from ..taped.replay import evaluate


class Slopes:
    """Finite differences of ``seed · output`` on a taped graph in float64.

    ``compare(places, truth)`` gives (relative error, kink): the true gradient of a value against
    central differences along each axis or, of a large value, along three random directions. It is a
    kink where the slopes on the two sides differ.
    """

    def __init__(self, order, output, seed):
        self.order, self.output, self.seed = order, output, seed
        self.at_rest = float(np.sum(seed * output.note.value))

    def compare(self, places, truth):
        value = np.asarray(places[0].note.value, dtype=np.float64)
        truth = np.asarray(truth, dtype=np.float64)
        if not value.size:
            return 0.0, False
        if value.size <= 16:
            directions = np.eye(value.size).reshape(value.size, *value.shape)
        else:
            directions = np.random.default_rng(0).normal(size=(3, *value.shape))
        size = max(1.0, float(np.max(np.abs(value))))
        largest = float(np.max(np.abs(truth)))
        worst, kink = 0.0, False
        for direction in directions:
            analytic = float(np.sum(truth * direction))
            scale = max(abs(analytic), largest * float(np.linalg.norm(direction)))
            best, bent = np.inf, False
            for step in (1e-6, 1e-5, 1e-4, 1e-8):
                right, left = (self._side(places, value, direction, sign * step * size) for sign in (1, -1))
                numeric = (right + left) / 2
                noise = 1e-15 * abs(self.at_rest) / (step * size)
                error = abs(numeric - analytic) / max(scale, abs(numeric), noise, 1e-300)
                if error < best:
                    best = error
                    bent = abs(right - left) > 0.5 * abs(numeric - analytic)
                if best < 1e-5:
                    break
            if best > worst or not best <= np.inf:
                worst, kink = best, bent and best > 1e-4
        return worst, kink

    def _side(self, places, value, direction, step):
        moved = evaluate(self.order, dict.fromkeys(places, (value + step * direction)[()]))
        end = float(np.sum(self.seed * moved.get(self.output, self.output.note.value)))
        return (end - self.at_rest) / step
