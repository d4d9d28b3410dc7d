"""What tapes and anomaly mode do while an operation is recorded."""

import numpy as np

from .errors import described
from .modes import users_line
from .node import Leaf, Node, births
from .notes import Constant, Note
from .tensors import Tensor, wrap
from .values import held


def on_tape(tapes, first, second, more):
    """The arguments with each leaf replaced by its alias, which holds a copy of its value; None if there is no leaf."""
    # one after the other: so the aliases stand on the tape
    replaced = [_swapped(tapes, value) for value in (first, second, *more)]
    if all([new is old for new, old in zip(replaced, (first, second, *more), strict=True)]):
        return None
    return replaced[0], replaced[1], tuple(replaced[2:])


def _swapped(tapes, value):
    if isinstance(value, Tensor) and type(value.node) is Leaf:
        return alias_on_tape(tapes, value)
    if isinstance(value, list | tuple) and any(isinstance(item, Tensor) and type(item.node) is Leaf for item in value):
        return type(value)([_swapped(tapes, item) for item in value])
    return value


def alias_on_tape(tapes, leaf):
    """The Tensor that stands for a leaf on the tapes, with a copy of its value; one until the next write."""
    known = tapes[-1].aliases.get(leaf.node)
    # the values are compared for what the stamp does not tell: w.data[0] = … writes past the library
    if known is not None and known.birth > leaf.node.stamp and _unchanged(known.note.value, leaf._data):
        return wrap(known.note.value, known, leaf._name)
    node = Node(_alias, next(births), leaf.node.like)
    node.a = leaf.node
    note = node.note = Note(leaf._name, users_line())
    note.taped, note.inputs, note.value = True, (leaf.node,), np.array(leaf._data)[()]
    for tape in tapes:
        tape.aliases[leaf.node] = node
        tape.nodes.append(node)
    return wrap(note.value, node, leaf._name)


_alias = None


def use_alias(operation):
    """Which operation stands for a leaf on a tape: ``declaration`` says it, once it is declared."""
    global _alias
    _alias = operation


def _unchanged(copied, data):
    return np.array_equal(copied, data, equal_nan=data.dtype.kind == "f")


def note_down(node, mode, args, plain, y):
    """Write down on the node what the tape and anomaly mode want to know of it."""
    op = node.operation
    note = node.note = Note(where=users_line())
    if not mode.tapes:
        return
    note.taped = True
    inputs = [_argument(op, i, args) for i, at in enumerate(op.input_at) if at >= 0]
    note.inputs = tuple([_input_on(mode.tapes, t) for t in (inputs[0] if op.variadic else inputs)])
    for i, name in enumerate(op.names):
        if op.input_at[i] < 0 and (i < len(plain) or name in op.defaults):
            note.params[name] = held(_argument(op, i, plain))
    note.value, note.scope = y, mode.scope
    for tape in mode.tapes:
        tape.nodes.append(node)


def _argument(op, i, args):
    return args[i] if i < len(args) else op.defaults.get(op.names[i])


def _input_on(tapes, value):
    if not isinstance(value, Tensor):
        return Constant(held(value), given=value)
    if value.node is not None:
        return value.node
    key = (id(value), id(value._data))
    known = tapes[-1].constants.get(key)
    if known is None or not _unchanged(known[0].value, value._data):
        # with the Tensor and its data, which keeps their ids from being given again
        known = (Constant(np.array(value._data)[()], value._name), value, value._data)
        for tape in tapes:
            tape.constants[key] = known
    return known[0]


def watch(op, args, plain, y):
    """Anomaly mode, forward: raise at the operation where the first NaN or inf arises.

    An infinity that comes in, such as the −inf of a mask, may come out again.
    """
    if y.dtype.kind != "f" or np.isfinite(y).all():
        return
    lines = [f"{op.name}: the result has the first NaN or inf"]
    inputs = [(op.names[i], args[i], plain[i]) for i in range(len(plain)) if op.input_at[i] >= 0]
    if op.variadic:
        ((name, many, arrays),) = inputs[:1]
        inputs = [(f"{name}[{k}]", *pair) for k, pair in enumerate(zip(many, arrays, strict=True))]
    for name, given, x in inputs:
        if isinstance(x, np.ndarray | np.generic | float) and not np.isfinite(x).all():
            own = given.name if isinstance(given, Tensor) else None
            lines[0] = f"{op.name}: an input already holds NaN or inf"
            lines.append(f"  {name}{f', {own}' if own else ''}: {described(x)}, first at {_first_bad(x)}")
    if len(lines) > 1 and not np.isnan(y).any():
        return
    lines.append(f"  result: {described(y)}, first at {_first_bad(y)}")
    lines.append(f"  recorded at: {users_line()}")
    raise FloatingPointError("\n".join(lines))


def _first_bad(x):
    where = np.argwhere(~np.isfinite(np.asarray(x)))[0]
    index = tuple(int(i) for i in where)
    return f"{index} ({np.asarray(x)[index]})"
