"""``inplace=`` for functions that change nothing in place: ``F.relu(x, inplace=True)`` is ``F.relu(x)``."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

__all__ = ["takes_inplace"]


def takes_inplace(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with PyTorch's ``inplace`` behind its other arguments, which is without effect: x stays as it is."""
    by_position = [p for p in signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    others = len([p for p in by_position if p.name != "rng"]) - 1

    @wraps(function)
    def call(x: Any, *args: Any, inplace: bool = False, **options: Any) -> Any:
        if len(args) == others + 1 and isinstance(args[-1], bool):
            args = args[:-1]
        return function(x, *args, **options)

    return call
