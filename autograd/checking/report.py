"""The report of a check by hand: a row for each value, the first wrong step, the mistake in it."""

import numpy as np

from .difference import describe
from .mistakes import BY_KEY


class DerivationError(AssertionError):
    """A derivation by hand is wrong somewhere; the message is the report."""


class Row:
    """One by-hand gradient beside the true one.

    name, shape : of the tensor
    ok : the value is right
    step_ok : it follows from the learner's own values nearer to the output
    follows : it is wrong, but only because of those
    max_abs_error, max_rel_error : the largest differences from the truth; worst : the index of the first
    mistake : a ``Mistake``, or None
    follows_not : it is right, though it does not follow from the learner's own values
    remark : what else there is to say, or ""
    difference : sentences on where the difference sits, of a wrong step that nothing explains
    finite_difference_error : the true gradient against finite differences (relative), or None
    kink : whether the value lies at a kink, where finite differences say nothing
    undecided : why there is no verdict, or ""
    given, truth, expected : the learner's value, the true one, the one that follows from the learner's own
    """

    def __init__(self, checked, node):
        self.node = node
        self.name = checked.name(node)
        self.what = f"∂{checked.output_name}/∂{self.name}"
        self.shape = node.like[0]
        self.given = checked.given[node]
        self.truth = np.asarray(checked.true[node], dtype=np.float64)[()]
        self.expected = np.asarray(checked.after.get(node, self.truth), dtype=np.float64)[()]
        self.mistake, self.remark, self.undecided, self.difference = None, "", "", []
        self.follows_not = False
        self.finite_difference_error, self.kink = None, False
        self.max_abs_error = self.max_rel_error = np.inf
        self.worst = None
        self.ok = self.step_ok = False
        if self.fits:
            self._measure()
            self._judge(checked)

    @property
    def fits(self):
        """Whether the by-hand value has the right shape."""
        return self.given.shape == self.shape

    @property
    def follows(self):
        return self.step_ok and not self.ok

    @property
    def verdict(self):
        if self.undecided:
            return "undecided"
        return "right" if self.ok else "follows" if self.step_ok else "wrong"

    def _judge(self, checked):
        given, node = self.given, self.node
        finite = np.isfinite(self.truth)
        if not np.all(finite) and np.all(given.agreeing(self.truth) | ~finite) and not given.agrees(self.truth):
            lost = int(np.sum(~finite))
            self.undecided = (
                f"the true gradient is not finite at {lost} of {np.size(self.truth)} entries"
                if self.shape
                else (f"the true gradient is {float(self.truth)}")
            )
            return
        self.ok = given.agrees(self.truth)
        if not self.ok and given.cut_off(self.truth):
            self.ok, self.remark = True, "right, but the last digit is cut off where it should be rounded"
        loose, carried = checked.narrow, checked.carried.get(node, 0.0)
        if self.ok:
            self.step_ok = True
            self.follows_not = not given.agrees(self.expected, carried, loose)
            return
        if given.agrees(self.expected, carried, loose) and node in checked.after:
            self.step_ok = checked.after is not checked.true
        if not self.step_ok and checked.printed and given.agrees(checked.literal.get(node, np.nan), 0.0, loose):
            self.step_ok = True
            if not checked.wrong_inner - {node}:
                self.mistake = Mistake(
                    "rounded-too-early",
                    None,
                    f"your {self.what} is what comes out of inner values rounded to the digits that you give",
                )

    def allow_rounding(self, noise, narrow):
        """Count it as right where the difference is no more than float32 arithmetic makes."""
        if (
            self.ok
            or self.undecided
            or self.mistake is not None
            or not self.fits
            or noise is None
            or not self.given.agrees(self.truth, noise)
        ):
            return
        self.ok = self.step_ok = True
        if not narrow:
            self.mistake = Mistake(
                "float32-rounding",
                None,
                f"your {self.what} is right: the difference is the rounding of float32 arithmetic",
            )
            self.remark = "right: the difference is float32 rounding"

    def _measure(self):
        with np.errstate(invalid="ignore"):  # inf - inf
            off = np.abs(np.asarray(self.given.value) - np.asarray(self.truth))
        if not off.size:
            self.max_abs_error = self.max_rel_error = 0.0
            self.worst = ()
            return
        scale = np.abs(np.asarray(self.truth))
        with np.errstate(all="ignore"):
            off = np.where(np.asarray(self.given.value) == self.truth, 0.0, off)
            relative = np.where(off == 0, 0.0, np.where(scale > 0, off / scale, np.inf))
        at = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
        self.worst = tuple(int(i) for i in np.unravel_index(at, off.shape))
        self.max_abs_error = float(off.flat[at])
        self.max_rel_error = float(np.max(relative))

    def describe(self, loose=False):
        """Say where the difference sits, where no mistake explains it."""
        self.difference = describe(self.given, self.expected, loose)

    def __repr__(self):
        return f"<Row {self.what}: {self.verdict}{f', {self.mistake.key}' if self.mistake else ''}>"


