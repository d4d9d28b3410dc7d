"""Tensors and other libraries' arrays: ``ag.from_dlpack(x)``, ``torch.from_dlpack(t)``, ``t.__array_namespace__()``.

DLPack hands arrays from one library to another. What it gives shares no memory with a Tensor here, as nothing else
does: a value that is written to elsewhere is still the one that was recorded. A Tensor that requires grad is not
exported, for its history would be lost.
"""

from types import ModuleType
from typing import Any

import numpy as np

from .devices import check_device
from .tensors import Tensor, wrap

__all__ = ["from_dlpack"]

CPU_DEVICE = (1, 0)
"""The CPU in DLPack's numbers: its kind, and which of them."""


def from_dlpack(x: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A Tensor of the values of any array that speaks DLPack: NumPy's, PyTorch's, JAX's …; always a copy.

    Parameters
    ----------
    x : an object with ``__dlpack__`` and ``__dlpack_device__``, on the CPU
    device : "cpu" or None
    copy : True or None; False is a BufferError, for a Tensor has memory of its own

    >>> import numpy as np, autograd as ag
    >>> ag.from_dlpack(np.arange(3))
    Tensor([0, 1, 2])
    """
    check_device(device)
    if copy is False:
        raise BufferError("from_dlpack: a Tensor has memory of its own\n  write copy=None or copy=True")
    if not hasattr(x, "__dlpack__"):
        raise TypeError(
            f"from_dlpack: an array with __dlpack__ is needed\n  given: {type(x).__name__}\n  write ag.tensor(...)"
        )
    return wrap(np.array(np.from_dlpack(x))[()])


def __dlpack__(
    self: Tensor, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
) -> Any:
    """The values for another library's ``from_dlpack``: a copy. A Tensor that requires grad is a BufferError."""
    if self.node is not None:
        raise BufferError(
            "a Tensor that requires grad cannot be exported: its history would be lost\n"
            f"  Tensor: {self.name or 'without a name'}, shape {self.shape}\n  use t.detach()"
        )
    if copy is False:
        raise BufferError("__dlpack__: a Tensor shares its memory with nobody\n  write copy=None or copy=True")
    if dl_device not in (None, CPU_DEVICE):
        raise BufferError(f"__dlpack__: there is no device but the CPU, (1, 0)\n  dl_device: {dl_device}")
    given = {"stream": stream, "max_version": max_version}
    return np.array(self.data).__dlpack__(**{name: value for name, value in given.items() if value is not None})


def __dlpack_device__(self: Tensor) -> tuple[int, int]:
    """The CPU, in DLPack's numbers."""
    return CPU_DEVICE


def __array_namespace__(self: Tensor, *, api_version: str | None = None) -> ModuleType:
    """The functions of the Python array API standard, for libraries that are written for any array: a module.

    Source: https://data-apis.org/array-api/2024.12/
    """
    from . import array_api  # when used: few programs need it

    if api_version not in (None, *array_api.VERSIONS):
        raise ValueError(
            f"__array_namespace__: there is no such version here\n  api_version: {api_version!r}\n"
            f"  known: {', '.join(array_api.VERSIONS)}"
        )
    return array_api


def to_device(self: Tensor, device: Any, /, *, stream: Any = None) -> Tensor:
    """The Tensor itself, for "cpu"; there is no other device."""
    check_device(device)
    return self


for _method in (__dlpack__, __dlpack_device__, __array_namespace__, to_device):
    setattr(Tensor, _method.__name__, _method)
