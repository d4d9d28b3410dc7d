"""Trials of mistakes: what comes out of the walk with one, and whose numbers that explains."""

from functools import cached_property

import numpy as np

from ..node import Leaf
from .alteration import altered_walk
from .given import RELATIVE
from .judgement import Mistake
from .mistakes import BY_KEY, CATALOGUE
from .mistakes.activations import activation_at
from .parts import alterations, alterations_in_parts
from .site import Site, Target
from .unaltered import Unaltered

ROOM = 0.05
"""Of printed inner values: how far a number may be off where the learner went on from the digits as printed."""

MOST_TOLD = 30
"""Of so many alterations at once those are told that a row's number depends on; it takes a walk for each."""

RANK = {entry: k for k, entry in enumerate(CATALOGUE)}


class Search:
    """Trials (lists of alterations) held against the numbers of some rows.

    found : [(trial, the rows that it explains)]
    pending : the rows that have no mistake yet
    outcomes : {single alteration: a few numbers that tell apart what it leads to}
    foreseen : the same of those that were not tried, as ``Foresight`` told; plain : what stands for no change at all
    tried : with how many trials the graph was walked; offered : how many there were to choose from
    remark : what could not be done, or ""
    room : {row: how far its numbers may be off because of what they were computed from}; most : the same at most
    """

    def __init__(self, graph, truth):
        self.graph, self.truth = graph, truth
        self.handed_on = truth.handed_on
        self.found, self.pending, self.outcomes, self.foreseen, self.plain = [], [], {}, {}, set()
        self.tried, self.offered, self.remark = 0, 0, ""

    def start(self, rows):
        """Look for the mistakes of these rows."""
        self.rows, self.pending = rows, list(rows)
        self.targets = {row.node for row in rows}
        self.region = self.graph.region(self.targets, self.handed_on)
        self.exact_region = self.graph.region(self.targets, self.truth.exactly) if self.truth.printed else None
        self.base = Unaltered(self.region, self.targets, self.handed_on)
        self.room = {row: self._room(row) for row in rows}
        self.most = {row: self._most(row) for row in rows}

    def candidates(self):
        """Every alteration of the catalogue at every node that the rows' gradients come through."""
        written = [one for one in map(activation_at, self.sites) if one is not None and not one.whole]
        inner = {node for one in written for node in one.chain if node is not one.site.node}
        sources = {one.source for one in written}
        for site in self.sites:
            for one in alterations(site):
                if site.node in inner or (site.node in sources and one.total is not None):
                    one.likely = 2  # people derive an activation as a whole, however it is written
                yield one
        for row in self.rows:
            target = self._target(row)
            for entry in CATALOGUE:
                yield from entry.alterations_of_row(target)

    def exchanges(self):
        """Trials in which two rows have each other's gradient."""
        of_nodes, entry = {row.node: row for row in self.pending}, BY_KEY["another-gradient"]
        for row in self.pending:
            for one in entry.alterations_of_row(self._target(row)):
                other = of_nodes.get(one.variant)
                if other is None or row.node.birth >= other.node.birth:
                    continue
                for back in entry.alterations_of_row(self._target(other)):
                    if back.variant is row.node:
                        said = f"the gradients by {row.name} and {other.name} are exchanged: each is the other's"
                        one.says = back.says = said
                        yield [one, back]

    def _target(self, row):
        graph, node = self.graph, row.node
        others = {
            other: (graph.names.name(other), np.asarray(g))
            for other, g in self.truth.true.items()
            if other is not node and other in self.truth.learner.gradients
        }
        users = [user for place in graph.places(node) for user, _ in graph.uses[place]]
        shapes = [np.shape(graph.value(source)) for user in users for source in user.note.inputs]
        lengths = {n for shape in [*shapes, *[user.like[0] for user in users]] for n in shape}
        return Target(
            node, row.name, others, row.given.value, self.truth.learner.learning_rate, sorted(lengths - {0, 1})
        )

    def candidates_in_parts(self):
        """The same at what fused nodes are made of."""
        for site in self.sites:
            yield from alterations_in_parts(site)

    @cached_property
    def sites(self):
        """The nodes that the rows' gradients come through, as mistakes ask about them."""
        order, _ = self.region
        inside, graph = set(order), self.graph
        passed = Unaltered((graph.order, {graph.output: graph.seed}), (), self.handed_on).passed
        return [
            Site(node, graph, self.truth.updated, self.truth.rate_known, passed)
            for node in order
            if type(node) is not Leaf
            and (any(parent in inside for parent in node.parents) or len(graph.uses[node]) > 1)
        ]

    @property
    def all_explained(self):
        """Whether each row has a trial that explains it."""
        return len({row for _, rows in self.found for row in rows} & set(self.pending)) == len(self.pending)

    def run(self, trials, enough=lambda: False):
        """Try them, until ``enough()``; returns whether all were tried."""
        for trial in trials:
            if enough():
                return False
            outcome = self.base.walk(trial)
            self.tried += 1
            if any(one.fit is not None for one in trial):
                self.found += self._fitted(trial, outcome)
                continue
            if len(trial) == 1:
                self.outcomes[trial[0]] = self._signature(outcome)
            explained = [row for row in self.pending if self._explains(trial, outcome, row)]
            if explained:
                self.found.append((trial, explained))
        return True

    def _fitted(self, trial, outcome):
        """[(the trial with its number c, the rows that it explains)]: with one c for all rows, else for each."""
        rows = [
            row
            for row in self.pending
            if row.fits
            and np.shape(outcome.get(row.node)) == np.shape(self.base.found.get(row.node, outcome)) == row.shape
        ]
        for several in ([rows], [[row] for row in rows]):
            found = []
            for some in several:
                c = _best_number([(row, self.base.found[row.node], outcome[row.node]) for row in some])
                if c is None or not all(one.fit is None or one.fit(c) for one in trial):
                    continue
                told = [one.with_number(c) for one in trial]
                altered = {
                    row.node: self.base.found[row.node] + c * (outcome[row.node] - self.base.found[row.node])
                    for row in some
                }
                explained = [row for row in some if self._explains(told, altered, row)]
                if (
                    explained
                    and _best_number([(r, self.base.found[r.node], outcome[r.node]) for r in explained]) is not None
                ):
                    found.append((told, explained))
            if found:
                return found
        return []

    def _explains(self, trial, outcome, row):
        """Whether the learner's number is that of the altered walk, and not that of the true one."""
        given, altered = row.given, outcome.get(row.node)
        if altered is None or altered is self.base.found.get(row.node) or np.shape(altered) != given.shape:
            return False
        if not given.may_agree(altered, self.most[row]):
            return False
        if given.digits < _digits_needed(trial):  # with so few, some number would agree by chance
            return False
        loose, extra = self.graph.narrow, self.room[row]
        if not given.agrees(altered, extra, loose):
            if self.exact_region is None or not given.agrees(altered, ROOM * np.abs(given.value)):
                return False
            exact = altered_walk(self.exact_region, self.targets, trial, self.truth.exactly)
            if row.node not in exact or not given.agrees(exact[row.node], extra, loose):
                return False
        # an alteration that changes nothing here explains nothing
        return np.shape(altered) != np.shape(row.expected) or not given.agrees(row.expected, extra, loose)

    def _room(self, row):
        """How far a number may be off because of what it was computed from."""
        extra = self.truth.carried.get(row.node, 0.0) if row.fits else 0.0
        return extra + self.truth.rounding.get(row.node, 0.0) if row.fits and self.graph.narrow else extra

    def _most(self, row):
        """How far it may be off at most, one number: also where the learner went on from the digits as printed."""
        printed = ROOM * np.abs(row.given.filled(0.0)) if self.exact_region is not None else 0.0
        return float(np.max(self.room[row] + printed, initial=0.0))

    def settle(self):
        """Give the rows their mistakes: first the trial that explains most of them, then the likeliest."""
        while True:
            best = None
            for trial, rows in self.found:
                left = [row for row in rows if row in self.pending]
                if left:
                    key = (-sum(_weight(row) for row in left), *likelihood(trial))
                    if best is None or key < best[0]:
                        best = (key, trial, left)
            if best is None:
                return
            _, trial, left = best
            others = [t for t, rows in self.found if t is not trial and all(row in rows for row in left)]
            for row in left:
                row.mistake = self._mistake(trial, row, sorted(others, key=likelihood))
            self.pending = [row for row in self.pending if row not in left]

    def _mistake(self, trial, row, others):
        """The mistake of a trial as it concerns one row; the other trials give the same numbers."""
        inside = set(self.graph.region([row.node], self.handed_on)[0])
        here = [one for one in trial if one.node in inside] or trial
        here = sorted(self._needed(here, row), key=lambda one: -one.node.birth)
        names, key = self.graph.names, _key(here)
        entries = list(dict.fromkeys(one.mistake for one in here))
        clauses = [_clause(entry, [one for one in here if one.mistake is entry], names) for entry in entries]
        alike = [t for t in others if max(one.likely for one in t) <= max(one.likely for one in trial)]
        alternatives = [k for k in dict.fromkeys(_key(t) for t in alike if len(t) <= len(trial)) if k != key][:2]
        nodes = [names.recorded(one.node) for one in here]
        return Mistake(
            key,
            nodes[0],
            f"your {row.what} is what comes out when {', and '.join(clauses)}",
            nodes,
            "; ".join(entry.formula for entry in entries),
            names.place(here[0].node),
            alternatives,
            # so many trials make it likely that one of them agrees by chance with so few digits
            guess=max(self.tried, self.offered) * 10.0**-row.given.digits > 0.05,
        )

    def _needed(self, several, row):
        """Of alterations that explain a row together those without which its number would be another."""
        if len(several) > MOST_TOLD or any(one.fit is not None or one.mistake.together for one in several):
            return several
        for one in several:
            fewer = [other for other in several if other is not one]
            if fewer and self._explains(fewer, self.base.walk(fewer), row):
                several = fewer
        return several

    def _signature(self, outcome):
        """Three numbers for each row: equal for alterations that come to the same."""
        numbers = []
        for row in self.rows:
            g = outcome.get(row.node)
            base = self.base.found.get(row.node)
            if g is None or np.shape(g) != np.shape(base) or not np.isfinite(g).all():
                numbers.append(None)
                continue
            flat = np.ravel(g)
            probe = np.cos(np.arange(1, flat.size + 1))
            numbers.append(tuple(f"{v:.9g}" for v in (flat @ probe, flat.sum(), np.abs(flat).max(initial=0.0))))
        return tuple(numbers)

    def representatives(self, singles):
        """One alteration of each outcome, the likeliest, without those that change nothing."""
        plain = {self._signature(self.base.found), *self.plain}
        outcomes, chosen = {**self.foreseen, **self.outcomes}, {}
        for single in sorted(singles, key=likelihood):
            signature = outcomes.get(single[0], ())
            if signature and signature not in plain and any(signature) and not single[0].reshapes:
                chosen.setdefault((signature, single[0].mistake.key in ("sign", "factor")), single)
        return list(chosen.values())


