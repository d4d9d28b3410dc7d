r"""Read the formulas of declarations: ``parse(r"\frac{1}{2 y}")`` is an Expression in the operation's names.

The little language is what declarations of entry-by-entry operations use: numbers and names (``a_{min}``, ``\alpha``,
``x_i``), + − · / and factors side by side, powers, ``\frac``, ``\sqrt``, functions, |x|, ⌊x⌋, parentheses, conditions
in brackets (``[a > b]``), ``a \;\mathrm{if}\; x > 0 \;\mathrm{else}\; b``, and the mean ``\overline{x}`` along the
operation's axes. In what becomes of a gradient ``\delta`` factors side by side are matrices, ``\odot`` multiplies entry
by entry, ``b^T`` is the transpose and ``\sum`` the sum along the operation's axes. Anything else is a FormulaError;
``as_text`` (``source.py``) still writes it.
"""

import functools
import math
import re

import numpy as np

from ...kernels import activations as kernels
from ...kernels import special
from ...kernels.reductions import softmax
from ...markup import GREEK
from .algebra import add, power, product, quotient
from .expression import Number, Symbol
from .functions import Call, Case, Function, Iverson, Relation
from .matrices import MatrixProduct, Transposed
from .written import Written


class FormulaError(ValueError):
    """The formula is not in the language."""


def _onehot(classes, axes, shape):
    """1 at each class along an axis, else 0."""
    (axis,) = axes
    return np.moveaxis(np.eye(shape[axis])[np.asarray(classes)], -1, axis)


