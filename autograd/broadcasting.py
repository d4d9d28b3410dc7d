"""A warning where operands of different numbers of axes make a result that is larger than all of them.

``predictions - targets`` of the shapes (N, 1) and (N,) is an N × N array by NumPy's rules, seldom what was meant, and
nothing after it fails. It is meant where the axes are written out: an operand that comes from an index with ``None``,
``expand_dims``, ``reshape`` or ``keepdims=True``, as far as its history or the line shows it.
"""

import linecache
import math
import os
import re
import sys
import warnings
from typing import ClassVar

import numpy as np

from .callers import place
from .node import Value
from .traits import ENTRYWISE

__all__ = ["set_broadcast_warnings"]

_WRITTEN_OUT = re.compile(r"\b(newaxis|expand_dims|reshape|keepdims|broadcast_to)\b")
_BRACKETS = re.compile(r"[\[\](){}]|\bNone\b")
_PACKAGES = tuple(
    os.path.join(folder, "")
    for folder in (os.path.dirname(__file__), os.path.join(os.path.dirname(__file__), "..", "nn"))
)
_ON_THE_WAY = tuple(
    os.path.join(os.path.dirname(__file__), f"{name}.py")
    for name in ("broadcasting", "recording", "operators", "numpy_protocol", "words")
)
_STEPS_BACK = 8


class _Known:
    """Whether to warn; and the lines that were told of since the filters of ``warnings`` were last changed."""

    on = True
    filters = None
    lines: ClassVar[set] = set()


def set_broadcast_warnings(on: bool) -> None:
    """Whether to warn of operands with different numbers of axes whose result is larger than all; by default on.

    >>> import autograd as ag
    >>> ag.config.set_broadcast_warnings(False)
    >>> (ag.Tensor([[1.0], [2.0]]) - ag.Tensor([1.0, 2.0])).shape
    (2, 2)
    >>> ag.config.set_broadcast_warnings(True)
    """
    if not isinstance(on, bool | np.bool_):
        raise TypeError(f"set_broadcast_warnings: give True or False\n  given: {type(on).__name__}")
    _Known.on = bool(on)


def warn_of_broadcasting(name, operands, y):
    """What is called where the result of something done entry by entry may be larger than all operands."""
    if not _Known.on:
        return
    shapes = [shape for shape in map(_shape, operands) if shape]
    if any([y.size <= math.prod(shape) for shape in shapes]) or len({len(shape) for shape in shapes}) < 2:
        return
    if any(_has_its_axes_written_out(one) for one in operands):
        return
    frame = _users_frame()
    if frame is None:
        return
    path, number = frame.f_code.co_filename, frame.f_lineno
    if _writes_axes_out(_statement(frame)):
        return
    if _Known.filters is not warnings.filters:
        _Known.filters, _Known.lines = warnings.filters, set()
    if (path, number) in _Known.lines:
        return
    listed = "\n".join([f"  {letter}: shape {shape}" for letter, shape in zip("abc", shapes, strict=False)])
    warnings.warn_explicit(
        f"{name}: operands with different numbers of axes make a result larger than all of them\n{listed}\n"
        f"  result: shape {y.shape}\n"
        "  give them the same axes, with .reshape(…) or [:, None]; that also says that it is meant\n"
        "  ag.config.set_broadcast_warnings(False) switches this warning off",
        UserWarning,
        path,
        number,
        frame.f_globals.get("__name__"),
    )
    _Known.lines.add((path, number))


def _shape(operand):
    if isinstance(operand, Value):
        operand = operand._data
    return (
        operand.shape
        if isinstance(operand, np.ndarray)
        else np.shape(operand)
        if type(operand) in (list, tuple)
        else ()
    )


def _users_frame():
    """The frame that asked for the operation, or None where it is the library itself."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename in _ON_THE_WAY:
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith(_PACKAGES):
        return None
    return frame


def _statement(frame):
    """The source of the expression that runs in a frame."""
    code = frame.f_code
    first, last, _, _ = place(code, frame.f_lasti)
    first, last = first or frame.f_lineno, last or frame.f_lineno
    return "".join(linecache.getline(code.co_filename, n, frame.f_globals) for n in range(first, last + 1))


def _writes_axes_out(text):
    """Whether the text of a line has a function that adds axes, or None in an index."""
    if _WRITTEN_OUT.search(text):
        return True
    opened = []
    for found in _BRACKETS.findall(text):
        if found == "None" and opened[-1:] == ["["]:
            return True
        if found in "[({":
            opened.append(found)
        elif found in "])}":
            del opened[-1:]
    return False


def _has_its_axes_written_out(operand):
    """Whether an operand was given its axes on purpose, as far as it is known where it came from."""
    if isinstance(operand, Value):
        if operand._node is not None:
            return _was_given_axes(operand._node)
        operand = operand._data
    base = getattr(operand, "base", None)
    return isinstance(base, np.ndarray) and base.ndim < operand.ndim


def _was_given_axes(node):
    """Whether an operation that adds axes or keeps them made a node, or what it was computed from entry by entry."""
    todo = [node]
    for _ in range(_STEPS_BACK):
        if not todo:
            return False
        node = todo.pop()
        op, parents = getattr(node, "operation", None), [one for one in (node.a, node.b) if one is not None]
        if op is None or not parents:
            continue
        shape = node.like[0]
        if op.traits & ENTRYWISE:
            todo += [one for one in parents if one.like[0] == shape]
        elif len(parents) == 1 and _adds_axes(op, parents[0].like[0], shape):
            return True
    return False


def _adds_axes(op, before, after):
    """Whether an operation turns one shape into the other by writing axes out."""
    if op.traits & {"shape", "gather"} and "transposes" not in op.traits:
        same = len(after) == len(before) and after != before and np.prod(after) == np.prod(before)
        return len(after) > len(before) or same
    return "reduction" in op.traits and len(after) == len(before)  # with keepdims
