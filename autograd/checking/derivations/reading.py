r"""From a Markdown document to the statements in it: where each begins and ends, and in which language it is written.

Read are ``$…$``, ``$$…$$``, ``\[…\]`` and LaTeX's environments for formulas, code blocks without another language,
code between backticks, and lines of their own such as ``∂E/∂w5 = δ_o1 · out_h1``. Rows of an alignment that begin
with = or a sign go on with the row before. What has no = is not read.
"""

import re
from typing import NamedTuple


class Statement(NamedTuple):
    """Formulas with = between them, from ``start`` to ``end`` of the document.

    latex : whether it is LaTeX; loose : whether it may be a sentence, which is no formula if it cannot be read
    """

    start: int
    end: int
    latex: bool
    loose: bool = False


_FENCE = re.compile(
    r"^[ ]{0,3}(`{3,9}|~{3,9})[ \t]*([\w+-]*)[^\n]*\n(.*?)^[ ]{0,3}\1[`~]*[ \t]*$", re.DOTALL | re.MULTILINE
)
_READ = {"", "text", "txt", "formula", "derivation"}
_MATH = {"math", "latex", "tex"}
_ENVIRONMENTS = "equation|align|aligned|alignat|gather|gathered|eqnarray|multline|split|displaymath|flalign"
_BEGIN = re.compile(rf"\\begin\{{((?:{_ENVIRONMENTS})\*?)\}}")
_INLINE = re.compile(r"(?<![\\$0-9])\$(?!\$)((?:[^$\n]|\n(?![ \t]*\n))+?)(?<!\\)\$")
_CODE = re.compile(r"`([^`\n]+)`")
_LINE = re.compile(
    r"^[ \t]*(?:[-*+>][ \t]+|\d+[.)][ \t]+)*(?P<left>(?:∂|δ|∇|[^\W\d_])[\w∂/⁺'′.]*(?:\[[^\]\n]*\]|\^\+)?)"
    r"[ \t]*(?::=|=|≈)(?P<right>[^\n]+)$",
    re.MULTILINE,
)
_BETWEEN = "where|with|and|so|hence|thus|or|but|because|therefore|mit|wobei|und|also"
_BLANKED = re.compile(
    rf"\\(?:begin|end)\s*\{{(?:{_ENVIRONMENTS})\*?\}}(?:\{{\d*\}})?|\\(?:label|tag)\*?\s*\{{[^}}]*\}}|"
    r"\\(?:nonumber|notag|because|therefore|displaystyle)(?![A-Za-z])|"
    rf"\\(?:text|mathrm|textrm|mbox)\s*\{{(?:[^{{}}]*[ ][^{{}}]*|{_BETWEEN})\}}"
)
_SPACING = re.compile(r"\\(?:q?quad(?![A-Za-z])|[,;:! ])")
_CONTINUES = re.compile(r"(?:=|≈|\\approx|\\equiv|\+|-|−|\\cdot|\\times|\\odot|·|\*|/)")
_UNFINISHED = re.compile(r"(?:=|≈|\+|-|−|\\cdot|\\times|\\odot|·|\*|/|\()\s*$")
_SEPARATES = re.compile(
    r"(?:\\q?quad(?![A-Za-z])|;|,|\\(?:Rightarrow|Longrightarrow|implies|iff)(?![A-Za-z]))(?![\s&]*[=+\-−·*/])"
)
_EQUALS = re.compile(r"(?<![<>!:])=|≈|\\approx")


def statements(text):
    """(the text with what is no formula blanked, its Statements in order); places in both are the same."""
    clean, found, used = list(text), [], []

    def blank(start, end):
        _blank(clean, start, end)
        used.append((start, end))

    def take(places, latex):
        """Keep the inner of places in what is left of the text; what is left then."""
        for whole, inner in places:
            found.append((*inner, latex))
            used.append(whole)
        return _without(clean, used)

    for whole, _ in _between(text, "<!--", "-->"):
        blank(*whole)
    for match in _FENCE.finditer("".join(clean)):
        language, (start, end) = match.group(2).lower(), match.span(3)
        if language in _MATH:
            found.append((start, end, True))
        elif language in _READ:
            found += [(*line, False) for line in _lines(text, start, end)]
        used.append(match.span())
    searched = _without(clean, used)
    for pairs in (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)")):
        searched = take(_between(searched, *pairs), True)
    searched = take(_environments(searched), True)
    searched = take([(match.span(), match.span(1)) for match in _INLINE.finditer(searched)], True)
    take([(match.span(), match.span(1)) for match in _CODE.finditer(searched)], False)
    for match in _BLANKED.finditer(text):
        if any(start <= match.start() < end and latex for start, end, latex in found):
            blank(*match.span())
    searched = _without(clean, used)
    clean = "".join(clean)
    parts = [one for start, end, latex in found for one in _parts(clean, start, end, latex)]
    parts += [
        Statement(match.start("left"), match.end("right"), _looks_like_latex(match.group()), True)
        for match in _LINE.finditer(searched)
    ]
    return clean, sorted(parts)


