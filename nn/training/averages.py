"""Means over the samples of an epoch: the loss, the accuracy, and metrics of yours."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

import autograd as ag

from ..values import values_of

Metrics: TypeAlias = Mapping[str, Callable[[Any, Any], Any]]
"""{name: metric(output, target), the mean over a batch's samples}."""


class Averages:
    """Loss and accuracy so far, each sample counted once.

    ignore_index : of the loss, if it has one: targets of this class do not count
    metrics : {name: function of a batch's output and targets that gives the mean over its samples}
    """

    def __init__(self, ignore_index: int | None = None, metrics: Metrics | None = None) -> None:
        self.ignore_index = ignore_index
        self.metrics = dict(metrics or {})
        self.sums = dict.fromkeys(self.metrics, 0.0)
        self.batches = self.samples = self.correct = 0
        self.total = 0.0
        self.classifies = True

    def add(self, loss: Any, output: Any, target: Any) -> None:
        """Take in a batch: its mean loss, the net's output, and the targets.

        Raises ValueError for a batch without samples. One whose targets are all ignored counts for nothing.
        """
        value, samples = float(loss), length_of(target)
        if not samples:
            raise ValueError("there is a batch without samples, whose mean loss would be that of nothing")
        classes = _classes(output, target)
        correct = 0
        if classes is not None:
            counts = np.ones(classes.shape, bool) if self.ignore_index is None else classes != self.ignore_index
            samples = int(counts.sum())
            if classes.ndim == 1:
                correct = int((values_of(output).argmax(axis=1) == classes)[counts].sum())
        with ag.no_grad():
            means = {name: float(metric(output, target)) for name, metric in self.metrics.items()}
        self.batches += 1
        self.sums = {name: self.sums[name] + mean * samples for name, mean in means.items()}
        self.samples += samples
        self.total += value * samples if samples else 0.0
        self.correct += correct
        self.classifies = self.classifies and classes is not None and classes.ndim == 1

    @property
    def loss(self) -> float:
        return self.total / self.samples if self.samples else math.nan

    @property
    def accuracy(self) -> float | None:
        """The fraction of samples whose largest output is their class; None where there are no classes."""
        return self.correct / self.samples if self.samples and self.classifies else None

    @property
    def means(self) -> dict[str, float]:
        """{name: mean over the samples} of the metrics."""
        return {name: total / self.samples if self.samples else math.nan for name, total in self.sums.items()}

    @property
    def result(self) -> tuple[float, float | None]:
        return self.loss, self.accuracy

    def shown(self, prefix: str = "") -> dict[str, str]:
        """For the progress bar."""
        parts = {f"{prefix}loss": f"{self.loss:.4f}"}
        if self.accuracy is not None:
            parts[f"{prefix}accuracy"] = f"{self.accuracy:.2%}"
        return {**parts, **{f"{prefix}{name}": f"{mean:.4g}" for name, mean in self.means.items()}}

    def state_dict(self) -> dict[str, Any]:
        """The sums so far."""
        return {name: getattr(self, name) for name in _SUMS}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where ``state_dict`` was taken."""
        vars(self).update({name: state[name] for name in _SUMS})


_SUMS = ("batches", "samples", "correct", "total", "classifies", "sums")


def _classes(output: Any, target: Any) -> np.ndarray | None:
    """The targets as an array if they are class numbers for scores (N, K) or (N, K, d1, …), else None."""
    if not isinstance(output, ag.Tensor | np.ndarray) or isinstance(target, Mapping):
        return None
    try:
        array = values_of(target)
    except ValueError:  # several arrays, of shapes of their own
        return None
    fitting = array.dtype.kind in "iu" and array.shape == (*output.shape[:1], *output.shape[2:])
    return array if output.ndim >= 2 and fitting else None


def length_of(part: Any) -> int:
    """How many samples a part of a batch has: an array, a list with an entry for each, or a tuple or dict of such."""
    if isinstance(part, Mapping):
        part = tuple(part.values())
    if isinstance(part, tuple) and part and not isinstance(part[0], int | float | np.generic):
        return length_of(part[0])
    if isinstance(part, list | tuple):
        return len(part)
    shape = np.shape(part)
    return shape[0] if shape else 1
