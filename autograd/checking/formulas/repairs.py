"""What in a wrong formula is missing, extra or different: the smallest change that makes it right at all numbers.

``edits`` offers the changes, likely ones first: signs, a factor or term left out or put in, one name or number in
place of another, powers, sums, transposes. Each is a formula of the learner's own with one part altered, so that both
stand in the learner's names.
"""

import itertools
import time
from typing import NamedTuple

import numpy as np

from ...node import Leaf
from .functions import derivative, function
from .indexing import Item, Letter, Total, letters_in, value_of
from .names import Gradient, Value
from .tree import ATOM, Call, EvaluationError, Name, Number, Power, Product, Sum, Transposed

SECONDS = 2.0
MOST_NAMES = 40


class Repair(NamedTuple):
    """What is wrong, as "the factor x is missing", and the tree that is right."""

    key: str
    says: str
    tree: object


def repair(formula, agrees, points, vocabulary, target):
    """The Repair that makes the formula agree everywhere, or None.

    agrees(value, k) : whether a value is right at point k
    target : the recorded node whose gradient it is; None of what is no gradient
    """
    started = time.perf_counter()
    order = [*range(1, len(points)), 0]
    indexed = bool(letters_in(formula.tree))

    def is_right(tree):
        for k in order:
            try:
                with np.errstate(all="ignore"):
                    value = value_of(tree, points[k], formula.free) if indexed else tree.value(points[k])
            except EvaluationError:
                return False
            if not agrees(value, k):
                return False
        return True

    for one in Edits(formula, points[0], vocabulary, target).all():
        if is_right(one.tree):
            return one
        if time.perf_counter() - started > SECONDS:
            return None
    return None


def literals_that_stand_for(formula, point, vocabulary):
    """(the Formula with names in place of numbers that are theirs, a remark) of each way to read it so.

    0.593269992 is out_h1 where that has this value; then the formula is to hold at other numbers too.
    """
    choices = []
    for path, part in formula.tree.everywhere():
        if isinstance(part, Number) and "." in part.written:
            choices.append((path, part, [None, *_named_so(part, point, vocabulary)]))
    choices = [one for one in choices if len(one[2]) > 1][:8]
    ways = itertools.islice(itertools.product(*[names for _, _, names in choices]), 1, 200)
    for way in ways:
        tree, said = formula.tree, []
        for (path, part, _), name in zip(choices, way, strict=True):
            if name is not None:
                tree = tree.replaced(path, name)
                said.append(f"{part.written} is read as {name.written}")
        yield formula.with_tree(tree), "; ".join(said)


def _named_so(part, point, vocabulary):
    """The names of values and gradients that are the number, to its digits."""
    names = [Name(reference, name) for name, reference in vocabulary.all_values()]
    output = vocabulary.graph.names.output
    nodes = [(name.written, name.reference.node) for name in names if isinstance(name.reference, Value)]
    names += [Name(Gradient(node), f"∂{output}/∂{name}") for name, node in nodes] if part.slack else []
    for name in names:
        value = point.of(name.reference)
        if np.ndim(value) == 0 and abs(value - part.number) <= part.slack + 1e-12 * abs(part.number):
            yield name


