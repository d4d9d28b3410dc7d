"""What a learner wrote down: a number, an array, a function, or text as printed in a book.

Text means "to the digits given": ``"0.082167041"`` agrees with everything that rounds to it. What is left blank
(``None``, ``"?"``, an empty cell, NaN, a masked entry) is not judged.
"""

import inspect
import re
from copy import copy
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property

import numpy as np

from ..arrays import is_of_another_library, of_another_library
from ..tensors import Tensor, raw

RELATIVE = 1e-6
"""Numbers agree where they differ by less than this part of the truth (and of the largest entry)."""

LOOSE = 1e-4
"""The same where the numbers, or the graph, are float16 or float32."""

BLANKS = {"", "?", "??", "???", "…", "...", "-", "–", "—", "_", "nan", "none", "n/a"}
"""Text that stands where nothing was filled in, in small letters."""


class Given:
    """By-hand numbers and how exactly they were given.

    value : float64 array or scalar
    slack : half a unit of the last digit printed, for each entry; 0 where numbers were given
    blank : which entries were left blank; their value is NaN
    text : whether they were given as printed digits
    narrow : whether they come from float16 or float32
    written : the shape in which they were given, where singleton axes were put in or taken out since; else None
    formula : the Formula that they come from, or None; broken : why it comes to nothing, or ""
    read : what was done to the numbers as given, to read them in another convention: (function, scale) of each
    """

    def __init__(self, by_hand, arrays, name):
        self.text = self.narrow = False
        self.slack, self.written, self.formula, self.broken, self.read = 0.0, None, None, "", ()
        if callable(by_hand) and not isinstance(by_hand, Tensor):
            by_hand = _call(by_hand, arrays, name)
        by_hand = raw(by_hand)
        if is_of_another_library(by_hand):  # detached: a gradient of PyTorch may have a history of its own
            alone = by_hand.detach() if hasattr(by_hand, "detach") else by_hand
            by_hand = of_another_library(alone, "check_by_hand", name)
        if _holds_text(by_hand):
            self.text = True
            self.value, self.slack = _read(by_hand, name)
            self.blank = np.isnan(self.value)
            return
        by_hand = _without_blanks(by_hand)
        try:
            value = np.asarray(by_hand)
        except ValueError as error:
            raise _uneven(name, by_hand) from error
        if value.dtype.kind not in "fiub":
            raise TypeError(
                f"check_by_hand: {name}: the by-hand value is no array of real numbers\n  by hand: {_short(by_hand)}"
            )
        self.narrow = value.dtype.kind == "f" and value.dtype.itemsize < 8
        self.value = value.astype(np.float64)[()]
        self.blank = np.isnan(self.value)

    @property
    def shape(self):
        return np.shape(self.value)

    def reshape(self, shape):
        """The same numbers, for a value of another shape."""
        self.value = np.reshape(self.value, shape)[()]
        self.blank = np.reshape(self.blank, shape)[()]
        if np.size(self.slack) == np.size(self.value):
            self.slack = np.reshape(self.slack, shape)[()]

    def fit(self, shape):
        """Take the shape of the value where one number was given, or where singleton axes are all that differs."""
        mine = self.shape
        if mine == shape or np.size(self.value) != np.prod(shape, dtype=int):
            return
        if np.size(self.value) == 1:
            self.reshape(shape)
        elif len(mine) != len(shape) and [n for n in mine if n > 1] == [n for n in shape if n > 1]:
            self.written = mine
            self.reshape(shape)

    def filled(self, truth):
        """The by-hand value, with the true one where it was left blank."""
        return np.where(self.blank, truth, self.value)[()] if np.any(self.blank) else self.value

    def changed(self, function, scale=1.0):
        """The same numbers as ``scale · function(values)``: read in another convention."""
        one = copy(self)
        for cached in ("digits", "all_blank", "_largest"):
            one.__dict__.pop(cached, None)
        one.value = (np.asarray(function(self.value)) * scale)[()]
        one.slack = (np.asarray(function(np.broadcast_to(self.slack, self.shape))) * abs(scale))[()]
        one.blank = np.isnan(one.value)
        one.read = (*self.read, (function, scale))
        return one

    @classmethod
    def of_formula(cls, formula, value, slack, broken=""):
        """What a formula comes to; ``slack`` says how far it may be off, as the numbers in it were rounded."""
        one = cls(value, {}, "")
        one.formula, one.broken = formula, broken
        if np.any(slack):
            one.text, one.slack = True, slack + RELATIVE * np.abs(one.value)
        return one

    @cached_property
    def all_blank(self):
        """Whether there are entries, and all of them were left blank."""
        return bool(np.size(self.blank)) and bool(np.all(self.blank))

    @cached_property
    def digits(self):
        """How many digits are given in all: how much it means that some other number agrees."""
        value, slack = np.abs(np.atleast_1d(self.value)), np.broadcast_to(self.slack, self.shape)
        with np.errstate(all="ignore"):
            each = np.where(slack > 0, np.log10(value / slack), -np.log10(RELATIVE))
            each = np.where(np.isnan(value) | (value == 0 if self.text else False), 0.0, each)
        return float(np.sum(np.clip(np.nan_to_num(each, nan=0.0, neginf=0.0), 0.0, 16.0)))

    def agrees(self, truth, extra=0.0, loose=False):
        """Whether every entry that is not blank is right, give or take ``extra``; nothing agrees that is all blank."""
        if self.shape != np.shape(truth) or (self.all_blank and not np.all(np.isnan(truth))):
            return False
        return bool(np.all(self.agreeing(truth, extra, loose)))

    def may_agree(self, truth, extra=0.0):
        """False where ``agrees(truth, extra, loose=True)`` is surely False: a look at the largest entry alone."""
        if self._largest is None or np.size(truth) != np.size(self.value):
            return True
        k, value, slack = self._largest
        other = float(truth.flat[k] if np.ndim(truth) else truth)
        return not abs(value - other) > slack + extra + 2 * LOOSE * (abs(value) + abs(other))

    @cached_property
    def _largest(self):
        """(where the largest entry is, that, its slack), or None."""
        if not np.size(self.value) or np.all(self.blank):
            return None
        k = int(np.nanargmax(np.abs(self.value)))
        return k, float(np.ravel(self.value)[k]), float(np.ravel(np.broadcast_to(self.slack, self.shape))[k])

    def agreeing(self, truth, extra=0.0, loose=False):
        """For each entry whether it is right or blank."""
        truth = np.asarray(truth, dtype=np.float64)
        with np.errstate(all="ignore"):
            off = np.abs(self.value - truth)
            loose = loose or self.narrow
            relative, of_largest = (LOOSE, 0.1 * LOOSE) if loose else (RELATIVE, 1e-3 * RELATIVE)
            if self.text:
                allowed = self.slack + extra
            else:
                largest = np.max(np.abs(truth), initial=0.0, where=np.isfinite(truth))
                # of the largest entry: a sum of many terms loses the last digits of a small one
                allowed = relative * np.abs(truth) + of_largest * largest + extra
            same = (self.value == truth) | self.blank
            return same | (np.isfinite(truth) & (off <= allowed))

    def cut_off(self, truth):
        """Whether the digits printed are right but cut off where they should have been rounded."""
        if not self.text or self.shape != np.shape(truth):
            return False
        truth = np.asarray(truth, dtype=np.float64)
        with np.errstate(all="ignore"):
            short = np.abs(truth) - np.abs(self.value)
            long_enough = np.abs(self.value) >= 200 * self.slack  # three digits at least
            cut = (np.sign(self.value) == np.sign(truth)) & (short >= 0) & (short < 2 * self.slack) & long_enough
        return not self.all_blank and bool(np.all(cut | self.agreeing(truth)))


