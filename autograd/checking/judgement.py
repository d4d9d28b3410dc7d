"""Which of a learner's values are right, which are wrong, and which only follow from wrong ones.

``judge`` gives a ``Row`` for each value; ``allow_rounding`` and ``compare_with_slopes`` take back verdicts that float32
arithmetic or finite differences speak against. A ``Mistake`` is the diagnosis of a row.
"""

import numpy as np

from .mistakes import BY_KEY
from .slopes import Slopes


class Row:
    """One by-hand gradient beside the true one.

    name, shape : of the tensor; what : "∂E/∂w"; is_gradient : whether it is one
    ok : the value is right
    step_ok : it follows from the learner's own values nearer to the output
    follows : it is wrong, but only because of those
    max_abs_error, max_rel_error : the largest differences from the truth; worst : the index of the first
    mistake : a ``Mistake``, or None
    follows_not : it is right, though it does not follow from the learner's own values
    remark : what else there is to say, or ""
    formula, right_formula : of a wrong value that was given as a formula, that one and the right one in its names
    difference : sentences on where the difference sits, of a wrong step that nothing explains
    finite_difference_error : the true gradient against finite differences (relative), or None
    kink : whether the value lies at a kink, where finite differences say nothing
    undecided : why there is no verdict, or ""
    given, truth, expected : the learner's value, the true one, the one that follows from the learner's own
    """

    is_gradient = True

    def __init__(self, node, names, given, truth, expected):
        self.node = node
        self.name = names.name(node)
        self.what = f"∂{names.output}/∂{self.name}"
        self.shape = node.like[0]
        self.given = given
        self.truth = np.asarray(truth, dtype=np.float64)[()]
        self.expected = np.asarray(expected, dtype=np.float64)[()]
        self.mistake, self.remark, self.undecided, self.difference = None, "", "", []
        self.formula = self.right_formula = ""
        self.ok = self.step_ok = self.follows_not = False
        self.finite_difference_error, self.kink = None, False
        self.max_abs_error = self.max_rel_error = np.inf
        self.worst = None
        if self.fits:
            self._measure()

    @property
    def fits(self):
        """Whether the by-hand value has the right shape."""
        return self.given.shape == self.shape

    @property
    def follows(self):
        return self.step_ok and not self.ok

    @property
    def wrong(self):
        """Whether the step to this value is wrong."""
        return not self.step_ok and not self.undecided

    @property
    def verdict(self):
        if self.undecided:
            return "undecided"
        return "right" if self.ok else "follows" if self.step_ok else "wrong"

    def _measure(self):
        with np.errstate(invalid="ignore"):  # inf - inf
            off = np.abs(np.asarray(self.given.filled(self.truth)) - np.asarray(self.truth))
        if not off.size:
            self.max_abs_error = self.max_rel_error = 0.0
            self.worst = ()
            return
        scale = np.abs(np.asarray(self.truth))
        with np.errstate(all="ignore"):
            off = np.where(np.asarray(self.given.filled(self.truth)) == self.truth, 0.0, off)
            relative = np.where(off == 0, 0.0, np.where(scale > 0, off / scale, np.inf))
        at = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
        self.worst = tuple(int(i) for i in np.unravel_index(at, off.shape))
        self.max_abs_error = float(off.flat[at])
        self.max_rel_error = float(np.max(relative))

    def __repr__(self):
        return f"<Row {self.what}: {self.verdict}{f', {self.mistake.key}' if self.mistake else ''}>"


class Mistake:
    """A diagnosis.

    key : its key in the catalogue; "sign + factor" where two were made at once; of a formula what is wrong with it
    node : the recorded node where it stands, the one nearest to the output of several; ``nodes`` all
    explanation : a sentence in the field's words
    formula : what it does to the formula
    place : the line of the program that recorded the node
    alternatives : keys of other mistakes that give the same numbers
    guess : whether the number has so few digits that this may be chance; the explanation says so
    """

    def __init__(self, key, node, explanation, nodes=(), formula="", place="", alternatives=(), guess=False):
        self.key = key
        self.node = node
        self.nodes = tuple(nodes)
        self.guess = guess
        self.explanation = (
            f"{explanation} (a guess: with so few digits other mistakes give the same number)" if guess else explanation
        )
        self.formula = formula or BY_KEY[key].formula
        self.place = place
        self.alternatives = tuple(alternatives)

    def __repr__(self):
        return f"<Mistake {self.key}: {self.explanation}>"


def judge(graph, learner, truth):
    """A Row for each value of the learner, nearest to the output first."""
    rows = []
    for node in sorted(learner.gradients, key=graph.depth):
        true = truth.true[node]
        row = Row(node, graph.names, learner.gradients[node], true, truth.following.get(node, true))
        if row.fits:
            _judge(row, graph, truth)
            _remark_on_form(row)
        rows.append(row)
    return rows


def _remark_on_form(row):
    """Say what was left blank, and that singleton axes are all that was wrong with the shape."""
    given, said = row.given, []
    if given.written is not None:
        said.append(
            f"the numbers are compared, though the shape is {given.written} in place of {row.shape}: only axes of "
            f"length 1 differ ({'keepdims forgotten' if len(given.written) < len(row.shape) else 'an axis too many'})"
        )
    left = int(np.sum(given.blank & np.isfinite(row.truth)))
    if left and not given.all_blank:
        said.append(f"{left} of {np.size(row.truth)} entries are blank (None, ?, NaN) and were not judged")
    row.remark = "; ".join([*([row.remark] if row.remark else []), *said])


def _judge(row, graph, truth):
    given, node = row.given, row.node
    if given.all_blank and not np.all(np.isnan(row.truth)):
        row.undecided = (
            "it was left blank: there is no number to judge"
            if given.text or not row.shape
            else ("all of its entries are blank (None, NaN): there is no number to judge")
        )
        return
    finite = np.isfinite(row.truth)
    if not np.all(finite) and np.all(given.agreeing(row.truth) | ~finite) and not given.agrees(row.truth):
        lost = int(np.sum(~finite))
        row.undecided = (
            f"the true gradient is not finite at {lost} of {np.size(row.truth)} entries"
            if row.shape
            else f"the true gradient is {float(row.truth)}"
        )
        return
    row.ok = given.agrees(row.truth)
    if not row.ok and given.agrees(row.truth, truth.zero(node, given)):
        row.ok, row.max_rel_error = True, 0.0
    if not row.ok and given.cut_off(row.truth):
        row.ok, row.remark = True, "right, but the last digit is cut off where it should be rounded"
    as_it_follows = given.agrees(row.expected, truth.carried.get(node, 0.0), graph.narrow)
    if row.ok:
        row.step_ok, row.follows_not = True, not as_it_follows
        return
    row.step_ok = as_it_follows and bool(truth.wrong_inner) and node in truth.following
    if not row.step_ok and truth.printed and given.agrees(truth.literal.get(node, np.nan), 0.0, graph.narrow):
        row.step_ok = True
        if not truth.wrong_inner - {node}:
            row.mistake = Mistake(
                "rounded-too-early",
                None,
                f"your {row.what} is what comes out of inner values rounded to the digits that you give",
            )


def allow_rounding(rows, graph, truth):
    """Count as right what differs by no more than float32 arithmetic makes."""
    if not any(not row.ok and (graph.narrow or row.max_rel_error < 0.1) for row in rows):
        return
    for row in rows:
        noise = truth.rounding.get(row.node)
        if row.ok or row.undecided or row.mistake is not None or not row.fits or noise is None:
            continue
        if not row.given.agrees(row.truth, noise):
            continue
        row.ok = row.step_ok = True
        if not graph.narrow:
            row.mistake = Mistake(
                "float32-rounding",
                None,
                f"your {row.what} is right: the difference is the rounding of float32 arithmetic",
            )
            row.remark = "right: the difference is float32 rounding"


def compare_with_slopes(rows, graph):
    """Hold the true gradients against finite differences; where those disagree a wrong value is undecided."""
    if graph.strange is not None:
        return
    slopes = Slopes(graph.order, graph.output, np.asarray(graph.seed, dtype=np.float64))
    for row in rows:
        if row.undecided or not np.all(np.isfinite(row.truth)):
            continue
        row.finite_difference_error, row.kink = slopes.compare(graph.places(row.node), row.truth)
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


def remarks_on(graph, rows):
    """Sentences on the whole check: what could not be run again, where NaN and infinity come from."""
    remarks = []
    if graph.strange is not None:
        where = graph.names.label(graph.strange)
        remarks.append(
            f"{where} gave another value when it was run again: no finite differences, and no copy in float64"
        )
    bad = [row for row in rows if not np.all(np.isfinite(row.truth))]
    if not bad:
        return remarks
    for node in graph.order:
        value = node.note.value if node.note is not None else None
        if value is not None and not np.all(np.isfinite(value)):
            place = graph.names.place(node)
            remarks.append(
                f"the value of {graph.names.label(node)} is not finite{f', recorded at {place}' if place else ''}"
            )
            return remarks
    remarks.append(
        f"the values are finite, but the true gradient of {bad[0].name} is not: a derivative is infinite there"
    )
    return remarks
