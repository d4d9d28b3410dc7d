r"""The LaTeX of declarations, read or not: ``as_text`` in signs of text, ``with_names`` with other names."""

import re

from ...markup import GREEK
from .numerals import name_latex

_SIGNS = {
    r"\cdot": "·", r"\sum": "Σ", r"\prod": "Π", r"\leq": "≤", r"\geq": "≥", r"\neq": "≠", r"\to": "→", r"\in": "∈",
    r"\ldots": "…", r"\infty": "∞", r"\int": "∫", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\pi": "π", r"\sqrt": "√",
    r"\,": " ", r"\;": " ", r"\:": " ", r"\quad": "  ", r"\left": "", r"\right": "", r"\mathrm": "",
    r"\{": "{", r"\}": "}", "-": "−",
}  # fmt: skip
_LETTERS = {f"\\{name}": letter for letter, name in GREEK.items()}


def as_text(formula):
    r"""A formula in signs of text, read or not.

    >>> as_text(r"\frac{w_c}{\sqrt{\sigma_c^2 + \epsilon}} \left( x_{i} - 1 \right)")
    'w_c/(√(σ_c^2 + ε)) (x_i − 1)'
    """
    tokens = re.findall(r"\\[A-Za-z]+|\\[^A-Za-z]|[0-9.]+|[A-Za-z]|\s+|\S", formula)
    written, closing, fractions, accents = [], [], [], []
    for i, token in enumerate(tokens):
        if token in (r"\hat", r"\overline") and tokens[i + 1 : i + 2] == ["{"]:
            accents.append(len(closing))
        elif token == r"\frac":
            fractions.append(len(closing))
        elif token == "{":
            before = written[-1] if written else ""
            short = i + 2 < len(tokens) and tokens[i + 2] == "}"
            fraction = bool(fractions) and fractions[-1] == len(closing)
            plain = i and tokens[i - 1] in (r"\mathrm", r"\hat", r"\overline")
            group = not plain and not (short and before in ("_", "^"))
            written.append("(" if group else "")
            closing.append((")" if group else "", fraction))
        elif token == "}" and closing:
            end, fraction = closing.pop()
            written.append(end)
            if accents and accents[-1] == len(closing):
                accents.pop()
                written.append("\u0302" if _opened_by(tokens, i) == r"\hat" else "\u0304")
            if fraction:
                if tokens[i + 1 : i + 2] == ["{"]:
                    written.append("/")
                else:
                    fractions.pop()
        elif token.isspace():
            written.append(" ")
        else:
            written.append(_SIGNS.get(token, _LETTERS.get(token, token.removeprefix("\\"))))
    text = re.sub(r"\s+", " ", "".join(written))
    text = re.sub(r"([(\[]) | (?=[)\],])", r"\1", text).strip()
    return re.sub(r"(?<!\w)\((\w+)\)(?=/)|(?<=/)\((\w+)\)", r"\1\2", text)


def _opened_by(tokens, end):
    """The command before the brace that closes at ``end``."""
    depth = 0
    for place in range(end, -1, -1):
        depth += (tokens[place] == "}") - (tokens[place] == "{")
        if depth == 0:
            return tokens[place - 1]
    return None


def with_names(formula, names):
    """The formula's LaTeX with other names in place of the operation's: {"x": "conv1", …}.

    A name is written as everywhere else; nothing in it is read as LaTeX.
    """
    tokens = re.findall(r"\\[A-Za-z]+|\\[^A-Za-z]|[0-9]+|[A-Za-z]|\s+|\S", formula)
    written, upright = [], False
    for i, token in enumerate(tokens):
        if token == r"\mathrm":
            upright = True
        elif token == "}":
            upright = False
        if token in names and not upright and not (i and tokens[i - 1] == "_"):
            name = names[token]
            latex = name_latex(name)
            twice = "_" in latex and tokens[i + 1 : i + 2] == ["_"]
            written.append(f"{{{latex}}}" if twice else latex)
        else:
            written.append(token)
    return "".join(written)
