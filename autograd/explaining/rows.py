r"""A derivation as the rows of one ``aligned`` environment, none wider than a page.

Notes stand in a column of their own where all fits side by side; else each below its formula. A formula that is too
wide is broken where a person would: before a sign of its sum, or between the factors of its product.
"""

import textwrap

from .formula import PRODUCT, SUM, Chain, Sum, Total, inside
from .formula.numerals import words_latex
from .formula.widths import width_of

ROOM = 84
"""So many digits fit a line of A4 paper between margins of 2.5 cm."""

_SIGN = 2.5


def latex_rows(blocks):
    """The rows of some blocks, a list for each; an int in place of a block says how many are left out there."""
    shown = [block for block in blocks if not isinstance(block, int)]
    left = max([width_of(left.latex()) for block in shown for left in block.lefts() if left], default=0)
    lines = [line for block in shown for line in block.lines]
    widest = max([width_of(line.formula.latex()) for line in lines], default=0)
    notes = max([width_of(_note(line)) for line in lines], default=0)
    remarks = [words_latex(remark) for block in shown for remark in block.remarks]
    widest = max([widest, *[2 + width_of(remark) for remark in remarks]])
    beside = left + _SIGN + widest + 2 + notes <= ROOM
    room = max(ROOM - _SIGN - left, ROOM / 3)
    return [_left_out(block) if isinstance(block, int) else _rows_of(block, room, beside) for block in blocks]


def _left_out(count):
    return [rf"&\vdots \quad {words_latex(f'{count} steps more')}"]


def _rows_of(block, room, beside):
    rows = []
    for left, line in zip(block.lefts(), block.lines, strict=True):
        start = left.latex() if left else ""
        first, *more = broken(line.formula, room, line.floor)
        sign = "&=" if line.lead == "=" else f"&\\hphantom{{=}} {line.lead}"
        rows += [f"{start} {sign} {first}".strip(), *[rf"&\hphantom{{=}} \qquad {one}" for one in more]]
        note = _note(line)
        if note and beside:
            rows[-1] += rf" && \quad {note}"
        elif note and not more and width_of(first) + 2 + width_of(note) <= room:
            rows[-1] += rf" \quad {note}"
        elif note:
            rows += _worded(line.note, room) if isinstance(line.note, str) else [rf"&\hphantom{{=}} \qquad {note}"]
    for remark in block.remarks:
        rows += _worded(remark, room)
    return rows


def _note(line):
    """The LaTeX of a line's note; "" where it has none."""
    if not line.note:
        return ""
    return words_latex(line.note) if isinstance(line.note, str) else line.note.latex()


def _worded(text, room):
    return [rf"&\hphantom{{=}} \quad {words_latex(part)}" for part in textwrap.wrap(text, int(room))]


def broken(formula, room, floor=SUM):
    """The LaTeX of a formula in rows that fit, where it can be broken; else in small letters."""
    whole = inside(formula, floor, True)
    if width_of(whole) <= room:
        return [whole]
    pieces = _pieces(formula)
    if len(pieces) == 1:
        return [rf"{{\scriptstyle {whole}}}"]
    rows, width = [], 2 * room
    for piece in pieces:
        if width + width_of(piece) > room - 4:
            rows, width = [*rows, piece], width_of(piece)
        else:
            rows[-1] += f" {piece}"
            width += width_of(piece)
    return rows


def _pieces(formula):
    """The LaTeX of what stands between the signs at which a formula may be broken."""
    if isinstance(formula, Sum):
        return [_piece(sign, one) for sign, one in formula.signed()]
    if isinstance(formula, Total):
        return [_piece("+" if k else "", one) for k, one in enumerate(formula.parts)]
    if isinstance(formula, Chain):
        return [_piece(r"\cdot" if k else "", one) for k, one in enumerate(formula.parts)]
    return [formula.latex()]


def _piece(sign, one):
    return f"{sign} {inside(one, PRODUCT if sign else SUM, True)}".strip()
