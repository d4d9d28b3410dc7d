"""LaTeX formulas of declarations as MathML, which browsers show without help.

``mathml(r"\\frac{a}{b}")`` is a tree of lists, ``["mfrac", ["mi", "a"], ["mi", "b"]]``: the page makes
elements of it one by one, so that no formula can smuggle in any other.
"""

import re
from functools import lru_cache

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|\S", re.DOTALL)

SYMBOLS = {
    **dict(zip("alpha beta gamma delta epsilon eta theta lambda mu nu pi rho sigma tau phi chi psi omega".split(),
               "αβγδεηθλμνπρστφχψω", strict=True)),
    "Delta": "Δ", "Sigma": "Σ", "Omega": "Ω", "infty": "∞", "partial": "∂", "nabla": "∇", "ell": "ℓ",
}  # fmt: skip
OPERATORS = {
    "cdot": "·", "times": "×", "star": "⋆", "ast": "∗", "odot": "⊙", "otimes": "⊗", "circ": "∘", "pm": "±",
    "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈", "in": "∈", "to": "→",
    "leftarrow": "←", "mapsto": "↦", "ldots": "…", "cdots": "⋯", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈",
    "rceil": "⌉", "langle": "⟨", "rangle": "⟩", "{": "{", "}": "}", "|": "‖", "int": "∫", "top": "⊤", "prime": "′",
}  # fmt: skip
BIG = {"sum": "∑", "prod": "∏"}
UNDER = {"max", "min", "argmax", "lim"}
SPACES = {",": "0.17em", ";": "0.28em", ":": "0.22em", "quad": "1em", "qquad": "2em", " ": "0.3em", "!": "0"}
ACCENTS = {"hat": "^", "bar": "¯", "overline": "¯", "tilde": "~", "vec": "→", "dot": "˙"}
MINUS = {"-": "−", "*": "∗", "'": "′"}


@lru_cache(maxsize=1024)
def mathml(latex):
    """The formula as nested lists: [element, child or text, …]. Unknown commands stay as their names."""
    tokens = TOKEN.findall(latex)
    tokens.reverse()
    return _row(_until(tokens, None))


def _row(items):
    return items[0] if len(items) == 1 else ["mrow", *items]


def _until(tokens, end):
    """The items up to the token ``end``, which is taken away too."""
    items = []
    while tokens:
        token = tokens.pop()
        if token == end:
            break
        if token in "_^" and token:
            base = items.pop() if items else ["mrow"]
            items.append(_script(base, token, tokens))
        else:
            items.append(_item(token, tokens))
    return items


def _argument(tokens):
    """What a command or a script takes: a group in braces, or one token."""
    if not tokens:
        return ["mrow"]
    token = tokens.pop()
    return _row(_until(tokens, "}")) if token == "{" else _item(token, tokens)


def _script(base, token, tokens):
    kind = {"_": "sub", "^": "sup"}[token]
    first = _argument(tokens)
    under = base[0] == "mo" and len(base) == 2 and (base[1] in BIG.values() or base[1] in UNDER)
    if tokens and tokens[-1] in "_^" and tokens[-1] != token:
        tokens.pop()
        second = _argument(tokens)
        low, high = (first, second) if kind == "sub" else (second, first)
        return ["munderover" if under else "msubsup", base, low, high]
    if under:
        return ["munder" if kind == "sub" else "mover", base, first]
    return ["m" + kind, base, first]


def _item(token, tokens):
    if token == "{":
        return _row(_until(tokens, "}"))
    if not token.startswith("\\"):
        if token[0].isdigit():
            return ["mn", token]
        return ["mi", token] if token.isalpha() else ["mo", MINUS.get(token, token)]
    command = token[1:]
    if command == "frac":
        return ["mfrac", _argument(tokens), _argument(tokens)]
    if command == "sqrt":
        return ["msqrt", _argument(tokens)]
    if command in ("mathrm", "mathbf", "operatorname"):
        return _upright(_words(tokens))
    if command in ("left", "right"):
        return _fence(tokens)
    if command in ACCENTS:
        return ["mover", _argument(tokens), ["mo", ACCENTS[command]]]
    if command in SPACES:
        return ["mspace", SPACES[command]]
    if command in BIG or command in UNDER:
        return ["mo", BIG.get(command, command)]
    if command in SYMBOLS:
        return ["mi", SYMBOLS[command]]
    if command in OPERATORS:
        return ["mo", OPERATORS[command]]
    return ["mi", command]


def _upright(text):
    return ["mtext", text] if " " in text else ["mi", text + "\u200b" if len(text) == 1 else text]


def _words(tokens):
    """The plain text of a group: spaces come as ``\\;``."""
    if not tokens or tokens[-1] != "{":
        return tokens.pop() if tokens else ""
    tokens.pop()
    parts = []
    while tokens:
        token = tokens.pop()
        if token == "}":
            break
        parts.append("\u00a0" if token[1:] in SPACES and token[0] == "\\" else token)
    return "".join(parts)


def _fence(tokens):
    """What stands after \\left or \\right: a bracket, "." for none."""
    if not tokens:
        return ["mrow"]
    token = tokens.pop()
    return ["mrow"] if token == "." else ["mo", OPERATORS.get(token[1:], token[1:]) if token[0] == "\\" else token]
