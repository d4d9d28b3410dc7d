"""What a handler that is in force may take over: ``vmap`` and the tracing of a function are such.

``Mode.batching`` holds it; operations, Tensors' attributes, the walk and optimizers ask it first.
"""

from typing import Any

from .arguments import MISSING
from .modes import current

__all__ = ["Handler", "as_tensor", "handler"]


class Handler:
    """Takes nothing over: a subclass says what it does."""

    def record(self, op: Any, first: Any, second: Any, more: tuple[Any, ...], auxiliaries: bool) -> Any:
        """The result of an operation, or MISSING."""
        return MISSING

    def draw(self, generator: Any) -> None:
        """A random number is about to be drawn from it."""

    def give(self, tensor: Any, new: Any, what: str) -> bool:
        """Whether it gave the Tensor object its new value."""
        return False

    def data_of(self, tensor: Any) -> Any:
        """What ``.data`` shows, or NotImplemented."""
        return NotImplemented

    def set_data(self, tensor: Any, value: Any) -> bool:
        """Whether it assigned ``.data``."""
        return False

    def gradient_of(self, tensor: Any) -> Any:
        """What ``.grad`` of a leaf shows, or NotImplemented."""
        return NotImplemented

    def set_gradient(self, tensor: Any, value: Any) -> bool:
        """Whether it assigned ``.grad``."""
        return False

    def look(self, what: str) -> None:
        """The value of a Tensor is asked for as a number or an array, by ``what``."""

    def as_tensor(self, x: Any) -> Any:
        """A Tensor for what stands for an array; anything else as it is."""
        return x

    def seed(self, tensor: Any, gradient: Any) -> Any:
        """The gradient that a walk begins with, or NotImplemented."""
        return NotImplemented

    def steps(self, create_graph: bool) -> dict[str, Any]:
        """{name: function} of the steps of a walk that it replaces."""
        return {}

    def hook(self, node: Any) -> None:
        """The hooks of a node are about to be called."""

    def land(self, walk: Any) -> bool:
        """Whether it summed the gradients of a walk into ``.grad``."""
        return False

    def step(self, optimizer: Any) -> bool:
        """Whether it made the optimizer's step."""
        return False


def handler() -> Any:
    """The handler that is in force here, or None."""
    mode = current()
    return None if mode is None else mode.batching


def as_tensor(x: Any) -> Any:
    """A Tensor where x stands for an array here; else x."""
    taken = handler()
    return x if taken is None else taken.as_tensor(x)
