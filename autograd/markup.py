"""Any text, made safe for documents: ``latex_text`` for LaTeX, ``markdown_text`` for Markdown, ``html_text`` for HTML.

What comes out says the same and nothing in it is read as a command, whoever wrote it. The LaTeX is plain ASCII, for any
engine, and takes amssymb and T1 (``fontenc``); signs that it does not know are written as their number,
"U+4E2D". ``SIGNS``, ``GREEK``, ``RAISED`` and ``LOWERED`` are the signs that text and formulas have in common.
"""

import re
import unicodedata
from html import escape

__all__ = [
    "GREEK",
    "LOWERED",
    "RAISED",
    "SIGNS",
    "html_page",
    "html_text",
    "latex_code",
    "latex_text",
    "markdown_code",
    "markdown_text",
]

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "'": r"\textquotesingle{}", "`": r"\textasciigrave{}", "-": "-{}", "[": "{[}", "]": "{]}",
    "*": "{*}", "–": "--{}", "—": "---{}", "‘": "`{}", "’": "'{}", "“": "``{}", "”": "''{}", "„": r"\quotedblbase{}",
    "…": r"\ldots{}", "\N{NO-BREAK SPACE}": "~", "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}",
    "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "đ": r"\dj{}", "Đ": r"\DJ{}",
    "ð": r"\dh{}", "þ": r"\th{}", "Þ": r"\TH{}", "§": r"\S{}", "«": r"\guillemotleft{}", "»": r"\guillemotright{}",
    "¿": "?`", "¡": "!`", '"': r"\textquotedbl{}",
}  # fmt: skip
"""Signs of text. Brackets and the star stand in braces: after a line's end they would be an argument."""

GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(),
        strict=True,
    )
)
"""{letter: its name, which is its command in LaTeX too}."""

SIGNS = {
    "∂": r"\partial", "−": "-", "·": r"\cdot", "×": r"\times", "÷": r"\div", "⊙": r"\odot", "∗": r"\ast",
    "∘": r"\circ", "√": r"\surd", "∫": r"\int", "∞": r"\infty", "∇": r"\nabla", "±": r"\pm", "≤": r"\leq",
    "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "∈": r"\in", "→": r"\to", "←": r"\leftarrow", "↦": r"\mapsto",
    "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil",
    "⌉": r"\rceil", "ϵ": r"\epsilon", "ϕ": r"\phi", "µ": r"\mu", "ℓ": r"\ell", "ο": "o",
    **{letter: f"\\{name}" for letter, name in GREEK.items()},
}  # fmt: skip
"""Signs of mathematics in LaTeX that needs no package, for formulas as for text."""

RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾", "0123456789+-()", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎", "0123456789+-()", strict=True))

_MATH = {
    **SIGNS, "ε": r"\varepsilon", "φ": r"\varphi", "∑": r"\sum", "∏": r"\prod", "°": r"^{\circ}", "≡": r"\equiv",
    "∝": r"\propto", "∉": r"\notin", "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "↳": r"\hookrightarrow",
    "✓": r"\checkmark", "✗": r"\times", "′": "'", "″": "''", "‖": r"\|", "⅓": r"\frac{1}{3}",
    "ᵀ": r"^{\mathsf{T}}", "ᵗ": r"^{t}", "ⁿ": r"^{n}", "ˡ": r"^{l}", "▫": r"\square", "‹": r"\langle",
    "›": r"\rangle", "∼": r"\sim", "Α": r"\mathrm{A}", "Β": r"\mathrm{B}", "Ε": r"\mathrm{E}",
    "Η": r"\mathrm{H}", "Ι": r"\mathrm{I}", "Κ": r"\mathrm{K}", "Μ": r"\mathrm{M}", "Ν": r"\mathrm{N}",
    "Ρ": r"\mathrm{P}", "Τ": r"\mathrm{T}", "Χ": r"\mathrm{X}", "Ζ": r"\mathrm{Z}", "Ο": r"\mathrm{O}",
    "ς": r"\varsigma", "Υ": r"\Upsilon",
    **{sign: f"^{{{plain}}}" for sign, plain in RAISED.items()},
    **{sign: f"_{{{plain}}}" for sign, plain in LOWERED.items()},
    **{sign: f"_{{{plain}}}" for sign, plain in zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True)},
}  # fmt: skip

