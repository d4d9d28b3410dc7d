"""``compile(function)``: a function that is recorded for each kind of arguments, and from then on run as a program.

The first two calls of a kind run as ever, and are written down; both must have done the same. Later calls run the
program: the function's own Python does not run again.
"""

import functools
import warnings
from collections.abc import Callable
from threading import RLock
from typing import Any

import numpy as np

from ..config import empty_cache
from ..modes import current
from ..node import Leaf
from ..tensors import Tensor, raw
from .comparing import difference
from .functions import FunctionTracer
from .guards import NUMBERS, Guards
from .plans import Plan, Recording
from .replay import own

__all__ = ["compile"]

_MANY = 32
_ALONE = "no arguments"


def compile(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as a program, which later calls run without its Python: same values, same effects, sooner.

    ``step = ag.compile(step)``, or ``@ag.compile``. For each kind of arguments (shapes, dtypes; numbers, strings and
    other objects by value) the first two calls run as ever and are recorded: operations, the backward pass, ``.grad``,
    assignments to ``.data`` and under ``no_grad``, optimizers' steps, draws of dropout. Both must have done the same;
    later calls run the recorded program.

    * Tensors and arrays that the function has from outside are read anew at each call, as are optimizers' options and
      counts and random generators.
    * Numbers, strings, ``training`` of modules, which Tensors require grad, and which objects the function names
      (in its closure, defaults and globals, also of functions of yours that it calls) are watched: where one has
      changed, the function is recorded anew.
    * All other Python, such as ``print``, NumPy on arrays from outside, or a check of values by a layer, runs while
      recording only.
    * What it returns may be Tensors, arrays, numbers that depend on no value, None, and tuples, lists and dicts of
      them. Tensors come without history: call ``backward`` inside.

    Raises TypeError where a value is looked at (``float()``, ``if``, ``.item()``), where an array is written in place,
    or where something else is returned; RuntimeError where two calls of one kind have done different things. Under
    ``ag.tape()``, ``ag.detect_anomaly()`` and inside ``vmap`` the function runs as ever.

    >>> import autograd as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> @ag.compile
    ... def step(x):
    ...     w.grad = None
    ...     loss = (w * x).sum()
    ...     loss.backward()
    ...     w.data -= 0.1 * w.grad
    ...     return loss
    >>> [round(float(step(ag.Tensor([1.0, 1.0]))), 6) for _ in range(4)]
    [3.0, 2.8, 2.6, 2.4]
    """
    if not callable(function):
        raise TypeError(f"compile: a function is needed\n  given: {type(function).__name__}")
    compiled = _Compiled(function)

    def call(*args: Any, **kwargs: Any) -> Any:
        return compiled(args, kwargs)

    functools.update_wrapper(call, function)
    call.compiled = compiled  # tests and tools look at its plans
    return call


class _Compiled:
    """plans : {kind of arguments: [Plan]}; pending : {kind: [(key of the guards, Recording)]}."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.who = f"compile: {getattr(function, '__name__', type(function).__name__)}"
        self.plans: dict[Any, list[Plan]] = {}
        self.pending: dict[Any, dict[Any, Recording]] = {}
        self.recorded = 0
        self.lock = RLock()  # of recording

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        mode = current()
        if mode is not None and (mode.batching is not None or mode.tapes or mode.anomaly):
            return self.function(*args, **kwargs)
        leaves: list[Any] = []
        kind: Any = _ALONE
        if args or kwargs or mode is not None:
            kind = (mode is None or mode.recording, _kind(args, leaves), _kind(kwargs, leaves))
        for plan in self.plans.get(kind, ()):
            if plan.holds(leaves):
                return plan.run(leaves)
        with self.lock:
            return self._record(kind, args, kwargs, leaves)

    def _record(self, kind: Any, args: Any, kwargs: Any, leaves: list[Any]) -> Any:
        guards = Guards(self.function)
        tracer = FunctionTracer(self.who)
        given = iter([tracer.argument(i, one) for i, one in enumerate(leaves)])
        args, kwargs = _replaced(args, given), _replaced(kwargs, given)
        try:
            with tracer.at_work():
                result = self.function(*args, **kwargs)
                tracer.finish()
                recording = Recording(self.who, tracer, guards, leaves, result)
        finally:
            tracer.end()
        changed = guards.changed()
        if changed is not None:
            raise RuntimeError(
                f"{self.who}: the function changes what is no Tensor, which would happen while recording only\n"
                f"  {changed}\n  return it, or change it outside"
            )
        self.recorded += 1
        if self.recorded == _MANY:
            warnings.warn(
                f"{self.who} has been recorded {_MANY} times: a number or an object that it is given, or has from "
                "outside, is another one in most calls\n  give numbers that change as Tensors or arrays",
                RuntimeWarning,
                stacklevel=4,
            )
        values = own([recording.values[n] for n in recording.numbers], [*map(raw, leaves), *recording.captured])
        result = recording.results(dict(zip(recording.numbers, values, strict=True)))
        pending = self.pending.setdefault(kind, {})
        key = recording.key()
        before = pending.pop(key, None)
        if before is None:
            recording.keep_inputs()
            pending[key] = recording
        else:
            found = difference(before, recording)
            if found is not None:
                raise RuntimeError(f"{self.who}: two calls with arguments of one kind did different things\n{found}")
            self.plans[kind] = [*self.plans.get(kind, ()), Plan(before, recording)]
            empty_cache()  # a program needs less memory than the recorded calls, whose blocks wait there
        return result


def _kind(value: Any, leaves: list[Any]) -> Any:
    """What makes arguments of one kind; the arrays and Tensors among them are put into ``leaves``."""
    if isinstance(value, Tensor):
        node = value._node
        if node is not None and type(node) is not Leaf:
            raise ValueError(
                "compile: an argument is a recorded result, whose history a program cannot follow\n"
                f"  argument: {value!r}\n  give .detach(), or record and differentiate in one function"
            )
        leaves.append(value)
        return (0 if node is None else 1), value._data.shape, value._data.dtype
    if type(value) is np.ndarray or isinstance(value, np.number | np.bool_):
        leaves.append(value)
        return 2, value.shape, value.dtype
    kind = type(value)
    if kind in NUMBERS:
        return kind, value
    if isinstance(value, tuple | list):
        return kind, tuple([_kind(one, leaves) for one in value])
    if kind is dict:
        return kind, tuple(value), tuple([_kind(one, leaves) for one in value.values()])
    return kind, _Same(value)


class _Same:
    """An object, equal to itself alone."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.thing is self.thing


def _replaced(value: Any, given: Any) -> Any:
    """The arguments with what is ``given`` in place of arrays and Tensors."""
    if isinstance(value, Tensor) or type(value) is np.ndarray or isinstance(value, np.number | np.bool_):
        return next(given)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[_replaced(one, given) for one in value])
    if isinstance(value, tuple | list):
        return type(value)([_replaced(one, given) for one in value])
    if type(value) is dict:
        return {key: _replaced(one, given) for key, one in value.items()}
    return value
