"""From ranks to a page: how far along each rank is, in how many bands they are laid side by side, and each wire's way.

A wire runs straight through its own slot and turns only between two ranks, so it meets no box but its ends. From
one band to the next it runs on a track of its own: out below the one, up beside it, in above the other.
"""

import itertools

from . import coordinates
from .slots import LABEL

GAP = 26.0
"""Room between two ranks; more where wires run far across."""

EDGE = 9.0
"""The same between the edge of a frame and the first rank in it."""

TRACK = 8.0
"""Room between two wires that run beside each other from band to band."""

BANDS = 8
CORNER = 6.0


class Band:
    """Some ranks in a row.

    at : (across, along) of its corner on the page; low is the lowest place across within it
    start, end : {rank: along}, where the slots of each of its ranks begin and end
    """

    def __init__(self, ranks):
        self.ranks = ranks
        self.at, self.low = (0.0, 0.0), 0.0
        self.start, self.end = {}, {}
        self.across = self.along = 0.0

    def lay_out(self):
        coordinates.placed(self.ranks)
        self.low, high = coordinates.extent(self.ranks)
        self.across = high - self.low
        along = 0.0
        inside = {one for row in self.ranks for one in row}
        for row in self.ranks:
            rank = row[0].rank
            self.start[rank] = along
            along = self.end[rank] = along + max([one.along for one in row])
            far = [
                abs(link.top.at + link.top_at - link.bottom.at - link.bottom_at)
                for one in row
                for link in one.down
                if link.bottom in inside
            ]
            along += EDGE if _on_an_edge(row) else max(GAP, min(3 * GAP, max(far, default=0.0) / 7))
        self.along = self.end[self.ranks[-1][0].rank] if self.ranks else 0.0


def laid_out(ranks, chains, page):
    """(across, along) of the whole, after placing every thing and finding the way of every wire.

    page : (across, along) within which it should stay: what is longer is laid in several bands side by side
    """
    if not ranks:
        return 0.0, 0.0
    coordinates.spread(ranks)
    bands = _bands(ranks, page)
    band_of = {}
    for band in bands:
        band.lay_out()
        band_of.update({one: band for row in band.ranks for one in row})
    cut = _cut_links(bands, band_of)
    deepest, across = 0.0, 0.0
    for number, band in enumerate(bands):
        before = len(cut[number - 1]) if number else 0
        band.at = (across, TRACK * before + (GAP if before else 0.0))
        after = len(cut[number]) if number < len(bands) - 1 else 0
        across += band.across + (2 * GAP + TRACK * after if number < len(bands) - 1 else 0.0)
        deepest = max(deepest, band.at[1] + band.along + (GAP / 2 + TRACK * after if after else 0.0))
    for row in ranks:
        for one in row:
            if one.thing is not None:
                one.thing.at = _middle(one, band_of[one])
    tracks = {}
    for links in cut:
        for i, link in enumerate(links):
            tracks[link] = (i, len(links))
    for wire, links in chains.items():
        wire.points = _way(wire, links, band_of, tracks)
    return across, deepest


def _middle(one, band):
    """(across, along) of a slot's middle. A port lies on the edge of its frame."""
    rank = one.rank
    along = (band.start[rank] + band.end[rank]) / 2
    if one.kind in ("in", "title"):
        along = band.start[rank] + one.along / 2
    elif one.kind == "out":
        along = band.end[rank] - one.along / 2
    return one.at - band.low + band.at[0], along + band.at[1]


def _on_an_edge(row):
    """Whether a rank has nothing but the ports and the title of the frame around."""
    return all(one.kind in ("in", "title") for one in row) or all(
        link.bottom.kind == "out" for one in row for link in one.down
    )


# -- bands -------------------------------------------------------------------------------------


def _bands(ranks, page):
    """The ranks in as many bands as fit the page best, cut where few wires are."""
    lengths = [max([one.along for one in row]) + GAP for row in ranks]
    widths = [sum([one.across + coordinates.APART for one in row]) for row in ranks]
    links = [sum([len(one.down) for one in row]) for row in ranks]
    whole = sum(lengths)
    chosen, least = [0, len(ranks)], max(whole / page[1], max(widths) / page[0])
    if whole <= 1.25 * page[1]:
        return [Band(ranks)]
    for count in range(2, min(BANDS, len(ranks)) + 1):
        cuts = _cuts(lengths, links, count)
        pieces = list(itertools.pairwise(cuts))
        along = max([sum(lengths[a:b]) for a, b in pieces])
        across = sum([max(widths[a:b]) for a, b in pieces]) + sum(
            [2 * GAP + TRACK * links[at - 1] for at in cuts[1:-1]]
        )
        size = max(along / page[1], across / page[0])
        if size < 0.85 * least and along < 0.75 * whole:
            chosen, least = cuts, size
    return [Band(ranks[a:b]) for a, b in itertools.pairwise(chosen)]


