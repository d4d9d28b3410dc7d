"""What a training has seen, epoch by epoch: lists, and a picture of them."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any, TypeAlias

Result: TypeAlias = tuple[float, float | None]
"""Mean loss, and accuracy where there are classes."""


@dataclass
class History:
    """What ``fit`` saw: a list entry for each complete epoch.

    loss, accuracy : means over the epoch, while training
    validation_loss, validation_accuracy : after the epoch (empty without validation data)
    metrics, validation_metrics : {name: the list of its means} of the metrics that ``fit`` was given
    lr : the step size of the optimizer's first group in the epoch's last step
    seconds : how long the epoch took
    interrupted : whether Ctrl-C ended it
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float | None] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    interrupted: bool = False
    metrics: dict[str, list[float]] = field(default_factory=dict)
    validation_metrics: dict[str, list[float]] = field(default_factory=dict)
    lr: list[float] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """How many epochs are complete."""
        return len(self.loss)

    def add(
        self,
        trained: Result,
        seconds: float,
        validated: Result | None = None,
        metrics: Mapping[str, float] | None = None,
        validation_metrics: Mapping[str, float] | None = None,
        lr: float | None = None,
    ) -> None:
        """Add a complete epoch: (loss, accuracy) while training, how long it took, and after it on validation data.

        All lists grow at once: no Ctrl-C comes between two of them.
        """
        entries: list[tuple[list[Any], Any]] = [(self.loss, trained[0]), (self.accuracy, trained[1])]
        if validated is not None:
            entries += [(self.validation_loss, validated[0]), (self.validation_accuracy, validated[1])]
        for lists, means in ((self.metrics, metrics), (self.validation_metrics, validation_metrics)):
            entries += [(lists.setdefault(name, []), mean) for name, mean in (means or {}).items()]
        if lr is not None:
            entries.append((self.lr, lr))
        entries.append((self.seconds, seconds))
        deque(starmap(list.append, entries), maxlen=0)

    def plot(self) -> Any:
        """A figure of matplotlib (extra ``plot``) with the curves: the loss, and beside it accuracy and metrics."""
        from .plotting import curves  # when used: matplotlib is optional

        return curves(self)
