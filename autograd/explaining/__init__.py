"""The chain rule of a recorded graph, with its numbers: ``print(explain(loss, w))``.

``graph`` finds what lies between an output and the value differentiated by, and which of it has names; ``naming`` says
which. ``formula`` reads the formulas that operations declare and writes them, and ``folding`` puts those of unnamed
values together. ``adjoints``, ``paths`` and ``entries`` write the derivation in its three forms;
``terms`` takes one entry of a gradient apart.
"""

from typing import Any

from ..tensors import Tensor
from .derivation import Derivation

__all__ = ["Derivation", "explain"]


def explain(
    output: Tensor,
    wrt: Tensor,
    at: Any = None,
    form: str = "adjoints",
    fold: bool = True,
    *,
    gradient: Any = None,
    max_paths: int = 16,
    digits: int | None = None,
) -> Derivation:
    """Write out ∂output/∂wrt by the chain rule, with the numbers.

    Parameters
    ----------
    output : a Tensor recorded under ``tape()``, of one entry (else give ``gradient``).
    wrt : the leaf or inner value to differentiate by.
    at : an index of ``wrt``: that entry of the derivative is written out as a sum of terms.
    form : "adjoints" goes from the output down, the gradient of each named value from those of the values it
        went into; where there is one short path of numbers that is one product. "paths" writes each path
        from the output to ``wrt`` as a product.
    fold : put values without a name into the formulas of those that have one; False shows each.
    gradient : the gradient of the output, of its shape.
    max_paths : how many paths the path form writes, the largest ones; of arrays the first ones.
    digits : with how many significant digits numbers are written; by default with nine decimals.

    Values are called by their ``name``, the variable that the recorded line assigns, the variable in the calling
    function, or their module. A formula that an operation declares is shown only where it gives the very numbers of
    the operation's rule.

    Returns a ``Derivation``: ``str()``, ``to_latex()``, ``to_markdown()`` and notebooks show it; ``.value`` is the
    derivative, and ``.terms`` are parts that add up to it.

    Examples
    --------
    >>> import autograd as ag
    >>> w = ag.Tensor(0.4, requires_grad=True, name="w")
    >>> with ag.tape():
    ...     net = w * 0.5
    ...     out = ag.sigmoid(net)
    >>> print(explain(out, w))
    ∂out/∂w = ∂out/∂net · ∂net/∂w
            = out (1 − out) · 0.5
            = 0.247516573 · 0.5
            = 0.123758286

    >>> k = ag.Tensor([[1.0, 0.0], [0.0, -1.0]], requires_grad=True, name="k")
    >>> x = ag.Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], name="x")
    >>> with ag.tape():
    ...     y = ag.correlate2d(x, k, mode="valid")
    ...     E = (y * y).sum()
    >>> derivation = explain(E, k, at=(0, 1))
    >>> print(derivation.steps[-1])
    ∂E/∂k[0, 1] = ∂E/∂y[0, 0] · x[0, 1]    (−8) · 2 = −16
                + ∂E/∂y[0, 1] · x[0, 2]    (−8) · 3 = −24
                = −40
    >>> float(derivation.value), [term.value for term in derivation.terms]
    (-40.0, [-16.0, -24.0])
    """
    from ..taped.naming import arrays_of_caller, variables_of_caller
    from .writing import derivation

    return derivation(
        output, wrt, at, form, fold, gradient, max_paths, digits, variables_of_caller(), arrays_of_caller()
    )
