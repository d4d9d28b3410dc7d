"""The chain rule path by path: each way from the output down to a value as one product, and their sum."""

import heapq
from typing import Any

import numpy as np

from ..node import Node
from . import formula as ex
from .adjoints import chain_rows, is_number, local_number
from .blocks import Block, Line, result
from .derivation import Steps, Term


def largest_paths(graph, most):
    """The ``most`` paths with the largest products, as [(product, stations)]; all stations must be numbers.

    Each station keeps its own ``most`` best ways from the output. What is largest at the end is made from what is
    largest on the way: a common factor changes no order.
    """
    best: dict[Node, list[Any]] = {graph.output: [(float(graph.seed), None, None)]}
    for node in reversed(graph.stations):
        if node is graph.output:
            continue
        ways = []
        for user in graph.users[node]:
            factor = float(local_number(graph, user, node))
            ways += [(value * factor, user, k) for k, (value, _, _) in enumerate(best[user])]
        best[node] = heapq.nlargest(most, ways, key=lambda way: _size(way[0]))  # of equal ones the first
    return [(value, _back(best, graph, user, k)) for value, user, k in best[graph.target]]


def _size(value):
    return np.inf if np.isnan(value) else abs(value)


def _back(best, graph, user, k):
    stations = [graph.target]
    while user is not None:
        stations.append(user)
        _, user, k = best[user][k]
    return stations[::-1]


def first_paths(graph, most):
    """The first ``most`` paths found, as [(what comes through it, stations)], for arrays."""
    below = {station: [] for station in graph.stations}
    for station, users in graph.users.items():
        for user in users:
            below[user].append(station)
    found: list[Any] = []
    todo: list[Any] = [(graph.output, (graph.output,), graph.seed)]
    while todo and len(found) < most:
        node, stations, g = todo.pop()
        if node is graph.target:
            found.append((g, list(stations)))
            continue
        parts = graph.push(node, g)
        todo += [(one, (*stations, one), parts[one]) for one in reversed(below[node])]
    return found


class Paths:
    """The blocks of the path form.

    count : how many paths there are; ``left_out`` of them are not written
    """

    def __init__(self, graph, folding, most, at=None):
        self.graph, self.folding = graph, folding
        self.count = graph.count_paths()[graph.target]
        self.numbers = all(is_number(station) for station in graph.stations)
        if self.numbers:
            self.found = largest_paths(graph, most)
        else:
            self.found = first_paths(graph, most)
        if at is not None:
            self.found = [(np.asarray(value)[at], stations) for value, stations in self.found]
        self.at = at
        self.left_out = self.count - len(self.found)
        self.value = graph.adjoints[graph.target] if at is None else np.asarray(graph.adjoints[graph.target])[at]
        with np.errstate(all="ignore"):
            self.rest = self.value - sum([value for value, _ in self.found])

    def steps(self):
        makers = [lambda n=n: self._path_block(n) for n in range(len(self.found))]
        if self.count == 1:
            return Steps(makers)
        return Steps([*makers, self._sum_block])

    def _left(self):
        symbol = self.graph.names.symbol(self.graph.target)
        return ex.Derivative(self.graph.top, symbol if self.at is None else ex.Entry(symbol, self.at))

    def _path_block(self, n):
        graph, (value, stations) = self.graph, self.found[n]
        left = self._left() if self.count == 1 else ex.words(f"path {n + 1}")
        if len(stations) == 1:
            return Block(left, [Line(result(value))])
        if self.numbers:
            rows = chain_rows(graph, self.folding, stations)
            return Block(left, [*[Line(row) for row in rows], Line(ex.Numeral(value))])
        symbols = [graph.names.symbol(station) for station in stations]
        arrow = ex.Written(
            " ← ".join(symbol.text() for symbol in symbols), r" \leftarrow ".join(symbol.latex() for symbol in symbols)
        )
        return Block(left, [Line(arrow), Line(result(value))])

    def _sum_block(self):
        parts = [result(value) if np.ndim(value) else ex.Numeral(value) for value, _ in self.found]
        names = [ex.words(f"path {n + 1}") for n in range(len(parts))]
        if self.left_out:
            words = f"the other {self.left_out} paths" if self.left_out > 1 else "the other path"
            names.append(ex.words(words))
            parts.append(result(self.rest) if np.ndim(self.rest) else ex.Numeral(self.rest))
        lines = [Line(ex.Total(*names))]
        if not np.ndim(self.value):
            lines.append(Line(ex.Total(*parts)))
        return Block(self._left(), [*lines, Line(result(self.value))])

    def terms(self):
        name = self.graph.names.symbol
        found = [Term(" ← ".join(name(one).text() for one in stations), value) for value, stations in self.found]
        if self.left_out:
            found.append(Term(f"the other {self.left_out} paths", self.rest))
        return found

    def notes(self):
        kept = "largest" if self.numbers else "first"
        if not self.left_out:
            return []
        return [f"{self.left_out} of {self.count} paths are left out; the {len(self.found)} {kept} are shown"]
