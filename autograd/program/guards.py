"""What a compiled function has from outside, beside the values of Tensors and arrays: numbers, modes, which Tensors.

``Guards(function)`` notes it down; ``changed()`` says what of it is not as it was. Looked at are the closure cells, the
defaults and the globals that the function names, functions of the user's among them, and what they name in turn; of
lists, tuples and dicts the items; of modules of ``nn`` all attributes, such as ``training``; of other objects those
attributes that the code names.
"""

import functools
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..node import Value
from ..replaying import Same

__all__ = ["Guards"]

NUMBERS = (int, float, complex, bool, str, bytes, type(None))
MISSING = object()
_LIBRARIES = ("autograd", "nn", "numpy")
_MOST_ITEMS = 1000


class Guards:
    """What a function has from outside, as it is now.

    places : [(a function that reads, what it reads from, under which key, what it was)]
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.places: list[tuple[Callable[[Any, Any], Any], Any, Any, Any]] = []
        self._seen: set[int] = set()
        self._alive: list[Any] = []
        self._names: set[str] = set()
        self._objects: list[Any] = []
        self._of_function(function)
        for one in self._objects:  # once all names are known
            self._of_object(one)

    @functools.cached_property
    def same(self) -> Same:
        """The places as a compiled call watches them: items of tuples cannot change."""
        dicts, lists, cells, lengths = [], [], [], []
        for read, of, key, value in self.places:
            watched = of, key, value
            if read is _length:
                lengths.append(watched)
            elif read is _contents:
                cells.append(watched)
            elif type(of) is dict:
                dicts.append(watched)
            elif type(of) is list:
                lists.append(watched)
        return Same(dicts, lists, cells, lengths)

    def changed(self) -> str | None:
        """What is not as it was, or None."""
        for read, of, key, expected in self.places:
            found = read(of, key)
            if found is not expected and not _equal(found, expected):
                return f"{key}: was {_shown(expected)}, is {_shown(found)}"
        return None

    def key(self) -> tuple[Any, ...]:
        """What is noted down, to compare: numbers by value, all else by identity."""
        return tuple(
            [
                (id(of), key, (type(value), value) if type(value) in NUMBERS else id(value))
                for _, of, key, value in self.places
            ]
        )

    # -- what is looked at -----------------------------------------------------------------------

    def _add(self, read: Callable[[Any, Any], Any], of: Any, key: Any) -> None:
        value = read(of, key)
        self.places.append((read, of, key, value))
        self._of_value(value)

    def _first_time(self, thing: Any) -> bool:
        if id(thing) in self._seen:
            return False
        self._seen.add(id(thing))
        self._alive.append(thing)
        return True

    def _of_function(self, function: Any) -> None:
        if isinstance(function, MethodType):
            self._of_value(function.__self__)
            function = function.__func__
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is not None:
            self._of_function(wrapped)
        if not isinstance(function, FunctionType):
            self._of_value(function)
            return
        if not self._first_time(function):
            return
        names = set(_names_of(function.__code__))
        self._names |= names
        for name in sorted(names & function.__globals__.keys()):
            self._add(_item, function.__globals__, name)
        for cell, name in zip(function.__closure__ or (), function.__code__.co_freevars, strict=False):
            self._add(_contents, cell, name)
        for i in range(len(function.__defaults__ or ())):
            self._of_value(function.__defaults__[i])  # type: ignore[index]  # without any the loop is empty

    def _of_value(self, value: Any) -> None:
        if type(value) in NUMBERS or isinstance(value, Value | np.ndarray | np.generic | type | ModuleType | CodeType):
            return
        if isinstance(value, BuiltinFunctionType):
            return
        if isinstance(value, FunctionType | MethodType):
            if not _is_of_library(value):
                self._of_function(value)
            return
        if not self._first_time(value):
            return
        if type(value) in (list, tuple, dict):
            if len(value) <= _MOST_ITEMS:
                self._add(_length, value, "length")
                for key in value if type(value) is dict else range(len(value)):
                    self._add(_item, value, key)
        elif hasattr(value, "__dict__") and not hasattr(value, "param_groups"):
            self._objects.append(value)

    def _of_object(self, value: Any) -> None:
        attributes = vars(value)
        if _is_module(value):
            forward = getattr(type(value), "forward", None)
            if isinstance(forward, FunctionType) and not _is_of_library(forward):
                self._of_function(forward)
            names: Any = list(attributes)
        else:
            names = [name for name in attributes if name in self._names]
            for name in sorted(self._names):
                method = getattr(type(value), name, None)
                if isinstance(method, FunctionType) and not _is_of_library(method):
                    self._of_function(method)
        for name in names:
            self._add(_item, attributes, name)


def _names_of(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_of(constant)


def _is_of_library(function: Any) -> bool:
    return (getattr(function, "__module__", None) or "").partition(".")[0] in _LIBRARIES


def _is_module(value: Any) -> bool:
    return any([kind.__module__ == "nn.module" for kind in type(value).__mro__])


def _item(of: Any, key: Any) -> Any:
    try:
        return of[key]
    except (KeyError, IndexError):
        return MISSING


def _contents(cell: CellType, name: str) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def _length(of: Any, key: str) -> int:
    return len(of)


def _equal(found: Any, expected: Any) -> bool:
    return type(found) is type(expected) and type(found) in NUMBERS and (found == expected or found != found)


def _shown(value: Any) -> str:
    return repr(value) if type(value) in NUMBERS else f"a {type(value).__name__}"
