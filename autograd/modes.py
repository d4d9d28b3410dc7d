"""What happens to operations while they run: recorded or not, on a tape, watched for NaN.

``with no_grad():`` records nothing, ``with enable_grad():`` records again inside it (both are
decorators too); ``with tape() as t:`` keeps every value and every gradient; ``with scope("conv1"):``
names what is recorded in it; ``with detect_anomaly():`` finds the first NaN or inf.

All of it is one context variable, which an operation reads once. Its default, ``None``, is the
common case: record, and nothing else. It is a ``contextvars`` variable, so that threads and
asyncio tasks each have their own. A ``with`` block around a ``yield`` holds in the meantime for whoever asked for the
value; a decorated generator or coroutine has its mode for its own steps alone.
"""

import functools
import inspect
import linecache
import os
import re
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from threading import get_ident
from types import FrameType
from typing import Any, ParamSpec, Self, TypeVar, overload

P = ParamSpec("P")
R = TypeVar("R")

_mode: ContextVar[Any] = ContextVar("autograd_mode", default=None)
_entered: ContextVar[Any] = ContextVar("autograd_entered", default=None)  # the Mode of the innermost block
current = _mode.get


class Mode:
    """The switches as one ``with`` block has them: those around it, but for what the block changes.

    They change once more only where the block ends before one inside it, or in another thread or task, as that of a
    generator may: then they are those around it, for whoever still looks here.

    changes : {switch: value}; ``tape`` and ``name`` are added to the tapes and the scope around
    """

    __slots__ = (
        "recording", "tapes", "anomaly", "scope", "batching", "around", "changes", "inside", "left", "owner", "hidden",
        "statement",
    )  # fmt: skip

    recording: bool
    tapes: "tuple[Tape, ...]"
    anomaly: bool
    scope: tuple[str, ...]
    batching: Any
    hidden: bool

    def __init__(self, around: "Mode | None", changes: dict[str, Any]) -> None:
        self.around = around
        self.changes = changes
        self.inside: list[Mode] = []
        self.left = False  # out of turn
        self.owner = _here()
        self.statement: _FromNowOn | None = None  # that has begun it, outside a with block
        self.follow()
        # hidden: the default, and it stays so whichever of the blocks around it ends first
        plain = self.recording and not (self.tapes or self.anomaly or self.scope or self.batching)
        self.hidden = plain and (around is None or around.hidden)

    def follow(self) -> None:
        """Take over the switches around the block, and change them."""
        around = self.around
        if around is None:
            self.recording, self.tapes, self.anomaly, self.scope = True, (), False, ()
            self.batching = None
        else:
            self.recording, self.tapes = around.recording, around.tapes
            self.anomaly, self.scope, self.batching = around.anomaly, around.scope, around.batching
        for switch, value in self.changes.items():
            if switch == "tape":
                self.tapes = (*self.tapes, value)
            elif switch == "name":
                self.scope = (*self.scope, value)
            else:
                setattr(self, switch, value)

    def leave(self) -> None:
        """End the block out of turn: what it changed is undone in all blocks inside it."""
        self.changes, self.left = {}, True
        todo = [self]
        while todo:
            mode = todo.pop()
            mode.follow()
            todo += mode.inside