def _looks_like_latex(text):
    return bool(re.search(r"\\[A-Za-z]|[_^]\{", text))


def _without(clean, used):
    """The text with the used places blank."""
    left = list(clean)
    for start, end in used:
        _blank(left, start, end)
    return "".join(left)


def _blank(signs, start, end):
    """Put spaces in place of signs, but for the ends of lines."""
    for k in range(start, end):
        if signs[k] != "\n":
            signs[k] = " "


def _between(text, opening, closing):
    """((start, end) with both signs, (start, end) without) of each place between two signs."""
    place = text.find(opening)
    while place >= 0:
        end = text.find(closing, place + len(opening))
        if end < 0:
            return
        yield (place, end + len(closing)), (place + len(opening), end)
        place = text.find(opening, end + len(closing))


def _environments(text):
    """The same of LaTeX's environments for formulas, of the outer ones."""
    place = 0
    while match := _BEGIN.search(text, place):
        end = text.find(rf"\end{{{match.group(1)}}}", match.end())
        if end < 0:
            place = match.end()
            if text.find(r"\end{", place) < 0:
                return
            continue
        place = text.find("}", end) + 1
        yield (match.start(), place), (match.end(), end)


def _lines(text, start, end):
    place = start
    for line in text[start:end].splitlines(keepends=True):
        yield place, place + len(line.rstrip("\n"))
        place += len(line)


def _parts(text, start, end, latex):
    """The Statements between two places: rows that belong together, and what stands side by side."""
    if not latex:
        if _EQUALS.search(text, start, end):
            first, last = _trimmed(text, start, end)
            yield Statement(first, last, _looks_like_latex(text[start:end]))
        return
    joined, before = [], ""
    for first, last in _rows(text, start, end):
        row = _SPACING.sub("", text[first:last].replace("&", " ")).strip()
        if not row:
            continue
        goes_on = joined and (_CONTINUES.match(row) or _UNFINISHED.search(before))
        before = row
        if goes_on:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    for first, last in joined:
        for a, b in _side_by_side(text, first, last):
            if _EQUALS.search(text, a, b):
                a, b = _trimmed(text, a, b)
                yield Statement(a, b, True)


def _trimmed(text, start, end):
    """Without the space and the stops at both ends."""
    while end > start and (text[end - 1].isspace() or text[end - 1] in ".,;&"):
        end -= 1
    while start < end and (text[start].isspace() or text[start] in "&,;"):
        start += 1
    return start, end


def _depths(text, start, end):
    """(place, how many brackets and environments stand open there) of each sign; escaped ones are passed over."""
    deep, place = 0, start
    while place < end:
        if text[place] == "\\":
            opening = re.compile(r"\\begin\s*\{[^}]*\}").match(text, place, end)
            closing = re.compile(r"\\end\s*\{[^}]*\}").match(text, place, end)
            yield place, deep
            deep += bool(opening) - bool(closing)
            whole = opening or closing
            place = whole.end() if whole else place + 2
            continue
        deep -= text[place] in "})]"
        yield place, deep
        deep += text[place] in "{(["
        place += 1


def _rows(text, start, end):
    r"""What stands between \\."""
    first = start
    for place, deep in _depths(text, start, end):
        if deep <= 0 and text.startswith("\\\\", place):
            yield first, place
            first = place + 2
            spacing = re.compile(r"\s*\[[^\]\n]{0,12}\]").match(text, first, end)  # \\[1ex]
            first = spacing.end() if spacing else first
    yield first, end


def _side_by_side(text, start, end):
    """Equations with a comma or a space between them."""
    first = start
    for place, deep in _depths(text, start, end):
        match = _SEPARATES.match(text, place, end) if deep <= 0 and place >= first else None
        if match and _EQUALS.search(text, first, place) and _EQUALS.search(text, match.end(), end):
            yield first, place
            first = match.end()
    yield first, end
