"""Finite differences of a taped graph: what its values themselves say of a gradient."""

import numpy as np

from ..slopes import Line
from ..taped.replay import evaluate

STEP = 1e-6


class Slopes:
    """Finite differences of ``seed · output`` on a taped graph in float64.

    ``compare(places, truth)`` gives (relative error, kink): the true gradient of a value against
    central differences along each axis or, of a large value, along three random directions. It is a
    kink where the slopes on the two sides differ.
    """

    def __init__(self, order, output, seed):
        self.order, self.output, self.seed = order, output, seed
        self.at_rest = [np.asarray(output.note.value, np.float64)]
        self.scale = float(np.sum(np.abs(seed * self.at_rest[0])))

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
            line = self._line(places, value, direction)
            numeric, uncertain, _ = line.best(STEP * size, 1e-7)
            scale = max(abs(analytic), largest * float(np.linalg.norm(direction)), abs(numeric))
            if np.isfinite(uncertain):
                scale = max(scale, uncertain)
            error = abs(numeric - analytic) / max(scale, 1e-300)
            if error > worst or not error <= np.inf:
                right, left = line.sides(STEP * size)
                worst, kink = error, error > 1e-4 and abs(right - left) > 0.5 * abs(numeric - analytic)
        return worst, kink

    def _line(self, places, value, direction):
        def outputs_at(t):
            moved = evaluate(self.order, dict.fromkeys(places, (value + t * direction)[()]))
            return [moved.get(self.output, self.output.note.value)]

        return Line(outputs_at, [self.seed], self.at_rest, self.scale)
