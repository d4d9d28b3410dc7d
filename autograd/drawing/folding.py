"""Fewer boxes: modules folded to one box each, repeated layers to one with a count, long chains cut.

``fold(graph, depth=1)`` is what ``draw(..., depth=1)`` shows. The result is a Graph again. Boxes that
are not folded are the very same ones, and everything keeps the order of recording.
"""

import copy
from collections import Counter

from .boxes import Box, Edge, Graph
from .text import argument, count_of

LONGEST_PERIOD = 8
"""So many boxes may make up what is repeated."""

ENDS = 10
"""So many operations stay at each end of a graph that is cut."""

SOURCES = ("leaf", "parameter", "constant")


class Folded:
    """What a box stands for that several were folded into.

    boxes      : these boxes
    path       : the names of the module, outermost first; () of a part that is left out
    kind       : the module's class, or None where not known
    count      : how many modules in a row, or runs of the same one, were folded into the box
    last       : the path of the last of them
    operations : how many each of them has; ``operation`` is the declaration if it is only one
    parameters : how many numbers the parameters of each of them hold
    output     : whether one of the boxes is an output
    """

    __slots__ = ("boxes", "count", "kind", "last", "operation", "operations", "output", "parameters", "path")

    def __init__(self, boxes, path=(), kind=None):
        self.boxes = boxes
        self.path = self.last = path
        self.kind = kind
        self.count = 1
        made = [box for box in boxes if box.operation is not None]
        inner = [box.folded for box in boxes if box.folded is not None]
        self.operations = len(made) + sum(one.operations * one.count for one in inner)
        self.operation = made[0].operation if len(made) == 1 == self.operations else None
        self.output = any(box.role == "output" for box in boxes) or any(one.output for one in inner)
        self.parameters = sum(size_of(box) for box in boxes if box.role == "parameter")

    @property
    def memory(self):
        """As ``Box.memory``, of all the boxes."""
        memory = {}
        for box in self.boxes:
            memory.update(box.memory)
        return memory


def size_of(box):
    """How many entries the value of a box has."""
    size = 1
    for length in box.like[0] if box.like is not None else ():
        size *= length
    return size


