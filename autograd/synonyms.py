"""PyTorch's names for operations, and functions of PyTorch that are a line of operations: ``ag.cat``, ``ag.addmm``."""

from typing import Any

import numpy as np

from .ops.arithmetic import divide, multiply, negative, power, subtract
from .ops.elementwise import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    clip,
    reciprocal,
    sqrt,
)
from .ops.indexing import take_along_axis
from .ops.linalg import matmul, outer
from .ops.shaping import concatenate, expand_dims, moveaxis, repeat, reshape, swapaxes, transpose
from .tensors import raw

__all__ = [
    "acos", "acosh", "addcdiv", "addcmul", "addmm", "asin", "asinh", "atan", "atan2", "atanh", "bmm", "cat", "clamp",
    "concat", "div", "ger", "hstack", "lerp", "mm", "movedim", "mul", "mv", "neg", "permute", "pow",
    "repeat_interleave", "rsqrt", "sub", "swapdims", "take_along_dim", "true_divide", "unsqueeze", "vstack",
]  # fmt: skip

acos, acosh, asin, asinh = arccos, arccosh, arcsin, arcsinh
atan, atan2, atanh = arctan, arctan2, arctanh
clamp = clip
sub, mul, neg, pow = subtract, multiply, negative, power
div = true_divide = divide
mm = mv = bmm = matmul
ger = outer
cat = concat = concatenate
unsqueeze = expand_dims
permute = transpose
movedim, swapdims = moveaxis, swapaxes
repeat_interleave = repeat
take_along_dim = take_along_axis


def rsqrt(x: Any) -> Any:
    """1 / √x."""
    return reciprocal(sqrt(x))


def lerp(x: Any, end: Any, weight: Any) -> Any:
    """x + weight · (end − x)."""
    return x + weight * (end - x)


def addcmul(x: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """x + value · tensor1 · tensor2."""
    return x + value * (tensor1 * tensor2)


def addcdiv(x: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """x + value · tensor1 / tensor2."""
    return x + value * (tensor1 / tensor2)


def addmm(x: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · x + alpha · mat1 @ mat2."""
    return beta * x + alpha * matmul(mat1, mat2)


def vstack(arrays: Any) -> Any:
    """Rows and matrices on top of each other, as NumPy's ``vstack``."""
    return concatenate([reshape(one, (1, -1)) if np.ndim(raw(one)) < 2 else one for one in arrays], 0)


def hstack(arrays: Any) -> Any:
    """Rows one after the other, matrices side by side, as NumPy's ``hstack``."""
    given = [reshape(one, 1) if np.ndim(raw(one)) == 0 else one for one in arrays]
    return concatenate(given, 0 if np.ndim(raw(given[0])) == 1 else 1)
