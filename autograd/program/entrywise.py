"""A chain of functions of each entry as one compiled function: ``Entrywise`` collects what it consists of.

``read`` runs an operation, or one of its rules, on stand-ins for arrays, and writes down which of NumPy's functions it
calls: so what an operation consists of stands in its declaration alone. What asks for anything but functions of each
entry is none for it.
"""

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..arguments import MISSING, listed
from ..handlers import Handler
from ..kernels import activations
from ..modes import _Switch
from ..native import native
from .instructions import Instruction, OfValues, kept, resolved

__all__ = ["OPERATIONS", "Entrywise"]

_ONE = "copy negative absolute sqrt square reciprocal sign logical_not sigmoid tanh relu"
_TWO = "maximum minimum greater greater_equal less less_equal equal not_equal logical_and logical_or"
_NAMES = f"{_ONE} {_TWO} add subtract multiply divide where loop loop_of_two"
OPERATIONS = {name: i for i, name in enumerate(_NAMES.split())}
"""What the kernels do, in the order of ``fused_operation`` in native/fused.h; NumPy's names."""

COMPARISONS = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"}
OF_BOOLS = {"bitwise_and": "logical_and", "bitwise_or": "logical_or", "invert": "logical_not"}
OF_BOOLS |= {name: name for name in OF_BOOLS.values()}
POWERS = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}
KERNELS = {activations.sigmoid: "sigmoid", activations.tanh: "tanh", activations.relu: "relu"}
"""Kernels of the library that can be a part of a chain."""

BOOL = np.dtype(bool)
MOST_AXES, MOST_GIVEN, MOST_PLACES = 8, 32, 128  # as in native/fused.c
WHOLE, NUMBER, REPEATED = range(3)


class Unreadable(Exception):
    """It is more than functions of each entry."""


class StandIn(NDArrayOperatorsMixin):
    """Stands for an array, or for the result of a function of each entry."""

    __slots__ = ("chain", "dtype", "shape", "value")

    def __init__(self, chain: "Entrywise", value: int, shape: tuple[int, ...], dtype: Any) -> None:
        self.chain, self.value, self.shape, self.dtype = chain, value, shape, dtype

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: math.prod(self.shape))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:  # in place too: what shares the memory would have to change
            raise Unreadable(ufunc.__name__)
        return self.chain.call(ufunc, *inputs)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        if function not in FUNCTIONS:
            raise Unreadable(function.__name__)
        return FUNCTIONS[function](*inputs, **options)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise Unreadable("an array")

    def __bool__(self) -> NoReturn:
        raise Unreadable("a truth value")

    def __iter__(self) -> NoReturn:
        raise Unreadable("entries")

    def astype(self, dtype: Any, copy: bool = True) -> "StandIn":
        if np.dtype(dtype) != self.dtype:
            raise Unreadable("another dtype")
        return self

    def __getitem__(self, index: Any) -> "StandIn":
        if index != ():
            raise Unreadable("an index")
        return self


def _where(condition: Any, a: Any, b: Any) -> Any:
    stand_in = next(one for one in (condition, a, b) if isinstance(one, StandIn))
    return stand_in.chain.where(condition, a, b)


def _clip(x: Any, a_min: Any, a_max: Any) -> Any:
    y = x if a_min is None else np.maximum(x, a_min)
    return y if a_max is None else np.minimum(y, a_max)


def _result_type(*given: Any) -> Any:
    return np.result_type(*[one.dtype if isinstance(one, StandIn) else one for one in given])


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.where: _where, np.clip: _clip, np.shape: lambda x: x.shape, np.ndim: lambda x: x.ndim,
    np.size: lambda x: x.size, np.result_type: _result_type,
}  # fmt: skip
"""NumPy's functions that are no ufuncs."""


