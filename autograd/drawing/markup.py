"""Labels as text placed by ourselves: the HTML-like markup that ``labels`` writes, measured and put into an SVG.

It is what Graphviz's HTML-like labels and these have in common: text with <B>, <I> and <FONT>, and tables of it.
"""

import unicodedata
from html import escape
from xml.etree import ElementTree

from .style import INK

FAMILY = "Helvetica, Arial, 'Liberation Sans', sans-serif"
LINE_HEIGHT = 1.22

_WIDTHS = {
    # of Helvetica (and Arial, and Liberation Sans), in thousandths of the font's size
    **dict.fromkeys("il'j‘’", 222), **dict.fromkeys(" !,./:;I[]\\ft|\u00a0·", 278), **dict.fromkeys("()r-`", 333),
    **dict.fromkeys("ckvsxyzJ", 500), **dict.fromkeys("ABEKPSVXY&", 667), **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("FTZL", 611), **dict.fromkeys("GOQ", 778), "M": 833, "m": 833, "W": 944, "@": 1015, "%": 889,
    "\"": 355, "^": 469, "{": 334, "}": 334, "*": 389, **dict.fromkeys("+−=<>~×÷±", 584), "…": 1000, "—": 1000,
    **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾₀₁₂₃₄₅₆₇₈₉", 360),
}  # fmt: skip


def text_width(text, size, bold=False):
    """How wide a text is in Helvetica of that size; of other writings about so wide."""
    width = 0
    for char in text:
        known = _WIDTHS.get(char)
        if known is None:
            known = 0 if unicodedata.combining(char) else 1000 if unicodedata.east_asian_width(char) in "WF" else 556
        width += known
    return width * size / 1000 * (1.08 if bold else 1.0)


class Font:
    """How a text is written."""

    __slots__ = ("bold", "colour", "italic", "size")

    def __init__(self, size=10.0, colour=INK, bold=False, italic=False):
        self.size, self.colour, self.bold, self.italic = size, colour, bold, italic

    def within(self, element):
        """The font inside an element of this one."""
        attributes = element.attrib
        return Font(
            float(attributes.get("POINT-SIZE", self.size)),
            attributes.get("COLOR", self.colour),
            self.bold or element.tag == "B",
            self.italic or element.tag == "I",
        )


class Line:
    """Text in one line, in one font or several."""

    def __init__(self, runs):
        self.runs = runs  # [(text, Font)]
        self.width = sum([text_width(text, font.size, font.bold) for text, font in runs])
        self.size = max([font.size for _, font in runs], default=0.0)
        self.height = self.size * LINE_HEIGHT

    def drawn(self, x, y):
        """Its SVG with the top left at (x, y)."""
        found = []
        for text, font in self.runs:
            width, shown = text_width(text, font.size, font.bold), text.strip(" ")  # a browser may drop spaces at ends
            before = text_width(text[: text.find(shown)], font.size, font.bold)
            across = text_width(shown, font.size, font.bold)
            look = f'font-size="{font.size:g}" fill="{font.colour}"'
            look += ' font-weight="bold"' * font.bold + ' font-style="italic"' * font.italic
            # as wide as measured, whichever font there is
            place = f'x="{x + before:.1f}" y="{y + self.size * 0.95:.1f}" textLength="{across:.1f}"'
            if shown:
                found.append(
                    f'<text {place} lengthAdjust="spacingAndGlyphs" {look}>{escape(shown, quote=False)}</text>'
                )
            x += width
        return found


class Table:
    """Rows of cells, each with a Line or a Table in it; columns are as wide as their widest cell."""

    def __init__(self, rows):
        self.rows = rows  # [[(content, padding, ground and colour of the border or None, least width)]]
        self.heights = [max([one.height + 2 * pad for one, pad, _, _ in row], default=0.0) for row in rows]
        columns = max(map(len, rows), default=0)
        alone = [row for row in rows if len(row) < columns]
        self.widths = [
            max([max(row[i][0].width + 2 * row[i][1], row[i][3]) for row in rows if len(row) == columns])
            for i in range(columns)
        ]
        self.width = max([sum(self.widths), *[sum([one.width + 2 * pad for one, pad, _, _ in row]) for row in alone]])
        self.height = sum(self.heights)

    def drawn(self, x, y):
        found = []
        for row, height in zip(self.rows, self.heights, strict=True):
            left = x
            for (one, pad, ground, _), width in zip(row, self.widths, strict=False):
                if ground:
                    found.append(
                        f'<rect x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" '
                        f'fill="{ground[0]}" stroke="{ground[1]}" stroke-width="0.7"/>'
                    )
                found += one.drawn(left + pad, y + (height - one.height) / 2)
                left += width
            y += height
        return found


def parsed(label, font):
    """A label as a Line or a Table."""
    return _content(ElementTree.fromstring(f"<LABEL>{label}</LABEL>"), font)


def _content(element, font):
    """What is in an element: a table, if there is one, else one line of text."""
    table = element if element.tag == "TABLE" else element.find("TABLE")
    if table is None:
        return Line(_runs(element, font))
    inner = font.within(element)
    return Table([[_cell(cell, inner) for cell in row] for row in table])


def _cell(cell, font):
    known = cell.attrib
    border = known.get("COLOR", "none") if "BORDER" in known else "none"
    ground = (known["BGCOLOR"], border) if "BGCOLOR" in known else None
    return _content(cell, font), float(known.get("CELLPADDING", 0)), ground, float(known.get("WIDTH", 0))


def _runs(element, font):
    """The texts in an element, with what is nested in it, which is never deep."""
    font = font.within(element)
    runs = [(element.text, font)] if element.text else []
    for inner in element:
        runs += _runs(inner, font)
        if inner.tail:
            runs.append((inner.tail, font))
    return runs