_ACCENTS = dict(
    zip(
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328",
        ["`", "'", "^", "~", "=", "u", ".", '"', "r", "H", "v", "c", "k"],
        strict=True,
    )
)
"""The commands of accents, which T1 has as letters of their own."""

_MATH_ACCENTS = dict(
    zip(
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030c\u20d7",
        ["grave", "acute", "hat", "tilde", "bar", "breve", "dot", "ddot", "check", "vec"],
        strict=True,
    )
)
"""The same over a letter of mathematics."""


def _sign(sign):
    if sign in _SPECIAL:
        return _SPECIAL[sign]
    if sign in _MATH:
        return rf"\ensuremath{{{_MATH[sign]}}}"
    if len(sign) == 1 and " " <= sign <= "\x7e":
        return sign
    base, *marks = list(unicodedata.normalize("NFD", sign))
    if base.isascii() and base.isalpha() and len(marks) == 1 and marks[0] in _ACCENTS:
        dotless = f"\\{base}" if base in "ij" and marks[0] not in "\u0327\u0328" else base
        return rf"\{_ACCENTS[marks[0]]}{{{dotless}}}"
    if len(marks) == 1 and marks[0] in _MATH_ACCENTS and ((base.isalnum() and base.isascii()) or base in GREEK):
        return rf"\ensuremath{{\{_MATH_ACCENTS[marks[0]]}{{{_MATH.get(base, base)}}}}}"
    if len(sign) > 1:
        return "".join([_sign(one) for one in sign])
    if sign.isspace():
        return " "
    return rf"\texttt{{U+{ord(sign):04X}}}"


def columns(text):
    """How many columns of a terminal a text takes: what stands over a letter, as in x̂, takes none."""
    return sum([not unicodedata.combining(sign) for sign in text])


def filled(text, width):
    """A text with the spaces that it lacks to so many columns."""
    return text + " " * (width - columns(text))


def _signs(text):
    """Each sign as LaTeX; an accent, which is a sign of its own in Unicode, together with its letter."""
    marks = "".join(_MATH_ACCENTS)
    return "".join([_sign(sign) for sign in re.findall(rf".[{marks}]|.", text, re.DOTALL)])


def latex_text(text):
    r"""Any text as LaTeX for the running text, in ASCII; line ends become spaces.

    >>> print(latex_text("∂E/∂w_1 is 50% off"))
    \ensuremath{\partial}E/\ensuremath{\partial}w\_1 is 50\% off
    >>> print(latex_text(r"\input{x} José"))
    \textbackslash{}input\{x\} Jos\'{e}
    """
    return _signs(unicodedata.normalize("NFC", " ".join(str(text).split())))


def latex_code(text):
    r"""A line of code as LaTeX, to stand in a typewriter font: its spaces stay.

    >>> print(latex_code("  dz = dh"))
    ~~dz~=~dh
    """
    return "~".join([_signs(word) for word in str(text).expandtabs(4).rstrip("\r\n").split(" ")])


def markdown_text(text):
    r"""Any text as Markdown on one line; nothing in it is read as Markdown, HTML or a formula.

    >>> print(markdown_text("w_1 * <b> | $x$"))
    w\_1 \* &lt;b&gt; \| \$x\$
    """
    text = escape(" ".join(str(text).split()), quote=False)
    text = re.sub(r"([\\`*_{}\[\]#$|~!])", r"\\\1", text)
    return re.sub(r"^([-+]|\d+[.)])(?=\s|$)", lambda found: found[1][:-1] + "\\" + found[1][-1], text)


def markdown_code(lines):
    """Lines as a block of code: the fence is longer than any in them.

    >>> print(markdown_code(["a = 1"]))
    ```text
    a = 1
    ```
    """
    text = "\n".join(lines)
    longest = max([len(run) for run in re.findall("`+", text)], default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def html_text(text):
    """Any text for HTML, in an element or an attribute.

    >>> html_text('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return escape(str(text), quote=True)


def html_page(title, style, body):
    """A whole page of HTML with a style; it runs no script and asks the network for nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html_text(title)}</title><style>{style}</style></head>\n<body>{body}</body></html>\n"
    )
