"""From Tensors or a tape to a plain list of boxes and edges, each with all that is known of it.

Nothing here knows how a picture looks: ``graph_of(x)`` is what the writer of Graphviz source and any
other picture of the graph start from. A box is an operation and its result, a leaf, a constant, or
what is left of a part that is gone; ``folding`` puts several into one.
"""

from operator import attrgetter

import numpy as np

from ..conversion import left_behind
from ..modes import Tape
from ..node import Leaf, like_of
from ..notes import Constant
from ..tensors import Tensor
from .boxes import Box, Graph
from .kept import kept_for_rules, stands_for_leaf
from .naming import name_boxes


def graph_of(x, variables=(), arrays=()):
    """The Graph behind a Tensor, a list of Tensors, or a tape.

    variables, arrays : of the calling function, by which boxes are named (``naming``)
    """
    if isinstance(x, Tape):
        graph, boxes = _assemble(x.nodes, closed=True, tape=x)
        name_boxes(boxes, variables, arrays)
        return graph
    tensors = list(x) if isinstance(x, list | tuple) else [x]
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            which = f"item {i}" if isinstance(x, list | tuple) else "the argument"
            raise TypeError(
                f"draw: {which} is a {type(t).__name__}\n"
                "  give a Tensor, a list of Tensors, a tape, or a module and an example of its input"
            )
    if not tensors:
        raise ValueError("draw: the list is empty\n  give one Tensor at least, or a tape")
    roots = {t.node: t for t in tensors if t.node is not None}
    if not roots:
        raise ValueError(
            "draw: there is no graph: nothing that it would be of requires grad\n"
            "  record it from Tensors that do; float(), .item(), .data and np.asarray() lose the history"
            + left_behind()
        )
    graph, boxes = _assemble(_ancestors(roots), {node: t._data for node, t in roots.items()}, roots)
    name_boxes(boxes, variables, arrays)
    seen = set()
    for t in tensors:
        if t.node is None and t not in seen:
            seen.add(t)
            graph.add(Box("constant", t.name, value=t._data, like=like_of(t._data)))
    return graph


def _ancestors(roots):
    """Every node that the roots came from, oldest first; of the leaves only roots themselves."""
    seen = dict.fromkeys(roots)
    order = list(seen)
    for node in order:  # the list grows while it is read
        for parent in node.parents:
            if parent is not None and parent not in seen and type(parent) is not Leaf:
                seen[parent] = None
                order.append(parent)
    return sorted(order, key=attrgetter("birth"))


# -- from nodes to boxes -----------------------------------------------------------------------


def _assemble(nodes, values=None, roots=None, closed=False, tape=None):
    """(the Graph of ``nodes``, each older than what was made from it, {Node or Constant: its Box}).

    values : {node: array} known from outside the graph
    roots  : the nodes that are outputs; by default those that nothing on the list was made from
    closed : what is not on the list is drawn as a stub, and not followed
    tape   : the tape that they are on, if they are
    """
    values = dict(values or {})
    listed = set(nodes)
    inputs = {node: _inputs_of(node, values) for node in nodes if type(node) is not Leaf}
    if roots is None:
        used = {one for node in nodes for one in inputs.get(node, ())}
        roots = listed - used
    graph = Graph(() if tape is None else tape.kinds)
    boxes = {}
    frame, runs = (), {}
    origins = _origins(nodes, values)
    given = {} if tape is None else {constant: data for constant, _, data in tape.constants.values()}

    for node in nodes:
        if type(node) is Leaf:
            if node not in boxes:
                boxes[node] = graph.add(_leaf_box(node, values))
            continue
        if stands_for_leaf(node):
            boxes[node] = graph.add(_taped_leaf_box(node))
            continue
        box = _operation_box(node, values, "output" if node in roots else "operation")
        frame = box.frame = _frame(box.scope, frame, runs)
        for one in inputs[node]:
            if one is not None and one not in boxes and not _absent(one):
                source = boxes[one] = graph.add(_source_box(one, values, closed))
                origin = origins.get(id(given.get(one, one.value))) if type(one) is Constant else None
                if origin in boxes and one.value is not UNKNOWN:
                    source.role, source.scope, source.frame = "detached", box.scope, frame
                    graph.connect(boxes[origin], source, "")
            if type(one) is Leaf and one.stamp > node.birth:
                boxes[one].remark = "written to since"
        boxes[node] = box
        if node.consumed:
            gone = graph.add(Box("gone", remark="inputs used up by backward"))
        graph.add(box)
        if node.consumed:
            graph.connect(gone, box, "")
        op, named = node.operation, not node.operation.variadic
        for i, one in enumerate(inputs[node]):
            if one is not None and not _absent(one):
                argument = op.inputs[i] if named else f"{op.inputs[0]}[{i}]"
                graph.connect(boxes[one], box, argument, i, type(one) is not Constant)
    _place_sources(graph)
    return graph, boxes


def _origins(nodes, values):
    """{identity of an array: the node whose value it is}, by which to see where a detached value came from."""
    origins = {}
    for node in nodes:
        note = node.note
        if note is None or not note.taped:
            value = values.get(node)
        elif stands_for_leaf(node):  # it holds a copy of what the leaf's Tensor has
            owner = node.a.owner()
            value = owner._data if owner is not None and node.a.stamp < node.birth else None
        else:
            value = note.value
        if value is not None:
            origins[id(value)] = node
    return origins


