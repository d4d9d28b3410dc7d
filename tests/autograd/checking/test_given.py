"""How by-hand values are read, and what agrees with them."""

import numpy as np
import pytest

import autograd as ag
from autograd.checking.given import Given


def given(value, **arrays):
    return Given(value, arrays, "w")


@pytest.mark.parametrize(
    ("text", "number", "slack"),
    [
        ("0.082167041", 0.082167041, 0.5e-9),
        ("-0.0226", -0.0226, 0.5e-4),
        ("−0.0226", -0.0226, 0.5e-4),
        (" 12 ", 12.0, 0.5),
        ("1.5e-3", 0.0015, 0.5e-4),
        ("2.5 · 10^-3", 0.0025, 0.5e-4),
        ("2.5×10**4", 25000.0, 500.0),
        ("0.082 167 041", 0.082167041, 0.5e-9),
        ("1/4", 0.25, 0.25e-6),
        ("−3 / 8", -0.375, 0.375e-6),
    ],
)
def test_text_means_to_the_digits_given(text, number, slack):
    one = given(text)
    assert one.text and one.value == pytest.approx(number, rel=1e-12)
    assert one.slack == pytest.approx(slack, rel=1e-3)


def test_what_agrees_with_text():
    one = given("0.082")
    assert one.agrees(0.08249) and one.agrees(0.0815) and not one.agrees(0.08251) and not one.agrees(0.0814)


def test_nested_lists_of_text_and_numbers():
    one = given([["0.5", "-1"], [2, "3.25"]])
    assert one.shape == (2, 2) and one.value.tolist() == [[0.5, -1], [2, 3.25]]
    assert one.agrees([[0.54, -1.4], [2, 3.254]]) and not one.agrees([[0.54, -1.4], [2.1, 3.254]])
    assert given(np.array(["0.5", "1.5"])).value.tolist() == [0.5, 1.5]


def test_numbers_agree_to_six_digits():
    assert given(0.5).agrees(0.5 + 4e-7) and not given(0.5).agrees(0.5 + 6e-7)
    assert given([1.0, 1e-10]).agrees([1.0, 0.0])  # beside a large entry a tiny one is rounding
    assert not given(1e-10).agrees(0.0)
    assert given(np.float32(0.5)).agrees(0.5 + 4e-5)


def test_nan_and_infinity():
    assert given(np.nan).agrees(np.nan) and given(np.inf).agrees(np.inf)
    assert not given(np.inf).agrees(-np.inf) and not given(1.0).agrees(np.inf) and not given(np.nan).agrees(1.0)
    assert np.isnan(given("nan").value)


@pytest.mark.parametrize(
    ("texts", "truth", "agree"),
    [
        (["0", "0.4"], [0.04, 0.4], True),  # at most the half digit of the others
        (["0", "0.4"], [0.3, 0.4], False),
        (["0", "0", "-0.4"], [0.0, 0.06, -0.4], False),
        (["0", "0"], [0.4, 0.0], False),  # alone it is exact
        (["0.00", "0"], [0.003, 0.0], True),
        (["1", "0.38"], [1.3, 0.38], False),  # as few digits as no other one has
        (["12", "0.38"], [12.3, 0.38], True),
        (["1", "3"], [1.3, 2.6], True),
        (["0.4", "0.382917"], [0.43, 0.382917], False),
        (["0.001234", "123.4"], [0.0012342, 123.43], True),
        ([0, "0.4"], [0.3, 0.4], False),
        (["1.35", "0.31259"], [1.34996, 0.31259], True),  # the zeros at its end were not printed
        (["1.35", "0.31259"], [1.3489, 0.31259], False),
    ],
)
def test_few_digits_are_as_exact_as_the_others_of_the_tensor(texts, truth, agree):
    assert given(texts).agrees(truth) == agree


@pytest.mark.parametrize(
    "value",
    [
        [0.5, None, 2.0],
        ["0.5", "?", "2.0"],
        ["0.5", "", "2.0"],
        ["0.5", None, 2.0],
        [0.5, np.nan, 2.0],
        np.ma.masked_array([0.5, 7.0, 2.0], [False, True, False]),
        np.array([0.5, None, 2.0], dtype=object),
    ],
)
def test_blanks_are_not_judged(value):
    one = given(value)
    assert one.blank.tolist() == [False, True, False]
    assert one.agrees([0.5, 3.0, 2.0]) and not one.agrees([0.6, 3.0, 2.0])
    assert one.filled(np.array([0.5, 3.0, 2.0])).tolist() == [0.5, 3.0, 2.0]


@pytest.mark.parametrize("value", [None, "?", np.nan, [None, None], ["", "?"]])
def test_what_is_all_blank_agrees_with_nothing(value):
    one = given(value)
    assert one.all_blank and not one.agrees(np.ones(one.shape)) and one.digits == 0


def test_how_many_digits_are_given():
    assert given("0.0822").digits == pytest.approx(3.2, abs=0.1)
    assert given("0.2").digits < 1 and given("9").digits < 1.5 and given("0").digits == 0
    assert given(0.1).digits == 6 and given(np.ones((2, 2))).digits == 24
    assert given(["0.20", "0.30"]).digits > 3 and given("nan").digits < 20


