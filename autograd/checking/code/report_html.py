"""The report on a backward as HTML for a notebook: its listing with coloured lines, and a heat map of each difference.

Colours work on light and on dark pages, as those of a check by hand do.
"""

from html import escape

import numpy as np

from ..report_html import STYLE, heat_map
from .report_text import headline, notes, sentences, title

VERDICTS = {"✓": "right", "✗": "wrong", "↳": "follows"}

LISTING = """
<style>
.by-hand pre { margin: .6em 0; padding: 0; background: none; color: inherit; font: 12px/1.5 ui-monospace, monospace }
.by-hand pre div { padding: 0 .6em; white-space: pre }
.by-hand pre .number { opacity: .5 }
</style>
"""


def html(report):
    """The report for a notebook."""
    first = report.first_wrong
    digits = max([len(str(line)) for line, _, _ in report.listing], default=1)
    parts = [STYLE, LISTING, '<div class="by-hand">', f"<b>{escape(headline(report))}</b>", "<pre>"]
    for line, mark, source in report.listing:
        if not line:
            parts.append("<div> </div>")
            continue
        arrow = "  ← the first wrong line" if first is not None and line == first.line and mark == "✗" else ""
        number = f'<span class="number">{line:>{digits}}</span>'
        parts.append(
            f'<div class="{VERDICTS.get(mark, "")}">{number} {mark or " "} {escape(source)}<b>{arrow}</b></div>'
        )
    parts.append("</pre>")
    parts += [_finding(report, row) for row in report.rows if row.verdict == "wrong" or row.remark]
    parts += [f"<p>{escape(note)}</p>" for note in notes(report)]
    return "".join([*parts, "</div>"])


def _finding(report, row):
    wrong = row.verdict == "wrong"
    said = [f"<div>{escape(one)}</div>" for one in (sentences(row) if wrong else [row.remark])]
    if wrong and np.shape(row.given) == np.shape(row.expected) and np.size(row.given) > 1:
        said.append(heat_map(np.asarray(row.given) - np.asarray(row.expected), row.what))
    return (
        f'<div class="finding {"wrong-step" if wrong else ""}"><b>{escape(title(report, row))}</b>{"".join(said)}</div>'
    )
