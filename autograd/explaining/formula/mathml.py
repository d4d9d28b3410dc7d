r"""LaTeX of formulas as MathML, which browsers show without help and without a network.

``mathml(r"\frac{a}{b}")`` is a tree of lists, ``["mfrac", ["mi", "a"], ["mi", "b"]]``: the page makes elements of it
one by one, so that no formula can smuggle in any other; ``markup`` writes it as text. Besides what declarations use it
knows what ``explain`` writes: rows that are aligned, and arrays.
"""

import re
from functools import lru_cache
from html import escape

from ...markup import GREEK

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|\S", re.DOTALL)

WORDS = re.compile(r"\\text\{[^{}]*\}")

SYMBOLS = {
    **{name: letter for letter, name in GREEK.items()},
    "infty": "∞", "partial": "∂", "nabla": "∇", "ell": "ℓ", "varepsilon": "ε", "varphi": "φ", "vartheta": "ϑ",
}  # fmt: skip
OPERATORS = {
    "cdot": "·", "times": "×", "star": "⋆", "ast": "∗", "odot": "⊙", "otimes": "⊗", "circ": "∘", "pm": "±",
    "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈", "in": "∈", "to": "→",
    "leftarrow": "←", "mapsto": "↦", "ldots": "…", "cdots": "⋯", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈",
    "rceil": "⌉", "langle": "⟨", "rangle": "⟩", "{": "{", "}": "}", "|": "‖", "int": "∫", "top": "⊤", "prime": "′",
    "surd": "√", "wedge": "∧", "sim": "∼", "div": "÷", "Vert": "‖", "vert": "|",
    "backslash": "\\", "vdots": "⋮", "dots": "…",
    "uparrow": "↑", "downarrow": "↓", "Rightarrow": "⇒", "iff": "⇔", "mid": "∣", "propto": "∝", "%": "%", "#": "#",
    "&": "&", "_": "_", "$": "$",
}  # fmt: skip
BIG = {"sum": "∑", "prod": "∏"}
UNDER = {"max", "min", "argmax", "lim"}
SPACES = {",": "0.17em", ";": "0.28em", ":": "0.22em", "quad": "1em", "qquad": "2em", " ": "0.3em", "!": "0"}
ACCENTS = {"hat": "^", "bar": "¯", "overline": "¯", "tilde": "~", "vec": "→", "dot": "˙",
           "acute": "´", "grave": "`", "breve": "˘", "ddot": "¨", "check": "ˇ"}  # fmt: skip
SIZES = {"big", "Big", "bigg", "Bigg"}
"""What only says how large the bracket after it is: browsers find that by themselves."""
CLASSES = {"mathrel", "mathbin", "mathop", "mathit", "mathord"}
"""What only says what its argument is taken for."""
FENCES = {"pmatrix": ("(", ")"), "bmatrix": ("[", "]"), "vmatrix": ("|", "|"), "cases": ("{", None)}
"""{an environment whose rows stand in brackets: these}."""
MINUS = {"-": "−", "*": "∗", "'": "′"}


@lru_cache(maxsize=1024)
def mathml(latex):
    """The formula as nested lists: [element, child or text, …]. Unknown commands stay as their names."""
    tokens = TOKEN.findall(WORDS.sub(lambda found: found[0].replace(" ", r"\ "), latex))
    tokens.reverse()
    return _row(_until(tokens, None))


def _row(items):
    return items[0] if len(items) == 1 else ["mrow", *items]


def _until(tokens, end, keep=None):
    """The items up to the token ``end``, which is taken away too, or to ``keep``, which stays."""
    items = []
    while tokens and (keep is None or tokens[-1] not in keep):
        token = tokens.pop()
        if token == end:
            break
        if token in "_^":
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
    if token[0].isdigit() and len(token) > 1:  # of a number without braces the first digit
        tokens.append(token[1:])
        token = token[0]
    return _row(_until(tokens, "}")) if token == "{" else _item(token, tokens)


def _script(base, token, tokens):
    kind = {"_": "sub", "^": "sup"}[token]
    first = _argument(tokens)
    under = base[0] == "mo" and len(base) == 2 and (base[1] in BIG.values() or base[1] in UNDER)
    under = under or base[0] == "munder"  # the words below a brace
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
    if command in SIZES or command in CLASSES:
        return _argument(tokens)
    if command in ("frac", "tfrac"):
        return ["mfrac", _argument(tokens), _argument(tokens)]
    if command == "sqrt":
        return ["msqrt", _argument(tokens)]
    if command in ("mathrm", "mathbf", "operatorname"):
        return _upright_group(tokens)
    if command == "text":
        return ["mtext", _words(tokens)]
    if command == "boxed":
        return ["menclose", _argument(tokens)]
    if command == "underbrace":
        return ["munder", _argument(tokens), ["mo", "⏟"]]
    if command == "stackrel":
        above = _argument(tokens)
        return ["mover", _argument(tokens), above]
    if command == "hphantom":
        return ["mphantom", _argument(tokens)]
    if command == "scriptstyle":
        return ["mstyle", _row(_until(tokens, None, keep="}"))]
    if command == "begin":
        return _table(tokens)
    if command == "left":
        return _fenced(tokens)
    if command == "right":
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