def _best_number(several):
    """c for which ``base + c (outcome − base)`` is nearest to the numbers given; None where they do not tell.

    They do where more of them agree than it takes to find c, and where it is no constant factor of all.
    """
    givens, bases, changes, exact = [], [], [], []
    for row, base, outcome in several:
        base, outcome = np.asarray(base, dtype=float), np.asarray(outcome, dtype=float)
        kept = ~np.broadcast_to(row.given.blank, base.shape)
        givens.append(np.asarray(row.given.filled(base))[kept])
        bases.append(base[kept])
        changes.append((outcome - base)[kept])
        slack = np.broadcast_to(row.given.slack, base.shape)[kept]
        size = np.maximum(np.abs(givens[-1]), 1e-3 * np.max(np.abs(givens[-1]), initial=0.0)) + 1e-30
        exact.append(np.where(slack > 0, slack, RELATIVE * size))
    if not several:
        return None
    given, base, change, exact = (np.concatenate(part) for part in (givens, bases, changes, exact))
    weight = float(np.sum((change / exact) ** 2))
    if not np.isfinite(weight) or not weight or not np.isfinite(given).all():
        return None
    c = float(np.sum((given - base) * change / exact**2) / weight)
    digits = np.log10(np.maximum(np.abs(c * change) / exact, 1.0))
    if np.sum(digits) - np.max(digits) < 2.5:
        return None
    along = np.sum(base * change) / max(float(np.sum(base * base)), 1e-300)
    return None if np.linalg.norm(change - along * base) <= 1e-6 * np.linalg.norm(change) else c


