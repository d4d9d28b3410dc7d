"""Small changes of a formula: signs, factors, terms, names, numbers and powers.

``Repair`` is one of them; ``Edits`` offers them all, what people slip at first. What concerns arrays is in
``array_edits``.
"""

from typing import NamedTuple

import numpy as np

from ...node import Leaf
from .functions import derivative, function
from .indexing import Letter, Total, letters_in
from .names import Gradient, Value
from .tree import ATOM, PRODUCT, Call, Name, Number, Power, Product, Sum, Transposed

MOST_NAMES = 40


class Repair(NamedTuple):
    """What is wrong, as "the factor x is missing", the tree that is right, and the part of the other that is wrong."""

    key: str
    says: str
    tree: object
    part: object


class Edits:
    """The changes of one formula."""

    def __init__(self, formula, point, vocabulary, target, excluded=None):
        self.tree, self.point, self.vocabulary, self.target = formula.tree, point, vocabulary, target
        self.source = formula.source
        self.letters = list(dict.fromkeys([*letters_in(self.tree), *formula.free]))
        self.parts = list(self.tree.everywhere())
        signs = {sign for _, part in self.parts if isinstance(part, Product) for sign in part.signs[1:]}
        self.has_matrices = any(np.ndim(self._of(name)) for _, name in self.parts if isinstance(name, Name))
        code = "*" in signs or "@" in signs or ("*" in self.source)
        self.times = "*" if code else "⊙" if self.has_matrices else "·"
        self.excluded = Gradient(target) if excluded is None else excluded
        self.values = [
            Name(reference, name) for name, reference in vocabulary.all_values()[:MOST_NAMES]
            if reference != self.excluded
            and not (isinstance(reference, Value) and reference.node is target and np.ndim(self._at(reference)) > 1)
        ]  # fmt: skip
        self.gradients = self._gradients()
        self.factors = self._factors()

    def _at(self, reference):
        try:
            return self.point.of(reference)
        except ValueError:
            return np.nan

    def _of(self, name):
        return self._at(name.reference) if not isinstance(name.reference, Letter) else 0.0

    def _gradients(self):
        """The gradients that the learner gave, and those that the formula speaks of, by the learner's names."""
        said = [part for _, part in self.parts if isinstance(part, Name) and isinstance(part.reference, Gradient)]
        found = {part.reference: part.written for part in said}
        output = self.vocabulary.graph.original[self.vocabulary.graph.output]
        every = [value.reference.node for value in self.values if isinstance(value.reference, Value)]
        for node in dict.fromkeys([*self.vocabulary.given, *every]):
            if node is not self.target and node is not output:
                found.setdefault(Gradient(node), self._gradient_name(node))
                for sign in ("δ_", "delta_") if "δ" in self.source or "delta" in self.source else ():
                    name = sign + self._name(node).rpartition("_")[2]
                    reference = self.vocabulary.find(name)  # of what goes into an activation, and has no name
                    if isinstance(reference, Gradient) and sign in self.source and reference.node is not self.target:
                        found.setdefault(reference, name)
        return [Name(reference, written) for reference, written in found.items() if reference != self.excluded]

    def _gradient_name(self, node):
        names, name = self.vocabulary.graph.names, self._name(node)
        signs = ("delta_", "delta") if "delta" in self.source else ("δ_", "δ") if "δ" in self.source else ()
        for sign in signs:
            for rest in (name.rpartition("_")[2], name.lstrip("netzau"), name):
                if rest and self.vocabulary.find(sign + rest) == Gradient(node):
                    return sign + rest
        return f"∂{names.output}/∂{name}"

    def _name(self, node):
        return self.vocabulary.graph.names.name(self.vocabulary.graph.nodes[node])

    def _factors(self):
        """What may be a factor, likely first."""
        one = Number(1, "1")
        found = [
            *[Product(("", self.times), (v, Sum("+-", (one, v)))) for v in self.values],
            *[Sum("+-", (one, v)) for v in self.values],
            *self.values,
            *self.gradients,
            *[Sum("+-", (one, Power((v, Number(2, "2"))))) for v in self.values],
        ]
        for v in self.values:
            here = self.vocabulary.graph.nodes[v.reference.node] if isinstance(v.reference, Value) else None
            for user, _ in self.vocabulary.graph.uses.get(here, ()):
                prime = derivative(user.operation.name) if is_activation(user) else None
                found += [Call(prime, (v,))] if prime is not None else []
        numbers = [(2, "2"), (0.5, "1/2"), (3, "3"), (1 / 3, "1/3"), (4, "4"), (0.25, "1/4")]
        sizes = {np.size(self._of(v)) for v in self.values} | {len(self._of(v)) for v in self.values if self._ndim(v)}
        for n in sorted(sizes - {0, 1, 2, 3, 4}):
            numbers += [(n, str(n)), (1 / n, f"1/{n}")]
        found += [fraction(text) for _, text in numbers]
        return found

    def _ndim(self, name):
        return np.ndim(self._of(name))

    # -- all of them ----------------------------------------------------------------------------

    def _edit(self, key, says, path, part):
        wrong = self.tree
        for k in path:
            wrong = wrong.parts[k]
        return Repair(key, says, self.tree.replaced(path, part), wrong)

    def terms(self):
        """(path, part) of what adds up to the whole."""
        if isinstance(self.tree, Sum):
            yield from (((k,), term) for k, term in enumerate(self.tree.parts))
        yield (), self.tree

    def inner_terms(self):
        """The same of the sums within it."""
        for path, part in self.parts:
            if isinstance(part, Sum) and path:
                yield from (((*path, k), term) for k, term in enumerate(part.parts))
            elif isinstance(part, Total):
                yield (*path, 0), part.parts[0]

    def arguments(self):
        """The same of what functions and powers are of."""
        for path, part in self.parts:
            if isinstance(part, Power):
                yield (*path, 1), part.parts[1]
            elif isinstance(part, Call):
                yield from (((*path, k), one) for k, one in enumerate(part.parts))

    def signs(self):
        for path, part in self.parts:
            if isinstance(part, Sum):
                for k, term in enumerate(part.parts):
                    signs = list(part.signs)
                    signs[k] = "-" if signs[k] == "+" else "+"
                    if len(signs) == 1:
                        yield self._edit("sign", f"the minus of {part.text()} is one too many", path, term)
                        continue
                    says = f"the sign of {term.text()} is wrong"
                    yield self._edit("sign", says, path, Sum(signs, part.parts))
        for path, part in [*self.terms(), *self.inner_terms(), *self.arguments()]:
            if not isinstance(part, Sum):
                yield self._edit(
                    "sign",
                    f"a minus sign is missing at {part.text()}" if path else "a minus sign is missing",
                    path,
                    Sum("-", (part,)),
                )
        if isinstance(self.tree, Sum):
            yield self._edit("sign", "a minus sign is missing", (), Sum("-", (self.tree,)))

    def extra(self):
        for path, part in self.parts:
            if isinstance(part, Product):
                for k, factor in enumerate(part.parts):
                    what = "factor" if part.signs[k] != "/" else "divisor"
                    says = f"the {what} {factor.inside(ATOM)} is one too many"
                    yield self._edit("factor-extra", says, path, without(part, k))

    def missing_factors(self):
        yield from self._with_factors(self.terms())

    def missing_in_sums(self):
        yield from self._with_factors(self.inner_terms())

    def _with_factors(self, terms):
        for path, part in terms:
            if isinstance(part, Number) and part.number == 1:
                continue  # another name in its place is tried
            where = "" if not path or len(part.text()) > 60 else f" at {part.text()}"
            for factor in self.factors:
                whole = times(part, self.times, factor)
                says = f"the factor {factor.inside(PRODUCT)} is missing{where}"
                yield self._edit("factor-missing", says, path, whole)

    def other_names(self):
        """Another value, or another gradient that the formula speaks of."""
        said = [part.reference for _, part in self.parts if isinstance(part, Name)]
        yield from self._with_names([*self.values, *[one for one in self.gradients if one.reference in said]])

    def other_gradients(self):
        yield from self._with_names(self.gradients)

    def _with_names(self, names):
        for path, part in self.parts:
            if isinstance(part, Name) and not isinstance(part.reference, Letter):
                for other in names:
                    if other.reference != part.reference:
                        says = f"there is {part.text()} where {other.text()} belongs"
                        yield self._edit("factor-different", says, path, other)

    def other_numbers(self):
        numbers = {1.0: "1", 2.0: "2", 0.5: "0.5", 0.0: "0", 3.0: "3"}
        for node in self.vocabulary.graph.recorded.order:
            for one in getattr(node.note, "inputs", ()) if node.note is not None else ():
                value = getattr(one, "value", None)
                if np.ndim(value) == 0 and isinstance(value, int | float | np.number):
                    numbers.setdefault(float(value), f"{float(value):.9g}")
        for path, part in self.parts:
            if isinstance(part, Number):
                for number, written in numbers.items():
                    if number != part.number:
                        says = f"there is {part.text()} where {written} belongs"
                        yield self._edit("number-different", says, path, Number(number, written))
                for name in self.values:
                    says = f"there is {part.text()} where {name.text()} belongs"
                    yield self._edit("number-different", says, path, name)

    def powers(self):
        two = Number(2, "2")
        for path, part in self.parts:
            if isinstance(part, Power):
                yield self._edit(
                    "power", f"the power {part.text()} should be {part.parts[0].text()}", path, part.parts[0]
                )
                continue
            if path and not isinstance(part, Number):
                yield self._edit("power", f"the square of {part.text()} is missing", path, Power((part, two)))
            if isinstance(part, Product):
                for k in range(1, len(part.parts)):
                    signs = list(part.signs)
                    signs[k] = self.times if signs[k] == "/" else "/"
                    words = "divided by, not multiplied" if signs[k] == "/" else "multiplied, not divided by"
                    says = f"the factor {part.parts[k].text()} should be {words}"
                    yield self._edit("factor-different", says, path, Product(signs, part.parts))

    def calls(self):
        for path, part in self.parts:
            if not isinstance(part, Call) or part.options or len(part.parts) != 1:
                continue
            for name in ("sigmoid", "tanh", "relu", "exp", "log", "sum", "mean"):
                for other in (function(name), derivative(name)):
                    if other is not None and other.name != part.function.name:
                        says = f"there is {part.function.name} where {other.name} belongs"
                        yield self._edit("factor-different", says, path, Call(other, part.parts))
            yield self._edit(
                "factor-different", f"the function {part.function.name} is one too many", path, part.parts[0]
            )

    def extra_terms(self):
        for path, part in self.parts:
            if isinstance(part, Sum) and len(part.parts) > 1:
                for k, term in enumerate(part.parts):
                    signs = [sign for j, sign in enumerate(part.signs) if j != k]
                    terms = [one for j, one in enumerate(part.parts) if j != k]
                    left = terms[0] if len(terms) == 1 and signs == ["+"] else Sum(signs, terms)
                    yield self._edit("term-extra", f"the term {term.text()} is one too many", path, left)

    # -- terms and several factors --------------------------------------------------------------

    def _last(self):
        return self.tree.parts[-1] if isinstance(self.tree, Sum) else self.tree

    def missing_terms(self):
        """A gradient times a value, or a value alone, added to what there is."""
        single = [*self.values, *self.gradients]
        through = [
            Product(("", self.times, self.times, self.times), (g, a, Sum("+-", (Number(1, "1"), a)), v))
            for g, a in self._activations() for v in self.values
        ]  # fmt: skip
        pairs = [Product(("", self.times), (g, v)) for g in self.gradients for v in self.values]
        if self.has_matrices:
            pairs += [
                Product(("", "@"), pair)
                for g in self.gradients for v in self.values if self._ndim(g) and self._ndim(v)
                for pair in ((g, v), (g, turned(v)), (v, g), (turned(v), g), (turned(g), v))
            ]  # fmt: skip
        for term in [*pairs, *through, *single, Number(1, "1"), Number(2, "2")]:
            for sign in "+-":
                signs, parts = (self.tree.signs, self.tree.parts) if isinstance(self.tree, Sum) else ("+", (self.tree,))
                whole = Sum([*signs, sign], [*parts, term])
                minus = "−" if sign == "-" else ""
                yield Repair("term-missing", f"the term {minus}{term.text()} is missing", whole, self._last())

    def _activations(self):
        """(its gradient, it) of each value that an activation gave."""
        for g in self.gradients:
            node = g.reference.node
            if is_activation(node):
                yield from ((g, v) for v in self.values if v.reference == Value(node))

    def other_factors(self):
        """One or two factors side by side in place of which another belongs."""
        for path, part in self.parts:
            if not isinstance(part, Product):
                continue
            n = len(part.parts)
            for first, count in [*[(k, 1) for k in range(n)], *[(k, 2) for k in range(n - 1)]]:
                if "/" in part.signs[first : first + count]:
                    continue
                old = Product(("", *part.signs[first + 1 : first + count]), part.parts[first : first + count])
                for factor in self.factors:
                    parts = [*part.parts[:first], factor, *part.parts[first + count :]]
                    signs = [*part.signs[: first + 1], *part.signs[first + count :]]
                    whole = parts[0] if len(parts) == 1 else Product(signs, parts)
                    says = f"there is {old.text()} where {factor.text()} belongs"
                    yield self._edit("factor-different", says, path, whole)
        for path, part in self.terms():
            if not isinstance(part, Product):
                for factor in self.factors:
                    says = f"there is {part.text()} where {factor.text()} belongs"
                    yield self._edit("factor-different", says, path, factor)


