"""Programs of small arrays and numbers for the machine in C (``native/small.c``), which runs them whole in one call.

``prepare(program)`` is called with the arrays of ``program.arguments`` and returns those of ``program.outputs``. The
NumPy code of each instruction is run once on stand-ins for arrays: what it asks NumPy for becomes instructions of the
machine. A program that asks for anything else, for large arrays or for several dtypes is none for it: ``prepare``
gives None.
"""

import ast
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..declaration import parameters_of
from ..native import native
from ..tensors import raw
from .code import Code, code_of
from .expanding import expanded
from .grouping import grouped
from .instructions import Instruction, Program, needed, references, resolved

__all__ = ["prepare"]

_NAMES = (
    "copy negative absolute sign sqrt square reciprocal exp expm1 log log1p sin cos tan tanh sinh cosh arctan arcsin "
    "arccos floor ceil logical_not add subtract multiply divide power maximum minimum greater greater_equal less "
    "less_equal equal not_equal logical_and logical_or where multiply_add"
)
OPERATIONS = {name: i for i, name in enumerate(_NAMES.split())}
"""The machine's operations in the order of ``small_operation`` in native/small.h; NumPy's names."""
SAME = {"true_divide": "divide", "bitwise_and": "logical_and", "bitwise_or": "logical_or", "invert": "logical_not"}
OF_BOOLS = {"bitwise_and", "bitwise_or", "invert"}
TO_BOOLS = {
    "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_not",
}  # fmt: skip
MOST_AXES = 4
LARGEST = 1024
"""Entries of an array, from which on NumPy's loops take less time than the machine's."""
MOST_STEPS = 20_000


class Unsuited(Exception):
    """The program is none for the machine."""


