"""Mistakes in matrix products and in broadcasting: what is transposed, what is summed over."""

import itertools
import math

import numpy as np

from ...engine import unbroadcast
from ...notes import Constant
from ..alteration import Alteration, replaced, turned

# -- transposed --------------------------------------------------------------------------------


def transposed(site):
    if site.has("matrix product"):
        yield from _matmul_transposed(site)
    elif site.has("contraction") and site.position("weight") is not None:
        yield from _layer_transposed(site)
    elif site.has("transposes"):
        yield replaced(0, lambda g: g, "{at} is not undone: the gradient is left transposed", reshapes=True)
    elif site.has("convolution") and site.position("bias") is not None:
        yield from _kernels_transposed(site)
    elif site.has_any("contraction", "convolution", "linalg", "alias"):
        for i, parent in enumerate(site.parents):
            if parent is not None and len(parent.like[0]) == 2 and max(parent.like[0]) > 1:
                yield turned(
                    i,
                    lambda one: one.T,
                    f"the gradient by {site.called(i)} is transposed",
                    variant=str(i),
                    reshapes=True,
                    likely=2 if site.has("alias") else 1,
                )


def _matmul_transposed(site):
    a, b = (site.graph.value(source) for source in site.inputs)
    if np.ndim(a) < 2 or np.ndim(b) < 2:
        return
    names = [site.called(i) for i in (0, 1)]
    for i, (other, product) in enumerate(((b, lambda g, b: g @ b), (a, lambda g, a: a @ g))):
        if not site.wants(i):
            continue
        yield replaced(
            i,
            lambda g, other=other, product=product: product(g, other),
            f"{names[1 - i]} is not transposed in the gradient by {names[i]} at {{at}}",
            variant=f"other {i}",
            likely=0,
            reshapes=True,
        )
        if site.shape[-1] == site.shape[-2:][0] and len(site.shape) > 1:
            right = other.swapaxes(-1, -2)
            yield replaced(
                i,
                lambda g, right=right, i=i: g.swapaxes(-1, -2) @ right if i == 0 else right @ g.swapaxes(-1, -2),
                f"δ is transposed in the gradient by {names[i]} at {{at}}",
                variant=f"δ {i}",
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


def _layer_transposed(site):
    """x times the transpose of the weight."""
    names = [site.called(i) for i in (0, 1)]
    if site.wants(1):
        yield turned(
            1,
            lambda one: one.T,
            f"the gradient by {names[1]} at {{at}} is transposed",
            variant="result 1",
            likely=0,
            reshapes=True,
        )
    weight = site.value(1)
    if site.wants(0) and weight.shape[0] == weight.shape[1]:
        yield replaced(
            0,
            lambda g: g @ weight.T,
            f"{names[1]} is transposed in the gradient by {names[0]} at {{at}}",
            variant="other 0",
            likely=0,
        )


def _kernels_transposed(site):
    exchanged = [((0, 1), "input and output channels")]
    if np.ndim(site.value(1)) > 3:
        exchanged.insert(0, ((-2, -1), "rows and columns"))
    for axes, what in exchanged if site.wants(1) else ():
        yield turned(
            1,
            lambda one, axes=axes: one.swapaxes(*axes),
            f"{what} of the kernels' gradient at {{at}} are exchanged",
            variant=what,
            reshapes=True,
        )
    if site.wants(0) and np.ndim(site.x) > 3:
        yield turned(
            0,
            lambda one: one.swapaxes(-2, -1),
            "the gradient by the image at {at} is transposed",
            variant="image",
            reshapes=True,
        )


# -- broadcasting ------------------------------------------------------------------------------


def _broadcast_axes(shape, to):
    """The axes of ``to`` along which ``shape`` was broadcast."""
    extra = len(to) - len(shape)
    return [k for k, n in enumerate(to) if k < extra or (shape[k - extra] == 1 and n > 1)]


def _broadcast_inputs(site):
    """(position, parent, axes) of each input that is broadcast: of an elementwise operation, or a layer's bias."""
    elementwise = site.has_any("elementwise", "activation") and len(site.parents) > 1
    for i, (parent, source) in enumerate(zip(site.parents, site.inputs, strict=True)):
        if parent is None or isinstance(source, Constant):
            continue
        if not elementwise and not (site.has("contraction") and i == site.position("bias")):
            continue
        axes = _broadcast_axes(parent.like[0], site.shape)
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


def not_summed(site):
    for i, parent, axes in _broadcast_inputs(site):
        shape, name = parent.like[0], site.called(i)
        what = _axes_in_words(axes, site.shape)
        yield Alteration(
            f"the gradient by {name} at {{at}} is not summed over {what}",
            edge=_towards(parent, lambda g: g),
            variant="kept",
            likely=0,
            reshapes=True,
        )
        for place, word in ((0, "first"), (-1, "last")):
            at = tuple(place if k in axes else slice(None) for k in range(len(site.shape)))
            yield Alteration(
                f"the gradient by {name} at {{at}} is that of the {word} entry alone, not summed over {what}",
                edge=_towards(parent, lambda g, at=at, shape=shape: g[at].reshape(shape)),
                variant=word,
            )


def averaged(site):
    for i, parent, axes in _broadcast_inputs(site):
        count = int(np.prod([site.shape[k] for k in axes]))
        what = _axes_in_words(axes, site.shape)
        yield Alteration(
            f"the gradient by {site.called(i)} at {{at}} is averaged over {what} in place of summed",
            edge=_towards(parent, lambda g, shape=parent.like[0], n=count: _summed(g, shape) / n),
            likely=0,
        )


def too_few_axes(site):
    """A bias whose gradient is summed over some of the axes that it was broadcast along."""
    if site.has("convolution") and site.position("bias") is not None and site.wants(site.position("bias")):
        yield from _conv_bias(site)
    for i, parent, axes in _broadcast_inputs(site):
        if len(axes) < 2:
            continue
        name = site.called(i)
        for some in _subsets(axes):
            at = tuple(0 if k in axes and k not in some else slice(None) for k in range(len(site.shape)))
            summed = _axes_in_words(some, site.shape)
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


def _conv_bias(site):
    n, _, *image = site.shape
    i, rank = site.position("bias"), len(image)
    name = site.called(i)
    axes = [k for k in (0, *range(2, rank + 2)) if site.shape[k] > 1]
    for some in _subsets(axes):
        yield replaced(
            i,
            lambda g, some=some: g.sum(some).squeeze(),
            f"the gradient by {name} at {{at}} is summed over {_axes_in_words(some, site.shape)} only",
            variant=f"kept {some}",
            likely=0,
            reshapes=True,
        )
    for block in _blocks(image):
        counted = tuple(slice(k) for k in block)
        yield replaced(
            i,
            lambda g, counted=counted: g[:, :, *counted].sum((0, *range(2, rank + 2))),
            f"the gradient by {name} at {{at}} is the sum of the first {_times(block)} = {math.prod(block)} of "
            f"{math.prod(image)} terms of δ",
            variant=f"block {_times(block)}",
            likely=0,
        )
    if n > 1:
        for place, word in ((0, "first"), (-1, "last")):
            yield replaced(
                i,
                lambda g, k=place: g[k].sum(tuple(range(1, rank + 1))),
                f"the gradient by {name} at {{at}} is that of the {word} image of the batch alone",
                variant=word,
            )


def _blocks(image):
    """Sizes of a first part of an image that people sum over in place of all of it."""
    rank = len(image)

    def but(axis, n):
        return tuple(n if k == axis else length for k, length in enumerate(image))

    sizes = [
        tuple(n - 1 for n in image),
        (2,) * rank,
        *[but(axis, image[axis] - 1) for axis in reversed(range(rank))],
        *[but(axis, 1) for axis in range(rank)],
        (1,) * rank,
    ]
    fitting = [size for size in sizes if all(0 < k <= n for k, n in zip(size, image, strict=True))]
    return [size for size in dict.fromkeys(fitting) if size != tuple(image)]


def _times(lengths):
    return " × ".join(map(str, lengths))


def _subsets(axes):
    """Every choice of some of the axes, but not of all."""
    return [some for k in range(1, len(axes)) for some in itertools.combinations(axes, k)]


def _axes_left(some, at):
    """Where axes are after those indexed by a number are gone."""
    return tuple(k - sum(1 for j in at[:k] if j == 0 and not isinstance(j, slice)) for k in some)


def _axes_in_words(axes, shape):
    if tuple(axes) == (0,) and len(shape) > 1:
        return f"the batch ({shape[0]})"
    return axes_named(axes)


def axes_named(axes):
    """ "axis 0", "axes 0, 2"."""
    return ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))