def _upright_group(tokens):
    """Words in upright letters; spaces come as ``\\;``, signs among them stay signs."""
    if not tokens or tokens[-1] != "{":
        return _upright(tokens.pop() if tokens else "")
    tokens.pop()
    items, letters = [], []

    def close():
        if letters:
            items.append(_upright("".join(letters)))
            letters.clear()

    while tokens:
        token = tokens.pop()
        if token == "}":
            break
        if token[0] == "\\" and token[1:] in SPACES:
            letters.append("\u00a0")
        elif token[0] == "\\" or token in "{^_":
            close()
            script = token in "^_"
            items.append(_script(items.pop() if items else ["mrow"], token, tokens) if script else _item(token, tokens))
        else:
            letters.append(MINUS.get(token, token))
    close()
    return _row(items) if items else _upright("")


def _words(tokens):
    """The words of a ``\\text``."""
    letters = []
    if tokens and tokens[-1] == "{":
        tokens.pop()
        while tokens and (token := tokens.pop()) != "}":
            letters.append("\u00a0" if token == r"\ " else token.removeprefix("\\"))
    return "".join(letters)


def _upright(text):
    return ["mtext", text] if " " in text else ["mi", text + "\u200b" if len(text) == 1 else text]


def _fenced(tokens):
    """All from \\left to its \\right as one row, so that its brackets are as high as what is in them."""
    items = [_fence(tokens), *_until(tokens, r"\right")]
    return ["mrow", *[one for one in (*items, _fence(tokens)) if one != ["mrow"]]]


def _fence(tokens):
    """What stands after \\left or \\right: a bracket, "." for none."""
    if not tokens:
        return ["mrow"]
    token = tokens.pop()
    return ["mrow"] if token == "." else ["mo", OPERATORS.get(token[1:], token[1:]) if token[0] == "\\" else token]


# -- tables ------------------------------------------------------------------------------------


def _name(tokens):
    """The plain text of a group."""
    letters = []
    while tokens and (token := tokens.pop()) != "}":
        letters.append(token)
    return "".join(letters).removeprefix("{")


def _table(tokens):
    """Rows of ``aligned`` or ``array``: ["mtable", "rl…", ["mtr", ["mtd", …], …], …]."""
    name = _name(tokens)
    columns = _name(tokens) if name == "array" else "rl"
    rows = [[[]]]
    if name == "cases":
        columns = "ll"
    elif name in FENCES:
        columns = "c" * 20
    while tokens:
        token = tokens.pop()
        cell = rows[-1][-1]
        if token == r"\end":
            _name(tokens)
            break
        if token == "&":
            rows[-1].append([])
        elif token == "\\\\":
            rows.append([[]])
            if tokens[-5:] == ["]", "x", "e", "1", "["]:  # room between two blocks
                del tokens[-5:]
        elif token in "_^":
            cell.append(_script(cell.pop() if cell else ["mrow"], token, tokens))
        else:
            cell.append(_item(token, tokens))
    table = ["mtable", columns, *[["mtr", *[["mtd", *cell] for cell in row]] for row in rows]]
    before, behind = FENCES.get(name, (None, None))
    return ["mrow", ["mo", before], table, *([["mo", behind]] if behind else [])] if before else table


def markup(tree):
    """The tree as text, with everything in it escaped."""
    name, *children = tree
    if name == "mtable":
        columns, *rows = children
        inner = "".join([_table_row(row, columns) for row in rows])
        return f'<mtable displaystyle="true" rowspacing="0.4em">{inner}</mtable>'
    if name == "mspace":
        return f'<mspace width="{escape(children[0])}"/>'
    if name == "mstyle":
        return f'<mstyle scriptlevel="1">{"".join(map(markup, children))}</mstyle>'
    inner = "".join([escape(child) if isinstance(child, str) else markup(child) for child in children])
    return f"<{name}>{inner}</{name}>"


_SIDES = {"r": ("right", "0.3em 0.1em 0.3em 0.4em"), "l": ("left", "0.3em 0.4em 0.3em 0.1em")}


def _table_row(row, columns):
    cells = []
    for k, (_, *cell) in enumerate(row[1:]):
        side, padding = _SIDES.get(columns[k % len(columns)], ("center", "0.3em 0.25em"))
        # Chromium moves the box by the second alone; many pages that formulas come into take all padding away
        style = f"text-align: {side}; text-align: -webkit-{side}; padding: {padding}"
        cells.append(f'<mtd columnalign="{side}" style="{style}">{"".join(map(markup, cell))}</mtd>')
    return f"<mtr>{''.join(cells)}</mtr>"
