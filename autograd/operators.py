"""The one table that gives Tensor its operators and methods."""

import numpy as np

from . import engine
from .ops import arithmetic, elementwise, indexing, linear, reduction, shaping
from .tensor import Tensor, raw, wrap

Tensor.backward = engine.backward


def _reflected(function):
    return lambda self, other: function(other, self)


for _name, _function in {
    "add": arithmetic.add, "sub": arithmetic.subtract, "mul": arithmetic.multiply, "truediv": arithmetic.divide,
    "pow": arithmetic.power, "mod": arithmetic.remainder, "floordiv": arithmetic.floor_divide, "matmul": getattr(linear, "matmul", None),
}.items():
    if _function:
        setattr(Tensor, f"__{_name}__", _function)
        setattr(Tensor, f"__r{_name}__", _reflected(_function))
Tensor.__neg__ = arithmetic.negative


def _comparison(ufunc):
    return lambda self, other: wrap(ufunc(self._data, raw(other)))


for _name, _ufunc in {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal}.items():
    setattr(Tensor, f"__{_name}__", _comparison(_ufunc))
for _name in "sum mean var std prod max min cumsum reshape transpose swapaxes squeeze astype flip repeat take dot trace diagonal abs clip".split():
    for _m in (elementwise, reduction, shaping, indexing, linear):
        if hasattr(_m, _name):
            setattr(Tensor, _name, getattr(_m, _name))
if hasattr(indexing, "getitem"):
    Tensor.__getitem__ = indexing.getitem
