"""Sums, products and powers, which simplify as they are built: just as far as a teacher's hand would.

``product(2, difference)`` and its like multiply constants out (½ · 2 · (−1) is −1), turn −(a − b) into b − a, drop
zeros and ones, and make powers of equal factors.
"""

from fractions import Fraction

import numpy as np

from .expression import (
    ATOM,
    ONE,
    POWER,
    PRODUCT,
    SUM,
    ZERO,
    Expression,
    Number,
    constant_numeral,
    flattened,
    inside,
    is_constant,
    simple,
)  # fmt: skip
from .functions import Call
from .numerals import MINUS, raised


class Sum(Expression):
    """Made by ``add``."""

    __slots__ = ()

    precedence = SUM

    def rebuilt(self, parts):
        return add(*parts)

    def evaluate(self):
        total = self.parts[0].evaluate()
        for part in self.parts[1:]:
            total = total + part.evaluate()
        return total

    def text(self):
        return self._joined(False)

    def latex(self):
        return self._joined(True)

    def signed(self):
        """[("", first term), ("+" or "-", the next without its sign), …]."""
        found = [("", self.parts[0])]
        for part in self.parts[1:]:
            found.append(("-", negated(part)) if coefficient(part) < 0 else ("+", part))
        return found

    def _joined(self, latex):
        (_, first), *others = self.signed()
        pieces = [inside(first, SUM, latex)]
        for sign, part in others:
            pieces += [sign if latex else sign.replace("-", MINUS), inside(part, PRODUCT, latex)]
        return " ".join(pieces)


def add(*terms):
    """The sum: flat, constants added up, equal terms counted."""
    counts, order, constant, place = {}, {}, Fraction(0), None
    for term in flattened(terms, Sum):
        if isinstance(term, Number):
            constant = constant + term.number
            place = len(order) if place is None else place
            continue
        bare, times = _split(term)
        order.setdefault(bare.key, bare)
        counts[bare.key] = counts.get(bare.key, 0) + times
    parts = [product(Number(counts[key]), bare) for key, bare in order.items()]
    if constant != 0:
        parts.insert(place, Number(constant))
    parts = [part for part in parts if not is_constant(part, 0)]
    if not parts:
        return ZERO
    return parts[0] if len(parts) == 1 else Sum(*parts)


class Product(Expression):
    """Made by ``product``: a number times factors, none of which is a number or a product."""

    __slots__ = ("times",)

    def __init__(self, times, factors):
        self.times = times
        super().__init__(*factors)
        self.key = (*self.key, str(times))

    @property
    def precedence(self):
        return SUM if self.times < 0 else PRODUCT

    def rebuilt(self, parts):
        return product(Number(self.times), *parts)

    def evaluate(self):
        value = float(self.times)
        for part in self.parts:
            value = value * part.evaluate()
        return value

    def text(self):
        sign, above, below = self._fraction()
        top = _row(above, False, PRODUCT if sign or below else SUM) or "1"
        if not below:
            return sign.replace("-", MINUS) + top
        bottom = _row(below, False, SUM)
        simple = len(below) == 1 and below[0].precedence > PRODUCT
        return f"{sign.replace('-', MINUS)}{top}/{bottom if simple else f'({bottom})'}"

    def latex(self):
        sign, above, below = self._fraction()
        if not below:
            return sign + _row(above, True, PRODUCT if sign else SUM)
        top, bottom = [_row(row, True, SUM) or "1" for row in (above, below)]
        return rf"{sign}\frac{{{top}}}{{{bottom}}}"

    def _fraction(self):
        """(sign, factors above, factors below the line)."""
        above, below = [], []
        for part in self.parts:
            if isinstance(part, Power) and isinstance(part.parts[1], Number) and part.parts[1].number < 0:
                below.append(power(part.parts[0], Number(-part.parts[1].number)))
            else:
                above.append(part)
        size = abs(self.times)
        if isinstance(size, Fraction) and (below or "/" in constant_numeral(size)):
            over, under = Fraction(size.numerator), Fraction(size.denominator)
        else:
            over, under = size, 1
        if over != 1:
            above.insert(0, Number(over))
        if under != 1:
            below.insert(0, Number(under))
        return "-" if self.times < 0 else "", above, below


def _row(factors, latex, alone):
    """Factors side by side; a ⊙ between arrays, whose product is entry by entry.

    A single factor has parentheses if it binds less than ``alone``.
    """
    if not factors:
        return ""
    pieces = [inside(factors[0], alone if len(factors) == 1 else POWER, latex)]
    before = factors[0]
    for place, factor in enumerate(factors[1:]):
        binds = POWER
        if before.shaped and factor.shaped:
            sign = r" \odot " if latex else " ⊙ "
        else:
            sign = r" \, " if latex else " "
            if factor.side_by_side and place == len(factors) - 2:
                binds = PRODUCT
        pieces += [sign, inside(factor, binds, latex)]
        before = factor if factor.shaped or not before.shaped else before
    return "".join(pieces)


