"""Functions that see what goes into a module, what comes out, and the gradients of both: PyTorch's module hooks.

``handle = layer.register_forward_hook(lambda module, args, output: print(output.shape))``; ``handle.remove()`` takes it
away. A module without hooks pays nothing for them.
"""

from collections.abc import Callable
from typing import Any

import autograd as ag
from autograd import Tensor

Handle = ag.internal.Handle
Hook = Callable[..., Any]


class Hooks:
    """The hooks of one module, each kind {key: (function, whether it is given the keyword arguments)}."""

    def __init__(self) -> None:
        self.before: dict[Any, Any] = {}
        self.after: dict[Any, Any] = {}
        self.backward_before: dict[Any, Any] = {}
        self.backward: dict[Any, Any] = {}


class Hooked:
    """What modules have for hooks."""

    _hooks: Hooks | None = None

    def register_forward_pre_hook(self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False) -> Handle:
        """Call ``hook(module, args)`` before each forward; what it returns, if not None, are the arguments.

        prepend : call it before those that are there
        with_kwargs : call ``hook(module, args, kwargs)``, which returns both or None
        """
        return self._register("before", hook, prepend, with_kwargs)

    def register_forward_hook(self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False) -> Handle:
        """Call ``hook(module, args, output)`` after each forward; what it returns, if not None, is the output.

        prepend : call it before those that are there
        with_kwargs : call ``hook(module, args, kwargs, output)``

        >>> import nn, numpy as np
        >>> layer = nn.Linear(3, 2)
        >>> with layer.register_forward_hook(lambda module, args, output: print(args[0].shape, output.shape)):
        ...     _ = layer(np.ones((4, 3)))
        (4, 3) (4, 2)
        """
        return self._register("after", hook, prepend, with_kwargs)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> Handle:
        """Call ``hook(module, grad_output)`` with the gradients of the outputs; what it returns takes their place."""
        return self._register("backward_before", hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> Handle:
        """Call ``hook(module, grad_input, grad_output)`` once the gradients of the inputs are known.

        Both are tuples of Tensors, with None for an argument that has no gradient; what it returns, if not None, takes
        the place of grad_input. Where no input requires grad it is called with the gradients of the outputs alone.
        """
        return self._register("backward", hook, prepend)

    def _register(self, kind: str, hook: Hook, prepend: bool, with_kwargs: bool = False) -> Handle:
        if not callable(hook):
            raise TypeError(f"{type(self).__name__}: a hook is a function\n  given: {type(hook).__name__}")
        if self._hooks is None:
            vars(self)["_hooks"] = Hooks()
        hooks = getattr(self._hooks, kind)
        handle = Handle(hooks, hook)
        key = list(hooks)[-1]
        hooks[key] = hook, with_kwargs
        if prepend:
            for other in list(hooks)[:-1]:
                hooks[other] = hooks.pop(other)
        return handle


def run(module: Any, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A module's forward with its hooks around it."""
    for hook, with_kwargs in list(hooks.before.values()):
        given = hook(module, args, kwargs) if with_kwargs else hook(module, args)
        if given is not None and with_kwargs:
            args, kwargs = given
        elif given is not None:
            args = given if isinstance(given, tuple) else (given,)
    watched = _Watched(module, hooks, args) if hooks.backward or hooks.backward_before else None
    if watched is not None:
        args = watched.entered(args)
    output = module._forward(*args, **kwargs)
    for hook, with_kwargs in list(hooks.after.values()):
        given = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
        output = output if given is None else given
    return output if watched is None else watched.left(output)


class _Watched:
    """One run of a module whose gradients hooks want to see."""

    def __init__(self, module: Any, hooks: Hooks, args: tuple[Any, ...]) -> None:
        self.module, self.hooks = module, hooks
        self.places = [i for i, one in enumerate(args) if isinstance(one, Tensor) and one.requires_grad]
        self.count = len(args)
        self.grad_output: tuple[Any, ...] = ()

    def entered(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, at whose gradients the hooks are called."""
        if not self.hooks.backward or not self.places or not ag.is_grad_enabled():
            return args
        passed = dict(zip(self.places, _Seen.apply(self.see_inputs, *[args[i] for i in self.places]), strict=True))
        return tuple([passed.get(i, one) for i, one in enumerate(args)])

    def left(self, output: Any) -> Any:
        """The output, whose gradients are noted down on their way."""
        parts = list(output) if isinstance(output, tuple | list) else [output]
        places = [i for i, one in enumerate(parts) if isinstance(one, Tensor) and one.requires_grad]
        if not places:
            return output
        self.outputs, self.left_at = len(parts), places
        for i, one in zip(places, _Seen.apply(self.see_outputs, *[parts[i] for i in places]), strict=True):
            parts[i] = one
        if not isinstance(output, tuple | list):
            return parts[0]
        return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)

    def see_outputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook, _ in list(self.hooks.backward_before.values()):
            given = hook(self.module, self._among(self.outputs, self.left_at, gradients))
            if given is not None:
                given = given if isinstance(given, tuple) else (given,)
                gradients = tuple([given[i] for i in self.left_at])
        self.grad_output = self._among(self.outputs, self.left_at, gradients)
        if not self.places:
            self._call((None,) * self.count)
        return gradients

    def see_inputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        found = self._call(self._among(self.count, self.places, gradients))
        self.grad_output = ()
        return tuple([found[i] for i in self.places])

    def _call(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook, _ in list(self.hooks.backward.values()):
            given = hook(self.module, grad_input, self.grad_output)
            if given is not None:
                grad_input = given if isinstance(given, tuple) else (given,)
                if len(grad_input) != self.count:
                    raise ValueError(
                        f"{type(self.module).__name__}: a full backward hook must return a gradient for each argument\n"
                        f"  arguments: {self.count}\n  returned: {len(grad_input)}"
                    )
        return grad_input

    def _among(self, count: int, places: list[int], values: tuple[Any, ...]) -> tuple[Any, ...]:
        found = dict(zip(places, values, strict=True))
        return tuple([found.get(i) for i in range(count)])


class _Seen(ag.Function):
    """Values as they are, whose gradients a function sees on their way."""

    @staticmethod
    def forward(ctx: Any, see: Callable[[tuple[Any, ...]], tuple[Any, ...]], *values: Any) -> Any:
        ctx.see = see
        return values

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return None, *ctx.see(gradients)
