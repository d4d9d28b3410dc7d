"""What tapes, names, hooks and ``retain_grad`` add to the recorded graph: most nodes have none of it."""


class Constant:
    """A value on a tape that needs no gradient: of a plain array, a number, or a detached Tensor.

    value : as it was recorded
    given : the very object that the user gave; it may have been written to since
    """

    __slots__ = ("value", "name", "given")

    def __init__(self, value, name=None, given=None):
        self.value = value
        self.name = name
        self.given = value if given is None else given


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
    hooks    : {key: function} of what is called with the gradient, and may change it; or None
    """

    __slots__ = (
        "name", "retained", "grad", "where", "taped", "inputs", "params", "value", "gradient", "scope", "hooks",
        "__weakref__",
    )  # fmt: skip

    def __init__(self, name=None, where=None):
        self.name = name
        self.where = where
        self.retained = self.taped = False
        self.grad = self.value = self.gradient = self.hooks = None
        self.inputs = self.scope = ()
        self.params = {}


def note_of(node):
    """The node's note, made if it has none yet."""
    if node.note is None:
        node.note = Note()
    return node.note
