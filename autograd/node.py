"""The recorded graph: what one operation leaves behind for the walk backward.

A ``Node`` says which operation made a value, from which other nodes, and holds the arrays that
the operation's rules asked to keep. A ``Leaf`` is where the graph ends: a value that the user
made, with the place where its gradient lands. Nodes know nothing of Tensors, so that a graph
holds no reference cycle: dropping the last Tensor frees it at once.
"""

from itertools import count

import numpy as np

next_birth = count(1).__next__
"""Every node and every write to a leaf takes a number from this one counter."""

SCALAR = ((), np.dtype(np.float64))
"""The ``like`` of every float64 scalar: one shared object, so that comparing it is one ``is``."""


class Consumed:
    """Stands in ``Node.keep_a`` once a walk has used the node up."""

    def __repr__(self):
        return "<consumed>"


CONSUMED = Consumed()


class Node:
    """One recorded operation.

    operation : the declaration that made the value
    birth     : its number; a node is younger than everything it was made from
    a, b      : the parents, ``None`` where a parent needs no gradient. An operation of more
                inputs (``operation.wide``) has a tuple of parents in ``a``
    keep_a, keep_b : what the rule of each parent asked to keep (``None``, one value, or a tuple);
                of a wide operation ``keep_a`` has one such entry for each parent, and ``keep_b``
                the arguments that its ``reference`` needs, if it has one
    like      : (shape, dtype) of the value, and so of its gradient
    note      : a ``Note`` on a tape, of a named value, or after ``retain_grad``; else ``None``
    walk, total : while a plain walk holds the node, whose it is and what it has summed so far
    """

    __slots__ = ("operation", "birth", "a", "b", "keep_a", "keep_b", "like", "note", "walk", "total")

    def __init__(self, operation, birth, a, b, keep_a, keep_b, like, note=None):
        self.operation = operation
        self.birth = birth
        self.a = a
        self.b = b
        self.keep_a = keep_a
        self.keep_b = keep_b
        self.like = like
        self.note = note
        self.walk = self.total = None

    @property
    def parents(self):
        """The parents in the order of the inputs, ``None`` for each that needs no gradient."""
        if self.operation.wide:
            return self.a or ()
        return (self.a, self.b)[: len(self.operation.rules)]

    @property
    def kept(self):
        """What is kept for each parent, in the order of ``parents``."""
        if self.operation.wide:
            return self.keep_a
        return (self.keep_a, self.keep_b)[: len(self.operation.rules)]

    @property
    def consumed(self):
        return self.keep_a is CONSUMED

    @property
    def name(self):
        return None if self.note is None else self.note.name

    def consume(self):
        """Let go of the parents and of everything kept."""
        self.a = self.b = self.keep_b = None
        self.keep_a = CONSUMED

    def __repr__(self):
        shape, dtype = self.like
        return f"<{type(self).__name__} {self.operation.name} {self.name or ''}{shape} {dtype}>"


class Leaf(Node):
    """The node of a Tensor that the user made with ``requires_grad=True``.

    ``stamp`` is the moment of the last write to its data through the library: what was recorded
    before it is out of date. ``grad`` is what ``Tensor.grad`` shows. ``owner`` is a weak reference
    to the Tensor; ``learned`` says whether that is of a subclass, such as a network's Parameter.
    """

    __slots__ = ("grad", "learned", "owner", "stamp")

    last_write = 0  # of any leaf

    def __init__(self, like, owner, name=None, learned=False):
        super().__init__(LEAF, next_birth(), None, None, None, None, like)
        self.grad = None
        self.owner = owner
        self.learned = learned
        self.stamp = self.birth
        if name is not None:
            self.note = Note(name=name)

    def written(self):
        """The data has changed: graphs recorded before this moment are out of date."""
        self.stamp = Leaf.last_write = next_birth()


class LeafOperation:
    """Stands for the missing operation of a leaf, so that a reader needs no special case."""

    name = "leaf"
    symbol = ""
    kind = "leaf"
    formula = ""
    rules = ()
    wide = False


LEAF = LeafOperation()


class Constant:
    """A value on a tape that needs no gradient: a plain array, a number, or a detached Tensor."""

    __slots__ = ("value", "name")

    def __init__(self, value, name=None):
        self.value = value
        self.name = name


class Note:
    """What a node has beyond the walk's needs.

    name     : as given with ``name=``
    retained : after ``retain_grad()``; then ``grad`` is what ``Tensor.grad`` shows
    where    : "file.py:12: source text" of the user's line that recorded it (tape, anomaly mode),
               or, of a leaf, of the line that last wrote to it
    taped    : on a tape, with the fields below
    inputs   : for each input its Node or its Constant
    params   : {name: value} of the static arguments
    value    : the result; gradient : that of the latest walk through it
    scope    : the names given to ``scope``, outermost first
    """

    __slots__ = (
        "name", "retained", "grad", "where", "taped", "inputs", "params", "value", "gradient", "scope",
    )  # fmt: skip

    def __init__(self, name=None, where=None):
        self.name = name
        self.where = where
        self.retained = self.taped = False
        self.grad = self.value = self.gradient = None
        self.inputs = self.scope = ()
        self.params = {}


def note_of(node):
    """The node's note, made if it has none yet."""
    if node.note is None:
        node.note = Note()
    return node.note
