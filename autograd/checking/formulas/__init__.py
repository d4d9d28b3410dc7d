"""By-hand gradients as formulas: ``{w5: "delta_o1 * out_h1"}``.

A formula is read by a grammar of its own and never run as code. It is evaluated at the recorded numbers, with the
learner's own gradients where it names them, and held against the truth at random numbers too, for which the graph is
run again: what is right by coincidence is not right.

* ``words``: signs, names and errors; ``tree``: what a formula is; ``indexing``: entries and sums over indices
* ``latex``: the tokens of LaTeX; ``functions``: which functions there are; ``cursor``, ``parsing``: the grammar of both
* ``names``: what a name stands for; ``points``: the numbers at which formulas are evaluated
* ``formula``: a formula of the learner's; ``repairs``: what in it is missing, extra or different
"""

from .formula import Formula, Own, read_formula
from .names import Gradient, Vocabulary
from .points import random_points, recorded_point
from .repairs import Repair, literals_that_stand_for, repair
from .words import FormulaError

__all__ = [
    "Formula", "FormulaError", "Gradient", "Own", "Repair", "Vocabulary", "literals_that_stand_for", "random_points",
    "read_formula", "recorded_point", "repair",
]  # fmt: skip
