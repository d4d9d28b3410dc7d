"""What a report shows: the table, the mistakes, the HTML, the error; and the names of things."""

import html.parser
import re

import numpy as np
import pytest

import autograd as ag
from autograd.checking.by_hand import check_by_hand
from autograd.checking.report import DerivationError
from autograd.taped.naming import assigned_variable
from autograd.testing import assert_gradients_match


def wrong_report():
    w = ag.Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, name="w<1>")
    v = ag.Tensor(0.5, requires_grad=True, name="v")
    with ag.tape():
        h = ag.sigmoid(w).sum()
        e = ag.square(h * v)
    y = 1 / (1 + np.exp(-w.data))
    delta = 2 * y.sum() * 0.25
    return check_by_hand(e, {w: delta * y**3, v: "6.5"})


def test_the_table_is_aligned():
    lines = str(wrong_report()).splitlines()
    header = next(line for line in lines if "verdict" in line)
    rows = [line for line in lines if line.startswith("∂e/∂") and ("✗" in line or "✓" in line)]
    assert len(rows) == 2
    at = header.index("verdict")
    assert all(row[at] in "✗✓" and row[at - 1] == " " for row in rows)
    assert all(len(line) <= 110 for line in lines)


def test_a_row_has_what_is_promised():
    row = wrong_report()["w<1>"]
    assert (row.name, row.shape, row.ok, row.step_ok, row.follows) == ("w<1>", (2, 3), False, False, False)
    off = np.abs(row.given.value - row.truth)
    assert row.max_abs_error == off.max() and row.worst == np.unravel_index(off.argmax(), off.shape)
    assert row.max_rel_error == pytest.approx((off / np.abs(row.truth)).max())
    assert row.finite_difference_error < 1e-6
    assert repr(row).startswith("<Row ∂e/∂w<1>: wrong")


def test_where_nothing_matches_it_shows_where_the_difference_sits():
    report = wrong_report()
    assert report["w<1>"].mistake is None and report["v"].mistake is None
    text = str(report)
    assert "Nothing in the catalogue" in text and "entries are off" in text
    assert "the first wrong step" in text and text.count("first wrong step") == 1


class Parser(html.parser.HTMLParser):
    """Checks that tags nest, and collects the text."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attributes):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_data(self, data):
        self.text.append(data)


def test_the_html_nests_and_is_escaped():
    source = wrong_report()._repr_html_()
    parser = Parser()
    parser.feed(source)
    assert not parser.open
    assert "∂e/∂w<1>" in "".join(parser.text)
    assert "w<1>" not in source


def test_the_heat_map_has_a_cell_for_each_wrong_entry():
    w = ag.Tensor(np.zeros((2, 3, 4)), requires_grad=True, name="w")
    with ag.tape():
        e = ag.sin(w).sum()
    by_hand = np.ones((2, 3, 4))
    by_hand[0, 1, 2] = 3
    by_hand[1, 2, 3] = -4
    source = check_by_hand(e, {w: by_hand})._repr_html_()
    assert sorted(re.findall(r"<title>(.*?)</title>", source)) == ["-5", "2"]
    assert "[0]</text>" in source and "[1]</text>" in source


@pytest.mark.parametrize("shape", [(1000,), (300, 200), (40, 5, 5)])
def test_a_large_heat_map_stays_small(shape):
    w = ag.Tensor(np.zeros(shape), requires_grad=True, name="w")
    with ag.tape():
        e = ag.sin(w).sum()
    source = check_by_hand(e, {w: np.random.default_rng(0).normal(size=shape)}, seconds=0)._repr_html_()
    assert source.count("<rect") < 3000


def test_raise_for_mistakes_says_what_the_report_says():
    report = wrong_report()
    with pytest.raises(DerivationError) as caught:
        report.raise_for_mistakes()
    assert str(caught.value) == str(report) and isinstance(caught.value, AssertionError)


def test_assert_gradients_match():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape():
        e = ag.square(w)
    assert_gradients_match(e, {w: "6.0"})
    with pytest.raises(AssertionError, match=r"the 2 of the square in e .*is left out"):
        assert_gradients_match(e, {w: 3.0})


def test_reading_rows():
    report = wrong_report()
    assert len(report) == 2 and [row.name for row in report] == ["v", "w<1>"]
    assert report[0] is report["v"]
    with pytest.raises(KeyError, match="no row 'u'; rows: v, w<1>"):
        report["u"]


def test_entries_in_words():
    w = ag.Tensor(np.arange(1.0, 13).reshape(3, 4), requires_grad=True, name="w")
    with ag.tape():
        e = ag.sin(w).sum()
    true = np.cos(w.data)

    def differences(by_hand):
        return " ".join(check_by_hand(e, {w: by_hand})["w"].difference)

    wrong = true.copy()
    wrong[1] += 0.5
    assert "4 of 12 entries are off, all of those with axis 0 at 1" in differences(wrong)
    assert "off by the same 0.5" in differences(wrong) and "rank 1 of 3" in differences(wrong)
    wrong = true.copy()
    wrong[2, 3] = 9
    assert "1 of 12 entries are off: (2, 3)" in differences(wrong)
    assert "flipped along axis 1" in differences(true[:, ::-1])
    assert "another order" in differences(true.ravel()[[1, 0, *range(2, 12)]].reshape(3, 4))
    assert "1.7 times" in differences(true * 1.7)
    assert "3 digits" in differences(np.round(true, 3)) or "digits" in differences(np.round(true, 3))


# -- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("a.py:3: net = w * x", "net"),
        ("C:\\a.py:3: net = w * x", "net"),
        ("<ipython-input-3>:1: net = w * x", "net"),
        ("a.py:3: self.net = w * x", None),
        ("a.py:3: return w * x", None),
        ("a.py:3: a == b", None),
        ("a.py:3", None),
        (None, None),
    ],
)
def test_the_variable_of_a_line(where, name):
    assert assigned_variable(where) == name


def test_names_from_variables_and_lines():
    weight = ag.Tensor(2.0, requires_grad=True)
    with ag.tape():
        net = weight * 3
        out = ag.tanh(net)
        loss = (out - 1) ** 2
    report = check_by_hand(loss, {weight: -0.1, net: -0.2})
    assert [row.what for row in report] == ["∂loss/∂net", "∂loss/∂weight"]


def test_a_name_from_the_module():
    nn = pytest.importorskip("nn")
    net = nn.Sequential(nn.Linear(3, 2), nn.Sigmoid())
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    with ag.tape():
        loss = ag.mean(net(x))
    loss.backward()
    (weight, bias) = net.parameters()
    report = check_by_hand(loss, {weight: weight.grad, bias: bias.grad / 4})
    assert report[1].name == "0.bias" or report[0].name == "0.bias"
    assert report["0.weight"].ok and not report["0.bias"].ok


def test_a_leaf_without_a_name():
    tensors = [ag.Tensor([1.0, 2.0], requires_grad=True)]
    with ag.tape():
        e = ag.square(tensors[0]).sum()
    assert check_by_hand(e, {tensors[0]: [2.0, 4.0]}).rows[0].name == "leaf of shape (2,)"
