"""PyTorch's keywords beside NumPy's: ``x.sum(dim=1, keepdim=True)`` is ``x.sum(axis=1, keepdims=True)``.

Positional arguments and ``axis=``, ``keepdims=`` mean what they mean in NumPy; ``dim=``, ``keepdim=`` and their kin
what they mean in PyTorch. Mostly that is the same; where it is not, the declaration of the operation says what to do
(``in_torch_words``): ``max(dim=1)`` gives the indices too, ``std(dim=1)`` divides by n − 1.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

COMMON = {"dim": "axis", "keepdim": "keepdims"}
"""Of every operation that has these parameters."""


class Picked(NamedTuple):
    """Entries picked along an axis, and where they stood: ``x.max(dim=1)``, ``x.sort(dim=1)``, ``x.topk(3)``."""

    values: Any
    indices: Any


def in_both_words(
    name: str, names: list[str], call: Any, words: Mapping[str, str], in_torch_words: Callable[..., Any] | None
) -> Any:
    """The function of an operation, which then takes PyTorch's keywords too, if there are any for it.

    names : of its parameters
    words : {PyTorch's keyword: the parameter}, beside those that are common
    in_torch_words : what is called with the parameters where such a keyword was given, more positional arguments than
        NumPy's function takes, or an array as the second, which is an axis there; by default ``call``
    """
    words = {**{theirs: ours for theirs, ours in COMMON.items() if ours in names}, **words}
    if not words:
        return call
    words["input"] = names[0]
    count = len(names) if in_torch_words else 1_000_000
    meant = in_torch_words or call

    def both(*args: Any, **kwargs: Any) -> Any:
        if (
            (kwargs and not words.keys().isdisjoint(kwargs))
            or len(args) > count
            or (len(args) > 1 and in_torch_words and getattr(args[1], "shape", ()))
        ):
            return meant(*args, **translated(name, words, kwargs))
        return call(*args, **kwargs)

    if hasattr(call, "with_auxiliaries"):
        both.with_auxiliaries = call.with_auxiliaries
    return both


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
