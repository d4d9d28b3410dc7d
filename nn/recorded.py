"""What a model has given, and what was recorded behind it."""

from collections.abc import Iterator, Mapping
from typing import Any

from autograd import Tensor


def tensors_in(output: Any) -> Iterator[Tensor]:
    """The Tensors in a tuple, list or dict of them, or the one that it is."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, tuple | list | Mapping):
        for one in output.values() if isinstance(output, Mapping) else output:
            yield from tensors_in(one)


def nodes_behind(outputs: Any) -> list[Any]:
    """The recorded nodes that the Tensors in the outputs came from."""
    todo = [tensor.node for tensor in tensors_in(outputs)]
    found: dict[Any, None] = {}
    while todo:
        node = todo.pop()
        if node is not None and node not in found:
            found[node] = None
            todo += node.parents
    return list(found)
