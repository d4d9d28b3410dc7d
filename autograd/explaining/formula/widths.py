r"""How wide LaTeX of formulas is set, near enough to know what fits a line."""

import re

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}^_]|\s+|.", re.DOTALL)
_WIDE = {
    **dict.fromkeys([r"\cdot", r"\odot", r"\times", "+", "-", "=", r"\leq", r"\geq", r"\neq", "<", ">"], 2.0),
    **dict.fromkeys([r"\sum", r"\prod"], 2.9),
    **dict.fromkeys([r"\left", r"\right"], 0.35), r"\scriptstyle": 0.0,
    **dict.fromkeys([r"\log", r"\exp", r"\sin", r"\cos", r"\tan", r"\max", r"\min"], 3.0),
    **dict.fromkeys([r"\arcsin", r"\arccos", r"\arctan", r"\tanh", r"\sinh", r"\cosh"], 5.0),
    r"\quad": 2.0, r"\qquad": 4.0, r"\ ": 0.7, r"\,": 0.4, r"\;": 0.6, r"\!": 0.0, r"\to": 2.6, r"\leftarrow": 2.6,
    r"\ldots": 2.6, ",": 0.9, ".": 0.6, "(": 0.8, ")": 0.8, "[": 0.6, "]": 0.6, r"\partial": 1.2,
}  # fmt: skip
_SMALL = 0.72


def width_of(latex):
    r"""In digits: how many of them stand on as much of a line.

    >>> width_of("123"), round(width_of(r"\frac{1234}{12}"), 1), round(width_of("x_{10}"), 1)
    (3.0, 4.4, 2.6)
    """
    tokens = _TOKEN.findall(latex)
    tokens.reverse()
    return _until(tokens, None)


def _until(tokens, end):
    """The width up to the token ``end``, which is taken away too."""
    width, scripts = 0.0, {}
    while tokens:
        token = tokens.pop()
        if token == end:
            break
        if token in ("^", "_"):
            scripts[token] = _SMALL * _argument(tokens)
            if not tokens or tokens[-1] not in ("^", "_"):
                width, scripts = width + max(scripts.values()), {}
        else:
            width += _item(token, tokens)
    return width


def _item(token, tokens):
    if token == "{":
        return _until(tokens, "}")
    if token == r"\mathrm":
        before = len(tokens)
        held = tokens[:]
        width = _argument(tokens)
        letters = [one for one in held[len(tokens) : before] if len(one) == 1 and one.isalpha()]
        return width - 0.24 * len(letters)  # upright letters are narrower
    if token == r"\frac":
        return max(_argument(tokens), _argument(tokens)) + 0.4
    if token == r"\begin":
        return _array(tokens)
    return 0.0 if token.isspace() else _WIDE.get(token, 1.18 if token[-1].isalpha() else 1.0)


def _array(tokens):
    """The width of an array: of its columns, and 2 between two."""
    for _ in range(2):  # its name and its columns
        _argument(tokens)
    columns, k, width = [], 0, 0.0
    while tokens:
        token = tokens.pop()
        if token in ("&", r"\\", r"\end"):
            columns += [0.0] * (k + 1 - len(columns))
            columns[k] = max(columns[k], width)
            k, width = (k + 1 if token == "&" else 0), 0.0
            if token == r"\end":
                _argument(tokens)
                break
        else:
            width += _item(token, tokens)
    return sum(columns) + 2.0 * len(columns)


def _argument(tokens):
    return _item(tokens.pop(), tokens) if tokens else 0.0
