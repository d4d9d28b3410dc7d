"""What the nodes of a walked graph are called in a report: by their user, their module, or the line of the program."""

from ..modes import shown_line
from ..node import Leaf
from ..notes import Constant
from ..taped.graph import is_leafs_alias
from ..taped.naming import by_line, names_of, outer_scopes, results

MAIN = {"weight", "bias"}
"""The arguments of an operation that a module is named after: what stands in it is the module itself."""


class Names:
    """The names of a WalkedGraph's nodes, for tables and for the middle of sentences.

    ``name(node)`` is short: what the user calls it (``taped.naming``), else the operation.
    ``label(node)`` says where a node stands: "the subtract in E_o1".
    ``place(node)`` is the line that recorded it, "demo.py:12: out = ag.sigmoid(net)".
    """

    def __init__(self, graph, variables=()):
        self._graph = graph
        self._of = {}  # by recorded node, as all that is kept here
        self._proper = set()  # nodes with a name of their own
        self._inside = {}  # an unnamed node of a line: the named last one of that line
        order = graph.recorded.order
        names = names_of(order, variables)
        for node in order:
            self._of[node] = "a leaf" if type(node) is Leaf else node.operation.name
            if node in names:
                self._give(node, names[node])
        for several in by_line(results(order)):
            self._name_line(several)
        self._outer = outer_scopes(order)

    def _name_line(self, nodes):
        """Say of what has no name on one line of the program in which value it is."""
        named = None
        for node in reversed(nodes):
            if node in self._proper:
                named = node
            elif named is not None:
                self._inside[node] = named

    def _give(self, node, name):
        self._of[node] = name
        self._proper.add(node)

    def give(self, node, name):
        """Call a node so from now on."""
        self._give(self._graph.original[node], name)

    def arrays(self):
        """{name: array} of every named value of the recorded graph, with . written as _."""
        arrays = {}
        for node in self._graph.recorded.order:
            if type(node) is Leaf:
                continue
            here = [(self._of[node] if node in self._proper else None, node.note.value)]
            for one in node.note.inputs:
                if isinstance(one, Constant):
                    here.append((one.name, one.value))
                elif type(one) is Leaf and one in self._proper:
                    here.append((self._of[one], node.note.value))
            arrays.update({name.replace(".", "_"): value for name, value in here if name})
        return arrays

    # -- in a table ----------------------------------------------------------------------------

    def has_name(self, node):
        """Whether a node is called something of its own, and not after its operation."""
        return self._graph.original[node] in self._proper

    @property
    def output(self):
        """What the output is called in ∂output/∂…."""
        node = self._graph.output
        return self.name(node) if self.has_name(node) else "y"

    def recorded(self, node):
        """The recorded node that users know: for a leaf's alias the leaf."""
        return self._graph.original[node.note.inputs[0] if is_leafs_alias(node) else node]

    def name(self, node):
        """The short name of a node; of a leaf's alias that of the leaf."""
        return self._of[self.recorded(node)]

    # -- in a sentence -------------------------------------------------------------------------

    def scope(self, node):
        """The module that recorded a node, "features.conv1", or ""."""
        note = self._graph.original[node].note
        return ".".join(note.scope[self._outer :]) if note is not None else ""

    def operation(self, node):
        """The operation that a node was made by, as the user called it."""
        return self._graph.original[node].operation

    def label(self, node):
        """Where a node stands."""
        if type(node) is Leaf or is_leafs_alias(node):
            return self.name(node)
        operation = self.operation(node)
        if not self.scope(node) and self.has_name(node):
            name = self.name(node)
            return f"{name} ({operation.name})" if len({name, operation.name}) > 1 else name
        return self.part(node, operation)

    def part(self, node, operation):
        """Where an operation stands that is part of what a node does, or all of it."""
        old, scope = self._graph.original[node], self.scope(node)
        if scope:
            return scope if operation.arguments.keys() >= MAIN else f"the {operation.name} of {scope}"
        named = old if old in self._proper else self._inside.get(old)
        return f"the {operation.name}" if named is None else f"the {operation.name} in {self._of[named]}"

    def place(self, node):
        """The line that recorded a node, with the file's name alone; "" where it is not known."""
        note = self._graph.original[node].note
        return shown_line((note.where if note is not None else None) or "")

    def owner(self, node):
        """ "conv1's", "the conv2d's": whose kernel it is."""
        scope = self.scope(node)
        if scope:
            return f"{scope}'s"
        return f"{self.name(node)}'s" if self.has_name(node) else f"the {self.operation(node).name}'s"

    def called(self, node, i):
        """What input i of a node is called."""
        source = node.note.inputs[i]
        if isinstance(source, Constant):
            return source.name or "a constant"
        traits = source.operation.traits if type(source) is not Leaf else ()
        proper = source.note.inputs[0] if "alias" in traits else source
        if self.has_name(proper):
            return self.name(proper)
        if "transposes" in traits:
            return f"{self.called(source, 0)}ᵀ"
        inputs = node.operation.inputs
        return inputs[i] if not node.operation.variadic else f"input {i}"

    def above(self, node):
        """The nearest name at or above a node, on the way to the output."""
        start = node
        while not self.has_name(node):
            if self.scope(node):
                return self.scope(node)
            if not self._graph.uses[node]:
                return self.label(start)
            node = self._graph.uses[node][0][0]
        return self.name(node)
