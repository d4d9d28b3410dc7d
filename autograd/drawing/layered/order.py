"""In which order the slots of each rank stand: so that few wires cross.

Barycentres downwards and upwards by turns, then neighbours that cross less the other way round change places
(Sugiyama, Tagawa and Toda 1981; Gansner, Koutsofios, North and Vo 1993).
"""

from bisect import bisect, insort

from .ranks import number

SWEEPS = 24
MANY = 1500
"""With more slots than that there are fewer sweeps, and no neighbours change places."""


def sweeps(ranks, most):
    """How often to go over the ranks: less often where there is much in them."""
    return max(2, min(most, most * MANY // max(1, sum(map(len, ranks)))))


def ordered(ranks):
    """Order the slots of each rank in place; the best order that was met is taken."""
    size = sum(map(len, ranks))
    best, least = [list(row) for row in ranks], crossings(ranks)
    for sweep in range(sweeps(ranks, SWEEPS)):
        if not least:
            break
        downwards = sweep % 2 == 0
        for row in ranks[1:] if downwards else reversed(ranks[:-1]):
            _sort(row, downwards)
        if size < MANY:
            _change_places(ranks)
        count = crossings(ranks)
        if count < least:
            best, least = [list(row) for row in ranks], count
    for row, good in zip(ranks, best, strict=True):
        row[:] = good
        number(row)


def crossings(ranks):
    """How many pairs of links cross."""
    total = 0
    for row in ranks[:-1]:
        links = sorted([_ends(link) for one in row for link in one.down])
        seen = []
        for _, bottom in links:
            total += len(seen) - bisect(seen, bottom)
            insort(seen, bottom)
    return total


def _ends(link):
    return (link.top.place, link.top_at), (link.bottom.place, link.bottom_at)


def _sort(row, downwards):
    """Sort a rank by the mean place of what each slot is linked to; what is linked to nothing keeps its place."""
    wanted = {}
    for one in row:
        if one.kind == "title":
            wanted[one] = -1.0
            continue
        links = one.up if downwards else one.down
        places = [
            (link.top.place + _part(link.top, link.top_at))
            if downwards
            else (link.bottom.place + _part(link.bottom, link.bottom_at))
            for link in links
        ]
        wanted[one] = sum(places) / len(places) if places else None
    free = [i for i, one in enumerate(row) if wanted[one] is not None]
    moved = sorted([row[i] for i in free], key=wanted.get)
    for i, one in zip(free, moved, strict=True):
        row[i] = one
    number(row)


def _part(slot, at):
    """How far from the middle of a slot, where it is as wide as 1."""
    return at / slot.across if slot.across else 0.0


def _change_places(ranks):
    for row in ranks:
        for i in range(len(row) - 1):
            a, b = row[i], row[i + 1]
            if a.kind == "title":
                continue
            if _between(b, a) < _between(a, b):
                row[i], row[i + 1] = b, a
                number(row)


def _between(left, right):
    """How many links of the two cross with the first on the left."""
    count = 0
    for one, other in (
        ([(k.top.place, k.top_at) for k in left.up], [(k.top.place, k.top_at) for k in right.up]),
        ([(k.bottom.place, k.bottom_at) for k in left.down], [(k.bottom.place, k.bottom_at) for k in right.down]),
    ):
        count += sum([a > b for a in one for b in other])
    return count
