"""A derivation as a document, checked line by line: ``check_derivation("derivation.md", loss)``.

* ``reading``: where the formulas of a Markdown document are; ``names``: its own names
* ``check``: each step against the truth; ``report``: the lines with a mark beside each, as text and HTML

Nothing of it is loaded before the first call.
"""

import re
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...taped.naming import variables_of_caller
from ...tensors import Tensor

if TYPE_CHECKING:
    from .report import DocumentReport

__all__ = ["check_derivation"]

LONGEST = 500_000
"""Characters of a document."""


def check_derivation(
    document: str | PathLike[str], output: Tensor, *, gradient: Any = None, seconds: float | None = None
) -> "DocumentReport":
    """Check a derivation in Markdown step by step against a recorded graph.

    Parameters
    ----------
    document : the path of a file, or the text itself. Read are formulas with = in ``$…$``, ``$$…$$`` and LaTeX's
        environments, in code, and lines of their own such as ``∂E/∂w5 = δ_o1 · out_h1``.
    output : the Tensor that is differentiated, recorded under ``ag.tape()``.
    gradient : the gradient of ``output`` itself, if it has more than one entry.
    seconds : how long to look for what is wrong with the steps; by default 20.

    At the left of an = stands a derivative (∂E/∂w5, δ_o1, ∂out_o1/∂net_o1), a value of the graph, or a name of the
    document's own, which is defined so. Each step of a chain ``a = b = c`` and of an alignment is held against what
    stands at the left, as it truly is: a formula at the recorded numbers and at random ones, a number to the digits
    given. A step that says only what the wrong one before it says follows from that.

    Returns a ``DocumentReport``. Printed, it is the lines with formulas with a mark beside each, and what is wrong with
    the wrong ones: which factor or term is missing, extra or different. It has ``.ok``, ``.rows``, ``.first_wrong``,
    which has ``.line``, and ``.raise_for_mistakes()``. What cannot be read is a row of its own, with the place.

    ValueError of a document of more than 500,000 characters or 2,000 formulas, of a file that is no text, and of a
    graph recorded outside ``ag.tape()``; FileNotFoundError where there is no such file.

    >>> import autograd as ag
    >>> w = ag.Tensor(0.4, requires_grad=True, name="w")
    >>> x, t = ag.Tensor(0.6, name="x"), ag.Tensor(1.0, name="t")
    >>> with ag.tape():
    ...     net = w * x
    ...     out = ag.sigmoid(net)
    ...     E = 0.5 * (t - out) ** 2
    >>> print(ag.check_derivation('''
    ... ∂E/∂net = (out − t) · out (1 − out)
    ... ∂E/∂w = ∂E/∂net · w = −0.0434
    ... ''', E))
    derivation: 3 steps, 1 right, 1 wrong, 1 wrong only because of that
    <BLANKLINE>
    2 ✓ ∂E/∂net = (out − t) · out (1 − out)
    3 ✗ ∂E/∂w = ∂E/∂net · w = −0.0434  ← the first wrong line
    <BLANKLINE>
    line 3: ∂E/∂w: the first wrong step
        There is w where x belongs.
        yours: ∂E/∂net · w
        right: ∂E/∂net · x
        it gives -0.04340066, and should give -0.0651009899
    """
    from .check import check

    return check(_text(document), output, gradient, variables_of_caller(), 20.0 if seconds is None else seconds)


def _text(document):
    """The text of a document: what was given, or what stands in the file of that name."""
    if not isinstance(document, str | PathLike):
        raise TypeError(f"check_derivation: give a path or a text\n  given: {type(document).__name__}")
    is_text = isinstance(document, str) and (len(document) > 1_000 or bool(re.search(r"[\n=$]", document)))
    text = document
    if not is_text:
        try:
            text = Path(document).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"check_derivation: {document} is no text in UTF-8") from error
    if len(text) > LONGEST:
        raise ValueError(f"check_derivation: the document has {len(text)} characters\n  at most: {LONGEST}")
    return text
