"""What a learner wrote down: a number, an array, a function, or text as printed in a book.

Text means "to the digits given": ``"0.082167041"`` agrees with everything that rounds to it.
"""

import inspect
import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property

import numpy as np

from ..tensors import Tensor, raw

RELATIVE = 1e-6
"""Numbers agree where they differ by less than this part of the truth (and of the largest entry)."""

LOOSE = 1e-4
"""The same where the numbers, or the graph, are float16 or float32."""


class Given:
    """By-hand numbers and how exactly they were given.

    value : float64 array or scalar
    slack : half a unit of the last digit printed, for each entry; 0 where numbers were given
    text : whether they were given as printed digits
    narrow : whether they come from float16 or float32
    """

    def __init__(self, by_hand, arrays, name):
        self.text = self.narrow = False
        self.slack = 0.0
        if callable(by_hand) and not isinstance(by_hand, Tensor):
            by_hand = _call(by_hand, arrays, name)
        by_hand = raw(by_hand)
        if _holds_text(by_hand):
            self.text = True
            self.value, self.slack = _read(by_hand, name)
            return
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

    @property
    def shape(self):
        return np.shape(self.value)

    def reshape(self, shape):
        """The one number given, for a value of one entry."""
        self.value = np.reshape(self.value, shape)[()]
        if np.ndim(self.slack):
            self.slack = np.reshape(self.slack, shape)[()]

    @cached_property
    def digits(self):
        """How many digits are given in all: how much it means that some other number agrees."""
        value, slack = np.abs(np.atleast_1d(self.value)), np.broadcast_to(self.slack, self.shape)
        with np.errstate(all="ignore"):
            each = np.where(slack > 0, np.log10(value / slack), -np.log10(RELATIVE))
        return float(np.sum(np.clip(np.nan_to_num(each, nan=0.0, neginf=0.0), 0.0, 16.0)))

    def agrees(self, truth, extra=0.0, loose=False):
        """Whether every entry is right, give or take ``extra``."""
        return self.shape == np.shape(truth) and bool(np.all(self.agreeing(truth, extra, loose)))

    def agreeing(self, truth, extra=0.0, loose=False):
        """For each entry whether it is right; NaN agrees with NaN."""
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
            same = (self.value == truth) | (np.isnan(self.value) & np.isnan(truth))
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
        return bool(np.all(cut | self.agreeing(truth)))


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
        if isinstance(item, list | tuple):
            todo.extend(item)
    return False


def _read(value, name):
    """(array, slack) of nested lists of text."""
    texts = np.array(value, dtype=object)
    if any(isinstance(item, list | tuple) for item in texts.flat):
        raise _uneven(name, value)
    pairs = [_number(item, name) for item in texts.flat]
    shape = texts.shape
    return tuple(np.reshape([pair[k] for pair in pairs], shape).astype(np.float64)[()] for k in (0, 1))


def _number(text, name):
    """(the number, half a unit of its last digit)."""
    if not isinstance(text, str):
        try:
            return float(text), RELATIVE * abs(float(text))
        except (TypeError, ValueError) as error:
            raise TypeError(f"check_by_hand: {name}: {text!r} is no number") from error
    plain = text.strip().replace("−", "-").replace("\N{NO-BREAK SPACE}", " ")
    if re.fullmatch(r"[+-]?\d+\s*/\s*\d+", plain):
        try:
            exact = float(Fraction(plain.replace(" ", "")))
        except ZeroDivisionError as error:
            raise ValueError(f"check_by_hand: {name}: {text!r} divides by 0") from error
        return exact, RELATIVE * abs(exact)
    plain = re.sub(r"\s*[×x·*]\s*10\s*(?:\^|\*\*)?\s*\{?([+-]?\d+)\}?$", r"e\1", plain)
    plain = re.sub(r"(?<=\d) (?=\d)", "", plain)
    try:
        number = Decimal(plain)
    except InvalidOperation as error:
        hint = "\n  write a decimal point, and nothing between thousands" if "," in text else ""
        raise ValueError(f"check_by_hand: {name}: cannot read {text!r} as a number{hint}") from error
    exponent = number.as_tuple().exponent
    slack = 0.5 * 10.0**exponent if isinstance(exponent, int) else 0.0
    return float(number), slack * (1 + 1e-6)


def _uneven(name, value):
    return ValueError(f"check_by_hand: {name}: the rows have unequal lengths\n  by hand: {_short(value)}")


def _short(value):
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