class Array(NDArrayOperatorsMixin):
    """Stands for an array or a number in the machine's memory; views share memory, as NumPy's do."""

    __slots__ = ("strides", "machine", "offset", "shape", "truth")

    def __init__(
        self, machine: "Machine", offset: int, shape: Sequence[int], strides: Sequence[int], truth: bool = False
    ) -> None:
        self.machine, self.offset, self.truth = machine, offset, truth
        self.shape, self.strides = tuple(shape), tuple(strides)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(bool) if self.truth else self.machine.dtype

    @property
    def T(self) -> "Array":
        return self.view(self.shape[::-1], self.strides[::-1])

    def view(self, shape: Sequence[int], strides: Sequence[int], offset: int = 0) -> "Array":
        return Array(self.machine, self.offset + offset, shape, strides, self.truth)

    def __len__(self) -> int:
        return self.shape[0]

    def __bool__(self) -> bool:
        raise Unsuited

    __float__ = __int__ = __index__ = __array__ = __iter__ = __setitem__ = __bool__

    def __getitem__(self, index: Any) -> "Array":
        index = list(index) if type(index) is tuple else [index]
        if Ellipsis in [one for one in index if not isinstance(one, Array | np.ndarray)]:
            at = index.index(Ellipsis)
            missing = self.ndim - len([one for one in index if one is not None]) + 1
            index[at : at + 1] = [slice(None)] * missing
        shape, strides, offset, axis = [], [], 0, 0
        for one in index:
            if one is None:
                shape.append(1)
                strides.append(0)
                continue
            if isinstance(one, int | np.integer) and not isinstance(one, bool):
                offset += (int(one) % self.shape[axis]) * self.strides[axis]
            elif isinstance(one, slice):
                start, stop, step = one.indices(self.shape[axis])
                offset += start * self.strides[axis]
                shape.append(len(range(start, stop, step)))
                strides.append(step * self.strides[axis])
            else:
                raise Unsuited
            axis += 1
        return self.view([*shape, *self.shape[axis:]], [*strides, *self.strides[axis:]], offset)

    def sum(self, axis: Any = None, keepdims: bool = False) -> "Array":
        return _sum(self, axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> "Array":
        return _mean(self, axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> "Array":
        return _reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> "Array":
        return _transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def astype(self, dtype: Any, copy: bool = True) -> "Array":
        if np.dtype(dtype) != self.machine.dtype:
            raise Unsuited
        return self.machine.entrywise("copy", self)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            raise Unsuited
        name = SAME.get(ufunc.__name__, ufunc.__name__)
        if name == "matmul":
            return self.machine.product(*inputs)
        if name == "positive":
            return self
        if name not in OPERATIONS or name == "copy":
            raise Unsuited
        if ufunc.__name__ in OF_BOOLS and not all(isinstance(one, Array) and one.truth for one in inputs):
            raise Unsuited
        if name == "power" and isinstance(inputs[1], int | float) and inputs[1] in (1, 2):  # as NumPy, which multiplies
            name, inputs = ("copy", "square")[int(inputs[1]) - 1], inputs[:1]
        return self.machine.entrywise(name, *inputs, truth=name in TO_BOOLS)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        known = FUNCTIONS.get(function)
        if known is None:
            raise Unsuited
        return known(*args, **options)


class Option(Array):
    """Stands for an option of a formula, which is there: a formula asks ``if weight_decay``."""

    def __bool__(self) -> bool:
        return True


class Machine:
    """A program in the making: the memory, and the steps."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.memory: list[float] = [0.0]
        self.arrays: list[int] = []  # where they begin
        self.steps: list[list[int]] = []
        self.numbers: dict[float, Array] = {}

    def new(self, shape: Sequence[int], truth: bool = False) -> Array:
        """Room for an array in C order, of zeros."""
        shape = tuple(shape)
        if len(shape) > MOST_AXES or prod(shape) > LARGEST or 0 in shape:
            raise Unsuited
        offset = len(self.memory)
        self.arrays.append(offset)
        self.memory += [0.0] * prod(shape)
        strides = [prod(shape[i + 1 :]) for i in range(len(shape))]
        return Array(self, offset, shape, strides, truth)

    def array(self, value: Any) -> Array:
        """The stand-in of anything that stands beside one."""
        if isinstance(value, Array):
            return value
        plain = np.asarray(value)
        if isinstance(value, np.ndarray | np.generic) and plain.dtype.kind == "f" and plain.dtype != self.dtype:
            raise Unsuited  # NumPy would compute in the wider one
        if plain.dtype.kind not in "fiub" or plain.dtype == object:
            raise Unsuited
        if plain.ndim == 0:
            number = float(plain)
            key = number if number else np.copysign(1e-323, number) if number == 0 else number
            if key not in self.numbers or number != number:
                self.numbers[key] = self._constant(plain)
            return self.numbers[key]
        return self._constant(plain)

    def _constant(self, plain: np.ndarray) -> Array:
        y = self.new(plain.shape, plain.dtype.kind == "b")
        self.memory[y.offset : y.offset + plain.size] = [float(one) for one in plain.ravel()]
        return y

    def step(self, name: str, shape: Sequence[int], *places: Array) -> None:
        """The result and the operands, all with the strides of this shape."""
        if len(self.steps) >= MOST_STEPS:
            raise Unsuited
        if len(shape) > MOST_AXES:
            raise Unsuited
        sizes: list[int] = []
        lines: list[list[int]] = [[] for _ in places]
        for i, n in enumerate(shape):
            steps = [place.strides[i] for place in places]
            if n == 1:
                continue
            if sizes and all(line[-1] == step * n for line, step in zip(lines, steps, strict=True)):
                sizes[-1] *= n  # axes that lie in one line for all of them become one
                for line, step in zip(lines, steps, strict=True):
                    line[-1] = step
            else:
                sizes.append(n)
                for line, step in zip(lines, steps, strict=True):
                    line.append(step)
        lines += [[0] * len(sizes)] * (4 - len(lines))
        offsets = [place.offset for place in places] + [0] * (4 - len(places))
        missing = MOST_AXES - len(sizes)
        code = [OPERATIONS[name], len(sizes), *[1] * missing, *sizes, *offsets]
        for line in lines:
            code += [*[0] * missing, *line]
        self.steps.append(code)

    def entrywise(self, name: str, *operands: Any, truth: bool = False) -> Array:
        arrays = [self.array(one) for one in operands]
        shape = np.broadcast_shapes(*[one.shape for one in arrays])
        y = self.new(shape, truth)
        self.step(name, shape, y, *[_broadcast_to(one, shape) for one in arrays])
        return y

    def gathered(self, shape: Sequence[int], y: Array, a: Array, b: Any = 1.0) -> None:
        """Add a · b to y, which is repeated along the axes that are summed."""
        self.step("multiply_add", shape, y, a, _broadcast_to(self.array(b), shape))

    def product(self, a: Any, b: Any) -> Array:
        """a @ b of vectors and matrices."""
        a, b = self.array(a), self.array(b)
        if not 1 <= a.ndim <= 2 or not 1 <= b.ndim <= 2 or a.shape[-1] != b.shape[0]:
            raise Unsuited
        left, right = a if a.ndim == 2 else a[None], b if b.ndim == 2 else b[:, None]
        (n, k), m = left.shape, right.shape[1]
        y = self.new((n, m))
        shape = (n, m, k)
        rows = left.view(shape, (left.strides[0], 0, left.strides[1]))
        columns = right.view(shape, (0, right.strides[1], right.strides[0]))
        self.step("multiply_add", shape, y.view(shape, (*y.strides, 0)), rows, columns)
        if a.ndim == 1:
            y = y[0]
        return y if b.ndim == 2 else y[..., 0]

    def reduced(self, x: Array, axis: Any, keepdims: bool) -> tuple[Array, Array]:
        """(room for x without these axes, the same as repeated along them)."""
        axes = set(range(x.ndim)) if axis is None else {one % x.ndim for one in np.atleast_1d(axis).tolist()}
        y = self.new([1 if i in axes else n for i, n in enumerate(x.shape)])
        repeated = y.view(x.shape, [0 if i in axes else s for i, s in enumerate(y.strides)])
        shown = y if keepdims else y[tuple([0 if i in axes else slice(None) for i in range(x.ndim)])]
        return shown, repeated


# -- NumPy's functions -------------------------------------------------------------------------


def _broadcast_to(x: Any, shape: Any) -> Array:
    shape = tuple(np.atleast_1d(shape).tolist()) if not isinstance(shape, tuple) else shape
    missing = len(shape) - x.ndim
    if missing < 0:
        raise Unsuited
    strides = [0] * missing
    for n, stride, wanted in zip(x.shape, x.strides, shape[missing:], strict=True):
        if n != wanted and n != 1:
            raise Unsuited
        strides.append(stride if n == wanted else 0)
    return x.view(shape, strides)


def _sum(x: Array, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Array:
    if dtype is not None or out is not None:
        raise Unsuited
    y, repeated = x.machine.reduced(x, axis, keepdims)
    x.machine.gathered(x.shape, repeated, x)
    return y


def _mean(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    y = _sum(x, axis, keepdims=keepdims)
    return y / (x.size // y.size)


def _extremum(name: str) -> Callable[..., Array]:
    def extremum(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
        y, repeated = x.machine.reduced(x, axis, keepdims)
        first = tuple([slice(0, 1) if stride == 0 else slice(None) for stride in repeated.strides])
        x.machine.step("copy", x[first].shape, repeated[first], x[first])
        x.machine.step(name, x.shape, repeated, repeated, x)
        return y

    return extremum


def _reshape(x: Array, shape: Any) -> Array:
    shape = [int(one) for one in np.atleast_1d(np.asarray(shape, dtype=int))]
    if -1 in shape:
        shape[shape.index(-1)] = x.size // -prod(shape) if x.size else 0
    if prod(shape) != x.size:
        raise Unsuited
    if not _lies_in_order(x):
        x = x.machine.entrywise("copy", x)
    return x.view(shape, [prod(shape[i + 1 :]) for i in range(len(shape))])


def _transpose(x: Array, axes: Any = None) -> Array:
    axes = tuple(range(x.ndim))[::-1] if axes is None else tuple([one % x.ndim for one in axes])
    return x.view([x.shape[i] for i in axes], [x.strides[i] for i in axes])


def _swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    axes = list(range(x.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return _transpose(x, axes)


def _expand_dims(x: Array, axis: Any) -> Array:
    axes = np.atleast_1d(axis).tolist()
    ndim = x.ndim + len(axes)
    at = {one % ndim for one in axes}
    return x[tuple([None if i in at else slice(None) for i in range(ndim)])]


def _squeeze(x: Array, axis: Any = None) -> Array:
    at = {one % x.ndim for one in np.atleast_1d(axis).tolist()} if axis is not None else range(x.ndim)
    return x[tuple([0 if i in at and n == 1 else slice(None) for i, n in enumerate(x.shape)])]


def _where(condition: Any, *choices: Any) -> Array:
    (x,) = [one for one in (condition, *choices) if isinstance(one, Array)][:1]
    if len(choices) != 2:
        raise Unsuited
    return x.machine.entrywise("where", condition, *choices)


def _clip(x: Array, low: Any = None, high: Any = None) -> Array:
    x = x if low is None else x.machine.entrywise("maximum", x, low)
    return x if high is None else x.machine.entrywise("minimum", x, high)


def _full_like(x: Array, value: Any) -> Array:
    return x.machine.entrywise("copy", _broadcast_to(x.machine.array(value), x.shape))


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: _sum, np.mean: _mean, np.max: _extremum("maximum"), np.min: _extremum("minimum"), np.reshape: _reshape,
    np.transpose: _transpose, np.swapaxes: _swapaxes, np.expand_dims: _expand_dims, np.squeeze: _squeeze,
    np.broadcast_to: lambda x, shape: _broadcast_to(x, shape), np.where: _where, np.clip: _clip,
    np.shape: lambda x: x.shape, np.ndim: lambda x: x.ndim, np.size: lambda x: x.size,
    np.full_like: _full_like, np.zeros_like: lambda x: _full_like(x, 0.0), np.ones_like: lambda x: _full_like(x, 1.0),
}  # fmt: skip
"""What NumPy's functions do with stand-ins."""


# -- a whole program ---------------------------------------------------------------------------


class _Prepared:
    """A machine's program, ready to run: ``run(values)``, from several threads at once too."""

    __slots__ = ("machine", "run")

    def __init__(self, machine: Any) -> None:
        self.machine = machine
        self.run: Callable[[Sequence[Any]], tuple[Any, ...]] = partial(native.run_small, machine)
        """The arrays of the outputs, in memory of their own, from those of the arguments."""


def prepare(program: Program, formulas: Sequence[Any] = ()) -> _Prepared | None:
    """The program for the machine, or None where it is none for it.

    formulas : [(function, [(number of w, which output is its gradient, numbers of what is remembered)], options)] of
        an optimizer, which come after the program: the last outputs are all new w, and after them all that is
        remembered
    """
    if native is None:
        return None
    try:
        return _prepared(expanded(program), formulas)
    # whatever NumPy code makes of stand-ins, which are no arrays: it is then run as it is
    except (Unsuited, TypeError, ValueError, NotImplementedError, AttributeError, LookupError, NameError, OSError):
        return None


def _prepared(program: Program, formulas: Sequence[Any]) -> _Prepared:
    given = [np.asarray(raw(argument.value)) for argument in program.arguments.values()]
    if any(one.dtype == bool and not one.ndim for one in given):
        raise Unsuited  # a single truth value is none of the numbers that the machine takes in
    dtypes = {one.dtype for one in given} - {np.dtype(bool)}
    dtypes |= {np.asarray(raw(program.values[number])).dtype for number in program.outputs}
    if len(dtypes) != 1 or (dtype := dtypes.pop()) not in (np.float32, np.float64):
        raise Unsuited
    machine = Machine(dtype)
    values: dict[int, Any] = {number: raw(value) for number, value in program.constants.items()}
    for number, one in zip(program.arguments, given, strict=True):
        values[number] = machine.new(one.shape, one.dtype == bool)
    places = [values[number] for number in program.arguments]
    with np.errstate(all="ignore"):
        for instruction in needed(program, _taken):
            _run(instruction, program, values, machine)
        moved = _moved(formulas, values, program.outputs)
    outputs = [(machine.array(values[number]), np.shape(raw(program.values[number]))) for number in program.outputs]
    results = []
    for x, shape in [*outputs, *moved]:
        if x.shape != shape or x.truth:
            raise Unsuited
        results.append(x if _lies_in_order(x) else machine.entrywise("copy", x))
    memory = np.array(machine.memory, machine.dtype)
    steps = np.array(grouped(machine.steps, machine.arrays), np.int32).tobytes() if machine.steps else b""
    return _Prepared(native.small_machine(memory, steps, _described(places), _described(results)))


def _moved(
    formulas: Sequence[Any], values: dict[int, Any], outputs: Sequence[int]
) -> list[tuple[Array, tuple[int, ...]]]:
    """[(what a formula gives, the shape that it has to have)]: the new parameters, and then all that is remembered."""
    ws, states = [], []
    for formula, rows, options in formulas:
        named = {name: resolved(value, values.__getitem__) for name, value in options.items()}
        named.update({name: Option(x.machine, x.offset, (), ()) for name, x in named.items() if isinstance(x, Array)})
        for w, g, remembered in rows:
            given = [values[number] for number in (w, *remembered)]
            new = formula(given[0], values[outputs[g]], *given[1:], **named)
            ws.append((new[0], given[0].shape))
            states += [(one, given[0].shape) for one in new[1:]]
    return [*ws, *states]


def _taken(one: Instruction) -> list[int]:
    """The numbers of all that the code of an instruction can name."""
    return [*one.inputs, *references(list(one.params.values())), *(one.forward.outputs if one.forward else ())]


def _lies_in_order(x: Array) -> bool:
    """Whether it lies in C order, as what goes out does."""
    return x.strides == tuple([prod(x.shape[i + 1 :]) for i in range(x.ndim)])


def _described(arrays: Sequence[Array]) -> bytes:
    rows = [[x.offset, x.ndim, *x.shape, *[1] * (MOST_AXES - x.ndim)] for x in arrays]
    return np.array(rows, np.int32).tobytes() if rows else b""


def _run(one: Instruction, program: Program, values: dict[int, Any], machine: Machine) -> None:
    """The steps of one instruction."""
    code = code_of(one.operation, one.rule)
    if code is None:
        raise Unsuited
    named = _named(one, program, values)
    for number, expression in zip(one.outputs, code.expressions(named), strict=False):
        if expression is None:
            raise Unsuited
        values[number] = _evaluated(expression, code, named)


def _named(one: Instruction, program: Program, values: dict[int, Any]) -> dict[str, Any]:
    """{name: stand-in, shape or static argument} of what code can name."""
    op, inputs = one.operation, one.inputs
    named: dict[str, Any] = {
        name: resolved(value, values.__getitem__) for name, value in {**op.defaults, **one.params}.items()
    }
    if one.rule is not None:
        assert one.forward is not None
        named[parameters_of(op.rules[one.rule].function)[0][0]] = values[inputs[0]]
        inputs = inputs[1:]
        named.update(
            {
                name: values[number]
                for name, number in zip(("y", *op.auxiliaries), one.forward.outputs, strict=False)
                if number in values
            }
        )
    else:
        named["y_shape"] = np.shape(raw(program.values[one.outputs[0]]))
    given = [values[number] for number in inputs]
    if op.variadic:
        named[op.inputs[0]] = given
    else:
        named.update(zip(op.inputs, given, strict=False))
        for name, number in zip(op.inputs, inputs, strict=False):
            named[f"{name}_shape"] = np.shape(raw(program.values[number]))
    return named


def _evaluated(expression: ast.expr, code: Code, named: dict[str, Any]) -> Any:
    return eval(ast.unparse(expression), {"np": np, **code.functions}, named)
