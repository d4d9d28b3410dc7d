"""Every declared operation with each of its samples, ready to be called: what the law tests run over."""

import copy
import zlib

import numpy as np

import autograd as ag
from autograd.declaration import registry
from autograd.engine import walk_to
from autograd.samples import Draw


class Case:
    """An operation and one sample of it, with arrays drawn by a seed that depends on the name alone.

    arrays : the float arrays among its differentiable inputs
    args, kwargs : the whole argument list
    """

    def __init__(self, op, number):
        self.op, self.sample, self.id = op, op.samples[number], f"{op.name}-{number}"
        self.args, self.kwargs = self.sample.make(self.rng())
        self.places = list(self._find_places())
        self.arrays = [self._at(place) for place in self.places]

    def __repr__(self):
        return f"{self.op.name}({self.sample!r})"

    def rng(self, salt=""):
        return np.random.default_rng(zlib.crc32((self.id + salt).encode()))

    def _find_places(self):
        """(position or keyword, place in a list or None) of every array to differentiate by."""
        given = [*enumerate(self.args), *self.kwargs.items()]
        for key, value in given:
            name = self.op.names[key] if isinstance(key, int) else key
            if name not in self.op.inputs:
                continue
            if isinstance(value, list | tuple):
                yield from [(key, i) for i, one in enumerate(value) if _is_float_array(one)]
            elif _is_float_array(value):
                yield key, None

    def _at(self, place):
        return _item(self.args, self.kwargs, place)

    def draws(self):
        """What the arrays were drawn by."""
        return [_item(self.sample.args, self.sample.kwargs, place) for place in self.places]

    def filled(self, values, convert=None, statics=False):
        """(args, kwargs) with ``values`` for the arrays.

        ``convert`` is applied to every other array that was drawn; with ``statics``, to every float array.
        """
        specs, keyed = self.sample.args, self.sample.kwargs
        args = [_converted(x, spec, convert, statics) for x, spec in zip(self.args, specs, strict=True)]
        kwargs = {key: _converted(x, keyed[key], convert, statics) for key, x in self.kwargs.items()}
        for (key, i), value in zip(self.places, values, strict=True):
            holder = args if isinstance(key, int) else kwargs
            if i is None:
                holder[key] = value
            else:
                holder[key] = list(holder[key])
                holder[key][i] = value
        return args, kwargs

    def call(self, values, function=None, convert=None, statics=False):
        args, kwargs = self.filled(values, convert, statics)
        return (function or self.op.function)(*args, **kwargs)

    def leaves(self, dtype=None):
        return [ag.Tensor(x, requires_grad=True, dtype=dtype) for x in self.arrays]

    def named(self, values):
        """{parameter: value} of a call, defaults filled in."""
        args, kwargs = self.filled(values)
        return {**self.op.defaults, **dict(zip(self.op.names, args, strict=False)), **kwargs}

    def parent(self, place):
        """Which of a node's parents the array at a place becomes."""
        key, i = place
        if self.op.variadic:
            return i
        return self.op.inputs.index(self.op.names[key] if isinstance(key, int) else key)

    def static_arrays(self):
        """The arrays in the arguments that are not differentiated by."""
        todo, found = [*self.args, *self.kwargs.values()], []
        while todo:
            value = todo.pop()
            if isinstance(value, list | tuple):
                todo.extend(value)
            elif isinstance(value, np.ndarray) and not any(value is x for x in self.arrays):
                found.append(value)
        return found

    def asks_for_a_dtype(self):
        """Whether an argument names the dtype of the result."""
        given = [*self.args, *self.kwargs.values()]
        return any(isinstance(x, np.dtype | type) for x in given)

    @property
    def differentiable(self):
        return self.sample.differentiable and bool(self.arrays)


def _item(args, kwargs, place):
    key, i = place
    value = args[key] if isinstance(key, int) else kwargs[key]
    return value if i is None else value[i]


def _is_float_array(value):
    return isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f"


def _converted(value, spec, convert, statics):
    if isinstance(value, np.random.Generator):
        return copy.deepcopy(value)  # a call uses numbers up; the next is to get the same ones
    if isinstance(value, list) and isinstance(spec, list):
        return [_converted(one, s, convert, statics) for one, s in zip(value, spec, strict=True)]
    if convert is not None and (isinstance(spec, Draw) or (statics and _is_float_array(value))):
        return convert(value)
    return value


def random_like(y, rng):
    """A cotangent for y: of its shape and dtype, of either sign, nowhere small."""
    y = ag.Tensor(y).data
    return (rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape)).astype(y.dtype)[()]


def gradients_or_zeros(outputs, seeds, inputs, create_graph=False):
    """``ag.gradients`` of many outputs, with zeros where an input is not reached."""
    recorded = [(y, u) for y, u in zip(outputs, seeds, strict=True) if isinstance(y, ag.Tensor) and y.requires_grad]
    found = [None] * len(inputs)
    if recorded:
        found = walk_to(*zip(*recorded, strict=True), inputs, create_graph=create_graph, retain_graph=True)
    return [np.zeros(x.shape, x.dtype)[()] if g is None else g for g, x in zip(found, inputs, strict=True)]


def is_own(op):
    return op.function.__module__.startswith("autograd.")


operations = [op for op in registry.values() if is_own(op)]
cases = [Case(op, number) for op in operations for number in range(len(op.samples))]
