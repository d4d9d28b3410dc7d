"""What every formula is: something with parts that can be evaluated, and written as text and as LaTeX.

Text and LaTeX put parentheses by ``precedence``. The simplest formulas, which have no parts, are here too: numbers and
named values.
"""

from fractions import Fraction

import numpy as np

from .numerals import MINUS, bare_name, digits_asked, latex_numeral, name_latex, numeral, plain, raised

CASE, SUM, PRODUCT, POWER, ATOM = range(5)


class Expression:
    """A formula. Never changed; ``key`` tells equal ones.

    parts     : the formulas that it is made of
    shaped    : whether it stands for an array with axes
    """

    __slots__ = ("parts", "key", "shaped")

    side_by_side = False  # whether it is a product of matrices, and needs no parentheses beside a number

    def __init__(self, *parts):
        self.parts = parts
        self.key = (type(self).__name__, *[part.key for part in parts])
        self.shaped = any([part.shaped for part in parts])

    @property
    def precedence(self):
        return ATOM

    # Every kind of formula defines these three: whoever comes here forgot one. What has no value by itself, or is not
    # understood, is a FormulaError instead, which callers catch.

    def evaluate(self):
        """The number or array that it stands for."""
        raise NotImplementedError

    def text(self):
        raise NotImplementedError

    def latex(self):
        raise NotImplementedError

    def map(self, f):
        """The same formula with ``f(symbol)`` in place of each symbol, simplified again."""
        return self.rebuilt([part.map(f) for part in self.parts])

    def rebuilt(self, parts):
        return type(self)(*parts)

    def symbols(self):
        """Every Symbol in it, in order."""
        todo, found = [self], []
        while todo:
            one = todo.pop()
            found.append(one) if isinstance(one, Symbol) else todo.extend(reversed(one.parts))
        return found

    def __repr__(self):
        return f"<{type(self).__name__} {self.text()}>"


def inside(part, precedence, latex=False):
    """A part's text, in parentheses where it binds less than ``precedence``."""
    written = part.latex() if latex else part.text()
    if part.precedence >= precedence:
        return written
    return rf"\left({written}\right)" if latex else f"({written})"


def walk(formula):
    """A formula and all that it is made of."""
    todo = [formula]
    for one in todo:
        todo.extend(one.parts)
    return todo


def flattened(parts, kind):
    for part in parts:
        if type(part) is kind:
            yield from part.parts
        else:
            yield part


# -- numbers and symbols -----------------------------------------------------------------------


class Number(Expression):
    """A constant: a Fraction where it is a simple one, else a float."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = simple(number)
        self.parts = ()
        self.key = ("Number", str(self.number))
        self.shaped = False

    @property
    def precedence(self):
        if self.number < 0:
            return SUM
        return PRODUCT if "/" in constant_numeral(self.number) else ATOM

    def map(self, f):
        return self

    def evaluate(self):
        return float(self.number)

    def text(self):
        return constant_numeral(self.number)

    def latex(self):
        text = constant_numeral(self.number)
        if "/" not in text:
            return latex_numeral(text)
        sign = "-" if self.number < 0 else ""
        return rf"{sign}\frac{{{abs(self.number.numerator)}}}{{{self.number.denominator}}}"


def constant_numeral(x):
    """A number inside a formula: a fraction, or a float in as few digits as say it (at most nine)."""
    if isinstance(x, Fraction):
        if x.denominator == 1:
            return str(x.numerator).replace("-", MINUS)
        short = f"{float(x):.6g}"
        if "e" not in short and Fraction(short) == x:
            return short.replace("-", MINUS)
        return f"{x.numerator}/{x.denominator}".replace("-", MINUS)
    x = plain(x)
    return f"{x:.{digits_asked() or 9}g}".replace("-", MINUS)


def simple(number):
    """A number as a Fraction where it is a simple one, else as a float."""
    if isinstance(number, int | Fraction):
        return Fraction(number)
    number = plain(number)
    if np.isfinite(number) and abs(number) < 1e9:
        exact = Fraction(number)
        if exact.denominator <= 1024:
            return exact
    return number


ZERO, ONE = Number(0), Number(1)


class Symbol(Expression):
    """A named value. ``mark`` tells values of one name apart: x⁽²⁾ is the second x."""

    __slots__ = ("name", "mark", "of")

    def __init__(self, name, of=None, mark=None):
        self.name, self.of, self.mark = name, of, mark
        self.parts = ()
        self.key = ("Symbol", name, mark)
        self.shaped = bool(np.ndim(of))

    @property
    def precedence(self):
        return ATOM if self.mark is None else POWER

    def map(self, f):
        return f(self)

    def evaluate(self):
        return self.of

    def text(self):
        return bare_name(self.name) + ("" if self.mark is None else f"⁽{raised(self.mark)}⁾")

    def latex(self):
        return name_latex(self.name) + ("" if self.mark is None else f"^{{({self.mark})}}")


class Entry(Symbol):
    """One entry of a named value: x[0, 2]; ``index`` may be any text, as for a general entry x[m + 1]."""

    __slots__ = ("symbol", "index")

    precedence = ATOM

    def __init__(self, symbol, index, of=None):
        self.symbol, self.index = symbol, index
        self.name, self.mark, self.of = symbol.name, symbol.mark, of
        self.parts = ()
        self.key = ("Entry", symbol.key, str(index))
        self.shaped = False

    def text(self):
        return f"{self.symbol.text()}[{self._inner()}]" if self.index != () else self.symbol.text()

    def latex(self):
        if self.index == ():
            return self.symbol.latex()
        inner = self._inner().replace(MINUS, "-").replace("·", r" \cdot ").replace(", ", r",\, ")
        return rf"{self.symbol.latex()}\left[{inner}\right]"

    def _inner(self):
        return self.index if isinstance(self.index, str) else ", ".join(str(i) for i in self.index)


class Numeral(Expression):
    """A number to be shown as a result, with its nine digits."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number
        self.parts = ()
        self.key = ("Numeral", str(number))
        self.shaped = False

    @property
    def precedence(self):
        return SUM if self.text().startswith(MINUS) else ATOM

    def map(self, f):
        return self

    def evaluate(self):
        return self.number

    def text(self):
        return numeral(self.number)

    def latex(self):
        return latex_numeral(numeral(self.number))


def is_constant(part, number):
    """Whether a formula is just that number."""
    return isinstance(part, Number) and part.number == number