def is_activation(node):
    return type(node) is not Leaf and node.operation.kind == "activation"


def fraction(text):
    above, _, below = text.partition("/")
    if not below:
        return Number(float(above), above)
    return Product(("", "/"), (Number(float(above), above), Number(float(below), below)))


def turned(part):
    return part.parts[0] if isinstance(part, Transposed) else Transposed((part,))


def times(part, sign, factor):
    """A part with one factor more; with 1/n it is divided by n."""
    if isinstance(factor, Product) and factor.signs[1] == "/" and factor.text().startswith("1 "):
        sign, factor = "/", factor.parts[1]
    more = (("", *factor.signs[1:]), factor.parts) if isinstance(factor, Product) else (("",), (factor,))
    if isinstance(part, Product):
        return Product([*part.signs, sign, *more[0][1:]], [*part.parts, *more[1]])
    return Product(["", sign, *more[0][1:]], [part, *more[1]])


def without(part, k):
    """A product without its factor k."""
    parts = [one for j, one in enumerate(part.parts) if j != k]
    signs = [sign for j, sign in enumerate(part.signs) if j != k]
    if k == 0:
        if signs[0] == "/":
            return Product(("", *signs), (Number(1, "1"), *parts))
        signs[0] = ""
    return parts[0] if len(parts) == 1 else Product(signs, parts)
