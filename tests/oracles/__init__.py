"""What each of the library's operations is held against: a readable twin in NumPy or SciPy, and PyTorch's function.

Each module has those of one file of ``autograd/ops`` in ``ORACLES``, by the operations' names.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

import numpy as np


class Oracle(NamedTuple):
    """The references of one operation, where NumPy's or PyTorch's function of its name will not do.

    numpy : the same on arrays, called with the operation's arguments
    torch : ``lambda torch, *args, **kwargs``; a string says why there is no comparison
    """

    numpy: Callable | None = None
    torch: Callable | str | None = None


ORACLES = {}
for _module in iter_modules(__path__):
    ORACLES.update(import_module(f"{__name__}.{_module.name}").ORACLES)


def values_of(op):
    """The function that an operation's values are held against, or None."""
    return ORACLES.get(op.name, Oracle()).numpy or getattr(np, op.name, None)


def counterpart(op, torch):
    """PyTorch's function for an operation, called with torch and the operation's arguments; or why there is none."""
    known = ORACLES.get(op.name, Oracle()).torch
    if known is not None:
        return known
    function = getattr(torch, op.name, None)
    assert function is not None, f"{op.name}: no oracle, and PyTorch has no function of that name"
    return lambda torch, *args, **kwargs: function(*args, **kwargs)
