"""The plain data of which pictures are made: boxes, the edges between them, and both together as a Graph."""

import numpy as np

from ..engine import unbroadcast
from ..explaining.formula.numerals import raised
from ..explaining.stated import stated
from .kept import kept_arrays, memory_of

ROLES = ("leaf", "parameter", "constant", "detached", "operation", "output", "gone", "module", "skipped")


class Box:
    """One value and how it came about.

    key       : "n0", "n1", … in the order of recording
    role      : one of ``ROLES``. "detached" is a value cut off from its history, with one edge from the box
                that it was cut off; "module" and "skipped" stand for several boxes
    name      : what the user calls it (``naming``), or None
    mark      : tells values of one name apart: 2 is the second of that name; else None
    result_of : the name of the module whose last value it is, or None
    operation : the declaration that made the value, or None
    value, gradient : arrays or NumPy scalars; None where not known
    like      : (shape, dtype), or None where not known
    scope     : names of the modules it stands in, outermost first
    frame     : the same as (name, run) pairs: a module that runs twice has two frames
    params    : {name: value} of the static arguments that differ from their defaults
    where     : "file.py:12: source text" of the line that recorded it, or None
    remark    : what the reader must know of it beyond that, or None
    node      : the recorded Node, or None of a constant
    folded    : what a "module" or "skipped" stands for, see ``folding``; else None
    """

    __slots__ = (
        "folded", "frame", "gradient", "key", "like", "mark", "name", "node", "operation", "params", "remark",
        "result_of", "role", "scope", "value", "where",
    )  # fmt: skip

    def __init__(self, role, name=None, operation=None, value=None, gradient=None, like=None, remark=None):
        self.key = None
        self.role = role
        self.name = None if name is None else str(name)
        self.operation = operation
        self.value = value
        self.gradient = gradient
        self.like = like
        self.scope = self.frame = ()
        self.params = {}
        self.where = None
        self.remark = remark
        self.node = self.folded = self.mark = self.result_of = None

    @property
    def called(self):
        """The name with its mark, "x⁽²⁾", or None."""
        return self.name if self.mark is None else f"{self.name}⁽{raised(self.mark)}⁾"

    def stated(self, latex, names=None):
        """A formula of the operation with the numbers of this node, and with other names for its inputs."""
        return latex if self.node is None else stated(latex, self.node, names or {})

    @property
    def kept(self):
        """{name: array} of what the operation's rules keep until backward: inputs, the result "y", auxiliaries."""
        return {} if self.operation is None else dict(kept_arrays(self.node))

    @property
    def memory(self):
        """{identity of a block of memory: bytes} that only the graph holds for this box, until backward.

        The values of leaves and constants live on without it.
        """
        if self.folded is not None:
            return self.folded.memory
        return {} if self.operation is None else memory_of(self.node)

    @property
    def bytes(self):
        """How much of memory that is: what a walk that uses the graph up lets go of here."""
        return sum(self.memory.values())

    def __repr__(self):
        made = f" {self.operation.name}" if self.operation is not None else ""
        return f"<Box {self.key} {self.role}{made} {self.name or ''}>"


class Edge:
    """The value of ``tail`` goes into ``head`` as its argument ``argument``.

    position : the place of that argument among the operation's inputs, or None
    carries  : whether a gradient comes back this way
    like     : (shape, dtype) of what goes forward, or None where not known
    parts    : the edges of the whole graph that a folded one stands for: itself, where it is none
    """

    __slots__ = ("argument", "carries", "head", "like", "parts", "position", "tail")

    def __init__(self, tail, head, argument, position=None, carries=False):
        self.tail = tail
        self.head = head
        self.argument = argument
        self.position = position
        self.carries = carries
        self.like = tail.like
        self.parts = [self]

    @property
    def changes_shape(self):
        return None not in (self.like, self.head.like) and self.like[0] != self.head.like[0]

    @property
    def rule(self):
        """The rule by which the gradient comes back, or None."""
        op = self.head.operation
        if not self.carries or op is None:
            return None
        return op.rules[0 if op.variadic else self.position]

    @property
    def local(self):
        """The derivative of ``head`` by ``tail`` as a formula, with the numbers of this node, or None."""
        return None if self.rule is None else self.head.stated(self.rule.local)

    def contribution(self):
        """What this use of ``tail`` adds to its gradient, or None where it cannot be known any more."""
        total = None
        for edge in self.parts:
            one = edge._pulled()
            if one is None or edge.tail is not self.parts[0].tail:
                return None
            total = one if total is None else total + one
        return total

    def _pulled(self):
        node, rule = self.head.node, self.rule
        if rule is None or node is None or node.consumed or self.head.gradient is None:
            return None
        with np.errstate(all="ignore"):
            g = rule.pull(self.head.gradient, node.saved[self.position])
            return unbroadcast(g, node.parents[self.position], node)

    def __repr__(self):
        return f"<Edge {self.tail.key} -> {self.head.key} {self.argument}>"


class Graph:
    """``boxes`` and ``edges``, both in the order of recording; ``into[box]`` are a box's edges.

    kinds : {scope: what it is}, such as {("Net", "conv1"): "Conv2d"}
    notes : sentences that the picture must say, as that something was left out
    """

    def __init__(self, kinds=()):
        self.boxes = []
        self.edges = []
        self.into = {}
        self.kinds = dict(kinds)
        self.notes = []

    def add(self, box):
        if box.key is None:
            box.key = f"n{len(self.boxes)}"
        self.boxes.append(box)
        self.into[box] = []
        return box

    def connect(self, tail, head, argument, position=None, carries=False):
        return self.join(Edge(tail, head, argument, position, carries))

    def join(self, edge):
        self.edges.append(edge)
        self.into[edge.head].append(edge)
        return edge

    def __repr__(self):
        return f"<Graph of {len(self.boxes)} boxes, {len(self.edges)} edges>"
