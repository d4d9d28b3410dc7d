"""What the values of a recorded graph are called in a derivation.

As everywhere: by the name that the user gave, the variable that the recorded line assigns, a variable of the function
that asks (``taped.naming``); else by the module that ends there. Values of one name are told apart as x⁽¹⁾, x⁽²⁾, …
A value without any name gets a temporary one (u1, u2, …) when it must be spoken of.
"""

from itertools import count

from ..node import Leaf
from ..notes import Constant
from ..taped.graph import value_of
from ..taped.naming import name_of_constant, names_of, names_of_modules, numbered
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
        names = names_of(order, variables)
        for node in order:
            if node in names:
                self._names[node] = names[node]
            for one in () if type(node) is Leaf else node.note.inputs:
                name = name_of_constant(one, arrays) if isinstance(one, Constant) else None
                if name:
                    self._names[one] = name
        for node, module in names_of_modules(order).items():
            self._names.setdefault(node, module)
        self._marks = numbered(self._names)
        self._taken = set(self._names.values())
        self._temporary = (f"u{n}" for n in count(1))

    def name_of_array(self, array):
        """The variable that holds an array, if exactly one does; or None."""
        return name_of_constant(Constant(array), self._arrays)

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
