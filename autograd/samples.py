"""Arguments to try an operation on: ``sample(reals(3, 4), axis=0)``.

``reals``, ``positive``, ``nonzero`` and ``distinct`` are arrays that are drawn when the sample is made; any other value
stays as it is. A declaration's samples are what its laws run on.
"""

import numpy as np


class Sample:
    """Arguments to try an operation on: ``make(rng)`` returns (args, kwargs).

    differentiable : whether gradients are checked here (False at kinks, for dtype cases, …)
    smooth : whether second derivatives exist here
    """

    __slots__ = ("args", "kwargs", "differentiable", "smooth")

    def __init__(self, *args, differentiable=True, smooth=True, **kwargs):
        self.args = args
        self.kwargs = kwargs
        self.differentiable = differentiable
        self.smooth = smooth

    def make(self, rng):
        """Fresh arrays for the argument specifications; anything else stays as it is."""

        def fill(value):
            if isinstance(value, Draw):
                return value.draw(rng)
            if isinstance(value, list) and any(isinstance(item, Draw) for item in value):
                return [fill(item) for item in value]
            return value

        return [fill(value) for value in self.args], {key: fill(value) for key, value in self.kwargs.items()}

    def __repr__(self):
        parts = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs.items()]
        return ", ".join(parts)


sample = Sample


class Draw:
    """A float64 array to be drawn: its shape, and how."""

    __slots__ = ("shape", "how", "label")

    def __init__(self, shape, how, label):
        self.shape = shape
        self.how = how
        self.label = label

    def draw(self, rng):
        return np.asarray(self.how(rng, self.shape), dtype=np.float64)[()]

    def __repr__(self):
        return f"{self.label}{self.shape}"


def reals(*shape, low=-2.0, high=2.0):
    """An argument drawn evenly from [low, high)."""
    return Draw(shape, lambda rng, shape: rng.uniform(low, high, shape), "reals")


def positive(*shape, low=0.3, high=2.0):
    """An argument drawn evenly from [low, high), away from 0."""
    return Draw(shape, lambda rng, shape: rng.uniform(low, high, shape), "positive")


def nonzero(*shape, low=0.3, high=2.0):
    """An argument of both signs with |x| in [low, high): away from a kink at 0."""
    return Draw(shape, lambda rng, shape: rng.uniform(low, high, shape) * rng.choice([-1.0, 1.0], shape), "nonzero")


def distinct(*shape):
    """An argument whose entries differ by at least 0.1, so that no maximum is tied or near a tie."""

    def how(rng, shape):
        n = int(np.prod(shape))
        return (rng.permutation(n) - n / 2 + 0.25).reshape(shape) * 0.1

    return Draw(shape, how, "distinct")


def separated(*shape):
    """Matrices near diag(1, 2, …): invertible, positive definite, singular values and eigenvalues well apart."""

    def how(rng, shape):
        near = np.zeros(shape)
        steps = np.arange(min(shape[-2:]))
        near[..., steps, steps] = steps + 1
        return near + rng.uniform(-0.3, 0.3, shape)

    return Draw(shape, how, "separated")
