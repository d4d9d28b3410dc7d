"""What the values of a recorded graph are called in a derivation.

In this order: the name that the user gave; the variable that the recorded line assigns, if no other line assigns
one of that name; a variable of the function that asks; the module that ends there. Values of one name are told
apart as x⁽¹⁾, x⁽²⁾, … A value without any name gets a temporary one (u1, u2, …) when it must be spoken of.
"""

from collections import Counter
from itertools import count, pairwise

import numpy as np

from ..node import Constant, Leaf
from ..taped.graph import is_leafs_alias, value_of
from ..taped.naming import assigned_variable, by_line, outer_scopes, own_name, results
from .formula import Symbol


class Names:
    """``names.symbol(one)`` is the Symbol of a node or constant; ``one in names``: it has a name of its own.

    order : the nodes of the graph, oldest first
    variables : {node: name} of the variables where ``explain`` was called
    arrays : [(name, array)] of that function's arrays and constant Tensors
    """

    def __init__(self, order, variables=(), arrays=()):
        self._names = {}
        self._symbols = {}
        self._arrays = list(arrays)
        self.temporary = []  # the nodes that got a temporary name, in that order
        lines = _names_of_lines(order)
        often = Counter(lines.values())
        variables = dict(variables)
        for node in order:
            own = own_name(node)
            line = lines.get(node)
            variable = variables.get(node) or (variables.get(node.note.inputs[0]) if is_leafs_alias(node) else None)
            name = own or (line if often[line] == 1 else None) or variable or line
            if name:
                self._names[node] = str(name)
            for one in () if type(node) is Leaf else node.note.inputs:
                if isinstance(one, Constant):
                    name = one.name or self.name_of_array(one.value, one.given)
                    if name:
                        self._names[one] = str(name)
        for node, module in _names_of_modules(order).items():
            self._names.setdefault(node, module)
        self._number()
        self._taken = set(self._names.values())
        self._temporary = (f"u{n}" for n in count(1))

    def name_of_array(self, value, given):
        """The variable that holds an unnamed constant array, if exactly one does."""
        if not isinstance(value, np.ndarray) or not value.ndim:
            return None
        same = {name for name, array in self._arrays if array is given}
        if not same:
            same = {name for name, array in self._arrays if array.shape == value.shape and np.array_equal(array, value)}
        return same.pop() if len(same) == 1 else None

    def _number(self):
        """Marks for the values of one name, in the order of recording."""
        often = Counter(self._names.values())
        seen = Counter()
        self._marks = {}
        for one, name in self._names.items():
            if often[name] > 1:
                seen[name] += 1
                self._marks[one] = seen[name]

    def __contains__(self, one):
        return one in self._names

    def give(self, one, name):
        """Name what has no name: ``name`` itself if it is free, else with primes."""
        while name in self._taken:
            name += "′"
        self._names[one] = name
        self._taken.add(name)
        return name

    def symbol(self, one):
        known = self._symbols.get(one)
        if known is None:
            if one not in self._names:
                self.give(one, next(name for name in self._temporary if name not in self._taken))
                self.temporary.append(one)
            known = self._symbols[one] = Symbol(self._names[one], value_of(one), self._marks.get(one))
        return known


def _names_of_lines(order):
    """{the last node that a line recorded: the variable that the line assigns}."""
    outer, found = outer_scopes(order), {}
    for *_, last in by_line(results(order)):
        where = last.note.where
        name = assigned_variable(where)
        if name and name != "_" and _is_whole(where) and not last.note.scope[outer:]:
            found[last] = name
    return found


def _is_whole(line):
    """Whether a source line is a statement by itself that assigns one value: no part of one, and no list."""
    _, _, value = line.partition("=")
    closed = all(line.count(a) == line.count(b) for a, b in ("()", "[]", "{}"))
    return closed and not value.strip().startswith(("[", "{"))


def _names_of_modules(order):
    """{the last node that a module recorded in one go: the module's dotted name}."""
    made, outer, found = results(order), outer_scopes(order), {}
    for node, after in pairwise([*made, None]):
        scope = node.note.scope[outer:]
        if scope and (after is None or after.note.scope[outer:][: len(scope)] != scope):
            found[node] = ".".join(scope)
    return found
