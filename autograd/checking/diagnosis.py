"""Find the classic mistake that gives exactly the numbers that a learner wrote down.

For each entry of the catalogue and each node it may stand at, the walk backward is run again with
that one alteration; where the learner's numbers come out, that is the diagnosis. The same mistake
at all nodes of its kind is tried as well, and at last pairs of mistakes, within a budget of time.
"""

import itertools
import sys
import time

from ..node import Leaf
from ..notes import Constant
from ..taped.graph import is_leafs_alias
from .foresight import Foresight
from .judgement import Mistake
from .search import Search, likelihood

MOST_PAIRS = 300
"""How many pairs are tried: a number and no time, so that a busy machine finds as much."""

MOST_IN_PAIRS = 200
"""How many single alterations they are made of."""

LONGEST = 20.0
"""Seconds that mistakes are looked for at most, unless told."""

LONGEST_PAIRS = 8.0
"""The same for pairs of mistakes."""

STOPPED = "the search was stopped after {:.3g} s, and not all of the catalogue was tried: give more seconds="


def diagnose(search, rows, seconds=None, progress=None):
    """Give each of the rows, which are wrong, its ``mistake`` where one is found."""
    started = time.perf_counter()
    longest = LONGEST if seconds is None else seconds
    search.start(rows)
    singles, done = [], True
    search.run(_watched(search.exchanges(), "looking for the mistake", progress))
    for candidates in (search.candidates, search.candidates_in_parts):
        if search.pending:
            several = [[one] for one in candidates()]
            search.offered += len(several)
            done = _try(search, several, started + longest, progress) and done
            singles += several
    if search.pending and not done:
        search.remark = STOPPED.format(longest)
    if search.pending:
        pairs = list(itertools.islice(_pairs(search.representatives(singles)), MOST_PAIRS))
        spent = time.perf_counter() - started
        until = time.perf_counter() + (min(LONGEST_PAIRS, max(1.0, spent)) if seconds is None else longest - spent)
        search.run(
            _watched(pairs, "trying pairs", progress), lambda: time.perf_counter() > until or search.all_explained
        )
        search.settle()


def _try(search, singles, until, progress):
    """Single alterations, and each kind of them everywhere at once; returns whether all were tried that it takes.

    Those that may explain a row come first; where one explains all of them, no other is tried.
    """
    wrong = len(search.pending)

    def enough():
        return time.perf_counter() > until or bool(search.found and len(search.found[-1][1]) == wrong)

    def late():
        return time.perf_counter() > until

    foreseen = Foresight(search.graph, search.pending, search.base, search.most)
    hopeful = sorted([single for single in singles if foreseen.worth_a_walk(single[0])], key=likelihood)
    groups = sorted(_everywhere(singles), key=likelihood)
    done = all(
        [search.run(_watched(trials, "looking for the mistake", progress), enough) for trials in (hopeful, groups)]
    )
    if not search.all_explained:
        rest = [single for single in singles if single[0] not in search.outcomes and single[0].fit is None]
        # where the values have a kink or noise what was foreseen may be off: there all are tried
        if all(not row.kink and (row.finite_difference_error or 0.0) < 1e-4 for row in search.pending):
            search.foreseen.update({one: foreseen.told[one] for (one,) in rest if one in foreseen.told})
            search.plain.add(foreseen.unaltered)
            rest = [single for single in rest if single[0] not in foreseen.told]
        done = search.run(_watched(rest, "looking for the mistake", progress), late)
    search.settle()
    return done or not search.pending


def explain_shapes(graph, truth, rows):
    """Give the rows whose by-hand value has a wrong shape the mistake of the catalogue behind that, if there is one."""
    for row in rows:
        if row.fits:
            continue
        if 0 in row.given.shape and 0 not in row.shape:
            said = (
                f"your {row.what} is empty: a slice such as [0:-0], the padding cropped where there is none, is empty"
            )
            row.mistake = Mistake("empty-slice", graph.names.recorded(row.node), said)
            continue
        search = Search(graph, truth)
        search.start([row])
        for candidates in (search.candidates, search.candidates_in_parts):
            if search.pending:
                search.run([[one] for one in candidates() if one.reshapes])
                search.settle()


def _everywhere(singles):
    """The alterations of one kind at all their nodes at once, or at all that take one parameter, of several."""
    groups = {}
    for (one,) in singles:
        kind = one.mistake.key, one.variant
        groups.setdefault(kind, []).append(one)
        for source in one.node.note.inputs if type(one.node) is not Leaf else ():
            if not isinstance(source, Constant) and is_leafs_alias(source):
                groups.setdefault((*kind, source.note.inputs[0]), []).append(one)
    yielded = set()
    for group in groups.values():
        nodes = frozenset([one.node for one in group])
        if 1 < len(nodes) == len(group) and (kind := (nodes, group[0].mistake.key, group[0].variant)) not in yielded:
            yielded.add(kind)
            yield group


def _pairs(singles):
    """Two alterations, the likely first; not two of one mistake at one node."""
    likely = [[one for (one,) in singles[:MOST_IN_PAIRS] if one.likely == k] for k in range(3)]
    for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)):
        both = itertools.combinations(likely[i], 2) if i == j else itertools.product(likely[i], likely[j])
        yield from ([a, b] for a, b in both if a.node is not b.node or a.mistake is not b.mistake)


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

                total = len(trials) if hasattr(trials, "__len__") else None  # of exchanges nobody knows it before
                bar = tqdm(total=total, initial=k, desc=what, leave=False, file=sys.stderr)
            yield trial
            if bar is not None:
                bar.update()
    finally:
        if bar is not None:
            bar.close()
