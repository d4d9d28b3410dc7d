"""What the nodes of a tape are called: by their user, their module, or the line that recorded them."""

import re

from ..modes import shown_line, users_variables
from ..node import Constant, Leaf
from ..tensor import Tensor


class Names:
    """The names of a taped graph's nodes.

    ``names[node]`` is a short name: as given with ``name=``, else the variable that the recorded line
    assigns it to, else a variable of the function that asks (``variables``), else the operation.
    ``label(node)`` says in a sentence where a node stands: "the subtract in E_o1".
    ``place(node)`` is the line that recorded it, "demo.py:12: out = ag.sigmoid(net)".
    """

    def __init__(self, order, variables=()):
        self.order = order
        self.of = {}
        self.proper = set()  # nodes with a name of their own
        self.inside = {}  # an unnamed node of a line: the named last one of that line
        line = []
        results = [node for node in order if type(node) is not Leaf and type(node.note.inputs[0]) is not Leaf]
        for node in order:
            self.of.setdefault(node, _own_name(node) or ("a leaf" if type(node) is Leaf else node.operation.name))
            if _own_name(node):
                self.proper.add(node)
        for node, after in zip(results, [*results[1:], None], strict=True):
            where = _where(node)
            line.append(node)
            if after is not None and where is not None and _where(after) == where and not _own_name(node):
                continue
            self._name_line(line, where)
            line = []
        for node, name in dict(variables).items():
            if node in self.of and node not in self.proper:
                self[node] = name
        scopes = {node.note.scope for node in results if node.note.scope}
        # a model as a whole is one outer scope, which says nothing
        self.outer = int(len({scope[0] for scope in scopes}) == 1 and any(len(scope) > 1 for scope in scopes))

    def __getitem__(self, node):
        return self.of[node]

    def __setitem__(self, node, name):
        self.of[node] = name
        self.proper.add(node)

    def _name_line(self, nodes, where):
        """Name what one line recorded: its last node is what it assigned."""
        last = nodes[-1]
        if last not in self.proper and assigned_variable(where) and not last.note.scope:
            self[last] = assigned_variable(where)
        if last in self.proper:
            self.inside.update({node: last for node in nodes if node is not last})

    def scope(self, node):
        """The module that recorded a node, "features.conv1", or ""."""
        return ".".join(node.note.scope[self.outer :]) if node.note is not None else ""

    def label(self, node):
        """Where a node stands, for the middle of a sentence."""
        operation = node.operation.name
        if type(node) is Leaf:
            return self.of[node]
        if operation == "alias":
            return self.of[node] if node in self.proper else "a leaf"
        scope = self.scope(node)
        if scope:
            return scope if operation in ("conv2d", "linear", "batch_norm") else f"the {operation} of {scope}"
        if node in self.proper:
            name = self.of[node]
            return name if name == operation else f"{name} ({operation})"
        if node in self.inside:
            return f"the {operation} in {self.of[self.inside[node]]}"
        return f"the {operation}"

    def place(self, node):
        """The line that recorded a node, with the file's name alone; "" where it is not known."""
        return shown_line(_where(node) or "")


def _where(node):
    return node.note.where if node.note is not None else None


def _own_name(node):
    if node.note is not None and node.note.name:
        return node.note.name
    if type(node) is Leaf:
        owner = node.owner()
        return owner.name if owner is not None and owner.name else None
    return None


def assigned_variable(where):
    """ "net" for a recorded line "net = w * x"; None where the line assigns no single name."""
    if not where:
        return None
    text = re.sub(r"^.*?\.py:\d+: |^<[^>]*>:\d+: ", "", where)
    match = re.match(r"([A-Za-z_]\w*)\s*=(?!=)", text)
    return match.group(1) if match and ";" not in text else None


def variables_of_caller():
    """{node: variable name} of the Tensors without a name among the variables of the calling function."""
    found = {}
    for name, value in users_variables():
        if isinstance(value, Tensor) and value.node is not None and not value.name and not name.startswith("_"):
            found[value.node] = name
    return found


def arrays_by_name(names):
    """{name: array} of every named value on the tape, with . written as _."""
    arrays = {}
    for node in names.order:
        note = node.note
        if note is None or not note.taped:
            continue
        if node in names.proper:
            arrays[names[node].replace(".", "_")] = note.value
        for parent in note.inputs:
            if isinstance(parent, Constant) and parent.name:
                arrays[parent.name.replace(".", "_")] = parent.value
            elif type(parent) is Leaf and parent in names.proper:
                arrays[names[parent].replace(".", "_")] = note.value
    return arrays
