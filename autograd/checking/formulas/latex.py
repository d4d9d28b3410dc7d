r"""The tokens of a formula in LaTeX: TeX's own rules, and names from the tape first, the longest first.

``\delta_{o1}``, ``out_{h1}``, ``W^{(1)}`` and ``\hat y`` are names where the graph has them; ``^T`` transposes,
``\odot`` goes entry by entry; a subscript of what is an array says which entry. As in TeX a script without braces is
one token.
"""

import re

from .functions import function
from .words import LETTER, LONGEST, MARKS, NUMBER, RAISED, FormulaError, Token, canonical, exponent, shown

_MACRO = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)
_LETTERS = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{MARKS}])*")
_SPACES = {
    ",", ";", ":", "!", " ", "quad", "qquad", "left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "bigg",
    "displaystyle", "textstyle", "limits", "nolimits", "mathstrut", "hspace", "thinspace", "\\", "tag",
}  # fmt: skip
_SIGNS = {
    "cdot": "·", "times": "·", "ast": "·", "odot": "⊙", "circ": "⊙", "div": "/", "partial": "∂", "nabla": "∇",
    "sum": "Σ", "frac": "frac", "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "sqrt": "√", "top": "ᵀ",
    "intercal": "ᵀ", "prime": "'", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "lt": "<",
    "gt": ">", "{": "(", "}": ")", "lvert": "|", "rvert": "|", "vert": "|", "approx": "=", "coloneqq": "=",
    "equiv": "=", "simeq": "=", "lbrace": "(", "rbrace": ")",
}  # fmt: skip
_SINGLE = {
    "−": "-", "–": "-", "⋅": "·", "×": "·", "*": "·", "∘": "⊙", "÷": "/", "≈": "=", "′": "'", "’": "'", "∑": "Σ",
    "≔": "=",
}  # fmt: skip
_WORDS = {
    "mathrm", "text", "textrm", "mathbf", "boldsymbol", "bm", "mathit", "mathsf", "mathcal", "mathtt", "operatorname",
    "vec", "textit", "textbf", "mathbb", "pmb", "underline",
}  # fmt: skip
_ACCENTS = {"hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "dot": "dot"}
_FUNCTIONS = {
    "log", "ln", "exp", "tanh", "sinh", "cosh", "sin", "cos", "tan", "arctan", "arcsin", "arccos", "max", "min",
}  # fmt: skip
_TRANSPOSED = re.compile(
    r"T|\\top|\\intercal|\{\s*(?:T|\\top|\\intercal|\\mathsf\s*\{?\s*T\s*\}?|\\mathrm\{T\})\s*\}|⊤"
)
_MATRIX = re.compile(r"\\(?:begin|end)\s*\{(?:[bpvBV]?matrix|smallmatrix|array)\}(?:\{[lcr|]*\})?")
_LAYER = re.compile(r"\{\s*(?:[(\[]\s*\w+\s*[)\]]|\+|new|neu|old|\*)\s*\}|\+(?=\s*(?:[=&]|$))")


def tokens_of_latex(text, vocabulary, start=0, end=None):
    """The tokens of the LaTeX between two places of a text."""
    end = len(text) if end is None else end
    if end - start > LONGEST:
        raise FormulaError(f"a formula has at most {LONGEST} characters\n  characters: {end - start}")
    return _Reader(text, vocabulary, start, end).tokens()


class _Reader:
    def __init__(self, text, vocabulary, start, end, depth=0):
        self.text, self.vocabulary, self.place, self.end, self.depth = text, vocabulary, start, end, depth
        self.found, self.spaced, self.matrices = [], False, 0

    def refuse(self, why, at, readings=()):
        raise FormulaError(shown(self.text, at, why, readings))

    def tokens(self):
        while self.place < self.end:
            self.one()
        return [*self.found, Token("end", "", (self.end, self.end))]

    def add(self, kind, text, at, **more):
        self.found.append(Token(kind, text, at, self.spaced, **more))
        self.spaced, self.place = False, at[1]

    def one(self):
        sign, start = self.text[self.place], self.place
        if sign == "&" and self.matrices:
            self.add("sign", "&", (start, start + 1))
        elif sign.isspace() or sign in "~$&":
            self.place, self.spaced = start + 1, True
        elif sign == "\\":
            self.macro()
        elif sign.isdigit() or (sign == "." and self.text[start + 1 : start + 2].isdigit()):
            self.number()
        elif sign == "½":
            self.add("number", "0.5", (start, start + 1))
        elif sign == "^":
            self.raised()
        elif sign in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᵀ" or sign == "√":
            self.unicode()
        elif _LETTERS.match(sign):
            self.letters()
        elif sign in "+-/@()[]{},=<>|·⊙∂∇Σ'≤≥≠_:" or sign in _SINGLE:
            self.add("sign", _SINGLE.get(sign, sign), (start, start + 1))
        else:
            self.refuse(f"{sign!r} is not understood", (start, start + 1))

    def number(self):
        match = re.compile(r"\d+(?:\.\d+)?|\.\d+").match(self.text, self.place, self.end)
        before = self.found[-1].text if self.found else ""
        second = len(self.found) > 1 and self.found[-2].text == "frac" and self.found[-1].kind == "number"
        if before == "frac" or second:  # \frac12
            match = re.compile(r"\d").match(self.text, self.place, self.end)
        whole = NUMBER.match(self.text, self.place, self.end)
        match = whole if whole and "e" in whole.group().lower() and before != "frac" else match
        self.add("number", match.group().replace("−", "-"), match.span())

    def unicode(self):
        start, sign = self.place, self.text[self.place]
        if sign in "ᵀ√":
            self.add("sign", sign, (start, start + 1))
            return
        match = RAISED.match(self.text, start, self.end)
        if match is None:
            self.refuse(f"{sign!r} is not understood", (start, start + 1))
        self.found += exponent(match.group(), match.span())
        self.spaced, self.place = False, match.end()

    def raised(self):
        """^: a transpose, a prime, or a power."""
        start = self.place
        after = self._skipped(start + 1)
        transposed = _TRANSPOSED.match(self.text, after, self.end)
        if transposed:
            self.add("sign", "ᵀ", (start, transposed.end()))
        elif self.text.startswith(r"\prime", after):
            self.add("sign", "'", (start, after + 6))
        else:
            self.add("sign", "^", (start, start + 1))

    def _skipped(self, place):
        while place < self.end and self.text[place].isspace():
            place += 1
        return place

    def macro(self):
        match = _MACRO.match(self.text, self.place, self.end)
        if match is None:
            self.refuse("the formula ends with \\", (self.place, self.end))
        name = match.group()[1:]
        matrix = _MATRIX.match(self.text, self.place, self.end)
        if matrix:
            self.matrices += 1 if name == "begin" else -1
            self.add("sign", "matrix" if name == "begin" else "endmatrix", matrix.span())
            return
        if name == "\\" and self.matrices:
            self.add("sign", "\\", match.span())
            return
        if name in ("left", "right"):  # \left[ … \right] are parentheses
            after = self._skipped(match.end())
            if self.text[after : after + 1] in ("[", "]"):
                self.add("sign", "(" if self.text[after] == "[" else ")", (self.place, after + 1))
                return
            if self.text[after : after + 1] == ".":
                self.place = after + 1
                return
        if name in _SPACES:
            self.place, self.spaced = match.end(), True
        elif name in _SIGNS:
            self.add("sign", _SIGNS[name], match.span())
        elif name in _WORDS or name in _ACCENTS:
            content, after = self.group(match.end(), f"\\{name}")
            word = plain(content)
            self.named([f"{word}{_ACCENTS[name]}", f"{_ACCENTS[name]}{word}"] if name in _ACCENTS else [word], after)
        elif name in _FUNCTIONS:
            self.add("name", name, match.span(), reference=self.vocabulary.find(name), key=name)
        elif name in LETTER or name in ("varepsilon", "varphi", "ell"):
            self.named([{"varepsilon": "epsilon", "varphi": "phi"}.get(name, name)], match.end())
        else:
            self.refuse(f"\\{name} is not understood", match.span())

    def group(self, place, of):
        """(the text of {…} or of the one token there, where it ends)."""
        place = self._skipped(place)
        if place >= self.end:
            self.refuse(f"{of}: something is missing", (self.end - 1, self.end))
        if self.text[place] == "{":
            deep = 0
            for k in range(place, self.end):
                deep += {"{": 1, "}": -1}.get(self.text[k], 0)
                if deep == 0:
                    return self.text[place + 1 : k], k + 1
            self.refuse("} is missing", (place, place + 1))
        macro = _MACRO.match(self.text, place, self.end)
        after = macro.end() if macro else place + 1
        return self.text[place:after], after

    # -- names ----------------------------------------------------------------------------------

    def letters(self):
        """A run of letters: the longest name that it begins with, or a name of its own."""
        match = _LETTERS.match(self.text, self.place, self.end)
        run = match.group()
        if len(run) > 100:
            self.refuse("a name has at most 100 characters", match.span())
        digits = re.compile(r"\d+").match(self.text, match.end(), self.end)
        if digits and self.vocabulary.find(run + digits.group()) is not None:  # w5 without its _
            self.named([run + digits.group()], digits.end())
            return
        if self._reading([run], match.end()) is None and not self._is_function(run):
            for n in range(len(run) - 1, 0, -1):
                reference = self.vocabulary.find(run[:n])
                if reference is not None:
                    at = (self.place, self.place + n)
                    self.add("name", run[:n], at, reference=reference, key=canonical(run[:n]))
                    return
        self.named([run], match.end())

    @staticmethod
    def _is_function(run):
        return len(run) > 1 and function(run) is not None

    def named(self, bases, after):
        """A name with its scripts, as it is known; or as it stands."""
        reading = self._reading(bases, after)
        start = self.place
        if len(bases[0]) > 100 or (reading or (0, 0, start))[2] - start > 500:
            self.refuse("a name has at most 100 characters", (start, after))
        if reading is None:
            sub, sup, end = self.scripts(bases[0], after)
            written = _written(bases[0], sub, sup)
            if len(written) > 100:
                self.refuse("a name has at most 100 characters", (start, end))
            if sub is None and not sup and self.text.startswith("'", end) and not self._is_function(bases[0]):
                written, end = f"{written}′", end + 1
            self.add("name", written, (start, end), key=canonical(written))
            return
        written, reference, end, indices = reading
        if not indices and self.text[end : end + 1] in ("'", "′"):  # w_5′ is no w_5
            written, reference, end = f"{written}′", self.vocabulary.find(f"{written}′"), end + 1
        self.add("name", written, (start, end), reference=reference, key=canonical(written), indices=indices)

    def scripts(self, base, after):
        """(the subscript's (text, start, end) or None, the layer's text, where they end)."""
        sub, sup, end = None, "", after
        while True:
            place = self._skipped(end)
            sign = self.text[place : place + 1] if place < self.end else ""
            layer = _LAYER.match(self.text, self._skipped(place + 1), self.end) if sign == "^" else None
            if sign == "_" and sub is None:
                content, end = self.group(place + 1, f"{base}_")
                self._whole_script(base, content, place, end)
                sub = (content, end - len(content) - (self.text[end - 1] == "}"), end)
            elif layer and not sup:
                sup, end = layer.group(), layer.end()
            else:
                return sub, plain(sup) if sup else "", end

    def _whole_script(self, base, content, place, end):
        """Refuse w_10: TeX takes the 1 alone."""
        rest = re.compile(r"\w+").match(self.text, end, self.end)
        if not (len(content) == 1 and content.isalnum() and rest and self.text[end - 1] != "}"):
            return
        more = content + rest.group()
        if (content.isdigit() and rest.group()[0].isdigit()) or self.vocabulary.find(f"{base}_{more}") is not None:
            readings = (f"{base}_{{{more}}}", f"{base}_{content} · {rest.group()}")
            self.refuse("TeX lowers the first sign alone", (place, rest.end()), readings)

    def _reading(self, bases, after):
        """(name, reference, end, indices) of the longest name that is known, or None."""
        sub, sup, end = self.scripts(bases[0], after)
        for base in bases:
            lowered = plain(sub[0]) if sub else ""
            with_layer = [base + lowered + sup, base + sup + lowered] if sup else [base + lowered]
            for name in dict.fromkeys(with_layer):
                reference = self.vocabulary.find(name)
                if reference is not None:
                    return self._shown(base, sub, sup, reference), reference, end, ()
            if sub is not None:
                found = self._entry(base, sub, sup)
                if found is not None:
                    return (*found[:2], end, found[2])
        return None

    def _shown(self, base, sub, sup, reference):
        return self.vocabulary.shown(reference) or _written(base, sub, sup)

    def _entry(self, base, sub, sup):
        r"""(name, reference, indices) of x_{i, j}, or of net_{o_{i, j}}: an entry of what is known."""
        content, start, _ = sub
        nested = re.match(r"\s*((?:\w|\\[A-Za-z]+)+)\s*_\s*\{(.*)\}\s*$", content, re.DOTALL)
        after_name = re.match(r"\s*(\w+)\s*,(.*)$", content, re.DOTALL)  # W_{2,ij}
        ways = [("", content, start)]
        for match in (after_name, nested):
            if match:
                ways.insert(0, (plain(match.group(1)), match.group(2), start + match.start(2)))
        for lowered, inner, at in ways:
            reference = self.vocabulary.find(base + lowered + sup)
            if reference is not None and 0 < self.vocabulary.axes(reference) == len(_pieces(inner, at)):
                name = _written(base, (lowered, 0, 0) if lowered else None, sup)
                return self.vocabulary.shown(reference) or name, reference, self._indices(inner, at)
        return None

    def _indices(self, inner, start):
        """The tokens of each index."""
        if self.depth > 3:
            self.refuse("indices stand too deep in one another", (start, start + len(inner)))
        return tuple(
            _Reader(self.text, self.vocabulary, a, b, self.depth + 1).tokens() for a, b in _pieces(inner, start)
        )


def _pieces(inner, start):
    """The (start, end) of each index: between commas, or each sign of what has neither commas nor operators."""
    commas = [start + match.start() for match in re.finditer(r"(?<!\\),", inner)]
    if commas:
        return list(zip([start, *[comma + 1 for comma in commas]], [*commas, start + len(inner)], strict=True))
    if re.fullmatch(r"\s*[A-Za-z0-9](?:\s*[A-Za-z0-9])*\s*", inner):
        return [(start + k, start + k + 1) for k, sign in enumerate(inner) if not sign.isspace()]
    return [(start, start + len(inner))]


def plain(raw):
    """What a script or a word says, without its LaTeX: "o1" of \\text{o1}."""
    raw = re.sub(r"\\(?:varepsilon)(?![A-Za-z])", "epsilon", raw)
    words = "|".join(sorted(_WORDS, key=len, reverse=True))
    raw = re.sub(rf"\\(?:{words}|left|right|,|;|!|:)(?![A-Za-z])", "", raw)
    return re.sub(r"[{}\\\s]", "", raw)


def _written(base, sub, sup):
    """A name as it is shown: δ_o1, W⁽²⁾ as W^(2)."""
    letter = LETTER.get(base, base)
    lowered = plain(sub[0]) if sub else ""
    return letter + (f"_{lowered}" if lowered else "") + (f"^{sup}" if sup else "")
