"""Declared formulas as they hold at one node: strides, paddings and counts as numbers, inputs by their names."""

from . import formula as ex
from .closed import free_letters, renamed
from .declared import known_of
from .formula import FormulaError


def stated(latex, node, names):
    """A formula of a node's operation as LaTeX, with the numbers of its letters; as declared where there are none.

    names : {input of the operation, or "y": what it is called}; what has no name keeps the operation's
    """
    operation = node.operation
    if not (latex and operation.letters) or node.note is None:
        return latex
    left, equals, right = latex.partition("=") if latex.startswith("y") else ("", "", latex)
    try:
        numbers = operation.letters_of(known_of(node))
        formula = ex.parse_entries(right)
        before = ex.parse_entries(left) if equals else None
    except (FormulaError, ValueError, TypeError, KeyError):
        return latex
    numbers = {letter: value for letter, value in numbers.items() if isinstance(value, int | float)}
    formula = formula.map(lambda symbol: ex.Number(numbers[symbol.name]) if symbol.name in numbers else symbol)
    symbols = {letter: ex.Symbol(name) for input_, name in names.items() for letter in (input_, input_[0])}
    parts = [*ex.walk(formula), *(ex.walk(before) if before else ())]
    indices = {symbol.name for part in parts if isinstance(part, ex.Indexed) for symbol in _indices(part)}
    letters = free_letters(sorted(indices), set(names.values()))
    shown = [renamed(part, symbols, letters).latex() for part in (before, formula) if part is not None]
    return " = ".join(shown)


def _indices(part):
    return [symbol for index in part.parts[1:] for symbol in index.symbols() if len(symbol.name) == 1]