class Edits:
    """The changes of one formula."""

    def __init__(self, formula, point, vocabulary, target):
        self.tree, self.point, self.vocabulary, self.target = formula.tree, point, vocabulary, target
        self.source = formula.source
        self.letters = list(dict.fromkeys([*letters_in(self.tree), *formula.free]))
        self.parts = list(self.tree.everywhere())
        signs = {sign for _, part in self.parts if isinstance(part, Product) for sign in part.signs[1:]}
        self.has_matrices = any(np.ndim(self._of(name)) for _, name in self.parts if isinstance(name, Name))
        code = "*" in signs or "@" in signs or ("*" in self.source)
        self.times = "*" if code else "⊙" if self.has_matrices else "·"
        self.values = [
            Name(reference, name) for name, reference in vocabulary.all_values()[:MOST_NAMES]
            if not (isinstance(reference, Value) and reference.node is target and np.ndim(self._at(reference)) > 1)
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
        return [Name(reference, written) for reference, written in found.items()]

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
        used = {user.operation for user in self.vocabulary.graph.order if _is_activation(user)}
        for operation in used:
            prime = derivative(operation.name)
            if prime is not None:
                found += [Call(prime, (v,)) for v in self.values]
        numbers = [(2, "2"), (0.5, "1/2"), (3, "3"), (1 / 3, "1/3"), (4, "4"), (0.25, "1/4")]
        sizes = {np.size(self._of(v)) for v in self.values} | {len(self._of(v)) for v in self.values if self._ndim(v)}
        for n in sorted(sizes - {0, 1, 2, 3, 4}):
            numbers += [(n, str(n)), (1 / n, f"1/{n}")]
        found += [_fraction(text) for _, text in numbers]
        return found

    def _ndim(self, name):
        return np.ndim(self._of(name))

    # -- all of them ----------------------------------------------------------------------------

    def all(self):
        for edits in (
            self.signs, self.extra, self.reductions, self.missing_factors, self.other_names, self.powers,
            self.other_numbers, self.calls, self.extra_terms, self.transposes, self.other_factors,
            self.missing_in_sums, self.missing_matrices, self.missing_terms,
        ):  # fmt: skip
            yield from edits()

    def _edit(self, key, says, path, part):
        return Repair(key, says, self.tree.replaced(path, part))

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
        for path, part in [*self.terms(), *self.inner_terms()]:
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
                    key, what = ("factor-extra", "factor") if part.signs[k] != "/" else ("factor-extra", "divisor")
                    yield self._edit(key, f"the {what} {factor.inside(ATOM)} is one too many", path, _without(part, k))

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
                whole = _times(part, self.times, factor)
                yield self._edit("factor-missing", f"the factor {factor.inside(1)} is missing{where}", path, whole)

    def other_names(self):
        for path, part in self.parts:
            if isinstance(part, Name) and not isinstance(part.reference, Letter):
                for other in [*self.values, *self.gradients]:
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

    # -- arrays ---------------------------------------------------------------------------------

    def reductions(self):
        for path, part in self.parts:
            if isinstance(part, Call) and "axis" in part.function.options:
                name = "mean" if part.function.name == "sum" else "sum"
                for options in ({}, {"axis": 0}, {"axis": 1}, {"axis": -1}):
                    for other in (part.function, function(name)):
                        if (other.name, options) != (part.function.name, part.options):
                            call = Call(other, part.parts, options)
                            says = f"there is {part.text()} where {call.text()} belongs"
                            yield self._edit("sum", says, path, call)
                yield self._edit("sum", f"the {part.function.name} is one too many", path, part.parts[0])

    def transposes(self):
        if not self.has_matrices:
            return
        for path, part in self.parts:
            if isinstance(part, Transposed):
                says = f"the transpose of {part.parts[0].text()} is one too many"
                yield self._edit("transpose", says, path, part.parts[0])
            elif isinstance(part, Name) and self._ndim(part):
                yield self._edit("transpose", f"the transpose of {part.text()} is missing", path, Transposed((part,)))
            if isinstance(part, Product) and len(part.parts) == 2 and part.signs[1] != "/":
                a, b = part.parts
                turned = Product(part.signs, (b, a))
                yield self._edit("transpose", f"the factors {a.text()} and {b.text()} are exchanged", path, turned)
                for x, y in ((a, _turned(b)), (_turned(a), b), (b, _turned(a)), (_turned(b), a)):
                    yield self._edit("transpose", "a transpose is missing or extra", path, Product(("", "@"), (x, y)))
            if isinstance(part, Product):
                for k, sign in enumerate(part.signs[1:], 1):
                    for other in {"@", "*"} - {sign, "/"} if sign != "/" else ():
                        words = "a matrix product" if other == "@" else "a product entry by entry"
                        signs = [*part.signs[:k], other, *part.signs[k + 1 :]]
                        says = f"between {part.parts[k - 1].text()} and {part.parts[k].text()} belongs {words}"
                        yield self._edit("product", says, path, Product(signs, part.parts))
        for path, part in self.terms():
            for name in ("sum", "mean"):
                for options in ({}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": 1, "keepdims": True}):
                    over = Call(function(name), (part,), options)
                    axis = f" over axis {options['axis']}" if options else ""
                    yield self._edit("sum", f"the {name}{axis} is missing", path, over)
        for path, part in self.parts:
            if isinstance(part, Item):
                yield from self._other_indices(path, part)

    def _other_indices(self, path, part):
        base, *indices = part.parts
        for k, index in enumerate(indices):
            if isinstance(index, Sum) and len(index.parts) == 2:
                turned = Sum(("+", "-" if index.signs[1] == "+" else "+"), index.parts)
                other = Item(base, [*indices[:k], turned, *indices[k + 1 :]], part.counting)
                yield self._edit("index", f"the index {index.text()} should be {turned.text()}", path, other)
                for one in index.parts:  # i in place of i + m
                    other = Item(base, [*indices[:k], one, *indices[k + 1 :]], part.counting)
                    yield self._edit("index", f"the index {index.text()} should be {one.text()}", path, other)
            elif isinstance(index, Name):
                for letter in self.letters:
                    if letter != index.written:
                        other = Item(
                            base, [*indices[:k], Name(Letter(letter), letter), *indices[k + 1 :]], part.counting
                        )
                        says = f"there is {part.text()} where {other.text()} belongs"
                        yield self._edit("index", says, path, other)
        if len(indices) > 1:
            other = Item(base, indices[::-1], part.counting)
            yield self._edit("index", f"the indices of {part.text()} are exchanged", path, other)

    def missing_matrices(self):
        if not self.has_matrices:
            return
        arrays = [name for name in [*self.values, *self.gradients] if self._ndim(name)]
        for path, part in self.terms():
            for name in arrays:
                for factor in (name, Transposed((name,))) if self._ndim(name) > 1 else (name,):
                    says = f"the factor {factor.text()} is missing"
                    yield self._edit("factor-missing", says, path, _times(part, "@", factor))
                    yield self._edit("factor-missing", says, path, Product(("", "@"), (factor, part)))

    # -- terms and several factors --------------------------------------------------------------

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
                for pair in ((g, v), (g, _turned(v)), (v, g), (_turned(v), g), (_turned(g), v))
            ]  # fmt: skip
        for term in [*pairs, *through, *single, Number(1, "1"), Number(2, "2")]:
            for sign in "+-":
                signs, parts = (self.tree.signs, self.tree.parts) if isinstance(self.tree, Sum) else ("+", (self.tree,))
                whole = Sum([*signs, sign], [*parts, term])
                minus = "−" if sign == "-" else ""
                yield Repair("term-missing", f"the term {minus}{term.text()} is missing", whole)

    def _activations(self):
        """(its gradient, it) of each value that an activation gave."""
        for g in self.gradients:
            node = g.reference.node
            if _is_activation(node):
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


def _is_activation(node):
    return type(node) is not Leaf and node.operation.kind == "activation"


def _fraction(text):
    above, _, below = text.partition("/")
    if not below:
        return Number(float(above), above)
    return Product(("", "/"), (Number(float(above), above), Number(float(below), below)))


def _turned(part):
    return part.parts[0] if isinstance(part, Transposed) else Transposed((part,))


def _times(part, sign, factor):
    """A part with one factor more; with 1/n it is divided by n."""
    if isinstance(factor, Product) and factor.signs[1] == "/" and factor.text().startswith("1 "):
        sign, factor = "/", factor.parts[1]
    more = (("", *factor.signs[1:]), factor.parts) if isinstance(factor, Product) else (("",), (factor,))
    if isinstance(part, Product):
        return Product([*part.signs, sign, *more[0][1:]], [*part.parts, *more[1]])
    return Product(["", sign, *more[0][1:]], [part, *more[1]])


def _without(part, k):
    """A product without its factor k."""
    parts = [one for j, one in enumerate(part.parts) if j != k]
    signs = [sign for j, sign in enumerate(part.signs) if j != k]
    if k == 0:
        if signs[0] == "/":
            return Product(("", *signs), (Number(1, "1"), *parts))
        signs[0] = ""
    return parts[0] if len(parts) == 1 else Product(signs, parts)
