"""One entry of a derivative written out: the block that ``explain(…, at=…)`` ends with."""

import math

import numpy as np

from ..taped.graph import is_leafs_alias, value_of
from . import formula as ex
from .blocks import Block, Line, result
from .closed import entry_formula
from .formula.numerals import MINUS, numeral
from .terms import EntryTerms, Terms, index_in, jacobian_column, pattern, windows_over


def entry_groups(graph, at):
    """(EntryTerms of each operation that took the target, the station whose δ each is about)."""
    groups = []
    for user, i, moves in graph.entry_uses():
        place = at
        for node, k in moves:
            if not is_leafs_alias(node):
                place = tuple(map(int, np.argwhere(jacobian_column(node, k, place))[0]))
        groups.append(EntryTerms(user, i, place, graph.adjoints[user]))
    return groups, [graph.same_adjoint(group.node) for group in groups]


def entry_block(graph, folding, at, groups, stations):
    """(the block, the terms)."""
    names = graph.names
    left = ex.Derivative(graph.top, ex.Entry(names.symbol(graph.target), at))
    deltas = [_delta(graph, station) for station in stations]
    lines, remarks = [], []
    general = [_general(folding, group, delta) for group, delta in zip(groups, deltas, strict=True)]
    if all(one is not None for one in general):
        lines += [Line(ex.total(*[formula for formula, _ in general]), "; ".join(note for _, note in general))]
    for group, delta in zip(groups, deltas, strict=True):
        lines += _term_lines(folding, group, delta)
        remarks += _window_remarks(folding, group)
    value = np.asarray(graph.adjoints[graph.target])[at]
    if not lines:
        remarks = remarks or ["it reaches no entry of the output"]
    lines = _signed(lines, sum(one is not None for one in general) == len(general) > 0)
    block = Block(left, [*lines, Line(result(value))], remarks)
    return block, Terms(groups, [_bare(delta) for delta in deltas])


def output_entry_block(graph, at):
    left = ex.Derivative(graph.top, ex.Entry(graph.names.symbol(graph.output), at))
    return Block(left, [Line(result(np.asarray(graph.seed)[at]))])


def _delta(graph, station):
    """f(index): the δ at an entry of the station, or of the operation's own value where it has the same gradient."""

    def delta(index):
        if station is graph.output and not graph.given:
            return ex.ONE
        symbol = graph.names.symbol(station)
        return ex.Derivative(graph.top, ex.Entry(symbol, index) if index != () else symbol)

    return delta


def _bare(delta):
    text = delta("…").text()
    return text.split("[")[0] if text != "1" else "∂"


def _general(folding, group, delta):
    """(Σ δ[m, n] · x[m + i, n + j], its ranges) where the terms follow such a rule, or None."""
    if len(group) < 3:
        return None
    ones = bool((group.weights == 1).all())
    if group.other is None and not ones:
        return None
    found = pattern(group.places, None if group.other is None else group.other[1], _names_of(folding, group))
    if found is None:
        return None
    texts, others, running = found
    factors = [delta(", ".join(texts))]
    if others is not None:
        factors.append(ex.Entry(_symbol(folding, group.node.note.inputs[group.other[0]]), ", ".join(others)))
    letters = ", ".join(letter for letter, _ in running)
    inner = ex.chain(*factors)
    summed = ex.Written(f"Σ({letters}) {inner.text()}", rf"\sum_{{{letters}}} {inner.latex()}", precedence=ex.PRODUCT)
    return summed, ", ".join(_range(letter, values) for letter, values in running)


def _names_of(folding, group):
    """What the values of a term are called."""
    graph = folding.graph
    inputs = [folding.value(one) for one in group.node.note.inputs]
    symbols = [symbol for value in inputs if value is not None for symbol in value.symbols()]
    return {graph.top.text(), *[symbol.text() for symbol in symbols]}


def _range(letter, values):
    unique = np.unique(values)
    if len(unique) > 3 and (np.diff(unique) == 1).all():
        return f"{letter} = {unique[0]} … {unique[-1]}"
    if len(unique) > 8:
        return f"{len(unique)} values of {letter}"
    return f"{letter} = {', '.join(map(str, unique))}"


