"""Numbers and names as a derivation on paper has them: "0.741365070", "−0.5", "out_o1" as LaTeX.

Results are shown with nine decimals, or nine significant digits where that is more apt; numbers that a few
digits say exactly are shown so. The minus sign is "−".
"""

import math
import re
import unicodedata
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from ...markup import GREEK, markdown_text
from .signs import ACCENTS, spelled

MINUS = "−"
_FEW = 6
"""A number that so many significant digits say exactly is not padded with zeros."""

_ROUNDING = 2.0**-49
"""A relative difference that counts as none: that of a few operations in float64."""


_digits = ContextVar("digits", default=None)
digits_asked = _digits.get


@contextmanager
def to_digits(digits):
    """Within it results have so many significant digits; None for those that ``numeral`` says."""
    token = _digits.set(digits)
    try:
        yield
    finally:
        _digits.reset(token)


def plain(x):
    """A number of any kind as a Python float whose shortest text is that of x (float32 0.1 is 0.1)."""
    if isinstance(x, np.floating) and not isinstance(x, np.float64):
        return float(str(x))
    return float(x)


def numeral(x):
    """A result: nine decimals, or nine significant digits of what is large or tiny.

    >>> numeral(0.08216704056), numeral(-0.5), numeral(1.0), numeral(1234.56789012), numeral(3.25e-7 / 3)
    ('0.082167041', '−0.5', '1', '1234.56789', '1.08333333e−07')
    """
    x = plain(x)
    if not math.isfinite(x):
        return str(x).replace("-", MINUS)
    short = f"{x:.{_FEW}g}"
    size, digits = abs(x), digits_asked()
    if x == 0:
        text = "0"
    elif digits is not None:
        fixed = 1e-6 <= size < 1e9
        text = np.format_float_positional(x, digits, fractional=False, trim="-") if fixed else f"{x:.{digits - 1}e}"
    elif abs(float(short) - x) <= _ROUNDING * size and 1e-6 <= size < 1e9:
        text = f"{float(short):.12f}".rstrip("0").rstrip(".")
    elif 1e-4 <= size < 10:
        text = f"{x:.9f}"
    elif 10 <= size < 1e9:
        text = f"{x:.{8 - int(math.log10(size))}f}"
    else:
        text = f"{x:.8e}"
    return text.replace("-", MINUS)


def latex_numeral(text):
    """The text of a number as LaTeX.

    >>> latex_numeral("1.08333333e−07"), latex_numeral("−0.5")
    ('1.08333333 \\\\times 10^{-7}', '-0.5')
    """
    text = text.replace(MINUS, "-")
    mantissa, exponent, power = text.partition("e")
    if exponent:
        return rf"{mantissa} \times 10^{{{int(power)}}}"
    if text.lstrip("-") in ("nan", "inf"):
        return text.replace("nan", r"\mathrm{nan}").replace("inf", r"\infty")
    return text


# -- names -------------------------------------------------------------------------------------

_RAISED = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")


def raised(number):
    """An integer as superscript digits.

    >>> raised(-12)
    '⁻¹²'
    """
    return str(number).translate(_RAISED)


def shown_name(name, longest=40):
    """A name, or any other text, as one printable line of limited length.

    >>> shown_name("a  \\n\\x00b"), shown_name("")
    ('a \ufffdb', '?')
    """
    text = " ".join(str(name)[: 4 * longest].split())
    text = "".join([letter if letter.isprintable() else "\ufffd" for letter in text])
    return (text if len(text) <= longest else text[: longest - 1] + "…") or "?"


def bare_name(name):
    """A name inside a formula: in quotes where it has signs that a formula could have.

    >>> bare_name("conv1.weight"), bare_name("a + b")
    ('conv1.weight', "'a + b'")
    """
    name = shown_name(name)
    return name if re.fullmatch(r"[\w.′\u0300-\u036f]+", name) else f"'{name}'"


def words_latex(text):
    """Any text in upright letters; nothing in it is read as LaTeX, Markdown or HTML."""
    return rf"\mathrm{{{spelled(shown_name(text, 200))}}}"


def name_latex(name):
    r"""A name as LaTeX: what stands after an underscore, or digits at its end, as a subscript.

    >>> name_latex("out_o1"), name_latex("w5"), name_latex("conv1.weight"), name_latex("ŷ_1"), name_latex("δ_h")
    ('\\mathrm{out}_{o1}', 'w_{5}', '\\mathrm{conv1.weight}', '\\hat{y}_{1}', '\\delta_{h}')
    """
    name = shown_name(name)
    letters = unicodedata.normalize("NFD", name)
    found = re.fullmatch(r"([A-Za-z]+|[Α-ω])([\u0300-\u036f]?)(?:_([A-Za-z0-9]+)|([0-9]+))?", letters)
    if not found or (found[2] and (len(found[1]) > 1 or found[2] not in ACCENTS)):
        return words_latex(name)
    if len(found[1]) == 1 and found[1] > "z" and found[1] not in GREEK:
        return words_latex(name)
    base, accent, after = found[1], found[2], found[3] or found[4]
    if base in GREEK:
        base = f"\\{GREEK[base]}"
    elif len(base) > 1:
        base = rf"\mathrm{{{base}}}"
    if accent:
        base = f"{ACCENTS[accent]}{{{base}}}"
    return f"{base}_{{{after}}}" if after else base


def markdown_words(text):
    """Any text for Markdown, with every sign that Markdown or HTML could read made harmless."""
    return markdown_text(shown_name(text, 500))
