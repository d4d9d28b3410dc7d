"""A report as HTML for a notebook: the table, the mistakes, and a heat map of each array's difference.

Colours work on light and on dark pages: text takes the page's colour, cells lay a transparent tint over
its background.
"""

from html import escape

import numpy as np

from .document import sentence
from .report_text import COLUMNS, NOTHING, cells, facts, formulas, headline, notes, shows_numbers, title, two_numbers

STYLE = """
<style>
.by-hand { font: 13px/1.45 system-ui, sans-serif; color: inherit; max-width: 62em }
.by-hand table { border-collapse: collapse; margin: .6em 0; color: inherit; background: none; font: inherit }
.by-hand th, .by-hand td { padding: .22em .8em; text-align: left; white-space: nowrap }
.by-hand th, .by-hand td { border: 0; background: none; color: inherit }
.by-hand th { font-weight: 600; opacity: .65; border-bottom: 1px solid rgba(128, 128, 128, .6) }
.by-hand tr + tr td { border-top: 1px solid rgba(128, 128, 128, .18) }
.by-hand td.number, .by-hand th.number { text-align: right; font-variant-numeric: tabular-nums }
.by-hand .mark { font-weight: 600; white-space: nowrap; padding: .05em .55em; border-radius: .8em }
.by-hand .right { background: rgba(34, 160, 90, .22) }
.by-hand .wrong { background: rgba(224, 56, 56, .28) }
.by-hand .follows { background: rgba(224, 160, 30, .26) }
.by-hand .undecided { background: rgba(128, 128, 128, .28) }
.by-hand .finding { margin: .7em 0; padding: .35em .9em; border-left: 3px solid rgba(128, 128, 128, .45) }
.by-hand .finding.wrong-step { border-left-color: rgb(224, 56, 56) }
.by-hand .finding.follows-step { border-left-color: rgb(224, 160, 30) }
.by-hand .facts { opacity: .8; font-size: 12px }
.by-hand code { font-family: ui-monospace, monospace; color: inherit }
.by-hand code { background: rgba(128, 128, 128, .15); padding: 0 .3em; border-radius: 3px }
.by-hand svg { display: block; margin: .45em 0 .1em; max-width: 100%; height: auto }
.by-hand .wide { overflow-x: auto }
.by-hand svg text { fill: currentColor; font: 10px system-ui, sans-serif; opacity: .75 }
.by-hand figcaption { font-size: 12px; opacity: .8 }
.by-hand figure { margin: .4em 0 }
</style>
"""

LARGEST_SIDE, MOST_TILES = 48, 12


def html(report):
    """The report for a notebook."""
    head = "".join(f'<th scope="col"{_number(k)}>{escape(title)}</th>' for k, title in enumerate(COLUMNS))
    parts = [STYLE, '<div class="by-hand">', f"<b>{escape(headline(report))}</b>"]
    parts.append(f'<div class="wide" tabindex="0" role="group" aria-label="Verdicts"><table><tr>{head}</tr>')
    parts += [_table_row(row) for row in report.rows]
    parts.append("</table></div>")
    parts += [_finding(report, row) for row in report.rows]
    parts += [f"<p>{escape(sentence(note))}</p>" for note in notes(report)]
    return "".join([*parts, "</div>"])


def _number(k):
    return ' class="number"' if k in (3, 4, 5, 6) else ""


def _table_row(row):
    shown = []
    for k, cell in enumerate(cells(row)):
        content = f"<b>{escape(cell)}</b>" if k == 0 else escape(cell)
        if k == 2:
            content = f'<span class="mark {row.verdict}">{content}</span>'
        shown.append(f"<td{_number(k)}>{content}</td>")
    return f"<tr>{''.join(shown)}</tr>"


def _finding(report, row):
    """What there is to say of one row, or nothing."""
    said = []
    wrong = not row.step_ok and not row.undecided
    if row.mistake is not None:
        said.append(escape(sentence(row.mistake.explanation)))
        if wrong:
            said += [
                f'<div class="facts">{key}: <code>{escape(value)}</code></div>' for key, value in facts(row.mistake)
            ]
    elif wrong:
        said.append(f"{NOTHING}.")
        said += [f"<div>· {escape(sentence(one))}</div>" for one in row.difference]
    if wrong:
        said += [f'<div class="facts">{key}: <code>{escape(value)}</code></div>' for key, value in formulas(row)]
    if row.undecided:
        said.append(escape(sentence(row.undecided)))
    if row.remark and not (row.mistake is not None and row.ok):
        said.append(f'<div class="facts">{escape(sentence(row.remark))}</div>')
    if wrong and shows_numbers(row):
        said.append(f'<div class="facts">{escape(two_numbers(row))}</div>')
    if wrong and row.fits and np.size(row.truth) > 1 and not row.given.broken:
        said.append(heat_map(np.asarray(row.given.filled(row.expected)) - np.asarray(row.expected), row.what))
    if not said:
        return ""
    side = "wrong-step" if wrong else "follows-step" if row.follows else ""
    return f'<div class="finding {side}"><b>{escape(title(report, row))}</b><br>{"".join(said)}</div>'


