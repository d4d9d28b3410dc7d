"""What a Module does, as a program: it runs once, and every operation is written down with the path of its module."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd as ag
from autograd import Tensor

from ..module import Module, modes_of, set_modes
from ..values import values_of

__all__ = ["ModelTracer", "traced"]


class ModelTracer(ag.internal.Tracer):
    """Writes down what a model does, with the path of the module that does it."""

    def __init__(self, model: Module) -> None:
        super().__init__()
        self.path: list[str] = []
        self.found: list[tuple[int, tuple[str, ...]]] = []
        """Arrays that came from elsewhere, and in which module."""
        for name, value in [*model.named_parameters(), *model.named_buffers()]:
            self.program.names[self.enter(value)] = name

    def unseen(self, value: Any) -> int:
        number = self.constant(values_of(value))
        self.found.append((number, self.scope()))
        return number

    def scope(self) -> tuple[str, ...]:
        """The names of the modules around."""
        return tuple(self.path[-1].split(".")) if self.path else ()

    def write(self, instruction: Any) -> Any:
        instruction.scope = self.scope()
        return super().write(instruction)

    def record(self, op: Any, first: Any, second: Any, more: tuple[Any, ...], auxiliaries: bool) -> Any:
        if op.made_of and op.onnx is None and not auxiliaries:
            given = self.given(first, second, more)
            return op.in_parts({**op.defaults, **dict(zip(op.names, given, strict=False))})
        return super().record(op, first, second, more, auxiliaries)


@contextmanager
def _paths(model: Module, path: list[str]) -> Iterator[None]:
    """While the model runs ``path`` has the dotted names of the modules around."""
    handles = []

    def enter(name: str) -> Any:
        def hook(*_: Any) -> None:
            path.append(name)

        return hook

    def leave(*_: Any) -> None:
        path.pop()

    try:
        for name, module in model.named_modules():
            if name:
                handles.append(module.register_forward_pre_hook(enter(name)))
                handles.append(module.register_forward_hook(leave))
        yield
    finally:
        for handle in handles:
            handle.remove()


def traced(
    model: Module, inputs: list[np.ndarray], who: str = "onnx.export"
) -> tuple[ModelTracer, list[int], list[int]]:
    """(the tracer with its program, numbers of the inputs, numbers of the outputs)."""
    tracer = ModelTracer(model)
    tensors = [Tensor(one) for one in inputs]
    numbers = [tracer.enter(one) for one in tensors]
    modes = modes_of(model)
    try:
        model.eval()
        with _paths(model, tracer.path), ag.no_grad(), tracer.at_work():
            result = model(*tensors)
    finally:
        set_modes(modes)
    results = list(result) if isinstance(result, tuple | list) else [result]
    for one in results:
        if not isinstance(one, Tensor) or tracer.known(one) is None:
            raise ValueError(
                f"{who}: the model must return a Tensor that it computes from its input, or a tuple of them\n"
                f"  model: {type(model).__name__}\n  returned: {type(one).__name__}"
            )
    return tracer, numbers, [tracer.number(one) for one in results]
