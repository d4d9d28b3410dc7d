"""An operation of one's own as PyTorch has it: a class with ``forward(ctx, …)`` and ``backward(ctx, gradient)``.

>>> import autograd as ag
>>> class Cube(ag.Function):
...     @staticmethod
...     def forward(ctx, x):
...         ctx.save_for_backward(x)
...         return x ** 3
...     @staticmethod
...     def backward(ctx, g):
...         (x,) = ctx.saved_tensors
...         return 3 * g * x ** 2
>>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
>>> Cube.apply(x).sum().backward()
>>> x.grad
array([ 3., 12.])

``ag.operation`` says the same shorter, and what it declares can be explained and drawn by its formula.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .declaration import operation, registry, rule
from .modes import is_grad_enabled, no_grad
from .ops import shaping
from .tensors import Tensor, raw, wrap
from .values import fixed

__all__ = ["Function", "once_differentiable"]


class Context:
    """What ``forward`` and ``backward`` of a Function share; attributes of any name may be set on it.

    needs_input_grad : for each argument of ``forward`` whether its gradient is wanted
    saved_tensors : what ``save_for_backward`` was given
    """

    def __init__(self, function: "type[Function]", needs_input_grad: tuple[bool, ...]) -> None:
        self._function = function
        self.needs_input_grad = needs_input_grad
        self._saved: list[Any] = []
        self._without_gradient: set[int] = set()
        self._known: Any = None
        self._outputs: Any = None

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep Tensors (or None) for ``backward``: arguments and results with their history, values as they are now."""
        self._saved = list(tensors)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The Tensors that were saved."""
        y = self._outputs
        return tuple([one.of(y) if isinstance(one, _Output) else one for one in self._saved])

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """These results have no gradient."""
        self._without_gradient.update(map(id, outputs))

    def mark_dirty(self, *_tensors: Any) -> None:
        """Nothing: values are never written in place."""

    def set_materialize_grads(self, _value: bool) -> None:
        """Nothing: the gradient of a result that was not used is zeros."""

    # -- what the library asks of it -----------------------------------------------------------

    def _settle(self, outputs: "_Outputs") -> bool:
        """After forward: saved values as they are now; whether a result is among them."""
        self._layout = outputs
        self._saved = [outputs.place_of(one) or _as_it_is(one) for one in self._saved]
        return any([isinstance(one, _Output) for one in self._saved])

    def _gradient(self, g: Any, at: int, y: Any) -> Any:
        """The gradient of the Tensor argument at this place, of all that backward gives for g."""
        if self._known is None or self._known[0] is not g:
            self._known = g, self._backward(g, y)
        return self._known[1][self._tensor_places[at]]

    def _backward(self, g: Any, y: Any) -> list[Any]:
        recorded = isinstance(g, Tensor)
        self._outputs = y
        parts = self._layout.parts_of(g if recorded else wrap(g))
        try:
            if recorded:
                returned = self._function.backward(self, *parts)
            else:
                with no_grad():
                    returned = self._function.backward(self, *parts)
        finally:
            self._outputs = None
        given = list(returned) if isinstance(returned, tuple | list) else [returned]
        count, name = len(self.needs_input_grad), self._function.__name__
        if len(given) < count or any([one is not None for one in given[count:]]):
            raise ValueError(
                f"{name}: backward must return a gradient, or None, for each argument of forward\n"
                f"  arguments: {count}\n  returned: {len(given)}"
            )
        gradients: list[Any] = []
        for shape, one in zip(self._shapes, given, strict=False):
            if one is None:
                one = np.zeros(shape or ())[()]
            gradients.append((one if isinstance(one, Tensor) else wrap(np.asarray(one)[()])) if recorded else raw(one))
        return gradients


class _Output:
    """Stands for a result among what is saved, so that it gets its history back."""

    def __init__(self, outputs: "_Outputs", at: int) -> None:
        self.outputs, self.at = outputs, at

    def of(self, y: Any) -> Any:
        return self.outputs.parts_of(y if isinstance(y, Tensor) else wrap(y))[self.at]


class _Outputs:
    """The results of forward; several that have gradients are recorded as one row, of which each is a part."""

    def __init__(self, function: str, results: tuple[Any, ...], without_gradient: set[int]) -> None:
        for one in results:
            if not isinstance(one, Tensor):
                raise TypeError(f"{function}: forward must return Tensors\n  returned: {type(one).__name__}")
        self.results = results
        self.kept = [one.dtype.kind == "f" and id(one) not in without_gradient for one in results]
        self.alone = len(results) == 1
        self.likes = [(one.shape, int(one.size), one.dtype) for one in results]

    def place_of(self, tensor: Any) -> _Output | None:
        at = [i for i, one in enumerate(self.results) if one is tensor]
        return _Output(self, at[0]) if at and self.kept[at[0]] else None

    def row(self) -> Any:
        values = [fixed(one) for one, kept in zip(self.results, self.kept, strict=True) if kept]
        return values[0] if self.alone else np.concatenate([np.ravel(one) for one in values])

    def parts_of(self, row: Any) -> list[Any]:
        """A Tensor for each result: of the row its part, zeros where a result has no gradient."""
        if self.alone:
            return [row]
        parts, start = [], 0
        for (shape, size, dtype), kept in zip(self.likes, self.kept, strict=True):
            if kept:
                part = row[start : start + size].reshape(shape)
                parts.append(part if part.dtype == dtype else shaping.astype(part, dtype))
                start += size
            else:
                parts.append(wrap(np.zeros(shape)[()]))
        return parts

    def recorded(self, row: Any) -> list[Any]:
        """The results, those with gradients as parts of the recorded row."""
        parts = zip(self.parts_of(row), self.results, self.kept, strict=True)
        return [part if kept else result for part, result, kept in parts]


def _as_it_is(value: Any) -> Any:
    return wrap(fixed(value), value.node, value.name) if isinstance(value, Tensor) else value


class Function:
    """Base class of an operation of one's own; define ``forward`` and ``backward``, call ``apply``.

    forward(ctx, *args) : a Tensor, or a tuple of them; nothing is recorded in it. Or ``forward(*args)`` and
        ``setup_context(ctx, inputs, output)``
    backward(ctx, *gradients) : for the gradient of each result, a Tensor, the gradient of each argument of forward, or
        None. It is recorded where gradients of gradients are asked for
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """What is computed; subclasses define it."""
        raise NotImplementedError("Function: define forward(ctx, ...), a static method that says what is computed")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """The gradients of the arguments; subclasses define it."""
        raise NotImplementedError("Function: define backward(ctx, gradient), a static method that gives the gradients")

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> Any:
        """What ``backward`` is to know, where ``forward`` takes no ctx."""
        raise NotImplementedError("Function: define setup_context(ctx, inputs, output), a static method")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run forward, and record it where an argument requires grad."""
        given = tuple([wrap(one) if isinstance(one, np.ndarray) else one for one in args])
        recording = is_grad_enabled()
        ctx = Context(cls, tuple([recording and isinstance(one, Tensor) and one.requires_grad for one in given]))
        with no_grad():
            if cls.setup_context is Function.setup_context:
                result = cls.forward(ctx, *given, **kwargs)
            else:
                result = cls.forward(*given, **kwargs)
                cls.setup_context(ctx, given, result)
        several = isinstance(result, tuple | list)
        outputs = _Outputs(cls.__name__, tuple(result) if several else (result,), ctx._without_gradient)
        if not any(ctx.needs_input_grad) or not any(outputs.kept):
            return result
        saves_output = ctx._settle(outputs)
        ctx._tensor_places = [i for i, one in enumerate(given) if isinstance(one, Tensor)]
        ctx._shapes = [one.shape if isinstance(one, Tensor) else None for one in given]
        ctx._row = outputs.row()
        row = _operation_of(cls, saves_output)([given[i] for i in ctx._tensor_places], ctx)
        del ctx._row
        found = outputs.recorded(row)
        outputs.results = ()  # they would lead back to the node that holds ctx
        return type(result)(found) if several else found[0]


def _unrecorded(tensor: Tensor) -> Tensor:
    return wrap(fixed(tensor), None, tensor.name)


_operations: dict[tuple[type, bool], Callable[..., Any]] = {}


def _operation_of(cls: type, saves_output: bool) -> Callable[..., Any]:
    """The operation that records a Function: it keeps its result only where that was saved."""
    known = _operations.get((cls, saves_output))
    if known is None:
        label = f"a Function: {cls.__module__}.{cls.__qualname__}"
        one = rule(lambda g, i, y, ctx: ctx._gradient(g, i, y)) if saves_output else rule(_without_output)
        known = operation(label, lambda inputs, ctx: ctx._row, rules=[one], variadic=True)
        del registry[label]  # that lists what is declared once and for all
        op = known.operation
        op.name = op.symbol = cls.__name__
        op.module, op.trusted = cls.__module__, False
        _operations[cls, saves_output] = known
    return known


def _without_output(g: Any, i: int, ctx: Any) -> Any:
    return ctx._gradient(g, i, None)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a ``backward`` that cannot be differentiated itself: to ask for that is then a RuntimeError."""

    @wraps(backward)
    def once(ctx: Any, *gradients: Any) -> Any:
        with no_grad():
            returned = backward(ctx, *[_unrecorded(g) if isinstance(g, Tensor) else g for g in gradients])
        several = isinstance(returned, tuple | list)
        history = [one for one in (*gradients, *ctx.saved_tensors) if isinstance(one, Tensor) and one.requires_grad]
        found = [
            _refusing([one, *history]) if history and isinstance(one, Tensor) else one
            for one in (returned if several else (returned,))
        ]
        return tuple(found) if several else found[0]

    return once


def _refuse(g: Any, i: int) -> Any:
    raise RuntimeError(
        "once_differentiable: this backward cannot be differentiated itself\n"
        "  write it in operations on Tensors, without @once_differentiable"
    )


_refusing = operation("once_differentiable", lambda inputs: inputs[0], rules=[rule(_refuse)], variadic=True)
del registry["once_differentiable"]