class Mistake:
    """A diagnosis.

    key : its key in the catalogue; "sign + factor" where two were made at once
    node : the recorded node where it stands, the one nearest to the output of several; ``nodes`` all
    explanation : a sentence in the field's words
    formula : what it does to the formula
    place : the line of the program that recorded the node
    alternatives : keys of other mistakes that give the same numbers
    """

    def __init__(self, key, node, explanation, nodes=(), formula="", place="", alternatives=()):
        self.key = key
        self.node = node
        self.nodes = tuple(nodes)
        self.explanation = explanation
        self.formula = formula or (BY_KEY[key].formula if key in BY_KEY else "")
        self.place = place
        self.alternatives = tuple(alternatives)

    @classmethod
    def of(cls, trial, checked, row, others=()):
        """The mistake of a trial as it concerns one row."""
        inside = set(checked.region([row.node], checked.handed_on)[0])
        here = [one for one in trial if one.node in inside] or trial
        here = sorted(here, key=lambda one: -one.node.birth)
        key = _key(here)
        nodes = [checked.recorded_node(one.node) for one in here]
        place = checked.names.place(checked.original[here[0].node])
        entries = list(dict.fromkeys(one.mistake for one in here))
        clauses = [_clause(entry, [one for one in here if one.mistake is entry], checked) for entry in entries]
        alike = [t for t in others if max(one.likely for one in t) <= max(one.likely for one in trial)]
        alternatives = [k for k in dict.fromkeys(_key(t) for t in alike if len(t) <= len(trial)) if k != key][:2]
        return cls(
            key,
            nodes[0],
            f"your {row.what} is what comes out when {', and '.join(clauses)}",
            nodes,
            "; ".join(entry.formula for entry in entries),
            place,
            alternatives,
        )

    def __repr__(self):
        return f"<Mistake {self.key}: {self.explanation}>"


def _key(trial):
    return " + ".join(dict.fromkeys(one.mistake.key for one in trial))


def _clause(entry, several, checked):
    said = []
    for one in several:
        words = one.says.replace("{at}", checked.label(one.node)).replace("{whose}", checked.owner(one.node))
        if words not in said:
            said.append(words)
    rest = len(said) - 3
    if rest > 1:
        said = [*said[:2], f"likewise at {rest + 1} more nodes"]
    return entry.together + ", ".join(said) if entry.together else " and ".join(said)


class Report:
    """What a check by hand found; print it, or show it in a notebook.

    rows : nearest to the output first
    ok : every value is right
    first_wrong : the row of the first wrong step, or None
    interrupted : Ctrl-C stopped the search; what was found until then is there
    remarks : what the check could not do, in sentences
    seconds : how long it took; tried : with how many alterations the graph was walked
    """

    def __init__(self, rows, output_name):
        self.rows = rows
        self.output_name = output_name
        self.interrupted = False
        self.remarks = []
        self.seconds = 0.0
        self.search = None

    @property
    def ok(self):
        return all(row.ok for row in self.rows)

    @property
    def tried(self):
        return self.search.tried if self.search is not None else 0

    @property
    def wrong_steps(self):
        return [row for row in self.rows if not row.step_ok and not row.undecided]

    @property
    def first_wrong(self):
        return next(iter(self.wrong_steps), None)

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, name):
        """The row of a name (or of a position)."""
        if isinstance(name, int):
            return self.rows[name]
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no row {name!r}; rows: {', '.join(row.name for row in self.rows)}")

    def raise_for_mistakes(self):
        """Raise a DerivationError, an AssertionError whose message is this report, unless all is right."""
        if not self.ok:
            raise DerivationError(str(self))

    def __str__(self):
        from .report_text import text

        return text(self)

    __repr__ = __str__

    def _repr_html_(self):
        from .report_html import html

        return html(self)
