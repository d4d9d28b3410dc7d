"""What the user calls a recorded value: checks, explanations and pictures have their names from here.

``names_of(order, variables)`` are the names of a graph's nodes: given with ``name=``, else the variable that the
recorded line assigns, else a variable of the calling function. ``name_of_constant`` is the same for what needs no
gradient, ``names_of_modules`` for the last value of each module, and ``numbered`` tells values of one name apart.
"""

import re
from collections import Counter
from itertools import groupby, pairwise

import numpy as np

from ..modes import users_variables
from ..node import Leaf
from ..tensors import Tensor
from .graph import is_leafs_alias

# -- names -------------------------------------------------------------------------------------


def names_of(order, variables=()):
    """{node: name} of the nodes that have one, oldest first as ``order`` is.

    variables : {node: name} of the calling function, ``variables_of_caller``

    A variable that several lines assign comes after one of the calling function.
    """
    lines, variables, found = _names_of_lines(order), dict(variables), {}
    often = Counter(lines.values())
    for node in order:
        line = lines.get(node)
        variable = variables.get(node) or (variables.get(node.note.inputs[0]) if is_leafs_alias(node) else None)
        name = own_name(node) or (line if often[line] == 1 else None) or variable or line
        if name:
            found[node] = str(name)
    return found


def name_of_constant(constant, arrays=()):
    """The name that a constant was given, or of the variable that holds its array, if exactly one does; or None.

    arrays : [(name, array)] of the calling function, ``arrays_of_caller``
    """
    value = constant.value
    if constant.name:
        return str(constant.name)
    if not isinstance(value, np.ndarray) or not value.ndim:
        return None
    same = {name for name, array in arrays if array is constant.given}
    if not same:
        same = {name for name, array in arrays if array.shape == value.shape and np.array_equal(array, value)}
    return same.pop() if len(same) == 1 else None


def names_of_modules(order):
    """{the last node that a module recorded in one go: the module's dotted name}."""
    made, outer, found = results(order), outer_scopes(order), {}
    for node, after in pairwise([*made, None]):
        scope = _scope(node)[outer:]
        if scope and (after is None or _scope(after)[outer:][: len(scope)] != scope):
            found[node] = ".".join(scope)
    return found


def numbered(names):
    """{one: 1, 2, …} of those in ``names``, {one: name}, whose name another has too."""
    often, seen, found = Counter(names.values()), Counter(), {}
    for one, name in names.items():
        if often[name] > 1:
            seen[name] += 1
            found[one] = seen[name]
    return found


# -- what they are made from -------------------------------------------------------------------


def own_name(node):
    """The name that was given to a node's Tensor with ``name=``; of a leaf's alias that of the leaf."""
    if node.note is not None and node.note.name:
        return node.note.name
    leaf = node.note.inputs[0] if is_leafs_alias(node) else node
    if type(leaf) is not Leaf:
        return None
    owner = leaf.owner()
    return leaf.name or (owner.name if owner is not None and owner.name else None)


def assigned_variable(where):
    """ "net" for a recorded line "net = w * x"; None where the line assigns no single name."""
    if not where:
        return None
    text = source_text(where)
    match = re.match(r"([A-Za-z_]\w*)\s*=(?!=)", text)
    return match.group(1) if match and ";" not in text else None


def source_text(where):
    """ "net = w * x" of a recorded line "net.py:12: net = w * x"."""
    return re.sub(r"^.*?\.py:\d+: |^<[^>]*>:\d+: ", "", where)


def _names_of_lines(order):
    """{the last node that a line recorded: the variable that the line assigns}."""
    outer, found = outer_scopes(order), {}
    for *_, last in by_line(results(order)):
        where = last.note.where if last.note is not None else None
        name = assigned_variable(where)
        if name and name != "_" and _is_whole(where) and not _scope(last)[outer:]:
            found[last] = name
    return found


def _is_whole(line):
    """Whether a source line is a statement by itself that assigns one value: no part of one, and no list."""
    _, _, value = line.partition("=")
    closed = all(line.count(a) == line.count(b) for a, b in ("()", "[]", "{}"))
    return closed and not value.strip().startswith(("[", "{"))


def variables_of_caller():
    """{node: variable name} of the Tensors without a name among the variables of the calling function."""
    found = {}
    for name, value in _variables():
        if isinstance(value, Tensor) and value.node is not None and not value.name:
            found[value.node] = name
    return found


def arrays_of_caller():
    """[(name, array)] of the arrays and constant Tensors with axes among the variables of the calling function."""
    found = {}
    for name, value in _variables():
        if isinstance(value, Tensor) and value.node is None:
            value = value.data
        if isinstance(value, np.ndarray) and value.ndim:
            found[name] = value
    return list(found.items())


def _variables():
    """What the user wrote among the variables of the calling function; test runners add names that are no words."""
    return [(name, value) for name, value in users_variables() if name.isidentifier() and not name.startswith("_")]


def results(order):
    """The nodes that an operation of the user's made: neither leaves nor what stands for them."""
    return [node for node in order if type(node) is not Leaf and not is_leafs_alias(node)]


def by_line(nodes):
    """The nodes in lists, each of what one line of the program recorded in one go."""
    return [list(several) for _, several in groupby(nodes, key=lambda node: (node.note and node.note.where) or node)]


def outer_scopes(order):
    """1 where all modules stand in one outer scope, the model as a whole, which says nothing; else 0."""
    scopes = {_scope(node) for node in results(order)} - {()}
    return int(len({scope[0] for scope in scopes}) == 1 and any(len(scope) > 1 for scope in scopes))


def _scope(node):
    return node.note.scope if node.note is not None else ()
