"""Formulas of arrays: transposes, matrix products, sums over axes."""

import numpy as np

from .expression import ATOM, POWER, PRODUCT, SUM, Expression, inside
from .numerals import words_latex


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
