"""What the practice mode of a page says of a wrong answer: it knows no mistakes, and asks who lent a function."""

from collections.abc import Callable
from typing import Any

_lent: list[Callable[[Any, Any], Any]] = []


def lend(function: Callable[[Any, Any], Any]) -> None:
    """Have ``function(output, its gradient)`` say what mistakes make of gradients.

    It returns {recorded node: [(the gradient that comes out minus the true one, what was done wrong)]}.
    """
    _lent[:] = [function]


def hints_of(output, gradient):
    """What the function lent says; nothing where there is none."""
    return _lent[0](output, gradient) if _lent else {}
