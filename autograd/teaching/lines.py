r"""The lines of a function as formulas: ``net = w * x + b`` as net = w x + b, in HTML and in LaTeX.

``lines_of(function)`` reads its source; where the lines are more than assignments (loops, branches), they are shown as
the code that they are.

>>> line = ast.parse("out_o1 = 0.5 * (t - x[0]) ** 2").body[0]
>>> print(Html().equation(line.targets[0], line.value))
out<sub>o1</sub> = 0.5 (<i>t</i> − <i>x</i><sub>0</sub>)<sup>2</sup>
>>> print(Latex().equation(line.targets[0], line.value))
\mathrm{out}_{o1} = 0.5\, \left(t - x_{0}\right)^{2}
"""

import ast
import inspect
import re
import textwrap

from ..declaration import registry
from ..explaining.formula.numerals import latex_numeral, name_latex
from ..markup import GREEK, html_text, latex_text

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)
"""How tightly a formula holds together."""


SYMBOLS = {"σ": r"\sigma", "Σ": r"\sum", "Π": r"\prod", "√": r"\surd", "|": "|", "‖": r"\|"}


class Unsaid(Exception):
    """A piece of code that is no formula."""


def lines_of(function):
    """([(target, value)] of the function's lines as syntax, [lines of its source]); None for what cannot be had."""
    try:
        source = textwrap.dedent(inspect.getsource(function)).rstrip().split("\n")
    except (OSError, TypeError):
        return None, None
    try:
        (definition,) = ast.parse("\n".join(source)).body
    except (SyntaxError, ValueError):
        return None, source
    if not isinstance(definition, ast.FunctionDef):
        return None, source
    found, returned = [], None
    for line in definition.body:
        match line:
            case ast.Expr(value=ast.Constant(value=str())):
                continue
            case (
                ast.Assign(targets=[ast.Name() as target], value=value)
                | ast.AnnAssign(target=ast.Name() as target, value=value)
            ) if value is not None:
                found.append((target, value))
            case ast.Return(value=ast.expr() as value) if returned is None:
                returned = value
            case _:
                return None, source
    if returned is not None and not (isinstance(returned, ast.Name) and found and returned.id == found[-1][0].id):
        found.append((None, returned))
    try:
        for target, value in found:
            Latex().equation(target, value)
    except Unsaid:
        return None, source
    return found, source


class Form:
    """Writes formulas; the two kinds below say how each sign is written."""

    def equation(self, target, value, output="loss"):
        """ "target = value"; without a target that of the output."""
        return f"{self.name(output if target is None else target.id)} = {self.formula(value)[0]}"

    def formula(self, node):
        """(the formula, how tightly it holds)."""
        match node:
            case ast.Name(id=name):
                return self.name(name), ATOM
            case ast.Constant(value=bool() | int() | float() as value):
                return self.number(f"{value:g}" if isinstance(value, float) else str(value)), ATOM
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"{self.minus}{self.inside(operand, SIGN)}", SUM
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.formula(operand)
            case ast.BinOp(op=op, left=left, right=right):
                return self.binary(op, left, right)
            case ast.Call(func=function, args=args, keywords=keywords):
                return self.call(function, args, keywords)
            case ast.Attribute(value=value, attr="T"):
                return self.raised(self.inside(value, ATOM), self.transposed), POWER
            case ast.Subscript(value=value, slice=index):
                several = index.elts if isinstance(index, ast.Tuple) else [index]
                return self.lowered(
                    self.inside(value, ATOM), ", ".join([self.formula(one)[0] for one in several])
                ), ATOM
        raise Unsaid(ast.dump(node)[:80])

    def inside(self, node, least):
        """A part, in brackets where it holds less tightly."""
        written, tightness = self.formula(node)
        return written if tightness >= least else self.bracketed(written)

    def binary(self, op, left, right):
        match op:
            case ast.Add():
                return f"{self.inside(left, SUM)} + {self.inside(right, SUM)}", SUM
            case ast.Sub():
                return f"{self.inside(left, SUM)} {self.minus} {self.inside(right, PRODUCT)}", SUM
            case ast.Mult() | ast.MatMult():
                a, b = self.inside(left, PRODUCT), self.inside(right, POWER)
                dot = isinstance(right, ast.Constant) or (isinstance(left, ast.Name) and isinstance(right, ast.BinOp))
                return f"{a}{self.dot if dot else self.thin}{b}", PRODUCT
            case ast.Div():
                return self.fraction(left, right)
            case ast.Pow():
                return self.raised(self.inside(left, ATOM), self.formula(right)[0]), POWER
        raise Unsaid(type(op).__name__)

    def call(self, function, args, keywords):
        match function:
            case ast.Attribute(value=ast.Name(id="ag" | "np" | "autograd" | "numpy" | "math"), attr=name):
                given = list(args)
            case ast.Attribute(value=value, attr=name):  # a method: x.sum()
                given = [value, *args]
            case ast.Name(id=name):
                given = list(args)
            case _:
                raise Unsaid("call")
        given = [self.formula(one)[0] for one in given]
        given += [f"{self.word(one.arg)} = {self.formula(one.value)[0]}" for one in keywords if one.arg]
        if len(given) < len(args) + len(keywords) or not given:
            raise Unsaid("call")
        operation = registry.get("absolute" if name == "abs" else name)
        symbol = operation.symbol if operation is not None else name
        around = symbol.partition("·") if len(symbol) == 3 and symbol[1] == "·" else None
        if around and len(given) == 1:  # |·|
            return f"{self.word(around[0])}{given[0]}{self.word(around[2])}", ATOM
        named = symbol if symbol in SYMBOLS else name
        return f"{self.word(named)}({', '.join(given)})", POWER


