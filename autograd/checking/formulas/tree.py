"""What a formula is once it is read: a tree that can be evaluated, written as text, and altered part by part.

Nothing is simplified: what stands in it is what the learner wrote. ``at`` is the place of a part in the learner's text,
(start, end), or None of what was put in since.
"""

from abc import ABC, abstractmethod

import numpy as np

SUM, PRODUCT, POWER, ATOM = range(4)
MINUS = "−"
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class EvaluationError(ValueError):
    """A part that comes to nothing: ``part`` says where, the message why."""

    def __init__(self, part, message):
        super().__init__(message)
        self.part = part


class Numbers(ABC):
    """What the names and the numbers in a formula stand for, where it is evaluated.

    of_entries : all arrays in it have their indices
    """

    of_entries = False

    @abstractmethod
    def of(self, reference):
        """The array that a name stands for."""

    def number(self, part):
        """What a Number is."""
        return part.number


class Part(ABC):
    """A formula, or a part of one. Never changed."""

    __slots__ = ("parts", "at")
    binds = ATOM

    def __init__(self, parts=(), at=None):
        self.parts, self.at = tuple(parts), at

    @abstractmethod
    def value(self, numbers):
        """The array that it stands for with some ``Numbers``."""

    @abstractmethod
    def text(self):
        """The formula as it is written on one line."""

    @abstractmethod
    def with_parts(self, parts):
        """The same of other parts."""

    def inside(self, binds):
        """Its text within what binds so tightly."""
        return self.text() if self.binds >= binds else f"({self.text()})"

    def everywhere(self, path=()):
        """(path, part) of itself and of all in it, from the outside in; a path says which part of which."""
        yield path, self
        for k, part in enumerate(self.parts):
            yield from part.everywhere((*path, k))

    def replaced(self, path, part):
        """The same with another part at that path."""
        if not path:
            return part
        k, *rest = path
        parts = list(self.parts)
        parts[k] = parts[k].replaced(rest, part)
        return self.with_parts(parts)

    def __repr__(self):
        return f"<{type(self).__name__} {self.text()}>"


class Number(Part):
    """A number; ``written`` as the learner wrote it."""

    __slots__ = ("number", "written")

    def __init__(self, number, written=None, at=None):
        super().__init__((), at)
        self.number, self.written = float(number), written or f"{float(number):.9g}"

    def value(self, numbers):
        return numbers.number(self)

    def text(self):
        return self.written.replace("-", MINUS)

    def with_parts(self, parts):
        return self

    @property
    def slack(self):
        """Half a unit of the last digit, of a number of three significant digits and more; others are exact."""
        digits, _, power = self.written.lower().partition("e")
        if "." not in digits or len(digits.replace(".", "").lstrip("0")) < 3:
            return 0.0
        return 0.5 * 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))


class Name(Part):
    """A name of the learner's; ``reference`` is what it stands for."""

    __slots__ = ("reference", "written")

    def __init__(self, reference, written, at=None):
        super().__init__((), at)
        self.reference, self.written = reference, written

    def value(self, numbers):
        try:
            return numbers.of(self.reference)
        except EvaluationError:
            raise
        except ValueError as error:
            raise EvaluationError(self, str(error)) from error

    def text(self):
        return self.written

    def with_parts(self, parts):
        return self


class Sum(Part):
    """Terms, each with its sign, "+" or "-"; one term with a minus is what is negative."""

    __slots__ = ("signs",)
    binds = SUM

    def __init__(self, signs, parts, at=None):
        super().__init__(parts, at)
        self.signs = tuple(signs)

    def value(self, numbers):
        total = None
        for sign, part in zip(self.signs, self.parts, strict=True):
            one = part.value(numbers)
            with np.errstate(all="ignore"):
                try:
                    total = (one if sign == "+" else -one) if total is None else total + (one if sign == "+" else -one)
                except ValueError as error:
                    raise EvaluationError(part, shapes("cannot be added", total, one)) from error
        return total

    def text(self):
        written = []
        for k, (sign, part) in enumerate(zip(self.signs, self.parts, strict=True)):
            one = part.inside(PRODUCT)
            minus = f" {MINUS} " if k else MINUS
            written.append((minus if sign == "-" else " + " if k else "") + one)
        return "".join(written)

    def with_parts(self, parts):
        return Sum(self.signs, parts, self.at)


BETWEEN = {"*": " * ", "/": " / ", "@": " @ ", "⊙": " ⊙ ", "·": " · ", "": " "}
"""How what stands between factors is written: entry by entry, matrix products, and what is left to their shapes."""


