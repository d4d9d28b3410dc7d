"""A step size that falls when nothing gets better any more."""

import math
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, check_count, check_number, check_optimizer, for_each_group, refuse


class ReduceLROnPlateau(LRScheduler):
    """lr ← lr · factor where a measure has not got better for more than ``patience`` epochs.

    Parameters
    ----------
    optimizer : whose step sizes are set
    mode : whether a smaller ("min") or a larger ("max") measure is better
    factor : below 1
    patience : so many epochs without improvement are passed over
    threshold, threshold_mode : how much better counts: this share of the best ("rel"), or this much ("abs")
    cooldown : so many epochs after a reduction nothing is counted
    min_lr : lr does not go below it, one for all groups or a list
    eps : a smaller change of lr is left out

    >>> import autograd as ag, nn
    >>> optimizer = nn.optim.SGD([ag.Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = nn.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1)
    >>> for validation_loss in [1.0, 0.9, 0.95, 0.92]:
    ...     scheduler.step(validation_loss)
    >>> scheduler.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        check_number(self, "factor", factor)
        if factor >= 1:
            refuse(self, "factor", factor, "below 1")
        if mode not in ("min", "max"):
            refuse(self, "mode", mode, '"min" or "max"')
        if threshold_mode not in ("rel", "abs"):
            refuse(self, "threshold_mode", threshold_mode, '"rel" or "abs"')
        for name, count in (("patience", patience), ("cooldown", cooldown)):
            check_count(self, name, count, 0)
        for name, value in (("threshold", threshold), ("eps", eps)):
            check_number(self, name, value)
        self.optimizer = check_optimizer(self, optimizer)
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.min_lrs = for_each_group(self, "min_lr", min_lr, optimizer)
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = self._lrs
        self.reset()

    def reset(self) -> None:
        """Forget the best measure and all counts."""
        self.best = math.inf if self.mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction was made so lately that nothing is counted."""
        return self.cooldown_counter > 0

    def is_better(self, measure: float, best: float) -> bool:
        """Whether a measure is better than the best, by the threshold."""
        if self.threshold_mode == "rel":
            sign = -1 if self.mode == "min" else 1
            goal = best * (1 + sign * self.threshold)
        else:
            goal = best - self.threshold if self.mode == "min" else best + self.threshold
        return measure < goal if self.mode == "min" else measure > goal

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Count one epoch, with its measure: a number, or a Tensor of one."""
        measure = float(metrics)
        self.last_epoch += 1
        if self.is_better(measure, self.best):
            self.best = measure
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        lrs = self._lrs
        if self.num_bad_epochs > self.patience:
            reduced = [max(lr * self.factor, least) for lr, least in zip(lrs, self.min_lrs, strict=True)]
            lrs = [new if lr - new > self.eps else lr for lr, new in zip(lrs, reduced, strict=True)]
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._write(lrs)
