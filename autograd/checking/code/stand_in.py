"""NumPy as recorded code needs it: new arrays are Tensors, and what writes into arrays writes into Tensors.

``numpy`` is what stands in a program's globals as ``np`` while it is recorded. Its ``zeros``, ``ones``, ``empty``,
``full``, ``eye`` and ``…_like`` give Tensors of floats, which take assignments; ``array`` and ``stack`` keep the
history of what they join; ``np.add.at`` and ``out=`` give a Tensor its new value. Arrays of integers and bools stay
NumPy's, and so does everything else.
"""

import functools
import types

import numpy as np

from ...declaration import registry
from ...modes import is_taping
from ...tensors import Tensor, raw


def _made(function):
    """A function that makes an array, which gives a Tensor of floats."""

    @functools.wraps(function)
    def make(*args, **kwargs):
        array = function(*[raw(a) for a in args], **{key: raw(value) for key, value in kwargs.items()})
        return Filled(array) if array.dtype.kind == "f" else array

    return make


class Filled(Tensor):
    """A new array, which takes whatever NumPy's takes: lists with Tensors in them too."""

    __slots__ = ()

    def __setitem__(self, index, value):
        super().__setitem__(index, _stacked(value) if _holds_tensor(value) else value)


def _joined(function):
    """A function that makes an array of what it is given, and may be given Tensors in lists."""

    @functools.wraps(function)
    def join(given, *args, **kwargs):
        if isinstance(given, Tensor):
            return given.copy()
        if not _holds_tensor(given):
            array = function(given, *args, **kwargs)
            return Tensor(array) if isinstance(given, list | tuple) and array.dtype.kind == "f" else array
        return _stacked(given)

    return join


def _holds_tensor(given):
    return isinstance(given, Tensor) or (isinstance(given, list | tuple) and any(_holds_tensor(one) for one in given))


def _stacked(given):
    if isinstance(given, list | tuple):
        return np.stack([_as_tensor(_stacked(one)) for one in given])
    return given


def _as_tensor(one):
    return one if isinstance(one, Tensor) else Tensor(np.asarray(one, dtype=float))


def _along(axis, least):
    """``vstack`` or ``hstack``: arrays of fewer axes are made ``least`` of them first."""

    def stack(arrays):
        arrays = [_as_tensor(one) for one in arrays]
        arrays = [one.reshape(1, -1) if one.ndim < least else one for one in arrays]
        arrays = [one.reshape(-1) if one.ndim == 0 else one for one in arrays]
        return np.concatenate(arrays, axis=0 if arrays[0].ndim == 1 else axis)

    return stack


def _append(array, values, axis=None):
    parts = [_as_tensor(array), _as_tensor(values)]
    return np.concatenate([one.reshape(-1) for one in parts] if axis is None else parts, axis=axis or 0)


def _column_stack(arrays):
    arrays = [_as_tensor(one) for one in arrays]
    return np.concatenate([one.reshape(-1, 1) if one.ndim < 2 else one for one in arrays], axis=1)


def _copyto(to, value):
    to[...] = value


_OWN = {
    **{name: _made(getattr(np, name)) for name in ("zeros", "ones", "full", "eye", "identity")},
    **{name: _made(getattr(np, name)) for name in ("zeros_like", "ones_like", "full_like")},
    "empty": _made(np.zeros),
    "empty_like": _made(np.zeros_like),
    **{name: _joined(getattr(np, name)) for name in ("array", "asarray", "asanyarray", "ascontiguousarray", "copy")},
    "vstack": _along(0, 2),
    "hstack": _along(1, 1),
    "column_stack": _column_stack,
    "append": _append,
    "copyto": _copyto,
}


def _written(function):
    """A function that may be given ``out=``, a Tensor."""
    inputs = function.nin if isinstance(function, np.ufunc) else None

    @functools.wraps(function)
    def call(*args, **kwargs):
        out = kwargs.get("out")
        if out is None and inputs is not None and len(args) > inputs:
            args, out = args[:inputs], args[inputs]
        (out,) = out if isinstance(out, tuple) else (out,)
        if not isinstance(out, Tensor):
            return function(*args, **kwargs)
        kwargs.pop("out", None)
        out[...] = function(*args, **kwargs)
        return out

    return call


class _Ufunc:
    """A ufunc, whose ``at`` takes Tensors."""

    def __init__(self, ufunc):
        self._ufunc, self._call = ufunc, _written(ufunc)

    def __call__(self, *args, **kwargs):
        return self._call(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(self._ufunc, name)

    def at(self, to, index, value=None):
        if not isinstance(to, Tensor):
            return self._ufunc.at(to, index, *(() if value is None else (value,)))
        if self._ufunc not in (np.add, np.subtract):
            raise TypeError(f"np.{self._ufunc.__name__}.at: no operation of autograd does this")
        place = np.broadcast_to(_as_tensor(value), to.data[raw(index)].shape)
        to[...] = self._ufunc(to, registry["scatter"].function(place, index, to.shape))
        return None


class StandIn(types.ModuleType):
    """What stands in the place of NumPy, or of one of its functions; off a tape it is NumPy."""

    def __getattr__(self, name):
        found = getattr(np, name)
        if not is_taping():
            return found
        if name in _OWN:
            return _OWN[name]
        if isinstance(found, np.ufunc):
            return _Ufunc(found)
        if callable(found) and not isinstance(found, type):
            return _written(found)
        return found


numpy = StandIn("numpy", np.__doc__)

FUNCTIONS = {id(getattr(np, name)): name for name in _OWN}
"""Names of the functions that differ, by the id of NumPy's own: what ``from numpy import zeros`` brought."""
