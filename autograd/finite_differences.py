"""Hold gradients against finite differences: ``gradcheck(f, inputs)``.

It needs nothing of f but its values, so it finds a wrong rule, a wrong sign, a sum along the wrong
axis, whatever made the gradient wrong; and from order 2 on a rule whose own derivative is wrong.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .declaration import alias
from .engine import walk_to
from .modes import enable_grad, is_grad_enabled, no_grad
from .tensors import Tensor, raw, wrap

__all__ = ["GradientError", "gradcheck"]

COMPLEX_STEP = 1e-20


class GradientError(AssertionError):
    """A gradient is not what the values say; the message lists the worst entry of each input."""


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    order: int = 1,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-4,
    complex_step: bool = False,
    *,
    entries: int = 64,
    projections: int = 8,
    seed: int = 0,
) -> bool:
    """True if the gradients of f at ``inputs`` agree with its values, else a GradientError.

    With fixed random weights u on all outputs (1 if there is but one number), the gradient of
    s(x) = Σ u · f(x) is compared with central differences in float64 for each entry of x:

        ∂s/∂x_i ≈ (s(x + h e_i) − s(x − h e_i)) / 2h,   h = eps · max(1, |x_i|)

    An entry is off unless |analytic − numeric| ≤ atol + rtol · |numeric|; NaN and inf always are.

    Parameters
    ----------
    f : takes the inputs as Tensors, returns a Tensor or a tuple of them. It must give the same
        values at every call (fix the seed of a dropout) and work in float64.
    inputs : an array, Tensor or number, or a tuple or list of such: one for each argument of f.
        Floats are converted to float64 and checked; anything else (ints, bools, strings, None) is
        handed on unchanged. Nothing of yours is written to, and no ``.grad`` changes.
    order : 2 checks gradients of gradients as well, and so on. Each order checks, as a function of
        x and of the weights u, the gradient that the order below has checked the values of.
    eps : the step. It balances an error of about eps² · |f'''| / 6 against one of 1e-16 · |f| / eps.
    atol, rtol : the tolerance. With the default, a gradient that is off by 0.1 % is found wherever it
        has an entry above 0.02.
    complex_step : at order 1 use ∂s/∂x_i ≈ Im s(x + ih e_i) / h with h = 1e-20 instead. It subtracts
        nothing, so it is exact to rounding. f is then called with raw complex arrays, and all
        that it does must be analytic, as |x|, a maximum or a comparison is not.
    entries : if the inputs have more entries than this, all together, they are checked by random
        projections instead of entry by entry.
    projections : how many of them for each input (an input of no more entries than that is still
        checked entry by entry). A projection compares Σ d · gradient with the slope of s along
        d, a random direction whose entries have sizes from 0.5 to 1.5 and random signs. One wrong entry
        of N alike shows if it is off by more than about rtol · √N of itself; several could cancel by
        chance, but hardly in every projection. Halving the direction then finds an entry that is off.
    seed : of the random weights and directions; the same seed repeats a failure.

    Sources: Nocedal and Wright, Numerical Optimization, 2nd ed., section 8.1 (the step); Squire and
    Trapp, SIAM Review 40 (1998), and Martins, Sturdza and Alonso, ACM TOMS 29 (2003) (complex step).

    >>> import autograd as ag
    >>> ag.gradcheck(lambda a, b: a * b + a / b, ([1.0, 2.0], 3.0), order=2)
    True
    >>> ag.gradcheck(lambda x: x * x.detach(), 3.0)  # the second factor was lost: x instead of 2x
    Traceback (most recent call last):
    ...
    autograd.finite_differences.GradientError: gradcheck: a gradient of order 1 is wrong
      held against: central differences, step 1e-06
      input 0, shape (): 1 of 1 entries off, worst at ()
        analytic: 3
        numeric:  6
        error: 3, relative 0.5, tolerance 0.00061
    """
    if order < 1:
        raise ValueError(f"gradcheck: the order must be at least 1\n  order: {order}")
    arguments = [_in_float64(x) for x in (inputs if isinstance(inputs, list | tuple) else [inputs])]
    where = [i for i, x in enumerate(arguments) if isinstance(x, np.ndarray | np.float64) and x.dtype == np.float64]
    if not where:
        raise ValueError("gradcheck: no input is a float, so there is no gradient to check\n  give 3.0 instead of 3")
    rng = np.random.default_rng(seed)
    function, points = _of_floats(f, arguments, where), [arguments[i] for i in where]
    labels = [f"input {i}" for i in where]
    for level in range(1, order + 1):
        check = _Check(function, points, level, rng, eps, atol, rtol, complex_step and level == 1)
        check.values()
        by_entry = sum(x.size for x in points) <= entries
        findings = [
            check.by_entries(i) if by_entry or x.size <= projections else check.by_projections(i, projections, rng)
            for i, x in enumerate(points)
        ]
        if any(found.off for found in findings):
            raise GradientError(check.message(labels, findings))
        function = _gradient_of(function, len(points))
        labels = labels + [f"the weights on output {i} at order {level}" for i in range(len(check.weights))]
        points = points + check.weights
    return True


# -- the function checked ----------------------------------------------------------------------


def _in_float64(x):
    """A float array, number or list in float64, with a Tensor's history left behind; else x itself."""
    data = raw(x)
    if isinstance(data, list | tuple) and _are_floats(data):
        data = np.array(data, dtype=np.float64)
    if isinstance(data, float | np.floating | np.ndarray):
        array = np.asarray(data)
        if array.dtype.kind == "c":
            raise TypeError("gradcheck: an input is complex\n  give its real and its imaginary part as two inputs")
        if array.dtype.kind == "f":
            return array.astype(np.float64)[()]
    return x


def _are_floats(row):
    """Whether nested lists hold numbers only, one of them a float."""
    todo, found = list(row), False
    while todo:
        item = todo.pop()
        if isinstance(item, list | tuple):
            todo.extend(item)
        elif not isinstance(item, int | float | np.number):
            return False
        else:
            found = found or isinstance(item, float | np.floating)
    return found


def _of_floats(f, arguments, where):
    """f as a function of its float inputs alone."""

    def function(*points):
        filled = list(arguments)
        for i, x in zip(where, points, strict=True):
            filled[i] = x
        return f(*filled)

    return function


def _outputs(result):
    """The outputs that have derivatives: the float ones."""
    outputs = result if isinstance(result, list | tuple) else [result]
    strange = [y for y in outputs if not isinstance(y, Tensor | np.ndarray | np.generic | float | int)]
    if strange:
        raise TypeError(
            f"gradcheck: f must return a Tensor or a tuple of Tensors\n  it returned: {type(strange[0]).__name__}"
        )
    floats = [y if isinstance(y, Tensor) else np.asarray(y)[()] for y in outputs]
    floats = [y for y in floats if y.dtype.kind in "fc"]
    if not floats:
        raise ValueError("gradcheck: no output of f is a float, so there is no gradient to check")
    for y in floats:
        if y.dtype.itemsize < 8:
            raise ValueError(
                f"gradcheck: f gave {y.dtype}, which is too coarse for finite differences\n"
                "  make everything in f float64, its weights too"
            )
    return floats


def _gradients(outputs, seeds, leaves, create_graph=False):
    """Gradients by the leaves; zeros by those that the outputs were not made from."""
    found = [None] * len(leaves)
    reached = [(y, u) for y, u in zip(outputs, seeds, strict=True) if isinstance(y, Tensor) and y.requires_grad]
    if reached:
        ys, us = zip(*reached, strict=True)
        # the graph is kept: part of it may be the caller's, made before f was called
        found = walk_to(ys, us, leaves, create_graph=create_graph, retain_graph=True)
    return [np.zeros(x.shape)[()] if g is None else g for g, x in zip(found, leaves, strict=True)]


def _gradient_of(function, n):
    """(x…, u…) ↦ the gradients of Σ u · function(x…) by x…, which is what the next order checks."""

    def gradient(*arguments):
        points, weights = arguments[:n], arguments[n:]
        create_graph = is_grad_enabled() and any(t.requires_grad for t in arguments)
        with enable_grad():
            # fresh nodes: the walk is to end here, even where the points have a history of their own
            leaves = [alias(x) if x.requires_grad else Tensor(x, requires_grad=True) for x in points]
            found = _gradients(_outputs(function(*leaves)), weights, leaves, create_graph)
        return tuple([g if isinstance(g, Tensor) else wrap(g) for g in found])

    return gradient


def _weights(rng, shape):
    """Random, of either sign, none small: what is wrong in any place shows in a weighted sum."""
    return (rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))[()]


# -- the comparison ----------------------------------------------------------------------------


class _Finding:
    """What came of one input: how many of how many comparisons are off, and the worst one."""

    __slots__ = ("analytic", "numeric", "off", "total", "what", "worst")

    def __init__(self, off, total, what, worst, analytic, numeric):
        self.off, self.total, self.what, self.worst = off, total, what, worst
        self.analytic, self.numeric = float(analytic), float(numeric)


class _Check:
    """One order: the function, the point, weights on the outputs, and the gradient by the rules."""

    def __init__(self, function, points, level, rng, eps, atol, rtol, complex_step):
        self.function, self.points, self.level = function, points, level
        self.eps, self.atol, self.rtol, self.complex_step = eps, atol, rtol, complex_step
        leaves = [Tensor(x, requires_grad=True) for x in points]
        with enable_grad():
            self.outputs = _outputs(function(*leaves))
        one_number = level == 1 and len(self.outputs) == 1 and self.outputs[0].size == 1
        self.weights = [np.ones(y.shape)[()] if one_number else _weights(rng, y.shape) for y in self.outputs]
        self.recorded = any(isinstance(y, Tensor) and y.requires_grad for y in self.outputs)
        self.gradients = _gradients(self.outputs, self.weights, leaves)
        # how far a step of 1 goes in each entry: as far as the entry is large
        self.scales = [np.maximum(1.0, np.abs(x)) for x in points]

    def values(self):
        """f must be a function; and the values must not depend on whether they are recorded."""
        for y, again in zip(self.outputs, self.run(self.points), strict=True):
            y, again = raw(y), raw(again)
            if y.shape == again.shape and np.allclose(y, again, rtol=self.rtol, atol=self.atol, equal_nan=True):
                continue
            if self.level == 1:
                raise ValueError(
                    "gradcheck: f gave different values for the same inputs\n"
                    "  fix the seed of what is random in it, and let a call change nothing"
                )
            raise GradientError(
                f"gradcheck: gradients of order {self.level - 1} are not the same with and without create_graph\n"
                f"  largest difference: {np.max(np.abs(y - again)):.3g}"
            )

    def run(self, points):
        with no_grad():
            return _outputs(self.function(*[Tensor(x) for x in points]))

    def slope(self, i, direction):
        """The slope of Σ u · f along a direction in input i."""
        moved = list(self.points)
        if self.complex_step:
            moved[i] = self.points[i] + COMPLEX_STEP * 1j * direction
            outputs = [np.imag(y) for y in self.run_on_complex(moved)]
            return self.weighted(outputs) / COMPLEX_STEP
        moved[i] = self.points[i] + self.eps * direction
        above = self.run(moved)
        moved[i] = self.points[i] - self.eps * direction
        rise = [raw(up) - raw(down) for up, down in zip(above, self.run(moved), strict=True)]
        return self.weighted(rise) / (2 * self.eps)

    def run_on_complex(self, points):
        try:
            return _outputs(self.function(*points))
        except Exception as error:
            raise ValueError(
                f"gradcheck: f cannot be called with complex arrays, which complex_step needs\n  it raised: {error}\n"
                "  write it with operations, which take raw arrays too, or use complex_step=False"
            ) from error

    def weighted(self, outputs):
        return sum(float(np.sum(u * y)) for u, y in zip(self.weights, outputs, strict=True))

    def error(self, analytic, numeric):
        """(|analytic − numeric|, whether it is off)."""
        with np.errstate(invalid="ignore"):  # inf − inf
            error = np.abs(np.subtract(analytic, numeric))
        return error, ~(error <= self.atol + self.rtol * np.abs(numeric))

    def by_entries(self, i):
        x, scale = self.points[i], np.asarray(self.scales[i])
        numeric = np.zeros(x.shape)
        for at in np.ndindex(x.shape):
            numeric[at] = self.slope(i, self.only(i, at)) / scale[at]
        return self.finding(np.asarray(self.gradients[i]), numeric, "entries", list(np.ndindex(x.shape)))

    def by_projections(self, i, projections, rng):
        directions = [self.scales[i] * _weights(rng, self.points[i].shape) for _ in range(projections)]
        analytic = np.array([self.along(i, d) for d in directions])
        numeric = np.array([self.slope(i, d) for d in directions])
        found = self.finding(analytic, numeric, "random projections", [None] * projections)
        if found.off:
            at = self.located(i, directions[int(np.argmax(self.badness(analytic, numeric)))])
            one = self.slope(i, self.only(i, at)) / np.asarray(self.scales[i])[at]
            if self.error(self.gradients[i][at], one)[1]:
                found.worst, found.analytic, found.numeric = at, float(self.gradients[i][at]), one
        return found

    def along(self, i, direction):
        """The slope along a direction by the rules."""
        places = np.flatnonzero(direction)
        with np.errstate(all="ignore"):  # inf − inf
            return np.sum(self.gradients[i].flat[places] * direction.flat[places])

    def only(self, i, at):
        """The direction of one entry."""
        direction = np.zeros(self.points[i].shape)
        direction[at] = np.asarray(self.scales[i])[at]
        return direction

    def located(self, i, direction):
        """An entry that makes the slope along ``direction`` differ: keep the half that is worse off."""
        places = np.flatnonzero(direction)
        while len(places) > 1:
            halves, errors = np.array_split(places, 2), []
            for half in halves:
                part = np.zeros(direction.shape)
                part.flat[half] = direction.flat[half]
                errors.append(self.badness(self.along(i, part), self.slope(i, part)))
            places = halves[int(np.argmax(errors))]
        return tuple(int(k) for k in np.unravel_index(places[0], direction.shape))

    def badness(self, analytic, numeric):
        """How many times the tolerance the error is; inf where it is no number."""
        error, _ = self.error(analytic, numeric)
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(error / (self.atol + self.rtol * np.abs(numeric)), nan=np.inf, posinf=np.inf)

    def finding(self, analytic, numeric, what, places):
        if not numeric.size:
            return _Finding(0, 0, what, None, 0.0, 0.0)
        worst = int(np.argmax(self.badness(analytic, numeric)))
        off = int(np.sum(self.error(analytic, numeric)[1]))
        return _Finding(off, numeric.size, what, places[worst], analytic.flat[worst], numeric.flat[worst])

    def message(self, labels, findings):
        step = f"the complex step {COMPLEX_STEP:g}" if self.complex_step else f"central differences, step {self.eps:g}"
        lines = [f"gradcheck: a gradient of order {self.level} is wrong", f"  held against: {step}"]
        for label, x, found in zip(labels, self.points, findings, strict=True):
            worst = f"worst at {found.worst}" if found.worst is not None else "the worst of them"
            if found.what != "entries" and found.worst is not None:
                worst = f"for one at {found.worst}"
            lines.append(f"  {label}, shape {x.shape}: {found.off} of {found.total} {found.what} off, {worst}")
            if found.total:
                error, _ = self.error(found.analytic, found.numeric)
                relative = error / abs(found.numeric) if found.numeric else np.inf if error else 0.0
                tolerance = self.atol + self.rtol * abs(found.numeric)
                lines.append(f"    analytic: {found.analytic:.8g}")
                lines.append(f"    numeric:  {found.numeric:.8g}")
                lines.append(f"    error: {error:.3g}, relative {relative:.3g}, tolerance {tolerance:.3g}")
        if not all(np.isfinite(found.numeric) for found in findings):
            lines.append("  f is not finite, or jumps, near these inputs: choose others")
        if not self.recorded:
            lines.append("  no output was recorded: f does its work on arrays (.data, .numpy()), or under ag.no_grad()")
        if self.complex_step:
            lines.append("  the complex step needs all of f to be analytic: see whether complex_step=False agrees")
        return "\n".join(lines)
