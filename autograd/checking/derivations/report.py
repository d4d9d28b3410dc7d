"""The report on a document: a row for each step, and the lines with their marks."""

from typing import Any

from ..report import Forms, Judged

MARKS = {"right": "✓", "wrong": "✗", "follows": "↳", "unread": "?", "defined": ":"}


class Row:
    """One step of a document: what stands after an =.

    line, column : where it stands, from 1; what : the step as a formula, "∂E/∂w5 = δ_o1 out_h1"
    left : the left side
    verdict : "right", "wrong", "follows" (wrong only because of a step before), "defined" (what a name of the document
        stands for: nothing to judge) or "unread"
    says : what is wrong with it; yours, right : it and the right formula in its names
    given, expected : its value at the recorded numbers, and the true one, where it is wrong
    remark : what else there is to say, or ""
    """

    def __init__(self, place: tuple[int, int], verdict: str, what: str, says: str = "") -> None:
        self.line, self.column = place
        self.verdict, self.what, self.says = verdict, what, says
        self.left = self.yours = self.right = self.remark = ""
        self.given: Any = None
        self.expected: Any = None

    @property
    def name(self) -> str:
        """The left side."""
        return self.left

    @property
    def ok(self) -> bool:
        """Whether the step is right, or defines something."""
        return self.verdict in ("right", "defined")

    def unread(self, why: str) -> "Row":
        """The row of what cannot be read, or comes to nothing."""
        self.verdict, self.says = "unread", why
        return self

    def __repr__(self) -> str:
        return f"<Row line {self.line}, {self.what}: {self.verdict}>"


class DocumentReport(Judged[Row]):
    """What a check of a document found; print it, or show it in a notebook.

    rows : a step each, in the order of the document
    ok : there are steps, all of them were read, and are right
    first_wrong : the row of the first wrong step, or None
    listing : [(line, mark, text)] of the lines with steps
    remarks : sentences on the whole check; seconds : how long it took
    points : one for each step that is right, or wrong only because of one before

    ``to_html()``, ``to_markdown()``, ``to_latex()`` and ``to_dict()`` hand it on.
    """

    def __init__(self, rows: list[Row], text: str, output_name: str, remarks: list[str], seconds: float) -> None:
        self.rows, self.text, self.output_name = rows, text, output_name
        self.remarks, self.seconds = remarks, seconds

    @property
    def ok(self) -> bool:
        return all(row.ok for row in self.rows) and any(row.verdict == "right" for row in self.rows)

    @property
    def listing(self) -> list[tuple[int, str, str]]:
        """[(line, mark, text)] of the lines with steps."""
        order = ["defined", "right", "follows", "unread", "wrong"]
        worst: dict[int, str] = {}
        for row in self.rows:
            worst[row.line] = max(worst.get(row.line, "defined"), row.verdict, key=order.index)
        lines = self.text.split("\n")
        return [(line, MARKS[verdict], lines[line - 1].rstrip()) for line, verdict in sorted(worst.items())]

    def _named(self, name: str) -> list[Row]:
        return [row for row in self.rows if name in (row.left, row.what)]

    @property
    def _forms(self) -> Forms:
        from .report_html import html
        from .report_text import data, document, text

        return Forms(text, html, document, data)

    def _data(self) -> dict[str, Any]:
        return {
            "output": self.output_name,
            "listing": [list(one) for one in self.listing],
        }
