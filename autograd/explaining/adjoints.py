"""The chain rule δ by δ: the gradient of each named value from those of the values it went into."""

from itertools import pairwise

import numpy as np

from . import expression as ex
from .derivation import Block, Line, Steps, Term, result

LONGEST_CHAIN = 8
"""A single path of up to so many factors is written as one product."""

MOST_NAMES = 20
"""So many temporary names are explained."""


def is_number(node):
    return node.like[0] == ()


def single_chain(graph):
    """The stations of the one path from the output to the target, if there is one short path of numbers only."""
    stations = [graph.output]
    users = graph.users
    back = [graph.target]
    while back[-1] is not graph.output:
        (*others, user) = users[back[-1]]
        if others or len(back) > LONGEST_CHAIN:
            return None
        back.append(user)
    stations = back[::-1]
    return stations if all(is_number(node) for node in stations) and len(stations) > 1 else None


def chain_block(graph, folding, stations):
    """∂E/∂x as a product along one path: symbols, local derivatives, numbers, result."""
    symbols, formulas, numbers = chain_rows(graph, folding, stations)
    left = ex.Derivative(graph.top, graph.names.symbol(stations[-1]))
    end = graph.adjoints[stations[-1]]
    lines = [Line(symbols), Line(formulas), Line(numbers), Line(ex.Numeral(end))]
    if len(stations) == 2 and not graph.given:  # the symbols would say what stands on the left
        del lines[0]
    return Block(left, lines)


def chain_rows(graph, folding, stations):
    """(symbols, formulas, numbers) of a path's product."""
    steps = list(pairwise(stations))
    names = [graph.names.symbol(station) for station in stations]
    symbols = [ex.Derivative(user, one) for user, one in pairwise(names)]
    formulas = [folding.link(user)[one].factor for user, one in steps]
    numbers = [ex.Numeral(local_number(graph, user, one)) for user, one in steps]
    if graph.given:
        given = folding.delta(graph.output)
        symbols, formulas, numbers = [given, *symbols], [given, *formulas], [ex.Numeral(graph.seed), *numbers]
    return ex.Chain(*symbols), ex.Chain(*formulas), ex.Chain(*numbers)


def local_number(graph, user, one):
    """∂user/∂one of two numbers."""
    return graph.push(user, np.ones((), user.like[1])[()])[one]


def adjoint_block(graph, folding, station):
    """∂E/∂station from the stations that it goes into."""
    left = ex.Derivative(graph.top, graph.names.symbol(station))
    if station is graph.output:
        given = [Line(ex.Written("G", "G"), "the given gradient")] if graph.given else []
        return Block(left, [*given, Line(result(graph.adjoints[station]))])
    if all(is_number(node) for node in (station, *graph.users[station])):
        return number_block(graph, folding, station, left)
    return array_block(graph, folding, station, left)


def number_block(graph, folding, station, left):
    users = graph.users[station]
    symbols, formulas, numbers = [], [], []
    for user in users:
        direct = user is graph.output and not graph.given
        delta = folding.delta(user)
        inner = ex.Derivative(graph.names.symbol(user), graph.names.symbol(station), direct=direct and len(users) > 1)
        symbols.append(ex.chain(delta, inner))
        formulas.append(ex.chain(delta, folding.link(user)[station].factor))
        number = ex.Numeral(local_number(graph, user, station))
        numbers.append(number if direct else ex.Chain(ex.Numeral(graph.adjoints[user]), number))
    rows = [Line(ex.total(*row)) for row in (symbols, formulas, numbers)]
    if len(users) == 1 and users[0] is graph.output and not graph.given:
        rows = rows[1:]
    return Block(left, [*rows, Line(ex.Numeral(graph.adjoints[station]))])


def array_block(graph, folding, station, left):
    parts = [folding.link(user)[station].with_delta(folding.delta(user)) for user in graph.users[station]]
    formula = ex.total(*parts)
    remarks = dict.fromkeys([part.about for part in _parts(formula) if isinstance(part, ex.Jacobian)])
    return Block(left, [Line(formula, shapes(formula, station)), Line(result(graph.adjoints[station]))], remarks)


def shapes(formula, station):
    """ "(3, 4) = (3, 8)(8, 4)" for a product of matrices, else the shape."""
    shape = station.like[0]
    if shape == ():
        return ""
    parts = _parts(formula)
    if isinstance(formula, ex.MatrixProduct) and not any(isinstance(part, ex.Jacobian) for part in parts):
        return f"{shape} = " + "".join(str(np.shape(part.evaluate())) for part in formula.parts)
    from_shapes = [np.shape(part.of) for part in parts if isinstance(part, ex.Derivative) and part.of is not None]
    others = dict.fromkeys([other for other in from_shapes if other not in ((), shape)])
    return f"{shape}" + (f" from {' and '.join(map(str, others))}" if others else "")


def _parts(formula):
    """A formula and all that it is made of."""
    todo = [formula]
    for one in todo:
        todo.extend(one.parts)
    return todo


def steps(graph, folding):
    """The blocks from the output down to the target."""
    stations = single_chain(graph)
    if stations is not None:
        return Steps([lambda: chain_block(graph, folding, stations)])
    below = [node for node in reversed(graph.stations) if node is not graph.output or graph.given]
    if graph.target is graph.output:
        below = [graph.output]
    return Steps([lambda node=node: adjoint_block(graph, folding, node) for node in below])


def terms(graph, folding):
    """The parts of the last step: one for each value that the target went into."""
    if graph.target is graph.output:
        return [Term("the output itself", graph.adjoints[graph.target])]
    name = graph.names.symbol
    found = []
    for user in graph.users[graph.target]:
        text = f"through {name(user).text()}"
        found.append(Term(text, graph.push(user, graph.adjoints[user])[graph.target]))
    return found


def legend(graph, folding):
    """What the temporary names stand for: lines like "u1 = w1 i1"."""
    lines = []
    for one in graph.names.temporary:  # a definition may bring more of them
        if len(lines) == MOST_NAMES:
            return [*lines, "…"]
        lines.append(f"where {graph.names.symbol(one).text()} = {folding.definition(one)}")
    return lines
