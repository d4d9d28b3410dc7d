"""Mistakes of order: an image read row by row that was written column by column, blocks that stand exchanged."""

import itertools
import math

import numpy as np

from ..alteration import Alteration, replaced

MOST_AXES = 4


def read_in_another_order(site):
    """What was flattened is brought back to its shape in another order of the axes, or the other way round."""
    if not site.has("shape") or site.has_any("alias", "transposes") or not site.wants(0):
        return
    before, after = np.shape(site.x), site.shape
    if before == after or math.prod(before) != math.prod(after) or not math.prod(before):
        return
    same = 1 if before[:1] == after[:1] and before[0] > 1 else 0  # the examples of a batch
    back = len(before) >= len(after)
    shape = before if back else after
    long = [k for k in range(same, len(shape)) if shape[k] > 1]
    if not 1 < len(long) <= MOST_AXES:
        return
    for some in itertools.permutations(long):
        if some == tuple(long):
            continue
        order = [*range(len(shape))]
        for k, axis in zip(long, some, strict=True):
            order[k] = axis
        given = [shape[k] for k in order]
        words = " × ".join(str(shape[k]) for k in some)

        def change(g, order=order, given=given):
            if back:
                return np.reshape(g, given).transpose(np.argsort(order))
            return np.transpose(g, order).reshape(before)

        last = "the first axis first" if some == tuple(long[::-1]) else f"as if its axes were {words}"
        yield replaced(
            0,
            change,
            f"the gradient is brought back through {{at}} in another order of the entries: {last}",
            variant=f"order {some}",
        )


def reshaped_back(site):
    """Axes that were exchanged are brought back by a reshape, which moves no entry."""
    before = np.shape(site.x)
    if site.has("shape", "transposes") and site.wants(0) and sum(n > 1 for n in before) > 1:
        yield replaced(
            0,
            lambda g: np.reshape(g, before),
            "the exchange of axes in {at} is undone by a reshape, which leaves the entries in their order",
            variant="reshape",
            likely=site.likely,
        )


def cropped_elsewhere(site):
    """What was padded around an image is cut off at one of its sides only."""
    before, after = np.shape(site.x), site.shape
    if not site.has("shape") or not site.wants(0) or len(before) != len(after) or not math.prod(before) > 0:
        return
    if before == after or any(n > m or m >= 2 * n for n, m in zip(before, after, strict=True)):
        return
    for word, at in (
        ("end", tuple(slice(0, n) for n in before)),
        ("beginning", tuple(slice(m - n, m) for n, m in zip(before, after, strict=True))),
    ):
        yield replaced(
            0,
            lambda g, at=at: g[at],
            f"of the gradient of {{at}} all is cut off at the {word} of each axis, and nothing at the other side",
            variant=word,
            likely=site.likely,
        )


def blocks_exchanged(site):
    """The parts that are cut out of a value, such as the gates of an LSTM, stand in another order in its gradient."""
    axis, n = _blocks(site)
    for order in itertools.permutations(range(n)) if 1 < n <= MOST_AXES else ():
        if order == tuple(range(n)):
            continue

        def change(g, order=order):
            blocks = np.split(np.asarray(g), n, axis)
            return np.concatenate([blocks[k] for k in order], axis)

        numbers = ", ".join(str(k + 1) for k in order)
        yield Alteration(
            f"the {n} parts of the gradient by {{at}} stand in another order along axis {axis}: {numbers}",
            gradient=change,
            variant=f"parts {numbers}",
        )


def _blocks(site):
    """(axis, n) where the node is cut into n parts of one length, each of them used; else (0, 0)."""
    shape = site.shape
    parts = [
        user.like[0]
        for user, _ in site.graph.uses[site.node]
        if not {"gather", "shape"}.isdisjoint(user.operation.traits)
    ]
    for axis in range(len(shape)):
        n = len(parts)
        cut = (*shape[:axis], shape[axis] // max(1, n), *shape[axis + 1 :])
        if n > 1 and shape[axis] % n == 0 and all(part == cut for part in parts):
            return axis, n
    return 0, 0
