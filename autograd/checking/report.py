"""The report of a check by hand: a row for each value, the first wrong step, what the check could not do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from .document import Document

R = TypeVar("R")

POINTS = {"right": 1, "follows": 1, "wrong": 0, "undecided": 0, "unread": 0, "defined": 1}
"""What a value is worth: who goes on rightly from a wrong value loses nothing more, as teachers count."""


class DerivationError(AssertionError):
    """A derivation by hand is wrong somewhere; the message is the report."""


class Forms(NamedTuple):
    """The functions that write a report, and ``data`` of one of its rows for JSON."""

    text: Callable[[Any], str]
    html: Callable[[Any], str]
    document: Callable[[Any], "Document"]
    data: Callable[[Any], dict[str, Any]]


class Judged(ABC, Generic[R]):
    """A row for each value that was judged: what all reports have in common."""

    rows: list[R]
    remarks: list[str]
    seconds: float

    @property
    @abstractmethod
    def ok(self) -> bool:
        """Whether all is right."""

    @property
    def first_wrong(self) -> R | None:
        """The row of the first wrong value, or None."""
        return next((row for row in self.rows if row.verdict == "wrong"), None)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str | int) -> R:
        """The row of a name (or of a position)."""
        if isinstance(name, int):
            return self.rows[name]
        for row in self._named(name):
            return row
        raise KeyError(f"no row {name!r}; rows: {', '.join(row.name for row in self.rows)}")

    @abstractmethod
    def _named(self, name: str) -> list[R]:
        """The rows that the name stands for, the one that is meant first."""

    @property
    def points(self) -> int:
        """One for each value that is right, or wrong only because of one before; of ``len(report)`` in all."""
        points: list[int] = [POINTS[row.verdict] for row in self.rows]
        return sum(points)

    # -- to hand on ----------------------------------------------------------------------------

    @property
    @abstractmethod
    def _forms(self) -> Forms:
        """What writes it, which is loaded when it is asked for."""

    @abstractmethod
    def _data(self) -> dict[str, Any]:
        """What it knows, for JSON, without what all reports have."""

    @property
    def _document(self) -> "Document":
        return self._forms.document(self)

    def _repr_html_(self) -> str:
        return self._forms.html(self)

    def to_dict(self) -> dict[str, Any]:
        """The report as data for ``json.dumps``: its rows, each with its verdict, the values and the mistake.

        Arrays are nested lists; NaN is None, infinities are "inf" and "-inf".
        """
        data = self._forms.data
        return {
            "ok": self.ok,
            "points": self.points,
            "most_points": len(self),
            **self._data(),
            "seconds": self.seconds,
            "remarks": list(self.remarks),
            "rows": [data(row) for row in self.rows],
        }

    def to_html(self) -> str:
        """The report as a whole page of HTML, which asks the network for nothing."""
        from .document import page

        return page(self._document.headline, self._repr_html_())

    def to_markdown(self) -> str:
        """The report as Markdown: its table or its listing, and what is wrong with each wrong value."""
        from .document import markdown

        return markdown(self._document)

    def to_latex(self) -> str:
        r"""The same as a piece of LaTeX to ``\input``; its first line says what the preamble must load."""
        from .document import latex

        return latex(self._document)

    def raise_for_mistakes(self) -> None:
        """Raise a DerivationError, an AssertionError whose message is this report, unless all is right."""
        if not self.ok:
            raise DerivationError(str(self))

    def __str__(self) -> str:
        return self._forms.text(self)

    def __repr__(self) -> str:
        return str(self)


class Report(Judged[Any]):
    """What a check by hand found; print it, or show it in a notebook.

    rows : nearest to the output first
    ok : every value is right
    first_wrong : the row of the first wrong step, or None
    interrupted : Ctrl-C stopped the search; what was found until then is there
    conventions : the names of the conventions in which the learner's values were read; see ``check_by_hand``
    remarks : what the check could not do, in sentences
    seconds : how long it took; tried : with how many alterations the graph was walked
    points : one for each value that is right, or wrong only because of one before

    ``to_html()``, ``to_markdown()``, ``to_latex()`` and ``to_dict()`` hand it on:

    >>> import autograd as ag
    >>> w = ag.Tensor(3.0, requires_grad=True, name="w")
    >>> with ag.tape():
    ...     h = w * 2.0
    ...     e = ag.square(h)
    >>> report = ag.check_by_hand(e, {h: 6.0, w: 12.0})  # it should be 2 h = 12, and then 24
    >>> report.points, len(report), [row["verdict"] for row in report.to_dict()["rows"]]
    (1, 2, ['wrong', 'follows'])
    >>> print(report.to_markdown().splitlines()[0])
    **∂e/∂… by hand: 2 values, 1 wrong, 1 wrong only because of that**
    """

    def __init__(
        self,
        rows: list[Any],
        output_name: str,
        remarks: list[str],
        tried: int,
        interrupted: bool,
        seconds: float,
        conventions: list[str] | None = None,
    ) -> None:
        self.rows = rows
        self.output_name = output_name
        self.remarks = remarks
        self.tried = tried
        self.interrupted = interrupted
        self.seconds = seconds
        self.conventions = conventions or []

    @property
    def ok(self) -> bool:
        return all(row.ok for row in self.rows)

    @property
    def wrong_steps(self) -> list[Any]:
        return [row for row in self.rows if row.wrong]

    @property
    def first_wrong(self) -> Any:
        return next(iter(self.wrong_steps), None)

    def _named(self, name: str) -> list[Any]:
        named = [row for row in self.rows if name in (row.name, row.what)]
        return sorted(named, key=lambda row: not row.is_gradient)

    @property
    def _forms(self) -> Forms:
        from .report_html import html
        from .report_text import data, document, text

        return Forms(text, html, document, data)

    def _data(self) -> dict[str, Any]:
        return {
            "output": self.output_name,
            "conventions": list(self.conventions),
            "interrupted": self.interrupted,
            "tried": self.tried,
        }
