"""For those who teach: an exercise with other numbers for each student, its sheets, and the marking of answers.

``exercise`` is what users call. ``numbers`` draws the numbers, ``variants`` has the exercise and its variants;
``lines`` reads the function's formulas, ``sheets`` writes worksheets and solutions; ``grading`` marks answers,
``programs`` those that are code, ``pages`` shows the marks; ``command`` is ``python -m autograd grade``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..drawing.hints import lend

if TYPE_CHECKING:
    import numpy as np

    from .variants import Exercise

__all__ = ["exercise"]


def _hints(output: Any, gradient: Any) -> Any:
    from ..checking.hints import hints

    return hints(output, gradient)


lend(_hints)  # the catalogue of mistakes, to the pages on which one practises


def exercise(
    loss_function: Callable[..., Any],
    values: Mapping[str, Any] | None = None,
    *,
    ask: Sequence[str] | None = None,
    forward: Sequence[str] = (),
    variants: int = 30,
    seed: int = 0,
    draw: "Mapping[str, Callable[[np.random.Generator], Any]] | None" = None,
    points: Mapping[str, float] | None = None,
    digits: int = 3,
    title: str | None = None,
) -> "Exercise":
    """Make an exercise of a function: derive the gradients of its result by hand, with other numbers for each student.

    Parameters
    ----------
    loss_function : takes numbers and arrays by name and returns the loss. It is recorded as it stands; the variables
        that its lines assign are the inner values.
    values : {parameter: number, array or list} to begin with; by default the function's own defaults.
    ask : the names of the values by which to differentiate, parameters or inner ones; by default all inner values,
        the nearest to the loss first, and all parameters that are floats.
    forward : the names of inner values that are asked for themselves.
    variants : how many there are. The same ``seed`` gives the same numbers.
    draw : {parameter: function(generator) -> value} where the numbers should not be drawn by default, which is: of the
        same sign, within half of the value given, with as many decimals (three at most); an array of whole numbers is
        shuffled; integers and what is no number stay.
    points : {name: points} of what is not worth 1.
    digits : how many significant digits an answer must have.
    title : what the sheets are called.

    Returns an ``Exercise``. Its ``variants`` each give ``worksheet()``, ``solution()`` and ``check(answers)``;
    ``.export(folder)`` writes all sheets and the table to fill in, ``.grade("answers.csv")`` marks it, and so does
    ``python -m autograd grade exercise.py answers.csv --out DIR``.

    Raises ValueError where a name is unknown, or no sensible numbers (finite, gradients not 0) were found.

    >>> import autograd as ag
    >>> def neuron(w=0.4, b=0.6, x=0.5, t=0.1):
    ...     net = w * x + b
    ...     out = ag.sigmoid(net)
    ...     E = 0.5 * (t - out) ** 2
    ...     return E
    >>> sheet = ag.exercise(neuron, ask=["out", "net", "w"], variants=2)
    >>> first, second = sheet.variants
    >>> first.values
    {'w': 0.5, 'b': 0.5, 'x': 0.3, 't': 0.1}
    >>> report = first.check({"out": "0.557", "net": "0.557", "w": "0.167"})
    >>> [row.verdict for row in report], report.points, report.first_wrong.mistake.key
    (['right', 'wrong', 'follows'], 2, 'activation-left-out')
    """
    from .variants import Exercise, parameters_of

    if not callable(loss_function):
        raise TypeError(f"exercise: the loss function is needed, not a {type(loss_function).__name__}")
    for name, number in (("variants", variants), ("digits", digits)):
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise ValueError(f"exercise: {name} must be a positive integer\n  {name}: {number!r}")
    named = getattr(loss_function, "__name__", "").replace("_", " ").strip()
    return Exercise(
        loss_function,
        parameters_of(loss_function, values),
        ask=ask,
        forward=forward,
        variants=variants,
        seed=seed,
        draw=draw or {},
        points=points or {},
        digits=digits,
        title=title or (named if named.isprintable() and named != "<lambda>" else "") or "exercise",
    )
