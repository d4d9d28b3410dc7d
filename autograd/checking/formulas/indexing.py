"""Entries and sums over indices: ``Σ(m, n) δ[m, n] · x[i + m, j + n]``.

Each letter is an axis of its own, so that all entries are computed at once. A letter that no sum declares is free: the
formula holds for each of its values. What lies outside an array counts as 0, as the zeros around a padded picture do.
"""

from dataclasses import dataclass

import numpy as np

from .tree import ATOM, PRODUCT, EvaluationError, Name, Numbers, Part

MOST_ENTRIES = 20_000_000


@dataclass(frozen=True)
class Letter:
    """An index."""

    letter: str


class Counting:
    """From where indices count: from 0 in code; in LaTeX from 1 where numbers stand as indices, and none is 0.

    inside : how many indices the parser is within; letters : the indices met so far
    """

    def __init__(self, from_one=False):
        self._from_one, self._least = from_one, None
        self.inside, self.letters = 0, set()
        self.of_code = self if not from_one else Counting()

    def met(self, number):
        self._least = number if self._least is None else min(number, self._least)

    @property
    def start(self):
        return int(self._from_one and self._least is not None and self._least >= 1)


class Item(Part):
    """base[i, j]: the first part is the base, the others the indices."""

    __slots__ = ("counting",)
    binds = ATOM

    def __init__(self, base, indices, counting, at=None):
        super().__init__((base, *indices), at)
        self.counting = counting

    @property
    def start(self):
        return self.counting.start

    def value(self, numbers):
        base, *indices = [part.value(numbers) for part in self.parts]
        base = np.asarray(base)
        if base.ndim != len(indices):
            said = f"has {base.ndim} axes, and {len(indices)} indices were given"
            raise EvaluationError(self, said)
        inside, places = True, []
        for one, length in zip(indices, base.shape, strict=True):
            place = np.rint(one).astype(int) - self.start
            if np.any(np.abs(np.rint(one) - one) > 1e-9):
                raise EvaluationError(self, "has an index that is no whole number")
            try:
                inside = inside & (place >= 0) & (place < length)
            except ValueError as error:
                raise EvaluationError(self, "has indices that are arrays of several lengths") from error
            places.append(np.clip(place, 0, max(length - 1, 0)))
        if np.ndim(inside) == 0 and not inside:
            raise EvaluationError(self, f"lies outside the array\n  shape: {base.shape}")
        return np.where(inside, base[tuple(places)], 0.0)[()] if base.size else np.zeros(np.shape(inside))

    def text(self):
        base, *indices = self.parts
        return f"{base.inside(ATOM)}[{', '.join(one.text() for one in indices)}]"

    def with_parts(self, parts):
        return Item(parts[0], parts[1:], self.counting, self.at)


class Total(Part):
    """Σ over indices of what follows; bounds : {letter: [lower, upper]}, each a Part or None."""

    __slots__ = ("letters", "bounds", "counting")
    binds = PRODUCT

    def __init__(self, letters, body, bounds, counting, at=None):
        super().__init__((body,), at)
        self.letters, self.bounds, self.counting = tuple(letters), dict(bounds), counting

    def value(self, numbers):
        value = self.parts[0].value(numbers)
        for letter in self.letters:
            axis, length = numbers.axis_of(letter)
            if np.ndim(value) > axis and np.shape(value)[axis] > 1:
                value = np.sum(value, axis=axis, keepdims=True)
            else:  # it does not depend on the index
                value = value * length
        return value

    def text(self):
        return f"Σ({', '.join(self.letters)}) {self.parts[0].inside(PRODUCT)}"

    def with_parts(self, parts):
        return Total(self.letters, parts[0], self.bounds, self.counting, self.at)


class Indexed(Numbers):
    """Numbers, with an axis for each index."""

    of_entries = True

    def __init__(self, numbers, axes):
        self._numbers, self._axes = numbers, axes  # {letter: (its axis, the values that it runs through)}

    def number(self, part):
        return self._numbers.number(part)

    def axis_of(self, letter):
        axis, values = self._axes[letter]
        return axis, len(values)

    def of(self, reference):
        if not isinstance(reference, Letter):
            return self._numbers.of(reference)
        axis, values = self._axes[reference.letter]
        shape = [1] * len(self._axes)
        shape[axis] = len(values)
        return values.reshape(shape).astype(float)


def item_of(part):
    """What an entry is an entry of; else the part itself."""
    return part.parts[0] if isinstance(part, Item) else part


def letters_in(tree):
    """The indices that occur in a tree, in order."""
    found = []
    for _, part in tree.everywhere():
        if isinstance(part, Name) and isinstance(part.reference, Letter):
            found.append(part.reference.letter)
        elif isinstance(part, Total):
            found += part.letters
    return list(dict.fromkeys(found))


def value_of(tree, numbers, free=None):
    """The value of a tree; of one with indices an array with an axis for each free index.

    free : {letter: length} of the free indices in the order of the axes, where they are known; else as they occur
    """
    letters = letters_in(tree)
    if not letters and not free:
        return tree.value(numbers)
    ranges = _ranges(tree, numbers, dict(free or {}))
    order = [*(free or {}), *[letter for letter in letters if letter not in (free or {})]]
    axes = {letter: (k, ranges[letter]) for k, letter in enumerate(order)}
    if np.prod([float(len(ranges[letter])) for letter in order]) > MOST_ENTRIES:
        raise EvaluationError(tree, "the indices run through too many entries")
    value = tree.value(Indexed(numbers, axes))
    bound = {letter for _, part in tree.everywhere() if isinstance(part, Total) for letter in part.letters}
    shape = [1 if letter in bound else len(ranges[letter]) for letter in order]
    try:
        value = np.broadcast_to(value, shape)
    except ValueError as error:
        raise EvaluationError(tree, "has entries beside those of its indices: give each array its indices") from error
    kept = [k for k, letter in enumerate(order) if letter not in bound]
    return np.reshape(value, [shape[k] for k in kept])[()]


def _ranges(tree, numbers, lengths):
    """{letter: the values that it runs through}."""
    starts, ranges = {}, {}
    for _, part in tree.everywhere():
        if isinstance(part, Total):
            for letter, (lower, upper) in part.bounds.items():
                if upper is not None:
                    low = 0 if lower is None else lower.value(numbers)
                    high = upper.value(numbers)
                    if not (np.ndim(high) == 0 and 0 <= high - low < 1e6):
                        raise EvaluationError(part, f"the index {letter} runs through nothing that can be summed")
                    ranges[letter] = np.arange(round(float(low)), round(float(high)) + 1)
        if isinstance(part, Item):
            base, *indices = part.parts
            for axis, index in enumerate(indices):
                if isinstance(index, Name) and isinstance(index.reference, Letter):
                    letter, shape = index.reference.letter, np.shape(base.value(numbers))
                    starts[letter] = part.start
                    if len(shape) != len(indices):
                        continue  # said when it is computed
                    known = lengths.setdefault(letter, shape[axis])
                    if known != shape[axis] and letter not in ranges:
                        said = f"the index {letter} runs through {known} entries elsewhere and through {shape[axis]} "
                        raise EvaluationError(part, said + "here: declare its range")
    for letter in dict.fromkeys([*letters_in(tree), *lengths]):
        if letter not in ranges:
            if letter not in lengths:
                raise EvaluationError(tree, f"nothing says how far the index {letter} runs: it stands nowhere alone")
            start = starts.get(letter, 0)
            ranges[letter] = np.arange(start, start + lengths[letter])
    return ranges