class Html(Form):
    """Formulas in HTML's own letters, with raised and lowered parts."""

    minus, dot, thin, transposed = "−", " · ", " ", "T"

    def name(self, name):
        base, after = _parts(name)
        written = f"<i>{base}</i>" if len(base) == 1 else html_text(base)
        return f"{written}<sub>{html_text(after)}</sub>" if after else written

    def number(self, text):
        mantissa, exponent, power = text.replace("-", "−").partition("e")
        return f"{mantissa} · 10<sup>{_power(power)}</sup>" if exponent else mantissa

    def word(self, text):
        return html_text(text)

    def bracketed(self, written):
        return f"({written})"

    def raised(self, base, exponent):
        return f"{base}<sup>{exponent}</sup>"

    def lowered(self, base, index):
        return f"{base}<sub>{index}</sub>"

    def fraction(self, top, bottom):
        return f"{self.inside(top, PRODUCT)} / {self.inside(bottom, POWER)}", PRODUCT


class Latex(Form):
    """Formulas in LaTeX, in ASCII."""

    minus, dot, thin, transposed = "-", r" \cdot ", r"\, ", r"\mathsf{T}"

    def name(self, name):
        base, after = _parts(name)
        return name_latex(f"{base}_{after}" if after else base)

    def number(self, text):
        return latex_numeral(text)

    def word(self, text):
        if text in SYMBOLS:
            return SYMBOLS[text]
        plain = text.isascii() and text.replace(" ", "").isalnum()
        return rf"\operatorname{{{text}}}" if plain else rf"\text{{{latex_text(text)}}}"

    def bracketed(self, written):
        return rf"\left({written}\right)"

    def raised(self, base, exponent):
        return f"{base}^{{{exponent}}}"

    def lowered(self, base, index):
        return f"{base}_{{{index}}}" if "_" not in base else f"({base})_{{{index}}}"

    def fraction(self, top, bottom):
        return rf"\frac{{{self.formula(top)[0]}}}{{{self.formula(bottom)[0]}}}", ATOM


def _parts(name):
    """("out", "o1") of "out_o1", ("w", "5") of "w5", ("δ", "h") of "delta_h"."""
    found = re.fullmatch(r"([^\W\d_]+)(?:_(\w+)|(\d+))?", name)
    if not found:
        return name, ""
    spelled = {word: letter for letter, word in GREEK.items()}
    return spelled.get(found[1], found[1]), found[2] or found[3] or ""


def _power(text):
    """ "−05" as "−5"."""
    return str(int(text.replace("−", "-"))).replace("-", "−")
