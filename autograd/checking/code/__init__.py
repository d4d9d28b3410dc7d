"""The learner's own code held against the truth: ``check_backward`` says which line is the first wrong one.

``check`` is the line through these rooms; each file imports from those before it alone, and nothing is loaded before
the first call:

1. ``statements``: the statements of a source file, by line; ``tracing`` runs a function and notes each value with
   the statement that gave it
2. ``stand_in``: NumPy as recorded code needs it; ``lending`` puts it in NumPy's place for the time of one call
3. ``arguments``: copies of the arguments, as arrays or as Tensors; ``calling``: what backward is called with
4. ``forward``: forward run on Tensors under a tape, and in plain NumPy beside it; ``slopes`` stand in where history is
   lost
5. ``names``: which step of forward a name such as ``dW1`` or ``delta_2`` speaks of
6. ``steps``: forward's steps with their true gradients; ``results``: of which argument a gradient of backward is;
   ``values``: what its lines gave; ``matching``: which step each value is the gradient of
7. ``blame``: of several lines that wrote one wrong value, which one is wrong
8. ``report``: the listing with a mark beside each line, as text and HTML
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .report import BackwardReport

__all__ = ["check_backward"]


def check_backward(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *args: Any,
    gradient: Any = None,
    wrt: str | Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> "BackwardReport":
    """Find the first wrong line of a backward that was written by hand.

    Parameters
    ----------
    forward : a function or method in NumPy (or ``ag``), called with ``args``. It returns the loss, or an array, or
        ``(out, cache)``; or it leaves what backward needs on its object.
    backward : its backward, in plain NumPy. Its parameters may be forward's, by name; the gradient of forward's result
        (``dout``, ``grad``, …); and the cache. So ``backward(params, batch)``, ``backward(dout, cache)`` and
        ``layer.backward(dout)`` all work. It returns the gradients, as a dict (``{"W1": dW1}``, ``{"dW1": dW1}``), as a
        tuple in the order of the arguments, or one array; those that it sets on its object count too.
    args : the arguments. They are not changed. Differentiated are the float arrays in the first.
    gradient : the gradient of forward's result, where that is more than one number; a tuple for several results.
    wrt : names of other parameters of forward that are differentiated.
    names : {name in backward: name in forward}, where they do not tell what is the gradient of what.
    seconds : how long to look for the mistake behind a wrong line; by default about one.

    Returns a ``BackwardReport``. Printed, it is backward with a mark at each line that gave a gradient: ✓ right,
    ✗ wrong, ↳ wrong only because of a line before it. It has ``.ok``, ``.rows`` and ``.first_wrong``, which has
    ``.line``, ``.source`` and ``.mistake``.

    The local variables of forward name its steps, also in loops and in functions that it calls. Loops that fill arrays
    work as they stand. Where something in forward cannot be recorded, the report says at which line and what to write;
    what backward returns is then held against finite differences of forward.

    >>> import numpy as np, autograd as ag
    >>> def forward(w, x, t):
    ...     y = np.tanh(x @ w)
    ...     return 0.5 * np.sum((y - t) ** 2)
    >>> def backward(w, x, t):
    ...     y = np.tanh(x @ w)
    ...     dy = y - t
    ...     dz = dy * (1 - y)
    ...     dw = x.T @ dz
    ...     return dw
    >>> report = ag.check_backward(forward, backward, np.array([0.5, -1.0]), np.eye(2) + 1, np.ones(2))
    >>> report.ok, report.first_wrong.source
    (False, 'dz = dy * (1 - y)')
    """
    from .check import check

    return check(forward, backward, args, gradient, wrt, names, seconds)