def _key(trial):
    return " + ".join(dict.fromkeys(one.mistake.key for one in trial))


def _clause(entry, several, names):
    """What was done wrong, as a part of a sentence; likewise at several nodes."""
    said = []
    for one in several:
        words = one.says.replace("{at}", names.label(one.node)).replace("{whose}", names.owner(one.node))
        if words not in said:
            said.append(words)
    rest = len(said) - 3
    if rest > 1:
        said = [*said[:2], f"likewise at {rest + 1} more nodes"]
    return entry.together + ", ".join(said) if entry.together else " and ".join(said)


def _digits_needed(trial):
    """How many digits a number must have for the trial to be believed."""
    if len({one.mistake for one in trial}) > 1:
        return 5.5
    return (1.0, 2.5, 3.0, 3.0)[max(one.likely for one in trial)] + 0.5 * (len(trial) > 1)


def _weight(row):
    """How much it counts that a trial explains the row."""
    return 1.0 if row.given.digits > 2.5 else 0.25


def likelihood(trial):
    """Sorts trials: the likely first, few alterations before many, then by the catalogue, then near the row."""
    return (
        max(one.likely for one in trial),
        len({one.mistake for one in trial}) if len(trial) > 1 else 0,
        len(trial),
        min(RANK[one.mistake] for one in trial),
        min(one.node.birth for one in trial),
    )
