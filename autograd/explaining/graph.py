"""The part of a recorded graph that a derivation goes through: which values it stops at, and what folds between.

A ``Graph`` has every node between an output and the value differentiated by, with the gradient of each. Some are
*stations*: values with a name, which the derivation speaks of. The others are folded: what lies between two stations
becomes one local derivative. Where folding would make a long formula, an unnamed value becomes a station too, so
that all of it stays linear in the size of the graph. Nothing recurses.
"""

from typing import Any

import numpy as np

from ..engine import unbroadcast, walk
from ..node import Leaf
from ..taped.graph import behind, called, is_leafs_alias, seed_of
from ..taped.replay import alone
from ..tensors import Tensor, raw
from .declared import rule_of
from .formula import Symbol
from .naming import Names

LONGEST = 28
"""A folded formula with more parts than so many is broken up."""


class Graph:
    """What ``explain(output, wrt)`` explains.

    order  : every node behind the output, oldest first
    path   : those that ``target`` went into, and itself
    output, target : the nodes of the output and of what is differentiated by
    seed   : the gradient of the output; ``given`` says whether the user gave it
    adjoints : {node of the path: its gradient}
    stations : the named nodes of the path, oldest first; ``owner[node]`` is the station that an unnamed one folds into
    users  : {station: the stations that it goes into directly or through unnamed nodes, oldest first}
    """

    def __init__(self, output, wrt, gradient=None, fold=True, variables=(), arrays=(), last_step=False):
        taped = behind(output, "explain")
        self.output = taped.output
        self.given = gradient is not None
        self.target = _target(taped, wrt)
        self.order = [node for node in taped.order if type(node) is not Leaf or node is self.target]
        self.seed = seed_of(self.output, gradient, "explain")
        self.fold = fold
        self.path = self._find_path()
        self.consumers = self._find_consumers(taped.uses)
        self.adjoints = self._find_adjoints()
        self.names = Names(self.order, variables, arrays)
        if self.output not in self.names:
            self.names.give(self.output, "y")
        if self.target not in self.names:
            self.names.give(self.target, "x")
        self.top = self._top_symbol()
        self._find_stations(last_step)

    def _top_symbol(self):
        """What is differentiated: the output, or with a given gradient the L whose gradient it is."""
        if not self.given:
            return self.names.symbol(self.output)
        return Symbol(self.names.give(object(), "L"))

    def _find_path(self):
        inside = {self.target}
        path = [self.target]
        for node in self.order:
            if node not in inside and any([parent in inside for parent in node.parents]):
                inside.add(node)
                path.append(node)
        if self.output not in inside:
            raise ValueError(
                f"explain: the output was not made from {called(self.target)}\n"
                "  check that it was used, and not a copy or .detach() of it"
            )
        return sorted(path, key=lambda node: node.birth)

    def _find_consumers(self, uses):
        """{node: [(node of the path that takes it, as which input)]}."""
        path = set(self.path)
        return {node: [use for use in uses[node] if use[0] in path] for node in self.path}

    def _find_adjoints(self):
        totals = dict.fromkeys(self.path)
        totals[self.output] = self.seed
        with alone(), np.errstate(all="ignore"):
            return walk(list(self.path), totals, targets=set(self.path), consume=False, write_notes=False)

    # -- what folds ----------------------------------------------------------------------------

    def _find_stations(self, last_step):
        chosen = {self.output, self.target}
        if last_step:
            aliases = [node for node, _ in self.consumers[self.target] if is_leafs_alias(node)]
            chosen.update(self.same_adjoint(node) for node in aliases or [node for node, _, _ in self.entry_uses()])
        self.sizes = self._value_sizes(chosen)
        self.owner, adjoint_sizes = {}, {}
        for node in reversed(self.path):
            users = self.consumers[node]
            owners = {self.owner.get(user, user) for user, _ in users}
            size = sum([adjoint_sizes.get(user, 0) + self._local_size(user) for user, _ in users])
            named = node in self.names and not (node is not self.target and is_leafs_alias(node))
            if named or node in chosen or not self.fold or len(owners) != 1 or size > LONGEST:
                chosen.add(node)
            else:
                (self.owner[node],) = owners
                adjoint_sizes[node] = size
        self.stations = [node for node in self.path if node in chosen]
        self.is_station = chosen
        self.users = {}
        for node in self.stations:
            users = dict.fromkeys([self.owner.get(user, user) for user, _ in self.consumers[node]])
            self.users[node] = sorted(users, key=lambda user: user.birth)
        self.regions = {station: [] for station in self.stations}
        for node in reversed(self.path):
            self.regions[self.owner.get(node, node)].append(node)

    def _value_sizes(self, chosen):
        """{node: how many parts its value has as a formula}; what would be long is a symbol, of one part."""
        sizes = {}
        for node in self.order:
            size = 1
            symbol = node in chosen or node in self.names or not self.fold
            if not (symbol or type(node) is Leaf or is_leafs_alias(node)):
                size = 1 + sum([sizes.get(one, 1) for one in node.note.inputs])
            sizes[node] = size if size <= LONGEST else 1
            if size > LONGEST:
                chosen.add(node)
        return sizes

    def include(self, part):
        """Take in a node of what a fused operation is made of: its value is folded if it is short."""
        size = self._local_size(part)
        self.sizes[part] = size if size <= LONGEST and self.fold else 1
        self.consumers[part] = []

    def _local_size(self, node):
        return 1 + sum([self.sizes.get(one, 1) for one in node.note.inputs])

    def same_adjoint(self, node):
        """The named node with the very gradient that ``node`` has, found along plain sums; else the node itself."""
        start = node
        while node not in self.names:
            users = self.consumers[node]
            if len(users) != 1 or node is self.output:
                return start
            user, i = users[0]
            rule = rule_of(user, i)
            if rule.needs or rule.local != "1" or user.like != node.like:
                return start
            node = user
        return node

    # -- numbers -------------------------------------------------------------------------------

    def push(self, station, seed):
        """{station before it: the part of its gradient that comes through ``station``}, for a gradient ``seed``."""
        found, totals = {}, {station: seed}
        with alone(), np.errstate(all="ignore"):
            for node in self.regions[station]:
                g = totals.get(node)
                if g is None or node is self.target:
                    continue
                for i, parent in enumerate(node.parents):
                    if parent in self.consumers:
                        one = pull(node, i, parent, g)
                        place = found if parent in self.is_station else totals
                        place[parent] = place[parent] + one if parent in place else one
        return found

    def entry_uses(self):
        """[(node, as which input, moves)] of what works on the target's entries.

        moves : the (node, input)s on the way there that only move its entries, as a transpose does.
        """
        found: list[Any] = []
        todo: list[Any] = [(user, i, ()) for user, i in reversed(self.consumers[self.target])]
        while todo:
            user, i, moves = todo.pop()
            named = user in self.names and not is_leafs_alias(user)
            if (named or user is self.output or not self._only_moves(user)) and not is_leafs_alias(user):
                found.append((user, i, moves))
            else:
                todo += [(one, k, (*moves, (user, i))) for one, k in reversed(self.consumers[user])]
        return found

    def _only_moves(self, node):
        """Whether a node's value has the entries of its input, each once."""
        (parent, *others) = node.parents
        return (
            self.fold and not others and parent is not None and node.operation.kind == "shape"
            and "converts" not in node.operation.traits and np.prod(node.like[0]) == np.prod(parent.like[0])
        )  # fmt: skip

    def count_paths(self):
        """{station: how many paths lead from the output to it}, exactly."""
        counts = {}
        for node in reversed(self.stations):
            counts[node] = 1 if node is self.output else sum([counts[user] for user in self.users[node]])
        return counts


def pull(node, i, parent, g):
    """What the gradient g of a node's value gives its i-th input."""
    return unbroadcast(raw(rule_of(node, i).pull(g, node.saved[i])), parent, node)


def _target(taped, wrt):
    """The node of ``wrt``; of a leaf with one value on the tape the one that stands for it there."""
    if not isinstance(wrt, Tensor):
        raise TypeError(f"explain: a derivative is by a Tensor of the graph\n  wrt: {type(wrt).__name__}")
    if wrt.node is None:
        named = f"{wrt.name!r}" if wrt.name else f"a constant of shape {wrt.shape}"
        raise ValueError(f"explain: there is no derivative by {named}: it does not require grad")
    if wrt.node not in taped.uses:
        raise ValueError(
            f"explain: {called(wrt.node)} is not part of the graph behind the output\n"
            "  check that it was used, and not a copy or .detach() of it"
        )
    aliases = taped.aliases.get(wrt.node, ())
    return aliases[0] if len(aliases) == 1 else wrt.node
