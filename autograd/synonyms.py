"""PyTorch's names for operations: ``ag.cat``, ``ag.unsqueeze``, ``ag.mul``."""

from .of_values import ge, gt, le, lt, ne
from .ops.arithmetic import multiply, negative, power
from .ops.elementwise import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    clip,
)
from .ops.linalg import matmul, outer
from .ops.shaping import concatenate, expand_dims, moveaxis, swapaxes, transpose

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "bmm", "cat", "clamp", "concat", "ger", "greater",
    "greater_equal", "less", "less_equal", "mm", "movedim", "mul", "mv", "neg", "not_equal", "permute", "pow",
    "swapdims", "unsqueeze",
]  # fmt: skip

acos, acosh, asin, asinh = arccos, arccosh, arcsin, arcsinh
atan, atan2, atanh = arctan, arctan2, arctanh
clamp = clip
mul, neg, pow = multiply, negative, power
mm = mv = bmm = matmul
ger = outer
cat = concat = concatenate
unsqueeze = expand_dims
permute = transpose
movedim, swapdims = moveaxis, swapaxes
greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne
