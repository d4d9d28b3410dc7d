"""Hold a hand derivation against the truth, and say which step is wrong and why.

``check_by_hand(loss, {w: "0.082167041", delta: [...]})`` on a graph recorded under ``tape()`` compares
each by-hand gradient with the true one, marks errors carried forward as a good teacher does, and
looks for the classic mistake that gives exactly the learner's numbers.
"""

import time
from collections.abc import Mapping
from typing import Any

from ..taped.naming import variables_of_caller
from ..taped.replay import alone
from ..tensors import Tensor
from .diagnosis import diagnose, explain_shapes
from .difference import describe, shapes_differ
from .graph import WalkedGraph
from .judgement import allow_rounding, compare_with_slopes, judge, remarks_on
from .learner import Learner
from .report import Report
from .search import Search
from .truth import Truth

__all__ = ["check_by_hand"]


def check_by_hand(
    output: Tensor,
    by_hand: Mapping[Any, Any],
    *,
    gradient: Any = None,
    updated: Mapping[Any, Any] | None = None,
    learning_rate: float | None = None,
    seconds: float | None = None,
    progress: bool | None = None,
) -> Report:
    """Compare gradients derived by hand with the true ones, step by step.

    Parameters
    ----------
    output : the Tensor that is differentiated, recorded under ``ag.tape()``.
    by_hand : {tensor: value}. Keys are leaves or inner values (a δ). A value is a number, an array, a
        function (its parameters are looked up among the named values), or text as printed in a
        book, also in nested lists: ``"0.0822"`` means "to the digits given".
    gradient : the gradient of ``output`` itself, if it has more than one entry.
    updated : {parameter: new value}: values that the parameters had after an update; the check
        finds out whether the derivation used them too early.
    learning_rate : instead of ``updated``: the new values are those of one step of gradient descent.
    seconds : how long to look for mistakes; by default up to 20, and for combinations of two
        only about as long as for single ones.
    progress : True shows a bar on stderr, False none; by default there is one where it takes long.

    Returns a ``Report``. It prints as a table (in a notebook with a heat map of each difference) and has
    ``.ok``, ``.rows``, ``.first_wrong``, ``.raise_for_mistakes()``. Where inner values are given, each step is
    judged twice: is the value right, and does it follow from the values given nearer to the output?
    Ctrl-C while it looks for mistakes gives the report so far.

    A value of another shape is a wrong step, and the report says which shape it should have; where only axes of
    length 1 differ, its numbers are compared. What is left blank (``None``, ``"?"``, an empty cell, NaN, a masked
    entry) is not judged. A Tensor that is no part of the graph, or a graph recorded outside ``ag.tape()``, is a
    ValueError.

    >>> import autograd as ag
    >>> w, x = ag.Tensor(3.0, requires_grad=True, name="w"), ag.Tensor(2.0, name="x")
    >>> with ag.tape():
    ...     e = ag.square(w * x - 1)
    >>> report = ag.check_by_hand(e, {w: 10.0})  # 2 (wx − 1) x is 20
    >>> report.ok, report.rows[0].mistake.key
    (False, 'factor')
    """
    started = time.perf_counter()
    interrupted = False
    with alone():
        graph = WalkedGraph(output, gradient, variables_of_caller())
        learner = Learner(graph, by_hand, updated, learning_rate)
        truth = Truth(graph, learner)
        rows = judge(graph, learner, truth)
        explain_shapes(graph, truth, rows)
        search = Search(graph, truth)
        try:
            allow_rounding(rows, graph, truth)
            compare_with_slopes(rows, graph)
            diagnose(search, [row for row in rows if row.wrong and row.fits and row.mistake is None], seconds, progress)
        except KeyboardInterrupt:
            interrupted = True
            search.settle()
    for row in rows:
        if row.wrong and row.mistake is None:
            row.difference = describe(row.given, row.expected, graph.narrow) if row.fits else [shapes_differ(row)]
    remarks = [*remarks_on(graph, rows), *([search.remark] if search.remark else [])]
    return Report(rows, graph.names.output, remarks, search.tried, interrupted, time.perf_counter() - started)
