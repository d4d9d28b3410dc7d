"""One step of an optimizer for each batch, or for every so many: eager, or as a compiled program."""

from collections.abc import Callable
from typing import Any

import autograd as ag

from ..module import Module
from ..optim import Optimizer
from ..utils import clip_grad_norm_
from ..values import values_of
from .averages import length_of
from .faults import check_history


class Steps:
    """Makes steps: ``begin(x, y)``, and where the batch counts ``backward(loss)`` and ``update()``.

    pending : how many batches' gradients wait for a step
    """

    def __init__(
        self, model: Module, loss_fn: Callable[[Any, Any], Any], optimizer: Optimizer, accumulate: int = 1,
        clip_norm: float | None = None, compile: bool = False,
    ) -> None:  # fmt: skip
        self.model, self.loss_fn, self.optimizer = model, loss_fn, optimizer
        self.accumulate, self.clip_norm = accumulate, clip_norm
        self.pending = 0
        self._whole = accumulate == 1 and clip_norm is None  # forward, backward and update in one program
        self._compiled = ag.compile(self._whole_step if self._whole else self._with_gradients) if compile else None
        self._done = False

    def begin(self, x: Any, y: Any) -> Any:
        """(output, loss) of a batch. A compiled step that is whole has then been made."""
        if not self.pending and not (self._compiled and self._whole):
            self.optimizer.zero_grad()
        self._done = self._compiled is not None and self._teaches(y)
        if self._done:
            assert self._compiled is not None
            return self._compiled(x, y)
        return self._forward(x, y)

    def backward(self, loss: Any) -> None:
        """The gradients of the batch, added to those that wait."""
        if not self._done:
            loss.backward()
        self.pending += 1

    def update(self, last: bool = False) -> bool:
        """Make a step where enough batches wait, or with ``last`` any; whether all that was begun is done."""
        if not self.pending or (self.pending < self.accumulate and not last):
            return not self.pending
        if not (self._done and self._whole):
            params = [p for group in self.optimizer.param_groups for p in group["params"] if p.grad is not None]
            if self.pending > 1:
                for p in params:
                    p.grad = p.grad * (1 / self.pending)
            if self.clip_norm is not None:
                clip_grad_norm_(params, self.clip_norm)
            self.optimizer.step()
        self.pending = 0
        return True

    def _forward(self, x: Any, y: Any) -> Any:
        output = self.model(x)
        loss = self.loss_fn(output, y)
        check_history(self.model, loss)
        return output, loss

    def _with_gradients(self, x: Any, y: Any) -> Any:
        output, loss = self._forward(x, y)
        loss.backward()
        return output, loss

    def _whole_step(self, x: Any, y: Any) -> Any:
        self.optimizer.zero_grad()
        output, loss = self._with_gradients(x, y)
        self.optimizer.step()
        return output, loss

    def _teaches(self, y: Any) -> bool:
        """Whether a batch has targets that count."""
        ignored = getattr(self.loss_fn, "ignore_index", None)
        return bool(length_of(y)) and not (ignored is not None and bool((values_of(y) == ignored).all()))
