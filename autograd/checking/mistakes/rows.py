"""Mistakes with a gradient as a whole: another value's, parts of it, the step in place of the gradient."""

import numpy as np

from ..alteration import Alteration


def another_gradient(target):
    """What was copied from another line, or exchanged with it."""
    for node, (name, g) in target.gradients.items():
        for turned, words in ((g, ""), (g.T, ", transposed")) if np.ndim(g) == 2 else ((g, ""),):
            if np.shape(turned) != np.shape(target.given):
                continue
            yield Alteration(
                f"the gradient of another value is given: that by {name}{words} (copied, or exchanged)",
                gradient=lambda _, other=turned: other,
                variant=(node, words) if words else node,
                reshapes=np.shape(turned) != target.shape,
            )


def constant(target):
    """A 2, a ½, or the length of an axis, that is not due there."""
    factors = [(2.0, "multiplied by 2"), (0.5, "multiplied by ½")]
    for n in target.lengths:
        factors += [
            (1 / n, f"divided by {n}, the length of an axis"),
            (float(n), f"multiplied by {n}, the length of an axis"),
        ]
    for c, words in factors:
        yield Alteration(
            f"the gradient by {target.name} is {words}, which is not due there",
            gradient=lambda g, c=c: c * g,
            variant=f"constant {c:g} {target.name}",
            likely=3,
        )


def step_for_gradient(target):
    """η ∂E/∂w in place of ∂E/∂w."""
    if target.learning_rate:
        for sign, word in ((1, ""), (-1, "minus ")):
            yield Alteration(
                f"the step is given in place of the gradient: {word}{target.learning_rate:g} times {target.name}'s own",
                gradient=lambda g, c=sign * target.learning_rate: c * g,
                variant=f"{sign}",
                likely=0,
            )


def entries_left_out(target):
    """A loop over the entries that ends early, or starts late: the rest are 0."""
    long = [k for k, n in enumerate(target.shape) if n > 1]
    given = target.given
    if not long or np.shape(given) != target.shape or np.all(given != 0):
        return
    if not np.any(given):
        yield Alteration(
            f"the gradient by {target.name} is 0 throughout: nothing was written into it (a loop that does not run, a "
            "slice such as [0:-0] that is empty)",
            gradient=lambda g: np.zeros_like(np.asarray(g)),
            variant="nothing",
        )
    for k in long:
        n = target.shape[k]
        for part, words in (
            (slice(0, 1), f"only the first of {n} along axis {k} is there: the loop ends early, the rest are left out"),
            (slice(0, n - 1), f"the last of {n} along axis {k} is left out: the loop stops one short"),
            (slice(1, n), f"the first of {n} along axis {k} is left out: the loop starts one late"),
        ):
            at = tuple(part if j == k else slice(None) for j in range(len(target.shape)))
            yield Alteration(
                f"entries of the gradient by {target.name} are missing (0): {words}",
                gradient=lambda g, at=at: _only(g, at),
                variant=f"{k} {part}",
            )
    if len(long) > 1:
        at = tuple(slice(0, 1) for _ in target.shape)
        yield Alteration(
            f"entries of the gradient by {target.name} are missing (0): only the first is there, the loop ends early",
            gradient=lambda g: _only(g, at),
            variant="first",
        )


def _only(g, at):
    kept = np.zeros_like(np.asarray(g))
    kept[at] = np.asarray(g)[at]
    return kept
