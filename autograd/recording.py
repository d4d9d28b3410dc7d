"""Recording: from an operation and its arguments to a result and its node.

``record`` is the one way on which every operation runs, in every mode: Tensors become arrays, ``forward`` makes the
result, and where a Tensor requires grad the result gets a node with what the rules asked to keep, and nothing else.
Compiled where there is a compiler (see ``node.py``).
"""

import numpy as np
from numpy import float64, ndarray

from . import interpreter
from .arguments import MISSING, arranged, call_of, is_array, listed, operand, static, unwrapped, without_tensors
from .broadcasting import warn_of_broadcasting
from .errors import EXPLAINED, explained, misfit, refuse_without_history
from .modes import _mode
from .node import FLOATS, NOTHING, SCALARS, SEVERAL, Node, Value, births
from .tensors import Tensor
from .values import fixed, held
from .watching import note_down, on_tape, watch
from .words import called_in_torch_words

SCALAR = SCALARS[float64]


def function_of(op):
    """The function that a user calls: as fast as it goes with one or two inputs by position, else in general."""
    plain_call = not (op.many_inputs or op.auxiliaries or op.words)
    if op.names == ["x"] and plain_call:

        def call(x):
            return record(op, x, MISSING, (), False)

    elif op.names == ["a", "b"] and plain_call and not op.defaults:

        def call(a, b):  # type: ignore[misc]  # each branch has a signature of its own
            return record(op, a, b, (), False)

    else:

        def call(*args, **kwargs):  # type: ignore[misc]  # as above
            return record_arranged(op, args, kwargs, False)

    if op.auxiliaries:

        def with_auxiliaries(*args, **kwargs):
            """The result, and after it each auxiliary as an array."""
            return record_arranged(op, args, kwargs, True)

        call.with_auxiliaries = with_auxiliaries
    return call


def record_arranged(op, args, kwargs, auxiliaries):
    """``record`` with arguments by position and by name."""
    if op.in_torch_words is not None and len(args) > 1 and (len(args) > len(op.names) or is_array(args[1])):
        return called_in_torch_words(op, args, kwargs)
    if kwargs or len(args) > len(op.names):
        positional = arranged(op, args, kwargs)
        if positional is None:
            if op.words.keys().isdisjoint(kwargs):
                raise misfit(op, args, kwargs)
            return called_in_torch_words(op, args, kwargs)
        args = positional
    first = args[0] if args else MISSING
    second = args[1] if len(args) > 1 else MISSING
    return record(op, first, second, args[2:], auxiliaries)


def record(op, first, second, more, auxiliaries):
    """Run an operation on its arguments: the result, and after it, with ``auxiliaries``, each auxiliary.

    first, second, more : the arguments by position: two of them, ``MISSING`` where not given, and a tuple
    """
    # A name such as ``tensor`` below is of one type throughout: its fields are then C's (recording.pxd).
    mode = interpreter.value_of(_mode)
    if mode is not None and mode.batching is not None:  # inside vmap
        mapped = mode.batching.record(op, first, second, more, auxiliaries)
        if mapped is not MISSING:
            return mapped
    if mode is not None and mode.tapes and mode.recording:
        replaced = on_tape(mode.tapes, first, second, more)
        if replaced is not None:
            return record(op, replaced[0], replaced[1], replaced[2], auxiliaries)
    x, z, rest = first, second, more  # what forward gets
    a = b = None  # the nodes of the inputs
    many = extra = ()
    tensors = False
    if op.many_inputs:
        x, z, rest, many, tensors = unwrapped(op, first, second, more, mode is None or mode.recording)
    else:
        if isinstance(first, Value):
            tensor = interpreter.as_value(first)
            a = tensor._node
            x = tensor._data if tensor._shown is None else fixed(tensor)
            tensors = True
        elif type(x) is not ndarray and type(x) is not float and type(x) is not int:
            x = operand(op, 0, x)
        if op.second_is_input:
            if isinstance(second, Value):
                tensor = interpreter.as_value(second)
                b = tensor._node
                z = tensor._data if tensor._shown is None else fixed(tensor)
                tensors = True
            elif type(z) is not ndarray and type(z) is not float and type(z) is not int:
                z = operand(op, 1, z)
        elif z is not MISSING and type(z) is not int:
            z = static(op, 1, z)
        if more:
            rest = without_tensors(op, more)
        if op.keeps and (a is not None or b is not None) and (mode is None or mode.recording):
            if type(x) is not float and not isinstance(first, Value):
                x = held(x)
            if z is not MISSING and type(z) is not float and not isinstance(second, Value):
                z = held(z)
            if rest:
                rest = held(rest)
    try:
        if rest:
            y = op.forward(x, z, *rest)
        elif z is not MISSING:
            y = op.forward(x, z)
        elif x is not MISSING:
            y = op.forward(x)
        else:
            y = op.forward()
    except EXPLAINED as error:
        raise explained(op, listed(x, z, rest), error) from error
    if op.has_auxiliaries:
        y, *extra = y
    if type(y) is ndarray:
        if interpreter.number_of_axes(y) == 0:
            y = y[()]
    elif type(y) is float or type(y) is int:
        y = np.asarray(y)[()]  # of numbers, a number: an array's entry, as NumPy would have it
    if not tensors:
        return (y, *extra) if auxiliaries else y
    if op.broadcasts and type(y) is ndarray:
        if op.many_inputs:
            if spread_of_many(listed(x, z, rest), y):
                warn_of_broadcasting(op.name, listed(first, second, more), y)
        elif type(x) is ndarray and type(z) is ndarray and spread(x, z, y):
            warn_of_broadcasting(op.name, (first, second), y)
    if mode is not None:
        if mode.anomaly:
            watch(op, listed(first, second, more), listed(x, z, rest), y)
        if not mode.recording:
            a, b, many = None, None, ()
    tensor = interpreter.new_tensor(Tensor)
    tensor._data = y
    if a is not None or b is not None or many:
        like = like_of_result(y, a, b)
        if like is None:
            refuse_without_history(op, listed(x, z, rest), y)
        else:
            node = interpreter.new_node(Node)
            node.operation = op
            node.birth = next(births)
            node.like = like
            if a is not None:
                node.a = a
                if op.place_a != NOTHING:
                    node.saved_a = saved(op, 0, op.place_a, x, z, rest, y, extra)
            if b is not None:
                node.b = b
                if op.place_b != NOTHING:
                    node.saved_b = saved(op, 1, op.place_b, x, z, rest, y, extra)
            if many:
                node.many = many
                node.saved_a = saved_of_each(op, many, x, z, rest, y, extra)
                if op.reference is not None:
                    node.saved_b = call_of(op, listed(x, z, rest))
            tensor._node = node
            if mode is not None:
                note_down(node, mode, listed(first, second, more), listed(x, z, rest), y)
            if not may_lead_back(node):
                interpreter.untrack(node)
    return (tensor, *extra) if auxiliaries else tensor


