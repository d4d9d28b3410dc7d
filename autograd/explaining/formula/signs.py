r"""Signs and letters in formulas: each as LaTeX that pdflatex, KaTeX and MathJax take, and no sign lost.

``spelled("√x ≤ ŷ")`` is LaTeX of mathematics. Letters that pdflatex has no sign for (名) stay as they are: browsers,
XeLaTeX and LuaLaTeX show them.
"""

import unicodedata

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(),
        strict=True,
    )
)
_ASCII = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?*+()/=@|[]-")
_RAISED, _LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵀ", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎"
_SIGNS = {
    **{letter: f"\\{name} " for letter, name in GREEK.items()},
    **{letter: f"{{}}^{{{plain}}}" for letter, plain in zip(_RAISED, "0123456789+-()T", strict=True)},
    **{letter: f"{{}}_{{{plain}}}" for letter, plain in zip(_LOWERED, "0123456789+-()", strict=True)},
    " ": r"\ ", "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&",
    "_": r"\_",
    "<": r"\langle ", ">": r"\rangle ", "^": r"\wedge ", "~": r"\sim ", "`": r"{}^{\prime}", "'": r"{}^{\prime}",
    '"': r"{}^{\prime\prime}", "’": r"{}^{\prime}", "‘": r"{}^{\prime}", "“": r"{}^{\prime\prime}",
    "”": r"{}^{\prime\prime}", "′": r"{}^{\prime}", "″": r"{}^{\prime\prime}", "°": r"{}^{\circ}",
    "−": "-", "–": "-", "—": "-", "‑": "-", "·": r"\cdot ", "×": r"\times ", "÷": r"\div ", "±": r"\pm ",
    "→": r"\to ", "←": r"\leftarrow ", "↦": r"\mapsto ", "…": r"\ldots ", "√": r"\surd ", "∞": r"\infty ",
    "≤": r"\leq ", "≥": r"\geq ", "≠": r"\neq ", "≈": r"\approx ", "∈": r"\in ", "∂": r"\partial ", "∇": r"\nabla ",
    "⊙": r"\odot ", "⊗": r"\otimes ", "∗": r"\ast ", "⋆": r"\star ", "∘": r"\circ ", "∑": r"\Sigma ", "∏": r"\Pi ",
    "∫": r"\int ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "‖": r"\Vert ",
    "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}", "µ": r"\mu ", "ϵ": r"\epsilon ", "ϕ": r"\phi ",
    "ο": "o", "ℓ": r"\ell ", "▫": r"\circ ", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
}  # fmt: skip
_ACCENTS = {
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
        if letter in _ACCENTS and written:
            written.append(f"{_ACCENTS[letter]}{{{written.pop().strip()}}}")
        else:
            written.append(_letter(letter))
    return "".join(written)


def _letter(letter):
    if letter in _ASCII:
        return letter
    if letter in _SIGNS:
        return _SIGNS[letter]
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if base in _ASCII and marks:
        for mark in marks:  # ç and its like keep their letter
            base = f"{_ACCENTS[mark]}{{{base}}}" if mark in _ACCENTS else base
        return base
    return letter if letter.isalnum() else "?"