# -- biases ------------------------------------------------------------------------------------


def too_many_axes(site):
    """A bias whose gradient is summed over its own axes too."""
    sums = [(i, parent, parent.like[0]) for i, parent, _ in _broadcast_inputs(site)]
    place = site.position("bias")
    if site.has("convolution") and place is not None and site.wants(place):
        sums.append((place, site.parents[place], site.parents[place].like[0]))
    for i, parent, shape in sums:
        if math.prod(shape) < 2:
            continue
        name = site.called(i)
        whole = f"the gradient by {name} at {{at}} is summed over too many axes: over all of δ, down to one number"
        yield _bias(site, i, parent, lambda g: np.sum(g), whole, variant="number", reshapes=True, likely=0)
        yield _bias(
            site,
            i,
            parent,
            lambda g, shape=shape: np.full(shape, np.sum(g)),
            f"{whole} for all",
            variant="number for all",
        )
        long = [k for k, n in enumerate(shape) if n > 1]
        for k in long if len(long) > 1 else ():
            yield _bias(
                site,
                i,
                parent,
                lambda g, shape=shape, k=k: np.repeat(_summed(g, shape).sum(k, keepdims=True), shape[k], axis=k),
                f"the gradient by {name} at {{at}} is summed over too many axes: over axis {k} of its own",
                variant=f"axis {k}",
            )


