"""For tests: ``assert_gradients_match(loss, {w: expected})``, whose failure message says what is wrong.

>>> import autograd as ag
>>> w = ag.Tensor(3.0, requires_grad=True, name="w")
>>> with ag.tape():
...     e = ag.square(w)
>>> assert_gradients_match(e, {w: 6.0})
"""

from collections.abc import Mapping
from typing import Any

from .checking.by_hand import check_by_hand
from .checking.report import DerivationError
from .tensor import Tensor

__all__ = ["DerivationError", "assert_gradients_match"]


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
