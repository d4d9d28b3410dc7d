"""The report of a check by hand: a row for each value, the first wrong step, what the check could not do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

R = TypeVar("R")


class DerivationError(AssertionError):
    """A derivation by hand is wrong somewhere; the message is the report."""


class Judged(ABC, Generic[R]):
    """A row for each value that was judged: what the report on a derivation and that on a program have in common."""

    rows: list[R]

    @property
    @abstractmethod
    def ok(self) -> bool:
        """Whether all is right."""

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

    def raise_for_mistakes(self) -> None:
        """Raise a DerivationError, an AssertionError whose message is this report, unless all is right."""
        if not self.ok:
            raise DerivationError(str(self))

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

    def __str__(self) -> str:
        from .report_text import text

        return text(self)

    def _repr_html_(self) -> str:
        from .report_html import html

        return html(self)
