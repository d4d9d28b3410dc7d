r"""Signs and letters in formulas: each as LaTeX that pdflatex, KaTeX and MathJax take, and no sign lost.

``spelled("√x ≤ ŷ")`` is LaTeX of mathematics. Letters that pdflatex has no sign for (名) stay as they are: browsers,
XeLaTeX and LuaLaTeX show them.
"""

import re
import unicodedata

from ...markup import LOWERED, RAISED, SIGNS

_ASCII = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?*+()/=@|[]-")
_SIGNS = {
    **{sign: f"{latex} " if re.fullmatch(r"\\[A-Za-z]+", latex) else latex for sign, latex in SIGNS.items()},
    **{sign: f"{{}}^{{{plain}}}" for sign, plain in RAISED.items()},
    **{sign: f"{{}}_{{{plain}}}" for sign, plain in LOWERED.items()},
    "ᵀ": "{}^{T}",
    " ": r"\ ", "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&",
    "_": r"\_",
    "<": r"\langle ", ">": r"\rangle ", "^": r"\wedge ", "~": r"\sim ", "`": r"{}^{\prime}", "'": r"{}^{\prime}",
    '"': r"{}^{\prime\prime}", "’": r"{}^{\prime}", "‘": r"{}^{\prime}", "“": r"{}^{\prime\prime}",
    "”": r"{}^{\prime\prime}", "′": r"{}^{\prime}", "″": r"{}^{\prime\prime}", "°": r"{}^{\circ}",
    "–": "-", "—": "-", "‑": "-", "…": r"\ldots ", "⊗": r"\otimes ", "⋆": r"\star ", "∑": r"\Sigma ", "∏": r"\Pi ",
    "‖": r"\Vert ", "▫": r"\circ ", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
}  # fmt: skip
ACCENTS = {
    "\u0300": r"\grave", "\u0301": r"\acute", "\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar",
    "\u0306": r"\breve", "\u0307": r"\dot", "\u0308": r"\ddot", "\u030c": r"\check", "\u20d7": r"\vec",
}  # fmt: skip


def spelled(text):
    r"""Any text as LaTeX of mathematics; nothing in it is read as LaTeX, Markdown or HTML.

    >>> spelled("√x ≤ ŷ′"), spelled("50 %_<b>")
    ('\\surd x\\ \\leq \\ \\hat{y}{}^{\\prime}', '50\\ \\%\\_\\langle b\\rangle ')
    """
    written = []
    for letter in text:
        if letter in ACCENTS and written:
            written.append(f"{ACCENTS[letter]}{{{written.pop().strip()}}}")
        else:
            written.append(_letter(letter))
    return "".join(written)


def _letter(letter):
    if letter in _ASCII:
        return letter
    if letter in _SIGNS:
        return _SIGNS[letter]
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if base in _ASCII and marks and ACCENTS.keys() >= set(marks):
        for mark in marks:
            base = f"{ACCENTS[mark]}{{{base}}}"
        return base
    return letter if letter.isalnum() else "?"