def _functions():
    f = Function
    known = {name: f(name, getattr(np, name), f"\\{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
    arcs = [f"arc{name}" for name in ("sin", "cos", "tan")]
    known.update({name: f(name, getattr(np, name), f"\\{name}") for name in arcs})
    known.update({f"ar{name}": f(f"ar{name}", getattr(np, f"arc{name}")) for name in ("sinh", "cosh", "tanh")})
    known.update(
        log=f("log", np.log, r"\log"),
        log2=f("log₂", np.log2, r"\log_2"),
        log10=f("log₁₀", np.log10, r"\log_{10}"),
        exp=f("exp", np.exp, form="exp"),
        sqrt=f("√", np.sqrt, form="root"),
        abs=f("|·|", np.abs, form="bars"),
        floor=f("⌊·⌋", np.floor, form="floor"),
        sgn=f("sgn", np.sign),
        erf=f("erf", kernels.erf),
        sigma=f("σ", kernels.sigmoid, r"\sigma"),
        max=f("max", np.maximum, r"\max"),
        min=f("min", np.minimum, r"\min"),
        mean=f("mean", lambda x, axes, shape: np.mean(x, axis=axes, keepdims=True), along=True),
        total=f("Σ", lambda x, axes, shape: np.sum(x, axis=axes, keepdims=True), r"\sum", form="sum", along=True),
        gammaln=f("gammaln", special.gammaln),
        digamma=f("digamma", special.digamma),
        polygamma=f("polygamma", special.polygamma),
        zeta=f("zeta", special.zeta),
        i0=f("i0", special.i0),
        i0e=f("i0e", special.i0e),
        i1=f("i1", special.i1),
        i1e=f("i1e", special.i1e),
        softmax=f("softmax", lambda x, axes, shape: softmax(x, axes), along=True),
        onehot=f("onehot", _onehot, along=True),
    )
    return known


FUNCTIONS = _functions()
_TOKEN = re.compile(r"\\[A-Za-z]+|\\[^A-Za-z]|[0-9]+(?:\.[0-9]+)?|[A-Za-z]|\S")
_SPACES = {r"\,", r"\;", r"\:", r"\!", r"\ ", r"\quad", r"\left", r"\right"}
_RELATIONS = {"<": "<", ">": ">", "=": "=", r"\leq": "≤", r"\geq": "≥", r"\neq": "≠"}
_GREEK = {f"\\{name}": name for name in GREEK.values()}
PI = Written("π", r"\pi", math.pi)


@functools.lru_cache(maxsize=1024)
def parse(formula):
    """The Expression of a formula; of "y = …" that of the right side."""
    parser = Parser(formula)
    result = parser.cases()
    if parser.here == "=" and result.text() == "y":
        parser.take()
        result = parser.cases()
    if parser.here is not None:
        raise FormulaError(f"{formula}: not understood from {parser.here!r} on")
    return result


class Parser:
    def __init__(self, formula):
        self.formula = formula
        self.tokens = [token for token in _TOKEN.findall(formula) if token not in _SPACES]
        self.place = 0
        self.matrices = r"\delta" in self.tokens

    @property
    def here(self):
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.here
        if token is None or (wanted is not None and token != wanted):
            raise FormulaError(f"{self.formula}: {wanted or 'more'} expected, found {token!r}")
        self.place += 1
        return token

    def word(self):
        """The word that starts here as \\mathrm{word}, or None."""
        if self.here != r"\mathrm":
            return None
        end = self.tokens.index("}", self.place) if "}" in self.tokens[self.place :] else self.place
        return "".join(self.tokens[self.place + 2 : end])

    def take_word(self, wanted):
        if self.word() != wanted:
            raise FormulaError(f"{self.formula}: {wanted!r} expected")
        self.place = self.tokens.index("}", self.place) + 1

    # -- from the loosest to the tightest ------------------------------------------------------

    def cases(self):
        value = self.sum()
        if self.word() != "if":
            return value
        self.take_word("if")
        relation = self.relation(Relation)
        self.take_word("else")
        return Case(value, relation, self.sum())

    def relation(self, kind):
        parts, signs = [self.sum()], []
        while self.here in _RELATIONS:
            signs.append(_RELATIONS[self.take()])
            parts.append(self.sum())
        if not signs:
            raise FormulaError(f"{self.formula}: a condition expected")
        return kind(signs, *parts)

    def sum(self):
        negative = self.here == "-"
        if negative:
            self.take()
        terms = [product(Number(-1), self.term()) if negative else self.term()]
        while self.here in ("+", "-"):
            sign = Number(1 if self.take() == "+" else -1)
            terms.append(product(sign, self.term()))
        return add(*terms)

    def term(self):
        factors, entrywise = [self.factor()], False
        while True:
            if self.here in (r"\cdot", r"\odot"):
                entrywise = entrywise or self.take() == r"\odot"
                factors.append(self.factor())
            elif self.here == "/":
                self.take()
                factors.append(power(self.factor(), Number(-1)))
            elif self.starts_a_factor():
                factors.append(self.factor())
            else:
                break
        if self.matrices and len(factors) > 1 and not entrywise:
            return MatrixProduct(*factors)
        return product(*factors)

    def starts_a_factor(self):
        token = self.here
        if token is None or self.word() in ("if", "else"):
            return False
        if token == r"\mathrm":
            return True
        return (
            token[0].isalnum()
            or token in ("(", "[", r"\frac", r"\sqrt", r"\lfloor", r"\pi", r"\overline")
            or (token == r"\sum" and self.matrices)
            or (token in _GREEK or token[1:] in FUNCTIONS)
        )

    def factor(self):
        base = self.base()
        if self.here != "^":
            return base
        self.take()
        if self.here == "T" or self.tokens[self.place : self.place + 3] == ["{", "T", "}"]:
            self.place += 1 if self.here == "T" else 3
            return Transposed(base)
        exponent = self.argument()
        if isinstance(base, Symbol) and base.name == "e":
            return Call(FUNCTIONS["exp"], exponent)
        return power(base, exponent)

    def argument(self):
        """{…}, or the one token that stands for it."""
        if self.here == "{":
            self.take()
            value = self.sum()
            self.take("}")
            return value
        token = self.take()
        if token[0].isdigit():
            value = token[0]
            if len(token) > 1:  # x^12 is x¹ 2
                self.place -= 1
                self.tokens[self.place] = token[1:]
            return Number(int(value))
        if token.isalpha():
            return Symbol(token)
        raise FormulaError(f"{self.formula}: {token!r} not understood")

    def base(self):
        token = self.here
        if token is None:
            raise FormulaError(f"{self.formula}: ends too early")
        if token[0].isdigit():
            return Number(float(self.take()) if "." in token else int(self.take()))
        if token == "(":
            return self.enclosed("(", ")")
        if token == "|":
            return Call(FUNCTIONS["abs"], self.enclosed("|", "|"))
        if token == r"\lfloor":
            return Call(FUNCTIONS["floor"], self.enclosed(r"\lfloor", r"\rfloor"))
        if token == "[":
            self.take()
            relation = self.relation(Iverson)
            self.take("]")
            return relation
        if token == r"\frac":
            self.take()
            above = self.argument()
            return quotient(above, self.argument())
        if token == r"\sqrt":
            self.take()
            return Call(FUNCTIONS["sqrt"], self.argument())
        if token == r"\pi":
            self.take()
            return PI
        if token == r"\overline":
            self.take()
            return Call(FUNCTIONS["mean"], self.argument())
        if token == r"\sum" and self.matrices:
            self.take()
            return Call(FUNCTIONS["total"], self.factor())
        return self.named()

    def enclosed(self, opening, closing):
        self.take(opening)
        value = self.sum()
        self.take(closing)
        return value

    def named(self):
        """A function of what follows, or a name with its subscript."""
        name = self.word()
        if name is not None:
            self.take_word(name)
            if name not in FUNCTIONS:
                raise FormulaError(f"{self.formula}: {name!r} is no function that is known here")
        else:
            name = self.take()
            name = _GREEK.get(name, name[1:] if name[1:] in FUNCTIONS else name)
        if not name.isalnum():
            raise FormulaError(f"{self.formula}: {name!r} not understood")
        subscript = self.subscript()
        if name == "log" and subscript in ("2", "10"):
            name, subscript = f"log{subscript}", None
        if name in FUNCTIONS and subscript is None and (name != "sigma" or self.here == "("):
            if self.here == "(":
                self.take()
                arguments = [self.sum()]
                while self.here == ",":
                    self.take()
                    arguments.append(self.sum())
                self.take(")")
                return Call(FUNCTIONS[name], *arguments)
            return Call(FUNCTIONS[name], self.factor())
        return Symbol(name if subscript is None else f"{name}_{subscript}")

    def subscript(self):
        if self.here != "_":
            return None
        self.take()
        if self.here != "{":
            return self.take()
        self.take()
        letters = []
        while self.here not in ("}", None):
            letters.append(self.take())
        self.take("}")
        if not all(letter.isalnum() for letter in letters):
            raise FormulaError(f"{self.formula}: the subscript is not understood")
        return "".join(letters)
