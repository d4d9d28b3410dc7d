"""Tables of answers as people send them: CSV in whatever dialect, and what stands in a cell.

``read_table`` reads a file with titles, ``read_grid`` one of numbers alone, ``read_list`` one of names and numbers,
``cell`` a number in it, with the digits that were given.
"""

import csv
import io
import os
import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from .given import BLANKS

VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅙": "1/6", "⅛": "1/8", "⅜": "3/8",
          "⅝": "5/8", "⅞": "7/8"}  # fmt: skip

LONGEST = 200
"""A number has at most so many characters: what is longer is text."""


def cell(text: str | None) -> str | float | None:
    """The number in a cell as text that keeps its digits; a fraction as a float; None for a blank one.

    A decimal comma, Unicode's minus, powers of ten, ``=`` or ``≈`` before it and dots after it are read; of two signs
    "." and "," the last is the decimal one. ValueError where it is no number.

    >>> cell(" 0,0822 "), cell("?"), cell("1/8"), cell("≈ −1.5·10^-3"), cell("1.234,5")
    ('0.0822', None, 0.125, '-1.5e-3', '1234.5')
    """
    plain = " ".join((text or "").split())
    if plain.lower().rstrip(".") in BLANKS or plain.lower() in BLANKS:
        return None
    problem = ValueError(f"no number: {plain[:40]!r}")
    if len(plain) > LONGEST:
        raise problem
    plain = plain.replace("−", "-").replace("–", "-").replace("⁄", "/")
    plain = re.sub(r"^[=≈~≃≅]\s*|\s*(?:…|\.{2,})$|(?<=\d)['’_](?=\d{3})", "", plain).strip()
    plain = VULGAR.get(plain, plain)
    plain = re.sub(r"\s*[×x·*]\s*10\s*(?:\^|\*\*)?\s*\{?\(?([+-]?\d+)\)?\}?$", r"e\1", plain)
    top, slash, bottom = (part.strip() for part in plain.partition("/"))
    if slash:
        try:
            return float(Fraction(_decimal(top)) / Fraction(_decimal(bottom)))
        except (InvalidOperation, ValueError, ZeroDivisionError, OverflowError):
            raise problem from None
    try:
        number = _decimal(plain)
        if not number.is_finite() or not -400 < number.adjusted() < 400:
            raise problem
    except InvalidOperation:
        raise problem from None
    return _pointed(plain)


def _pointed(text):
    """A number with a decimal point, and nothing between thousands."""
    text = text.replace(" ", "")
    point, comma = text.rfind("."), text.rfind(",")
    if point >= 0 and comma >= 0:
        return text.replace("," if point > comma else ".", "").replace(",", ".")
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3}){2,}", text):
        return text.replace(",", "")
    return text.replace(",", ".")


def _decimal(text):
    if not re.fullmatch(r"[+-]?[0-9., ]*[0-9][0-9., ]*(?:[eE][+-]?[0-9]{1,4})?", text):
        raise InvalidOperation
    return Decimal(_pointed(text))


def significant(text: str | float) -> float:
    """How many significant digits a number was given with; infinitely many for what is exact.

    >>> significant("0.0822"), significant("0"), significant("1.50e-3"), significant(0.125)
    (3, 0, 3, inf)
    """
    if not isinstance(text, str):
        return float("inf")
    digits = Decimal(text).as_tuple().digits
    return len(digits) if any(digits) else 0


class Table:
    """The rows of a CSV file: titles, and for each line {title: text}.

    lines : [(number of the line, {title: text})], without empty ones
    problems : [(number of the line, what is wrong with it)]
    """

    def __init__(self, titles, lines, problems):
        self.titles, self.lines, self.problems = titles, lines, problems


def read_table(source: str | os.PathLike[str]) -> Table:
    """Read a CSV file (a path), or its text if that has more lines than one.

    Commas, semicolons or tabs between the cells, a byte order mark, UTF-8, UTF-16 and Windows' encoding are found
    out. ValueError where there is no row of titles, or two columns have one title; OSError as ``open`` raises it.

    >>> table = read_table("student;dE/dw5\\nanna;0,0822\\nben;?;1\\n")
    >>> table.titles, table.lines
    (['student', 'dE/dw5'], [(2, {'student': 'anna', 'dE/dw5': '0,0822'})])
    >>> table.problems
    [(3, '3 cells where there are 2 columns')]
    """
    text, rows = _rows(source)
    if not rows:
        raise ValueError("the table is empty: its first row has the titles of the columns")
    titles = rows[0][1]
    while titles and not titles[-1]:
        titles.pop()
    again = sorted({title for title in titles if title and titles.count(title) > 1})
    if again:
        raise ValueError(f"the table has two columns of one title: {', '.join(again)}")
    lines, problems = [], []
    for line, cells in rows[1:]:
        if any(cells[len(titles) :]):
            hint = "; a decimal comma between commas? put it in quotes, or write ;" if len(titles) > 1 else ""
            hint = hint if any(re.fullmatch(r"[+-]?\d", one) for one in cells) and ";" not in text else ""
            problems.append((line, f"{len(cells)} cells where there are {len(titles)} columns{hint}"))
            continue
        cells += [""] * (len(titles) - len(cells))
        lines.append((line, dict(zip(titles, cells, strict=False))))
    return Table(titles, lines, problems)


