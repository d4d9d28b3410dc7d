"""By-hand gradients as formulas: ``{w5: "delta_o1 * out_h1"}``.

A formula is read by a grammar of its own and never run as code. It is evaluated at the recorded numbers, with the
learner's own gradients where it names them, and held against the truth at random numbers too, for which the graph is
run again: what is right by coincidence is not right.

* ``words``: signs, names and errors; ``tree``: what a formula is; ``indexing``: entries and sums over indices
* ``latex``: the tokens of LaTeX; ``functions``: which functions there are; ``cursor``, ``parsing``: the grammar of both
* ``names``: what a name stands for; ``points``: the numbers at which formulas are evaluated
* ``formula``: a formula of the learner's; ``edits``, ``array_edits``: small changes of one;
  ``repairs``: what in it is missing, extra or different
"""

from .formula import Formula, Own, free_letters, read_formula
from .indexing import Letter, item_of, value_of
from .latex import tokens_of_latex
from .names import Fixed, Gradient, Vocabulary
from .parsing import Parser
from .points import held_numbers, random_points, recorded_point
from .repairs import literals_that_stand_for, repair
from .tree import EvaluationError, Name, Number, Numbers, Stack, Sum
from .words import FormulaError, canonical, shown, tokens_of_text

__all__ = [
    "EvaluationError", "Fixed", "Formula", "FormulaError", "Gradient", "Letter", "Name", "Number", "Numbers", "Own",
    "Parser", "Stack", "Sum", "Vocabulary", "canonical", "free_letters", "held_numbers", "item_of",
    "literals_that_stand_for", "random_points", "read_formula", "recorded_point", "repair", "shown",
    "tokens_of_latex", "tokens_of_text", "value_of",
]  # fmt: skip
