"""Whether two recordings of one function are of one program: ``difference`` names the first line where they part."""

from typing import Any

import numpy as np

from .instructions import Instruction, Reference

__all__ = ["difference"]


def difference(before: Any, after: Any) -> str | None:
    """Where two Recordings differ, in words, or None."""
    if len(before.segments) != len(after.segments):
        return f"  optimizers' steps: {len(before.segments) - 1}, then {len(after.segments) - 1}"
    for one, other in zip(before.segments, after.segments, strict=True):
        found = _of_segments(one, other, before, after)
        if found is not None:
            return found
    if not equal(before.template, after.template):
        return "  what is returned is built in another way, or is a number that has changed: return a Tensor"
    return None


def _of_segments(one: Any, other: Any, before: Any, after: Any) -> str | None:
    first, second = one.program.instructions, other.program.instructions
    for a, b in zip(first, second, strict=False):
        found = _of_instructions(a, b, before, after)
        if found is not None:
            return found
    if len(first) != len(second):
        more = (first if len(first) > len(second) else second)[min(len(first), len(second))]
        return f"  in one call only: {_shown(more)}"
    if one.sources.keys() != other.sources.keys() or one.step is not other.step:
        return "  other arrays, Tensors or optimizers were used"
    for number, (kind, thing) in one.sources.items():
        kind_after, thing_after = other.sources[number]
        if kind != kind_after or (before.target(thing) != after.target(thing_after) and kind == "grad"):
            return f"  another {kind} was used, where the first has the shape {np.shape(before.values[number])}"
        inside = kind in ("tensor", "array") and before.target(thing) != after.target(thing_after)
        if inside and not equal(before.values[number], after.values[number]):
            return _made_inside(number, other, after)
    for name in ("gradients", "writes"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if list(mine.values()) != list(theirs.values()):
            return f"  other {name} were left behind"
    for number, value in one.program.constants.items():
        if not equal(value, other.program.constants.get(number)):
            taker = next((i for i in second if number in i.inputs), None)
            at = f"\n  in: {_shown(taker)}" if taker is not None else ""
            return f"  a number changed: {value!r}, then {other.program.constants.get(number)!r}{at}"
    return None


def _made_inside(number: int, segment: Any, after: Any) -> str:
    taker = next((i for i in segment.program.instructions if number in (*i.inputs, *_references(i))), None)
    at = f"\n  taken by: {_shown(taker)}" if taker is not None else ""
    return (
        f"  an array that is made inside with NumPy, or drawn, changed: {np.shape(after.values[number])}{at}\n"
        "  make it outside and give it as an argument, or make it of Tensors"
    )


def _references(one: Instruction) -> list[int]:
    return [value.number for value in one.params.values() if type(value) is Reference]


def _of_instructions(a: Instruction, b: Instruction, before: Any, after: Any) -> str | None:
    same = a.operation is b.operation or (
        type(a.operation) is type(b.operation) and getattr(a.operation, "forward", 0) is b.operation.forward
    )
    if not same or a.rule != b.rule or a.wanted != b.wanted:
        return f"  first: {_shown(a)}\n  then: {_shown(b)}"
    if a.inputs != b.inputs or a.outputs != b.outputs:
        return f"  it took other values: {_shown(a)}\n  then: {_shown(b)}"
    for name, value in a.params.items():
        if not equal(value, b.params.get(name)):
            return f"  {name} changed in: {_shown(b)}\n  first: {value!r}\n  then: {b.params.get(name)!r}"
    return None


def _shown(one: Instruction) -> str:
    return f"{one.operation.name} at {one.line}"


def equal(a: Any, b: Any) -> bool:
    """Whether two static arguments are the same, NaN too."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all([equal(x, y) for x, y in zip(a, b, strict=True)])
    if type(a) is dict:
        return list(a) == list(b) and all([equal(a[key], b[key]) for key in a])
    if type(a) is slice:
        return equal((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    try:
        return bool(a == b) or bool(a != a and b != b)
    except Exception:
        return False
