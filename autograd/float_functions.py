"""What gradcheck checks: a function of float64 inputs alone, its outputs, and its gradient as another such function."""

import numpy as np

from .declaration import alias
from .engine import walk_to
from .modes import enable_grad, is_grad_enabled
from .tensors import Tensor, raw, wrap

__all__ = ["gradient_of", "gradients_of", "in_float64", "of_floats", "outputs_of"]


def in_float64(x):
    """A float array, number or list in float64, with a Tensor's history left behind; else x itself."""
    data = raw(x)
    if isinstance(data, list | tuple) and _are_floats(data):
        data = np.array(data, dtype=np.float64)
    if isinstance(data, float | np.floating | np.ndarray):
        array = np.asarray(data)
        if array.dtype.kind == "c":
            raise TypeError("gradcheck: an input is complex\n  give its real and its imaginary part as two inputs")
        if array.dtype.kind == "f":
            return array.astype(np.float64)[()]
    return x


def _are_floats(row):
    """Whether nested lists hold numbers only, one of them a float."""
    todo, found = list(row), False
    while todo:
        item = todo.pop()
        if isinstance(item, list | tuple):
            todo.extend(item)
        elif not isinstance(item, int | float | np.number):
            return False
        else:
            found = found or isinstance(item, float | np.floating)
    return found


def of_floats(f, arguments, where):
    """f as a function of its float inputs alone."""

    def function(*points):
        filled = list(arguments)
        for i, x in zip(where, points, strict=True):
            filled[i] = x
        return f(*filled)

    return function


def outputs_of(result):
    """The outputs that have derivatives: the float ones."""
    outputs = result if isinstance(result, list | tuple) else [result]
    strange = [y for y in outputs if not isinstance(y, Tensor | np.ndarray | np.generic | float | int)]
    if strange:
        raise TypeError(
            f"gradcheck: f must return a Tensor or a tuple of Tensors\n  it returned: {type(strange[0]).__name__}"
        )
    floats = [y if isinstance(y, Tensor) else np.asarray(y)[()] for y in outputs]
    floats = [y for y in floats if y.dtype.kind in "fc"]
    if not floats:
        raise ValueError("gradcheck: no output of f is a float, so there is no gradient to check")
    for y in floats:
        if y.dtype.itemsize < 8:
            raise ValueError(
                f"gradcheck: f gave {y.dtype}, which is too coarse for finite differences\n"
                "  make everything in f float64, its weights too"
            )
    return floats


def gradients_of(outputs, seeds, leaves, create_graph=False):
    """Gradients by the leaves; zeros by those that the outputs were not made from."""
    found = [None] * len(leaves)
    reached = [(y, u) for y, u in zip(outputs, seeds, strict=True) if isinstance(y, Tensor) and y.requires_grad]
    if reached:
        ys, us = zip(*reached, strict=True)
        # the graph is kept: part of it may be the caller's, made before f was called
        found = walk_to(ys, us, leaves, create_graph=create_graph, retain_graph=True)
    return [np.zeros(x.shape)[()] if g is None else g for g, x in zip(found, leaves, strict=True)]


def gradient_of(function, n):
    """(x…, u…) ↦ the gradients of Σ u · function(x…) by x…, which is what the next order checks."""

    def gradient(*arguments):
        points, weights = arguments[:n], arguments[n:]
        create_graph = is_grad_enabled() and any(t.requires_grad for t in arguments)
        with enable_grad():
            # fresh nodes: the walk is to end here, even where the points have a history of their own
            leaves = [alias(x) if x.requires_grad else Tensor(x, requires_grad=True) for x in points]
            outputs = outputs_of(function(*[alias(x) for x in leaves]))  # to which function may give other values
            found = gradients_of(outputs, weights, leaves, create_graph)
        return tuple([g if isinstance(g, Tensor) else wrap(g) for g in found])

    return gradient
