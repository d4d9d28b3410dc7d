"""NumPy's functions on Tensors: ``np.exp(t)`` is ``ag.exp(t)``.

NumPy asks an argument that is no array what to do (``__array_ufunc__``, NEP 13, and
``__array_function__``, NEP 18). The answer is the operation of the same name; where there is none,
an error that says what to use. History is never lost silently: ``np.asarray(t)`` of a Tensor that
requires grad is an error.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from . import composed, entries, joining, running, selecting
from .arrays import plain
from .broadcasting import warn_of_broadcasting
from .declaration import registry
from .ops.linalg import einsum
from .ops.shaping import split
from .tensors import Tensor, raw, wrap


def _sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    if order is not None:
        raise TypeError("np.sort: on Tensors it takes no order")
    return selecting.sort(a, axis)


def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if sparse:
        raise TypeError("np.meshgrid: on Tensors it takes no sparse\n  use ag.meshgrid, or indexing with None")
    return selecting.meshgrid(*xi, indexing=indexing)


def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    return joining.broadcast_arrays(*args)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "broadcast_arrays": _broadcast_arrays, "einsum": einsum, "meshgrid": _meshgrid, "sort": _sort, "split": split,
}  # fmt: skip
"""Functions that take NumPy's arguments as they are."""
_OF_OPERATIONS = (composed, entries, joining, running, selecting)
"""Modules of functions that are a few operations, under NumPy's names where NumPy has them."""
_OTHER_NAMES = {"around": "round", "concat": "concatenate", "permute_dims": "transpose"}

_INSTEAD = {
    "add.reduce": "ag.sum",
    "multiply.reduce": "ag.prod",
    "maximum.reduce": "ag.max",
    "minimum.reduce": "ag.min",
    "add.accumulate": "ag.cumsum",
    "full_like": "ag.broadcast_to(value, x.shape)",
    "multiply.outer": "ag.outer",
}
_OF_THE_VALUE = {
    "shape", "ndim", "size", "argmax", "argmin", "argsort", "all", "any", "array_equal", "allclose", "isclose",
    "count_nonzero", "zeros_like", "ones_like", "full_like", "empty_like", "result_type", "array_repr", "array_str",
    "array2string", "shares_memory", "may_share_memory", "argpartition", "argwhere", "array_equiv", "bincount",
    "digitize", "flatnonzero", "isin", "isneginf", "isposinf", "lexsort", "nanargmax", "nanargmin", "nonzero",
    "ravel_multi_index", "searchsorted", "unravel_index",
}  # fmt: skip
"""Functions whose result has no gradient: they run on the value."""
_OF_BITS = {
    "bitwise_and", "bitwise_count", "bitwise_or", "bitwise_xor", "gcd", "invert", "lcm", "left_shift", "right_shift",
}  # fmt: skip  # of bools and integers, which have none


def _find(name: str) -> Callable[..., Any] | None:
    name = _OTHER_NAMES.get(name, name)
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    found: Callable[..., Any] | None = getattr(registry.get(name), "function", None)
    for module in _OF_OPERATIONS:
        if found is None and name in module.__all__:
            found = getattr(module, name)
    if found is None:
        from . import convolutions, special, statistics  # when used: special declares operations that few need

        for module in (convolutions, special, statistics):
            found = getattr(module, name) if name in module.__all__ else found
    return found


def _find_in_linalg(name: str) -> Callable[..., Any]:
    from . import linalg  # when used: it declares operations that few need

    if name not in linalg.__all__:
        _refuse(f"linalg.{name}")
    found: Callable[..., Any] = getattr(linalg, name)
    return found


def _refuse(name: str) -> NoReturn:
    use = _INSTEAD.get(name)
    raise TypeError(
        f"np.{name} is not differentiable here\n"
        f"  use {use or 'operations of autograd'}, or the plain value: t.data (without history)"
    )


