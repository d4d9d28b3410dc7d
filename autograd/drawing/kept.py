"""What a node keeps until backward: which arrays, under which names, and how much memory that is."""

import numpy as np

from ..declaration import alias
from ..node import Leaf


def kept_for_rules(node):
    """(name, value) of what the node keeps, as often as a rule or a reference names it."""
    op = node.operation
    if node.consumed:
        return
    if op.reference is not None and node.saved_b is not None:
        if op.variadic:
            yield op.inputs[0], node.saved_b[0]
        else:
            yield from zip(op.inputs, node.saved_b[0], strict=False)
    rules = op.rules * len(node.parents) if op.variadic else op.rules
    for rule, parent, kept in zip(rules, node.parents, node.saved, strict=False):
        if parent is not None and rule.needs:
            yield from zip(rule.needs, (kept,) if len(rule.needs) == 1 else kept, strict=True)


def kept_arrays(node):
    """(name, array) of the arrays that the node keeps, each once; of many inputs as "arrays[2]"."""
    if node is None:
        return
    seen = set()
    for name, value in kept_for_rules(node):
        several = isinstance(value, list | tuple) and name in node.operation.inputs
        for i, one in enumerate(value if several else (value,)):
            label = f"{name}[{i}]" if several else name
            if isinstance(one, np.ndarray | np.generic) and label not in seen:
                seen.add(label)
                yield label, one


def memory_of(node):
    """{identity of a block of memory: bytes} of those arrays, but for the values of leaves and constants."""
    if node is None:
        return {}
    op = node.operation
    memory = {}
    for label, array in kept_arrays(node):
        name, _, position = label.rstrip("]").partition("[")
        if name in op.params:  # the user's own, like the target of a loss
            continue
        if name in op.inputs:
            i = int(position) if op.variadic else op.inputs.index(name)
            parent = node.parents[i] if i < len(node.parents) else None
            if parent is None or type(parent) is Leaf or stands_for_leaf(parent):
                continue
        base = array
        while isinstance(base, np.ndarray) and isinstance(base.base, np.ndarray):
            base = base.base
        memory[id(base)] = max(memory.get(id(base), 0), array.nbytes)
    return memory


def stands_for_leaf(node):
    """Whether the node is a leaf's stand-in on a tape, drawn as the leaf itself."""
    return node.operation is alias.operation and node.note is not None and node.note.taped and type(node.a) is Leaf
