"""What happens to operations while they run: recorded or not, on a tape, watched for NaN.

``with no_grad():`` records nothing, ``with enable_grad():`` records again inside it (both are
decorators too); ``with tape() as t:`` keeps every value and every gradient; ``with scope("conv1"):``
names what is recorded in it; ``with detect_anomaly():`` finds the first NaN or inf.

All of it is one context variable, which an operation reads once. Its default, ``None``, is the
common case: record, and nothing else. It is a ``contextvars`` variable, so that threads and
asyncio tasks each have their own.
"""

import functools
import inspect
import linecache
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any, ParamSpec, TypeVar, overload

P = ParamSpec("P")
R = TypeVar("R")

_mode: ContextVar[Any] = ContextVar("autograd_mode", default=None)
_entered: ContextVar[Any] = ContextVar("autograd_entered", default=None)  # (the mode to go back to, the entry before)
current = _mode.get


class Mode:
    """The switches; never changed, only replaced."""

    __slots__ = ("recording", "tapes", "anomaly", "scope")

    def __init__(
        self,
        recording: bool = True,
        tapes: "tuple[Tape, ...]" = (),
        anomaly: bool = False,
        scope: tuple[str, ...] = (),
    ) -> None:
        self.recording = recording
        self.tapes = tapes
        self.anomaly = anomaly
        self.scope = scope

    def but(self, **changes: Any) -> "Mode":
        return Mode(**{key: changes.get(key, getattr(self, key)) for key in self.__slots__})


_DEFAULT = Mode()
_OFF = Mode(recording=False)  # the most usual one: made once


class _Switch:
    """``with no_grad():``, ``@no_grad()`` and ``@no_grad`` alike."""

    def __init__(self, **changes: Any) -> None:
        self._changes = changes

    def __enter__(self) -> "_Switch":
        before = current()
        if before is None and self._changes == {"recording": False}:
            mode = _OFF
        else:
            mode = (before or _DEFAULT).but(**self._changes)
        plain = mode.recording and not (mode.tapes or mode.anomaly or mode.scope)
        # not on the switch itself, which threads and tasks may share
        _entered.set((before, _entered.get()))
        _mode.set(None if plain else mode)
        return self

    def __exit__(self, *_: object) -> None:
        before, rest = _entered.get()
        _entered.set(rest)
        _mode.set(before)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
            raise TypeError(
                f"cannot switch recording for {function.__name__}: its body runs after the call has returned\n"
                "  use the with-statement inside it instead"
            )

        @functools.wraps(function)
        def switched(*args: P.args, **kwargs: P.kwargs) -> R:
            with _Switch(**self._changes):
                return function(*args, **kwargs)

        return switched


@overload
def no_grad(function: None = None) -> _Switch: ...
@overload
def no_grad(function: Callable[P, R]) -> Callable[P, R]: ...
def no_grad(function: Callable[..., Any] | None = None) -> Any:
    """Record nothing: in a ``with`` block, or in every call of the decorated function.

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
    with _Switch(tapes=(*(current() or _DEFAULT).tapes, new)):
        yield new


@contextmanager
def scope(name: str, kind: str | None = None) -> Iterator[None]:
    """Group what is recorded in the block under ``name``, for pictures and explanations.

    It matters on a tape only, and costs nothing elsewhere. Scopes nest. ``kind`` says what the group
    is, such as the class of a layer.

    >>> import autograd as ag
    >>> w = ag.Tensor(3.0, requires_grad=True)
    >>> with ag.tape() as tape, ag.scope("block"), ag.scope("square"):
    ...     y = w * w
    >>> tape.nodes[-1].note.scope
    ('block', 'square')
    """
    mode = current()
    if mode is None or not mode.tapes:
        yield
        return
    path = (*mode.scope, str(name))
    if kind is not None:
        for tape in mode.tapes:
            tape.kinds[path] = str(kind)
    with _Switch(scope=path):
        yield


def is_taping() -> bool:
    """Whether a tape is running here."""
    mode = current()
    return mode is not None and bool(mode.tapes)


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