def _absent(one):
    """Whether an input was left out, as ``bias=None``."""
    return type(one) is Constant and one.value is None


UNKNOWN = object()
"""The value of a constant that no rule kept."""


def _inputs_of(node, values):
    """The Nodes and Constants that went in, in order; fills in ``values`` that the rules kept."""
    if node.consumed:
        return ()
    if node.note is not None and node.note.taped:
        return node.note.inputs
    known = _kept(node, values)
    inputs = []
    for i, parent in enumerate(node.parents):
        if parent is not None:
            if i in known and isinstance(known[i], np.ndarray | np.generic):
                values.setdefault(parent, known[i])
            inputs.append(parent)
        elif i in known:
            inputs.append(Constant(known[i]))
        else:
            optional = not node.operation.variadic and node.operation.inputs[i] in node.operation.defaults
            inputs.append(Constant(None if optional else UNKNOWN))
    return inputs


def _kept(node, values):
    """{position of an input: its value}, of those that a rule or a reference kept."""
    op = node.operation
    known = {}
    for name, value in kept_for_rules(node):
        if name == "y":
            values.setdefault(node, value)
        elif name in op.inputs and op.variadic:
            known.update(enumerate(value))
        elif name in op.inputs:
            known[op.inputs.index(name)] = value
    return known


def _leaf_box(leaf, values):
    owner = leaf.owner()
    value = values.get(leaf) if owner is None else owner._data
    box = Box("parameter" if leaf.learned else "leaf", leaf.name, None, value, leaf.grad, leaf.like)
    box.node = leaf
    if owner is None and value is None:
        box.remark = "the Tensor is gone"
    return box


def _taped_leaf_box(node):
    leaf, note = node.a, node.note
    name = note.name or leaf.name
    box = Box("parameter" if leaf.learned else "leaf", name, None, note.value, note.gradient, node.like)
    box.node, box.where = node, note.where
    return box


def _source_box(one, values, closed):
    """The box of an input that is not on the list itself."""
    if type(one) is Constant:
        if one.value is UNKNOWN:
            return Box("constant", remark="not kept")
        value = np.asarray(one.value)[()]
        return Box("constant", one.name, value=value, like=like_of(value))
    if type(one) is Leaf:
        return _leaf_box(one, values)
    box = _operation_box(one, values, "gone")
    if closed:
        box.remark = "recorded before the tape"
    return box


def _operation_box(node, values, role):
    op, note = node.operation, node.note
    box = Box(role, node.name, op, values.get(node), None, node.like)
    box.node = node
    if note is None:
        return box
    box.where = note.where
    if note.taped:
        box.value, box.gradient, box.scope = note.value, note.gradient, note.scope
        box.params = {k: v for k, v in note.params.items() if not _is_default(v, op.defaults.get(k, _REQUIRED))}
    elif note.retained:
        box.gradient = note.grad
    return box


_REQUIRED = object()


def _is_default(value, default):
    if value is default:
        return True
    if isinstance(value, tuple) and isinstance(default, int):  # stride=(1, 1) is stride=1
        return all(type(one) is int and one == default for one in value)
    return type(value) is type(default) and not isinstance(value, np.ndarray) and value == default


def _frame(scope, previous, runs):
    """The scope as (name, run) pairs; ``previous`` is that of the node recorded before.

    A run lasts until something is recorded outside it. One frame for several runs of a module would
    tie the far ends of the picture together.
    """
    frame = _shared([scope, tuple([name for name, _ in previous])])
    frame = previous[: len(frame)]
    for depth in range(len(frame) + 1, len(scope) + 1):
        path = scope[:depth]
        runs[path] = runs.get(path, 0) + 1
        frame = (*frame, (path[-1], runs[path]))
    return frame


def _place_sources(graph):
    """Give each leaf, parameter and unnamed number the innermost frame that all its users share.

    Data stand outside every module: named constants and arrays do, and so do plain leaves beside
    parameters. Where nothing is a parameter, leaves are taken for the things that are learned.
    """
    users = {}
    for edge in graph.edges:
        users.setdefault(edge.tail, []).append(edge.head.frame)
    inside = {"parameter"}
    if not any(box.role == "parameter" for box in graph.boxes):
        inside.add("leaf")
    for box, frames in users.items():
        number = box.role == "constant" and box.name is None and (box.like is None or box.like[0] == ())
        if box.role in inside or number or (box.role == "gone" and box.operation is None) or _frozen(box, frames):
            box.frame = _shared(frames)
            box.scope = tuple([name for name, _ in box.frame])


def _frozen(box, frames):
    """Whether a constant is named as a part of the module that uses it, as a parameter that is not trained."""
    if box.role != "constant" or not box.name or "." not in box.name:
        return False
    frame = _shared(frames)
    return bool(frame) and ".".join([name for name, _ in frame]).endswith(box.name.rpartition(".")[0])


def _shared(paths):
    """The longest beginning that all of the tuples have."""
    first, last = min(paths), max(paths)
    count = 0
    for a, b in zip(first, last, strict=False):
        if a != b:
            break
        count += 1
    return first[:count]
