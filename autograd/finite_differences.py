"""Hold gradients against finite differences: ``gradcheck(f, inputs)``.

It needs nothing of f but its values, so it finds a wrong rule, a wrong sign, a sum along the wrong
axis, whatever made the gradient wrong; and from order 2 on a rule whose own derivative is wrong.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .declaration import alias
from .float_functions import gradient_of, gradients_of, in_float64, of_floats, outputs_of
from .modes import enable_grad, no_grad, tape
from .slopes import ROUNDING, Line
from .tensors import Tensor, raw

__all__ = ["GradientError", "gradcheck"]

COMPLEX_STEP = 1e-20
ATOL, RTOL = 1e-5, 1e-4


class GradientError(AssertionError):
    """A gradient is not what the values say; the message lists the worst entry of each input."""


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    order: int = 1,
    eps: float = 1e-6,
    atol: float = ATOL,
    rtol: float = RTOL,
    complex_step: bool = False,
    *,
    entries: int = 64,
    projections: int = 8,
    seed: int = 0,
) -> bool:
    """True if the gradients of f at ``inputs`` agree with its values, else a GradientError.

    With fixed random weights u on all outputs (1 if there is but one number), the gradient of
    s(x) = Σ u · f(x) is compared with central differences in float64 for each entry of x:

        ∂s/∂x_i ≈ (s(x + h e_i) − s(x − h e_i)) / 2h,   h = eps · |x_i|

    (for entries near 0, eps · 1/1000 of the largest; eps where all are 0). An entry that disagrees is measured
    again with smaller and larger steps, up to one that its neighbour confirms. It is off unless

        |analytic − numeric| ≤ rtol · |numeric| + atol · min(1, largest) + error

    with the largest gradient of the input, and the error that rounding and the step leave in numeric, as far as
    values at several steps show it. NaN and inf are always off. Moreover a gradient must be the same when asked for
    again, and −2 times as large with −2 u: a rule that ignores the gradient which comes in, or takes its size or its
    square, is found where f has but one output too.

    Parameters
    ----------
    f : takes the inputs as Tensors, returns a Tensor or a tuple of them. It must give the same
        values at every call (fix the seed of a dropout) and work in float64.
    inputs : an array, Tensor or number, or a tuple or list of such: one for each argument of f.
        Floats are converted to float64 and checked; anything else (ints, bools, strings, None) is
        handed on unchanged. Nothing of yours is written to, and no ``.grad`` changes.
    order : 2 checks gradients of gradients as well, and so on. Each order checks, as a function of
        x and of the weights u, the gradient that the order below has checked the values of.
    eps : the step, as a part of x. It balances an error of about eps² · |f'''| / 6 against one of 1e-16 · |f| / eps.
    atol, rtol : the tolerance, as above: never more than a part of the gradient's own size. By default a
        gradient that is off by 0.1 % is found wherever it has an entry above 1/50 of the largest, a wrong sign above
        1/100,000, unless the values of f are too coarse: differences see nothing below about 1e-13 · |f| / |x|.
    complex_step : at order 1 use ∂s/∂x_i ≈ Im s(x + ih e_i) / h with h = 1e-20 as well. It subtracts
        nothing, so it is exact to rounding: the central differences are held to the default tolerance at least,
        this one to yours. f is then called with raw complex arrays, and all that it does must be analytic, as
        |x|, a maximum or a comparison is not. Where it has no complex form (a sigmoid, an erf, a norm) a
        warning says that central differences alone were used.
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
    arguments = [in_float64(x) for x in (inputs if isinstance(inputs, list | tuple) else [inputs])]
    where = [i for i, x in enumerate(arguments) if isinstance(x, np.ndarray | np.float64) and x.dtype == np.float64]
    if not where:
        raise ValueError("gradcheck: no input is a float, so there is no gradient to check\n  give 3.0 instead of 3")
    rng = np.random.default_rng(seed)
    function, points = of_floats(f, arguments, where), [arguments[i] for i in where]
    labels, blurs = [f"input {i}" for i in where], None
    for level in range(1, order + 1):
        loose = complex_step and level == 1  # the complex step is there for what is beyond differences
        check = _Check(
            function,
            points,
            level,
            rng,
            eps,
            max(atol, ATOL) if loose else atol,
            max(rtol, RTOL) if loose else rtol,
            blurs,
        )
        check.same_values()
        check.same_gradients(labels)
        exact = _ComplexCheck(check, atol, rtol)
        why = exact.why_not() if loose else None
        _compare(check, labels, entries, projections, rng)
        check.linear(labels)
        if loose:
            if why is None:
                _compare(exact, labels, entries, projections, rng)
            else:
                warnings.warn(
                    f"gradcheck: f has no complex form: {why}\n"
                    f"  its gradient agrees with central differences, to {check.rtol:g} of itself",
                    stacklevel=2,
                )
        function = gradient_of(function, len(points))
        labels = labels + [f"the weights on output {i} at order {level}" for i in range(len(check.weights))]
        points, blurs = points + check.weights, check.blur_of_gradients
    return True


def _compare(check, labels, entries, projections, rng):
    by_entry = sum(x.size for x in check.points) <= entries
    findings = [
        check.by_entries(i) if by_entry or x.size <= projections else check.by_projections(i, projections, rng)
        for i, x in enumerate(check.points)
    ]
    if any(found.off for found in findings):
        raise GradientError("\n".join(check.message(labels, findings)))


def _weights(rng, shape):
    """Random, of either sign, none small: what is wrong in any place shows in a weighted sum."""
    return (rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))[()]


# -- the comparison ----------------------------------------------------------------------------


class _Finding:
    """What came of one input: how many of how many comparisons are off, and the worst one."""

    __slots__ = ("analytic", "numeric", "off", "tolerance", "total", "what", "worst")

    def __init__(self, off, total, what, worst, analytic, numeric, tolerance):
        self.off, self.total, self.what, self.worst = off, total, what, worst
        self.analytic, self.numeric, self.tolerance = float(analytic), float(numeric), float(tolerance)


class _Check:
    """One order: the function, the point, weights on the outputs, and the gradient by the rules."""

    def __init__(self, function, points, level, rng, eps, atol, rtol, blurs):
        self.function, self.points, self.level = function, points, level
        self.eps, self.atol, self.rtol, self.against = eps, atol, rtol, f"central differences, step {eps:g}"
        leaves = [Tensor(x, requires_grad=True) for x in points]
        with enable_grad(), tape() as taped:
            outputs = outputs_of(function(*[alias(x) for x in leaves]))  # to which f may give other values
        self.values = [raw(y) for y in outputs]
        one_number = level == 1 and len(outputs) == 1 and outputs[0].size == 1
        self.weights = [np.ones(y.shape)[()] if one_number else _weights(rng, y.shape) for y in outputs]
        self.recorded = any(isinstance(y, Tensor) and y.requires_grad for y in outputs)
        self.gradients, self.again, self.scaled = [
            gradients_of(outputs, [factor * u for u in self.weights], leaves) for factor in (1.0, 1.0, SCALE)
        ]
        # how far a step of 1 goes in each entry: as far as the entry is large, among the others of its input
        self.sizes = [_sizes(x) for x in points]
        self.blurs = blurs or [0.0 for _ in outputs]
        self.scale = _scale(taped, self.weights, self.values)
        self.blur_of_gradients = [64 * ROUNDING * self.scale / size for size in self.sizes]

    # -- that there is something to compare ----------------------------------------------------

    def same_values(self):
        """f must be a function; and the values must not depend on whether they are recorded."""
        for y, again, blur in zip(self.values, self.run(self.points), self.blurs, strict=True):
            if y.shape == again.shape and np.allclose(
                y,
                again,
                rtol=self.rtol,
                atol=self.atol * min(1.0, _largest(again)) + np.max(blur, initial=0.0),
                equal_nan=True,
            ):
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

    def same_gradients(self, labels):
        """The same seed must give the same gradient."""
        for label, g, again, blur in zip(labels, self.gradients, self.again, self.blur_of_gradients, strict=True):
            at = _differ(g, again, blur)
            if at is not None:
                raise GradientError(
                    f"gradcheck: two backward passes of order {self.level} gave different gradients\n"
                    f"  {label}, at {at}\n    once:  {_at(g, at):.8g}\n    again: {_at(again, at):.8g}\n"
                    "  a rule of f is random, or keeps something from one call to the next"
                )

    def linear(self, labels):
        """A seed that is −2 times another must give −2 times its gradient."""
        for label, g, scaled, blur in zip(labels, self.gradients, self.scaled, self.blur_of_gradients, strict=True):
            at = _differ(SCALE * g, scaled, blur)
            if at is not None:
                raise GradientError(
                    f"gradcheck: a gradient of order {self.level} is not linear in the gradient that comes in\n"
                    f"  {label}, at {at}\n    with a seed:            {_at(g, at):.8g}\n"
                    f"    with {SCALE:g} times the seed: {_at(scaled, at):.8g}, it should be {SCALE * _at(g, at):.8g}\n"
                    "  a rule ignores g, or takes its size or its square: it must give g times the local derivative"
                )

    # -- the slopes ----------------------------------------------------------------------------

    def run(self, points):
        with no_grad():
            return [raw(y) for y in outputs_of(self.function(*[Tensor(x) for x in points]))]

    def line(self, i, direction):
        """The values of f along a direction in input i."""

        def outputs_at(t):
            moved = list(self.points)
            moved[i] = self.points[i] + t * direction
            return self.run(moved)

        return Line(outputs_at, self.weights, self.values, self.scale)

    def first(self, i, direction):
        """(slope, its error, the rounding of a gradient) with one step."""
        return self.line(i, direction).slope(self.eps)

    def best(self, i, direction, centres=()):
        return self.line(i, direction).best(self.eps, self.rtol / 4, (1.0, *centres))

    def centres(self, i, at):
        """Other sizes that a step may go by: that of the entry itself, and 1."""
        own, size = abs(float(np.asarray(self.points[i])[at])), float(np.asarray(self.sizes[i])[at])
        return [other / size for other in (own, 1.0) if other and not 0.1 < other / size < 10]

    # -- held against each other ---------------------------------------------------------------

    def by_entries(self, i):
        """Each entry against the slope along it."""
        x, places = self.points[i], list(np.ndindex(self.points[i].shape))
        sizes = np.asarray(self.sizes[i]).ravel()
        analytic = np.asarray(self.gradients[i], np.float64).ravel() * sizes
        numeric, errors, blurs = np.array([self.first(i, self.only(i, at)) for at in places]).reshape(-1, 3).T
        floors = self.floors(numeric, np.abs(x).ravel() / sizes, sizes)
        for k in np.flatnonzero(_off(analytic, numeric, self.rtol * np.abs(numeric) + floors + blurs)):
            numeric[k], errors[k], blurs[k] = self.best(i, self.only(i, places[k]), self.centres(i, places[k]))
        floors = self.floors(numeric, np.abs(x).ravel() / sizes, sizes)
        tolerances = self.tolerances(analytic, numeric, errors, blurs) + floors
        return self.finding(analytic / sizes, numeric / sizes, tolerances / sizes, "entries", places)

    def floors(self, numeric, own, sizes):
        """What atol allows each entry: itself, or that part of the largest gradient, or gradient times x, if less."""
        largest = np.minimum(1.0, _largest(numeric / sizes)) * sizes
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(own > 0, _largest(numeric * own) / own, np.inf)
        return self.atol * np.minimum(largest, relative)

    def tolerances(self, analytic, numeric, errors, blurs):
        """rtol's part, what rounding does to a gradient, and what excuses the slope: not much more than rtol itself."""
        most = self.rtol * np.maximum(100 * np.maximum(np.abs(analytic), np.abs(numeric)), 0.01 * self.scale)
        return self.rtol * np.abs(numeric) + blurs + 64 * ROUNDING * self.scale + np.minimum(4 * errors, most)

    def by_projections(self, i, projections, rng):
        """Sums of the gradient with random weights against the slopes along those."""
        directions = [self.sizes[i] * _weights(rng, self.points[i].shape) for _ in range(projections)]
        analytic = np.array([self.along(i, d) for d in directions])
        numeric, errors, blurs = np.array([self.first(i, d) for d in directions]).T
        floor = self.atol * min(1.0, _largest(numeric))
        for k in np.flatnonzero(_off(analytic, numeric, self.rtol * np.abs(numeric) + floor + blurs)):
            numeric[k], errors[k], blurs[k] = self.best(i, directions[k])
        tolerances = self.tolerances(analytic, numeric, errors, blurs) + floor
        found = self.finding(analytic, numeric, tolerances, "random projections", [None] * projections)
        if found.off:
            at = self.located(i, directions[int(np.argmax(_badness(analytic, numeric, tolerances)))])
            size = np.asarray(self.sizes[i])[at]
            one, error, blur = self.best(i, self.only(i, at), self.centres(i, at))
            own = _at(self.gradients[i], at)
            tolerance = self.tolerances(own * size, one, error, blur) / size
            if _off(own, one / size, tolerance):
                found.worst, found.analytic, found.numeric, found.tolerance = at, own, one / size, float(tolerance)
        return found

    def along(self, i, direction):
        """The slope along a direction by the rules."""
        places = np.flatnonzero(direction)
        with np.errstate(all="ignore"):  # inf − inf
            return np.sum(self.gradients[i].flat[places] * direction.flat[places])

    def only(self, i, at):
        """The direction of one entry."""
        direction = np.zeros(self.points[i].shape)
        direction[at] = np.asarray(self.sizes[i])[at]
        return direction

    def located(self, i, direction):
        """An entry that makes the slope along ``direction`` differ: keep the half that is worse off."""
        places = np.flatnonzero(direction)
        while len(places) > 1:
            halves, errors = np.array_split(places, 2), []
            for half in halves:
                part = np.zeros(direction.shape)
                part.flat[half] = direction.flat[half]
                analytic, (numeric, error, blur) = self.along(i, part), self.best(i, part)
                errors.append(_badness(analytic, numeric, self.tolerances(analytic, numeric, error, blur)))
            places = halves[int(np.argmax(errors))]
        return tuple(int(k) for k in np.unravel_index(places[0], direction.shape))

    def finding(self, analytic, numeric, tolerances, what, places):
        if not numeric.size:
            return _Finding(0, 0, what, None, 0.0, 0.0, 0.0)
        worst = int(np.argmax(_badness(analytic, numeric, tolerances)))
        off = int(np.sum(_off(analytic, numeric, tolerances)))
        return _Finding(off, numeric.size, what, places[worst], analytic[worst], numeric[worst], tolerances[worst])

    def message(self, labels, findings):
        lines = [f"gradcheck: a gradient of order {self.level} is wrong", f"  held against: {self.against}"]
        for label, x, found in zip(labels, self.points, findings, strict=True):
            worst = f"worst at {found.worst}" if found.worst is not None else "the worst of them"
            if found.what != "entries" and found.worst is not None:
                worst = f"for one at {found.worst}"
            lines.append(f"  {label}, shape {x.shape}: {found.off} of {found.total} {found.what} off, {worst}")
            if found.total:
                with np.errstate(invalid="ignore"):  # inf − inf
                    error = abs(found.analytic - found.numeric)
                relative = error / abs(found.numeric) if found.numeric else np.inf if error else 0.0
                lines.append(f"    analytic: {found.analytic:.8g}")
                lines.append(f"    numeric:  {found.numeric:.8g}")
                lines.append(f"    error: {error:.3g}, relative {relative:.3g}, tolerance {found.tolerance:.3g}")
        if not all(np.isfinite(found.numeric) for found in findings):
            lines.append("  f is not finite, or jumps, near these inputs: choose others")
        if not self.recorded:
            lines.append("  no output was recorded: f does its work on arrays (.data, .numpy()), or under ag.no_grad()")
        return lines


class _ComplexCheck(_Check):
    """The same gradients against Im s(x + ih d) / h, which subtracts nothing."""

    def __init__(self, check, atol, rtol):
        for name, value in vars(check).items():
            setattr(self, name, value)
        self.atol, self.rtol, self.against = atol, rtol, f"the complex step {COMPLEX_STEP:g}"

    def why_not(self):
        """Why f cannot be held against the complex step, or None."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                outputs = self.run([x + 0j for x in self.points])
        except AttributeError as error:
            raise ValueError(
                f"gradcheck: f cannot be called with complex arrays, which complex_step needs\n  it raised: {error}\n"
                "  write it with operations, which take raw arrays too, or use complex_step=False"
            ) from error
        except (TypeError, ValueError, np.exceptions.ComplexWarning) as error:
            return str(error).splitlines()[0]
        reals = [y for y in outputs if y.dtype.kind != "c"]
        return f"of complex arrays it makes {reals[0].dtype}" if reals else None

    def run(self, points):
        return [np.asarray(raw(y)) for y in outputs_of(self.function(*points))]

    def first(self, i, direction):
        moved = list(self.points)
        moved[i] = self.points[i] + COMPLEX_STEP * 1j * direction
        rise = sum(float(np.sum(u * np.imag(y))) for u, y in zip(self.weights, self.run(moved), strict=True))
        return rise / COMPLEX_STEP, 0.0, 0.0

    def best(self, i, direction, centres=()):
        return self.first(i, direction)

    def message(self, labels, findings):
        hint = "  the complex step needs all of f to be analytic: see whether complex_step=False agrees"
        return [*super().message(labels, findings), hint]


# -- arrays ------------------------------------------------------------------------------------

SCALE = -2.0  # a power of two: what is linear is then the same to the last bit
SMALLEST = 1e-3


def _scale(taped, weights, values):
    """How large the numbers are that a sum is made of: of each value on the way, what it adds to the sum.

    Rounding it moves the sum by so many roundings, also where the sum itself cancels.
    """
    parts = [u * y for u, y in zip(weights, values, strict=True)]
    with np.errstate(all="ignore"):
        parts += [raw(node.note.value) * raw(node.note.gradient) for node in taped if node.note.gradient is not None]
        squares = [float(np.sum(np.square(part))) for part in parts]
        return float(np.sqrt(sum(square for square in squares if np.isfinite(square))))


def _sizes(x):
    """How large each entry is; those that are small beside the largest, a thousandth of it; without any, 1."""
    largest = float(np.max(np.abs(x), initial=0.0)) or 1.0
    return np.maximum(SMALLEST * largest, np.abs(x))


def _largest(x):
    """The largest finite size."""
    x = np.abs(x)
    return float(np.max(x, initial=0.0, where=np.isfinite(x)))


def _at(x, at):
    return float(np.asarray(x)[at])


def _off(analytic, numeric, tolerance):
    """Where they differ by more than the tolerance, or are no numbers."""
    with np.errstate(invalid="ignore"):  # inf − inf
        return ~(np.abs(np.subtract(analytic, numeric)) <= tolerance)


def _badness(analytic, numeric, tolerance):
    """How many times the tolerance the error is; inf where it is no number."""
    with np.errstate(all="ignore"):
        error = np.abs(np.subtract(analytic, numeric))
        times = np.where(error == 0, 0.0, error / tolerance)
        return np.nan_to_num(times, nan=np.inf, posinf=np.inf)


def _differ(g, other, blur):
    """Where two gradients that should be the same differ the most, or None."""
    g, other = np.asarray(g), np.asarray(other)
    with np.errstate(invalid="ignore"):  # inf − inf
        error = np.abs(g - other)
    off = (error > 1e-10 * _largest(g) + blur) & np.isfinite(error)
    return tuple(int(k) for k in np.unravel_index(np.argmax(np.where(off, error, 0)), g.shape)) if off.any() else None