def _call(function, arrays, name):
    """The function's result; its parameters are looked up among the graph's named values."""
    parameters = inspect.signature(function).parameters.values()
    plain = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    missing = [p.name for p in plain if p.name not in arrays and p.default is p.empty]
    if missing:
        raise ValueError(
            f"check_by_hand: {name}: the function asks for what has no name on the tape\n"
            f"  asked: {', '.join(missing)}\n  named: {', '.join(sorted(arrays)) or 'nothing'}\n"
            "  give the tensors names with name=, and write _ for a dot in a name"
        )
    by_name = {p.name: arrays[p.name] for p in plain if p.name in arrays}
    return function(
        *[by_name.pop(p.name) for p in plain if p.kind is p.POSITIONAL_ONLY and p.name in by_name], **by_name
    )


def _holds_text(value):
    """Whether a value is text, or nested lists with text in them."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            return True
        if isinstance(item, np.ndarray) and item.dtype.kind == "U":
            return True
        if isinstance(item, np.ndarray) and item.dtype == object:
            todo.extend(item.flat)
        if isinstance(item, list | tuple):
            todo.extend(item)
    return False


def _without_blanks(value):
    """Numbers with NaN for ``None`` and for masked entries."""
    if value is None:
        return np.nan
    if isinstance(value, np.ma.MaskedArray):
        return np.ma.filled(value.astype(np.float64), np.nan)
    if isinstance(value, list | tuple):
        return [_without_blanks(item) for item in value]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return _without_blanks(value.tolist())
    return value


def _read(value, name):
    """(array, slack) of nested lists of text."""
    if isinstance(value, np.ma.MaskedArray):
        value = np.ma.filled(value.astype(object), "?")
    texts = np.array(value, dtype=object)
    if any(isinstance(item, list | tuple) for item in texts.flat):
        raise _uneven(name, value)
    read = [_number(item, name) for item in texts.flat]
    numbers, slack = np.array([one[0] for one in read]), np.array([one[1] for one in read])
    slack = _as_the_others([one[2] for one in read], numbers, slack)
    return tuple(np.reshape(one, texts.shape).astype(np.float64)[()] for one in (numbers, slack))


def _as_the_others(digits, numbers, slack):
    """The slack, where a number of fewer digits than any other one is only as inexact as those.

    A bare 0 beside "0.4" means exactly 0, or at most the half digit of that; alone it is exact.
    """
    shown = [k for k, one in enumerate(digits) if one is not None and numbers[k]]
    slack = slack.copy()
    for k, one in enumerate(digits):
        if one is None:
            continue
        others = [j for j in shown if j != k]
        if not others:
            if not numbers[k] and not one[1]:
                slack[k] = 0.0
        elif all(one[0] < digits[j][0] and one[1] < digits[j][1] for j in others):
            least = min(digits[j][0] for j in others)  # as many significant digits as those: "1.35" may be 1.3500
            same = 0.5 * 10.0 ** (np.floor(np.log10(abs(numbers[k]))) + 1 - least) if numbers[k] else 0.0
            slack[k] = min(slack[k], max(same, *[slack[j] for j in others]))
    return slack


def _number(text, name):
    """(the number, half a unit of its last digit, (its significant digits, its decimals) or None if it is exact)."""
    if text is None:
        return np.nan, 0.0, None
    if not isinstance(text, str):
        try:
            return float(text), RELATIVE * abs(float(text)), None
        except (TypeError, ValueError) as error:
            raise TypeError(f"check_by_hand: {name}: {text!r} is no number") from error
    if text.strip().lower() in BLANKS:
        return np.nan, 0.0, None
    plain = text.strip().replace("−", "-").replace("\N{NO-BREAK SPACE}", " ")
    if re.fullmatch(r"[+-]?\d+\s*/\s*\d+", plain):
        try:
            exact = float(Fraction(plain.replace(" ", "")))
        except ZeroDivisionError as error:
            raise ValueError(f"check_by_hand: {name}: {_short(text)} divides by 0") from error
        return exact, RELATIVE * abs(exact), None
    plain = re.sub(r"\s*[×x·*]\s*10\s*(?:\^|\*\*)?\s*\{?([+-]?\d+)\}?$", r"e\1", plain)
    plain = re.sub(r"(?<=\d) (?=\d)", "", plain)
    try:
        number = Decimal(plain)
    except InvalidOperation as error:
        hint = "\n  write a decimal point, and nothing between thousands" if "," in text else ""
        raise ValueError(f"check_by_hand: {name}: cannot read {_short(text)} as a number{hint}") from error
    if not number.is_finite():
        return float(number), 0.0, None
    digits, exponent = number.as_tuple()[1:]
    slack = 0.5 * 10.0**exponent * (1 + 1e-6)
    significant = len(digits) if any(digits) else 0
    return float(number), slack, (significant, max(0, -exponent))


def is_formula(value):
    """Whether a by-hand value is text that is no number, but may be a formula."""
    if not isinstance(value, str) or not re.search(r"[^\W\d_]|.\s*[-+*/(=√^@·]", value):
        return False
    try:
        _number(value, "")
    except ValueError:
        return True
    return False


def _uneven(name, value):
    return ValueError(f"check_by_hand: {name}: the rows have unequal lengths\n  by hand: {_short(value)}")


def _short(value):
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
