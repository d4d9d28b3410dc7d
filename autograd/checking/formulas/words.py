"""The signs and names of formulas: what a text is cut into, and when two ways to write a name mean the same."""

import re
import unicodedata

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega", "ϵ": "epsilon", "ϕ": "phi", "ŷ": "yhat",
}  # fmt: skip
LETTER = {name: letter for letter, name in reversed(GREEK.items())}
ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot"}
"""What stands over a letter: x̂ is x and a sign of its own in Unicode, ŷ a single one."""
MARKS = "\u0300-\u036f"
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋", "0123456789+-")
LONGEST = 20_000
"""Characters of one formula."""


class FormulaError(ValueError):
    """A formula that cannot be read, or that comes to nothing; the message shows the place with a caret."""


def shown(text, at, why, readings=()):
    """The message of an error: why, the text, a caret under the place, and of an ambiguity its readings."""
    start, end = at if at is not None else (0, len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    left, right = max(line_start, start - 60), min(line_end, max(end, start + 1) + 40, start + 100)
    before, after = "…" if left > line_start else "", "…" if right < line_end else ""
    carets = "^" * max(1, min(end, right) - start)
    why, *details = why.split("\n")
    lines = [why, f"  {before}{text[left:right]}{after}", f"  {' ' * (len(before) + start - left)}{carets}", *details]
    lines += [f"  {'either' if k == 0 else 'or'} {reading}" for k, reading in enumerate(readings)]
    return "\n".join(lines)


def canonical(name):
    """What two ways to write one name have in common: δ_o1, \\delta_{o1} and delta_o1 are "deltao1", x̂ is "xhat"."""
    letters = unicodedata.normalize("NFD", name)
    name = "".join([GREEK.get(letter) or ACCENTS.get(letter, letter) for letter in letters]).translate(_LOWERED)
    return re.sub(r"[_{}\\()\[\],.^\s]", "", name)


class Token:
    """A number, a name, a sign, or the end.

    kind : "number", "name", "sign", "end"; text : as the parser knows it; at : (start, end) in the learner's text
    spaced : whether a space stands before it
    reference : of a name what it stands for, or None; key : its canonical form
    indices : of a name with a subscript that says which entry, the texts of the indices and where they stand
    """

    __slots__ = ("kind", "text", "at", "spaced", "reference", "key", "indices")

    def __init__(self, kind, text, at, spaced=False, reference=None, key="", indices=()):
        self.kind, self.text, self.at, self.spaced = kind, text, at, spaced
        self.reference, self.key, self.indices = reference, key, indices

    def __repr__(self):
        return f"<{self.kind} {self.text}>"


NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+\-−]?\d+)?(?![\d.])")
_NOT_IN_NAMES = "⁰¹²³⁴-⁹ᵀΣ∑½"
_START, _MORE = rf"[^\W\d_{_NOT_IN_NAMES}]", rf"(?:[^\W{_NOT_IN_NAMES}]|[{MARKS}])"
_NAME = re.compile(rf"{_START}{_MORE}*(?:\.{_START}{_MORE}*)*(?:⁺|\^\+(?=\s*[=)]|\s*$))?")
RAISED = re.compile(r"⁻?[⁰¹²³⁴-⁹]+")
_DOWN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
SIGNS = {
    "−": "-", "–": "-", "⋅": "·", "∙": "·", "×": "·", "∗": "*", "∘": "⊙", "÷": "/", "**": "^", "==": "=", "<=": "≤",
    ">=": "≥", "!=": "≠", "≈": "=", "≃": "=", "≅": "=", "′": "'", "’": "'", "∑": "Σ", ":=": "=", "≔": "=",
}  # fmt: skip
_SIGN = re.compile(r"\*\*|==|<=|>=|!=|:=|[-+*/@^()\[\],=<>|·⊙∂∇Σ'ᵀ√≤≥≠−–⋅∙×∗∘÷≈≃≅′’∑½:{}]")
LIBRARIES = ("np", "numpy", "ag", "math", "autograd")


def tokens_of_text(text, vocabulary, start=0, end=None):
    """The tokens of a formula in Python's signs and Unicode's, between two places of a text."""
    end = len(text) if end is None else end
    place, found, spaced = start, [], False
    if end - start > LONGEST:
        raise FormulaError(f"a formula has at most {LONGEST} characters\n  characters: {end - start}")
    while place < end:
        if text[place].isspace():
            place, spaced = place + 1, True
            continue
        number, name, raised = [one.match(text, place, end) for one in (NUMBER, _NAME, RAISED)]
        sign = _SIGN.match(text, place, end)
        if number:
            found.append(Token("number", number.group().replace("−", "-"), number.span(), spaced))
            place = number.end()
        elif name:
            found += _names(name.group(), place, spaced, vocabulary, text)
            place = name.end()
        elif raised:
            found += exponent(raised.group(), raised.span())
            place = raised.end()
        elif sign and sign.group() == "½":
            found.append(Token("number", "0.5", sign.span(), spaced))
            place = sign.end()
        elif sign:
            found.append(Token("sign", SIGNS.get(sign.group(), sign.group()), sign.span(), spaced))
            place = sign.end()
        else:
            why = "names that begin with _ are not read" if text[place] == "_" else f"{text[place]!r} is not understood"
            raise FormulaError(shown(text, (place, place + 1), why))
        spaced = False
    return [*found, Token("end", "", (end, end))]


def exponent(raised, at):
    """The tokens of ^(−2) where there is ⁻²."""
    minus = [("sign", "-")] if raised.startswith("⁻") else []
    digits = ("number", raised.removeprefix("⁻").translate(_DOWN))
    return [Token(*one, at) for one in (("sign", "^"), ("sign", "("), *minus, digits, ("sign", ")"))]


def _names(written, start, spaced, vocabulary, text):
    """The tokens of a name, with what stands after its points."""
    if len(written) > 100:
        raise FormulaError(shown(text, (start, start + len(written)), "a name has at most 100 characters"))
    pieces = written.split(".")
    if len(pieces) > 1 and pieces[0] in LIBRARIES and vocabulary.find(pieces[0]) is None:
        start += len(pieces.pop(0)) + 1
    for piece in pieces:
        if piece.startswith("_") or "__" in piece:
            at = (start, start + len(".".join(pieces)))
            raise FormulaError(shown(text, at, "names with _ at their beginning or __ are not read"))
    known = next((n for n in range(len(pieces), 1, -1) if vocabulary.find(".".join(pieces[:n])) is not None), 1)
    name = ".".join(pieces[:known])
    found = [Token("name", name, (start, start + len(name)), spaced, vocabulary.find(name), canonical(name))]
    place = start + len(name)
    for piece in pieces[known:]:
        found.append(Token("sign", f".{piece}", (place, place + 1 + len(piece))))
        place += 1 + len(piece)
    return found