def wrong_axis(site):
    """A bias whose gradient is summed along its own axis, and not over the examples."""
    for i, parent, axes in _broadcast_inputs(site):
        own = tuple(k for k in range(len(site.shape)) if k not in axes and site.shape[k] > 1)
        if not own:
            continue
        for form, function in (
            ("", lambda g, own=own: g.sum(own)),
            (", its axis kept", lambda g, own=own: g.sum(own, keepdims=True)),
        ):
            yield Alteration(
                f"the gradient by {site.called(i)} at {{at}} is summed over the wrong axis: over "
                f"{_axes_in_words(own, site.shape)} in place of {_axes_in_words(axes, site.shape)}{form}",
                edge=_towards(parent, function),
                variant=f"wrong axis{form}",
                reshapes=True,
            )


def _bias(site, i, parent, function, says, **options):
    if site.has("convolution"):
        return replaced(i, function, says, **options)
    return Alteration(says, edge=_towards(parent, function), **options)


def bias_times_input(site):
    """A bias that gets the sum of its weight's gradient: δ · xᵀ, as if it were multiplied by the input too."""
    for i, parent, _ in _additive_inputs(site):
        shape, name = parent.like[0], site.called(i)
        for product, k in _products_beside(site, i):
            other = product.called(1 - k)
            other = "the input" if other == "a constant" else other
            words = (
                f"the gradient by {name} at {{at}} is the sum of δ · {other}, the gradient by "
                f"{product.called(k)}, as if {name} were multiplied by the input too"
            )
            for axis in (0, 1):
                yield Alteration(
                    words,
                    edge=_towards(parent, lambda g, p=product, k=k, s=shape, a=axis: _sum_of_weights(p, k, g, s, a)),
                    variant=f"{product.called(k)}, axis {axis}",
                )


def _additive_inputs(site):
    """(position, parent, axes) of each input of a sum that is a leaf, or broadcast."""
    if site.has("elementwise", "sums") and len(site.parents) == 2:
        for i, parent in enumerate(site.parents):
            if parent is not None and not isinstance(site.inputs[i], Constant):
                yield i, parent, _broadcast_axes(parent.like[0], site.shape)


def _products_beside(site, i):
    """(the site of a product in the other summand, which of its inputs is a weight)."""
    source = site.inputs[1 - i]
    for _ in range(8):
        if isinstance(source, Constant) or source.operation is None:
            return
        product = type(site)(source, site.graph, {})
        if (product.has("contraction") and not source.operation.variadic) or product.has("elementwise", "multiplies"):
            yield from ((product, k) for k in range(2) if product.wants(k))
            return
        if not product.has("elementwise", "sums"):
            return
        source = next((s for s in source.note.inputs if not isinstance(s, Constant)), None)
        if source is None:
            return


def _sum_of_weights(product, k, g, shape, axis):
    """The gradient by a product's input, summed along an axis to a bias's shape."""
    rule, kept = product.operation.rules[k], product.kept(k)
    one = np.asarray(rule.function(np.broadcast_to(g, product.shape), *[kept[name] for name in rule.needs]))
    mine = product.parents[k].like[0]
    if one.shape != mine:
        one = _summed(one, mine)
    if one.ndim == 2 and math.prod(shape) == one.shape[1 - axis] > 1:
        return one.sum(axis).reshape(shape)
    if axis == 0 and one.shape == shape:
        return one
    if axis == 0 and math.prod(shape) == 1:
        return np.reshape(one.sum(), shape)
    raise ValueError("the sum of that has another shape")


# -- sums over the batch -----------------------------------------------------------------------


def one_of_batch(site):
    """dW = xᵀδ of one sample: ``=`` in the loop over the batch where ``+=`` was due."""
    if not site.operation.includes("matrix product"):
        return
    a = site.x
    if np.ndim(a) != 2 or len(a) < 2 or not site.wants(1) or np.ndim(site.y) != 2:
        return
    for place, word in ((slice(0, 1), "first"), (slice(-1, None), "last")):
        yield replaced(
            1,
            lambda g, k=place: a[k].T @ g[k] if site.has("matrix product") else g[k].T @ a[k],
            f"only the {word} of {len(a)} samples is counted in the gradient by {site.called(1)} at {{at}}",
            variant=f"{word} sample",
        )
    n = len(a)
    for part, word in ((slice(0, n - 1), "last"), (slice(1, n), "first")) if n > 2 else ():
        yield replaced(
            1,
            lambda g, k=part: a[k].T @ g[k] if site.has("matrix product") else g[k].T @ a[k],
            f"the {word} of {n} samples is left out in the gradient by {site.called(1)} at {{at}} (a loop too short)",
            variant=f"without {word} sample",
        )
