"""An operation and one sample of it, ready to be called in every way: what the laws are functions of."""

import copy
import zlib

import numpy as np

from .engine import walk_to
from .samples import Draw
from .tensors import Tensor, raw


class Case:
    """An operation and one sample of it, with arrays drawn by a seed that depends on the id alone.

    id : the operation's name and the number of the sample
    reference : a function that gives the same values, or None
    arrays : the float arrays among the differentiable inputs
    args, kwargs : the whole argument list
    """

    def __init__(self, op, sample, number=0, reference=None):
        self.op, self.sample, self.id, self.reference = op, sample, f"{op.name}-{number}", reference
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
        return [Tensor(x, requires_grad=True, dtype=dtype) for x in self.arrays]

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
    y = np.asarray(raw(y))
    return (rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape)).astype(y.dtype)[()]


def gradients_or_zeros(outputs, seeds, inputs, create_graph=False):
    """``ag.gradients`` of many outputs, with zeros where an input is not reached."""
    recorded = [(y, u) for y, u in zip(outputs, seeds, strict=True) if isinstance(y, Tensor) and y.requires_grad]
    found = [None] * len(inputs)
    if recorded:
        ys, us = zip(*recorded, strict=True)
        found = walk_to(ys, us, inputs, create_graph=create_graph, retain_graph=True)
    return [np.zeros(x.shape, x.dtype)[()] if g is None else g for g, x in zip(found, inputs, strict=True)]


# -- what laws compare with --------------------------------------------------------------------


def same(got, expected, what):
    """Equal to the last bit, in shape and in dtype."""
    got, expected = raw(got), raw(expected)
    assert isinstance(got, np.ndarray | np.generic), f"{what}: a {type(got).__name__}, not an array"
    assert np.shape(got) == np.shape(expected), f"{what}: shape {np.shape(got)} instead of {np.shape(expected)}"
    assert got.dtype == expected.dtype, f"{what}: {got.dtype} instead of {expected.dtype}"
    np.testing.assert_array_equal(got, expected, err_msg=what)


def close(got, expected, what, rtol=1e-10, atol=1e-12):
    """Of one shape, and |got − expected| ≤ atol + rtol · |expected|; NaN and inf at the same places."""
    got, expected = np.asarray(raw(got)), np.asarray(raw(expected))
    assert got.shape == expected.shape, f"{what}: shape {got.shape} instead of {expected.shape}"
    off = ~np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    if off.any():
        at = tuple(int(i) for i in np.argwhere(off)[0])
        raise AssertionError(
            f"{what}: {off.sum()} of {off.size} entries off, first {'that' if at == () else f'at {at}'}\n"
            f"  got:      {got[at]:.12g}\n  expected: {expected[at]:.12g}"
        )


def read_only(arrays):
    """Copies that cannot be written to."""
    copies = [np.array(x) for x in arrays]
    for x in copies:
        x.flags.writeable = False
    return [x[()] for x in copies]


def locked_leaves(case):
    leaves = case.leaves()
    for leaf in leaves:
        if isinstance(leaf._data, np.ndarray):
            leaf._data.flags.writeable = False
    return leaves
