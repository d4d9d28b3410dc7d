"""PyTorch's keywords beside NumPy's: ``x.sum(dim=1, keepdim=True)`` is ``x.sum(axis=1, keepdims=True)``.

Positional arguments and ``axis=``, ``keepdims=`` mean what they mean in NumPy; ``dim=``, ``keepdim=`` and their kin
what they mean in PyTorch. Mostly that is the same; where it is not, the declaration of the operation says what to do
(``in_torch_words``): ``max(dim=1)`` gives the indices too, ``std(dim=1)`` divides by n − 1.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

COMMON = {"dim": "axis", "keepdim": "keepdims"}
"""Of every operation that has these parameters."""
DTYPE = {"dtype": "dtype"}
"""Of operations that take ``dtype=``, in which x is put first."""


class Picked(NamedTuple):
    """Entries picked along an axis, and where they stood: ``x.max(dim=1)``, ``x.sort(dim=1)``, ``x.topk(3)``."""

    values: Any
    indices: Any


def words_for(names: list[str], words: Mapping[str, str]) -> dict[str, str]:
    """{PyTorch's keyword: the parameter that it is} for an operation with these parameters."""
    found = {**{theirs: ours for theirs, ours in COMMON.items() if ours in names}, **words}
    return {**found, "input": names[0]} if found else {}


def called_in_torch_words(op: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The result of an operation that is called as PyTorch's function of this name.

    With its keywords, with more positional arguments than NumPy's function takes, or with an array as the second,
    which is an axis there: where these mean something else in PyTorch, it is ``op.in_torch_words``.
    """
    kwargs = translated(op.name, op.words, kwargs)
    if "dtype" in kwargs and "dtype" not in op.names:
        dtype = kwargs.pop("dtype")
        x = args[0] if args else kwargs.pop(op.names[0])
        args = (x if dtype is None else in_dtype(x, dtype), *args[1:])
    return (op.in_torch_words or op.function)(*args, **kwargs)


def in_dtype(x: Any, dtype: Any) -> Any:
    """x in another dtype, in which what comes after is worked out: ``ag.sum(x, dtype=ag.float64)``."""
    x = x if hasattr(x, "astype") else np.asarray(x)
    return x if x.dtype == dtype else x.astype(dtype)


def translated(name: str, words: Mapping[str, str], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name under the names that we have for them."""
    ours: dict[str, Any] = {}
    for word, value in kwargs.items():
        known = words.get(word, word)
        if known in ours:
            theirs = next(one for one in kwargs if words.get(one) == known)
            raise TypeError(f"{name}: {theirs}= and {known}= are the same\n  give one of them")
        ours[known] = tuple(value) if known in ("axis", "axes") and isinstance(value, list) else value
    return ours