def fold(graph, depth=None, limit=None):
    """The Graph with fewer boxes.

    depth : modules this deep are folded: 0 leaves a box for each outermost module, 1 one for each of
        its parts. None folds none.
    limit : with more boxes than that, modules are folded less deep, and where that is not enough the
        middle of the graph is left out. ``notes`` of the result say so.
    """
    whole, asked = len(graph.boxes), depth
    if limit is not None and _size(graph, depth) > limit and any(box.frame for box in graph.boxes):
        depth = _depth_within(graph, limit)
    drawn = graph
    if depth is not None:
        drawn = fold_repeats(fold_modules(graph, depth))
    remarks = [] if depth == asked else [f"modules folded at depth {depth}"]
    if limit is not None and len(drawn.boxes) > limit:
        drawn = leave_out(drawn, max(1, min(ENDS, limit // 8)))
        left_out = [box.name for box in drawn.boxes if box.role == "skipped"]
        if left_out:
            remarks.append(f"{', '.join(left_out)} left out")
    if remarks:
        drawn.notes.append(f"{whole:,} boxes are more than the limit of {limit:,}: {', '.join(remarks)}")
    return drawn


# -- modules -----------------------------------------------------------------------------------


def _size(graph, depth):
    """How many boxes are left with modules folded at that depth."""
    if depth is None:
        return len(graph.boxes)
    folded = [box.frame for box in graph.boxes if len(box.frame) > depth]
    return len(graph.boxes) - len(folded) + len({frame[: depth + 1] for frame in folded})


def _depth_within(graph, limit):
    """The largest depth at which no more than ``limit`` boxes are left, or 0."""
    low, high = 0, max(len(box.frame) for box in graph.boxes)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _size(graph, middle) <= limit else (low, middle)
    return low


def fold_modules(graph, depth):
    """The Graph with each module at that depth as one box.

    So is every module less deep that has only one operation, which its box can name.
    """
    inside = Counter()
    for box in graph.boxes:
        if not _is_source(box):
            inside.update([box.frame[:end] for end in range(1, min(len(box.frame), depth) + 1)])
    unit_of, members = {}, {}
    for box in graph.boxes:
        unit = box
        single = [end for end in range(1, min(len(box.frame), depth) + 1) if inside[box.frame[:end]] == 1]
        if single:
            unit = box.frame[: single[0]]
        elif len(box.frame) > depth:
            unit = box.frame[: depth + 1]
        unit_of[box] = unit
        members.setdefault(unit, []).append(box)
    folded = {}
    for unit, boxes in members.items():
        if isinstance(unit, tuple):
            folded[unit] = _module_box(graph, unit, boxes, f"m{len(folded)}")
    return _joined(graph, {box: folded.get(unit, unit) for box, unit in unit_of.items()})


def _module_box(graph, frame, boxes, key):
    path = tuple([name for name, _ in frame])
    box = Box("module", ".".join(path[1:]) or path[0])
    box.key = key
    box.frame, box.scope = frame[:-1], path[:-1]
    box.folded = Folded(boxes, path, graph.kinds.get(path))
    _take_result(box, _result(graph, boxes))
    return box


def _result(graph, boxes):
    """The box whose value leaves the group: the last one used outside of it, or an output."""
    inside = set(boxes)
    used_outside = {edge.tail for edge in graph.edges if edge.tail in inside and edge.head not in inside}
    results = [box for box in boxes if (box in used_outside or box.role == "output") and box.role not in SOURCES]
    return (results or boxes)[-1]


def _take_result(box, result):
    box.value, box.gradient, box.like, box.where = result.value, result.gradient, result.like, result.where


def _joined(graph, place):
    """The Graph in which every box stands at ``place[box]``; a group where its first operation was."""
    at = {}
    for i, box in enumerate(graph.boxes):
        unit = place.get(box)
        if unit is not None and (unit not in at or (box.role not in SOURCES and at[unit][0])):
            at[unit] = (box.role in SOURCES, i)
    drawn = Graph(graph.kinds)
    drawn.notes = list(graph.notes)
    for unit in sorted(at, key=lambda unit: at[unit][1]):
        drawn.add(unit)
    merged = {}
    for edge in graph.edges:
        tail, head = place.get(edge.tail), place.get(edge.head)
        if tail is None or head is None or tail is head:
            continue
        if not at[tail][0] and at[tail] > at[head]:  # from one copy to the next
            continue
        if tail is edge.tail and head is edge.head:
            drawn.join(edge)
            continue
        key = (tail, head, edge.like and edge.like[0])
        if key not in merged:
            merged[key] = one = Edge(tail, head, edge.argument if head is edge.head else "", edge.position)
            one.like, one.carries, one.parts = edge.like, edge.carries, list(edge.parts)
            drawn.join(one)
        else:
            one = merged[key]
            one.carries |= edge.carries
            one.parts.extend(edge.parts)
    return drawn


# -- what is repeated --------------------------------------------------------------------------


def fold_repeats(graph):
    """The Graph with modules that follow each other alike as one box, or several boxes in a frame, with a count.

    Alike are those of the same class and operations with the same shapes, each fed by the one before.
    """
    row = [box for box in graph.boxes if not _is_source(box)]
    at = {box: i for i, box in enumerate(row)}
    users = {box: [] for box in graph.boxes}
    for edge in graph.edges:
        users[edge.tail].append(edge.head)
    signs = [_signature(box) for box in row]
    alike = []  # alike[p - 1][i]: how many boxes from i on are like those p further on
    for period in range(1, LONGEST_PERIOD + 1):
        lengths = [0] * (len(row) + 1)
        for i in range(len(row) - period - 1, -1, -1):
            lengths[i] = lengths[i + 1] + 1 if signs[i] == signs[i + period] else 0
        alike.append(lengths)
    place = {box: box for box in graph.boxes}
    i = 0
    while i < len(row):
        best = 0
        for period in range(1, LONGEST_PERIOD + 1):
            count = alike[period - 1][i] // period + 1
            if count < 2 or not any(box.role == "module" for box in row[i : i + period]):
                continue
            count = _in_a_row(row, at, graph, users, i, period, count)
            if count > 1 and count * period > best:
                best, chosen = count * period, (period, count)
        if best:
            _merge(row[i : i + best], *chosen, place)
            for box in row[i + chosen[0] : i + best]:
                for edge in graph.into[box]:
                    if _is_number(edge.tail, users):
                        place[edge.tail] = None
        i += best or 1
    return _inside(_joined(graph, place)) if any(place[box] is not box for box in place) else graph


def _is_source(box):
    return box.role in SOURCES or (box.role == "gone" and box.operation is None)


def _signature(box):
    """What two boxes have in common that may be two runs of the same."""
    if box.folded is None:
        return box.frame, _made(box), box.node and box.node.name
    return box.frame, box.folded.kind, tuple([_made(one) for one in box.folded.boxes])


def _made(box):
    params = tuple([(name, argument(value)) for name, value in box.params.items()])
    return box.operation.name if box.operation is not None else box.role, box.like, params


def _sources(box, graph, users):
    """What a box takes from leaves and constants: which ones, or of numbers of its own which values."""
    return Counter([_source_sign(edge.tail, users) for edge in graph.into[box] if _is_source(edge.tail)])


def _source_sign(source, users):
    return ("number", repr(source.value)) if _is_number(source, users) else source.key


def _is_number(source, users):
    """Whether a source is a number of which each copy has its own."""
    if source.role != "constant" or source.name is not None or len(users[source]) > 1:
        return False
    return source.like is not None and source.like[0] == ()


def _in_a_row(row, at, graph, users, start, period, count):
    """How many of the ``count`` alike stretches from ``start`` on are each fed by the one before, and only so."""

    def reach(number):
        """How far back the inputs of each box of a copy lie; None where one lies before the copy before."""
        far = []
        for j in range(period):
            i = start + number * period + j
            back = [i - at[edge.tail] for edge in graph.into[row[i]] if edge.tail in at]
            if any(distance > j + period for distance in back):
                return None
            far.append([(distance, distance > j) for distance in back])
        return far

    def taken(number):
        return [_sources(box, graph, users) for box in row[start + number * period : start + (number + 1) * period]]

    second, sources = reach(1), taken(1)
    if second is None or not any(outside for back in second for _, outside in back):
        return 1
    for j, (back, first) in enumerate(zip(second, taken(0), strict=True)):
        i = start + j  # the first is made alike, but for where its input comes from
        inside = [i - at[edge.tail] for edge in graph.into[row[i]] if edge.tail in at and i - at[edge.tail] <= j]
        if inside != [d for d, outside in back if not outside] or not sources[j] <= first:
            return 1
        if len(graph.into[row[i]]) != len(graph.into[row[i + period]]):
            return 1
    for number in range(2, count):
        if reach(number) != second or taken(number) != sources:
            count = number
            break
    for number in range(count - 1):  # what is used beyond the copy after must come from the last one
        for box in row[start + number * period : start + (number + 1) * period]:
            final = box.role == "output" or (box.folded is not None and box.folded.output)
            if final or any(at[user] >= start + (number + 2) * period for user in users[box]):
                return number + 1
    return count


def _merge(boxes, period, count, place):
    """Let the boxes of all copies stand at those of one."""
    for j in range(period):
        copies = boxes[j::period]
        box = copy.copy(copies[0])
        last = copies[-1]
        _take_result(box, last)
        box.role, box.mark = last.role, None
        if box.folded is None:
            box.name = last.name
        if period > 1:
            box.frame = (*box.frame, (f"× {count}", 0))
        if box.folded is not None:
            box.folded = copy.copy(box.folded)
            box.folded.boxes = [one for each in copies for one in each.folded.boxes]
            box.folded.last, box.folded.output = last.folded.path, last.folded.output
            box.folded.count = count
        for one in copies:
            place[one] = box


def _inside(graph):
    """The Graph with each parameter of a module that runs repeatedly inside its box."""
    place = {box: box for box in graph.boxes}
    heads = {}
    for edge in graph.edges:
        heads.setdefault(edge.tail, []).append(edge.head)
    for box, users in heads.items():
        user = users[0]
        if box.role != "parameter" or not box.name or len(set(users)) > 1 or user.role != "module":
            continue
        if ".".join(user.folded.path).endswith(box.name.rpartition(".")[0]):
            place[box] = user
            user.folded.boxes.append(box)
            user.folded.parameters += size_of(box)
    return _joined(graph, place)


# -- what is left out --------------------------------------------------------------------------


def leave_out(graph, ends):
    """The Graph with only ``ends`` operations at each end, and one box for all between.

    Of what only one operation uses, no more than twice as many are left.
    """
    row = [box for box in graph.boxes if not _is_source(box)]
    middle = set(row[ends:-ends])
    heads = {}
    for edge in graph.edges:
        heads.setdefault(edge.tail, []).append(edge.head)
    many = {}  # the sources that only one box uses, by that box
    for box in graph.boxes:
        users = heads.get(box, ())
        if _is_source(box) and users:
            if middle.issuperset(users):
                middle.add(box)
            elif len(set(users)) == 1:
                many.setdefault(users[0], []).append(box)
    groups = [middle] if len(middle) > 1 else []
    groups += [set(boxes[ends:-ends]) for boxes in many.values() if len(boxes) > 2 * ends + 1]
    place = {box: box for box in graph.boxes}
    for number, group in enumerate(groups):
        boxes = [box for box in graph.boxes if box in group]
        stub = Box("skipped", _what(boxes))
        stub.key = f"s{number}"
        stub.folded = Folded(boxes)
        for box in boxes:
            place[box] = stub
    return _joined(graph, place)


def _what(boxes):
    """ "9,980 operations and 40 leaves"."""
    counts = Counter()
    for box in boxes:
        if box.folded is not None:
            counts["operation"] += box.folded.operations * box.folded.count
        else:
            counts["operation" if box.operation is not None else box.role] += 1
    order = ("operation", "parameter", "leaf", "constant", "detached", "gone")
    words = {"leaf": "leaves", "detached": "detached values", "gone": "lost parts"}
    return " and ".join(count_of(counts[role], role, words.get(role)) for role in order if counts[role])
