"""Pictures of what a classifier takes for what: ``nn.plot_confusion_matrix(matrix).savefig("confusion.png")``.

They are figures of matplotlib, which is optional: ``pip install 'chalkgrad[plot]'``.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .confusion import Mistake

__all__ = ["plot_confusion_matrix", "plot_mistakes"]

_GREY, _RIGHT, _WRONG = "#57606a", "#1a6b3c", "#b3261e"
_NUMBERED = 25  # from so many classes on numbers could not be read


def plot_confusion_matrix(matrix: Any, names: Sequence[str] | None = None) -> Any:
    """A figure of a confusion matrix: what is right in green, mistakes in red, the darker the more of their row.

    matrix : of counts, (classes, classes), as ``nn.confusion_matrix`` gives it
    names : of the classes; by default their numbers

    At the right stands which part of each class is recognized. Counts stand in the cells of up to 25 classes.

    >>> import nn
    >>> figure = nn.plot_confusion_matrix([[48, 2], [5, 45]], names=["cat", "dog"])
    >>> figure.axes[0].get_title(loc="left")
    '93.0% of 100 are right'
    """
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.dtype.kind not in "iuf" or not counts.size:
        raise ValueError(
            f"plot_confusion_matrix: a square matrix of counts is needed\n  matrix: {counts.shape}, {counts.dtype}"
        )
    if not (counts >= 0).all() or not counts.sum():
        raise ValueError("plot_confusion_matrix: counts must be 0 or more, and not all 0")
    classes = len(counts)
    labels = _names(names, classes, "plot_confusion_matrix")
    of_class = counts.sum(axis=1, keepdims=True)
    parts = np.divide(counts, of_class, out=np.zeros(counts.shape), where=of_class > 0)
    numbered = classes <= _NUMBERED
    cell = 0.5 if numbered else 0.14
    longest = max([len(label) for label in labels])
    side = max(2.2, cell * classes)
    left, bottom = 0.65 + 0.085 * longest, 0.65 + (0.085 * longest if longest > 3 else 0.1)
    width, height = left + side + 0.85, bottom + side + 0.55
    figure = _figure("plot_confusion_matrix", width, height)
    axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
    axes.imshow(_colours(parts), interpolation="nearest")
    axes.set_xticks(np.arange(-0.5, classes), minor=True)
    axes.set_yticks(np.arange(-0.5, classes), minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5 if numbered else 0.4)
    axes.tick_params(which="both", length=0, colors=_GREY)
    size = 10 if numbered else 5
    axes.set_xticks(range(classes), labels, rotation=90 if longest > 3 else 0, fontsize=size)
    axes.set_yticks(range(classes), labels, fontsize=size)
    axes.set_xlabel("predicted", color=_GREY)
    axes.set_ylabel("true class", color=_GREY)
    right = np.trace(counts) / counts.sum()
    axes.set_title(f"{right:.1%} of {counts.sum():,.10g} are right", loc="left", fontsize=11, fontweight="bold")
    for spine in axes.spines.values():
        spine.set_visible(False)
    for i in range(classes):
        if of_class[i, 0]:
            text = f"{parts[i, i]:.0%}" if 0 < parts[i, i] < 0.995 or parts[i, i] in (0, 1) else f"{parts[i, i]:.1%}"
            axes.text(classes - 0.35, i, text, va="center", color=_GREY, fontsize=9 if numbered else 5)
        for j in range(classes) if numbered else ():
            if counts[i, j]:
                colour = "white" if _shade(parts[i, j], i == j) > 0.62 else "black"
                axes.text(j, i, _count(counts[i, j]), ha="center", va="center", color=colour, fontsize=9)
    return figure


def plot_mistakes(mistakes: Sequence[Mistake], names: Sequence[str] | None = None) -> Any:
    """A figure of mistakes, each picture with what it is taken for, and how surely, and what it is.

    mistakes : as ``nn.worst_mistakes`` gives them; their inputs are pictures, (H, W), (1, H, W) or (3, H, W), each of
        which is shown from its smallest value to its largest
    names : of the classes; by default their numbers
    """
    mistakes = list(mistakes)
    if not mistakes:
        raise ValueError("plot_mistakes: there is no mistake to show")
    classes = max([max(one.label, one.predicted) for one in mistakes]) + 1
    labels = _names(names, classes, "plot_mistakes", at_least=True)
    pictures = [_picture(one.input) for one in mistakes]
    columns = min(len(mistakes), max(4, int(np.ceil(np.sqrt(len(mistakes))))))
    rows = -(-len(mistakes) // columns)
    longest = max([len(labels[one.label]) for one in mistakes] + [len(labels[one.predicted]) for one in mistakes])
    width = max(1.5, 0.078 * (longest + 16))
    figure = _figure("plot_mistakes", width * columns + 0.1, 1.95 * rows + 0.1)
    for axes, one, picture in zip(figure.subplots(rows, columns, squeeze=False).flat, mistakes, pictures, strict=False):
        axes.imshow(picture, cmap="gray", interpolation="nearest")
        taken, was = f"{labels[one.predicted]}  {_percent(one.probability)}", labels[one.label]
        axes.set_title(f"taken for {taken}", color=_WRONG, fontsize=9, pad=3)
        axes.set_xlabel(f"is {was}  {_percent(one.label_probability)}", color=_RIGHT, fontsize=9, labelpad=3)
    for axes in figure.axes:
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
    figure.subplots_adjust(left=0.01, right=0.99, top=1 - 0.3 / (1.95 * rows), bottom=0.3 / (1.95 * rows), hspace=0.36)
    return figure


def _figure(who: str, width: float, height: float) -> Any:
    try:
        from matplotlib.figure import Figure  # when used: matplotlib is optional
    except ImportError as error:
        raise ImportError(f"{who}: matplotlib is needed\n  pip install 'chalkgrad[plot]'") from error
    return Figure(figsize=(width, height), dpi=150, facecolor="white")


def _names(names: Sequence[str] | None, classes: int, who: str, at_least: bool = False) -> list[str]:
    if names is None:
        return [str(i) for i in range(classes)]
    given = [str(name) for name in names]
    if len(given) < classes or (len(given) > classes and not at_least):
        raise ValueError(f"{who}: a name for each class is needed\n  classes: {classes}\n  names: {len(given)}")
    return given


def _shade(part: Any, right: Any) -> Any:
    """How dark a cell is, from 0 to 1: mistakes are rare, and are seen all the same."""
    return np.where(right, part, np.sqrt(part) * (np.asarray(part) > 0))


def _colours(parts: np.ndarray) -> np.ndarray:
    right = np.eye(len(parts), dtype=bool)
    shade = _shade(parts, right)[..., None]
    paper = np.array([0.965, 0.970, 0.976])
    dark = np.where(right[..., None], [0.10, 0.42, 0.24], [0.70, 0.15, 0.12])
    return paper * (1 - shade) + dark * shade


def _count(count: Any) -> str:
    return f"{count:.4g}" if count < 10_000 else f"{count / 1000:.0f}k"


def _percent(probability: float) -> str:
    return f"{probability:.0%}" if probability >= 0.01 or probability == 0 else "<1%"


def _picture(values: np.ndarray) -> np.ndarray:
    """An array as matplotlib shows it: (H, W) or (H, W, 3), from 0 to 1."""
    picture = np.asarray(values, float)
    if picture.ndim == 3 and picture.shape[0] in (1, 3):
        picture = np.moveaxis(picture, 0, -1) if len(picture) == 3 else picture[0]
    elif picture.ndim != 2 or not picture.size:
        raise ValueError(
            "plot_mistakes: inputs must be pictures, of shape (H, W), (1, H, W) or (3, H, W)\n"
            f"  shape: {np.shape(values)}"
        )
    low, high = picture.min(), picture.max()
    return (picture - low) / (high - low) if high > low else np.zeros(picture.shape)
