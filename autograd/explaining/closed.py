"""The classic closed form of a step: ∂E/∂K[o, c, r, s] = Σ(n, p, q) δ[n, o, p, q] · img[n, c, 2p + r − 1, 2q + s − 1].

A declaration says of which entry its local derivative is (``rule(…, local=…, at="o c r s")``). The gradient of an entry
is then the sum of that times δ over the entries of the result: over the letters of y that the input's entry has not.
``closed_form`` writes it in the names of a graph, with the numbers of its strides and paddings, where it gives what
the rule gives.
"""

import math

import numpy as np

from ..taped.graph import value_of
from . import formula as ex
from .declared import along_axes, known_of
from .formula import FormulaError

DELTA = "δ"
CHECKED = 12
"""At so many entries the sum is held against the rule."""

LARGEST = 2**22
"""A check that would need more numbers at once than so many is not made, and the formula not shown."""

_SPARE = "ijkmnpqrstuvwxyzabcdefgh"


class Sum:
    """Σ δ[…] · local, in the operation's own letters: the gradient of an entry of one input.

    at      : the letters of the input's entry
    ranges  : {letter: how many values it runs over}, of those that are summed over
    formula : the Expression, with the operation's letters
    arrays  : {letter: array} of all that it reads, but for δ
    batch   : the letters of the axes in front of those that are written
    """

    def __init__(self, node, i):
        operation = node.operation
        rule = operation.rules[i]
        self.values = known_of(node)
        numbers = operation.letters_of(self.values)
        self.arrays = _arrays(node, {**self.values, **numbers})
        y, x = np.asarray(node.note.value), np.asarray(value_of(node.note.inputs[i]))
        above = ex.letters_of(operation.formula)
        if y.ndim < len(above) or x.ndim < len(rule.at):
            raise FormulaError("the formula is about more axes")
        in_front = max(y.ndim - len(above), x.ndim - len(rule.at))
        self.batch = tuple([f"batch{k}" for k in range(in_front)])
        local = along_axes(ex.parse_entries(rule.local), node).map(
            _numbers({k: v for k, v in numbers.items() if not np.ndim(v)})
        )
        lengths = dict(zip(above, y.shape[y.ndim - len(above) :], strict=True))
        lengths.update(zip(rule.at, x.shape[x.ndim - len(rule.at) :], strict=True))
        lengths.update(self._lengths_in_front(y, len(above)))
        at = self.batch[in_front - (x.ndim - len(rule.at)) :] + rule.at
        self.at, self.shape, self.above = at, x.shape, above
        summed = [letter for letter in (*self.batch, *above) if letter not in at]
        self.ranges = {letter: lengths[letter] for letter in summed}
        self.lengths = lengths
        delta = ex.Indexed(ex.Symbol(DELTA), *[ex.Symbol(letter) for letter in above])
        self.formula = ex.sum_over(summed, ex.product(delta, local))
        if tuple([lengths.get(letter) for letter in at]) != x.shape:
            raise FormulaError("the axes in front are broadcast")
        self.ranges.update(self._bound(local))

    def _lengths_in_front(self, y, written):
        front = y.shape[: y.ndim - written]
        return dict(zip(self.batch[len(self.batch) - len(front) :], front, strict=True))

    def _bound(self, local):
        """{letter: how many values it runs over} of the sums within the local derivative."""
        todo, found = [local], {}
        for one in todo:
            todo.extend(one.parts)
            if isinstance(one, ex.Running):
                found.update(
                    {letter: self.lengths.get(letter) or self._length_of(letter, local) for letter in one.letters}
                )
        return found

    def _length_of(self, letter, local):
        todo = [local]
        for one in todo:
            todo.extend(one.parts)
            if isinstance(one, ex.Indexed):
                for axis, index in enumerate(one.parts[1:]):
                    if isinstance(index, ex.Symbol) and index.name == letter and isinstance(one.base, ex.Symbol):
                        array = self.arrays[one.base.name]
                        return np.shape(array)[axis - len(one.parts) + 1]
        raise FormulaError(f"nothing says over what {letter} runs")

    def at_points(self, delta, flat):
        """The values at some entries of the input, given by their numbers row by row."""
        places = np.unravel_index(flat, self.shape) if self.shape else ()
        points = dict(zip(self.at, places, strict=True))
        count = len(flat) * math.prod(self.ranges.values())
        if count > LARGEST:
            raise FormulaError("too many numbers to check it")
        return ex.value_at(self.formula, points, self.ranges, {**self.arrays, DELTA: np.asarray(delta)}, self.batch)

    def whole(self, delta):
        """The gradient of the input."""
        size = math.prod(self.shape)
        step = max(1, LARGEST // max(1, math.prod(self.ranges.values())))
        parts = [self.at_points(delta, np.arange(k, min(k + step, size))) for k in range(0, size, step)]
        return np.concatenate([np.zeros(0), *parts]).reshape(self.shape)


class ClosedForm(ex.Expression):
    """A Sum in the names of a graph. The first part is δ, the gradient that the step began with."""

    __slots__ = ("sum", "written", "indices", "about")

    precedence = ex.PRODUCT

    def __init__(self, one, written, indices, about, delta):
        self.sum, self.written, self.indices, self.about = one, written, indices, about
        super().__init__(delta)
        self.key = (*self.key, id(one))
        self.shaped = True

    def rebuilt(self, parts):
        return ClosedForm(self.sum, self.written, self.indices, self.about, *parts)

    def evaluate(self):
        return self.sum.whole(self.parts[0].evaluate())

    def text(self):
        return self.written.text()

    def latex(self):
        return self.written.latex()


def closed_form(node, i, check, symbol_of, delta):
    """The ClosedForm of what the i-th rule of a node makes of δ, or None.

    check : f(g), what the rule gives
    symbol_of : f(letter), the formula that stands for an input or the value in the graph, or None
    """
    operation = node.operation
    if operation.variadic or not operation.rules[i].at:
        return None
    try:
        one = Sum(node, i)
        if one.batch or not _agrees(one, node, check):
            return None
    except (FormulaError, ValueError, TypeError, KeyError, IndexError):
        return None
    names, formula = {}, one.formula
    for letter in one.arrays:
        names[letter] = symbol_of(letter)
    taken = {word for name in names.values() if name is not None for word in [s.text() for s in name.symbols()]}
    letters = free_letters([*one.at, *one.ranges], taken)
    shown = renamed(formula, names, letters)
    about = operation.words_of(operation.rules[i], one.values)
    return ClosedForm(one, shown, ", ".join(letters[letter] for letter in one.at), about, delta)


def entry_formula(node, i, at, symbol_of):
    """The local derivative of a number by one entry of an input, in the names of a graph; None where there is none."""
    operation = node.operation
    if operation.variadic or not operation.rules[i].at or node.like[0]:
        return None
    try:
        one = Sum(node, i)
        (value,) = one.at_points(1.0, [int(np.ravel_multi_index(at, one.shape))])
    except (FormulaError, ValueError, TypeError, KeyError, IndexError):
        return None
    if one.ranges:
        return None
    letters = dict(zip(one.at, at, strict=True))
    formula = one.formula.map(_numbers({DELTA: 1, **letters}))
    shown = renamed(formula, {letter: symbol_of(letter) for letter in one.arrays}, {})
    return ex.Written(shown.text(), shown.latex(), value, ex.PRODUCT)


def _arrays(node, values):
    """{letter: array}: every array that the operation knows, by its name and by the first letter of that."""
    found = {}
    for name in (*node.operation.names, *node.operation.auxiliaries, "y", *values):
        value = values.get(name)
        if value is not None and not name.endswith("_shape") and isinstance(value, np.ndarray | np.generic | float):
            found.setdefault(name, np.asarray(value))
            found.setdefault(name[0], np.asarray(value))
    found.setdefault("x", np.asarray(value_of(node.note.inputs[0])))
    return found


def _numbers(numbers):
    def meaning(symbol):
        return ex.Number(numbers[symbol.name]) if symbol.name in numbers else symbol

    return meaning


def _agrees(one, node, check):
    rng = np.random.default_rng(7)
    shape, dtype = node.like
    delta = rng.uniform(0.5, 1.5, shape).astype(dtype)
    size = math.prod(one.shape)
    flat = np.arange(size) if size <= CHECKED else rng.choice(size, CHECKED, replace=False)
    with np.errstate(all="ignore"):
        truth = np.asarray(check(delta[()]), dtype=np.float64).reshape(-1)[flat]
        found = one.at_points(delta, flat)
    tolerance = {8: 1e-9, 4: 1e-3, 2: 3e-2}[min(8, np.dtype(dtype).itemsize)]
    scale = np.max(np.abs(truth), initial=0.0, where=np.isfinite(truth))
    return np.allclose(found, truth, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


def free_letters(letters, taken):
    """{letter: itself, or another one where a name of the graph is the same}."""
    spare = (letter for letter in _SPARE if letter not in taken and letter not in letters)
    return {letter: letter if letter not in taken else next(spare) for letter in letters}


def renamed(formula, names, letters):
    def shown(one):
        if isinstance(one, ex.Indexed) and isinstance(one.base, ex.Symbol):
            base = names.get(one.base.name) or one.base
            return ex.Indexed(base, *[shown(index) for index in one.parts[1:]])
        if isinstance(one, ex.Symbol):
            return ex.Symbol(letters[one.name]) if one.name in letters else names.get(one.name) or one
        if isinstance(one, ex.Running):
            return ex.Running(one.sign, [letters[letter] for letter in one.letters], *map(shown, one.parts))
        return one.rebuilt([shown(part) for part in one.parts]) if one.parts else one

    return shown(formula)
