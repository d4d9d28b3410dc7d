r"""Formulas as one line of plain text: ``plain(r"y = \frac{1}{1 + e^{-x}}")`` is "y = 1/(1 + e^(−x))"."""

import re
from functools import lru_cache

from .text import clean

LONGEST = 1000
"""A formula of more characters is shown as it was written."""

_SIGNS = {
    "cdot": "·", "times": "×", "sum": "Σ", "prod": "Π", "int": "∫", "infty": "∞", "partial": "∂", "in": "∈",
    "leq": "≤", "geq": "≥", "neq": "≠", "to": "→", "ldots": "…", "cdots": "…", "pm": "±", "lfloor": "⌊",
    "rfloor": "⌋", "quad": " ", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "Delta": "Δ",
    "nabla": "∇", "left": "", "right": "", "odot": "⊙", "otimes": "⊗", "approx": "≈", "mathrm": "",
}  # fmt: skip
_RAISED = str.maketrans("0123456789T", "⁰¹²³⁴⁵⁶⁷⁸⁹ᵀ")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "overline": "\u0304", "tilde": "\u0303"}
_GROUP = r"\{([^{}]*)\}"
_OPEN, _CLOSE = "\ue000", "\ue001"  # stand for the braces \{ and \} that are to be seen


@lru_cache(maxsize=1000)
def plain(formula):
    r"""A formula in LaTeX as plain text.

    >>> plain(r"\frac{a}{b^2}"), plain(r"y_{ij} = \sum_k a_{ik} \, b_{kj}")
    ('a/b²', 'y[ij] = Σ_k a[ik] b[kj]')
    """
    text = formula
    if len(text) > LONGEST:
        return clean(text, 200)
    text = text.replace(r"\{", _OPEN).replace(r"\}", _CLOSE)
    text = re.sub(r"\\[,;:! ]", " ", text)
    before = None
    while before != text:  # from the innermost braces outwards
        before = text
        text = re.sub(r"\\d?frac\s*" + _GROUP + r"\s*" + _GROUP, _fraction, text)
        text = re.sub(r"\\sqrt\s*" + _GROUP, lambda m: f"√{_bracketed(m[1])}", text)
        text = re.sub(r"\\(hat|bar|overline|tilde)\s*" + _GROUP, lambda m: m[2] + _ACCENTS[m[1]], text)
        text = re.sub(r"\\(mathrm|mathbf|operatorname)\s*" + _GROUP, r"\2", text)
        text = re.sub(r"\^\s*" + _GROUP, lambda m: _raised(m[1]), text)
        text = re.sub(r"_\s*" + _GROUP, lambda m: _lowered(m[1]), text)
    text = re.sub(r"\^\s*([0-9T])", lambda m: m[1].translate(_RAISED), text)
    text = re.sub(r"_\s*([0-9])", lambda m: m[1].translate(_LOWERED), text)
    text = re.sub(r"\\([A-Za-z]+)", lambda m: _SIGNS.get(m[1], m[1]), text)
    text = re.sub(r"[{}]", "", text).replace("-", "−").replace(_OPEN, "{").replace(_CLOSE, "}")
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"(?<=[(\[√]) | (?=[)\],])", "", text)
    return clean(text, LONGEST)


def _fraction(match):
    return f"{_bracketed(match[1])}/{_bracketed(match[2])}"


def _bracketed(text):
    text = text.strip()
    one = re.fullmatch(r"\\?\w+(\[[^\]]*\])?[²³]?(\^\w)?", text) or re.fullmatch(r"[√|]?\([^()]*\)", text)
    return text if one else f"({text})"


def _raised(text):
    text = text.strip()
    if re.fullmatch("[0-9T]+", text):
        return text.translate(_RAISED)
    return f"^{text}" if re.fullmatch(r"\\?[A-Za-z0-9]+", text) else f"^({text})"


def _lowered(text):
    text = text.strip()
    if re.fullmatch("[0-9]+", text):
        return text.translate(_LOWERED)
    return f"_{text}" if len(text) == 1 else f"[{text}]"
