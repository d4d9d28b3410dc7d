"""The listing of a report: lines of a program or of a document, each with its number and its mark, as text and HTML.

``report.listing`` is [(line, mark, text)]; a line 0 is a gap between what stands apart.
"""

from html import escape

VERDICTS = {"✓": "right", "✗": "wrong", "↳": "follows", "?": "undecided"}
"""How lines with a mark are coloured."""

LISTING = """
<style>
.by-hand pre { margin: .6em 0; padding: 0; overflow-x: auto; background: none }
.by-hand pre { color: inherit; font: 12px/1.5 ui-monospace, monospace }
.by-hand pre div { padding: 0 .6em; white-space: pre }
.by-hand pre.prose div { white-space: pre-wrap }
.by-hand pre .number { opacity: .5 }
</style>
"""


def listing_text(report, longest=None):
    """The lines for a terminal; of each so many characters at most."""
    digits = _digits(report)
    return [
        f"{line:>{digits}} {mark or ' '} {_shortened(source, longest)}{_arrow(report, line, mark)}".rstrip()
        if line else ""
        for line, mark, source in report.listing
    ]  # fmt: skip


def listing_html(report, longest=None, prose=False):
    """The lines as a piece of HTML; prose is broken where the page ends."""
    digits = _digits(report)
    told = 'tabindex="0" role="group" aria-label="Lines with their marks"'
    parts = [f'<pre class="prose" {told}>' if prose else f"<pre {told}>"]
    for line, mark, source in report.listing:
        if not line:
            parts.append("<div> </div>")
            continue
        number, code = f'<span class="number">{line:>{digits}}</span>', escape(_shortened(source, longest))
        arrow = f"<b>{_arrow(report, line, mark)}</b>"
        parts.append(f'<div class="{VERDICTS.get(mark, "")}">{number} {mark or " "} {code}{arrow}</div>')
    return "".join([*parts, "</pre>"])


def _digits(report):
    return max([len(str(line)) for line, _, _ in report.listing], default=1)


def _shortened(source, longest):
    return source if longest is None or len(source) <= longest else f"{source[: longest - 1]}…"


def _arrow(report, line, mark):
    first = report.first_wrong
    return "  ← the first wrong line" if first is not None and line == first.line and mark == "✗" else ""
