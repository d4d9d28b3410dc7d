"""Several schedules for one optimizer: one after the other, or all at once."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, check_count
from .plateau import ReduceLROnPlateau


class _Combined(LRScheduler):
    _unsaved = ("optimizer", "_schedulers")

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        if not schedulers:
            raise ValueError(f"{type(self).__name__}: there are no schedulers")
        for scheduler in schedulers:
            if not isinstance(scheduler, LRScheduler):
                raise TypeError(f"{type(self).__name__}: schedulers are needed, not a {type(scheduler).__name__}")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{type(self).__name__}: ReduceLROnPlateau takes a measure at each step\n  step it by itself"
                )
        self.optimizer = schedulers[0].optimizer if optimizer is None else optimizer
        if any(scheduler.optimizer is not self.optimizer for scheduler in schedulers):
            raise ValueError(f"{type(self).__name__}: the schedulers must be of one optimizer")
        self._schedulers = list(schedulers)

    def _undo(self) -> None:
        for scheduler in self._schedulers:
            scheduler._undo()

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        own, schedulers = self.state_dict(), self._schedulers
        states = state_dict.get("_schedulers", []) if isinstance(state_dict, Mapping) else []
        if len(states) != len(schedulers):
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the numbers of schedulers differ\n"
                f"  here: {len(schedulers)}\n  in the state dict: {len(states)}"
            )
        before = [scheduler.state_dict() for scheduler in schedulers]
        try:
            for scheduler, state in zip(schedulers, states, strict=True):
                scheduler.load_state_dict(state)
            super().load_state_dict(state_dict)
        except BaseException:
            for scheduler, state in zip(schedulers, before, strict=True):
                scheduler.load_state_dict(state)
            vars(self).update({name: value for name, value in own.items() if name != "_schedulers"})
            raise
        finally:
            self._schedulers = schedulers


class SequentialLR(_Combined):
    """One schedule after the other: the next one begins, at its epoch 0, when a milestone is reached.

    Parameters
    ----------
    optimizer : whose step sizes are set
    schedulers : in the order of their turns
    milestones : the epochs at which the second and those after it begin

    >>> import autograd as ag, nn
    >>> schedule, optimizer = nn.optim.lr_scheduler, nn.optim.SGD([ag.Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> warmup, rest = schedule.LinearLR(optimizer, 0.5, total_iters=2), schedule.ExponentialLR(optimizer, 0.5)
    >>> scheduler = schedule.SequentialLR(optimizer, [warmup, rest], milestones=[2])
    >>> lrs = []
    >>> for _ in range(4):
    ...     lrs.append(optimizer.param_groups[0]["lr"])
    ...     scheduler.step()
    >>> lrs
    [0.5, 0.75, 1.0, 0.5]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1
    ) -> None:
        self._take(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "SequentialLR: there must be one milestone less than schedulers\n"
                f"  schedulers: {len(schedulers)}\n  milestones: {list(milestones)!r}"
            )
        for milestone in milestones:
            check_count(self, "milestones", milestone, 0)
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._undo()
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._begin()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[turn]
        if turn and self._milestones[turn - 1] == self.last_epoch:
            scheduler._restart()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Combined):
    """Several schedules at once, each of which changes what those before it have set.

    schedulers : in the order in which they change it
    optimizer : theirs, which is the default
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self._lrs

    def step(self) -> None:
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._lrs
