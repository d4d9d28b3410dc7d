"""In which rank everything stands: after all that it is made from, and as near to what it goes into as can be."""

from .slots import LABEL, Link, Slot

PASSES = 6


def ranked(things, wires):
    """{thing: rank} from 0 on. Wires go to higher ranks, those with labels two ranks at least."""
    above, below = {one: [] for one in things}, {one: [] for one in things}
    for wire in wires:
        step = 2 if wire.label else 1
        above[wire.head].append((wire.tail, step))
        below[wire.tail].append((wire.head, step))
    order = _sorted(things, above, below)
    first = int(any(one.kind in ("in", "title") for one in things))
    rank = {}
    for one in order:
        rank[one] = max([rank[other] + step for other, step in above[one]], default=0)
        if one.kind not in ("in", "title"):
            rank[one] = max(rank[one], first)
    for _ in range(PASSES):
        moved = False
        for one in reversed(order):
            room = [rank[other] - step for other, step in below[one]]
            if len(room) > len(above[one]) and one.kind == "box" and min(room) > rank[one]:
                rank[one], moved = min(room), True
        for one in order:
            room = [rank[other] + step for other, step in above[one]]
            if room and len(room) > len(below[one]) and one.kind != "out" and max(room) < rank[one]:
                rank[one], moved = max(max(room), first), True
        if not moved:
            break
    last = max([rank[one] for one in things if one.kind != "out"], default=0) + 1
    for one in things:
        if one.kind == "out":
            rank[one] = max(last, rank[one])
    last = max([rank[one] for one in things if one.kind == "out"], default=0)
    return {one: last if one.kind == "out" else rank[one] for one in things}


def _sorted(things, above, below):
    """The things, each after all that it is made from, else in the order in which they came."""
    place = {one: i for i, one in enumerate(things)}
    missing = {one: len(above[one]) for one in things}
    ready = [one for one in things if not missing[one]]
    order = []
    for one in ready:  # the list grows while it is read
        order.append(one)
        for other, _ in sorted(below[one], key=lambda pair: place[pair[0]]):
            missing[other] -= 1
            if not missing[other]:
                ready.append(other)
    if len(order) < len(things):
        raise ValueError("layered: the wires run in a circle")
    return order


def slots_of(things, wires):
    """(ranks as lists of slots, {wire: its links}): each rank's slots in the order in which a walk finds them.

    Wires from one place run together as far as they go the same way: what is used often is no tangle.
    """
    rank = ranked(things, wires)
    slot = {one: Slot(rank[one], one.across, one.along, one) for one in things}
    trunks, chains = {}, {}
    for wire in wires:
        tail, head = slot[wire.tail], slot[wire.head]
        trunk = trunks.setdefault((wire.tail, wire.tail_at), [])
        links = []
        at = tail
        for number in range(head.rank - tail.rank - (2 if wire.label else 1)):
            if number == len(trunk):
                trunk.append(Link(at, Slot(at.rank + 1, 0.0, 0.0), wire.tail_at if number == 0 else 0.0))
            links.append(trunk[number])
            at = trunk[number].bottom
        start = 0.0 if links else wire.tail_at
        if wire.label:
            across, along = wire.label
            label = Slot(at.rank + 1, across + 2 * LABEL, along, label=True)
            edge = (LABEL - label.across) / 2  # a label stands beside its wire, which runs along the edge of the slot
            links.append(Link(at, label, start, edge))
            at, start = label, edge
        chains[wire] = [*links, Link(at, head, start, wire.head_at)]
    return _in_ranks(list(slot.values())), chains


def _in_ranks(slots):
    """The slots by rank. A walk from the ends upwards finds those of a tree without a crossing."""
    ranks = [[] for _ in range(max([one.rank for one in slots], default=-1) + 1)]
    seen = set()
    ends = [one for one in slots if not one.down]
    todo = list(reversed(ends))
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        ranks[one.rank].append(one)
        todo.extend([link.top for link in reversed(one.up)])
    for row in ranks:
        row.sort(key=lambda one: one.kind != "title")
        number(row)
    return [row for row in ranks if row]


def number(row):
    for place, one in enumerate(row):
        one.place = place
