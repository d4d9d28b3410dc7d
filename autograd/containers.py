"""Arrays in containers: tuples, lists and dicts of them, in one another, such as the parameters of a network by name.

``unpacked`` gives what stands inside, in order; ``packed`` puts other values at the same places.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .node import Value


def is_container(x: Any, kinds: tuple[type, ...] = (Value,)) -> bool:
    """Whether x is a dict, or a list or tuple that holds one of these or a container: others are arrays written out."""
    if isinstance(x, dict):
        return True
    return isinstance(x, list | tuple) and any([isinstance(one, kinds) or is_container(one, kinds) for one in x])


def unpacked(x: Any, contains: Callable[[Any], bool] = is_container) -> list[Any]:
    """What stands in a container and in those inside it, in order; x alone where it is none."""
    if not contains(x):
        return [x]
    return [leaf for one in (x.values() if isinstance(x, dict) else x) for leaf in unpacked(one, contains)]


def packed(x: Any, values: Iterable[Any], contains: Callable[[Any], bool] = is_container) -> Any:
    """A container like x with other values, in the order of ``unpacked``."""
    return _packed(x, iter(values), contains)


def _packed(x: Any, values: Iterator[Any], contains: Callable[[Any], bool]) -> Any:
    if not contains(x):
        return next(values)
    if isinstance(x, dict):
        return {key: _packed(one, values, contains) for key, one in x.items()}
    items = [_packed(one, values, contains) for one in x]
    return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
