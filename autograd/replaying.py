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
        for watched in self.cells:
            if not interpreter.is_in_cell(watched[0], watched[2]):
                return False
        for watched in self.lengths:
            if len(watched[0]) != watched[2]:
                return False
        for watched in self.lists:
            row = watched[0]
            i = watched[1]
            if i >= len(row) or row[i] is not watched[2]:
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

    def run(self, given, values, more=None, places=None):
        """Run it: ``given`` are the arrays and Tensors among the function's arguments, ``values`` {number: value}.

        more : arguments that come after the others
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
        if more is not None:
            arguments += more
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


class Moved:
    """What is known of one call of a ``Step``'s ``move``: as it was when a program was made, it has to be.

    parameters, nodes : all that were given
    rows, likes : those of them that move, and their (shape, dtype)
    formula : called with them
    names : of the arrays that are remembered
    counts : {name: the number that it begins with}
    options : {name: float, for any number; or the value}
    kind : of NumPy's numbers, those of the likes' dtype
    """

    __slots__ = ("parameters", "nodes", "rows", "likes", "formula", "names", "counts", "options", "kind")

    def __init__(self, parameters, nodes, rows, likes, formula, names, counts, options, kind):
        self.parameters = parameters
        self.nodes = nodes
        self.rows = rows
        self.likes = likes
        self.formula = formula
        self.names = names
        self.counts = counts
        self.options = options
        self.kind = kind

    def read(self, move, arguments, counted, arrays):
        """Whether it is as known, and if so put into lists what the program needs and where its results go.

        counted : [(dict, name of a count, the count)] to write; arrays : those to write into
        """
        if move.formula is not self.formula or list(move.arrays or ()) != self.names:
            return False
        if (move.counts or {}) != self.counts or len(move.parameters) != len(self.parameters):
            return False
        for i in range(len(self.parameters)):
            tensor = self.parameters[i]
            if move.parameters[i] is not tensor or tensor._node is not self.nodes[i]:
                return False
        counts = None
        alone = not self.names and not self.counts
        state = move.state
        dicts = []
        for i in range(len(self.rows)):
            tensor = self.rows[i]
            like = self.likes[i]
            data = tensor._data
            if type(data) is ndarray:
                if not interpreter.fits(data, like):
                    return False
            elif type(data) is not self.kind or like[0]:
                return False
            arguments.append(data)
            if alone:
                continue
            value = state.get(tensor)
            if type(value) is not dict:
                return False
            remembered = value
            dicts.append(remembered)
            for name in self.names:
                value = remembered.get(name)
                if type(value) is not ndarray or not interpreter.fits(value, like):
                    return False
                if not interpreter.is_in_order(value):
                    return False
                arguments.append(value)
                arrays.append(value)
            its = {name: remembered.get(name, begin) for name, begin in self.counts.items()}
            if counts is not None and its != counts:
                return False
            counts = its
        if not self.rows:
            return True
        counts = counts or {}
        options = move.options(counts, False)
        if len(options) != len(self.options):
            return False
        for name, settled in self.options.items():
            value = options.get(name, ABSENT)
            if settled is float:
                if type(value) is not float:
                    return False
                arguments.append(self.kind(value))
            elif type(value) is float or value != settled:
                return False
        for remembered in dicts:
            for name, count in counts.items():
                counted.append((remembered, name, count))
        return True


class Moving:
    """A call whose program makes the optimizer's step too; ``plain`` is the one without it.

    moves : called with the optimizer, it gives the calls of ``move`` that make a step, or None
    """

    __slots__ = ("call", "plain", "optimizer", "moves", "known")

    def __init__(self, call, plain, optimizer, moves, known):
        self.call = call
        self.plain = plain
        self.optimizer = optimizer
        self.moves = moves
        self.known = known

    def run(self, given, values):
        read = self.read()
        if read is None:
            self.plain.run(given, values)
            self.optimizer.step()
        else:
            self.call.run(given, values, read[0], read[1])

    def read(self):
        """(arguments, (where counts and new arrays go, under which key, the counts)), or None: it is no such step."""
        if "step" in self.optimizer.__dict__:
            return None
        moves = self.moves(self.optimizer)
        if moves is None or len(moves) != len(self.known):
            return None
        arguments, counted, arrays = [], [], []
        for i in range(len(self.known)):
            known = self.known[i]
            if not known.read(moves[i], arguments, counted, arrays):
                return None
        holders = [one[0] for one in counted] + arrays
        keys = [one[1] for one in counted] + [...] * len(arrays)
        return arguments, (holders, keys, [one[2] for one in counted])
