"""Find the classic mistake that gives exactly the numbers that a learner wrote down.

For each entry of the catalogue and each node it may stand at, the walk backward is run again with
that one alteration; where the learner's numbers come out, that is the diagnosis. The same mistake
at all nodes of its kind is tried as well, and at last pairs of mistakes, within a budget of time.
"""

import itertools
import sys
import time

import numpy as np

from ..node import Leaf
from .foresight import Foresight
from .mistakes import CATALOGUE
from .report import Mistake

MOST_PAIRS = 20_000
RANK = {entry: k for k, entry in enumerate(CATALOGUE)}
LONGEST = 20.0
"""Seconds that mistakes are looked for at most, unless told."""

LONGEST_PAIRS = 8.0
"""The same for pairs of mistakes."""


def diagnose(checked, report, wrong, seconds=None, progress=None):
    """Give each wrong row its ``mistake`` where one is found."""
    started = time.perf_counter()
    search = Search(checked, wrong)
    report.search = search
    singles = [[one] for one in candidates(checked, search.order)]
    trials = [*_everywhere(singles), *singles]
    longest = LONGEST if seconds is None else seconds
    if len(trials) * search.seconds_a_walk > 1:
        foreseen = Foresight(checked, wrong, *search.region)
        worth = [foreseen.worth_a_walk(one) for (one,) in singles]
        hopeful = sorted([single for single, good in zip(singles, worth, strict=True) if good], key=_likelihood)
        search.run(
            _watched(hopeful, "looking for the mistake", progress),
            lambda: (
                time.perf_counter() > started + longest or (search.found and len(search.found[-1][1]) == len(wrong))
            ),
        )
        trials = [] if search.all_explained else [t for t in trials if len(t) > 1 or t[0] not in search.outcomes]
    until = started + longest
    done = search.run(_watched(trials, "looking for the mistake", progress), lambda: time.perf_counter() > until)
    search.settle()
    if search.pending and not done:
        report.remarks.append(
            f"the search was stopped after {longest:g} s, and not all of the catalogue was tried: give more seconds="
        )
    if search.pending:
        spent = time.perf_counter() - started
        until = time.perf_counter() + (min(LONGEST_PAIRS, max(0.06, 2 * spent)) if seconds is None else longest - spent)
        pairs = list(_pairs(search.representatives(singles), MOST_PAIRS))
        search.run(
            _watched(pairs, "trying pairs", progress), lambda: time.perf_counter() > until or search.all_explained
        )
        search.settle()


def find_reshaping(checked, row):
    """The mistake that gives a gradient of exactly the learner's shape and numbers, or None."""
    search = Search(checked, [row])
    search.run([[one] for one in candidates(checked, search.order) if one.reshapes])
    search.settle()
    return row.mistake


def candidates(checked, order):
    """Every alteration of the catalogue at every node of ``order``."""
    inside = set(order)
    for node in order:
        if type(node) is Leaf:
            continue
        if not any(parent in inside for parent in node.parents) and len(checked.consumers[node]) < 2:
            continue
        for entry in CATALOGUE:
            yield from entry.alterations(node, checked)


def _everywhere(singles):
    """The alterations of one kind at all their nodes at once, where there are several."""
    groups = {}
    for (one,) in singles:
        groups.setdefault((one.mistake.key, one.variant), []).append(one)
    for group in groups.values():
        nodes = {one.node for one in group}
        if 1 < len(nodes) == len(group):
            yield group


def _pairs(singles, most):
    """Two alterations, the likely first; not two of one mistake at one node."""
    several = int((2 * most) ** 0.5)
    pairs = [
        [a, b]
        for (a,), (b,) in itertools.combinations(singles[:several], 2)
        if a.node is not b.node or a.mistake is not b.mistake
    ]
    return sorted(pairs, key=lambda pair: sum(one.likely for one in pair))


