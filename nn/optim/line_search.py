"""How far to go along a direction: the strong Wolfe conditions, of which ``LBFGS`` asks.

A step t is taken where the loss has fallen by 10⁻⁴ of what its slope at the start promises, and its slope there is at
most 0.9 of that. Source: Nocedal and Wright, "Numerical Optimization" (2006), algorithms 3.5 and 3.6; in detail as
PyTorch.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

FALL, FLAT = 1e-4, 0.9


class Point(NamedTuple):
    """A step size, with the loss, the gradient, and the slope along the direction that are found there."""

    t: float
    loss: float
    gradient: np.ndarray
    slope: float


def strong_wolfe(
    loss_at: Callable[[float], tuple[float, np.ndarray]],
    start: Point,
    t: float,
    direction: np.ndarray,
    most: int,
    least_change: float,
) -> tuple[Point, int]:
    """The point to go to, and how often ``loss_at`` was called, which gives loss and gradient at a step size.

    start : the point with t = 0
    t : the step size to try first
    most : how often to try another one at most
    least_change : of a weight, below which the search ends
    """
    calls = 0

    def point_at(t: float) -> Point:
        nonlocal calls
        calls += 1
        loss, gradient = loss_at(t)
        return Point(t, loss, gradient, float(gradient @ direction))

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + FALL * point.t * start.slope

    def flat(point: Point) -> bool:
        return abs(point.slope) <= -FLAT * start.slope

    before, now, tries = start, point_at(t), 0
    bracket: list[Point] | None = None
    while tries < most:  # go on until the minimum lies in between
        if too_high(now) or (tries > 1 and now.loss >= before.loss):
            bracket = [before, now]
            break
        if flat(now):
            return now, calls
        if now.slope >= 0:
            bracket = [before, now]
            break
        t = minimum_between(before, now, (now.t + 0.01 * (now.t - before.t), now.t * 10))
        before, now = now, point_at(t)
        tries += 1
    if bracket is None:
        bracket = [start, now]
    largest, stuck = float(abs(direction).max()), False
    low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
    while tries < most and abs(bracket[1].t - bracket[0].t) * largest >= least_change:  # narrow it down
        t = minimum_between(bracket[0], bracket[1])
        ends = [point.t for point in bracket]
        margin = 0.1 * (max(ends) - min(ends))
        if min(max(ends) - t, t - min(ends)) < margin:  # close to an end: the second time go inwards
            if stuck or t >= max(ends) or t <= min(ends):
                t = max(ends) - margin if abs(t - max(ends)) < abs(t - min(ends)) else min(ends) + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        now = point_at(t)
        tries += 1
        if too_high(now) or now.loss >= bracket[low].loss:
            bracket[high] = now
            low, high = (0, 1) if bracket[0].loss <= bracket[1].loss else (1, 0)
            continue
        done = flat(now)
        if not done and now.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = now
        if done:
            break
    return bracket[low], calls


def minimum_between(one: Point, other: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through both points, with their slopes, is least, within the bounds."""
    least, most = bounds or (min(one.t, other.t), max(one.t, other.t))
    left, right = (one, other) if one.t <= other.t else (other, one)
    d1 = one.slope + other.slope - 3 * (one.loss - other.loss) / (one.t - other.t)
    square = d1**2 - one.slope * other.slope
    if not square >= 0:
        return (least + most) / 2
    d2 = math.sqrt(square)
    t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return min(max(t, least), most)
