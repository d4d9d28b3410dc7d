r"""Formulas: built simple, evaluated, and written as text and as LaTeX.

``product(2, difference)`` and its like simplify as they build, just as far as a teacher's hand would:
constants are multiplied out (½ · 2 · (−1) is −1), −(a − b) is b − a, zeros and ones vanish, equal factors
become powers. ``.text()`` gives "out_o1 (1 − out_o1)", ``.latex()`` the same as LaTeX, ``.evaluate()`` the number
or array that it stands for: formulas can be held against the rules that they describe.

Text and LaTeX put parentheses by ``precedence``.
"""

from fractions import Fraction

import numpy as np

from .numerals import (
    MINUS,
    bare_name,
    latex_numeral,
    name_latex,
    numeral,
    plain,
    raised,
    words_latex,
)

CASE, SUM, PRODUCT, POWER, ATOM = range(5)


class Expression:
    """A formula. Never changed; ``key`` tells equal ones, ``size`` counts the parts.

    parts     : the formulas that it is made of
    shaped    : whether it stands for an array with axes
    """

    __slots__ = ("parts", "key", "shaped")

    def __init__(self, *parts):
        self.parts = parts
        self.key = (type(self).__name__, *[part.key for part in parts])
        self.shaped = any([part.shaped for part in parts])

    @property
    def precedence(self):
        return ATOM

    # Every kind of formula defines these three.

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


# -- numbers and symbols -----------------------------------------------------------------------


