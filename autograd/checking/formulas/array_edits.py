"""Small changes of a formula of arrays: transposes, matrix products, sums along axes, indices."""

import itertools

from .edits import Edits, Repair, times, turned
from .functions import function
from .indexing import Item, Letter
from .tree import Call, Name, Number, Product, Sum, Transposed


class AllEdits(Edits):
    """The changes of one formula, with those that concern arrays."""

    def all(self):
        for edits in (
            self.signs, self.extra, self.indices, self.reductions, self.calls, self.other_names, self.missing_entries,
            self.missing_factors, self.other_gradients, self.powers, self.other_numbers, self.extra_terms,
            self.transposes, self.other_factors, self.missing_in_sums, self.missing_matrices, self.missing_terms,
        ):  # fmt: skip
            yield from edits()

    def indices(self):
        for path, part in self.parts:
            if isinstance(part, Item):
                yield from self._other_indices(path, part)

    def _other_indices(self, path, part):
        base, *indices = part.parts
        opposite = [_other_sign(index) for index in indices]
        if opposite != indices:
            other = Item(base, opposite, part.counting)
            yield self._edit("index", f"there is {part.text()} where {other.text()} belongs", path, other)
        for k, index in enumerate(indices):
            if opposite[k] is not index:
                other = Item(base, [*indices[:k], opposite[k], *indices[k + 1 :]], part.counting)
                yield self._edit("index", f"the index {index.text()} should be {opposite[k].text()}", path, other)
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
                says = f"the factors {a.text()} and {b.text()} are exchanged"
                yield self._edit("transpose", says, path, Product(part.signs, (b, a)))
                for x, y in ((a, turned(b)), (turned(a), b), (b, turned(a)), (turned(b), a)):
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

    def missing_matrices(self):
        if not self.has_matrices:
            return
        arrays = [name for name in [*self.values, *self.gradients] if self._ndim(name)]
        for path, part in self.terms():
            for name in arrays:
                for factor in (name, Transposed((name,))) if self._ndim(name) > 1 else (name,):
                    says = f"the factor {factor.text()} is missing"
                    yield self._edit("factor-missing", says, path, times(part, "@", factor))
                    yield self._edit("factor-missing", says, path, Product(("", "@"), (factor, part)))

    def missing_entries(self):
        """The last term of a sum of entries once more, with other indices."""
        last = self._last()
        items = [(path, part) for path, part in last.everywhere() if isinstance(part, Item)]
        literal = all(isinstance(one, Number) for _, item in items for one in item.parts[1:])
        if not items or not literal or not isinstance(self.tree, Sum):
            return
        there = {term.text() for term in self.tree.parts}
        for offset in itertools.product((1, 0, -1, 2, -2), repeat=len(items[0][1].parts) - 1):
            term = last
            for path, item in items:
                if len(item.parts) == len(offset) + 1:
                    shifted = [Number(one.number + k) for one, k in zip(item.parts[1:], offset, strict=True)]
                    term = term.replaced(path, Item(item.parts[0], shifted, item.counting))
            if term.text() not in there:
                whole = Sum([*self.tree.signs, "+"], [*self.tree.parts, term])
                yield Repair("term-missing", f"the term {term.text()} is missing", whole, last)


def _other_sign(index):
    """i + m as i − m; the same where there is no second term."""
    if not isinstance(index, Sum) or len(index.parts) < 2:
        return index
    return Sum([index.signs[0], *["-" if sign == "+" else "+" for sign in index.signs[1:]]], index.parts)
