"""The report on a learner's backward: a row for each value that was judged, and the listing with its marks."""

from typing import Any

from ..report import Forms, Judged

MARKS = {"right": "✓", "wrong": "✗", "follows": "↳"}


class Row:
    """One value of backward beside the true gradient.

    line, source : the line that gave it, in its file, and the text there
    name, what : the step whose gradient it is: "W1", "∂loss/∂W1"
    variable : what it is called in backward
    verdict : "right", "wrong", "follows" (wrong only because of what came before) or "undecided"
    mistake : what was done wrong, with ``key``, ``explanation`` and ``formula``, or None
    given, truth, expected : the value, the true gradient, and what follows from the values before
    difference, remark : sentences
    """

    def __init__(self, **facts: Any) -> None:
        self.line: int = facts["line"]
        self.source: str = facts["source"]
        self.name: str = facts["name"]
        self.what: str = facts["what"]
        self.variable: str = facts["variable"]
        self.verdict: str = facts["verdict"]
        self.mistake: Any = facts.get("mistake")
        self.given: Any = facts["given"]
        self.truth: Any = facts["truth"]
        self.expected: Any = facts["expected"]
        self.difference: list[str] = facts.get("difference", [])
        self.remark: str = facts.get("remark", "")

    @property
    def ok(self) -> bool:
        """Whether the value is right."""
        return self.verdict == "right"

    def __repr__(self) -> str:
        key = f", {self.mistake.key}" if self.mistake is not None else ""
        return f"<Row line {self.line}, {self.what}: {self.verdict}{key}>"


class BackwardReport(Judged[Row]):
    """What a check of a backward found; print it, or show it in a notebook.

    rows : in the order in which backward gives them
    ok : every gradient that backward gives is right
    first_wrong : the row of the first wrong line, or None
    unmatched : [(line, name)] of values that are called like gradients, but belong to no step that was found
    remarks : what the check could not do, in sentences
    listing : [(line, mark, text)] of backward, and of those of its helpers in which something was judged
    seconds : how long it took
    points : one for each gradient that is right, or wrong only because of one before

    ``to_html()``, ``to_markdown()``, ``to_latex()`` and ``to_dict()`` hand it on.
    """

    def __init__(
        self,
        function: str,
        rows: list[Row],
        unmatched: list[tuple[int, str]],
        remarks: list[str],
        listing: list[tuple[int, str, str]],
        seconds: float,
    ) -> None:
        self.function = function
        self.rows = rows
        self.unmatched = unmatched
        self.remarks = remarks
        self.listing = listing
        self.seconds = seconds

    @property
    def ok(self) -> bool:
        return bool(self.rows) and all(row.ok for row in self.rows)

    def _named(self, name: str) -> list[Row]:
        return [row for row in self.rows if name in (row.name, row.variable)]

    @property
    def _forms(self) -> Forms:
        from .report_html import html
        from .report_text import data, document, text

        return Forms(text, html, document, data)

    def _data(self) -> dict[str, Any]:
        return {
            "function": self.function,
            "unmatched": [list(one) for one in self.unmatched],
            "listing": [list(one) for one in self.listing],
        }
