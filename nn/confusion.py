"""What a classifier takes for what: ``nn.confusion_matrix(net, loader)``, and the mistakes that it is surest of.

``nn.plot_confusion_matrix`` and ``nn.plot_mistakes`` make pictures of both.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd as ag

from .module import Module
from .restoring import in_its_modes
from .values import values_of

__all__ = ["Mistake", "confusion_matrix", "worst_mistakes"]


@dataclass(frozen=True)
class Mistake:
    """One sample that a classifier takes for another class than its own.

    position : in the order in which the loader gives the samples, from 0
    input : its array, without the axis of the batch
    label, predicted : class numbers
    label_probability, probability : what softmax gives to the label, and to the class predicted
    """

    position: int
    input: np.ndarray = field(repr=False)
    label: int
    predicted: int
    label_probability: float
    probability: float


def confusion_matrix(model: Module, loader: Iterable[Any]) -> np.ndarray:
    """How often each class (row) is taken for each class (column): ints, shape (classes, classes).

    model : gives a score for each class, shape (N, classes); it runs in evaluation mode, and has its mode back then
    loader : gives pairs (inputs, class numbers); a ``DataLoader``, or a list of them

    The diagonal is what is right: ``matrix.trace() / matrix.sum()`` is the accuracy. Raises ValueError for other
    outputs or labels, for scores that are NaN, and where there is no batch.

    >>> import nn, numpy as np
    >>> scores = np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    >>> nn.confusion_matrix(nn.Identity(), [(scores, np.array([0, 1, 1]))])
    array([[1, 0],
           [1, 1]])
    """
    return _in_evaluation(model, lambda: _matrix(model, loader))


def _matrix(model: Module, loader: Iterable[Any]) -> np.ndarray:
    matrix: Any = None
    for _, scores, labels in _batches(model, loader, "confusion_matrix"):
        classes = scores.shape[1]
        if matrix is None:
            matrix = np.zeros((classes, classes), int)
        if len(matrix) != classes:
            raise ValueError(
                f"confusion_matrix: batches differ in the number of classes\n  before: {len(matrix)}\n  now: {classes}"
            )
        np.add.at(matrix, (labels, scores.argmax(axis=1)), 1)
    return matrix


def worst_mistakes(model: Module, loader: Iterable[Any], count: int = 16) -> list[Mistake]:
    """The samples whose own class gets the least probability, the worst first: at most ``count``, all of them wrong.

    model, loader : as of ``confusion_matrix``

    >>> import nn, numpy as np
    >>> scores = np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    >>> nn.worst_mistakes(nn.Identity(), [(scores, np.array([0, 1, 0]))], count=1)
    [Mistake(position=2, label=0, predicted=1, label_probability=0.0474..., probability=0.9525...)]
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"worst_mistakes: count must be a whole number from 1\n  count: {count!r}")
    return _in_evaluation(model, lambda: _worst(model, loader, int(count)))


def _worst(model: Module, loader: Iterable[Any], count: int) -> list[Mistake]:
    worst: list[tuple[float, int, Mistake]] = []  # a heap: (log of the label's probability, minus), place, mistake
    start = 0
    for inputs, scores, labels in _batches(model, loader, "worst_mistakes"):
        logs = _log_softmax(scores)
        predicted = scores.argmax(axis=1)
        for i in np.flatnonzero(predicted != labels):
            badness = -float(logs[i, labels[i]])
            entry = badness, -(start + int(i))  # of two alike the earlier
            if len(worst) == count and entry <= worst[0][:2]:
                continue
            mistake = Mistake(
                start + int(i),
                np.array(inputs[i]),
                int(labels[i]),
                int(predicted[i]),
                float(np.exp(logs[i, labels[i]])),
                float(np.exp(logs[i, predicted[i]])),
            )
            (heapq.heappush if len(worst) < count else heapq.heapreplace)(worst, (*entry, mistake))
        start += len(labels)
    return [mistake for *_, mistake in sorted(worst, key=lambda one: one[:2], reverse=True)]


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    most = scores.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        shifted = np.where(scores == most, 0.0, scores.astype(float) - most)  # of an infinite score too
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _in_evaluation(model: Module, run: Callable[[], Any]) -> Any:
    """``run()`` with the model in evaluation mode and without recording; afterwards both are as they were."""
    if not isinstance(model, Module):
        raise TypeError(f"a Module is needed\n  model: {type(model).__name__}")

    def evaluated(model: Module) -> Any:
        model.eval()
        with ag.no_grad():
            return run()

    return in_its_modes(model, evaluated)


def _batches(model: Module, loader: Iterable[Any], who: str) -> Iterator[tuple[Any, np.ndarray, np.ndarray]]:
    """(inputs, scores, labels) of each batch, checked."""
    none = True
    for batch in loader:
        if not isinstance(batch, tuple | list) or len(batch) != 2:
            raise ValueError(f"{who}: a batch must be a pair, (inputs, class numbers)\n  batch: {type(batch).__name__}")
        inputs, labels = batch[0], values_of(batch[1])
        output = model(inputs)
        scores = values_of(output)
        if scores.ndim != 2 or scores.shape[1] < 2 or scores.dtype.kind not in "fiu":
            raise ValueError(
                f"{who}: the model must give a score for each class, shape (N, classes), of 2 classes or more\n"
                f"  output: {scores.shape}, {scores.dtype}"
            )
        if labels.shape != scores.shape[:1] or labels.dtype.kind not in "iu":
            raise ValueError(
                f"{who}: labels must be a class number for each sample\n  samples: {len(scores)}\n"
                f"  labels: {labels.shape}, {labels.dtype}"
            )
        wrong = labels[(labels < 0) | (labels >= scores.shape[1])]
        if len(wrong):
            raise ValueError(
                f"{who}: there is a label that is no class\n  label: {wrong[0]}\n  classes: 0 to {scores.shape[1] - 1}"
            )
        if np.isnan(scores).any():
            raise ValueError(
                f"{who}: scores of the model are NaN, and say no class\n"
                f"  in {int(np.isnan(scores).any(axis=1).sum())} of {len(scores)} samples of a batch"
            )
        none = none and not len(labels)
        yield values_of(inputs), scores, labels
    if none:
        raise ValueError(f"{who}: the loader has given no sample\n  loader: {type(loader).__name__}")
