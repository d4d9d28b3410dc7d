"""Steps of optimizers, each written once as a formula in NumPy, which a compiled kernel runs in one pass over memory.

A formula takes the arrays of one parameter (its values w, its gradient g, what is remembered of it) and options, and
gives the new w and the new arrays to remember. NumPy runs it as it stands:

>>> import numpy as np
>>> def momentum(w, g, v, *, lr, decay):
...     v = v * decay + g
...     return w - v * lr, v
>>> w, g, v = np.ones(2), np.array([1.0, 2.0]), np.ones(2)
>>> update([w], [g], ([v],), momentum, {"lr": 0.5, "decay": 0.0})
>>> w, v
(array([0.5, 0. ]), array([1., 2.]))

``program_of`` calls the formula once with stand-ins, writes down which operations it asks for, and gives them places:
that is the program which ``native.update`` runs, a block of every array at a time, bit for bit as NumPy.
"""

from collections import Counter
from contextvars import copy_context
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

_NAMES = (
    "copy fill negative absolute sqrt sign maximum minimum greater less add subtract multiply divide divide_add "
    "multiply_add multiply_taken divide_taken maximum_minimum where"
)
OPERATIONS = {name: i for i, name in enumerate(_NAMES.split())}
"""The operations of the kernels, in the order of ``update_operation`` in native/optimizer.h; NumPy's names."""

IS_NUMBER = 128  # added to the place of a number; these three stand in native/optimizer.h too
MOST_TEMPORARIES = 10
MOST_NUMBERS = 32


class Program(NamedTuple):
    """A formula as the kernels run it: five bytes an instruction, and the numbers that stand in the formula itself."""

    code: bytes
    constants: tuple[float, ...]


def update(ws, gs, states, formula, options):
    """Make a step of each parameter by NumPy: the new values are written into ``ws``, and into the lists of ``states``.

    options : {name: value}, what the formula takes by name; numbers are floats, and everything else is settled when
        the formula is read: ``None`` for a number that is not wanted, flags
    """
    copy_context().run(_update, ws, gs, states, formula, options)


def _update(ws, gs, states, formula, options):
    # warnings are off, as compiled; in a context of its own, so that Ctrl-C at any time leaves the caller's alone
    np.seterr(all="ignore")
    for w, g, *state in zip(ws, gs, *states, strict=True):
        arrays = w, *state
        made = [new.copy() if any([new is old for old in arrays]) else new for new in formula(w, g, *state, **options)]
        for array, new in zip(arrays, made, strict=True):
            array[...] = new


@lru_cache(maxsize=256)
def program_of(formula, states, names, settled):
    """The program of a formula.

    states : how many arrays are remembered
    names, settled : of its options, and what each is: ``float`` for any number, else its value
    """
    numbers = [name for name, value in zip(names, settled, strict=True) if value is float]
    reading = _Reading(2 + states, len(numbers))
    options = {**dict(zip(names, settled, strict=True)), **{name: _Number(i) for i, name in enumerate(numbers)}}
    results = formula(*[_Value(reading, i) for i in range(2 + states)], **options)
    if len(results) != 1 + states:
        raise ValueError(f"{formula.__name__}: the new arrays must be {1 + states}, not {len(results)}")
    return Program(_placed(reading, [reading.operand(result) for result in results]), tuple(reading.constants))


class _Number:
    """Stands for an option while a formula is read. What two numbers give is to be an option itself."""

    __slots__ = ("slot",)

    def __init__(self, slot):
        self.slot = slot


class _Value(NDArrayOperatorsMixin):
    """Stands for an array while a formula is read: NumPy's functions write down that they were called."""

    __slots__ = ("reading", "index")

    def __init__(self, reading, index):
        self.reading = reading
        self.index = index

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method != "__call__" or options or ufunc.__name__ not in OPERATIONS:
            return NotImplemented
        return self.reading.note(ufunc.__name__, *inputs)

    def __array_function__(self, function, types, inputs, options):
        if function is not np.where or options or len(inputs) != 3:
            return NotImplemented
        if not any([isinstance(choice, _Value) for choice in inputs[1:]]):
            return NotImplemented  # NumPy gives float64 where both are numbers
        return self.reading.note("where", inputs[0], *map(self.reading.filled, inputs[1:]))


