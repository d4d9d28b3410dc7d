"""For tests: of gradients derived by hand, and of operations that you declare.

``assert_gradients_match(loss, {w: expected})`` has a failure message that says what is wrong, and so has
``assert_backward_matches(forward, backward, params, batch)``; ``check_operation(op)`` runs the laws on an operation
that every one of the library's obeys.

>>> import autograd as ag
>>> w = ag.Tensor(3.0, requires_grad=True, name="w")
>>> with ag.tape():
...     e = ag.square(w)
>>> assert_gradients_match(e, {w: 6.0})
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .cases import Case
from .checking.by_hand import check_by_hand
from .checking.code import check_backward
from .checking.report import DerivationError
from .declaration import Function, Operation
from .laws import LAWS
from .samples import Sample
from .tensors import Tensor

__all__ = ["DerivationError", "OperationError", "assert_backward_matches", "assert_gradients_match", "check_operation"]


def assert_gradients_match(output: Tensor, expected: Mapping[Any, Any], **options: Any) -> None:
    """Raise a DerivationError, an AssertionError, unless all expected gradients are the true ones.

    Parameters
    ----------
    output : the Tensor that is differentiated, recorded under ``ag.tape()``.
    expected : {tensor: gradient}, in any form that ``ag.check_by_hand`` takes.
    options : the other arguments of ``ag.check_by_hand``.

    The message of the error is the report: a table of all values, the first wrong step and, where one is
    found, the mistake behind it.
    """
    __tracebackhide__ = True  # pytest shows the test's line, not this one
    check_by_hand(output, expected, **options).raise_for_mistakes()


def assert_backward_matches(
    forward: Callable[..., Any], backward: Callable[..., Any], *args: Any, **options: Any
) -> None:
    """Raise a DerivationError, an AssertionError, unless a backward written by hand gives the gradients of its forward.

    Parameters
    ----------
    forward, backward, args : as in ``ag.check_backward``.
    options : its other arguments.

    The message of the error is the report: backward with a mark beside each line, and what is wrong with the first
    wrong one.

    >>> assert_backward_matches(lambda x: np.sum(x**2), lambda x: 2 * x, np.array([1.0, 2.0]))
    """
    __tracebackhide__ = True
    check_backward(forward, backward, *args, **options).raise_for_mistakes()


class OperationError(AssertionError):
    """An operation breaks laws; the message lists each of them, with the sample that breaks it."""


def check_operation(
    operation: Function, samples: Sequence[Sample] | None = None, *, reference: Callable[..., Any] | None = None
) -> str:
    """Run the laws on an operation; an OperationError, an AssertionError, lists those that it breaks.

    They are: values as the reference has them, the same from arrays, Tensors and lists, whatever their layout in
    memory; nothing is written to; gradients and, where the sample is smooth, gradients of gradients as finite
    differences have them, linear in the gradient that comes in; ``backward``, ``create_graph``, a tape and ``jvp``
    agree; gradients have the shape and dtype of their inputs, and are the user's to write into; float32 stays float32;
    elementwise operations broadcast, with no axes and empty arrays too; a ``reference`` and ``parts`` say the same.

    Parameters
    ----------
    operation : what ``ag.operation`` returned.
    samples : a list of ``autograd.extend.sample(...)``; by default those of the declaration.
    reference : a function of arrays that gives the same values, called with the sample's arguments.

    Returns what was run, as text.

    Examples
    --------
    >>> import autograd as ag
    >>> from autograd.extend import reals, sample
    >>> third = ag.operation("third", lambda x: x * x * x, rules=[ag.rule(lambda g, x: 3 * g * x * x)])
    >>> print(check_operation(third, [sample(reals(3, 4)), sample(reals())], reference=lambda x: x**3))
    third: 8 laws hold on 2 samples
      values, memory layout, finite differences, linear in the gradient, walks agree
      gradients are the user's, float32, broadcasting
    """
    __tracebackhide__ = True
    if not isinstance(getattr(operation, "operation", None), Operation):
        raise TypeError(f"check_operation: it takes what ag.operation returned\n  given: {operation!r}")
    op: Any = operation.operation
    samples = op.samples if samples is None else samples
    if not samples:
        raise ValueError(
            f"check_operation: {op.name} has no samples to run\n"
            "  give samples=[sample(reals(3, 4)), …] here or in the declaration, from autograd.extend"
        )
    cases = [Case(op, one, number, reference) for number, one in enumerate(samples)]
    held: list[str] = []
    broken: list[str] = []
    for name, law, choose in LAWS:
        chosen = choose(cases)
        found = [(case, error) for case in chosen if (error := _breach(law, case)) is not None]
        if found:
            broken.append(_told(name, found, len(chosen)))
        elif chosen:
            held.append(name)
    if broken:
        raise OperationError("\n".join([f"{op.name} breaks {_count(broken, 'law')}", *broken]))
    listed = [f"  {', '.join(held[i : i + 5])}" for i in range(0, len(held), 5)]
    return "\n".join([f"{op.name}: {_count(held, 'law')} hold on {_count(samples, 'sample')}", *listed])


def _breach(law: Callable[[Any], None], case: Case) -> Exception | None:
    """The error that the law raises, if it does. Anything may go wrong in what a user declares."""
    try:
        with np.errstate(all="ignore"):
            law(case)
    except Exception as error:
        return error
    return None


def _told(name: str, found: list[tuple[Case, Exception]], run: int) -> str:
    (case, error), *more = found
    lines = [line for line in (str(error) or type(error).__name__).strip().splitlines() if line.strip()]
    where = f"{len(found)} of {run} samples, first" if more else f"sample {case.id.rpartition('-')[2]},"
    return "\n".join([f"  {name}: {where} {case!r}", *[f"    {line}" for line in lines]])


def _count(things: Sequence[Any], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