class Entrywise:
    """A chain in the making, whose results are of one shape and dtype.

    bound : {number of a value of the program: its StandIn}
    given : the numbers, in the program, of those that come from outside
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any, constants: dict[int, Any], like: dict[int, Any]) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.constants, self.like = constants, like
        self.bound: dict[int, StandIn] = {}
        self.given: list[int] = []
        self.made: list[int] = []
        self._values: list[int] = []  # kinds of those given, None of others
        self._numbers: dict[int, float] = {}  # {value: the number that it is}
        self._micro: list[tuple[str, int, tuple[int, ...], Any]] = []  # (operation, result, operands, ufunc)

    def __len__(self) -> int:
        return len(self._micro)

    def operations(self, first: int = 0) -> set[str]:
        """Which there are, from this one on."""
        return {one[0] for one in self._micro[first:]}

    # -- reading -------------------------------------------------------------------------------

    def read(self, one: Instruction) -> bool:
        """Add an instruction; False, with nothing added, if it is none for a chain."""
        with self._all_or_nothing() as done:
            results = self._results(one)
            if len(results) != len(one.outputs):
                raise Unreadable("auxiliaries")
            for number, y in zip(one.outputs, results, strict=True):
                like = self.like[number]
                if not isinstance(y, StandIn) or y.shape != np.shape(like) or y.dtype != like.dtype:
                    raise Unreadable("another result")
            places = len(self._values) + len(self._numbers)
            if len(self.given) > MOST_GIVEN or places > MOST_PLACES:
                raise Unreadable("too many values")
            self.bound.update(zip(one.outputs, results, strict=True))
            self.made += one.outputs
            done.append(True)
        return bool(done)

    @contextmanager
    def _all_or_nothing(self) -> Iterator[list[bool]]:
        grown: tuple[list[Any], ...] = (self._values, self._micro, self.given)
        lengths = [len(one) for one in grown]
        done: list[bool] = []
        with suppress(Exception):  # whatever a function makes of stand-ins: it is then called as it is
            yield done
        if not done:
            for one, length in zip(grown, lengths, strict=True):
                del one[length:]
            self.bound = {number: y for number, y in self.bound.items() if y.value < lengths[0]}
            self._numbers = {value: number for value, number in self._numbers.items() if value < lengths[0]}

    def _results(self, one: Instruction) -> tuple[Any, ...]:
        op = one.operation
        with _Switch(batching=_Operations(self), tapes=(), anomaly=False):
            if isinstance(op, OfValues):
                y = self._of_values(op, one)
            elif one.rule is not None:
                return (self._of_rule(one),)
            else:
                params = {name: resolved(value, self._value) for name, value in one.params.items()}
                inputs = [self._value(number) for number in one.inputs]
                named = {**op.defaults, **params}
                named.update({op.inputs[0]: inputs} if op.variadic else dict(zip(op.inputs, inputs, strict=True)))
                y = self.forward(op, [named[name] for name in op.names])
        return y if type(y) is tuple else (y,)

    def forward(self, op: Any, given: Sequence[Any]) -> Any:
        """An operation on stand-ins."""
        if "random" in op.traits:
            raise Unreadable("a random number")
        if len(given) == 1 and op.forward in KERNELS:
            return self._add(KERNELS[op.forward], given, self.dtype)
        return op.forward(*given)

    def _of_values(self, op: OfValues, one: Instruction) -> Any:
        named = dict(zip(op.inputs, [self._value(number) for number in one.inputs], strict=True))
        named |= {name: resolved(value, self._value) for name, value in one.params.items()}
        places = [named.pop(name) for name in op.names if name in named]
        return op.forward(*places, **named)

    def _of_rule(self, one: Instruction) -> Any:
        op = one.operation
        if op.variadic or one.forward is None or one.rule is None or one.rule < 0:
            raise Unreadable("a rule of many")
        rule = op.rules[one.rule]
        given = [kept(one, name, self._value, self._shape) for name in rule.needs]
        return rule.function(self._value(one.inputs[0]), *given)

    def _shape(self, number: int) -> tuple[int, ...]:
        return np.shape(self.constants.get(number, self.like.get(number)))

    def _value(self, number: int) -> Any:
        """The stand-in for a value of the program, or the number that it is."""
        if number in self.bound:
            return self.bound[number]
        like = self.constants.get(number, self.like.get(number))
        if number in self.constants and (not isinstance(like, np.ndarray) or not like.ndim):
            return like
        if type(like) is not np.ndarray and not isinstance(like, np.generic):
            raise Unreadable("no array")
        if like.dtype not in (self.dtype, BOOL):
            raise Unreadable("another dtype")
        if like.ndim > len(self.shape) or np.broadcast_shapes(like.shape, self.shape) != self.shape:
            raise Unreadable("another shape")
        kind = WHOLE if like.shape == self.shape else NUMBER if like.size == 1 else REPEATED
        self.bound[number] = StandIn(self, self._new(kind), like.shape, like.dtype)
        self.given.append(number)
        return self.bound[number]

    def _new(self, kind: int = -1) -> int:
        self._values.append(kind)
        return len(self._values) - 1

    # -- functions of each entry ---------------------------------------------------------------

    def call(self, ufunc: np.ufunc, *given: Any) -> StandIn:
        """One of NumPy's functions."""
        given = tuple([one[()] if isinstance(one, np.ndarray) and not one.ndim else one for one in given])
        name, dtypes = ufunc.__name__, [_dtype_of(one) for one in given]
        if name in OF_BOOLS:
            if set(dtypes) != {BOOL}:
                raise Unreadable(name)
            return self._add(OF_BOOLS[name], given, BOOL)
        if name in COMPARISONS:
            return self._add(name, given, BOOL)
        if self.dtype not in dtypes:
            raise Unreadable(name)  # of bools and integers NumPy makes something else
        if ufunc is np.power and type(given[1]) in (int, float):
            if given[1] == 1:
                return self._add("copy", given[:1], self.dtype)
            if given[1] in POWERS:
                return self.call(POWERS[given[1]], given[0])
        name = {"true_divide": "divide", "positive": "copy", "fabs": "absolute"}.get(name, name)
        if name in OPERATIONS:
            return self._add(name, given, self.dtype)
        char = self.dtype.char
        known = ufunc.nout == 1 and ufunc.nin < 3 and not ufunc.signature
        if not known or f"{char * ufunc.nin}->{char}" not in ufunc.types or BOOL in dtypes:
            raise Unreadable(name)
        return self._add("loop" if ufunc.nin == 1 else "loop_of_two", given, self.dtype, ufunc)

    def where(self, condition: Any, a: Any, b: Any) -> StandIn:
        if _dtype_of(condition) != BOOL or self.dtype not in (_dtype_of(a), _dtype_of(b)):
            raise Unreadable("where")
        return self._add("where", (condition, a, b), self.dtype)

    def _add(self, name: str, given: Sequence[Any], dtype: Any, ufunc: Any = None) -> StandIn:
        if np.broadcast_shapes(*[np.shape(one) for one in given]) != self.shape:
            raise Unreadable("another shape")
        operands = tuple([one.value if isinstance(one, StandIn) else self._constant(one) for one in given])
        ones = [self._is_one(value) for value in operands]
        if len(given) == 1 or name == "where":
            if ones[0]:
                raise Unreadable("a function of one number")
        elif all(ones):
            raise Unreadable("a function of numbers")
        y = self._new()
        self._micro.append((name, y, operands, ufunc))
        return StandIn(self, y, self.shape, dtype)

    def _is_one(self, value: int) -> bool:
        return value in self._numbers or self._values[value] == NUMBER

    def _constant(self, number: Any) -> int:
        if type(number) not in (int, float, bool, np.bool_, np.float32, np.float64):
            raise Unreadable("a number of another type")
        if type(number) in (np.float32, np.float64) and number.dtype != self.dtype:
            raise Unreadable("another dtype")
        value = self._new()
        self._numbers[value] = float(number)
        return value

    # -- the function --------------------------------------------------------------------------

    def function(self, results: Sequence[int]) -> Callable[..., Any]:
        """What computes the values of the program with these numbers from those of ``given``: an array, or a tuple."""
        places = [self.bound[number].value for number in results]
        micro = self._needed(places)
        at = {value: i for i, value in enumerate([v for v, kind in enumerate(self._values) if kind >= 0])}
        for value in (*self._numbers, *places):
            at[value] = len(at)
        temporaries = _placed(micro, at)
        functions: list[Any] = []
        code = b""
        for name, y, operands, ufunc in micro:
            ones = sum([self._is_one(value) << i for i, value in enumerate(operands)])
            places_of = [at[value] for value in operands]
            places_of += [places_of[0]] * (3 - len(places_of))
            if ufunc is not None:
                if ufunc not in functions:
                    functions.append(ufunc)
                places_of[2] = functions.index(ufunc)
            code += struct.pack("=HHiiii", OPERATIONS[name], ones, at[y], *places_of)
        kinds = bytes([kind for kind in self._values if kind >= 0])
        with np.errstate(all="ignore"):
            numbers = np.array(list(self._numbers.values()), np.float64).astype(self.dtype).tobytes()
        made: Callable[..., Any] = native.Fused(
            self.dtype, self.shape, kinds, code, numbers, tuple(functions), len(places), temporaries
        )
        return made

    def _needed(self, places: Sequence[int]) -> list[tuple[str, int, tuple[int, ...], Any]]:
        """The functions that the results are made by."""
        wanted, kept = set(places), []
        for one in reversed(self._micro):
            if one[1] in wanted:
                kept.append(one)
                wanted.update(one[2])
        return kept[::-1]


