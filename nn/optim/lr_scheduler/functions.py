"""Schedules by a function of yours."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..optimizer import Optimizer
from .base import LRScheduler, check_optimizer, for_each_group

Factor: TypeAlias = Callable[[int], float]


class _ByFunction(LRScheduler):
    _unsaved = ("optimizer", "lr_lambdas")

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1) -> None:
        check_optimizer(self, optimizer)
        self.lr_lambdas = for_each_group(self, "lr_lambda", lr_lambda, optimizer)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"{type(self).__name__}: lr_lambda must be a function, not a {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands. Functions are not in it; of a callable object its attributes are."""
        attributes = [dict(vars(one)) if _has_state(one) else None for one in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": attributes}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        functions = self.lr_lambdas
        super().load_state_dict(state_dict)
        self.lr_lambdas = functions
        for function, attributes in zip(functions, state_dict["lr_lambdas"], strict=True):
            if attributes is not None:
                vars(function).update(attributes)


def _has_state(function: Any) -> bool:
    return not isinstance(function, type(_has_state)) and hasattr(function, "__dict__")


class LambdaLR(_ByFunction):
    """lr = initial lr · lr_lambda(epoch).

    Parameters
    ----------
    optimizer : whose step sizes are set
    lr_lambda : a function of the epoch, from 0, or a list of one for each group
    last_epoch : as of ``LRScheduler``

    >>> import autograd as ag, nn
    >>> optimizer = nn.optim.SGD([ag.Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> scheduler = nn.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        return [lr * factor(self.last_epoch) for lr, factor in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(_ByFunction):
    """lr ← lr · lr_lambda(epoch). Parameters as of ``LambdaLR``."""

    def get_lr(self) -> list[float]:
        if self._initial:
            return self._lrs
        return [lr * factor(self.last_epoch) for lr, factor in zip(self._lrs, self.lr_lambdas, strict=True)]