class Number(Expression):
    """A constant: a Fraction where it is a simple one, else a float."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = _simple(number)
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
    return f"{x:.9g}".replace("-", MINUS)


def _simple(number):
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

    def __init__(self, name, of=None, mark=None, identity=None):
        self.name, self.of, self.mark = name, of, mark
        self.parts = ()
        self.key = ("Symbol", name, mark, identity)
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


# -- sums and products -------------------------------------------------------------------------


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

    def _joined(self, latex):
        pieces = [inside(self.parts[0], SUM, latex)]
        for part in self.parts[1:]:
            negative = coefficient(part) < 0
            size = negated(part) if negative else part
            pieces += ["-" if latex and negative else MINUS if negative else "+", inside(size, PRODUCT, latex)]
        return " ".join(pieces)


def add(*terms):
    """The sum: flat, constants added up, equal terms counted."""
    counts, order, constant, place = {}, {}, Fraction(0), None
    for term in _flat(terms, Sum):
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
    for factor in factors[1:]:
        if before.shaped and factor.shaped:
            sign = r" \odot " if latex else " ⊙ "
        else:
            sign = r" \, " if latex else " "
        pieces += [sign, inside(factor, POWER, latex)]
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
    return Product(_simple(times), parts)


def _times(a, b):
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a * b
    return _simple(float(a) * float(b))


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


def _flat(parts, kind):
    for part in parts:
        if type(part) is kind:
            yield from part.parts
        else:
            yield part


def is_constant(part, number):
    """Whether a formula is just that number."""
    return isinstance(part, Number) and part.number == number


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


# -- functions and cases -----------------------------------------------------------------------


class Function:
    """How a function is written and computed.

    form : how it is written, if not as "name(x, y)": "bars", "floor", "root", "exp"
    identity : tells two functions of one name apart: only calls of the same one are equal formulas
    """

    __slots__ = ("name", "compute", "latex", "form", "identity")

    def __init__(self, name, compute, latex=None, form=None, identity=None):
        self.name, self.compute, self.identity = name, compute, identity
        self.latex = latex or rf"\mathrm{{{name}}}"
        self.form = form


class Call(Expression):
    """A function of formulas: σ(net_h1), log x, √x, |x|, max(x, 0)."""

    __slots__ = ("function",)

    def __init__(self, function, *parts):
        self.function = function
        super().__init__(*parts)
        self.key = (*self.key, function.name, function.identity)

    @property
    def precedence(self):
        return ATOM if self.function.form in (None, "bars", "floor") else POWER

    def rebuilt(self, parts):
        return Call(self.function, *parts)

    def evaluate(self):
        return self.function.compute(*[part.evaluate() for part in self.parts])

    def text(self):
        form, name = self.function.form, self.function.name
        if form == "bars":
            return f"|{self.parts[0].text()}|"
        if form == "floor":
            return f"⌊{self.parts[0].text()}⌋"
        if form == "root":
            return f"√{inside(self.parts[0], ATOM)}"
        return f"{name}({', '.join(part.text() for part in self.parts)})"

    def latex(self):
        form = self.function.form
        if form == "bars":
            return rf"\left|{self.parts[0].latex()}\right|"
        if form == "floor":
            return rf"\left\lfloor {self.parts[0].latex()} \right\rfloor"
        if form == "root":
            return rf"\sqrt{{{self.parts[0].latex()}}}"
        if form == "exp":
            return f"e^{{{self.parts[0].latex()}}}"
        return rf"{self.function.latex}\left({', '.join(part.latex() for part in self.parts)}\right)"


_RELATIONS = {
    "<": (np.less, "<", "<"),
    ">": (np.greater, ">", ">"),
    "=": (np.equal, "=", "="),
    "≤": (np.less_equal, "≤", r"\leq "),
    "≥": (np.greater_equal, "≥", r"\geq "),
    "≠": (np.not_equal, "≠", r"\neq "),
}


class Relation(Expression):
    """a > b, or a ≤ x ≤ b: 1 where it holds, else 0."""

    __slots__ = ("signs",)

    precedence = CASE

    def __init__(self, signs, *parts):
        self.signs = tuple(signs)
        super().__init__(*parts)
        self.key = (*self.key, *self.signs)

    def rebuilt(self, parts):
        return type(self)(self.signs, *parts)

    def evaluate(self):
        values = [part.evaluate() for part in self.parts]
        holds = True
        for sign, a, b in zip(self.signs, values, values[1:], strict=False):
            holds = holds & _RELATIONS[sign][0](a, b)
        return np.asarray(holds, dtype=float)[()]

    def text(self):
        pieces = [self.parts[0].text()]
        for sign, part in zip(self.signs, self.parts[1:], strict=True):
            pieces += [_RELATIONS[sign][1], part.text()]
        return " ".join(pieces)

    def latex(self):
        pieces = [self.parts[0].latex()]
        for sign, part in zip(self.signs, self.parts[1:], strict=True):
            pieces += [_RELATIONS[sign][2], part.latex()]
        return " ".join(pieces)


class Iverson(Relation):
    """[a > b]: 1 where it holds, else 0."""

    __slots__ = ()

    precedence = ATOM

    def text(self):
        return f"[{super().text()}]"

    def latex(self):
        return rf"\left[{super().latex()}\right]"


class Case(Expression):
    """a if relation else b."""

    __slots__ = ()

    precedence = CASE

    def evaluate(self):
        then, relation, other = [part.evaluate() for part in self.parts]
        return np.where(np.asarray(relation) != 0, then, other)[()]

    def text(self):
        then, relation, other = [part.text() for part in self.parts]
        return f"{then} if {relation}, else {other}"

    def latex(self):
        then, relation, other = [part.latex() for part in self.parts]
        return rf"{then} \;\mathrm{{if}}\; {relation} \;\mathrm{{else}}\; {other}"


# -- what is shown as it is --------------------------------------------------------------------


class Written(Expression):
    """A formula given as text and LaTeX, with the number or array that it stands for."""

    __slots__ = ("words", "code", "of", "binds")

    def __init__(self, words, code, of=None, precedence=ATOM, shaped=None):
        self.words, self.code, self.of, self.binds = words, code, of, precedence
        self.parts = ()
        self.key = ("Written", words, id(of))
        self.shaped = bool(np.ndim(of)) if shaped is None else shaped

    @property
    def precedence(self):
        return self.binds

    def map(self, f):
        return self

    def evaluate(self):
        return self.of

    def text(self):
        return self.words

    def latex(self):
        return self.code


class Jacobian(Written):
    """(∂y/∂x) of arrays, by name; ``about`` says what it is in words."""

    __slots__ = ("about",)

    def __init__(self, derivative, about):
        super().__init__(f"({derivative.text()})", rf"\left({derivative.latex()}\right)", shaped=True)
        self.about = about


def words(text):
    """Words in place of a formula."""
    return Written(text, words_latex(text))


class Derivative(Expression):
    """∂top/∂bottom. ``direct`` marks the derivative with all other named values held fixed: ∂⁺."""

    __slots__ = ("top", "bottom", "of", "direct")

    def __init__(self, top, bottom, of=None, direct=False):
        self.top, self.bottom, self.of, self.direct = top, bottom, of, direct
        self.parts = ()
        self.key = ("Derivative", top.key, bottom.key, direct)
        self.shaped = bool(np.ndim(of))

    def map(self, f):
        return self

    def evaluate(self):
        return self.of

    def text(self):
        return f"∂{'⁺' if self.direct else ''}{self.top.text()}/∂{self.bottom.text()}"

    def latex(self):
        sign = r"\partial^{+}" if self.direct else r"\partial"
        return rf"\frac{{{sign} {self.top.latex()}}}{{\partial {self.bottom.latex()}}}"


class Chain(Expression):
    """Factors of the chain rule, each kept by itself: a · b · c."""

    __slots__ = ()

    precedence = PRODUCT

    def evaluate(self):
        value = self.parts[0].evaluate()
        for part in self.parts[1:]:
            value = value * part.evaluate()
        return value

    def text(self):
        return self._joined(False)

    def latex(self):
        return self._joined(True)

    def _joined(self, latex):
        if len(self.parts) == 1:
            return self.parts[0].latex() if latex else self.parts[0].text()
        pieces = [inside(self.parts[0], PRODUCT, latex)]
        for before, part in zip(self.parts, self.parts[1:], strict=False):
            both = before.shaped and part.shaped
            sign = (r" \odot " if both else r" \cdot ") if latex else (" ⊙ " if both else " · ")
            pieces += [sign, inside(part, PRODUCT, latex)]
        return "".join(pieces)


def chain(*parts):
    """A chain without needless ones; a single factor is itself."""
    parts = [part for part in _flat(parts, Chain) if not is_constant(part, 1)] or [ONE]
    return parts[0] if len(parts) == 1 else Chain(*parts)


class Total(Expression):
    """Terms kept as they are: a + b + (−c)."""

    __slots__ = ()

    precedence = SUM

    def evaluate(self):
        return sum([part.evaluate() for part in self.parts])

    def text(self):
        first, *rest = self.parts
        return " + ".join([inside(first, SUM), *[inside(part, PRODUCT) for part in rest]])

    def latex(self):
        first, *rest = self.parts
        return " + ".join([inside(first, SUM, True), *[inside(part, PRODUCT, True) for part in rest]])


def total(*parts):
    return parts[0] if len(parts) == 1 else Total(*parts)


# -- matrices ----------------------------------------------------------------------------------


class Transposed(Expression):
    """xᵀ; of a stack of matrices, each."""

    __slots__ = ()

    precedence = POWER

    def evaluate(self):
        value = np.asarray(self.parts[0].evaluate())
        return np.swapaxes(value, -1, -2) if value.ndim > 1 else value

    def text(self):
        return inside(self.parts[0], ATOM) + "ᵀ"

    def latex(self):
        return inside(self.parts[0], ATOM, True) + "^{T}"


class MatrixProduct(Expression):
    """a b, the product of matrices, kept in order."""

    __slots__ = ()

    precedence = PRODUCT

    def evaluate(self):
        value = self.parts[0].evaluate()
        for part in self.parts[1:]:
            value = value @ part.evaluate()
        return value

    def text(self):
        return " ".join(inside(part, POWER) for part in self.parts)

    def latex(self):
        return r" \, ".join(inside(part, POWER, True) for part in self.parts)


class AxisSum(Expression):
    """Σ over axes of an array, kept or dropped as ``shape`` says."""

    __slots__ = ("axes", "shape")

    precedence = PRODUCT

    def __init__(self, axes, shape, part):
        self.axes, self.shape = tuple(axes), tuple(shape)
        super().__init__(part)
        self.key = (*self.key, self.axes, self.shape)
        self.shaped = bool(shape)

    def rebuilt(self, parts):
        return AxisSum(self.axes, self.shape, *parts)

    def evaluate(self):
        return np.sum(self.parts[0].evaluate(), axis=self.axes).reshape(self.shape)[()]

    def label(self):
        return f"axes {', '.join(map(str, self.axes))}" if len(self.axes) > 1 else f"axis {self.axes[0]}"

    def text(self):
        return f"Σ({self.label()}) {inside(self.parts[0], PRODUCT)}"

    def latex(self):
        return rf"\sum_{{{words_latex(self.label())}}} {inside(self.parts[0], PRODUCT, True)}"


class Reshaped(Expression):
    """An array with its entries in another shape."""

    __slots__ = ("shape",)

    def __init__(self, shape, part):
        self.shape = tuple(shape)
        super().__init__(part)
        self.key = (*self.key, self.shape)

    def rebuilt(self, parts):
        return Reshaped(self.shape, *parts)

    def evaluate(self):
        return np.reshape(self.parts[0].evaluate(), self.shape)

    def text(self):
        return f"reshape({self.parts[0].text()}, {self.shape})"

    def latex(self):
        return rf"\mathrm{{reshape}}\left({self.parts[0].latex()},\, {words_latex(str(self.shape))}\right)"


class AxisRepeat(Expression):
    """An array repeated along new axes: what becomes of a gradient on its way back through a sum."""

    __slots__ = ("axes", "shape")

    def __init__(self, axes, shape, part):
        self.axes, self.shape = tuple(axes), tuple(shape)
        super().__init__(part)
        self.key = (*self.key, self.axes, self.shape)
        self.shaped = True

    def rebuilt(self, parts):
        return AxisRepeat(self.axes, self.shape, *parts)

    def evaluate(self):
        return np.broadcast_to(np.expand_dims(self.parts[0].evaluate(), self.axes), self.shape)

    def label(self):
        return f"along axes {', '.join(map(str, self.axes))}" if len(self.axes) > 1 else f"along axis {self.axes[0]}"

    def text(self):
        return f"repeat({inside(self.parts[0], SUM)}, {self.label()})"

    def latex(self):
        return rf"\mathrm{{repeat}}\left({self.parts[0].latex()},\, {words_latex(self.label())}\right)"