def _here() -> tuple[int, int]:
    """Which thread runs, and which of its asyncio tasks."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:
        return get_ident(), 0
    return get_ident(), id(asyncio.current_task())


def _innermost() -> Mode | None:
    """The Mode of the innermost block here that has not ended elsewhere."""
    mode: Mode | None = _entered.get()
    while mode is not None and mode.left:
        mode = mode.around
    return mode


class _Switch:
    """``with no_grad():``, ``@no_grad()`` and ``@no_grad`` alike."""

    def __init__(self, **changes: Any) -> None:
        self._changes = changes
        self._blocks: list[Mode] = []  # those that run; threads, tasks and generators may share a switch

    def __enter__(self) -> Self:
        around = _innermost()
        mode = Mode(around, self._changes)
        if around is not None:
            around.inside.append(mode)
        self._blocks.append(mode)
        _entered.set(mode)
        _mode.set(None if mode.hidden else mode)
        return self

    def __exit__(self, *_: object) -> None:
        mode = innermost = _innermost()
        while mode is not None and mode not in self._blocks:
            mode = mode.around
        if mode is None:  # begun in another thread or task
            mode = self._blocks[-1]
        around = mode.around
        if mode is innermost:
            _mode.set(None if around is None or around.hidden else around)
            _entered.set(around)
        if mode is not innermost or mode.owner != _here():  # a task starts with the blocks of the one that made it
            mode.leave()
        elif around is not None:
            around.inside.remove(mode)
        self._blocks.remove(mode)

    @overload
    def __call__(self, function: Callable[P, R]) -> Callable[P, R]: ...
    @overload
    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]: ...
    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        kinds = [kind for is_one, kind in _BY_STEPS if is_one(function)]
        switched = (*kinds, _at_once)[0]
        return functools.wraps(function)(switched(function, self._changes))


def _at_once(function: Callable[..., Any], changes: dict[str, Any]) -> Callable[..., Any]:
    def switched(*args: Any, **kwargs: Any) -> Any:
        with _Switch(**changes):
            return function(*args, **kwargs)

    return switched


def _of_a_generator(function: Callable[..., Any], changes: dict[str, Any]) -> Callable[..., Any]:
    def switched(*args: Any, **kwargs: Any) -> Any:
        return (yield from _stepwise(changes, function(*args, **kwargs)))

    return switched


def _of_a_coroutine(function: Callable[..., Any], changes: dict[str, Any]) -> Callable[..., Any]:
    async def switched(*args: Any, **kwargs: Any) -> Any:
        return await _Awaited(changes, function(*args, **kwargs))

    return switched


def _of_an_asynchronous_generator(function: Callable[..., Any], changes: dict[str, Any]) -> Callable[..., Any]:
    async def switched(*args: Any, **kwargs: Any) -> Any:
        steps = function(*args, **kwargs)
        step = steps.asend(None)
        while True:
            try:
                value = await _Awaited(changes, step)
            except StopAsyncIteration:
                return
            try:
                step = steps.asend((yield value))
            except GeneratorExit:
                await _Awaited(changes, steps.aclose())
                raise
            except BaseException as error:
                step = steps.athrow(error)

    return switched


_BY_STEPS = (
    (inspect.isgeneratorfunction, _of_a_generator),
    (inspect.iscoroutinefunction, _of_a_coroutine),
    (inspect.isasyncgenfunction, _of_an_asynchronous_generator),
)
"""Functions whose body runs after the call has returned, step by step."""


def _stepwise(changes: dict[str, Any], steps: Any) -> Generator[Any, Any, Any]:
    """The steps of a generator, each under a switch of its own: whoever asks for them keeps their mode."""
    resume, value = steps.send, None
    while True:
        try:
            with _Switch(**changes):
                given = resume(value)
        except StopIteration as done:
            return done.value
        try:
            resume, value = steps.send, (yield given)
        except GeneratorExit:
            with _Switch(**changes):
                steps.close()
            raise
        except BaseException as error:
            resume, value = steps.throw, error


class _Awaited:
    """What is awaited, each step of it under a switch of its own."""

    def __init__(self, changes: dict[str, Any], awaitable: Any) -> None:
        self._changes = changes
        self._awaitable = awaitable

    def __await__(self) -> Generator[Any, Any, Any]:
        return _stepwise(self._changes, self._awaitable.__await__())


@overload
def no_grad(function: None = None) -> _Switch: ...
@overload
def no_grad(function: Callable[P, R]) -> Callable[P, R]: ...
def no_grad(function: Callable[..., Any] | None = None) -> Any:
    """Record nothing: in a ``with`` block, or in every call of the decorated function.

    Of a generator or a coroutine function it is every step: who asks for the steps keeps the mode. A ``with`` block
    may end in another thread or task, or before one inside it: nobody else's mode is changed by that.

    >>> import autograd as ag
    >>> w = ag.Tensor(2.0, requires_grad=True)
    >>> with ag.no_grad():
    ...     (w * 3).requires_grad
    False
    """
    return _Switch(recording=False) if function is None else _Switch(recording=False)(function)


@overload
def enable_grad(function: None = None) -> _Switch: ...
@overload
def enable_grad(function: Callable[P, R]) -> Callable[P, R]: ...
def enable_grad(function: Callable[..., Any] | None = None) -> Any:
    """Record again inside ``no_grad``: in a ``with`` block, or in the decorated function.

    >>> import autograd as ag
    >>> w = ag.Tensor(2.0, requires_grad=True)
    >>> with ag.no_grad(), ag.enable_grad():
    ...     (w * 3).requires_grad
    True
    """
    return _Switch(recording=True) if function is None else _Switch(recording=True)(function)


def inference_mode(mode: Any = True) -> Any:
    """``no_grad`` under PyTorch's other name; with ``mode=False`` nothing changes.

    >>> import autograd as ag
    >>> w = ag.Tensor(2.0, requires_grad=True)
    >>> with ag.inference_mode():
    ...     (w * 3).requires_grad
    False
    """
    if callable(mode):
        return no_grad(mode)
    return _Switch(recording=False) if mode else _Switch()


class _FromNowOn(_Switch):
    """A switch that holds since it was made, until another follows it, or the ``with`` block ends that it begins."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(**changes)
        self._before: dict[str, Any] | None = None
        mode = _innermost()
        if mode is not None and mode.statement is not None and mode.changes.keys() == changes.keys():
            self._before = mode.changes
            mode.statement.end()
        super().__enter__()
        self._blocks[-1].statement = self

    def __enter__(self) -> Self:
        self._blocks[-1].statement = None
        return self

    def end(self) -> None:
        super().__exit__()

    def __exit__(self, *_: object) -> None:
        self.end()
        if self._before is not None:
            _FromNowOn(**self._before)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        self.__exit__()
        return super().__call__(function)


