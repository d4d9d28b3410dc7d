"""What ``fit`` calls after each epoch: ``fit(..., callbacks=[nn.training.EarlyStopping(net, patience=5)])``.

A callback is a function of the ``History``; where it returns True the training ends. One with ``state_dict`` and
``load_state_dict`` is in a checkpoint.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from ..module import Module
from .history import History

Callback: TypeAlias = Callable[[History], Any]


class EarlyStopping:
    """Ends a training that gets no better, and gives the model the weights of its best epoch.

    Parameters
    ----------
    model : the Module that is trained
    patience : how many epochs in a row may be no better
    monitor : the list of the History that is watched, by name, or the name of a metric: "validation_loss",
        "validation_accuracy", …. What has "loss" in its name, and with maximize=False all, is to become small
    min_delta : by how much an epoch must be better to count
    maximize : whether the number is to become large; by default of all but losses

    The weights come back when it ends the training, not where epochs run out: ``restore()`` does it then.
    Source: Prechelt, "Early Stopping — But When?" (1998).
    """

    def __init__(
        self,
        model: Module,
        patience: int = 5,
        monitor: str = "validation_loss",
        min_delta: float = 0.0,
        maximize: bool | None = None,
    ) -> None:
        if isinstance(patience, bool) or not isinstance(patience, int) or patience < 1:
            raise ValueError(f"EarlyStopping: patience must be a whole number from 1\n  patience: {patience!r}")
        self.model, self.patience, self.monitor, self.min_delta = model, patience, monitor, min_delta
        self.maximize = "loss" not in monitor if maximize is None else maximize
        self.best: float | None = None
        self.best_epoch = 0
        self.weights: dict[str, np.ndarray] = {}

    def __call__(self, history: History) -> bool:
        """Whether the training is to end."""
        value = self._watched(history)
        if self.best is None or (value - self.best if self.maximize else self.best - value) > self.min_delta:
            weights = {name: np.array(one.data) for name, one in self.model.state_dict().items()}
            vars(self).update(best=value, best_epoch=history.epochs, weights=weights)
            return False
        if history.epochs - self.best_epoch < self.patience:
            return False
        self.restore()
        return True

    def restore(self) -> None:
        """Give the model the weights of the best epoch."""
        if self.weights:
            self.model.load_state_dict(self.weights)

    def _watched(self, history: History) -> float:
        lists = {**vars(history), **history.metrics}
        lists.update({f"validation_{name}": one for name, one in history.validation_metrics.items()})
        found = lists.get(self.monitor)
        if not isinstance(found, list) or not found or found[-1] is None:
            known = [name for name, one in lists.items() if isinstance(one, list) and one and one[-1] is not None]
            raise ValueError(
                f"EarlyStopping: there is no {self.monitor} to watch\n  there are: {', '.join(known)}\n"
                "  give fit validation data, or another monitor"
            )
        return float(found[-1])

    def state_dict(self) -> dict[str, Any]:
        """The best epoch so far, with its weights."""
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self.weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where ``state_dict`` was taken."""
        vars(self).update({name: state[name] for name in ("best", "best_epoch", "weights")})
