"""The recorded graph: what one operation leaves behind for the walk backward.

A ``Node`` says which operation made a value, from which other nodes, and holds the arrays that
the operation's rules asked to keep. A ``Leaf`` is where the graph ends: a value that the user
made, with the place where its gradient lands. Nodes know nothing of Tensors, so that a graph
holds no reference cycle: dropping the last Tensor frees it at once.

This file, ``recording.py`` and ``walking.py`` are compiled by Cython where there is a compiler, as they stand: the
``.pxd`` file beside each says which of its names are C's. Elsewhere Python runs them.
"""

from itertools import count

import numpy as np

from . import interpreter
from .notes import Note, note_of

births = count(1)
"""Every node and every write to a leaf takes a number from this one counter."""

SCALARS = {kind: ((), np.dtype(kind)) for kind in (np.float64, np.float32, np.float16)}
"""The ``like`` of every NumPy scalar: one shared object for each dtype, so that comparing it is one ``is``."""


FLOATS = "efd"
"""``dtype.char`` of float16, float32 and float64: the values that have gradients."""

NOTHING, SEVERAL = -1000, -1001
"""In place of the place of what a rule asked to keep (``Recordable.saves``)."""


class Consumed:
    """Stands in ``Node.saved_a`` once a walk has used the node up."""

    def __repr__(self):
        return "<consumed>"


CONSUMED = Consumed()


class Recordable:
    """What recording and the walk need to know of an operation; ``declaration.Operation`` adds the rest.

    name     : as errors show it
    forward  : arrays in, array out
    names, defaults : of its parameters, and those of them that have a default
    inputs   : the names of the differentiable ones
    input_at : for each parameter the position among the inputs, -1 for a static argument
    pulls    : for each input ``pull(g, saved)``, its gradient, or None where it is g itself
    saves    : for each input the places of what its rule asked to keep: of parameter i it is i, then come the result
               and the auxiliaries; the shape of input i has the place -1 - i
    auxiliaries : the names of what ``forward`` returns beside the result
    place_a, place_b : of the first two inputs the place, NOTHING, or SEVERAL
    has_auxiliaries, second_is_input : whether there are any; whether parameter 1 is input 1
    reference, together, variadic : as declared
    many_inputs : its nodes hold a tuple of parents: the inputs are not its first one or two parameters, or it is
        variadic, or has a reference
    broadcasts : whether it works entry by entry on several inputs, which may broadcast each other by accident
    keeps    : whether arguments may be kept: rules ask for one, or it has auxiliaries or a reference
    trusted  : its rules give arrays that nobody else holds, or views of what they were given
    words    : {PyTorch's keyword: the parameter that it is}
    in_torch_words : what is called where the arguments are PyTorch's and mean something else; mostly None
    """

    __slots__ = (
        "name", "forward", "names", "defaults", "inputs", "input_at", "pulls", "saves", "place_a", "place_b",
        "auxiliaries", "has_auxiliaries", "second_is_input", "reference", "together", "variadic", "many_inputs",
        "trusted", "keeps", "broadcasts", "words", "in_torch_words",
    )  # fmt: skip


class Node:
    """One recorded operation.

    operation : the declaration that made the value
    birth     : its number; a node is younger than everything it was made from
    a, b      : the parents, ``None`` where a parent needs no gradient
    saved_a, saved_b : what the rule of each parent asked to keep (``None``, one value, or a tuple)
    many      : of an operation of many inputs the parents, a tuple; ``saved_a`` is then the tuple of what is saved for
                each, and ``saved_b`` what its ``reference`` is called with, if it has one
    like      : (shape, dtype) of the value, and so of its gradient
    note      : a ``Note`` on a tape, of a named value, or after ``retain_grad``; else ``None``
    walk, total, own : while a walk holds the node its number, what it has summed so far, and whose memory that is
    """

    __slots__ = (
        "operation", "birth", "a", "b", "many", "saved_a", "saved_b", "like", "note", "walk", "total", "own",
    )  # fmt: skip

    def __init__(self, operation, birth, like):
        self.operation = operation
        self.birth = birth
        self.like = like
        self.a = self.b = self.many = self.saved_a = self.saved_b = self.note = self.total = None
        self.walk = self.own = 0

    @property
    def parents(self):
        """The parents in the order of the inputs, ``None`` for each that needs no gradient."""
        if self.operation.many_inputs:
            return self.many or ()
        return (self.a, self.b)[: len(self.operation.pulls)]

    @property
    def saved(self):
        """What is saved for each parent, in the order of ``parents``."""
        if self.operation.many_inputs:
            return self.saved_a
        return (self.saved_a, self.saved_b)[: len(self.operation.pulls)]

    @property
    def consumed(self):
        return self.saved_a is CONSUMED

    @property
    def name(self):
        return None if self.note is None else self.note.name

    def consume(self):
        """Let go of the parents and of everything saved."""
        self.saved_a = CONSUMED  # first: whoever has read the parents and then finds this knows that they are stale
        if self.a is not None:
            self.a = None
        if self.b is not None:
            self.b = None
        if self.many is not None:
            self.many = None
        if self.saved_b is not None:
            self.saved_b = None

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

    def __init__(self, like, owner, name=None, learned=False):
        super().__init__(LEAF, next(births), like)
        self.grad = None
        self.owner = owner
        self.learned = learned
        self.stamp = self.birth
        if name is not None:
            self.note = Note(name=name)
        interpreter.untrack(self)

    def written(self, moment=0):
        """The data has changed: graphs recorded before this moment (by default: now) are out of date."""
        self.stamp = LAST_WRITE.moment = moment or next(births)


class LastWrite:
    """The moment of the last write to any leaf."""

    __slots__ = ("moment",)


LAST_WRITE = LastWrite()
LAST_WRITE.moment = 0


class LeafOperation(Recordable):
    """Stands for the missing operation of a leaf, so that a reader needs no special case."""

    symbol = formula = ""
    kind = "leaf"
    rules = ()


LEAF = LeafOperation()
LEAF.name = "leaf"
LEAF.pulls = LEAF.inputs = ()
LEAF.many_inputs = LEAF.variadic = False
LEAF.reference = LEAF.together = None


class Value:
    """The fields of a Tensor: its array, its name, the node that made it, and who was given the array (``values``)."""

    __slots__ = ("_data", "_name", "_node", "_shown", "__weakref__")


def hooks_of(node):
    """The functions that are called with the gradient of the node's value; they may lead back to the node."""
    note = note_of(node)
    if note.hooks is None:
        note.hooks = {}
        if not interpreter.is_tracked(node):
            interpreter.track(node)
    return note.hooks


def like_of(data):
    """(shape, dtype) of an array or NumPy scalar."""
    return SCALARS.get(type(data)) or (data.shape, data.dtype)
