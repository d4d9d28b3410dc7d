"""What may become an array of numbers, also of other libraries; no nested Tensors, no matrices, no masked arrays.

No other library is imported: what has ``__array__`` or ``__dlpack__`` is asked for its numbers.
"""

from typing import Any

import numpy as np

from .node import Value

_NEVER_OF_ANOTHER = (bool, float, str, tuple, np.ndarray, np.generic, Value, type)
"""Types that need not be asked for ``__array__``; a class may have it for its instances."""


def plain(value: Any, who: str, what: str) -> Any:
    """An array of a subclass or of another library as a plain one, and anything else as it is; lists are looked into.

    Refused are those whose operators mean something else: np.matrix, whose ``*`` is the matrix product, and masked
    arrays.
    """
    if isinstance(value, list | tuple):
        todo = [value]
        while todo:
            for item in todo.pop():
                if isinstance(item, list | tuple):
                    todo.append(item)
                elif isinstance(item, np.ndarray):
                    plain(item, who, what)
        return value
    if type(value) is np.ndarray:
        return value
    if not isinstance(value, np.ndarray):
        return of_another_library(value, who, what) if is_of_another_library(value) else value
    if isinstance(value, np.matrix | np.ma.MaskedArray):
        masked = isinstance(value, np.ma.MaskedArray)
        raise TypeError(
            f"{who}: {what} is a {'masked array, whose mask' if masked else 'np.matrix, whose own product'} "
            f"gradients do not follow\n  {what}: {type(value).__name__}, shape {value.shape}\n"
            f"  give {'m.filled(...), or select entries with ag.where' if masked else 'np.asarray(m)'}"
        )
    return np.asarray(value)


def is_of_another_library(value: Any) -> bool:
    """Whether it is an array of PyTorch, JAX, CuPy …: what gives its numbers to others, and is no Tensor."""
    return not isinstance(value, _NEVER_OF_ANOTHER) and (hasattr(value, "__array__") or hasattr(value, "__dlpack__"))


def of_another_library(value: Any, who: str, what: str) -> np.ndarray:
    """Its numbers as a NumPy array, which may share memory with it; from a GPU they are copied.

    NumPy has no bfloat16: such numbers become float32, which holds each of them.
    """
    if str(getattr(value, "dtype", "")).endswith("bfloat16"):
        value = value.float() if hasattr(value, "float") else value.astype("float32")
    said = []
    for read in (np.asarray, _from_dlpack):
        try:
            return read(value)
        except (TypeError, ValueError, RuntimeError, BufferError, AttributeError) as error:
            said.append(str(error))
    raise TypeError(
        f"{who}: {what} is an array of another library that does not give its numbers\n"
        f"  {what}: {type(value).__module__.partition('.')[0]}.{type(value).__name__}\n"
        f"  it says: {said[0]}\n  make a NumPy array of it yourself"
    )


def _from_dlpack(value: Any) -> np.ndarray:
    """Copied to the CPU, wherever it lies: CuPy's arrays do not become NumPy's without being asked."""
    return np.from_dlpack(value, device="cpu", copy=True)


def holds_tensor(data: Any) -> bool:
    """Whether nested lists, tuples or arrays of objects hold a Tensor (without recursion: they may be deep)."""
    todo = [data]
    while todo:
        row = todo.pop()
        if isinstance(row, np.ndarray) and row.dtype == object:
            row = list(row.flat)
        if isinstance(row, list | tuple):
            if any(isinstance(item, Value) for item in row):
                return True
            todo.extend(item for item in row if isinstance(item, list | tuple | np.ndarray))
    return False
