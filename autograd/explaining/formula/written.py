"""What is shown as it is and never simplified: words, derivatives, the factors and terms of the chain rule."""

import numpy as np

from .expression import ATOM, ONE, PRODUCT, SUM, Expression, flattened, inside, is_constant
from .numerals import words_latex


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
    """(∂y/∂x) of arrays, by name; ``about`` says what it is in words, ``closed`` what its transpose makes of δ."""

    __slots__ = ("about", "closed")

    def __init__(self, derivative, about, closed=None):
        self.closed = closed
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
    parts = [part for part in flattened(parts, Chain) if not is_constant(part, 1)] or [ONE]
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
