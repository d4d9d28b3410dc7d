"""Functions that see a gradient on its way, and may change it: ``h.register_hook(lambda g: g.clamp(-1, 1))``.

They are called once in each walk, with the whole gradient of the value as a Tensor, as soon as it is whole: of a leaf
before it is added to ``.grad``, of an inner value before it goes on to what that was made from.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np

from .errors import described
from .modes import current
from .node import LEAF, hooks_of
from .tensors import Tensor, raw, wrap


class Handle:
    """What a function was registered with: ``remove()`` takes it away; so does the end of a ``with`` block."""

    __slots__ = ("_hooks", "_key")

    def __init__(self, hooks: dict[Any, Callable[..., Any]], function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(f"a hook is a function\n  given: {type(function).__name__}")
        self._hooks, self._key = hooks, object()
        hooks[self._key] = function

    def remove(self) -> None:
        """Call the function no more."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Later:
    """What a hook of a leaf may return: the gradient is on its way, from another process say, while the walk goes on.

    gradient : a function without arguments that gives it, of the leaf's shape. It is called at the end of the walk,
        before any gradient is added to a ``.grad``; the leaf's other hooks are called after it
    """

    __slots__ = ("gradient",)

    def __init__(self, gradient: Callable[[], Any]) -> None:
        self.gradient = gradient


def register_hook(x, hook):
    """Call ``hook(gradient)`` whenever a walk has the gradient of this Tensor; what it returns takes its place.

    hook : a function of a Tensor. It may return a gradient of the same shape, or None to leave it; what it makes of the
        Tensor itself, as ``g.mul_(2)`` does, counts too

    Returns a handle with ``remove()``. A Tensor that does not require grad is a RuntimeError.

    >>> import autograd as ag
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> handle = x.register_hook(lambda g: 10 * g)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([20., 40.])
    """
    if x.node is None:
        raise RuntimeError("register_hook: this Tensor does not require grad: there is no gradient to call it with")
    return Handle(hooks_of(x.node), hook)


def hooked(node, g):
    """The gradient that the hooks of a node make of g, or of a leaf the Later that will give it."""
    mode = current()
    if mode is not None and mode.batching is not None:
        mode.batching.hook(node)
    return _through(list(node.note.hooks.values()), node, g)


def _through(hooks, node, g):
    for i, function in enumerate(hooks):
        given = g if isinstance(g, Tensor) else wrap(np.array(g)[()])
        result = function(given)
        if type(result) is Later:
            if node.operation is not LEAF:
                raise TypeError(f"register_hook: only a leaf's gradient may come later\n  at: {node!r}")
            return Later(partial(_come, result, hooks[i + 1 :], node, g))
        g = _checked(given if result is None else result, node, g)
    return g


def _come(later, hooks, node, g):
    """The gradient that was promised, with the hooks after that one."""
    g = _through(hooks, node, _checked(later.gradient(), node, g))
    return g.gradient() if type(g) is Later else g


def _checked(result, node, g):
    """What a hook has returned, as the gradient in place of g."""
    plain = np.asarray(raw(result))
    if plain.shape != node.like[0] or plain.dtype.kind not in "fiub":
        raise ValueError(
            "register_hook: the hook must return a gradient of the same shape, or None\n"
            f"  gradient: {described(g)}\n  returned: {described(result)}"
        )
    return result if isinstance(g, Tensor) and isinstance(result, Tensor) else plain.astype(node.like[1])[()]