def is_table(value: object) -> bool:
    """Whether a value is a file, or the text of one: of more lines than one."""
    return isinstance(value, os.PathLike) or (isinstance(value, str) and "\n" in value.strip())


def is_grid(value: object) -> bool:
    """Whether it is a table whose first line has numbers and blanks alone.

    >>> is_grid("0.1;0.2\\n?;0.3"), is_grid(Path("dW.csv")), is_grid("0.1"), is_grid("(a − t)\\n· b")
    (True, True, False, False)
    """
    if isinstance(value, os.PathLike) or not is_table(value):
        return isinstance(value, os.PathLike)
    return not any(_is_title(text) for _, cells in _rows(value, ";\t,")[1][:1] for text in cells)


def read_grid(source: str | os.PathLike[str]) -> list[list[str | float | None]]:
    """The numbers of a CSV file (a path, or its text) without titles, line by line; None for a blank one.

    ValueError where a cell is no number, with its line; OSError as ``open`` raises it.

    >>> read_grid("0,1;0,20\\n?;1/4\\n")
    [['0.1', '0.20'], [None, 0.25]]
    """
    return [[_cell(text, line) for text in cells] for line, cells in _rows(source, ";\t,")[1]]


def read_list(source: str | os.PathLike[str]) -> dict[str, list[list[str | float | None]]]:
    """{name: numbers, line by line} of a CSV file (a path, or its text) of a name and its numbers in each line.

    Lines without a name go on with the value of the line before. Titles in the first line are passed over.

    >>> read_list("gradient,by hand\\nw5,0.0822\\nW,0.1,0.2\\n,0.3,?\\n")
    {'w5': [['0.0822']], 'W': [['0.1', '0.2'], ['0.3', None]]}
    """
    found: dict[str, list[list[str | float | None]]] = {}
    name = ""
    for k, (line, (own, *cells)) in enumerate(_rows(source, ";\t,")[1]):
        if not k and cells and _is_title(cells[0]):
            continue
        name = own or name
        if not name:
            raise ValueError(f"line {line} of the table has no name, and none is before it")
        if own in found:
            raise ValueError(f"the table has two values of one name: {own}")
        while len(cells) > 1 and not cells[-1]:  # what a spreadsheet fills up shorter lines with
            cells.pop()
        found.setdefault(name, []).append([_cell(text, line) for text in cells])
    return found


def _is_title(text):
    try:
        cell(text)
    except ValueError:
        return True
    return False


def _cell(text, line):
    try:
        return cell(text)
    except ValueError as error:
        raise ValueError(f"line {line} of the table: {error}") from None


def _rows(source, separators=""):
    """(the text of a file, or the text itself; [(line, cells)] without empty ones).

    separators : the first of these that there is stands between cells; without any, what makes the most of titles
    """
    text = source if isinstance(source, str) and "\n" in source else _decoded(Path(source).read_bytes())
    rows = _split(text.removeprefix("\ufeff").replace("\0", ""), separators)
    return text, [(line, cells) for line, cells in rows if any(cells)]


def _decoded(data):
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _split(text, separators):
    """[(number of the line, cells)], with the first of the separators, or what gives the first line the most cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    rows, reader = [], None
    try:
        if re.fullmatch("sep=.", first.strip()):  # Excel's own line
            separator, text = first.strip()[-1], text.replace(first, "", 1)
        elif any(sign in first for sign in separators):
            separator = next(sign for sign in separators if sign in first)
        else:
            separator = max(",;\t", key=lambda sign: len(next(csv.reader([first], delimiter=sign), [])))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for cells in reader:
            rows.append((reader.line_num, [one.strip() for one in cells]))
    except csv.Error as error:
        line = 1 if reader is None else reader.line_num
        raise ValueError(f"the table cannot be read as CSV at line {line}: {error}") from None
    return rows
