r"""Formulas: read, built simple, evaluated, and written as text and as LaTeX.

``parse(r"y (1 - y)")`` reads what an operation declares; ``product(2, difference)`` and its like build, and simplify
just as far as a teacher's hand would. ``.text()`` gives "out_o1 (1 − out_o1)", ``.latex()`` the same as LaTeX,
``.evaluate()`` the number or array that it stands for: formulas can be held against the rules that they describe.

* ``expression``: what every formula is; numbers and named values
* ``algebra``: sums, products and powers, which simplify as they are built
* ``functions``: functions and conditions
* ``matrices``: formulas of arrays
* ``written``: what is shown as it is: words, derivatives, factors and terms of the chain rule
* ``indices``: formulas of entries, Σ(k) a[i, k] · b[k, j]
* ``parsing``: from the LaTeX of declarations to formulas; ``source``: that LaTeX as text, read or not
* ``numerals``: numbers and names, as text and as LaTeX

Why not SymPy: it orders factors and terms by rules of its own (``target - out`` comes back as ``-out + target``, in
1.14), where a learner must find again what stands on the paper; it needs a further package to read LaTeX; and it takes
longer to import (0.7 to 0.9 s) than all of this library.
"""

from .algebra import Power, Product, Sum, add, coefficient, negated, power, product, quotient
from .expression import (
    ATOM,
    CASE,
    ONE,
    POWER,
    PRODUCT,
    SUM,
    ZERO,
    Entry,
    Expression,
    Number,
    Numeral,
    Symbol,
    constant_numeral,
    inside,
    is_constant,
    walk,
)  # fmt: skip
from .functions import Call, Case, Function, Iverson, Relation
from .indices import Indexed, Running, letters_of, parse_entries, sum_over, value_at
from .matrices import (
    AxisRepeat,
    AxisSum,
    MatrixProduct,
    Ones,
    OuterProduct,
    Reshaped,
    Transposed,
    matrix_product,
    reshaped,
    transposed,
)  # fmt: skip
from .parsing import FUNCTIONS, FormulaError, parse
from .source import as_text, with_names
from .written import Chain, Derivative, Jacobian, Total, Written, chain, total, words

__all__ = [
    "ATOM", "CASE", "FUNCTIONS", "ONE", "POWER", "PRODUCT", "SUM", "ZERO", "AxisRepeat", "AxisSum", "Call", "Case",
    "Chain", "Derivative", "Entry", "Expression", "FormulaError", "Function", "Indexed", "Iverson", "Jacobian",
    "MatrixProduct", "Number", "Numeral", "Ones", "OuterProduct", "Power", "Product", "Relation", "Reshaped",
    "Running", "Sum", "Symbol", "Total", "Transposed", "Written", "add", "as_text", "chain", "coefficient",
    "constant_numeral", "inside", "is_constant", "letters_of", "matrix_product", "negated", "parse",
    "parse_entries", "power", "product", "quotient", "reshaped", "sum_over", "total", "transposed", "value_at",
    "walk", "with_names", "words",
]  # fmt: skip
