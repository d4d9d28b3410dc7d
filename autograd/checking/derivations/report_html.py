"""The report on a document as HTML for a notebook; colours work on light and on dark pages, as the others' do."""

from html import escape

from ..report_html import STYLE
from .report_text import arrow, headline, sentences, shortened, title

VERDICTS = {"✓": "right", "✗": "wrong", "↳": "follows", "?": "undecided", ":": ""}

LISTING = """
<style>
.by-hand pre { margin: .6em 0; padding: 0; background: none; color: inherit; font: 12px/1.5 ui-monospace, monospace }
.by-hand pre div { padding: 0 .6em; white-space: pre-wrap }
.by-hand pre .number { opacity: .5 }
</style>
"""


def html(report):
    """The report for a notebook."""
    digits = max([len(str(line)) for line, _, _ in report.listing], default=1)
    parts = [STYLE, LISTING, '<div class="by-hand">', f"<b>{escape(headline(report))}</b>", "<pre>"]
    for line, mark, source in report.listing:
        number = f'<span class="number">{line:>{digits}}</span>'
        first = f"<b>{arrow(report, line, mark)}</b>"
        parts.append(f'<div class="{VERDICTS[mark]}">{number} {mark} {escape(shortened(source))}{first}</div>')
    parts.append("</pre>")
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