class set_grad_enabled(_FromNowOn):
    """Record from now on, or record nothing, until the end of the ``with`` block if it begins one.

    >>> import autograd as ag
    >>> w = ag.Tensor(2.0, requires_grad=True)
    >>> with ag.set_grad_enabled(False):
    ...     (w * 3).requires_grad
    False
    >>> (w * 3).requires_grad
    True
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(recording=bool(mode))


class set_detect_anomaly(_FromNowOn):
    """``detect_anomaly`` from now on, or no longer, until the end of the ``with`` block if it begins one."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(anomaly=bool(mode and check_nan))


def detect_anomaly() -> _Switch:
    """Raise FloatingPointError where the first NaN or inf arises, forward or backward.

    An infinity that was put in, such as the −inf of a mask, may go on as one; NaN may not. The error names the
    operation and the line of the program that recorded it. Everything runs
    slower inside; use it to find the fault, then take it out.

    >>> import numpy as np, autograd as ag
    >>> x = ag.Tensor(-1.0, requires_grad=True)
    >>> with np.errstate(invalid="ignore"), ag.detect_anomaly():  # doctest: +ELLIPSIS
    ...     ag.sqrt(x)
    Traceback (most recent call last):
    ...
    FloatingPointError: sqrt: the result has the first NaN or inf...
    """
    return _Switch(anomaly=True)


def mapping_over(batching: Any) -> _Switch:
    """``with mapping_over(batching):`` operations are handed to ``autograd.batched.Batching``."""
    return _Switch(batching=batching)


def is_grad_enabled() -> bool:
    """Whether operations are recorded here.

    >>> import autograd as ag
    >>> ag.is_grad_enabled()
    True
    """
    mode = current()
    return mode is None or mode.recording