def like_of_result(y, a, b):
    """(shape, dtype) of a result, or None if it is not of floats; a parent's where it is the same, to save memory."""
    if type(y) is float64:
        return SCALAR
    if type(y) is ndarray:
        if a is not None and interpreter.fits(y, a.like):
            return a.like
        if b is not None and interpreter.fits(y, b.like):
            return b.like
    elif type(y) in SCALARS:
        return SCALARS[type(y)]
    return (y.shape, y.dtype) if type(y) is ndarray and y.dtype.char in FLOATS else None


def spread(x, z, y):
    """Whether two arrays with different numbers of axes make a result larger than both."""
    size = interpreter.entries(y)
    return x.ndim != z.ndim and size > interpreter.entries(x) and size > interpreter.entries(z)


def spread_of_many(given, y):
    """The same of the arrays among the arguments: a result larger than each of them."""
    size = interpreter.entries(y)
    axes = -1
    differ = False
    for value in given:
        if type(value) is ndarray:
            if interpreter.entries(value) >= size:
                return False
            n = interpreter.number_of_axes(value)
            differ = differ or (axes >= 0 and axes != n)
            axes = n
    return differ


# -- what a node saves -------------------------------------------------------------------------


def saved(op, i, place, x, z, rest, y, extra):
    """What the rule of input i asked to keep: None, a value, or a tuple of them."""
    if place == 0:
        return x
    if place == 1 and z is not MISSING:
        return z
    if place == NOTHING:
        return None
    if place != SEVERAL:
        return value_at(op, place, x, z, rest, y, extra)
    places = op.saves[i]
    if len(places) == 2:  # the commonest, without a list between
        return value_at(op, places[0], x, z, rest, y, extra), value_at(op, places[1], x, z, rest, y, extra)
    return tuple([value_at(op, one, x, z, rest, y, extra) for one in places])


def value_at(op, place, x, z, rest, y, extra):
    """The value at a place, as ``Recordable.saves`` counts them; of an argument that is not given its default."""
    count = len(op.input_at)
    if place == count:
        return y
    if place > count:
        return extra[place - count - 1]
    at = place if place >= 0 else -1 - place
    if at == 0:
        value = x
    elif at == 1:
        value = z
    elif at < 2 + len(rest):
        value = rest[at - 2]
    else:
        value = MISSING
    if value is MISSING:
        value = op.defaults.get(op.names[at])
    if place >= 0:
        return value
    return value.shape if type(value) is ndarray else np.shape(value)


def saved_of_each(op, many, x, z, rest, y, extra):
    """What is saved for each of many inputs; those of a sequence share a rule, which is told the position too."""
    kept = []
    for i in range(len(many)):
        if many[i] is None:
            kept.append(None)
        elif not op.variadic:
            places = op.saves[i]
            place = NOTHING if not places else places[0] if len(places) == 1 else SEVERAL
            kept.append(saved(op, i, place, x, z, rest, y, extra))
        elif not op.saves[0]:
            kept.append(i)
        else:
            values = [i]
            for place in op.saves[0]:
                if place == 0:
                    values.append(tuple(x))
                elif place == -1:
                    values.append([np.shape(item) for item in x])
                else:
                    values.append(value_at(op, place, x, z, rest, y, extra))
            kept.append(tuple(values))
    return tuple(kept)


# -- what the cycle collector has to look at ---------------------------------------------------


def may_lead_back(node):
    """Whether something that the node holds may lead to it again."""
    if interpreter.is_tracked(node.a) or interpreter.is_tracked(node.b) or node.note is not None:
        return True
    if interpreter.is_tracked(node.saved_a) and holds_tracked(node.saved_a):
        return True
    if interpreter.is_tracked(node.saved_b) and holds_tracked(node.saved_b):
        return True
    return node.many is not None and any([interpreter.is_tracked(parent) for parent in node.many])


def holds_tracked(value):
    """Whether a tracked value is more than a container of what is not."""
    if type(value) is tuple:
        items = value
    elif type(value) is dict:
        items = tuple(value.values())
    elif type(value) is slice:
        items = (value.start, value.stop, value.step)
    else:
        return True
    for item in items:  # noqa: SIM110 - compiled, a loop makes no object
        if interpreter.is_tracked(item) and holds_tracked(item):
            return True
    return False
