"""Arguments on their way into an operation: in the order of its parameters, with arrays in place of Tensors.

``record`` calls these where it does not see at once what to do. Compiled where there is a compiler (see ``node.py``).
"""

import numpy as np
from numpy import ndarray

from .arrays import is_of_another_library, plain
from .errors import refuse_complex, refuse_static_gradient
from .node import Value
from .values import fixed, held


class Missing:
    """Stands for an argument that is not given."""

    def __repr__(self):
        return "<missing>"


MISSING = Missing()
COMPLEX = (complex, np.complexfloating)
SIZES = (type(None), int, tuple)  # what axes mostly are


def arranged(op, args, kwargs):
    """All arguments by position, up to the last one given, with the defaults of those left out between.

    None where they do not fit the parameters.
    """
    names = op.names
    count = len(args)
    values = list(args)
    found = 0
    for at in range(count, len(names)):
        if found == len(kwargs):
            break
        value = kwargs.get(names[at], MISSING)
        if value is not MISSING:
            found += 1
        else:
            value = op.defaults.get(names[at], MISSING)
            if value is MISSING:
                return None
        values.append(value)
    if found < len(kwargs) or count > len(names):
        return None
    return tuple(values)


def is_array(value):
    """Whether it has axes, or is a Tensor or an array of one float, which names no axis either."""
    if isinstance(value, SIZES):
        return False
    if isinstance(value, Value | ndarray):
        return value.ndim > 0 or value.dtype.kind == "f"
    return bool(getattr(value, "shape", ()))


def unwrapped(op, first, second, more, recording):
    """The arguments of an operation of many inputs without their Tensors.

    Returns (the arguments as ``record`` has them, the tuple of the inputs' nodes, whether one is a Tensor). Without a
    node among them the tuple is empty; with one, and ``recording``, arguments that are no Tensors are held.
    """
    given = listed(first, second, more)
    nodes = [None] * len(op.pulls)
    tensors = False
    for i in range(len(given)):
        value = given[i]
        at = op.input_at[i]
        if at < 0:
            given[i] = static(op, i, value)
        elif op.variadic:
            items = [item if isinstance(item, Value | list | tuple) else operand(op, i, item) for item in value]
            nodes = [item._node if isinstance(item, Value) else None for item in items]
            tensors = any([isinstance(item, Value) for item in items])
            given[i] = [fixed(item) if isinstance(item, Value) else item for item in items]
        elif isinstance(value, Value):
            tensor = value
            tensors = True
            nodes[at] = tensor._node
            given[i] = fixed(tensor)
        else:
            given[i] = operand(op, i, value)
    recorded = tuple(nodes) if any([node is not None for node in nodes]) else ()
    if recorded and recording and op.keeps:
        own = listed(first, second, more)
        for i in range(len(given)):
            if op.variadic and op.input_at[i] >= 0:
                given[i] = [v if isinstance(t, Value) else held(v) for v, t in zip(given[i], own[i], strict=True)]
            elif not isinstance(own[i], Value):
                given[i] = held(given[i])
    x = given[0] if given else MISSING
    z = given[1] if len(given) > 1 else MISSING
    return x, z, tuple(given[2:]), recorded, tensors


def without_tensors(op, more):
    """The static arguments from the third on, as arrays where they are Tensors."""
    for i in range(len(more)):
        value = more[i]
        if value is not None and type(value) is not int and static(op, 2 + i, value) is not value:
            return tuple([static(op, 2 + k, one) for k, one in enumerate(more)])
    return more


def operand(op, position, value):
    """An input that is no Tensor: a number, a plain array, or what becomes one."""
    if type(value) is list or type(value) is tuple:
        return np.asarray(plain(value, op.name, op.names[position]))
    if isinstance(value, ndarray):
        return plain(value, op.name, op.names[position])
    if isinstance(value, int) and type(value) is not bool:
        return int(value)  # as weak as any number, whatever its class
    if is_of_another_library(value):
        return plain(value, op.name, op.names[position])
    return value


def static(op, position, value):
    """A static argument: the array of a Tensor, and what is none as it is.

    Raises where a Tensor with history is in it, or a complex number, whose imaginary part would be lost.
    """
    if isinstance(value, Value):
        tensor = value
        if tensor._node is not None:
            raise refuse_static_gradient(op.name, op.names[position], value)
        return static(op, position, fixed(tensor))
    if isinstance(value, ndarray):
        if value.dtype.kind == "c":
            raise refuse_complex(op, position, value)
        return plain(value, op.name, op.names[position])
    if type(value) is tuple or type(value) is list:
        for item in value:
            if type(item) is not int:
                static(op, position, item)
    elif type(value) is dict:
        static(op, position, list(value.values()))
    elif isinstance(value, COMPLEX):
        raise refuse_complex(op, position, value)
    elif is_of_another_library(value):
        return plain(value, op.name, op.names[position])
    return value


def listed(x, z, rest):
    """The arguments in a list."""
    if x is MISSING:
        return []
    return [x] if z is MISSING else [x, z, *rest]


def call_of(op, given):
    """What a reference is called with: (the inputs, {static argument: value})."""
    inputs, params = [], {}
    for i, name in enumerate(op.names):
        if i >= len(given) and name not in op.defaults:
            continue
        value = given[i] if i < len(given) else op.defaults[name]
        if op.input_at[i] >= 0:
            inputs.append(value)
        else:
            params[name] = value
    return tuple(given[0] if op.variadic else inputs), params
