"""Hold a hand derivation against the truth, and say which step is wrong and why.

``check_by_hand(loss, {w: "0.082167041", delta: [...]})`` on a graph recorded under ``tape()`` compares
each by-hand gradient with the true one, marks errors carried forward as a good teacher does, and
looks for the classic mistake that gives exactly the learner's numbers.
"""

import os
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ..node import Leaf
from ..taped.naming import arrays_of_caller, variables_of_caller
from ..taped.replay import alone
from ..tensors import Tensor
from .cells import is_table
from .conventions import CONVENTIONS, mixed, names_of, read_in, recognized
from .corrections import judge_formulas
from .diagnosis import diagnose, explain_shapes
from .difference import describe, shapes_differ
from .forward import judge_forward, judge_new
from .graph import WalkedGraph
from .judgement import allow_rounding, compare_with_slopes, judge, remarks_on
from .learner import Learner, read_values
from .report import Report
from .search import Search
from .truth import Truth

__all__ = ["check_by_hand"]


def check_by_hand(
    output: Tensor,
    by_hand: Mapping[Any, Any] | str | os.PathLike[str],
    *,
    gradient: Any = None,
    updated: Mapping[Any, Any] | None = None,
    learning_rate: float | None = None,
    seconds: float | None = None,
    progress: bool | None = None,
    conventions: str | Iterable[str] = (),
    forward: Mapping[Any, Any] | None = None,
    new: Mapping[Any, Any] | None = None,
) -> Report:
    """Compare gradients derived by hand with the true ones, step by step.

    Parameters
    ----------
    output : the Tensor that is differentiated, recorded under ``ag.tape()``.
    by_hand : {tensor: value}. Keys are leaves or inner values (a δ). A value is a number, an array, a
        function (its parameters are looked up among the named values), or text as printed in a
        book, also in nested lists: ``"0.0822"`` means "to the digits given". Or it is a formula in text:
        ``"(out_o1 − t1) · out_o1 (1 − out_o1) · out_h1"``, ``"xᵀ @ δ1"``, ``r"\\delta_{o1}\\, out_{h1}"``; see below.
        Or a CSV table of numbers: a path, or its text of several lines. All of it may be one CSV table, with a name
        and its numbers in each line.
    gradient : the gradient of ``output`` itself, if it has more than one entry.
    updated : {parameter: new value}: values that the parameters had after an update; the check
        finds out whether the derivation used them too early.
    learning_rate : instead of ``updated``: the new values are those of one step of gradient descent.
    seconds : how long to look for mistakes; by default up to 20, and for combinations of two
        only about as long as for single ones.
    progress : True shows a bar on stderr, False none; by default there is one where it takes long.

    conventions : how the values are written down, one name or several, where that is not as the library does:
        "opposite-sign" (δ's are t − y), "per-example" (δ's without the 1/m that comes in at the parameters), "sum" (in
        place of the mean, or the other way round), "in-out" (weights transposed), "flipped-kernels" (true convolution
        against correlation), "per-row" (a gradient for each row of the batch). The first two are accepted unasked
        where δ's and parameters' gradients are given, one of them explains every value, and the parameters' gradients
        are true; ``report.conventions`` lists what was accepted.

    forward : {tensor: value}: values of the forward pass by hand, in the same forms. They are judged first, and what
        follows from a wrong one is told from what is wrong by itself.
    new : {parameter: new value}: what the parameters are after the step of ``learning_rate``, to be judged.

    Returns a ``Report``. It prints as a table (in a notebook with a heat map of each difference) and has
    ``.ok``, ``.rows``, ``.first_wrong``, ``.raise_for_mistakes()``. Where inner values are given, each step is
    judged twice: is the value right, and does it follow from the values given nearer to the output?
    Ctrl-C while it looks for mistakes gives the report so far.

    A value of another shape is a wrong step, and the report says which shape it should have; where only axes of
    length 1 differ, its numbers are compared. What is left blank (``None``, ``"?"``, an empty cell, NaN, a masked
    entry) is not judged. A Tensor that is no part of the graph, or a graph recorded outside ``ag.tape()``, is a
    ValueError.

    Formulas name values of the graph, arrays and numbers of the calling function, and gradients: ``∂E/∂net``,
    ``dE/dnet``, ``dnet``, or δ of what goes into an activation (δ_o1 is ∂E/∂net_o1). A gradient that was given by
    hand is the learner's own. They are written in Python's signs or Unicode's: ``*`` and ⊙ go entry by entry, ``@``
    is the matrix product, and factors side by side or with · are what their shapes allow. ``name(…)`` is a product
    unless the name is a known function: those of the library, f′ their derivatives, ``sum(x, axis=0)``. ``∂E/∂k[i, j]
    = Σ(m, n) δ[m, n] x[i + m, j + n]`` sums over indices; outside of an array there are zeros. Formulas are never run
    as code. One is right where it gives the true gradient at the recorded numbers and at random ones; else the report
    says which factor or term is missing, extra or different. What cannot be read, or has two readings, is a
    ValueError that shows the place.

    >>> import autograd as ag
    >>> w, x = ag.Tensor(3.0, requires_grad=True, name="w"), ag.Tensor(2.0, name="x")
    >>> with ag.tape():
    ...     e = ag.square(w * x - 1)
    >>> report = ag.check_by_hand(e, {w: 10.0})  # 2 (wx − 1) x is 20
    >>> report.ok, report.rows[0].mistake.key
    (False, 'factor')
    >>> report = ag.check_by_hand(e, {w: "2 (w x − 1)"})
    >>> report.rows[0].mistake.explanation, report.rows[0].right_formula
    ('the factor x is missing', '2 (w x − 1) · x')
    """
    started = time.perf_counter()
    if new and learning_rate is None:
        raise ValueError("check_by_hand: new= are values after a step of gradient descent: give its learning_rate=")
    interrupted, variables, pinned = False, variables_of_caller(), names_of(conventions)
    with alone():
        graph = WalkedGraph(output, gradient, variables)
        learner = Learner(graph, by_hand, updated, learning_rate)
        values, wrong_values = judge_forward(graph, read_values(graph, forward or {}, "forward"))
        truth = Truth(graph, learner, read_values(graph, new or {}, "new"))
        accepted, read, said = _conventions(graph, learner, truth, pinned)
        if read:
            truth = Truth(graph, learner, truth.new)
        rows = judge(graph, learner, truth)
        for row in rows:
            if row.node in read and row.fits:
                row.remark = "; ".join([*([row.remark] if row.remark else []), f"written {read[row.node]}"])
        if not accepted:
            mixed(graph, learner.gradients, truth, rows)
        asked = rows
        if wrong_values:
            graph, truth, asked = _from_own_values(graph, learner, truth, wrong_values, (output, gradient, variables))
            _take_over(rows, asked)
        explain_shapes(graph, truth, asked)
        search = Search(graph, truth)
        try:
            allow_rounding(asked, graph, truth)
            compare_with_slopes(asked, graph)
            judge_formulas(graph, truth, asked, _explained(output, by_hand, gradient, variables))
            diagnose(
                search, [row for row in asked if row.wrong and row.fits and row.mistake is None], seconds, progress
            )
        except KeyboardInterrupt:
            interrupted = True
            search.settle()
        if asked is not rows:
            _take_over(rows, asked)
        steps = judge_new(graph, truth.new, learning_rate, truth.true, truth.learner.gradients)
    rows = [*values, *rows, *steps]
    for row in rows:
        if row.wrong and row.mistake is None:
            row.difference = describe(row.given, row.expected, graph.narrow) if row.fits else [shapes_differ(row)]
    remarks = [*said, *remarks_on(graph, asked), *([search.remark] if search.remark else [])]
    spent = time.perf_counter() - started
    return Report(rows, graph.names.output, remarks, search.tried, interrupted, spent, accepted)


