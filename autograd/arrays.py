"""What may become an array of numbers: no nested Tensors, no matrices, no masked arrays."""

from typing import Any

import numpy as np

from .node import Value


def plain(value: Any, who: str, what: str) -> Any:
    """An array of a subclass as a plain one, and anything else as it is; lists are looked into.

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
    if type(value) is np.ndarray or not isinstance(value, np.ndarray):
        return value
    if isinstance(value, np.matrix | np.ma.MaskedArray):
        masked = isinstance(value, np.ma.MaskedArray)
        raise TypeError(
            f"{who}: {what} is a {'masked array, whose mask' if masked else 'np.matrix, whose own product'} "
            f"gradients do not follow\n  {what}: {type(value).__name__}, shape {value.shape}\n"
            f"  give {'m.filled(...), or select entries with ag.where' if masked else 'np.asarray(m)'}"
        )
    return np.asarray(value)


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
