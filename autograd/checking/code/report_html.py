"""The report on a backward as HTML for a notebook: its listing with coloured lines, and a heat map of each difference.

Colours work on light and on dark pages, as those of a check by hand do.
"""

from html import escape

import numpy as np

from ..listing import LISTING, listing_html
from ..report_html import STYLE, heat_map
from .report_text import headline, notes, sentences, title


def html(report):
    """The report for a notebook."""
    parts = [STYLE, LISTING, '<div class="by-hand">', f"<b>{escape(headline(report))}</b>", listing_html(report)]
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
