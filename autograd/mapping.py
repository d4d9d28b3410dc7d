"""``vmap``: from a function of one example to the function of a batch of them, without a loop in it.

Under the names of PyTorch's ``torch.func.vmap`` and JAX's. Inside the function an argument has the shape of one entry;
each operation runs on all entries at once where it says how (``autograd.batch_rules``), else entry by entry.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arrays import plain
from .batched import Batching, Level, batched, batching_here, whole
from .containers import is_container, packed, unpacked
from .modes import mapping_over
from .node import Value
from .ops.shaping import moveaxis
from .tensors import Tensor, wrap

__all__ = ["vmap"]

RANDOMNESS = ("error", "different", "same")


def vmap(
    func: Callable[..., Any],
    in_axes: Any = 0,
    out_axes: Any = 0,
    randomness: str = "error",
    *,
    in_dims: Any = None,
    out_dims: Any = None,
) -> Callable[..., Any]:
    """The function that maps ``func`` over an axis of its arguments, and stacks the results.

    Parameters
    ----------
    func : a function of arrays and Tensors, and of tuples, lists and dicts of them, that returns such.
    in_axes : the axis of every argument that is mapped over, None for arguments that stay as they are; or a tuple with
        one for each argument, an int, None, or a container like it. Arguments by name stay as they are.
    out_axes : where the results have the batch, an int or a container of ints like the result.
    randomness : of a function that draws random numbers: "error"; "same" draws once for all entries; with "different"
        operations such as dropout draw for each. Other random numbers of their own are drawn outside, and mapped over.
    in_dims, out_dims : PyTorch's words for in_axes and out_axes.

    Arrays give arrays; where an argument is a Tensor, Tensors come out, recorded as usual. ``grad``, ``jvp``,
    ``jacobian`` and ``vmap`` itself work inside it and around it. Raises ValueError where nothing is mapped, where
    lengths differ, or where there are no entries; TypeError where the function asks for values, as ``if x > 0`` does.

    >>> import numpy as np, autograd as ag
    >>> ag.vmap(ag.dot)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    >>> per_sample = ag.vmap(ag.grad(lambda w, x: (w * x).sum() ** 2), in_axes=(None, 0))
    >>> per_sample(np.array([1.0, 1.0]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[ 6., 12.],
           [42., 56.]])
    """
    if not callable(func):
        raise TypeError(f"vmap: it takes a function\n  given: {type(func).__name__}\n  vmap(func)(x)")
    if randomness not in RANDOMNESS:
        raise ValueError(f"vmap: no such randomness\n  given: {randomness!r}\n  known: {', '.join(RANDOMNESS)}")
    ins = in_axes if in_dims is None else in_dims
    outs = out_axes if out_dims is None else out_dims

    @functools.wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves = [unpacked(arg, _holds_arrays) for arg in args]
        axes = _axes_of_arguments(ins, args, leaves)
        level = Level(_batch_size(leaves, axes), randomness, batching_here())
        given = [
            packed(arg, [_entered(x, axis, level) for x, axis in zip(inside, along, strict=True)], _holds_arrays)
            for arg, inside, along in zip(args, leaves, axes, strict=True)
        ]
        with mapping_over(Batching(level)):
            y = func(*given, **kwargs)
        results = unpacked(y, _holds_results)
        places = _spread(outs, y, "out_axes", "the result", _holds_results)
        recorded = any([isinstance(x, Tensor) for inside in leaves for x in inside])
        left = [_left(one, place, level, recorded) for one, place in zip(results, places, strict=True)]
        return packed(y, left, _holds_results)

    return mapped


def _holds_arrays(x: Any) -> bool:
    return is_container(x, (Value, np.ndarray))


def _holds_results(x: Any) -> bool:
    return isinstance(x, dict | list | tuple)


def _spread(axes: Any, like: Any, word: str, what: str, contains: Callable[[Any], bool]) -> list[Any]:
    """An axis, or None, for each array in a container: one for all, or a container like it."""
    if axes is None or isinstance(axes, int | np.integer):
        return [axes] * len(unpacked(like, contains))
    parts = list(like.items()) if isinstance(like, dict) else list(enumerate(like)) if contains(like) else []
    known = axes.keys() if isinstance(axes, dict) else range(len(axes)) if isinstance(axes, tuple | list) else ()
    if not parts or set(known) != {key for key, _ in parts}:
        raise ValueError(
            f"vmap: {word} does not fit {what}\n  {word}: {axes!r}\n  {what}: {_sketch(like, contains)}\n"
            "  give an int or None for all of it, or a container like it"
        )
    return [axis for key, one in parts for axis in _spread(axes[key], one, word, what, contains)]


def _sketch(x: Any, contains: Callable[[Any], bool]) -> str:
    if not contains(x):
        return "one array"
    return f"{type(x).__name__} of {len(x)}" + (f" ({', '.join(map(str, x))})" if isinstance(x, dict) else "")


def _axes_of_arguments(axes: Any, args: Sequence[Any], leaves: list[list[Any]]) -> list[list[Any]]:
    if isinstance(axes, tuple | list):
        if len(axes) != len(args):
            raise ValueError(
                f"vmap: in_axes has one entry for each argument by position\n  in_axes: {axes!r}\n"
                f"  arguments: {len(args)}"
            )
    else:
        axes = [axes] * len(args)
    return [
        _spread(one, arg, "in_axes", f"argument {i}", _holds_arrays)
        for i, (one, arg) in enumerate(zip(axes, args, strict=True))
    ]


def _batch_size(leaves: list[list[Any]], axes: list[list[Any]]) -> int:
    sizes: dict[str, int] = {}
    for i, (inside, along) in enumerate(zip(leaves, axes, strict=True)):
        for k, (x, axis) in enumerate(zip(inside, along, strict=True)):
            if axis is None:
                continue
            name = f"argument {i}" if len(inside) == 1 else f"array {k} in argument {i}"
            shape = x.shape if hasattr(x, "shape") else np.shape(x)
            if not -len(shape) <= axis < len(shape):
                raise ValueError(f"vmap: {name} has no axis {axis} to map over\n  {name}: shape {tuple(shape)}")
            sizes[name] = shape[axis]
    if not sizes:
        raise ValueError("vmap: no argument is mapped over\n  give in_axes an int for at least one argument")
    if len(set(sizes.values())) > 1:
        listed = "\n".join([f"  {name}: {size}" for name, size in sizes.items()])
        raise ValueError(f"vmap: the axes to map over have different lengths\n{listed}")
    size = next(iter(sizes.values()))
    if not size:
        raise ValueError("vmap: the axis to map over has length 0, so there is no entry to call the function with")
    return size


def _entered(x: Any, axis: int | None, level: Level) -> Any:
    """An array as the function gets it."""
    if axis is None:
        return x
    if not isinstance(x, Tensor):
        x = np.asarray(plain(x, "vmap", "an argument"))
        if x.dtype.kind not in "fiub":
            raise TypeError(f"vmap: an argument is no array of numbers\n  dtype: {x.dtype}")
        return batched(wrap(np.moveaxis(x, axis, 0)), level)
    return batched(moveaxis(x, axis, 0) if axis else x, level)


def _left(y: Any, axis: int | None, level: Level, recorded: bool) -> Any:
    """A result as the caller gets it."""
    if not isinstance(y, Tensor | np.ndarray | np.generic | int | float):
        raise TypeError(
            f"vmap: the function must return arrays or Tensors, or tuples, lists or dicts of them\n"
            f"  result: {type(y).__name__}"
        )
    if axis is None:
        if level.maps(y):
            raise ValueError("vmap: out_axes is None of a result that differs from entry to entry\n  give it an int")
        return y
    y = whole(y, level)
    if not -y.ndim <= axis < y.ndim:
        raise ValueError(f"vmap: the result has no axis {axis}\n  out_axes: {axis}\n  result: shape {y.shape}")
    if axis:
        y = moveaxis(y, 0, axis)
    if recorded or y.node is not None or level.depth:
        return y
    return np.array(y._data)[()]
