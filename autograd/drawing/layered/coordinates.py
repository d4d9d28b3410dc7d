"""Where the slots of each rank are, across: in order and apart, as straight below each other as that allows."""

from .order import sweeps

SWEEPS = 24
APART = 14.0
"""Room between two boxes of a rank."""

WIRES = 9.0
"""Room between a wire that passes and what stands beside it."""

SPREAD = 12.0
"""Wires meet a box so far apart, or nearer where it is narrow."""


def spread(ranks):
    """Say where the links meet the boxes: side by side in the order of their other ends."""
    for row in ranks:
        for one in row:
            if one.kind != "box":
                continue
            for links, other, name in ((one.up, "top", "bottom_at"), (one.down, "bottom", "top_at")):
                links.sort(key=lambda link: (getattr(link, other).place, getattr(link, other + "_at")))
                middle, across, _ = one.thing.core
                step = min(SPREAD, (across - 8) / max(1, len(links)))
                for i, link in enumerate(links):
                    setattr(link, name, middle + step * (i - (len(links) - 1) / 2))


def placed(ranks):
    """Give each slot its ``at``; links to slots outside these ranks do not count."""
    for row in ranks:
        _settle(row, [0.0] * len(row), [1.0] * len(row))
    inside = {one for row in ranks for one in row}
    count = sweeps(ranks, SWEEPS)
    for sweep in range(count):
        downwards = sweep % 2 == 0
        both = sweep >= count - 4
        for row in ranks if downwards else reversed(ranks):
            wanted, weights = [], []
            for one in row:
                pulls = []
                if both or downwards:
                    pulls += [
                        (link.pull, link.top.at + link.top_at - link.bottom_at) for link in one.up if link.top in inside
                    ]
                if both or not downwards:
                    pulls += [
                        (link.pull, link.bottom.at + link.bottom_at - link.top_at)
                        for link in one.down
                        if link.bottom in inside
                    ]
                weight = sum([pull for pull, _ in pulls])
                total = sum([pull * at for pull, at in pulls])
                wanted.append(total / weight if weight else one.at)
                weights.append(weight or 0.01)
            _settle(row, wanted, weights)


def _settle(row, wanted, weights):
    """The places nearest to the wanted ones at which the slots of a rank stand in order and apart.

    Least squares under an order: neighbours that are too near are joined to one block at their mean.
    """
    offsets, offset = [], 0.0
    for i, one in enumerate(row):
        if i:
            offset += (row[i - 1].across + one.across) / 2 + _room(row[i - 1], one)
        offsets.append(offset)
    blocks = []  # [weight, mean, count]
    for at, weight, offset in zip(wanted, weights, offsets, strict=True):
        blocks.append([weight, at - offset, 1])
        while len(blocks) > 1 and blocks[-2][1] > blocks[-1][1]:
            weight, mean, count = blocks.pop()
            last = blocks[-1]
            last[1] = (last[0] * last[1] + weight * mean) / (last[0] + weight)
            last[0] += weight
            last[2] += count
    i = 0
    for _, mean, count in blocks:
        for _ in range(count):
            row[i].at = mean + offsets[i]
            i += 1


def _room(a, b):
    return WIRES if a.passes or b.passes else APART


def extent(ranks):
    """(lowest, highest) place across that anything takes."""
    return (
        min([one.at - one.across / 2 for row in ranks for one in row], default=0.0),
        max([one.at + one.across / 2 for row in ranks for one in row], default=0.0),
    )
