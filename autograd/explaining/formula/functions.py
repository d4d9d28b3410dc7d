"""Functions of formulas, conditions, and what is one thing or another by a condition."""

import numpy as np

from .expression import ATOM, CASE, POWER, PRODUCT, Expression, inside
from .numerals import words_latex


class Function:
    """How a function is written and computed.

    form : how it is written, if not as "name(x, y)": "bars", "floor", "root", "exp", "sum"
    along : whether it works along an operation's axes: ``compute(x, axes, shape)``, with the shape of its input
    identity : tells two functions of one name apart: only calls of the same one are equal formulas
    """

    __slots__ = ("name", "compute", "latex", "form", "identity", "along")

    def __init__(self, name, compute, latex=None, form=None, identity=None, along=False):
        self.name, self.compute, self.identity = name, compute, identity
        self.latex = latex or rf"\mathrm{{{name}}}"
        self.form, self.along = form, along

    def bound(self, axes, shape):
        """The same function along given axes of an operation's input of a given shape."""
        return Function(self.name, lambda x: self.compute(x, axes, shape), self.latex, self.form, identity=tuple(axes))


class Call(Expression):
    """A function of formulas: σ(net_h1), log x, √x, |x|, max(x, 0)."""

    __slots__ = ("function",)

    def __init__(self, function, *parts):
        self.function = function
        super().__init__(*parts)
        self.key = (*self.key, function.name, function.identity)

    @property
    def precedence(self):
        if self.function.form == "sum":
            return PRODUCT
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
        if form == "sum":
            return f"Σ({axes_label(self.function.identity)}) {inside(self.parts[0], PRODUCT)}"
        return f"{name}({', '.join(part.text() for part in self.parts)})"

    def latex(self):
        form = self.function.form
        if form == "bars":
            return rf"\left|{self.parts[0].latex()}\right|"
        if form == "floor":
            return rf"\left\lfloor {self.parts[0].latex()} \right\rfloor"
        if form == "root":
            return rf"\sqrt{{{self.parts[0].latex()}}}"
        if form == "sum":
            below = words_latex(axes_label(self.function.identity))
            return rf"\sum_{{{below}}} {inside(self.parts[0], PRODUCT, True)}"
        if form == "exp":
            return f"e^{{{self.parts[0].latex()}}}"
        return rf"{self.function.latex}\left({', '.join(part.latex() for part in self.parts)}\right)"


def axes_label(axes):
    """ "axis 0", "axes 0, 1"."""
    return f"axes {', '.join(map(str, axes))}" if len(axes) > 1 else f"axis {axes[0]}"


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