def product(*factors):
    """The product: flat, constants multiplied out, equal factors collected, −(a − b) turned into b − a."""
    times, powers, bases = Fraction(1), {}, {}
    todo = list(reversed(factors))
    while todo:
        factor = todo.pop()
        if isinstance(factor, Number):
            times = _times(times, factor.number)
        elif isinstance(factor, Product):
            times = _times(times, factor.times)
            todo.extend(reversed(factor.parts))
        else:
            base, exponent = factor.parts if isinstance(factor, Power) else (factor, ONE)
            if base.key in bases:
                powers[base.key] = add(powers[base.key], exponent)
            else:
                bases[base.key], powers[base.key] = base, exponent
    if times == 0:
        return ZERO
    parts = [power(base, powers[key]) for key, base in bases.items()]
    numbers = [part.number for part in parts if isinstance(part, Number)]
    parts = [part for part in parts if not isinstance(part, Number)]
    for number in numbers:
        times = _times(times, number)
    if times < 0:
        for i, part in enumerate(parts):
            if isinstance(part, Sum) and any(coefficient(term) < 0 for term in part.parts):
                parts[i], times = _turned(part), -times
                break
    if not parts:
        return Number(times)
    if times == 1 and len(parts) == 1:
        return parts[0]
    return Product(simple(times), parts)


def _times(a, b):
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a * b
    return simple(float(a) * float(b))


def _turned(total):
    """−(a − b) as b − a."""
    terms = [negated(term) for term in total.parts]
    first = next(i for i, term in enumerate(terms) if coefficient(term) > 0)
    return Sum(terms[first], *terms[:first], *terms[first + 1 :])


def negated(term):
    if isinstance(term, Number):
        return Number(-term.number)
    if isinstance(term, Product):
        return term.parts[0] if term.times == -1 and len(term.parts) == 1 else Product(-term.times, term.parts)
    return Product(Fraction(-1), [term])


def coefficient(term):
    """The number in front of a term."""
    if isinstance(term, Number):
        return term.number
    return term.times if isinstance(term, Product) else Fraction(1)


def _split(term):
    """(the term without its number, the number)."""
    if not isinstance(term, Product):
        return term, Fraction(1)
    bare = term.parts[0] if len(term.parts) == 1 else Product(Fraction(1), term.parts)
    return bare, term.times


class Power(Expression):
    """Made by ``power``."""

    __slots__ = ()

    precedence = POWER

    def rebuilt(self, parts):
        return power(*parts)

    def evaluate(self):
        base, exponent = [part.evaluate() for part in self.parts]
        return np.power(np.asarray(base, dtype=float), exponent)

    def text(self):
        base, exponent = self.parts
        if isinstance(exponent, Number) and exponent.number < 0:
            return Product(Fraction(1), [self]).text()
        written = inside(base, ATOM)
        if isinstance(exponent, Number) and Fraction(exponent.number).denominator == 1:
            return written + raised(exponent.number)
        return f"{written}^{inside(exponent, ATOM)}"

    def latex(self):
        base, exponent = self.parts
        if isinstance(exponent, Number) and exponent.number < 0:
            return Product(Fraction(1), [self]).latex()
        if isinstance(base, Call) or "^" in base.latex():
            return rf"\left({base.latex()}\right)^{{{exponent.latex()}}}"
        return f"{inside(base, ATOM, True)}^{{{exponent.latex()}}}"


def power(base, exponent):
    if is_constant(exponent, 0):
        return ONE
    if is_constant(exponent, 1):
        return base
    if isinstance(base, Number) and isinstance(exponent, Number):
        if is_constant(base, 1):
            return ONE
        whole = isinstance(exponent.number, Fraction) and exponent.number.denominator == 1
        if whole and abs(exponent.number) < 64 and isinstance(base.number, Fraction) and base.number != 0:
            return Number(base.number ** int(exponent.number))
    if isinstance(base, Power) and isinstance(exponent, Number) and exponent.number == -1:
        return power(base.parts[0], product(base.parts[1], exponent))
    if isinstance(base, Product) and isinstance(exponent, Number) and exponent.number == -1:
        if isinstance(base.times, Fraction):
            return product(Number(1 / base.times), *[power(part, exponent) for part in base.parts])
        return product(*[power(part, exponent) for part in (Number(base.times), *base.parts)])
    return Power(base, exponent)


def quotient(a, b):
    return product(a, power(b, Number(-1)))
