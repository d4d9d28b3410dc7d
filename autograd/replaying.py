"""What a compiled function does around its program: see whether all is as it was, read, and put results in their places.

Compiled where there is a compiler (see ``node.py``).
"""

from . import interpreter
from .node import LAST_WRITE, births

DATA, ITSELF, GRADIENT, ARGUMENT, ARGUMENT_GRADIENT = range(5)
"""What is read of a thing: of a Tensor its array; the thing; of a leaf's node the gradient; the same of an argument."""

KINDS = {"tensor": DATA, "array": ITSELF, "grad": GRADIENT, "argument": ARGUMENT, "argument's grad": ARGUMENT_GRADIENT}


class Absent:
    """Stands for what is not there."""


ABSENT = Absent()


def tensors_hold(tensors, nodes, likes):
    """Whether the Tensors have these nodes, and their values these (shape, dtype)."""
    for i in range(len(tensors)):
        tensor = tensors[i]
        node = tensor._node
        if node is not nodes[i]:
            return False
        like = likes[i]
        if node is not None:
            if node.like is not like and node.like != like:
                return False
        elif tensor._data.dtype is not like[1] or tensor._data.shape != like[0]:
            return False
    return True


def items_hold(dicts, keys, expected):
    """Whether the dicts have the same things under the keys."""
    for i in range(len(dicts)):
        of = dicts[i]
        if of.get(keys[i], ABSENT) is not expected[i]:
            return False
    return True


def cells_hold(cells, expected):
    """Whether the closure cells hold the same things; they hold something."""
    for i in range(len(cells)):
        if cells[i].cell_contents is not expected[i]:
            return False
    return True


class Call:
    """A program, and where its arguments come from and its outputs go.

    program : called with the list of the arguments, it gives the outputs
    kinds, things : of each argument what is read, of what: of a thing, or of the argument of the function at a position
    carried : numbers of the arguments after these, which earlier parts of a call have computed
    results : numbers of the first outputs
    leaves, gradients : the nodes of leaves that get gradients, or positions of arguments; which output it is, or -1 for
        None
    tensors : the Tensors that get the last outputs, or positions of arguments
    """

    __slots__ = ("program", "kinds", "things", "carried", "results", "leaves", "gradients", "tensors", "last")

    def __init__(self, program, kinds, things, carried, results, leaves, gradients, tensors):
        self.program = program
        self.kinds = kinds
        self.things = things
        self.carried = carried
        self.results = results
        self.leaves = leaves
        self.gradients = gradients
        self.tensors = tensors
        self.last = len(results) + len([one for one in gradients if one >= 0])  # where the outputs for tensors begin

    def run(self, given, values):
        """Run it: ``given`` are the arrays and Tensors among the function's arguments, ``values`` {number: value}."""
        arguments = []
        for i in range(len(self.kinds)):
            kind, thing = self.kinds[i], self.things[i]
            if kind == DATA:
                arguments.append(thing._data)
            elif kind == ITSELF:
                arguments.append(thing)
            elif kind == GRADIENT:
                arguments.append(thing.grad)
            elif kind == ARGUMENT:
                thing = given[thing]
                arguments.append(thing._data if hasattr(thing, "_data") else thing)
            else:
                arguments.append(given[thing]._node.grad)
        for number in self.carried:
            arguments.append(values[number])
        found = list(self.program(arguments))
        arguments = None
        for i in range(len(self.results)):
            values[self.results[i]] = found[i]
        leaves = [given[one]._node if type(one) is int else one for one in self.leaves]
        gradients = [None if one < 0 else found[one] for one in self.gradients]
        tensors = [given[one] if type(one) is int else one for one in self.tensors]
        if tensors:
            stamp = next(births)
            for tensor in tensors:
                node = tensor._node
                if node is not None:
                    node.stamp = stamp
                    LAST_WRITE.moment = stamp
        interpreter.put_all(leaves, gradients, tensors, found[self.last :])