class Tape:
    """The nodes recorded inside a ``with tape()`` block, oldest first, each with its ``note``.

    ``nodes`` lists them. Every note has the value, after a backward through it the gradient,
    the scope, and the source line. A leaf appears as a node of the operation ``alias`` that holds a
    copy of the leaf's value at recording: a later optimizer step changes nothing here. ``kinds`` says what
    a scope is, where it was told: {names of the scope: "Conv2d"}.
    """

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.kinds: dict[tuple[str, ...], str] = {}
        self.aliases: dict[Any, Any] = {}  # leaf -> the node that stands for it here
        self.constants: dict[Any, Any] = {}  # ids of a constant Tensor and its data -> (its Constant, Tensor, data)

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.nodes)

    def __repr__(self) -> str:
        return f"<Tape of {len(self.nodes)} nodes>"


@contextmanager
def tape() -> Iterator[Tape]:
    """Keep every value, gradient, scope and source line of what is recorded in the block.

    Taped nodes are never used up: ``backward`` may run through them any number of times, and each
    run replaces the gradients on the tape.

    >>> import autograd as ag
    >>> w = ag.Tensor(3.0, requires_grad=True, name="w")
    >>> with ag.tape() as tape:
    ...     y = w * w
    >>> y.backward()
    >>> [(node.operation.name, float(node.note.value), float(node.note.gradient)) for node in tape]
    [('alias', 3.0, 6.0), ('multiply', 9.0, 1.0)]
    """
    new = Tape()
    with _Switch(tape=new):
        yield new


@contextmanager
def scope(name: str, kind: str | None = None) -> Iterator[None]:
    """Group what is recorded in the block under ``name``, for pictures and explanations.

    It matters on a tape and in ``nn.profile`` only, and costs nothing elsewhere. Scopes nest. ``kind`` says what the
    group is, such as the class of a layer.

    >>> import autograd as ag
    >>> w = ag.Tensor(3.0, requires_grad=True)
    >>> with ag.tape() as tape, ag.scope("block"), ag.scope("square"):
    ...     y = w * w
    >>> tape.nodes[-1].note.scope
    ('block', 'square')
    """
    if not is_scoped():
        yield
        return
    mode = current()
    names, watcher = (*mode.scope, str(name)), mode.batching
    if kind is not None:
        for tape in mode.tapes:
            tape.kinds[names] = str(kind)
    with _Switch(name=str(name)), nullcontext() if watcher is None else watcher.within_scope(names, kind):
        yield


def is_taping() -> bool:
    """Whether a tape is running here."""
    mode = current()
    return mode is not None and bool(mode.tapes)


def is_scoped() -> bool:
    """Whether somebody here is told of scopes: a tape, or a handler that looks on."""
    mode = current()
    return mode is not None and (bool(mode.tapes) or (mode.batching is not None and mode.batching.looks_on))


_HERE = os.path.dirname(os.path.abspath(__file__))
_OWN = (_HERE + os.sep, os.path.join(os.path.dirname(_HERE), "nn") + os.sep)


def users_frame() -> FrameType | None:
    """The innermost running frame outside autograd and nn, or None."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return frame


def users_variables() -> list[tuple[str, Any]]:
    """[(name, value)] of the variables that the user's running line sees; local ones come last."""
    frame = users_frame()
    return [] if frame is None else [*frame.f_globals.items(), *frame.f_locals.items()]


def users_line() -> str | None:
    """ "file.py:12: source text" of the innermost running line outside autograd and nn."""
    frame = users_frame()
    if frame is None:
        return None
    path, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(path, number, frame.f_globals).strip()
    return f"{path}:{number}: {text}" if text else f"{path}:{number}"


def shown_line(where: str) -> str:
    """A line as ``users_line`` gives it with its file's name alone: "net.py:12: …", or "cell:12: …" of a notebook."""
    path, separator, rest = where.partition(".py:")
    if not separator:
        return where
    *folders, name = re.split(r"[\\/]", path)
    # IPython gives each cell a file of its own in a folder of this name
    return f"cell:{rest}" if folders and folders[-1].startswith("ipykernel_") else f"{name}.py:{rest}"
