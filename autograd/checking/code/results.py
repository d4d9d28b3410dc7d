"""The gradients that backward gives: of which argument each is, by name or by position."""

import numpy as np

from .names import CONTAINERS, last_part, plain, read
from .steps import axes


class Result:
    """A gradient that backward returned or left on its object.

    leaf : the name of what it is the gradient of; node : that leaf's
    array : the value; variable : what it was called, if that is known
    remark : that it has another shape than the leaf, where only axes of length 1 differ; or ""
    """

    def __init__(self, leaf, node, array, variable):
        self.leaf, self.node, self.array, self.variable = leaf, node, np.asarray(array, dtype=float), variable
        self.remark, shape = "", node.like[0]
        if self.array.shape != shape and axes(self.array) == tuple([n for n in shape if n != 1]):
            self.remark = f"its shape is {self.array.shape}, that of {leaf} {shape}"
            self.array = self.array.reshape(shape)

    def __repr__(self):
        return f"<Result {self.leaf}>"


def results_of(returned, attributes, leaves, wanted, names):
    """({name of a leaf: (value, where it stands)}, [names of what speaks of no leaf]) of all that backward gave.

    returned : its result; attributes : {name: value} of its object that it set
    leaves : all differentiable arguments; wanted : those that are asked for
    names : {name in backward: name of a leaf} as the user gave them
    """
    found, left = {}, []
    known = [leaf.name for leaf in leaves]
    if isinstance(returned, dict):
        named = [(str(key), value, key) for key, value in returned.items()]
    elif isinstance(returned, list | tuple) and not _is_one(returned, wanted):
        named = _in_order(_flattened(returned), leaves, wanted)
    else:
        named = [] if returned is None else [(wanted[0].name if wanted else "result", np.asarray(returned), None)]
    for name, value, place in [*named, *[(name, value, f"self.{name}") for name, value in attributes.items()]]:
        if isinstance(value, dict | list | tuple) and value:
            inner, rest = results_of(value, {}, _below(leaves, name), _below(wanted, name), names)
            found.update({leaf: (one, ...) for leaf, (one, _) in inner.items()})
            left += rest
            continue
        if value is None or not _is_array(value):
            continue
        leaf = names.get(name) or leaf_named(name, known, name in attributes)
        if leaf is None:
            left += [] if name in attributes else [name]
        elif leaf not in found or name not in attributes:
            found[leaf] = (value, place)
    return found, left


def _below(leaves, name):
    """The leaves that a nested container of gradients speaks of: those of the argument or entry of that name."""
    below = [leaf for leaf in leaves if leaf.name.startswith((f"{name}[", f"{name}.")) or leaf.argument == name]
    return below or leaves


def _is_one(returned, wanted):
    """Whether a list is the gradient of one array, as nested numbers."""
    return len(wanted) == 1 and not _holds_arrays(returned) and np.shape(returned) == np.shape(wanted[0].value)


def _holds_arrays(value):
    if isinstance(value, list | tuple):
        return any(_holds_arrays(one) for one in value)
    return isinstance(value, np.ndarray | dict)


def _flattened(returned):
    """[(place, value)] of nested lists: what stands where."""
    flat = []
    for i, one in enumerate(returned):
        if isinstance(one, list | tuple):
            flat += [((i, *place), value) for place, value in _flattened(one)]
        else:
            flat.append(((i,), one))
    return flat


def _in_order(returned, leaves, wanted):
    """[(name of a leaf, value, place)] of nested lists: in the order of the arguments."""
    if any(isinstance(value, dict) for _, value in returned):
        return [(leaf.argument, value, ...) for leaf, (_, value) in zip(leaves, returned, strict=False)]
    for several in (wanted, leaves):
        if len(several) == len(returned):
            return [(leaf.name, value, place) for leaf, (place, value) in zip(several, returned, strict=True)]
    named, left = [], list(leaves)
    for place, value in returned:
        shape = np.shape(value) if _is_array(value) else None
        fitting = next((leaf for leaf in left if np.shape(leaf.value) == shape), None)
        if fitting is not None:
            named.append((fitting.name, value, place))
            left = left[left.index(fitting) + 1 :]
    return named


def _is_array(value):
    return isinstance(value, float | int | np.ndarray | np.generic)


def leaf_named(name, known, as_gradient=False):
    """The leaf that a name speaks of: itself, or what ``dW1`` and the like are the gradient of."""
    container, own, _ = last_part(name)
    before = name[: len(name) - len(own)] if name.endswith(own) else ""
    itself = [] if as_gradient and not CONTAINERS.fullmatch(container) else [name, own]
    for of in (*itself, *[before + of for of in read(name)], *read(name)):
        if of in known:
            return of
    for of in (*itself[1:], *read(name)):
        alike = [one for one in known if plain(last_part(one)[1]) == plain(of)]
        if len(alike) == 1:
            return alike[0]
    return None