def __array_ufunc__(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    if kwargs.get("out") is not None:
        raise TypeError(f"np.{name}: a Tensor cannot be written into with out=\n  use the result of ag.{name} instead")
    if method == "__call__":
        tests = "->?" in ufunc.types[0] and all(kind.endswith("->?") or kind.startswith("O") for kind in ufunc.types)
        if tests or name in _OF_BITS:
            y = ufunc(*[plain(raw(x), name, "an operand") for x in inputs], **kwargs)  # bools or integers
            warn_of_broadcasting(name, inputs, y)
            return wrap(y)
        function = _find(name)
        if function is not None:
            if kwargs:
                raise TypeError(
                    f"np.{name}: on Tensors it takes no {', '.join(kwargs)}\n  use the result of ag.{name} instead"
                )
            return function(*inputs)
    _refuse(name)


def __array_function__(
    self: Tensor, func: Callable[..., Any], types: Any, args: Sequence[Any], kwargs: dict[str, Any]
) -> Any:
    name = func.__name__
    if getattr(np, name, None) is func:
        function = _find(name)
    elif getattr(np.linalg, name, None) is func:
        function = _find_in_linalg(name)
    else:
        module = func.__module__.removeprefix("numpy.").rpartition("lib.")[2]
        _refuse(f"{module}.{name}")
    if function is not None:
        args, kwargs = _arguments(func, function, args, kwargs)
        return function(*args, **kwargs)
    if name == "full_like" and any(isinstance(a, Tensor) and a.node is not None for a in (*args[1:], *kwargs.values())):
        _refuse(name)  # of its first argument it wants the shape, of the second the value
    if name in _OF_THE_VALUE:
        return func(*[_values(a) for a in args], **{key: _values(value) for key, value in kwargs.items()})
    _refuse(name)


def _arguments(
    func: Callable[..., Any], function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[Sequence[Any], dict[str, Any]]:
    """The arguments of NumPy's function as those of the operation, whose parameters may stand in another order."""
    theirs = _signature(func)
    if theirs is None or function in _FUNCTIONS.values() or _takes_many(theirs):
        return args, kwargs
    parameters, ours = list(theirs.parameters), list(inspect.signature(function).parameters)
    given = dict(theirs.bind(*args, **kwargs).arguments)
    for name, value in list(given.items()):
        if theirs.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            del given[name]
            given.update(value)
    by_word = inspect.Parameter.KEYWORD_ONLY  # these have no place
    places = [one.name for one in inspect.signature(function).parameters.values() if one.kind is not by_word]
    named = {}
    for name, value in given.items():
        place = parameters.index(name) if name in parameters else len(ours)
        if name in ours:
            named[name] = value
        elif place < len(places) and places[place] not in parameters:
            named[places[place]] = value  # the same under another name, such as ``a`` for ``x``
        elif name not in parameters or value is not theirs.parameters[name].default:
            raise TypeError(
                f"np.{func.__name__}: on Tensors it takes no {name}\n"
                f"  use ag.{function.__name__}({', '.join(ours)}), or the plain value: t.data (without history)"
            )
    return (), named


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except ValueError:  # a function in C that does not say
        return None


def _takes_many(signature: inspect.Signature) -> bool:
    return any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in signature.parameters.values())


def _values(argument: Any) -> Any:
    if isinstance(argument, list | tuple):
        return type(argument)(_values(item) for item in argument)
    return raw(argument)


def __array__(self: Tensor, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
    if self.node is not None:
        raise TypeError(
            "a Tensor that requires grad cannot become an array: its history would be lost\n"
            f"  Tensor: {self.name or 'without a name'}, shape {self.shape}\n  use t.data, or t.detach()"
        )
    return np.array(self.data, dtype=dtype, copy=copy)


def _mask(self: Tensor) -> NoReturn:
    """Masked arrays ask their operands for it: without an answer ``masked * t`` would take the value alone."""
    raise TypeError(
        "masked arrays and Tensors do not go together: the mask and the history would be lost\n"
        "  use m.filled(...), or select entries with ag.where"
    )


Tensor._mask = property(_mask)  # type: ignore[attr-defined]  # numpy.ma's name, which no class of ours declares
for _hook in (__array_ufunc__, __array_function__, __array__):
    setattr(Tensor, _hook.__name__, _hook)