class Product(Part):
    """Factors from left to right; ``signs[k]`` stands before factor k, and the first is none."""

    __slots__ = ("signs",)
    binds = PRODUCT

    def __init__(self, signs, parts, at=None):
        super().__init__(parts, at)
        self.signs = tuple(signs)

    def value(self, numbers):
        value = self.parts[0].value(numbers)
        for sign, part in zip(self.signs[1:], self.parts[1:], strict=True):
            if sign in ("·", "") and numbers.of_entries:
                sign = "*"
            value = self._times(sign, value, part.value(numbers), part)
        return value

    def _times(self, sign, a, b, part):
        if sign in ("·", "") and np.ndim(a) and np.ndim(b):
            sign = self._meant(a, b, part)
        with np.errstate(all="ignore"):
            try:
                if sign == "/":
                    return np.divide(a, b)
                return matrix_product(a, b) if sign == "@" else np.multiply(a, b)
            except ValueError as error:
                words = "have no matrix product" if sign == "@" else "do not fit entry by entry"
                raise EvaluationError(part, shapes(words, a, b)) from error

    def _meant(self, a, b, part):
        """Whether factors side by side are a matrix product or go entry by entry: what their shapes allow."""
        as_matrices, as_entries = _fits(matrix_product, a, b), _fits(np.multiply, a, b)
        if as_matrices and as_entries:
            if np.ndim(a) == np.ndim(b) == 2 and np.shape(a)[0] != 1 and np.shape(b)[1] != 1:
                return "@"
            if {np.ndim(a), np.ndim(b)} == {1, 2}:  # a matrix and a vector
                return "@"
            message = f"may be a matrix product (@) or go entry by entry (⊙): write which\n  shapes: {np.shape(a)} and "
            raise EvaluationError(part, message + str(np.shape(b)))
        return "@" if as_matrices else "*"

    def text(self):
        first, *rest = self.parts
        written = [first.inside(PRODUCT if rest else SUM)]
        for sign, part in zip(self.signs[1:], rest, strict=True):
            written.append(BETWEEN[sign] + part.inside(POWER))
        return "".join(written)

    def with_parts(self, parts):
        return Product(self.signs, parts, self.at)


def _fits(function, a, b):
    try:
        with np.errstate(all="ignore"):
            function(a, b)
    except ValueError:
        return False
    return True


def matrix_product(a, b):
    """a @ b, where a vector is a column: beside a row it gives their outer product."""
    if np.ndim(a) == 1 and np.ndim(b) == 2 and np.shape(b)[0] == 1:
        return np.multiply.outer(a, b[0])
    if not np.ndim(a) or not np.ndim(b):
        return np.multiply(a, b)
    return np.matmul(a, b)


def shapes(words, a, b):
    return f"{words}\n  shapes: {np.shape(a)} and {np.shape(b)}"


class Power(Part):
    __slots__ = ()
    binds = POWER

    def value(self, numbers):
        base, exponent = [np.asarray(part.value(numbers), dtype=float)[()] for part in self.parts]
        with np.errstate(all="ignore"):
            try:
                return np.power(base, exponent)
            except ValueError as error:
                raise EvaluationError(self.parts[1], shapes("do not fit entry by entry", base, exponent)) from error

    def text(self):
        base, exponent = self.parts
        if isinstance(exponent, Number) and exponent.number.is_integer() and abs(exponent.number) < 100:
            return base.inside(ATOM) + f"{exponent.number:.0f}".translate(_RAISED)
        return f"{base.inside(ATOM)}^{exponent.inside(ATOM)}"

    def with_parts(self, parts):
        return Power(parts, self.at)


class Transposed(Part):
    """The transpose; of a vector the row."""

    __slots__ = ()
    binds = POWER

    def value(self, numbers):
        value = self.parts[0].value(numbers)
        return value[None, :] if np.ndim(value) == 1 else np.transpose(value)

    def text(self):
        return f"{self.parts[0].inside(ATOM)}ᵀ"

    def with_parts(self, parts):
        return Transposed(parts, self.at)


class Call(Part):
    """A known function of formulas; ``options`` are axis and keepdims where they were given."""

    __slots__ = ("function", "options")

    def __init__(self, function, parts, options=(), at=None):
        super().__init__(parts, at)
        self.function, self.options = function, dict(options)

    def value(self, numbers):
        values = [part.value(numbers) for part in self.parts]
        with np.errstate(all="ignore"):
            try:
                return self.function.compute(*values, **self.options)
            except (ValueError, TypeError, IndexError) as error:
                said = "\n  shapes: " + ", ".join(str(np.shape(value)) for value in values)
                raise EvaluationError(self, f"cannot be computed: {error}{said}") from error

    def text(self):
        options = [f"{key}={value}" for key, value in self.options.items()]
        return f"{self.function.name}({', '.join([*[part.text() for part in self.parts], *options])})"

    def with_parts(self, parts):
        return Call(self.function, parts, self.options, self.at)


class Stack(Part):
    """An array written out: its rows, each a Stack, or its entries."""

    __slots__ = ()

    def value(self, numbers):
        values = [part.value(numbers) for part in self.parts]
        try:
            return np.stack([np.asarray(value, dtype=np.float64) for value in values])
        except ValueError as error:
            raise EvaluationError(self, "has rows of unequal lengths") from error

    def text(self):
        return f"[{', '.join(part.text() for part in self.parts)}]"

    def with_parts(self, parts):
        return Stack(parts, self.at)


_COMPARED = {
    "<": np.less, ">": np.greater, "≤": np.less_equal, "≥": np.greater_equal, "=": np.equal, "≠": np.not_equal,
}  # fmt: skip


class Comparison(Part):
    """a > b, entry by entry: 1 where it holds, else 0."""

    __slots__ = ("sign",)
    binds = -1

    def __init__(self, sign, parts, at=None):
        super().__init__(parts, at)
        self.sign = sign

    def value(self, numbers):
        a, b = [part.value(numbers) for part in self.parts]
        try:
            return np.asarray(_COMPARED[self.sign](a, b), dtype=float)[()]
        except ValueError as error:
            raise EvaluationError(self, shapes("cannot be compared", a, b)) from error

    def text(self):
        a, b = self.parts
        return f"{a.inside(SUM)} {self.sign} {b.inside(SUM)}"

    def with_parts(self, parts):
        return Comparison(self.sign, parts, self.at)
