"""LRScheduler: what all schedules share; a subclass says the next step sizes in ``get_lr``."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..optimizer import Optimizer


class LRScheduler:
    """Base class. ``get_lr()`` of a subclass gives the step size of each group at ``last_epoch``.

    Parameters
    ----------
    optimizer : its ``group["lr"]`` are written to, at once and at each ``step``
    last_epoch : −1 to begin; another number to go on after that epoch with the optimizer's loaded state

    base_lrs : the step sizes to begin with, ``group["initial_lr"]``
    """

    _unsaved: tuple[str, ...] = ("optimizer",)
    """The attributes that ``state_dict`` leaves out."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = check_optimizer(self, optimizer)
        if last_epoch == -1:
            for group in optimizer.param_groups:
                group.setdefault("initial_lr", group["lr"])
        elif any("initial_lr" not in group for group in optimizer.param_groups):
            raise ValueError(
                f"{type(self).__name__}: there is no schedule to go on with\n  last_epoch: {last_epoch!r}\n"
                '  load the optimizer\'s state first, whose groups have an "initial_lr", or leave last_epoch out'
            )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._begin()

    def _begin(self) -> None:
        """Take the first step, which sets the step sizes of the first epoch."""
        self._initial = True
        try:
            self.step()
        finally:
            self._initial = False

    def _undo(self) -> None:
        """Take back the first step's count; the step sizes are set anew by whoever asks for it."""
        self.last_epoch -= 1

    @property
    def _lrs(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_lr(self) -> list[float]:
        """The step size of each group at ``last_epoch``, from those before it: ``step`` writes them."""
        raise NotImplementedError(f"{type(self).__name__}: define get_lr(self)")

    def _lr_by_number(self) -> list[float]:
        """The same from ``base_lrs`` alone, where it is known."""
        return self.get_lr()

    def get_last_lr(self) -> list[float]:
        """The step size of each group that the last ``step`` wrote."""
        return self._last_lr

    def step(self) -> None:
        """Go on by one epoch, or one batch: once the optimizer has made its step, or steps."""
        self.last_epoch += 1
        self._write(self.get_lr())

    def _restart(self) -> None:
        """Go to epoch 0, as ``SequentialLR`` does when this schedule's turn comes."""
        self.last_epoch = 0
        self._write(self._lr_by_number())

    def _write(self, lrs: Iterable[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = lr
        self._last_lr = self._lrs

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands, for saving. What it is made of, such as functions, is not in it."""
        return {name: copied(value) for name, value in vars(self).items() if name not in self._unsaved}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where ``state_dict`` was taken of a schedule of this kind. The optimizer's state is loaded by itself.

        Raises ValueError where it is of another kind, or of another number of groups; then nothing has changed.
        """
        own = self.state_dict()
        if not isinstance(state_dict, Mapping) or set(state_dict) != set(own):
            given = ", ".join(map(str, state_dict)) if isinstance(state_dict, Mapping) else type(state_dict).__name__
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: this is no state of it\n"
                f"  given: {given}\n  known: {', '.join(own)}"
            )
        for name in ("base_lrs", "_last_lr"):
            if name in own and len(state_dict[name]) != len(own[name]):
                raise ValueError(
                    f"{type(self).__name__}.load_state_dict: the numbers of groups differ\n"
                    f"  here: {len(own[name])}\n  in the state dict: {len(state_dict[name])}"
                )
        vars(self).update({name: copied(value) for name, value in state_dict.items()})


def copied(value: Any) -> Any:
    """A copy of a list or a dict."""
    return value.copy() if isinstance(value, list | dict) else value


def check_optimizer(scheduler: LRScheduler, optimizer: Any) -> Optimizer:
    """The optimizer, if it is one."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(scheduler).__name__}: an optimizer is needed, not a {type(optimizer).__name__}")
    return optimizer


def refuse(scheduler: LRScheduler, name: str, value: Any, wanted: str) -> None:
    """Raise a ValueError that says what an argument must be."""
    raise ValueError(f"{type(scheduler).__name__}: {name} must be {wanted}\n  {name}: {value!r}")


def check_number(
    scheduler: LRScheduler, name: str, value: Any, least: float = 0, most: float = math.inf, above: bool = False
) -> None:
    """Raise a ValueError where an argument is no finite number from ``least`` to ``most`` (or above ``least``)."""
    try:
        fine = (least < value if above else least <= value) and value <= most and abs(value) < math.inf
    except TypeError:
        fine = False
    if not fine:
        start = f"above {least}" if above else f"{least} or more"
        refuse(scheduler, name, value, start if most == math.inf else f"{start}, and {most} or less")


def check_count(scheduler: LRScheduler, name: str, value: Any, least: int = 1) -> None:
    """Raise a ValueError where an argument is no whole number from ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        refuse(scheduler, name, value, f"a whole number from {least}")


def for_each_group(scheduler: LRScheduler, name: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """One value for each group: those of a list, or the same for all."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        refuse(scheduler, name, value, f"one value, or one for each of the {groups} groups")
    return list(value)
