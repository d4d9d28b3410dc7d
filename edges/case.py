"""What is asked of the libraries: cases, and the subjects that they belong to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

VALUE, GRADIENT, HESSIAN = "value", "gradient", "hessian"
DIFFERENTIATING = ("chalkgrad", "PyTorch", "JAX", "tinygrad", "MyGrad", "HIPS autograd")
"""The libraries that have gradients."""


@dataclass(frozen=True)
class Case:
    """A function at a point.

    words : the case as the page shows it
    function : (the library's functions, x) → a scalar, or for ``VALUE`` anything
    at : x, a list of numbers
    why : the reason for what chalkgrad gives, one sentence
    asks : ``VALUE``, ``GRADIENT`` or ``HESSIAN`` of the function at x
    """

    words: str
    function: Callable[[Any, Any], Any]
    at: list[float]
    why: str
    asks: str = GRADIENT

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.asks} {self.words}"


@dataclass(frozen=True)
class Subject:
    """Cases that belong together.

    opens : a sentence or two that the page begins the subject with
    columns : the libraries that are asked, chalkgrad first
    transposed : whether the cases are the columns of the table, as where a library has several functions for them
    """

    title: str
    opens: str
    cases: list[Case]
    columns: tuple[str, ...] = DIFFERENTIATING
    transposed: bool = False
