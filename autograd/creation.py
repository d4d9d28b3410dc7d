"""Tensors of zeros, ones, ranges and other arrays: ``ag.zeros(2, 3)``, ``ag.arange(10)``, ``ag.from_numpy(array)``.

Sizes are ints one by one, as in PyTorch, or one tuple, as in NumPy. ``dtype`` is NumPy's choice by default: float64 for
what is made of floats, int64 for whole numbers. All take ``requires_grad=``, ``name=`` and, as there is nothing but the
CPU, ``device="cpu"``.
"""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .devices import check_device
from .tensors import Tensor, raw, wrap

__all__ = [
    "arange", "as_tensor", "empty", "empty_like", "eye", "from_numpy", "full", "full_like", "is_tensor", "linspace",
    "logspace", "ones", "ones_like", "zeros", "zeros_like",
]  # fmt: skip


def made(
    who: str,
    array: Any,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Any = None,
    name: str | None = None,
    **others: Any,
) -> Tensor:
    """A Tensor of an array that nobody else holds, with the options that all these functions take."""
    check_device(device)
    for word in others:
        if word not in _WITHOUT_EFFECT:
            raise TypeError(f"{who}: there is no {word}=\n  it takes: dtype, requires_grad, device, name")
    array = np.asarray(array, dtype)
    if not requires_grad:
        return wrap(array if array.ndim else array[()], None, name)
    return Tensor(array, True, name=name)


_WITHOUT_EFFECT = {"layout", "pin_memory", "memory_format"}
"""PyTorch's words that change no value."""


def sizes(who: str, size: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape that positional arguments name: ints one by one, or one tuple of them."""
    try:
        if len(size) == 1 and not isinstance(size[0], int | np.integer):
            size = tuple(size[0])
        return tuple([int(np.asarray(raw(one)).astype(np.intp, casting="safe")) for one in size])
    except TypeError:
        raise TypeError(
            f"{who}: the size must be whole numbers\n  size: {size}\n  write ag.{who}(2, 3, dtype=...)"
        ) from None


def _filled(who, value, size, dtype, options):
    """NumPy's second positional argument is the dtype."""
    if len(size) == 2 and not isinstance(size[1], int | np.integer | Tensor):
        size, dtype = size[:1], size[1]
    return made(who, np.full(sizes(who, size), value, np.float64 if dtype is None else dtype), **options)


def zeros(*size: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """A Tensor of zeros: ``ag.zeros(2, 3)`` or ``ag.zeros((2, 3))``.

    size : ints, or one tuple of them
    dtype : float64 by default
    requires_grad : make it a leaf, whose ``.grad`` a backward fills
    device : "cpu" or None
    name : shown in pictures, explanations and errors

    >>> import autograd as ag
    >>> ag.zeros(2, 3, dtype=ag.float32)
    Tensor([[0., 0., 0.],
            [0., 0., 0.]], dtype=float32)
    """
    return _filled("zeros", 0, size, dtype, options)


def ones(*size: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """A Tensor of ones; arguments as of ``zeros``."""
    return _filled("ones", 1, size, dtype, options)


def empty(*size: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """A Tensor to be filled: it holds zeros. Arguments as of ``zeros``."""
    return _filled("empty", 0, size, dtype, options)


def full(size: Any, fill_value: Any, *, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """A Tensor with ``fill_value`` everywhere; its dtype by default that of the value."""
    return made("full", np.full(sizes("full", (size,)), raw(fill_value), dtype), **options)


def zeros_like(x: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """Zeros in the shape of x, and in its dtype unless another is given."""
    return made("zeros_like", np.zeros_like(raw(x), dtype), **options)


def ones_like(x: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """Ones in the shape of x, and in its dtype unless another is given."""
    return made("ones_like", np.ones_like(raw(x), dtype), **options)


def empty_like(x: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """A Tensor to be filled, in the shape and dtype of x: it holds zeros."""
    return made("empty_like", np.zeros_like(raw(x), dtype), **options)


def full_like(x: Any, fill_value: Any, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """``fill_value`` everywhere, in the shape of x, and in its dtype unless another is given."""
    return made("full_like", np.full_like(raw(x), raw(fill_value), dtype), **options)


def arange(start: Any, end: Any = None, step: Any = 1, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """Numbers from start (0 where only the end is given) up to the end, which is left out.

    >>> import autograd as ag
    >>> ag.arange(4), ag.arange(1, 2, 0.25)
    (Tensor([0, 1, 2, 3]), Tensor([1.  , 1.25, 1.5 , 1.75]))
    """
    end = options.pop("stop", end)
    start, end = (0, start) if end is None else (start, end)
    return made("arange", np.arange(raw(start), raw(end), raw(step), dtype=dtype), **options)


def _precise(end, dtype):
    """An end of an interval: where the result's dtype is given, float32 is not what is reckoned in."""
    return raw(end) if dtype is None else np.asarray(raw(end), np.float64)


def linspace(start: Any, end: Any = None, steps: int = 50, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """``steps`` numbers from start to end, both included, evenly apart.

    stop, num : NumPy's names for end and steps; ``endpoint=False`` leaves the end out
    """
    end, steps = options.pop("stop", end), options.pop("num", steps)
    endpoint = options.pop("endpoint", True)
    start, end = _precise(start, dtype), _precise(end, dtype)
    return made("linspace", np.linspace(start, end, steps, endpoint, dtype=dtype), **options)


def logspace(
    start: Any, end: Any, steps: int = 50, base: float = 10.0, dtype: DTypeLike | None = None, **options: Any
) -> Tensor:
    """``base`` to the power of numbers from start to end, evenly apart."""
    start, end = _precise(start, dtype), _precise(end, dtype)
    return made("logspace", np.logspace(start, end, steps, base=base, dtype=dtype), **options)


def eye(n: int, m: int | None = None, dtype: DTypeLike | None = None, **options: Any) -> Tensor:
    """The identity matrix of n rows and m (by default n) columns."""
    return made("eye", np.eye(n, m, dtype=np.float64 if dtype is None else dtype), **options)


def as_tensor(data: Any, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """A Tensor of ``data``, or the Tensor that it is. An array is copied."""
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None or data.dtype == np.dtype(dtype) else data.astype(dtype)
    return Tensor(data, dtype=dtype)


def from_numpy(array: Any) -> Tensor:
    """A Tensor with a copy of the array: unlike in PyTorch, what is written to the one does not change the other."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: an array is needed\n  given: {type(array).__name__}\n  write ag.tensor(...)")
    return Tensor(array)


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor."""
    return isinstance(x, Tensor)