class _Reading:
    """The operations of a formula in order: (name, number of the value made, operands). Numbers are −1, −2, …"""

    def __init__(self, inputs, numbers):
        self.inputs = self.values = inputs
        self.numbers = numbers
        self.constants = []
        self.instructions = []

    def note(self, name, *operands):
        self.instructions.append((name, self.values, [self.operand(operand) for operand in operands]))
        self.values += 1
        return _Value(self, self.values - 1)

    def operand(self, operand):
        if isinstance(operand, _Value):
            return operand.index
        if isinstance(operand, _Number):
            return -1 - operand.slot
        self.constants.append(float(operand))
        return -self.numbers - len(self.constants)

    def filled(self, operand):
        return operand if isinstance(operand, _Value) else self.note("fill", operand)


_PAIRS = "add multiply add, subtract multiply subtract, multiply multiply multiply, divide multiply divide"
_PAIRS = f"{_PAIRS}, divide add divide_add, maximum minimum maximum_minimum"
IN_ONE = {(first, then): both for first, then, both in map(str.split, _PAIRS.split(","))}
"""An instruction and the one after it, which takes a number beside its result: what does both."""


def _joined(instructions, kept):
    """With two operations in one where the second takes the first's result alone: each is one pass less.

    That is a product by a number with what it multiplies, a number added with the division before it, a least with the
    largest number, a product with the sum that takes it, and a product or quotient with what it is taken from.
    """
    uses = Counter(value for _, _, operands in instructions for value in operands)
    made_by = {made: (name, operands) for name, made, operands in instructions}
    joined, gone = [], set()
    for name, made, operands in instructions:
        number, value = sorted(operands)[:2] if len(operands) == 2 else (0, 0)
        before, of = made_by.get(value, ("", ()))
        if number < 0 <= value and uses[value] == 1 and len(of) == 2 and value not in kept:
            one = IN_ONE.get((before, name))
            if one is not None and (before != "maximum" or min(of) < 0 <= max(of)):
                gone.add(value)
                name, operands = one, [*(sorted(of, reverse=True) if before == "maximum" else of), number]
                made_by[made] = name, operands
        taken = _alone(name, operands, made_by, uses, kept)
        if taken is not None:
            gone.add(taken)
            before, of = made_by[taken]
            name = f"{before}_add" if name == "add" else f"{before}_taken"
            operands = [*of, operands[1 - operands.index(taken)]]
            made_by[made] = name, operands
        joined.append((name, made, operands))
    return [instruction for instruction in joined if instruction[1] not in gone]


TAKEN = {tuple(pair.split()) for pair in "multiply add, multiply subtract, divide subtract".split(",")}
"""An instruction and the sum or difference that takes its result, for which there is one that does both."""


def _alone(name, operands, made_by, uses, kept):
    """The product or quotient that a sum or difference takes and nothing else does; None if there is none."""
    if len(operands) != 2:
        return None
    for value in operands if name == "add" else operands[1:]:
        before, of = made_by.get(value, ("", ()))
        if (before, name) in TAKEN and len(of) == 2 and uses[value] == 1 and value not in kept:
            return value
    return None


def _placed(reading, results):
    """The program's bytes: a result goes straight to its array where the old one is not needed any more."""
    instructions, inputs = list(reading.instructions), reading.inputs
    arrays = [0, *range(2, inputs)]  # places of w and of what is remembered: the gradient, at 1, stays
    goals = {}  # value: the array that it becomes
    values = reading.values
    for array, value in zip(arrays, results, strict=True):
        if value == array:
            continue
        if value < inputs or value in goals:
            instructions.append(("fill" if value < 0 else "copy", values, [value]))
            value = values
            values += 1
        goals[value] = array
    instructions = _joined(instructions, goals)
    last = {value: k for k, (_, _, operands) in enumerate(instructions) for value in operands}
    place = {value: value for value in range(inputs)} | {-1 - i: IS_NUMBER + i for i in range(MOST_NUMBERS)}
    free = list(range(inputs + MOST_TEMPORARIES - 1, inputs - 1, -1))
    code, at_the_end = [], []
    for k, (name, made, operands) in enumerate(instructions):
        if made not in last and made not in goals:
            continue
        for value in set(operands):
            if value >= inputs and last[value] == k and value not in goals:
                free.append(place[value])
        array = goals.get(made)
        if array is not None and last.get(array, -1) <= k:
            place[made] = array
        else:
            place[made] = free.pop()
            if array is not None:
                at_the_end.append((array, place[made]))
        padded = [place[value] for value in operands] + [0] * (3 - len(operands))
        code.append((OPERATIONS[name], place[made], *padded))
    code += [(OPERATIONS["copy"], array, temporary, 0, 0) for array, temporary in at_the_end]
    return bytes([byte for instruction in code for byte in instruction])
