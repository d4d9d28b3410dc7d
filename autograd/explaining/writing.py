"""From a call of ``explain`` to its Derivation."""

import numpy as np

from . import adjoints
from .derivation import Derivation, Steps, Term
from .entries import entry_block, entry_groups, output_entry_block
from .folding import Folding
from .formula.numerals import to_digits
from .graph import Graph
from .paths import Paths
from .terms import checked_index


def derivation(output, wrt, at, form, fold, gradient, max_paths, digits, variables, arrays):
    """The Derivation of ∂output/∂wrt; the arguments are those of ``explain``."""
    if form not in ("adjoints", "paths"):
        raise ValueError(f"explain: form must be 'adjoints' or 'paths'\n  form: {form!r}")
    if not isinstance(max_paths, int) or isinstance(max_paths, bool) or max_paths < 1:
        raise ValueError(f"explain: max_paths must be a positive integer\n  max_paths: {max_paths!r}")
    if digits is not None and (not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= 17):
        raise ValueError(f"explain: digits must be an integer from 1 to 17, or None\n  digits: {digits!r}")
    graph = Graph(output, wrt, gradient, fold, variables, arrays, last_step=at is not None)
    if at is not None:
        at = checked_index(at, graph.target.like[0], wrt.name or "wrt")
    folding = Folding(graph)
    value = graph.adjoints[graph.target]
    value = np.array(value)[()] if at is None else np.asarray(value)[at]
    if form == "paths":
        paths = Paths(graph, folding, max_paths, at)
        return Derivation(value, paths.steps(), paths.terms, lambda: [*paths.notes(), *_notes(graph, folding)], digits)
    if at is None or graph.target.like[0] == ():
        steps = adjoints.steps(graph, folding)
        return Derivation(value, steps, lambda: adjoints.terms(graph), lambda: _notes(graph, folding), digits)
    return _of_entry(graph, folding, at, value, digits)


def _of_entry(graph, folding, at, value, digits):
    if graph.target is graph.output:
        block = output_entry_block(graph, at)
        parts = [Term(block.left.text(), value)]
        return Derivation(value, Steps([lambda: block]), parts, lambda: _notes(graph, folding), digits)
    groups, stations = entry_groups(graph, at)
    with to_digits(digits):
        block, parts = entry_block(graph, folding, at, groups, stations)
    block.digits = digits
    steps = adjoints.steps(graph, folding)
    above = [lambda n=n: steps[n] for n in range(len(steps))]
    return Derivation(value, Steps([*above, lambda: block]), parts, lambda: _notes(graph, folding), digits)


def _notes(graph, folding):
    notes = []
    if graph.given:
        notes.append(f"{graph.top.text()} = Σ G · {graph.names.symbol(graph.output).text()}, with the given gradient G")
    return [*notes, *adjoints.legend(graph, folding)]