def heat_map(difference, what):
    """An SVG of an array's entries: red where by hand is too large, blue where too small."""
    tiles, labels = _tiles(difference)
    finite = np.abs(difference[np.isfinite(difference)])
    largest = float(finite.max(initial=0.0)) or 1.0
    rows, columns = tiles[0].shape
    side = max(5, min(16, 420 // max(rows, columns)))
    per_line = max(1, min(len(tiles), 620 // (columns * side + 14)))
    top = 14 if len(tiles) > 1 else 0
    width = per_line * (columns * side + 14)
    height = -(-len(tiles) // per_line) * (rows * side + top + 10)
    shapes = []
    for k, (tile, label) in enumerate(zip(tiles, labels, strict=True)):
        x, y = k % per_line * (columns * side + 14), k // per_line * (rows * side + top + 10) + top
        if label:
            shapes.append(f'<text x="{x}" y="{y - 3}">{escape(label)}</text>')
        frame = f'x="{x}" y="{y}" width="{columns * side}" height="{rows * side}"'
        shapes.append(f'<rect {frame} fill="none" stroke="rgb(128,128,128)" stroke-opacity=".6"/>')
        for (i, j), value in np.ndenumerate(tile):
            shapes.append(_cell(x + j * side, y + i * side, side, value, largest))
    shown = "" if len(tiles) == _count(difference) else f", {len(tiles)} of {_count(difference)} slices"
    caption = f"by hand − true, {escape(what)}{shown}: red too large, blue too small, full colour {largest:.3g}"
    box = f'width="{width}" height="{height}" viewBox="-1 -1 {width + 2} {height + 2}"'
    said = f'role="img" aria-label="{caption}"'
    return f"<figure><svg {box} {said}>{''.join(shapes)}</svg><figcaption>{caption}</figcaption></figure>"


def _cell(x, y, side, value, largest):
    if value == 0:
        return ""
    if not np.isfinite(value):
        colour, strength = "128,128,128", 0.9
    else:
        colour, strength = ("222,45,38", value / largest) if value > 0 else ("33,113,220", -value / largest)
        strength = 0.12 + 0.88 * strength
    return (
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="rgb({colour})" fill-opacity="{strength:.2f}">'
        f"<title>{value:.4g}</title></rect>"
    )


def _count(array):
    return int(np.prod(array.shape[:-2], dtype=int)) if array.ndim > 2 else 1


def _tiles(array):
    """The array as matrices small enough to draw, each with its index as a label."""
    if array.ndim < 2:
        return [_shrunk(np.reshape(array, (1, -1)))], [""]
    leading = array.shape[:-2]
    places = list(np.ndindex(leading)) if leading else [()]
    if len(places) > MOST_TILES:  # those that differ most
        most = np.argsort([-np.abs(array[at]).max(initial=0.0) for at in places], kind="stable")[:MOST_TILES]
        places = [places[k] for k in sorted(most)]
    return [_shrunk(array[at]) for at in places], [f"[{', '.join(map(str, at))}]" if at else "" for at in places]


def _shrunk(matrix):
    """Blocks of a large matrix by their largest entry."""
    blocks = [-(-n // LARGEST_SIDE) for n in matrix.shape]
    if max(blocks) == 1:
        return matrix
    padded = np.pad(matrix, [(0, -n % b) for n, b in zip(matrix.shape, blocks, strict=True)])
    (r, a), (c, b) = [(n // k, k) for n, k in zip(padded.shape, blocks, strict=True)]
    parts = padded.reshape(r, a, c, b).transpose(0, 2, 1, 3).reshape(r, c, a * b)
    at = np.abs(parts).argmax(axis=2)
    return np.take_along_axis(parts, at[:, :, None], axis=2)[:, :, 0]
