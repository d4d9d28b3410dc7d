"""The report on a document as HTML for a notebook; colours work on light and on dark pages, as the others' do."""

from html import escape

from ..listing import LISTING, listing_html
from ..report_html import STYLE
from .report_text import LONGEST, headline, sentences, title


def html(report):
    """The report for a notebook."""
    parts = [
        STYLE,
        LISTING,
        '<div class="by-hand">',
        f"<b>{escape(headline(report))}</b>",
        listing_html(report, LONGEST, prose=True),
    ]
    parts += [_finding(report, row) for row in report.rows if row.verdict in ("wrong", "unread") or row.remark]
    parts += [f"<p>{escape(note)}</p>" for note in report.remarks]
    return "".join([*parts, "</div>"])


def _finding(report, row):
    wrong = row.verdict == "wrong"
    if row.verdict == "unread":
        said = f"<pre>{escape(row.says)}</pre>"
    else:
        said = "".join(f"<div>{escape(one)}</div>" for one in (sentences(row) if wrong else [row.remark]))
    return f'<div class="finding {"wrong-step" if wrong else ""}"><b>{escape(title(report, row))}</b>{said}</div>'
