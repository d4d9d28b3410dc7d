"""Step sizes that rise and fall, with a momentum that falls and rises: one cycle over a training, or many."""

import math
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, check_count, check_number, check_optimizer, for_each_group, refuse


class _WithMomentum(LRScheduler):
    """A schedule that sets the momentum too, or of Adam and its kin β₁."""

    def _take_momentums(self, optimizer: Optimizer, cycle: bool, base: Any, most: Any, begins: bool) -> None:
        self.cycle_momentum = cycle
        if not cycle:
            return
        if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
            raise ValueError(
                f"{type(self).__name__}: {type(optimizer).__name__} has no momentum to cycle\n"
                "  pass cycle_momentum=False"
            )
        self.use_beta1 = "betas" in optimizer.defaults
        self.base_momentums = for_each_group(self, "base_momentum", base, optimizer)
        self.max_momentums = for_each_group(self, "max_momentum", most, optimizer)
        for value in (*self.base_momentums, *self.max_momentums):
            check_number(self, "a momentum", value, 0, 1)
        if begins:
            self._write_momentums(optimizer, self.max_momentums)

    def _write_momentums(self, optimizer: Optimizer, momentums: list[float]) -> None:
        for group, momentum in zip(optimizer.param_groups, momentums, strict=True):
            if self.use_beta1:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum


class CyclicLR(_WithMomentum):
    """From ``base_lr`` to ``max_lr`` and back in lines, again and again; step it after each batch.

    Parameters
    ----------
    optimizer : whose step sizes, and momentum, are set
    base_lr, max_lr : the least and the largest, one for all groups or a list
    step_size_up, step_size_down : how many steps each line takes
    mode : "triangular", "triangular2" (the height halves with each cycle), "exp_range" (it shrinks by gamma with each
        step)
    gamma : of "exp_range"
    scale_fn, scale_mode : in place of a mode a function of the "cycle", from 1, or of the "iterations", that gives the
        height
    cycle_momentum : let the momentum go from ``max_momentum`` to ``base_momentum`` and back
    last_epoch : as of ``LRScheduler``

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (2017).
    """

    _unsaved = ("optimizer", "_scale_fn")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        lrs = for_each_group(self, "base_lr", base_lr, optimizer)
        self.max_lrs = for_each_group(self, "max_lr", max_lr, optimizer)
        for lr in (*lrs, *self.max_lrs):
            check_number(self, "a step size", lr)
        step_size_down = step_size_up if step_size_down is None else step_size_down
        for name, size in (("step_size_up", step_size_up), ("step_size_down", step_size_down)):
            check_number(self, name, size, above=True)
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            refuse(self, "mode", mode, '"triangular", "triangular2" or "exp_range"')
        if scale_mode not in ("cycle", "iterations"):
            refuse(self, "scale_mode", scale_mode, '"cycle" or "iterations"')
        check_number(self, "gamma", gamma)
        self.total_size = float(step_size_up) + float(step_size_down)
        self.step_ratio = float(step_size_up) / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn = scale_fn
        if scale_fn is None:
            scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.scale_mode = scale_mode
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, lrs, strict=True):
                group["lr"] = lr
        self._take_momentums(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch == -1)
        self._first_lrs = lrs
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lrs

    def _scale(self, x: float) -> float:
        if self._scale_fn is not None:
            return self._scale_fn(x)
        return {"triangular": 1.0, "triangular2": 0.5 ** (x - 1), "exp_range": self.gamma**x}[self.mode]

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self._scale(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            pairs = zip(self.base_momentums, self.max_momentums, strict=True)
            self._write_momentums(self.optimizer, [most - (most - base) * height * scale for base, most in pairs])
        pairs = zip(self._first_lrs, self.max_lrs, strict=True)
        return [base + (most - base) * height * scale for base, most in pairs]


class OneCycleLR(_WithMomentum):
    """From max_lr / div_factor up to ``max_lr``, and down to almost nothing, over a whole training; step it after each
    batch.

    Parameters
    ----------
    optimizer : whose step sizes, and momentum, are set
    max_lr : the largest, one for all groups or a list
    total_steps : how many steps the cycle has, or
    epochs, steps_per_epoch : which give that
    pct_start : the share of them in which lr rises
    anneal_strategy : "cos" or "linear", how it goes
    cycle_momentum : let the momentum go from ``max_momentum`` to ``base_momentum`` and back
    div_factor : the initial lr is max_lr / div_factor
    final_div_factor : the last one is the initial lr / final_div_factor
    three_phase : come down to the initial lr first, in as many steps as up, and then on
    last_epoch : as of ``LRScheduler``

    A step after the last raises ValueError. Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural
    Networks Using Large Learning Rates" (2018).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(self, optimizer)
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: pass total_steps, or epochs and steps_per_epoch")
            check_count(self, "epochs", epochs)
            check_count(self, "steps_per_epoch", steps_per_epoch)
            total_steps = epochs * steps_per_epoch
        check_count(self, "total_steps", total_steps)
        check_number(self, "pct_start", pct_start, 0, 1)
        check_number(self, "div_factor", div_factor, above=True)
        check_number(self, "final_div_factor", final_div_factor, above=True)
        if anneal_strategy not in ("cos", "linear"):
            refuse(self, "anneal_strategy", anneal_strategy, '"cos" or "linear"')
        self.total_steps = total_steps
        self.anneal_strategy = anneal_strategy
        # (last step, lr and momentum that it goes to); it begins at the initial lr and the largest momentum
        up, last = float(pct_start * total_steps) - 1, float(total_steps - 1)
        self._phases = [(up, "max", "base"), (last, "min", "max")]
        if three_phase:
            down = float(2 * pct_start * total_steps) - 2
            self._phases = [(up, "max", "base"), (down, "initial", "max"), (last, "min", "max")]
        self.max_lrs = for_each_group(self, "max_lr", max_lr, optimizer)
        for lr in self.max_lrs:
            check_number(self, "max_lr", lr)
        self._initial_lrs = [lr / div_factor for lr in self.max_lrs]
        self._min_lrs = [lr / final_div_factor for lr in self._initial_lrs]
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, self._initial_lrs, strict=True):
                group["initial_lr"] = lr
        self._take_momentums(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)

    def get_lr(self) -> list[float]:
        begin, lr_from, momentum_from = 0.0, "initial", "max"
        for end, lr_to, momentum_to in self._phases:
            if self.last_epoch <= end or end == self._phases[-1][0]:
                break
            begin, lr_from, momentum_from = end, lr_to, momentum_to
        share = (self.last_epoch - begin) / (end - begin) if end != begin else 1.0
        if self.cycle_momentum:
            momentums = {"base": self.base_momentums, "max": self.max_momentums}
            pairs = zip(momentums[momentum_from], momentums[momentum_to], strict=True)
            self._write_momentums(self.optimizer, [self._between(start, goal, share) for start, goal in pairs])
        lrs = {"initial": self._initial_lrs, "max": self.max_lrs, "min": self._min_lrs}
        return [self._between(start, goal, share) for start, goal in zip(lrs[lr_from], lrs[lr_to], strict=True)]

    def step(self) -> None:
        """Go on by one batch; after the last step of the cycle this raises ValueError, and nothing has changed."""
        if self.last_epoch >= self.total_steps:
            raise ValueError(
                f"OneCycleLR: the cycle is over\n  step: {self.last_epoch + 1}\n  total_steps: {self.total_steps}"
            )
        super().step()
