"""Values and names as short text for people: ``digits(0.08216704)`` is "0.0821670"."""

import re

import numpy as np

FEW = 12
"""Arrays of up to so many entries are shown entry by entry."""

WIDEST = 6
"""So many entries of a matrix stand on one line, and four of a vector."""

MINUS = "−"

FIGURE_SPACE = "\u2007"  # as wide as a digit
SIGN_SPACE = "\u2007"  # about as wide as a minus

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def digits(x, count=6):
    """A number in ``count`` significant digits; in fewer where those say all of it but rounding.

    >>> digits(0.4), digits(0.1 + 0.2), digits(0.08216704), digits(-1e-9), digits(7)
    ('0.4', '0.3', '0.0821670', '−1e−09', '7')
    """
    return _digits(x, count).replace("-", MINUS) if isinstance(x, _NUMBERS) else clean(x) or "…"


_NUMBERS = int | float | complex | np.number


def _digits(x, count):
    if isinstance(x, float | np.floating):
        rounding = _ROUNDING.get(type(x)) or float(np.finfo(x).eps) / 2
        x = float(x)
        text = f"{x:.{count}g}"
        if x != x or x in (_INF, -_INF) or (abs(x) < 1e6 and abs(float(text) - x) <= rounding * abs(x)):
            return text
        if 10**count <= abs(x) < 1e6:
            return f"{x:.0f}"
        return f"{x:#.{count}g}".removesuffix(".")
    if isinstance(x, complex | np.complexfloating):
        return f"{complex(x):.{count}g}"
    return clean(x)


_INF = float("inf")
_ROUNDING = {float: 2.0**-49, np.float64: 2.0**-49, np.float32: 2.0**-24}
"""Relative difference to a decimal that counts as none: in float64 a few operations' worth."""


def rows(array):
    """The entries of a small array as lists of texts, one for each row (the last axis).

    A longer row is broken into even parts.
    """
    array = np.asarray(array)
    widest = WIDEST if array.ndim > 1 else 4
    length = array.shape[-1] if array.ndim else 1
    parts = -(-length // widest)
    width = -(-length // parts) if parts else 1
    lines = []
    for row in array.reshape(-1, length) if array.size else ():
        texts = [digits(x) for x in row]
        lines += [texts[i : i + width] for i in range(0, length, width)]
    return lines


def aligned(texts):
    """The numbers padded in front, so that set flush left their decimal points stand in one column.

    >>> [text.replace(FIGURE_SPACE, "_") for text in aligned(["−1.5", "10.25"])]
    ['_−1.5', '_10.25']
    """
    if len(texts) < 2:
        return texts
    whole = [len(re.match("[0-9]*", text.lstrip(MINUS)).group()) for text in texts]
    longest = max(whole)
    signed = any(text.startswith(MINUS) for text in texts)
    return [
        FIGURE_SPACE * (longest - n if n else 0) + (SIGN_SPACE if signed and not text.startswith(MINUS) else "") + text
        for n, text in zip(whole, texts, strict=True)
    ]


def extent(array):
    """The range of a large array, and what in it is not finite: "−0.5 … 2.25, 3 nan".

    >>> extent(np.array([1.0, np.nan, 3.0]))
    '1 … 3, 1 nan'
    """
    array = np.asarray(array)
    if not array.size:
        return "empty"
    if array.dtype.kind not in "fiub":
        return ""
    lowest, highest = array.min(), array.max()
    if array.dtype.kind != "f" or (np.isfinite(lowest) and np.isfinite(highest)):
        return digits(lowest, 4) if lowest == highest else f"{digits(lowest, 4)} … {digits(highest, 4)}"
    finite = array[np.isfinite(array)]
    parts = [extent(finite)] if finite.size else []
    for label, count in (
        ("nan", np.isnan(array).sum()),
        ("inf", np.isposinf(array).sum()),
        (f"{MINUS}inf", np.isneginf(array).sum()),
    ):
        if count:
            parts.append(f"{count} {label}")
    return ", ".join(parts)


def count_of(number, what, several=None):
    """A number of things: "1 operation", "12,345 operations".

    >>> count_of(1, "leaf", "leaves"), count_of(4672, "parameter")
    ('1 leaf', '4,672 parameters')
    """
    return f"{number:,} {what if number == 1 else several or what + 's'}"


def memory(count):
    """An amount of memory in three digits: "640 B", "25.1 kB", "3.41 MB".

    >>> memory(640), memory(25_088), memory(3_411_968), memory(999_999)
    ('640 B', '25.1 kB', '3.41 MB', '1.00 MB')
    """
    if count < 1000:
        return f"{count} B"
    for unit in ("kB", "MB", "GB", "TB"):
        count /= 1000
        if count < 999.5 or unit == "TB":
            break
    return f"{count:.{2 if count < 9.995 else 1 if count < 99.95 else 0}f} {unit}"


def clean(text, longest=32):
    """One printable line of at most ``longest`` characters, the rest shown as "…"."""
    text = str(text)
    if len(text) <= longest and text.isprintable() and "  " not in text:
        return text.strip()
    cut = len(text) > longest
    text = _UNPRINTABLE.sub("\ufffd", text[:longest])
    text = " ".join(text.split())
    return text[: longest - 1].rstrip() + "…" if cut else text


def entries(array):
    """A number with all its digits, or all entries of an array: "[1.5, −2.]"."""
    array = np.asarray(array)
    text = np.array2string(array, separator=", ", max_line_width=1000) if array.ndim else str(array[()])
    return text.replace("-", MINUS)


def argument(value):
    """A static argument in short: "2", "(1, 2)", "0:3", "int64 (5, 2)"."""
    if isinstance(value, np.ndarray):
        if value.size <= FEW:
            return clean(entries(value))
        return f"{value.dtype} {value.shape}"
    if isinstance(value, np.generic | int | float) and not isinstance(value, bool):
        return digits(value)
    if isinstance(value, slice):
        parts = ["" if part is None else argument(part) for part in (value.start, value.stop, value.step)]
        return clean(":".join(parts[:2] if value.step is None else parts))
    if isinstance(value, np.dtype):
        return str(value)
    if value is Ellipsis:
        return "…"
    if isinstance(value, tuple) and len(value) <= WIDEST:
        inner = ", ".join("(…)" if isinstance(one, tuple | list) else argument(one) for one in value)
        return clean(f"({inner},)" if len(value) == 1 else f"({inner})")
    if isinstance(value, tuple | list):
        return f"{len(value)} entries"
    return clean(getattr(value, "__name__", None) or repr(value))
