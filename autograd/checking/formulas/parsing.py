"""From tokens to the tree: one grammar for text and for LaTeX.

Factors may stand side by side; ``name(…)`` is a product unless the name is a known function and no value is called so.
What has two readings is refused with both. Nothing is ever run as code.
"""

import math

from .cursor import Cursor
from .functions import derivative, function
from .indexing import Item, Letter, Total
from .tree import Call, Comparison, Name, Number, Power, Product, Stack, Sum, Transposed

COMPARED = ("<", ">", "≤", "≥", "≠")
METHODS = ("sum", "mean", "max", "min", "transpose", "dot")


class Parser(Cursor):
    """Reads the tokens of one text; ``vocabulary`` knows the names."""

    # -- what a text is -------------------------------------------------------------------------

    def chain(self):
        """The formulas between the = of the whole text."""
        found = [self.comparison()]
        while self.is_sign("="):
            self.take()
            found.append(self.comparison())
        if self.here.kind != "end":
            self.refuse(f"{self.here.text} is not understood here")
        return found

    def comparison(self):
        start = self.here.at[0]
        left = self.sum()
        if not self.is_sign(*COMPARED):
            return left
        sign = self.take().text
        return Comparison(sign, (left, self.sum()), self.since(start))

    def sum(self):
        start, signs, terms = self.here.at[0], [], []
        signs.append(self.take().text if self.is_sign("+", "-") else "+")
        terms.append(self.term())
        while self.is_sign("+", "-"):
            signs.append(self.take().text)
            terms.append(self.term())
        if len(terms) == 1 and signs == ["+"]:
            return terms[0]
        return Sum(signs, terms, self.since(start))

    def term(self):
        start, signs, factors = self.here.at[0], [""], [self.factor()]
        while True:
            if self.is_sign("*", "/", "@", "·", "⊙"):
                signs.append(self.take().text)
                factors.append(self.signed() if self.is_sign("-", "+") else self.factor())
            elif self.starts_a_factor():
                self._no_two_readings(signs, factors)
                signs.append("")
                factors.append(self.factor())
            else:
                break
        return factors[0] if len(factors) == 1 else Product(signs, factors, self.since(start))

    def signed(self):
        """−x after a sign: a · −b."""
        start, sign = self.here.at[0], self.take().text
        return Sum((sign,), (self.deeper(self.factor),), self.since(start))

    def _no_two_readings(self, signs, factors):
        """Refuse 1/2 x and log x y, where the next factor may belong below or not."""
        last = factors[-1]
        if signs[-1] == "/":
            following = self.following()
            above, below, right = (self.written(part.at) for part in (factors[-2], last, following))
            at = (factors[-2].at[0], following.at[1])
            self.refuse(
                "what stands below the / has two readings",
                at,
                (f"({above}/{below}) · {right}", f"{above}/({below} · {right})"),
            )
        if isinstance(last, Call) and last.at[1] == last.parts[-1].at[1]:
            following = self.following()
            name, inner, right = last.function.name, self.written(last.parts[0].at), self.written(following.at)
            self.refuse(
                f"where {name} ends has two readings",
                (last.at[0], following.at[1]),
                (f"{name}({inner}) · {right}", f"{name}({inner} · {right})"),
            )

    def following(self):
        """The next factor, which is not taken."""
        place = self.place
        found = self.factor()
        self.place = place
        return found

    def starts_a_factor(self):
        if self.here.kind in ("number", "name"):
            return True
        return self.here.kind == "sign" and self.here.text in ("(", "{", "∂", "∇", "√", "Σ", "frac", "matrix")

    def factor(self):
        start = self.here.at[0]
        return self.postfixed(self.argument(), start)

    def exponent(self):
        if self.is_sign("-", "+"):
            if self.latex:
                self.refuse("TeX raises the sign alone", None, ("x^{-1}", "x^{-} 1"))
            return self.signed()
        if self.latex and not self.is_sign("{", "("):
            return self.one_token()
        return self.argument()  # 2^3^2 is 2^(3^2)

    def one_token(self):
        """What TeX raises without braces: one sign."""
        token = self.here
        if token.kind == "number" and len(token.text) > 1:
            first, rest = token.text[0], token.text[1:]
            self.refuse("TeX raises the first digit alone", None, (f"x^{{{first}{rest}}}", f"x^{first} · {rest}"))
        return self.atom()

    def postfixed(self, base, start):
        """What follows a factor: ᵀ, .T, .sum(…), [i, j]."""
        while True:
            if self.is_sign("ᵀ", ".T"):
                self.take()
                base = Transposed((base,), self.since(start))
            elif self.is_sign("[") and not self.here.spaced:
                base = self.item(base, start)
            elif self.here.kind == "sign" and self.here.text.startswith("."):
                method = self.here.text[1:]
                if method not in METHODS or self.ahead().text != "(":
                    self.refuse(f"attributes are not read: {self.here.text}\n  known: .T, {self._methods()}")
                self.take()
                base = self.call(function(method), start, [base])
            else:
                return base

    @staticmethod
    def _methods():
        return ", ".join(f".{method}(…)" for method in METHODS)

    def item(self, base, start):
        """base[i, j]."""
        self.expect("[")
        indices = [self.deeper(self.index)]
        while self.is_sign(","):
            self.take()
            indices.append(self.deeper(self.index))
        self.expect("]")
        return Item(base, indices, self.counting.of_code, self.since(start))

    def index(self):
        if self.is_sign(":") or self.ahead().text == ":":
            self.refuse("slices are not read: name each index, x[i, j]")
        self.counting.inside += 1
        value = self.sum()
        self.counting.inside -= 1
        if isinstance(value, Number):
            self.counting.met(value.number)
        return value

    # -- the smallest parts ---------------------------------------------------------------------

    def atom(self):
        token = self.here
        if token.kind == "number":
            return self.number()
        if token.kind == "name":
            return self.name()
        if self.is_sign("("):
            return self.enclosed("(", ")")
        if self.is_sign("{"):
            return self.enclosed("{", "}")
        if self.is_sign("["):
            return self.enclosed("[", "]") if self.latex else self.deeper(self.array)
        if self.is_sign("matrix"):
            return self.deeper(self.matrix)
        if self.is_sign("|"):
            self.take()
            value = self.deeper(self.sum)
            self.expect("|")
            return Call(function("absolute"), (value,), at=self.since(token.at[0]))
        if self.is_sign("√"):
            self.take()
            return Call(function("sqrt"), (self.deeper(self.argument),), at=self.since(token.at[0]))
        if self.is_sign("∂"):
            return self.derivative()
        if self.is_sign("∇"):
            return self.nabla()
        if self.is_sign("Σ"):
            return self.total()
        if self.is_sign("frac"):
            return self.fraction()
        if token.kind == "end":
            self.refuse("the formula ends too early")
        return self.refuse(f"{token.text} is not understood here")

    def number(self):
        token = self.take()
        number = float(token.text)
        if not number < 1e200:
            self.refuse("the number is too large", token.at)
        return Number(number, token.text, token.at)

    def enclosed(self, opening, closing):
        start = self.expect(opening).at[0]
        value = self.deeper(self.comparison)
        self.expect(closing)
        return _placed(value, self.since(start))

    def array(self):
        """[[1, 2], [3, 4]]."""
        start, parts = self.expect("[").at[0], []
        while not self.is_sign("]"):
            parts.append(self.deeper(self.array) if self.is_sign("[") else self.deeper(self.sum))
            if not self.is_sign("]"):
                self.expect(",")
        self.take()
        if not parts:
            self.refuse("an array of nothing", self.since(start))
        return Stack(parts, self.since(start))

    def matrix(self):
        r"""\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}."""
        start, rows = self.expect("matrix").at[0], [[]]
        while not self.is_sign("endmatrix"):
            if self.is_sign("\\"):
                self.take()
                rows.append([])
            elif self.is_sign("&"):
                self.take()
            else:
                rows[-1].append(self.deeper(self.sum))
        self.take()
        at = self.since(start)
        return Stack([Stack(row, at) for row in rows if row], at)

    def argument(self):
        """What a function without parentheses is of: the smallest part, with what follows it and its power."""
        start = self.here.at[0]
        value = self.postfixed(self.atom(), start)
        if self.is_sign("^"):
            self.take()
            value = Power((value, self.deeper(self.exponent)), self.since(start))
        return value

    def name(self):
        token = self.take()
        found = self._differential(token)
        if found is not None:
            return found
        is_index = self.counting.inside or token.key in self.counting.letters
        if is_index and len(token.key) == 1 and token.key.isalpha() and not token.indices:
            self.counting.letters.add(token.key)
            return Name(Letter(token.key), token.key, token.at)
        if token.reference is not None:
            return self.with_indices(Name(token.reference, token.text, token.at), token)
        called = self._function(token)
        if called is not None:
            return called
        if token.key == "e" and self.is_sign("^"):
            return Number(math.e, "e", token.at)
        if token.key == "pi":
            return Number(math.pi, "π", token.at)
        return self.refuse(self.vocabulary.why_unknown(token), token.at)

    def with_indices(self, base, token):
        if not token.indices:
            return base
        indices = []
        for tokens in token.indices:
            inner = Parser(self.source, tokens, self.vocabulary, self.latex)
            inner.counting, inner.depth = self.counting, self.depth + 1
            indices.append(inner.index())
            if inner.here.kind != "end":
                inner.refuse(f"{inner.here.text} is not understood here")
        return Item(base, indices, self.counting, token.at)

    def _function(self, token):
        """The call of a known function; None where the name is none, or is the name of a value."""
        name = token.key
        primed = False
        if self.is_sign("'") and function(name) is not None:
            self.take()
            primed = True
        found = derivative(name) if primed else function(name)
        if found is None:
            return None
        if self.is_sign("^"):  # tanh²(x)
            self.take()
            exponent = self.deeper(self.exponent)
            return Power((self.call(found, token.at[0]), exponent), self.since(token.at[0]))
        return self.call(found, token.at[0])

    def call(self, found, start, before=()):
        """f(x, …), or f x."""
        if not self.is_sign("(", "{"):
            return Call(found, (self.deeper(self.argument),), at=self.since(start))
        closing = ")" if self.take().text == "(" else "}"
        arguments, options = list(before), {}
        while not self.is_sign(closing):
            if self.here.kind == "name" and self.here.text in ("axis", "keepdims") and self.ahead().text == "=":
                self._option(found, options)
            elif len(arguments) == 1 and "axis" in found.options and "axis" not in options and self._is_axis():
                options["axis"] = self._axis()
            else:
                arguments.append(self.deeper(self.comparison))
            if not self.is_sign(closing):
                self.expect(",")
        self.take()
        if not arguments:
            self.refuse(f"{found.name} of nothing", self.since(start))
        return Call(found, arguments, options, self.since(start))

    def _option(self, found, options):
        name = self.take()
        if name.text not in found.options:
            self.refuse(f"{found.name} takes no {name.text}", name.at)
        self.take()
        if name.text == "axis":
            options["axis"] = self._axis()
        elif self.here.text in ("True", "False"):
            options["keepdims"] = self.take().text == "True"
        else:
            self.refuse("keepdims is True or False")

    def _is_axis(self):
        """Whether a number alone stands here, as the axis in sum(x, 0)."""
        after = self.ahead(2) if self.is_sign("-") else self.ahead()
        number = self.ahead() if self.is_sign("-") else self.here
        return number.kind == "number" and number.text.isdigit() and after.text in (")", ",")

    def _axis(self):
        if self.is_sign("("):
            self.take()
            axes = [self._one_axis()]
            while self.is_sign(","):
                self.take()
                if not self.is_sign(")"):
                    axes.append(self._one_axis())
            self.expect(")")
            return tuple(axes)
        return self._one_axis()

    def _one_axis(self):
        sign = -1 if self.is_sign("-") and self.take() else 1
        if self.here.kind != "number" or not self.here.text.isdigit() or len(self.here.text) > 2:
            self.refuse("an axis is a whole number")
        return sign * int(self.take().text)

    # -- derivatives ----------------------------------------------------------------------------

    def derivative(self):
        """∂E/∂w."""
        start = self.expect("∂").at[0]
        top = self.of_value()
        self.expect("/")
        self.expect("∂")
        return self._derivative(top, self.of_value(), start)

    def of_value(self):
        """The token of a name that stands for a value."""
        if self.here.kind != "name":
            self.refuse("the name of a value is missing")
        return self.take()

    def _derivative(self, top, bottom, start):
        at = self.since(start)
        reference = self.vocabulary.derivative(top, bottom)
        if isinstance(reference, str):
            self.refuse(reference, at)
        name = Name(reference, f"∂{top.text}/∂{bottom.text}", at)
        return self.with_indices(name, bottom)

    def _differential(self, token):
        """dE/dw; None where it is no such thing."""
        if not self.is_sign("/") or self.here.spaced or self.ahead().kind != "name" or self.ahead().spaced:
            return None
        top, bottom = self.vocabulary.differential(token), self.vocabulary.differential(self.ahead())
        if top is None or bottom is None:
            return None
        self.place += 2
        return self._derivative(top, bottom, token.at[0])

    def nabla(self):
        """∇_w E, ∇w."""
        start = self.expect("∇").at[0]
        bottom = self.of_value()
        top = self.vocabulary.output_token(self.here)
        if top is not None:
            self.take()
        return self._derivative(top or self.vocabulary.output_token(), bottom, start)

    def fraction(self):
        r"""\frac{…}{…}: a derivative, or a quotient."""
        start, place = self.expect("frac").at[0], self.place
        top = self._differential_group()
        bottom = self._differential_group() if top is not None else None
        if bottom is not None:
            return self._derivative(top, bottom, start)
        self.place = place
        above, below = self.braced(), self.braced()
        return _placed(Product(("", "/"), (above, below)), self.since(start))

    def _differential_group(self):
        """The token of E in {∂E}, {dE} or {d E}, which is taken; else None."""
        if not self.is_sign("{"):
            return None
        self.take()
        if self.is_sign("∂") or (self.here.text == "d" and self.ahead().kind == "name"):
            self.take()
            token = self.of_value()
        else:
            token = self.vocabulary.differential(self.take())
        if token is None or not self.is_sign("}"):
            return None
        self.take()
        return token

    def braced(self):
        if self.is_sign("{"):
            return self.enclosed("{", "}")
        return self.one_token()

    # -- sums over indices ----------------------------------------------------------------------

    def total(self):
        """Σ(m, n) …: of the product that follows."""
        start = self.expect("Σ").at[0]
        letters, bounds = [], {}
        closing = None
        if self.is_sign("_"):
            self.take()
        if self.is_sign("(", "{"):
            closing = {"(": ")", "{": "}"}[self.take().text]
        while self.here.kind == "name" and len(self.here.key) == 1:
            letter = self.take().key
            letters.append(letter)
            self.counting.letters.add(letter)
            if self.is_sign("="):
                self.take()
                bounds[letter] = [self.deeper(self.sum), None]
                if isinstance(bounds[letter][0], Number):
                    self.counting.met(bounds[letter][0].number)
            if closing is None:
                break
            if self.is_sign(","):
                self.take()
        if not letters:
            self.refuse("a sum names its index: Σ(m, n) …, \\sum_{m}")
        if closing:
            self.expect(closing)
        if self.is_sign("^"):
            self.take()
            upper = self.deeper(self.exponent)
            for letter in letters:
                bounds.setdefault(letter, [None, None])[1] = upper
        body = self.deeper(self.term)
        return Total(letters, body, bounds, self.counting, self.since(start))


def _placed(part, at):
    """The same part, whose place in the text has its parentheses in it."""
    copied = part.with_parts(part.parts)
    copied.at = at
    return copied
