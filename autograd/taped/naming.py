"""What the user calls a recorded value: by ``name=``, by the variable of a line, by the module that made it."""

import re
from itertools import groupby

from ..modes import users_variables
from ..node import Leaf
from ..tensors import Tensor
from .graph import is_leafs_alias


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


def results(order):
    """The nodes that an operation of the user's made: neither leaves nor what stands for them."""
    return [node for node in order if type(node) is not Leaf and not is_leafs_alias(node)]


def by_line(nodes):
    """The nodes in lists, each of what one line of the program recorded in one go."""
    return [list(several) for _, several in groupby(nodes, key=lambda node: node.note.where or node)]


def outer_scopes(order):
    """1 where all modules stand in one outer scope, the model as a whole, which says nothing; else 0."""
    scopes = {node.note.scope for node in results(order) if node.note.scope}
    return int(len({scope[0] for scope in scopes}) == 1 and any(len(scope) > 1 for scope in scopes))
