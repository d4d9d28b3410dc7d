"""Formulas of arrays: transposes, matrix products, sums over axes."""

import numpy as np

from .algebra import Product, product
from .expression import ATOM, POWER, PRODUCT, SUM, Expression, Number, inside
from .functions import axes_label
from .numerals import words_latex
from .written import Derivative


class Transposed(Expression):
    """Made by ``transposed``: xᵀ; of a stack of matrices, each."""

    __slots__ = ()

    precedence = POWER

    def rebuilt(self, parts):
        return transposed(*parts)

    def evaluate(self):
        value = np.asarray(self.parts[0].evaluate())
        return np.swapaxes(value, -1, -2) if value.ndim > 1 else value

    def text(self):
        return inside(self.parts[0], ATOM) + "ᵀ"

    def latex(self):
        (part,) = self.parts
        fraction = isinstance(part, Derivative)
        return (rf"\left({part.latex()}\right)" if fraction else inside(part, ATOM, True)) + "^{T}"


def transposed(part):
    """The transpose: of a transpose the matrix itself, of a product that of its factors in turn."""
    if not part.shaped:
        return part
    if isinstance(part, Transposed):
        return part.parts[0]
    if isinstance(part, Ones):
        return Ones(part.shape[:-2] + part.shape[:-3:-1])
    if isinstance(part, MatrixProduct):
        return matrix_product(*[transposed(one) for one in reversed(part.parts)])
    if isinstance(part, Product) and sum([one.shaped for one in part.parts]) == 1:
        return product(Number(part.times), *[transposed(one) for one in part.parts])
    return Transposed(part)


class MatrixProduct(Expression):
    """Made by ``matrix_product``: a b, the product of matrices, kept in order."""

    __slots__ = ()

    precedence = PRODUCT
    side_by_side = True

    def rebuilt(self, parts):
        return matrix_product(*parts)

    def evaluate(self):
        value = self.parts[0].evaluate()
        for part in self.parts[1:]:
            value = value @ part.evaluate()
        return value

    def text(self):
        return " ".join(inside(part, POWER) for part in self.parts)

    def latex(self):
        return r" \, ".join(inside(part, POWER, True) for part in self.parts)


def matrix_product(*factors):
    """The product of matrices: flat, the numbers among the factors in front."""
    numbers, matrices = [], []
    todo = list(reversed(factors))
    while todo:
        factor = todo.pop()
        if isinstance(factor, MatrixProduct):
            todo.extend(reversed(factor.parts))
        elif isinstance(factor, Product) and factor.shaped:
            numbers += [Number(factor.times), *[one for one in factor.parts if not one.shaped]]
            shaped = [one for one in factor.parts if one.shaped]
            if len(shaped) == 1:
                todo.append(shaped[0])
            else:
                matrices.append(product(*shaped))
        else:
            (matrices if factor.shaped else numbers).append(factor)
    if len(matrices) > 1:
        matrices = [MatrixProduct(*matrices)]
    return product(*numbers, *matrices)


class Ones(Expression):
    """An array of ones: the gradient of a sum."""

    __slots__ = ("shape",)

    def __init__(self, shape):
        self.shape = tuple(shape)
        self.parts, self.shaped = (), True
        self.key = ("Ones", self.shape)

    def map(self, f):
        return self

    def evaluate(self):
        return np.ones(self.shape)

    def text(self):
        return f"ones({', '.join(map(str, self.shape))})"

    def latex(self):
        return rf"\mathbf{{1}}_{{{words_latex('×'.join(map(str, self.shape)))}}}"


class OuterProduct(Expression):
    """u vᵀ of two vectors."""

    __slots__ = ()

    precedence = PRODUCT

    def evaluate(self):
        return np.multiply.outer(*[part.evaluate() for part in self.parts])

    def text(self):
        u, v = self.parts
        return f"{inside(u, POWER)} {inside(v, ATOM)}ᵀ"

    def latex(self):
        u, v = self.parts
        return rf"{inside(u, POWER, True)} \, {inside(v, ATOM, True)}^{{T}}"


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
        return axes_label(self.axes)

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


def reshaped(shape, part):
    """Entries in another shape; of what was reshaped before, the last shape alone."""
    if isinstance(part, Reshaped):
        part = part.parts[0]
    if isinstance(part, Ones):
        return Ones(shape)
    if isinstance(part, Product) and sum([one.shaped for one in part.parts]) == 1:
        return product(Number(part.times), *[reshaped(shape, one) if one.shaped else one for one in part.parts])
    return Reshaped(shape, part)


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
        value = np.asarray(self.parts[0].evaluate())
        kept = value.ndim == len(self.shape)
        return np.broadcast_to(value if kept else np.expand_dims(value, self.axes), self.shape)

    def label(self):
        return f"along {axes_label(self.axes)}"

    def text(self):
        return f"repeat({inside(self.parts[0], SUM)}, {self.label()})"

    def latex(self):
        return rf"\mathrm{{repeat}}\left({self.parts[0].latex()},\, {words_latex(self.label())}\right)"
