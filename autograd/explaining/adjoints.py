"""The chain rule δ by δ: the gradient of each named value from those of the values it went into."""

from itertools import pairwise

import numpy as np

from . import formula as ex
from .blocks import Block, Line, result
from .derivation import Steps, Term

LONGEST_SUM = 8
"""Of a sum of more terms so many are written, the largest ones."""

LONGEST_PATH = 12
"""A product of more factors is written with its first and its last ones."""

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
    """(symbols, formulas, numbers) of a path's product; of a long one the middle is one number."""
    steps = list(pairwise(stations))
    half = LONGEST_PATH // 2
    middle = steps[half:-half] if len(steps) > LONGEST_PATH else []
    symbols, formulas, numbers = [], [], []
    if graph.given:
        given = folding.delta(graph.output)
        symbols, formulas, numbers = [given], [given], [ex.Numeral(graph.seed)]
    for k, (user, one) in enumerate(steps):
        if middle and k == half:
            dots = ex.words(f"({len(middle)} factors)")
            symbols.append(dots)
            formulas.append(dots)
            numbers.append(ex.Numeral(float(np.prod([local_number(graph, *step) for step in middle]))))
        if not middle or not half <= k < len(steps) - half:
            number = local_number(graph, user, one)
            symbols.append(ex.Derivative(graph.names.symbol(user), graph.names.symbol(one), number))
            formulas.append(folding.link(user)[one].factor)
            numbers.append(ex.Numeral(number))
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
    parts = {user: local_number(graph, user, station) for user in graph.users[station]}
    parts = {user: (number, number * graph.adjoints[user]) for user, number in parts.items()}
    users = largest({user: product for user, (_, product) in parts.items()})
    symbols, formulas, numbers = [], [], []
    for user in users:
        direct = user is graph.output and not graph.given
        delta, top, bottom = folding.delta(user), graph.names.symbol(user), graph.names.symbol(station)
        inner = ex.Derivative(top, bottom, parts[user][0], direct=direct and len(parts) > 1)
        symbols.append(ex.chain(delta, inner))
        formulas.append(ex.chain(delta, folding.link(user)[station].factor))
        number = ex.Numeral(parts[user][0])
        numbers.append(number if direct else ex.Chain(ex.Numeral(graph.adjoints[user]), number))
    if len(users) < len(parts):
        others = [product for user, (_, product) in parts.items() if user not in users]
        words = ex.words(f"({len(others)} more)")
        symbols, formulas, numbers = [*symbols, words], [*formulas, words], [*numbers, ex.Numeral(sum(others))]
    rows = [Line(ex.total(*row)) for row in (symbols, formulas, numbers)]
    if len(parts) == 1 and users[0] is graph.output and not graph.given:
        rows = rows[1:]
    return Block(left, [*rows, Line(ex.Numeral(graph.adjoints[station]))])


def largest(sizes):
    """The stations with the largest values, in their own order: all of them, or of many the first few."""
    if len(sizes) <= LONGEST_SUM:
        return list(sizes)
    kept = sorted(sizes, key=lambda station: -abs(sizes[station]))[:LONGEST_SUM]
    return [station for station in sizes if station in kept]


def array_block(graph, folding, station, left):
    users = graph.users[station]
    if len(users) > LONGEST_SUM:
        parts = {user: graph.push(user, graph.adjoints[user])[station] for user in users}
        users = largest({user: float(np.max(np.abs(part), initial=0)) for user, part in parts.items()})
    links = [folding.link(user)[station] for user in users]
    flows = [link.with_delta(folding.delta(user)) for link, user in zip(links, users, strict=True)]
    if len(users) < len(graph.users[station]):
        flows.append(ex.words(f"({len(graph.users[station]) - len(users)} more)"))
    formula = ex.total(*flows)
    remarks = dict.fromkeys([words for link in links for words in link.words])
    closed = closed_of(formula)
    if closed is None:
        first = Line(formula, shapes(formula, station))
    else:
        left = ex.Derivative(graph.top, ex.Entry(graph.names.symbol(station), closed.indices))
        first = Line(closed, shapes(formula, station), left=left)
        remarks = [f"with δ = {closed.parts[0].text()}", *[closed.about] * bool(closed.about)]
    return Block(
        ex.Derivative(graph.top, graph.names.symbol(station)), [first, Line(result(graph.adjoints[station]))], remarks
    )


def closed_of(formula):
    """The closed form that a formula is, where it is nothing but one step with such a form."""
    if type(formula) is not ex.MatrixProduct or len(formula.parts) != 2:
        return None
    turned, _ = formula.parts
    jacobian = turned.parts[0] if isinstance(turned, ex.Transposed) else None
    return jacobian.closed if isinstance(jacobian, ex.Jacobian) else None


def shapes(formula, station):
    """ "(3, 4) = (3, 8)(8, 4)" for a product of matrices, else the shape."""
    shape = station.like[0]
    if shape == ():
        return ""
    parts = ex.walk(formula)
    if isinstance(formula, ex.MatrixProduct) and not any(isinstance(part, ex.Jacobian) for part in parts):
        return f"{shape} = " + "".join(str(np.shape(part.evaluate())) for part in formula.parts)
    from_shapes = [np.shape(part.of) for part in parts if isinstance(part, ex.Derivative) and part.of is not None]
    others = dict.fromkeys([other for other in from_shapes if other not in ((), shape)])
    return f"{shape}" + (f" from {' and '.join(map(str, others))}" if others else "")


def steps(graph, folding):
    """The blocks from the output down to the target."""
    stations = single_chain(graph)
    if stations is not None:
        return Steps([lambda: chain_block(graph, folding, stations)])
    below = [node for node in reversed(graph.stations) if node is not graph.output or graph.given]
    if graph.target is graph.output:
        below = [graph.output]
    return Steps([lambda node=node: adjoint_block(graph, folding, node) for node in below])


def terms(graph):
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
