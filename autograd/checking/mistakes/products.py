"""Mistakes in matrix products and in broadcasting: what is transposed, what is summed over."""

import itertools

import numpy as np

from ...engine import unbroadcast
from ...node import Constant
from ..alteration import Alteration, replaced, turned
from .elementwise import is_leaf_alias

# -- transposed --------------------------------------------------------------------------------


def transposed(node, checked):
    name = node.operation.name
    if name == "matmul":
        yield from _matmul_transposed(node, checked)
    elif name == "linear":
        yield from _linear_transposed(node, checked)
    elif name in ("transpose", "swapaxes", "moveaxis"):
        yield replaced(0, lambda g: g, "{at} is not undone: the gradient is left transposed", reshapes=True)
    elif name == "conv2d":
        yield from _kernels_transposed(node, checked)
    elif node.operation.kind in ("contraction", "convolution", "linalg") or is_leaf_alias(node):
        for i, parent in enumerate(node.parents):
            if parent is not None and len(parent.like[0]) == 2 and max(parent.like[0]) > 1:
                yield turned(
                    i,
                    lambda one: one.T,
                    f"the gradient by {checked.called(node, i)} is transposed",
                    variant=str(i),
                    reshapes=True,
                    likely=2 if is_leaf_alias(node) else 1,
                )


def _matmul_transposed(node, checked):
    a, b = (checked.value(source) for source in node.note.inputs)
    if np.ndim(a) < 2 or np.ndim(b) < 2:
        return
    names = [checked.called(node, i) for i in (0, 1)]
    for i, (other, product) in enumerate(((b, lambda g, b: g @ b), (a, lambda g, a: a @ g))):
        if node.parents[i] is None:
            continue
        yield replaced(
            i,
            lambda g, other=other, product=product: product(g, other),
            f"{names[1 - i]} is not transposed in the gradient by {names[i]} at {{at}}",
            variant=f"other {i}",
            likely=0,
            reshapes=True,
        )
        yield turned(
            i,
            lambda one: one.swapaxes(-1, -2),
            f"the gradient by {names[i]} at {{at}} is transposed",
            variant=f"result {i}",
            likely=0,
            reshapes=True,
        )


def _linear_transposed(node, checked):
    names = [checked.called(node, i) for i in (0, 1)]
    if node.parents[1] is not None:
        yield turned(
            1,
            lambda one: one.T,
            f"the gradient by {names[1]} at {{at}} is transposed",
            variant="result 1",
            likely=0,
            reshapes=True,
        )
    weight = checked.value(node.note.inputs[1])
    if node.parents[0] is not None and weight.shape[0] == weight.shape[1]:
        yield replaced(
            0,
            lambda g: g @ weight.T,
            f"{names[1]} is transposed in the gradient by {names[0]} at {{at}}",
            variant="other 0",
            likely=0,
        )


def _kernels_transposed(node, checked):
    if node.parents[1] is not None:
        for axes, what in (((2, 3), "rows and columns"), ((0, 1), "input and output channels")):
            yield turned(
                1,
                lambda one, axes=axes: one.swapaxes(*axes),
                f"{what} of the kernels' gradient at {{at}} are exchanged",
                variant=what,
                reshapes=True,
            )
    if node.parents[0] is not None:
        yield turned(
            0,
            lambda one: one.swapaxes(2, 3),
            "the gradient by the image at {at} is transposed",
            variant="image",
            reshapes=True,
        )


# -- broadcasting ------------------------------------------------------------------------------


def _broadcast_axes(shape, to):
    """The axes of ``to`` along which ``shape`` was broadcast."""
    extra = len(to) - len(shape)
    return [k for k, n in enumerate(to) if k < extra or (shape[k - extra] == 1 and n > 1)]


def _broadcast_inputs(node, checked):
    """(position, parent, axes) of each input that an elementwise operation broadcasts."""
    elementwise = node.operation.kind in ("elementwise", "activation") and len(node.parents) > 1
    for i, (parent, source) in enumerate(zip(node.parents, node.note.inputs, strict=True)):
        if parent is None or isinstance(source, Constant):
            continue
        if not elementwise and (node.operation.name, i) != ("linear", 2):
            continue
        axes = _broadcast_axes(parent.like[0], node.like[0])
        if axes:
            yield i, parent, axes


def _towards(parent, function):
    """An ``edge`` that treats the gradient towards one parent alone."""

    def edge(g, towards, node):
        return function(np.broadcast_to(g, node.like[0])) if towards is parent else unbroadcast(g, towards, node)

    return edge


def _summed(g, shape):
    axes = _broadcast_axes(shape, g.shape)
    return g.sum(tuple(axes), keepdims=True).reshape(shape)


