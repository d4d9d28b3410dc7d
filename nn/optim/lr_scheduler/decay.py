"""Step sizes that fall, or warm up, by steps, by a line or a power."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from ..optimizer import Optimizer
from .base import LRScheduler, check_count, check_number


class StepLR(LRScheduler):
    """lr ← lr · gamma every ``step_size`` epochs.

    optimizer : whose step sizes are set
    last_epoch : as of ``LRScheduler``
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        check_count(self, "step_size", step_size)
        check_number(self, "gamma", gamma)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self._lrs
        return [lr * self.gamma for lr in self._lrs]

    def _lr_by_number(self) -> list[float]:
        return [lr * self.gamma ** (self.last_epoch // self.step_size) for lr in self.base_lrs]


class MultiStepLR(LRScheduler):
    """lr ← lr · gamma at each of the epochs ``milestones``; one that is listed twice counts twice.

    optimizer : whose step sizes are set
    last_epoch : as of ``LRScheduler``
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        for milestone in self.milestones:
            check_count(self, "milestones", milestone, 0)
        check_number(self, "gamma", gamma)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch not in self.milestones:
            return self._lrs
        return [lr * self.gamma ** self.milestones[self.last_epoch] for lr in self._lrs]

    def _lr_by_number(self) -> list[float]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [lr * self.gamma**passed for lr in self.base_lrs]


class ConstantLR(LRScheduler):
    """lr = initial lr · factor in the first ``total_iters`` epochs, then the initial one.

    optimizer : whose step sizes are set
    last_epoch : as of ``LRScheduler``
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        check_number(self, "factor", factor, 0, 1, above=True)
        check_count(self, "total_iters", total_iters, 0)
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [lr * self.factor for lr in self._lrs]
        if self.last_epoch != self.total_iters:
            return self._lrs
        return [lr * (1 / self.factor) for lr in self._lrs]

    def _lr_by_number(self) -> list[float]:
        ended = self.last_epoch >= self.total_iters
        return [lr * (self.factor + ended * (1 - self.factor)) for lr in self.base_lrs]


class LinearLR(LRScheduler):
    """lr = initial lr · factor, which goes from ``start_factor`` to ``end_factor`` in a line over ``total_iters``
    epochs.

    optimizer : whose step sizes are set
    last_epoch : as of ``LRScheduler``
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        check_number(self, "start_factor", start_factor, 0, 1, above=True)
        check_number(self, "end_factor", end_factor, 0, 1)
        check_count(self, "total_iters", total_iters)
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [lr * self.start_factor for lr in self._lrs]
        if self._initial or self.last_epoch > self.total_iters:
            return self._lrs
        change = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * change
        return [lr * (1 + change / before) for lr in self._lrs]

    def _lr_by_number(self) -> list[float]:
        share = min(self.total_iters, self.last_epoch) / self.total_iters
        return [lr * (self.start_factor + (self.end_factor - self.start_factor) * share) for lr in self.base_lrs]


class ExponentialLR(LRScheduler):
    """lr ← lr · gamma at each epoch.

    optimizer : whose step sizes are set
    last_epoch : as of ``LRScheduler``
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        check_number(self, "gamma", gamma)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return self._lrs if self._initial else [lr * self.gamma for lr in self._lrs]

    def _lr_by_number(self) -> list[float]:
        return [lr * self.gamma**self.last_epoch for lr in self.base_lrs]


class PolynomialLR(LRScheduler):
    """lr = initial lr · (1 − epoch / total_iters) ^ power, and 0 from ``total_iters`` on.

    optimizer : whose step sizes are set
    last_epoch : as of ``LRScheduler``
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        check_count(self, "total_iters", total_iters)
        check_number(self, "power", power)
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._initial or self.last_epoch > self.total_iters:
            return self._lrs
        now, before = (1 - epoch / self.total_iters for epoch in (self.last_epoch, self.last_epoch - 1))
        return [lr * (now / before) ** self.power for lr in self._lrs]

    def _lr_by_number(self) -> list[float]:
        left = 1 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [lr * left**self.power for lr in self.base_lrs]