def test_digits_cut_off():
    assert given("0.082667").cut_off(0.08266763)
    assert not given("0.08").cut_off(0.0866) and not given("-0.082667").cut_off(0.08266763)
    assert not given(0.082667).cut_off(0.08266763)


def test_a_function_of_named_arrays():
    one = given(lambda x, y, scale=2: scale * x * y, x=3.0, y=np.array([1.0, 2.0]))
    assert one.value.tolist() == [6.0, 12.0]
    assert given(lambda x, /: x + 1, x=3.0).value == 4.0
    assert given(lambda **others: 7).value == 7.0


def test_a_function_that_asks_for_what_has_no_name():
    with pytest.raises(ValueError, match=r"(?s)no name on the tape.*asked: z\n.*named: x, y\n"):
        given(lambda x, z: x, x=1.0, y=2.0)


def test_a_tensor_is_its_array():
    assert given(ag.Tensor([1.0, 2.0])).value.tolist() == [1, 2]
    assert given(lambda: ag.Tensor(2.0)).value == 2.0


@pytest.mark.parametrize("text", ["zero", "1.2.3", "0x1f"])
def test_text_that_is_no_number(text):
    with pytest.raises(ValueError, match=r"w: cannot read"):
        given(text)


def test_a_decimal_comma_is_not_guessed_at():
    with pytest.raises(ValueError, match="decimal point"):
        given("0,082")


@pytest.mark.parametrize("value", [[[1.0], [1.0, 2.0]], [["1"], ["1", "2"]]])
def test_rows_of_unequal_length(value):
    with pytest.raises(ValueError, match="unequal lengths"):
        given(value)


@pytest.mark.parametrize("value", [1j, object(), {"a": 1}])
def test_what_is_no_number(value):
    with pytest.raises(TypeError, match="no array of real numbers"):
        given(value)


def test_text_beside_what_is_no_number():
    with pytest.raises(TypeError, match="1j is no number"):
        given(["1", 1j])
    with pytest.raises(ValueError, match="divides by 0"):
        given("1/0")


# -- tables ------------------------------------------------------------------------------------


@pytest.fixture
def layer():
    x = np.arange(12.0).reshape(4, 3) / 10
    w = ag.Tensor([[0.1, -0.2], [0.3, 0.4], [-0.5, 0.6]], requires_grad=True, name="W")
    b = ag.Tensor([0.1, 0.2], requires_grad=True, name="b")
    with ag.tape():
        y = x @ w + b
        e = 0.5 * ag.sum(ag.square(y))
    return e, w, b


def test_a_table_of_numbers_is_a_value_with_its_digits_and_blanks(layer, tmp_path):
    e, w, _ = layer
    (by_w,) = ag.gradients(e, [w], retain_graph=True)
    lines = [";".join(f"{v:.2f}".replace(".", ",") for v in row) for row in by_w]
    lines[1] = "?;" + lines[1].split(";")[1]
    file = tmp_path / "dW.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    for table in (file, "\n".join(lines)):
        report = ag.check_by_hand(e, {w: table})
        assert report.ok and "1 of 6 entries are blank" in report["W"].remark
        assert 0 < report["W"].max_abs_error < 5e-3  # to the digits given
    assert not ag.check_by_hand(e, {w: "\n".join([lines[0], "0;0", lines[2]])}).ok


def test_all_of_a_derivation_in_one_table(layer, tmp_path):
    e, w, b = layer
    by_w, by_b = ag.gradients(e, [w, b], retain_graph=True)
    rows = ["gradient,by hand", *[f"{'W' if not k else ''},{p:.3f},{q:.3f}" for k, (p, q) in enumerate(by_w)]]
    text = "\n".join([*rows, f"∂E / ∂b,{by_b[0]:.3f},?", "y"])
    report = ag.check_by_hand(e, text)
    assert [row.verdict for row in report.rows] == ["undecided", "right", "right"]
    file = tmp_path / "answers.csv"
    file.write_text(text.replace(f"{by_b[0]:.3f}", "9.5"), encoding="utf-16")
    assert [row.name for row in ag.check_by_hand(e, file).wrong_steps] == ["b"]


def test_tables_that_cannot_be_read(layer, tmp_path):
    e, w, _ = layer
    with pytest.raises(ValueError, match=r"(?s)no name in the graph: V.*named: W, b"):
        ag.check_by_hand(e, "W,1\nV,2\n")
    with pytest.raises(ValueError, match="line 2 of the table: no number: 'x'"):
        ag.check_by_hand(e, {w: "1,2\nx,3\n4,5"})
    with pytest.raises(ValueError, match="two values of one name: W"):
        ag.check_by_hand(e, "W,1\nb,2\nW,3\n")
    with pytest.raises(ValueError, match="has no name"):
        ag.check_by_hand(e, ",1,2\nW,3,4\n")
    with pytest.raises(FileNotFoundError):
        ag.check_by_hand(e, {w: tmp_path / "none.csv"})
