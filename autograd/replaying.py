"""What a compiled function does around its program: see whether all is as it was, read, put results in their places.

Compiled where there is a compiler (see ``node.py``).
"""

from numpy import ndarray

from . import interpreter, placing
from .node import LAST_WRITE, Value, births
from .tensors import Tensor

DATA, ITSELF, GRADIENT, ARGUMENT, ARGUMENT_GRADIENT = range(5)
"""What is read of a thing: of a Tensor its array; the thing; of a leaf's node the gradient; the same of an argument."""

KINDS = {"tensor": DATA, "array": ITSELF, "grad": GRADIENT, "argument": ARGUMENT, "argument's grad": ARGUMENT_GRADIENT}


class Absent:
    """Stands for what is not there."""


ABSENT = Absent()


class Same:
    """Items of dicts and lists, and contents of closure cells, that were there when it was made.

    dicts, lists, cells : [(dict, key, item)], [(list, position, item)], [(cell, its name, contents)]
    lengths : [(list or dict, "length", how many items it had)]
    """

    __slots__ = ("dicts", "lists", "cells", "lengths")

    def __init__(self, dicts, lists, cells, lengths):
        self.dicts = dicts
        self.lists = lists
        self.cells = cells
        self.lengths = lengths

    def holds(self):
        """Whether the very same things are there still."""
        for watched in self.dicts:
            items = watched[0]
            if items.get(watched[1], ABSENT) is not watched[2]:
                return False
        for watched in self.lengths:
            if len(watched[0]) != watched[2]:
                return False
        for watched in self.lists:
            row = watched[0]
            i = watched[1]
            if i >= len(row) or row[i] is not watched[2]:
                return False
        for watched in self.cells:
            try:
                if watched[0].cell_contents is not watched[2]:
                    return False
            except ValueError:  # it is empty
                return False
        return True


class Ready:
    """Calls that run one after the other, and what has to be as it was for them to be right.

    calls : [Call]; steps : what is called after each, or None
    template : what is returned, with numbers in place of values
    guards : has ``same``, a Same, and ``changed()``, which compares numbers by value
    states : ([(Tensor, its node, (shape, dtype))], [(node, has it no gradient)], [(position of an argument, the same)])
    """

    __slots__ = ("calls", "steps", "template", "guards", "same", "tensors", "nodes", "likes", "gradients", "positions")

    def __init__(self, calls, steps, template, guards, states):
        self.calls = calls
        self.steps = steps
        self.template = template
        self.guards = guards
        self.same = guards.same
        self.tensors = [tensor for tensor, _, _ in states[0]]
        self.nodes = [node for _, node, _ in states[0]]
        self.likes = [like for _, _, like in states[0]]
        self.gradients = states[1]
        self.positions = states[2]

    def holds(self, given):
        """Whether it can run with these arguments, and with all else as it is."""
        for i in range(len(self.tensors)):
            tensor = self.tensors[i]
            node = tensor._node
            if node is not self.nodes[i]:
                return False
            like = self.likes[i]
            if node is not None:
                if node.like is not like and node.like != like:
                    return False
                continue
            data = tensor._data
            if type(data) is ndarray:
                if not interpreter.fits(data, like):
                    return False
            elif data.dtype is not like[1] or data.shape != like[0]:
                return False
        for state in self.gradients:
            leaf = state[0]
            if (leaf.grad is None) is not state[1]:
                return False
        for state in self.positions:
            tensor = given[state[0]]
            leaf = tensor._node
            if (leaf.grad is None) is not state[1]:
                return False
        return self.same.holds() or self.guards.changed() is None

    def run(self, given):
        """Run them: what the function returns; ``given`` are the arrays and Tensors among its arguments."""
        values = {}
        for i in range(len(self.calls)):
            call = self.calls[i]
            call.run(given, values)
            step = self.steps[i]
            if step is not None:
                step()
        return built(self.template, values, given)


def built(template, values, given):
    """What is returned, from a template and {number: value}."""
    kind = template[0]
    if kind == "tensor":
        tensor = interpreter.new_tensor(Tensor)
        tensor._data = values[template[1]]
        tensor._name = template[2]
        return tensor
    if kind == "array":
        return values[template[1]]
    if kind == "argument":
        return given[template[1]]
    if kind == "object" or kind == "static":
        return template[1]
    if kind is dict:
        return {key: built(one, values, given) for key, one in template[1].items()}
    parts = [built(one, values, given) for one in template[1]]
    return kind(*parts) if hasattr(kind, "_fields") else kind(parts)


NO_PLACES = [], [], []


class Call:
    """A program, and where its arguments come from and its outputs go.

    program : called with the list of the arguments, it gives the outputs
    kinds, things : of each argument what is read, of what: of a thing, or of the argument of the function at a position
    carried : numbers of the arguments after these, which earlier parts of a call have computed
    results : numbers of the first outputs
    leaves, gradients : the nodes of leaves that get gradients, or positions of arguments; which output it is, or -1 for
        None
    direct : whether there are none of these positions
    tensors : the Tensors that get the last outputs, or positions of arguments
    """

    __slots__ = ("program", "kinds", "things", "carried", "results", "leaves", "gradients", "tensors", "direct", "last")

    def __init__(self, program, kinds, things, carried, results, leaves, gradients, tensors):
        self.program = program
        self.kinds = bytes(kinds)
        self.things = things
        self.carried = carried
        self.results = results
        self.leaves = leaves
        self.gradients = gradients
        self.tensors = tensors
        self.direct = int not in [type(one) for one in leaves + tensors]
        self.last = len(results) + len([one for one in gradients if one >= 0])  # where the outputs for tensors begin

    def run(self, given, values, places=None):
        """Run it: ``given`` are the arrays and Tensors among the function's arguments, ``values`` {number: value}.

        places : ([dict or array], [key], [items of the first ones]): what else is written with the outputs. The items
            of the others are the outputs that come after those for tensors
        """
        arguments = []
        for i in range(len(self.things)):
            kind = self.kinds[i]
            thing = self.things[i]
            if kind >= ARGUMENT:
                thing = given[thing]
            if kind == DATA or (kind == ARGUMENT and isinstance(thing, Value)):
                tensor = thing
                arguments.append(tensor._data)
            elif kind == GRADIENT:
                leaf = thing
                arguments.append(leaf.grad)
            elif kind == ARGUMENT_GRADIENT:
                tensor = thing
                leaf = tensor._node
                arguments.append(leaf.grad)
            else:
                arguments.append(thing)
        for number in self.carried:
            arguments.append(values[number])
        found = list(self.program(arguments))
        arguments = thing = None
        for i in range(len(self.results)):
            values[self.results[i]] = found[i]
        leaves, tensors = self.leaves, self.tensors
        if not self.direct:
            leaves = [given[one]._node if type(one) is int else one for one in leaves]
            tensors = [given[one] if type(one) is int else one for one in tensors]
        gradients = []
        for i in range(len(self.gradients)):
            at = self.gradients[i]
            gradients.append(found[at] if at >= 0 else None)
        if tensors:
            stamp = next(births)
            for tensor in tensors:
                leaf = tensor._node
                if leaf is not None:
                    leaf.stamp = stamp
                    LAST_WRITE.moment = stamp
        holders, keys, items = places if places is not None else NO_PLACES
        placing.put_all(leaves, gradients, tensors, found[self.last :], holders, keys, items)
