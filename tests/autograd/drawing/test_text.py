"""Numbers, arrays and names as short text."""

import numpy as np
import pytest

from autograd.drawing.text import FIGURE_SPACE, aligned, argument, clean, digits, extent, rows


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.4, "0.4"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.333333"),
        (0.08216704056423078, "0.0821670"),
        (0.0821670, "0.082167"),
        (np.float32(0.1), "0.1"),
        (np.float32(1 / 3), "0.333333"),
        (np.float32(0.14859001), "0.148590"),
        (np.float16(0.1), "0.0999756"),
        (-1e-9, "−1e−09"),
        (123456.7, "123457"),
        (1234567.8, "1.23457e+06"),
        (0.0, "0"),
        (-0.0, "−0"),
        (np.nan, "nan"),
        (-np.inf, "−inf"),
        (np.int64(-12), "−12"),
        (True, "True"),
        (2 + 1j, "2+1j"),
        ("", "…"),
    ],
)
def test_digits(x, text):
    assert digits(x) == text


def test_four_digits_of_a_larger_number():
    assert digits(10360.4, 4) == "10360"
    assert digits(0.123456, 4) == "0.1235"


def test_rows():
    assert rows(np.arange(6.0).reshape(2, 3)) == [["0", "1", "2"], ["3", "4", "5"]]
    assert [len(row) for row in rows(np.arange(10))] == [4, 4, 2]
    assert [len(row) for row in rows(np.arange(6))] == [3, 3]
    assert [len(row) for row in rows(np.zeros((1, 12)))] == [6, 6]
    assert rows(np.float64(2)) == [["2"]]
    assert rows(np.zeros((0, 3))) == rows(np.zeros((3, 0))) == []


def test_aligned_puts_decimal_points_in_one_column():
    a, b, c = aligned(["1.5", "20.25", "nan"])
    assert (a, b, c) == (FIGURE_SPACE + "1.5", "20.25", "nan")
    assert aligned(["5"]) == ["5"]


def test_extent():
    assert extent(np.array([-1.5, 2.0])) == "−1.5 … 2"
    assert extent(np.array([3, 3])) == "3"
    assert extent(np.array([np.inf, -np.inf, np.nan])) == "1 nan, 1 inf, 1 −inf"
    assert extent(np.zeros(0)) == "empty"


def test_clean():
    assert clean("  a \n b\t") == "a b"
    assert clean("x" * 40, 10) == "x" * 9 + "…"
    assert clean("\x00") == "\ufffd"
    assert clean(7) == "7"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((2, 2), "(2, 2)"),
        ((1,), "(1,)"),
        ("same", "'same'"),
        (slice(1, None), "1:"),
        (slice(None, None, -1), "::−1"),
        ((slice(None), ..., None), "(:, …, None)"),
        (np.arange(3), "[0, 1, 2]"),
        (np.zeros((4, 5)), "float64 (4, 5)"),
        (np.float64(0.1), "0.1"),
        (list(range(7)), "7 entries"),
        (np.float32, "float32"),
        (np.dtype("float32"), "float32"),
    ],
)
def test_argument(value, text):
    assert argument(value) == text