def _term_lines(folding, group, delta):
    """A line for each of the largest terms, and one for the rest."""
    lines = []
    shown = group.largest()
    for k in shown:
        place = tuple(int(n) for n in group.places[k])
        weight = _weight(folding, group, k, place)
        numbers = ex.Chain(ex.Numeral(group.deltas[k]), ex.Numeral(group.weights[k]))
        note = f"{numbers.text()} = {numeral(group.products[k])}"
        formula = ex.chain(delta(place), weight)
        if ex.is_constant(weight, 1) or ex.is_constant(delta(place), 1):
            note = numeral(group.products[k])
        if formula.text() == note:  # nothing but a number: say what it is
            said = entry_formula(group.node, group.i, group.at, lambda letter: folding.resolve(letter, group.node))
            holds = said is not None and np.isclose(float(said.evaluate()), group.weights[k], rtol=1e-6, atol=0)
            formula = said if holds else _direct(folding.graph, group.at)
        lines.append(Line(formula, note))
    rest = np.delete(np.arange(len(group)), shown)
    zeros = [k for k in rest if group.products[k] == 0]
    if len(zeros) < len(rest):
        left = np.delete(group.products, [*shown, *zeros])
        value = math.fsum(left) if np.isfinite(left).all() else left.sum()
        lines.append(Line(ex.words(_others(len(left))), numeral(value)))
    if zeros:
        each = " each" if 1 < len(zeros) < len(group) else ""
        words = _others(len(zeros)) if len(zeros) < len(group) else "each term" if len(zeros) > 1 else "the term"
        lines.append(Line(ex.words(words), f"0{each}: {_why_0(group, zeros)}"))
    return lines


def _others(count):
    return f"the other {count} terms" if count > 1 else "the other term"


def _why_0(group, terms):
    """Which factor makes products 0."""
    nothing_comes, no_weight = (group.deltas[terms] == 0).all(), (group.weights[terms] == 0).all()
    return "δ is 0" if nothing_comes else "the weight is 0" if no_weight else "δ or the weight is 0"


def _direct(graph, at):
    return ex.Derivative(graph.top, ex.Entry(graph.names.symbol(graph.target), at), direct=True)


def _signed(lines, general):
    """The first line of terms after "=", the others after "+"."""
    done = []
    for i, line in enumerate(lines):
        first = i == int(general)
        done.append(line._replace(lead="=" if first or (i == 0 and general) else "+"))
    return done


def _weight(folding, group, k, place):
    """What multiplies δ in one term, as a formula."""
    node, weight = group.node, group.weights[k]
    if group.other is not None:
        j, entries = group.other
        return _entry(folding, node.note.inputs[j], tuple(int(n) for n in entries[k]))
    formula = folding.local(node, group.i, node.parents[group.i])
    if formula is not None:
        spot = place if len(place) >= len(group.at) else group.at
        shape = node.like[0] if len(place) >= len(group.at) else node.parents[group.i].like[0]

        def entry(symbol):
            if not symbol.shaped:
                return symbol
            inner = index_in(shape, np.shape(symbol.of), spot)
            return ex.Entry(symbol, inner, np.asarray(symbol.of)[inner])

        try:
            here = formula.map(entry)
            if np.isclose(here.evaluate(), weight, rtol=1e-6, atol=0, equal_nan=True):
                return here
        except (IndexError, ValueError, TypeError):
            pass
    return ex.ONE if weight == 1 else ex.Numeral(weight)


def _symbol(folding, one):
    value = folding.value(one)
    return value if isinstance(value, ex.Symbol) else folding.graph.names.symbol(one)


def _entry(folding, one, index):
    return ex.Entry(_symbol(folding, one), index, value_of(one))


# -- windows of a pool -------------------------------------------------------------------------


def _window_remarks(folding, group):
    """Of a maximum or minimum: which windows the entry won, and to what it lost the others."""
    windows = windows_over(group.node, group.at)
    if windows is None:
        return []
    (one,) = group.node.note.inputs
    called = _entry(folding, one, group.at).text()
    mine = np.asarray(value_of(one))[group.at]
    won = {tuple(int(n) for n in place) for place in group.places}
    all_windows = [tuple(int(n) for n in place) for place in windows]
    lost = [place for place in all_windows if place not in won]
    result = np.asarray(group.node.note.value)
    remarks = []
    if not all_windows and not won:
        return [f"{called} is in no window: 0"]
    if won:
        remarks.append(f"{called} = {numeral(mine)} won {_listed(sorted(won))}")
    if lost:
        losses = [f"{_place(place)} to {numeral(result[place])}" for place in lost[:4]]
        more = f" and {len(lost) - 4} more" if len(lost) > 4 else ""
        everywhere = "" if won else " everywhere: 0;"
        remarks.append(f"{called} = {numeral(mine)} lost{everywhere} {', '.join(losses)}{more}")
    return remarks


def _listed(places):
    texts = [_place(place) for place in places[:4]]
    more = f" and {len(places) - 4} more" if len(places) > 4 else ""
    return ("window " if len(places) == 1 else "windows ") + ", ".join(texts) + more


def _place(place):
    return f"[{', '.join(map(str, place))}]".replace("-", MINUS) if place else "of all"