def _placed(micro: Sequence[tuple[str, int, tuple[int, ...], Any]], at: dict[int, int]) -> int:
    """Give places to what comes up on the way, each free again after its last use; how many there are."""
    last = {value: k for k, one in enumerate(micro) for value in one[2]}
    first, count, free = len(at), 0, []
    for k, (_, y, operands, _) in enumerate(micro):
        for value in set(operands):
            if last[value] == k and at[value] >= first:
                free.append(at[value])
        if y not in at:
            if not free:
                free.append(first + count)
                count += 1
            at[y] = free.pop()
    return count


def _dtype_of(one: Any) -> Any:
    """A dtype, or None of a Python number, which takes that of the others."""
    if isinstance(one, StandIn | np.generic | np.ndarray):
        return one.dtype
    return BOOL if type(one) is bool else None


class _Operations(Handler):
    """What operations do with stand-ins, as a rule calls them."""

    def __init__(self, chain: Entrywise) -> None:
        self.chain = chain

    def record(self, op: Any, first: Any, second: Any, more: tuple[Any, ...], auxiliaries: bool) -> Any:
        given = listed(first, second, more)
        if not any([isinstance(one, StandIn) for one in given]):
            return MISSING
        y = self.chain.forward(op, given)
        return y[0] if op.auxiliaries and not auxiliaries else y
