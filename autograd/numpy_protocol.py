"""NumPy's functions on Tensors: ``np.exp(t)`` is ``ag.exp(t)``.

NumPy asks an argument that is no array what to do (``__array_ufunc__``, NEP 13, and
``__array_function__``, NEP 18). The answer is the operation of the same name; where there is none,
an error that says what to use. History is never lost silently: ``np.asarray(t)`` of a Tensor that
requires grad is an error.
"""

import numpy as np

from .declaration import registry
from .ops.linalg import einsum
from .ops.shaping import split
from .tensor import Tensor, raw, wrap

_FUNCTIONS = {"einsum": einsum, "split": split}  # public functions around an operation
_OTHER_NAMES = {"concat": "concatenate", "permute_dims": "transpose", "float_power": "power"}
_INSTEAD = {
    "add.reduce": "ag.sum",
    "multiply.reduce": "ag.prod",
    "maximum.reduce": "ag.max",
    "minimum.reduce": "ag.min",
    "add.accumulate": "ag.cumsum",
    "multiply.outer": "ag.outer",
    "vstack": "ag.concatenate",
    "hstack": "ag.concatenate",
    "append": "ag.concatenate",
    "average": "ag.mean",
    "correlate": "ag.correlate2d",
    "convolve": "ag.convolve2d",
    "inner": "ag.tensordot or ag.matmul",
}
_OF_THE_VALUE = {
    "shape", "ndim", "size", "argmax", "argmin", "argsort", "all", "any", "array_equal", "allclose", "isclose",
    "count_nonzero", "zeros_like", "ones_like", "full_like", "empty_like", "result_type", "array_repr", "array_str",
    "array2string", "shares_memory", "may_share_memory",
}  # fmt: skip
"""Functions whose result has no gradient: they run on the value."""


def _find(name):
    name = _OTHER_NAMES.get(name, name)
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    return registry[name].function if name in registry else None


def _refuse(name):
    use = _INSTEAD.get(name)
    raise TypeError(
        f"np.{name} is not differentiable here\n"
        f"  use {use or 'operations of autograd'}, or the plain value: t.data (without history)"
    )


def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    if kwargs.get("out") is not None:
        raise TypeError(f"np.{name}: a Tensor cannot be written into with out=\n  use the result of ag.{name} instead")
    if method == "__call__":
        if all(kind.endswith("->?") or kind.startswith("O") or "->?" in kind for kind in ufunc.types):
            return wrap(ufunc(*[raw(x) for x in inputs], **kwargs))  # a comparison or a test: bools
        function = _find(name)
        if function is not None:
            return function(*inputs, **kwargs)
    _refuse(name)


def __array_function__(self, func, types, args, kwargs):
    name = func.__name__
    function = _find(name)
    if function is not None:
        return function(*args, **kwargs)
    if name in _OF_THE_VALUE:
        return func(*[_values(a) for a in args], **{key: _values(value) for key, value in kwargs.items()})
    _refuse(name)


def _values(argument):
    if isinstance(argument, list | tuple):
        return type(argument)(_values(item) for item in argument)
    return raw(argument)


def __array__(self, dtype=None, copy=None):
    if self.node is not None:
        raise TypeError(
            "a Tensor that requires grad cannot become an array: its history would be lost\n"
            f"  Tensor: {self.name or 'without a name'}, shape {self.shape}\n  use t.data, or t.detach()"
        )
    return np.array(self._data, dtype=dtype, copy=copy)


for _hook in (__array_ufunc__, __array_function__, __array__):
    setattr(Tensor, _hook.__name__, _hook)