def not_summed(node, checked):
    for i, parent, axes in _broadcast_inputs(node, checked):
        shape, name = parent.like[0], checked.called(node, i)
        what = _axes_in_words(axes, node.like[0])
        yield Alteration(
            f"the gradient by {name} at {{at}} is not summed over {what}",
            edge=_towards(parent, lambda g: g),
            variant="kept",
            likely=0,
            reshapes=True,
        )
        for place, word in ((0, "first"), (-1, "last")):
            at = tuple(place if k in axes else slice(None) for k in range(len(node.like[0])))
            yield Alteration(
                f"the gradient by {name} at {{at}} is that of the {word} entry alone, not summed over {what}",
                edge=_towards(parent, lambda g, at=at, shape=shape: g[at].reshape(shape)),
                variant=word,
            )


def averaged(node, checked):
    for i, parent, axes in _broadcast_inputs(node, checked):
        count = int(np.prod([node.like[0][k] for k in axes]))
        what = _axes_in_words(axes, node.like[0])
        yield Alteration(
            f"the gradient by {checked.called(node, i)} at {{at}} is averaged over {what} in place of summed",
            edge=_towards(parent, lambda g, shape=parent.like[0], n=count: _summed(g, shape) / n),
            likely=0,
        )


def too_few_axes(node, checked):
    """A bias whose gradient is summed over some of the axes that it was broadcast along."""
    if node.operation.name == "conv2d" and node.parents[2] is not None:
        yield from _conv_bias(node, checked)
    for i, parent, axes in _broadcast_inputs(node, checked):
        if len(axes) < 2:
            continue
        name = checked.called(node, i)
        for some in _subsets(axes):
            at = tuple(0 if k in axes and k not in some else slice(None) for k in range(len(node.like[0])))
            summed = _axes_in_words(some, node.like[0])
            yield Alteration(
                f"the gradient by {name} at {{at}} is summed over {summed} only",
                edge=_towards(parent, lambda g, some=some: g.sum(some)),
                variant=f"kept {some}",
                reshapes=True,
            )
            yield Alteration(
                f"the gradient by {name} at {{at}} is summed over {summed} only, at the first entry of the rest",
                edge=_towards(
                    parent,
                    lambda g, at=at, shape=parent.like[0], some=some: g[at].sum(_axes_left(some, at)).reshape(shape),
                ),
                variant=f"first {some}",
            )


def _conv_bias(node, checked):
    n, _, rows, columns = node.like[0]
    name = checked.called(node, 2)
    axes = [k for k, length in ((0, n), (2, rows), (3, columns)) if length > 1]
    for some in _subsets(axes):
        yield replaced(
            2,
            lambda g, some=some: g.sum(some).squeeze(),
            f"the gradient by {name} at {{at}} is summed over {_axes_in_words(some, node.like[0])} only",
            variant=f"kept {some}",
            likely=0,
            reshapes=True,
        )
    seen = set()
    for height, width in (
        (rows - 1, columns - 1),
        (2, 2),
        (rows, columns - 1),
        (rows - 1, columns),
        (1, columns),
        (rows, 1),
        (1, 1),
    ):
        if (
            not (0 < height <= rows and 0 < width <= columns)
            or (height, width) == (rows, columns)
            or (height, width) in seen
        ):
            continue
        seen.add((height, width))
        yield replaced(
            2,
            lambda g, h=height, w=width: g[:, :, :h, :w].sum((0, 2, 3)),
            f"the gradient by {name} at {{at}} is the sum of the first {height} × {width} = {height * width} of "
            f"{rows * columns} terms of δ",
            variant=f"block {height} × {width}",
            likely=0,
        )
    if n > 1:
        for place, word in ((0, "first"), (-1, "last")):
            yield replaced(
                2,
                lambda g, k=place: g[k].sum((1, 2)),
                f"the gradient by {name} at {{at}} is that of the {word} image of the batch alone",
                variant=word,
            )


def _subsets(axes):
    """Every choice of some of the axes, but not of all."""
    return [some for k in range(1, len(axes)) for some in itertools.combinations(axes, k)]


def _axes_left(some, at):
    """Where axes are after those indexed by a number are gone."""
    return tuple(k - sum(1 for j in at[:k] if j == 0 and not isinstance(j, slice)) for k in some)


def _axes_in_words(axes, shape):
    if tuple(axes) == (0,) and len(shape) > 1:
        return f"the batch ({shape[0]})"
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))


# -- sums over the batch -----------------------------------------------------------------------


def one_of_batch(node, checked):
    """dW = xᵀδ of one sample: ``=`` in the loop over the batch where ``+=`` was due."""
    name = node.operation.name
    if name in ("matmul", "linear"):
        a = checked.value(node.note.inputs[0])
        if np.ndim(a) != 2 or len(a) < 2 or node.parents[1] is None or np.ndim(node.note.value) != 2:
            return
        called = checked.called(node, 1)
        for place, word in ((slice(0, 1), "first"), (slice(-1, None), "last")):
            yield replaced(
                1,
                lambda g, a=a, k=place: a[k].T @ g[k] if name == "matmul" else g[k].T @ a[k],
                f"only the {word} of {len(a)} samples is counted in the gradient by {called} at {{at}}",
                variant=f"{word} sample",
            )
