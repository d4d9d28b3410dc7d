"""Hold a hand derivation against the truth, and say which step is wrong and why.

``check_by_hand(loss, {w: "0.082167041", delta: [...]})`` on a graph recorded under ``tape()`` compares
each by-hand gradient with the true one, marks errors carried forward as a good teacher does, and
looks for the classic mistake that gives exactly the learner's numbers.
"""

import time

import numpy as np

from .checked import Checked
from .diagnosis import diagnose, find_reshaping
from .naming import variables_of_caller
from .replay import alone
from .report import Report, Row

__all__ = ["check_by_hand"]


def check_by_hand(output, by_hand, *, gradient=None, updated=None, learning_rate=None, seconds=None, progress=None):
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

    A by-hand value of the wrong shape, a Tensor that is no part of the graph, or a graph recorded outside
    ``ag.tape()`` is a ValueError.

    >>> import autograd as ag
    >>> w, x = ag.Tensor(3.0, requires_grad=True, name="w"), ag.Tensor(2.0, name="x")
    >>> with ag.tape():
    ...     e = ag.square(w * x - 1)
    >>> report = ag.check_by_hand(e, {w: 10.0})  # 2 (wx − 1) x is 20
    >>> report.ok, report.rows[0].mistake.key
    (False, 'factor')
    """
    started = time.perf_counter()
    with alone():
        checked = Checked(output, by_hand, gradient, variables_of_caller())
        rows = [Row(checked, node) for node in sorted(checked.given, key=checked.depth)]
        checked.set_updated(updated, learning_rate)
        report = Report(rows, checked.output_name)
        _explain_shapes(checked, rows)
        try:
            _mark(checked, report, seconds, progress)
        except KeyboardInterrupt:
            report.interrupted = True
            if report.search is not None:
                report.search.settle()
    for row in report.wrong_steps:
        if row.mistake is None and row.fits:
            row.describe(checked.narrow)
    report.seconds = time.perf_counter() - started
    return report


def _explain_shapes(checked, rows):
    """A wrong shape is a mistake of the catalogue, or an error."""
    unexplained = [row for row in rows if not row.fits and find_reshaping(checked, row) is None]
    if unexplained:
        lines = ["check_by_hand: a by-hand value has another shape than the value that it is the gradient of"]
        for row in unexplained:
            lines += [f"  {row.what}", f"    value:   {row.shape}", f"    by hand: {row.given.shape}"]
        lines.append("  a gradient has the shape of its value")
        raise ValueError("\n".join(lines))


def _mark(checked, report, seconds, progress):
    """Rounding, finite differences, and the mistakes behind the wrong steps."""
    rows = report.rows
    if checked.strange is not None:
        where = checked.names.label(checked.strange)
        report.remarks.append(
            f"{where} gave another value when it was run again: no finite differences, and no copy in float64"
        )
    if any((not row.ok and row.max_rel_error < 0.1) or (checked.narrow and not row.ok) for row in rows):
        noise = checked.rounding
        for row in rows:
            row.allow_rounding(noise.get(row.node), checked.narrow)
    _find_not_finite(checked, report)
    wrong = [row for row in report.wrong_steps if row.mistake is None]
    slopes = checked.slopes()
    for row in rows if slopes is not None else ():
        if row.undecided or not np.all(np.isfinite(row.truth)):
            continue
        row.finite_difference_error, row.kink = slopes.compare(checked.places(row.node), row.truth)
        if row.kink:
            row.remark = (
                row.remark or "at a kink: the slopes on its two sides differ, and finite differences say nothing"
            )
        elif not row.finite_difference_error < 1e-2:
            row.remark = (
                "the library's own gradient disagrees with finite differences: a rule on the way may be wrong, "
                "see ag.gradcheck"
            )
            if not row.ok:
                row.undecided = "finite differences disagree with the library's own gradient"
    wrong = [row for row in wrong if not row.undecided]
    if wrong:
        diagnose(checked, report, wrong, seconds, progress)


def _find_not_finite(checked, report):
    """Say where NaN and infinity come from, if a gradient has any."""
    bad = [row for row in report.rows if not np.all(np.isfinite(row.truth))]
    if not bad:
        return
    for node in checked.order:
        value = node.note.value if node.note is not None else None
        if value is not None and not np.all(np.isfinite(value)):
            place = checked.names.place(checked.original[node])
            report.remarks.append(
                f"the value of {checked.label(node)} is not finite{f', recorded at {place}' if place else ''}"
            )
            return
    report.remarks.append(
        f"the values are finite, but the true gradient of {bad[0].name} is not: a derivative is infinite there"
    )