def _cuts(lengths, links, count):
    """Where to cut for so many bands: [0, …, how many ranks there are]."""
    whole, ends, along = sum(lengths), [], 0.0
    for length in lengths:
        along += length
        ends.append(along)
    cuts = [0]
    for number in range(1, count):
        wanted = whole * number / count
        near = [i for i, end in enumerate(ends[:-1], 1) if i > cuts[-1] and abs(end - wanted) < 0.3 * whole / count]
        if not near:
            near = list(range(cuts[-1] + 1, len(ends)))[:1]
        if near:
            cuts.append(min(near, key=lambda i: (links[i - 1], abs(ends[i - 1] - wanted))))
    return [*cuts, len(lengths)]


def _cut_links(bands, band_of):
    """For each band but the last the links to the next one, in the order in which they leave it."""
    found = []
    for band, after in itertools.pairwise(bands):
        links = [link for one in band.ranks[-1] for link in one.down if band_of[link.bottom] is after]
        found.append(sorted(links, key=lambda link: link.top.at + link.top_at))
    return found


# -- ways --------------------------------------------------------------------------------------


def _way(wire, links, band_of, tracks):
    """The points of a wire; also finds where its label stands."""
    points = [_leaving(links[0], band_of[links[0].top])]
    for link in links:
        top, bottom = band_of[link.top], band_of[link.bottom]
        start = (_across(link.top, link.top_at, top), top.end[link.top.rank] + top.at[1])
        end = (_across(link.bottom, link.bottom_at, bottom), bottom.start[link.bottom.rank] + bottom.at[1])
        _line(points, start)
        if link in tracks:
            _by_track(points, (start, end), (top, bottom), *tracks[link])
        else:
            middle = (start[1] + end[1]) / 2
            if abs(start[0] - end[0]) < 0.5:
                _line(points, end)
            else:
                points += [(start[0], middle), (end[0], middle), end]
        one = link.bottom
        if one.label:
            along = (bottom.start[one.rank] + bottom.end[one.rank]) / 2 + bottom.at[1]
            wire.label_at = (_across(one, LABEL / 2, bottom), along)
    _line(points, _arriving(links[-1], band_of[links[-1].bottom]))
    return points


def _across(slot, at, band):
    return slot.at + at - band.low + band.at[0]


def _leaving(link, band):
    one = link.top
    return _across(one, link.top_at, band), _middle(one, band)[1] + one.thing.core[2] / 2


def _arriving(link, band):
    one = link.bottom
    return _across(one, link.bottom_at, band), _middle(one, band)[1] - one.thing.core[2] / 2


def _line(points, end):
    """A straight line, as a curve."""
    start = points[-1]
    if len(points) > 3 and start[0] == end[0] and all(x == end[0] for x, _ in points[-4:]) and start[1] < end[1]:
        del points[-3:]  # one line goes on
        start = points[-1]
    if abs(start[0] - end[0]) + abs(start[1] - end[1]) > 1e-6:
        third = ((end[0] - start[0]) / 3, (end[1] - start[1]) / 3)
        points += [(start[0] + third[0], start[1] + third[1]), (end[0] - third[0], end[1] - third[1]), end]


def _by_track(points, ends, bands, i, count):
    """From the bottom of a band to the top of the next one, as number i of so many: the first goes round the others."""
    (start, end), (band, after) = ends, bands
    below = band.at[1] + band.along + GAP / 2 + TRACK * (count - 1 - i)
    beside = band.at[0] + band.across + GAP + TRACK * (count - 1 - i)
    above = after.at[1] - GAP / 2 - TRACK * i
    corners = [start, (start[0], below), (beside, below), (beside, above), (end[0], above), end]
    for before, corner, then in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(CORNER, _length(before, corner) / 2, _length(corner, then) / 2)
        a, b = _towards(corner, before, radius), _towards(corner, then, radius)
        _line(points, a)
        points += [_towards(corner, before, radius * 0.45), _towards(corner, then, radius * 0.45), b]
    _line(points, end)


def _length(a, b):
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(a, b, far):
    length = _length(a, b)
    return a if not length else (a[0] + (b[0] - a[0]) * far / length, a[1] + (b[1] - a[1]) * far / length)
