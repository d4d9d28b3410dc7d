"""Modules that follow each other alike as one box, with a count."""

import copy
from collections import Counter

from ..text import argument
from .joining import is_source, joined, size_of, take_result

LONGEST_PERIOD = 8
"""So many boxes may make up what is repeated."""


def fold_repeats(graph):
    """The Graph with modules that follow each other alike as one box, or several boxes in a frame, with a count.

    Alike are those of the same class and operations with the same shapes, each fed by the one before.
    """
    row = [box for box in graph.boxes if not is_source(box)]
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
    return _inside(joined(graph, place)) if any(place[box] is not box for box in place) else graph


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
    return Counter([_source_sign(edge.tail, users) for edge in graph.into[box] if is_source(edge.tail)])


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
        take_result(box, last)
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
    return joined(graph, place)
