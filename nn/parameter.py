"""Parameter: a Tensor that a Module finds by itself, and that an optimizer trains."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from autograd import Tensor


class Parameter(Tensor):
    """A leaf Tensor that requires a gradient; assigned to a Module's attribute it belongs to the Module.

    Parameters are those of ``Tensor``, but ``requires_grad`` is True unless told otherwise. Its
    ``name`` is set by the Module, to the dotted path (``"conv1.weight"``), where none is given.

    >>> import nn
    >>> nn.Parameter([1.0, 2.0], name="w")
    Parameter 'w', shape (2,), float64, requires_grad=True:
    [1., 2.]
    """

    __slots__ = ()

    def __init__(
        self, data: Any, requires_grad: bool = True, *, dtype: DTypeLike | None = None, name: str | None = None
    ) -> None:
        super().__init__(data, requires_grad, dtype=dtype, name=name)

    def __repr__(self) -> str:
        named = f" {self.name!r}" if self.name else ""
        values = np.array2string(np.asarray(self.data), separator=", ", threshold=100)
        return f"Parameter{named}, shape {self.shape}, {self.dtype}, requires_grad={self.requires_grad}:\n{values}"


def new_parameter(shape: int | tuple[int, ...], dtype: DTypeLike | None = None) -> Parameter:
    """A Parameter of zeros, for ``nn.init`` to fill; float32 where no dtype is given."""
    return Parameter(np.zeros(shape, np.float32 if dtype is None else dtype))


def clear_gradient(tensor: Tensor, set_to_none: bool = True) -> None:
    """Forget a leaf's gradient, or set it to zeros where there is one."""
    if set_to_none:
        if tensor.node is not None and tensor.is_leaf:
            tensor.grad = None
    elif tensor.grad is not None:
        tensor.grad = np.zeros(tensor.shape, tensor.dtype)


def put_values(values: dict[Tensor, np.ndarray]) -> None:
    """Give Tensors new values; a Ctrl-C in between raises once all have theirs."""
    try:
        for tensor, value in values.items():
            tensor.data = value
    except BaseException:
        for tensor, value in values.items():
            tensor.data = value
        raise
