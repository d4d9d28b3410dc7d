"""Run a function and note each value that its statements give: in it, and in what it calls of the same author.

``sys.settrace`` sees every line; after each statement the contents of all locals are compared with what they were,
for ``dW += …``, slices, ``np.add.at`` and writes through views change an array and not which array it is. It runs
alike on every version of Python. ``sys.monitoring``, from 3.12 on, would save nothing worth having: in the backward
of a small convolutional net, 40 lines, which takes 7 ms by itself, the events of ``settrace`` cost 2 to 4 ms, and to
compare the locals 100 to 200, of 0.6 s for the whole check. The tracer that was there before, such as that of a
debugger, comes back in the end.
"""

import os
import sys
import sysconfig

import numpy as np

from ...modes import _OWN
from ...tensors import Tensor
from .statements import Source

DEEPEST, MOST = 3, 512
"""How deep containers and objects are looked into, and how many entries of one."""

_FOREIGN = tuple(os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def is_users(path):
    """Whether a file is a user's own: neither an installed library's nor ours."""
    return not path.startswith(("<frozen", "<__array_function__", *_FOREIGN, *_OWN))


class Change:
    """A value that a statement gave.

    call : which call of a function, a number; caller : the call that made it, or 0
    function : what the function is called, with its class
    statement, name : what gave it, and what it is called there; a returned value is called "return"
    value : a copy of it; in a trace of Tensors its node
    before : what was called so before, or None
    inside : the statement wrote into the array that was there before
    moment : a number that grows
    scope : the call whose variables the statement read
    """

    __slots__ = ("before", "call", "caller", "function", "inside", "moment", "name", "scope", "statement", "value")

    def __init__(self, call, caller, function, statement, name, value, before, inside, moment, scope):
        self.call, self.caller, self.function, self.statement, self.name = call, caller, function, statement, name
        self.value, self.before, self.inside = value, before, inside
        self.moment, self.scope = moment, scope

    def __repr__(self):
        return f"<Change {self.statement.line}: {self.name}>"


class _Call:
    """What is known of one running call."""

    __slots__ = ("caller", "function", "held", "number", "statement", "stirred")

    def __init__(self, number, caller, function, held):
        self.number, self.caller, self.function, self.held = number, caller, function, held
        self.statement = None
        self.stirred = False  # a function of the user's has run since: it may have written anywhere


class Trace:
    """``run(function, args)`` calls it and notes what happens.

    changes : every ``Change``, the oldest first
    entered : a ``Change`` for each argument of each call, by the statement that called
    sources : the files by path
    """

    def __init__(self, watched):
        self.watched = watched
        self.changes, self.entered, self.sources = [], [], {}
        self._calls, self._made = {}, 0

    def run(self, function, args):
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return function(*args)
        finally:
            sys.settrace(before)

    def source(self, path):
        if path not in self.sources:
            self.sources[path] = Source(path)
        return self.sources[path]

    def _enter(self, frame, event, arg):
        code = frame.f_code
        if code.co_name in ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>", "<module>"):
            return None
        if not is_users(code.co_filename) or not self.source(code.co_filename).lines:
            return None
        self._made += 1
        parent = frame.f_back
        while parent is not None and parent not in self._calls:
            parent = parent.f_back
        caller = self._calls.get(parent)
        held = self.watched.snapshot(frame.f_locals)
        outer = caller.number if caller else 0
        statement = caller.statement if caller else None
        for name, one in held.items():
            self.entered.append(
                Change(
                    self._made, outer, code.co_qualname, statement, name, one.kept, None, False,
                    len(self.changes) - 0.5, outer,
                )
            )  # fmt: skip
        self._calls[frame] = _Call(self._made, outer, code.co_qualname, held)
        return self._follow

    def _follow(self, frame, event, arg):
        call = self._calls[frame]
        if event == "line":
            source = self.sources[frame.f_code.co_filename]
            statement = source.by_line.get(frame.f_lineno)
            # One that is reported again is not done yet, but for a loop on one line. From Python 3.12 on a
            # comprehension reports its line each time round, and its variable is a local until it ends.
            if statement is not call.statement or statement is None or statement.loop:
                self._close(call, frame)
                call.statement = statement
        elif event == "return":
            self._close(call, frame)
            if call.statement is not None:
                for name, value in self.watched.flat({"return": arg}):
                    self._add(call, name, self.watched.keep(value), None, False)
            del self._calls[frame]
            parent = next((one for one in self._calls.values() if one.number == call.caller), None)
            if parent is not None:
                parent.stirred = True
        return self._follow

    def _close(self, call, frame):
        """The statement is done: what has it changed?"""
        statement = call.statement
        if statement is None:
            return
        held = call.held
        contents = call.stirred or not statement.binds_only
        call.stirred = False
        for name, value in self.watched.flat(frame.f_locals):
            known = held.get(name)
            if known is not None and known.value is value and not (contents and known.has_changed()):
                continue
            inside = known is not None and known.value is value
            kept = self.watched.keep(value)
            held[name] = new = self.watched.holding(value, kept)
            if known is None or not new.same_as(known):
                self._add(call, name, kept, known.kept if known is not None else None, inside)

    def _add(self, call, name, kept, before, inside):
        self.changes.append(
            Change(
                call.number, call.caller, call.function, call.statement, name, kept, before, inside,
                len(self.changes), call.number,
            )
        )  # fmt: skip


class _Array:
    """An array, and a copy of what it held."""

    __slots__ = ("kept", "value")

    def __init__(self, value, kept):
        self.value, self.kept = value, kept

    def has_changed(self):
        return not isinstance(self.value, float) and self.value.tobytes() != self.kept.tobytes()

    def same_as(self, other):
        """Whether a new binding is only the same numbers once more."""
        return self.value is other.value and np.array_equal(self.kept, other.kept, equal_nan=True)


class Arrays:
    """What a trace of plain NumPy watches: real floats and arrays of them."""

    @staticmethod
    def is_one(value):
        kind = type(value)
        return kind is float or (issubclass(kind, np.ndarray | np.generic) and value.dtype.kind == "f")

    def flat(self, variables):
        return _flat(variables, self.is_one)

    def snapshot(self, variables):
        return {name: self.holding(value, self.keep(value)) for name, value in self.flat(variables)}

    @staticmethod
    def keep(value):
        return np.array(value)

    @staticmethod
    def holding(value, kept):
        return _Array(value, kept)


class _Recorded:
    """A Tensor, and the node that it had: an assignment gives the same Tensor another."""

    __slots__ = ("kept", "node", "value")

    def __init__(self, value):
        self.value, self.kept, self.node = value, value.node, value.node

    def has_changed(self):
        return self.value.node is not self.node

    def same_as(self, other):
        return self.node is other.node


class Tensors:
    """What a trace of recorded code watches: Tensors with a history."""

    @staticmethod
    def is_one(value):
        return isinstance(value, Tensor) and value.node is not None

    def flat(self, variables):
        return _flat(variables, self.is_one)

    def snapshot(self, variables):
        return {name: _Recorded(value) for name, value in self.flat(variables)}

    @staticmethod
    def keep(value):
        return value.node

    @staticmethod
    def holding(value, kept):
        return _Recorded(value)


def _flat(variables, is_one):
    """[(name, value)] of what is watched among the variables, and in the containers and objects there."""
    found = []
    todo = [(name, value, 0) for name, value in reversed(list(variables.items()))]
    while todo:
        name, value, depth = todo.pop()
        if is_one(value):
            found.append((name, value))
            continue
        kind = type(value)
        if kind in _ATOMS or depth >= DEEPEST:
            continue
        inner = [(name + end, one, depth + 1) for end, one in _entries(value, kind)]
        todo += reversed(inner[:MOST])
    return found


_ATOMS = {int, bool, str, bytes, type(None), type, type(np), type(len), type(is_users), range, slice, np.ufunc}


def _entries(value, kind):
    if issubclass(kind, dict):
        return [(f"[{key!r}]", one) for key, one in list(value.items())[:MOST]]
    if issubclass(kind, list | tuple):
        return [(f"[{i}]", one) for i, one in enumerate(value[:MOST])]
    if issubclass(kind, np.ndarray | Tensor):
        return []
    own = getattr(value, "__dict__", None)
    if isinstance(own, dict) and is_users(getattr(sys.modules.get(kind.__module__), "__file__", None) or "<none>"):
        return [(f".{key}", one) for key, one in own.items()]
    return []