class Search:
    """Trials (lists of alterations) held against the numbers of the wrong rows."""

    def __init__(self, checked, rows):
        self.checked, self.rows, self.pending = checked, rows, list(rows)
        self.targets = {row.node for row in rows}
        self.region = checked.region(self.targets, checked.handed_on)
        self.order = self.region[0]
        self.exact_region = checked.region(self.targets, checked.exactly) if checked.printed else None
        started = time.perf_counter()
        self.base = checked.walk((), checked.handed_on, self.targets, self.region)
        self.seconds_a_walk = time.perf_counter() - started
        self.found = []  # (trial, the rows that it explains)
        self.outcomes = {}  # what a single alteration leads to: a few numbers that tell it apart
        self.outcomes_of_nothing = self._signature(self.base)
        self.tried = 0

    @property
    def all_explained(self):
        """Whether each row has a trial that explains it."""
        return len({row for _, rows in self.found for row in rows} & set(self.pending)) == len(self.pending)

    def run(self, trials, enough=lambda: False):
        """Try them, until ``enough()``; returns whether all were tried."""
        for trial in trials:
            if enough():
                return False
            outcome = self.checked.walk(trial, self.checked.handed_on, self.targets, self.region)
            self.tried += 1
            if len(trial) == 1:
                self.outcomes[trial[0]] = self._signature(outcome)
            explained = [row for row in self.pending if self._explains(trial, outcome, row)]
            if explained:
                self.found.append((trial, explained))
        return True

    def _explains(self, trial, outcome, row):
        """Whether the learner's number is that of the altered walk, and not that of the true one."""
        node, given = row.node, row.given
        if given.digits < _digits_needed(trial):  # with so few, some number would agree by chance
            return False
        if node not in outcome or np.shape(outcome[node]) != given.shape:
            return False
        altered = outcome[node]
        loose, extra = self.checked.narrow, 0.0
        if node in self.checked.fitting:
            extra = self.checked.carried.get(node, 0.0) + (self.checked.rounding.get(node, 0.0) if loose else 0.0)
        if not given.agrees(altered, extra, loose):
            # printed inner values: perhaps the learner went on from the digits as printed
            if self.exact_region is None or not given.agrees(altered, 0.05 * np.abs(given.value)):
                return False
            exact = self.checked.walk(trial, self.checked.exactly, self.targets, self.exact_region)
            if node not in exact or not given.agrees(exact[node], extra, loose):
                return False
        # an alteration that changes nothing here explains nothing
        return np.shape(altered) != np.shape(row.expected) or not given.agrees(row.expected, extra, loose)

    def settle(self):
        """Give the rows their mistakes: first the trial that explains most of them, then the likeliest."""
        while True:
            best = None
            for trial, rows in self.found:
                left = [row for row in rows if row in self.pending]
                if left:
                    key = (-sum(_weight(row) for row in left), *_likelihood(trial))
                    if best is None or key < best[0]:
                        best = (key, trial, left)
            if best is None:
                return
            _, trial, left = best
            others = [t for t, rows in self.found if t is not trial and all(row in rows for row in left)]
            for row in left:
                row.mistake = Mistake.of(trial, self.checked, row, sorted(others, key=_likelihood))
            self.pending = [row for row in self.pending if row not in left]

    def _signature(self, outcome):
        """Three numbers for each row: equal for alterations that come to the same."""
        numbers = []
        for row in self.rows:
            g = outcome.get(row.node)
            base = self.base.get(row.node)
            if g is None or np.shape(g) != np.shape(base) or not np.isfinite(g).all():
                numbers.append(None)
                continue
            flat = np.ravel(g)
            probe = np.cos(np.arange(1, flat.size + 1))
            numbers.append(tuple(f"{v:.9g}" for v in (flat @ probe, flat.sum(), np.abs(flat).max(initial=0.0))))
        return tuple(numbers)

    def representatives(self, singles):
        """One alteration of each outcome, the likeliest, without those that change nothing."""
        plain = self.outcomes_of_nothing
        chosen = {}
        for single in sorted(singles, key=_likelihood):
            signature = self.outcomes.get(single[0], ())
            if signature and signature != plain and any(signature) and not single[0].reshapes:
                chosen.setdefault((signature, single[0].mistake.key in ("sign", "factor")), single)
        return list(chosen.values())


def _digits_needed(trial):
    """How many digits a number must have for the trial to be believed."""
    if len({one.mistake for one in trial}) > 1:
        return 5.5
    return (1.0, 2.5, 3.0)[max(one.likely for one in trial)] + 0.5 * (len(trial) > 1)


def _weight(row):
    """How much it counts that a trial explains the row."""
    return 1.0 if row.given.digits > 2.5 else 0.25


def _likelihood(trial):
    """Sorts trials: the likely first, few alterations before many, then by the catalogue, then near the row."""
    return (
        max(one.likely for one in trial),
        len({one.mistake for one in trial}) if len(trial) > 1 else 0,
        len(trial),
        min(RANK[one.mistake] for one in trial),
        min(one.node.birth for one in trial),
    )


def _watched(trials, what, progress):
    """The trials, with a bar on stderr once they have taken a second (at once if ``progress``)."""
    if progress is False:
        yield from trials
        return
    started, bar = time.perf_counter(), None
    try:
        for k, trial in enumerate(trials):
            if bar is None and (progress or time.perf_counter() - started > 1):
                from tqdm import tqdm  # imported when it is needed: a short check should not pay for it

                bar = tqdm(total=len(trials), initial=k, desc=what, leave=False, file=sys.stderr)
            yield trial
            if bar is not None:
                bar.update()
    finally:
        if bar is not None:
            bar.close()