def _explained(output, by_hand, gradient, variables):
    """The function that writes the true formula of a gradient out, from its recorded node."""
    tensors = {} if is_table(by_hand) else {tensor.node: tensor for tensor in by_hand}

    def written_out(node):
        from ..explaining.writing import derivation  # loaded where a formula is wrong beyond repair

        arrays = arrays_of_caller()
        whole = derivation(output, tensors[node], None, "adjoints", True, gradient, 16, None, variables, arrays)
        lines = [line.formula.text() for line in whole.steps[-1].lines]
        return next((line for line in lines if "∂" not in line and any(map(str.isalpha, line))), lines[0])

    return written_out


def _from_own_values(graph, learner, truth, wrong_values, recorded):
    """(graph, truth, rows) where the learner's wrong forward values stand in place of the recorded ones."""
    values = {graph.original[node]: value for node, value in wrong_values.items() if type(node) is not Leaf}
    output, gradient, variables = recorded
    own = WalkedGraph(output, gradient, variables, values)
    if own.strange is not None:
        return graph, truth, judge(graph, learner, truth)
    for given in (learner.gradients, truth.new):
        for node in given:
            own.names.give(own.nodes[graph.original[node]], graph.names.name(node))
    again = learner.on(own, lambda node: own.nodes[graph.original[node]])
    new = {own.nodes[graph.original[node]]: given for node, given in truth.new.items()}
    following = Truth(own, again, new)
    return own, following, judge(own, again, following)


def _take_over(rows, asked):
    """The verdicts on wrong rows, and their mistakes, from those that follow from the learner's forward values."""
    for row, other in zip(rows, asked, strict=True):
        row.finite_difference_error, row.kink = other.finite_difference_error, other.kink
        if not row.ok:
            row.step_ok, row.expected, row.mistake = other.ok or other.step_ok, other.expected, other.mistake
            row.formula, row.right_formula = other.formula, other.right_formula


def _conventions(graph, learner, truth, pinned):
    """([names of the accepted ones], {node: how its value is written}, sentences); the learner's values are read so."""
    if pinned:
        read = {}
        for name in pinned:
            gradients, said = read_in(name, graph, learner.gradients, truth.true)
            learner.take(gradients)
            read.update({node: f"{read[node]}, {words}" if node in read else words for node, words in said.items()})
        return pinned, read, [f"Read in the convention that you gave: {CONVENTIONS[name]}." for name in pinned]
    found = recognized(graph, learner.gradients, truth)
    if found is None:
        return [], {}, []
    name, gradients, read, is_accepted = found
    if not is_accepted:
        return [], {}, [f"All values would be right in another convention: {CONVENTIONS[name]}. If that is yours, give "
                        f'conventions="{name}".']  # fmt: skip
    learner.take(gradients)
    words = next(iter(read.values()))
    how = {"per-example": f"Your δ's are {words}; 1/m comes in at the parameters.",
           "opposite-sign": "Your δ's have the opposite sign; the minus comes in at the parameters."}  # fmt: skip
    return [name], read, [f"{how[name]} That is consistent."]
