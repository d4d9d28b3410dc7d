"""One entry of a gradient as a sum of terms: conv, pool, matrix products and broadcasting."""

from types import SimpleNamespace

import numpy as np
import pytest

import autograd as ag
from autograd.explaining import explain
from autograd.explaining.formula.numerals import numeral


def leaf(data, name):
    return ag.Tensor(data, requires_grad=True, dtype=float, name=name)


def last_block(output, wrt, at, **options):
    derivation = explain(output, wrt, at=at, **options)
    return str(derivation.steps[-1]), derivation


# -- convolution -------------------------------------------------------------------------------

IMAGE = np.arange(1.0, 10.0).reshape(3, 3)


def correlated():
    x, k = leaf(IMAGE, "x"), leaf([[1, 0], [0, -1]], "k")
    with ag.tape():
        y = ag.correlate2d(x, k, mode="valid")
    return x, k, y


def test_an_entry_of_a_kernel():
    _, k, y = correlated()
    text, derivation = last_block(y, k, (0, 1), gradient=[[1.0, 2.0], [3.0, 4.0]])
    assert text == (
        "∂L/∂k[0, 1] = Σ(m, n) ∂L/∂y[m, n] · x[m, n + 1]    m = 0, 1, n = 0, 1\n"
        "            = ∂L/∂y[0, 0] · x[0, 1]                1 · 2 = 2\n"
        "            + ∂L/∂y[0, 1] · x[0, 2]                2 · 3 = 6\n"
        "            + ∂L/∂y[1, 0] · x[1, 1]                3 · 5 = 15\n"
        "            + ∂L/∂y[1, 1] · x[1, 2]                4 · 6 = 24\n"
        "            = 47"
    )
    assert [term.value for term in derivation.terms] == [2, 6, 15, 24]


def test_terms_that_are_0_come_last_and_are_folded():
    """Of many one line says how many there are, and why; the terms themselves are all there."""
    x, w = leaf(np.ones((30, 2)), "x"), leaf(np.ones((2, 1)), "w")
    g = np.where(np.arange(30) % 10 == 7, 5.0, 0.0)[:, None]
    with ag.tape():
        y = x @ w
    text, derivation = last_block(y, w, (1, 0), gradient=g)
    assert text == (
        "∂L/∂w[1, 0] = Σ(m) ∂L/∂y[m, 0] · x[m, 1]    m = 0 … 29\n"
        "            = ∂L/∂y[7, 0] · x[7, 1]         5 · 1 = 5\n"
        "            + ∂L/∂y[17, 0] · x[17, 1]       5 · 1 = 5\n"
        "            + ∂L/∂y[27, 0] · x[27, 1]       5 · 1 = 5\n"
        "            + the other 27 terms            0 each: δ is 0\n"
        "            = 15"
    )
    assert len(derivation.terms) == 30
    text, _ = last_block(y, w, (1, 0), gradient=0 * g)
    assert "            = each term                     0: δ is 0\n" in text
    with ag.tape():
        y = x[:3] @ w
    text, _ = last_block(y, w, (0, 0), gradient=[[0.0], [2.0], [0.0]])
    assert [line.partition("∂L/∂y")[2][:3] for line in text.split("\n")[1:4]] == ["[1,", "[0,", "[2,"]


def test_the_letters_of_a_sum_are_no_names_of_the_graph():
    m, n = leaf(np.ones((4, 3)), "m"), leaf(np.ones((3, 2)), "n")
    with ag.tape():
        y = m @ n
    text, _ = last_block(y, n, (0, 1), gradient=np.ones((4, 2)))
    assert "Σ(p) ∂L/∂y[p, 1] · m[p, 0]" in text


def test_a_pixel_has_the_windows_that_contain_it_zero_weights_too():
    x, _, y = correlated()
    text, _ = last_block(y, x, (1, 1), gradient=[[1.0, 2.0], [3.0, 4.0]])
    assert "Σ(m, n) ∂L/∂y[m, n] · k[1 − m, 1 − n]" in text
    assert "∂L/∂y[0, 1] · k[1, 0]" in text and "2 · 0 = 0" in text
    text, _ = last_block(y, x, (0, 0), gradient=[[1.0, 2.0], [3.0, 4.0]])
    assert "∂L/∂y[0, 0] · k[0, 0]    1 · 1 = 1" in text


def test_stride_and_padding_of_conv2d():
    rng = np.random.default_rng(0)
    x, w = leaf(rng.integers(1, 5, (1, 2, 5, 5)), "x"), leaf(rng.integers(1, 5, (3, 2, 3, 3)), "conv1.weight")
    with ag.tape():
        y = ag.conv2d(x, w, stride=2, padding=1)
    g = rng.integers(1, 5, y.shape).astype(float)
    text, _ = last_block(y, w, (1, 0, 0, 2), gradient=g)
    assert "Σ(m, n) ∂L/∂y[0, 1, m, n] · x[0, 0, 2m − 1, 2n + 1]    m = 1, 2, n = 0, 1" in text
    text, derivation = last_block(y, x, (0, 1, 2, 2), gradient=g)
    assert "∂L/∂y[0, 2, 1, 1] · conv1.weight[2, 1, 1, 1]" in text
    assert len(derivation.terms) == 3


def test_a_long_sum_shows_the_largest_terms_and_the_rest():
    rng = np.random.default_rng(1)
    x, w = leaf(rng.normal(size=(2, 1, 9, 9)), "x"), leaf(rng.normal(size=(1, 1, 3, 3)), "w")
    with ag.tape():
        y = ag.conv2d(x, w)
        E = (y * y).sum()
    text, derivation = last_block(E, w, (0, 0, 1, 1))
    assert len(derivation.terms) == 2 * 7 * 7
    assert text.count(" · x[") == 1 + 8 and "the other 90 terms" in text
    products = derivation.terms.products
    shown = sorted(products, key=abs)[-8:]
    assert numeral(sum(products) - sum(shown)) in text
    assert derivation.terms[-1].value == products[97] and len(derivation.terms[5:9]) == 4


# -- pools and maxima --------------------------------------------------------------------------


def pooled():
    x = leaf(IMAGE[None, None], "x")
    with ag.tape():
        y = ag.max_pool2d(x, 2, stride=1)
    return x, y, [[[[1.0, 10.0], [100.0, 1000.0]]]]


def test_the_windows_that_a_maximum_won():
    x, y, g = pooled()
    text, derivation = last_block(y, x, (0, 0, 1, 1), gradient=g)
    assert derivation.value == 1.0
    assert "x[0, 0, 1, 1] = 5 won window [0, 0, 0, 0]" in text
    assert "x[0, 0, 1, 1] = 5 lost [0, 0, 0, 1] to 6, [0, 0, 1, 0] to 8, [0, 0, 1, 1] to 9" in text


def test_lost_everywhere():
    x, y, g = pooled()
    text, derivation = last_block(y, x, (0, 0, 0, 0), gradient=g)
    assert derivation.value == 0 and len(derivation.terms) == 0
    assert "x[0, 0, 0, 0] = 1 lost everywhere: 0; [0, 0, 0, 0] to 5" in text


def test_in_no_window():
    x = leaf(IMAGE[None, None], "x")
    with ag.tape():
        y = ag.max_pool2d(x, 2)
    text, _ = last_block(y, x, (0, 0, 2, 2), gradient=[[[[1.0]]]])
    assert "x[0, 0, 2, 2] is in no window: 0" in text


def test_a_maximum_along_an_axis():
    x = leaf([[1, 7, 3], [4, 5, -6]], "x")
    with ag.tape():
        y = ag.max(x, axis=1)
    assert "x[0, 1] = 7 won window [0]" in last_block(y, x, (0, 1), gradient=[1.0, 2.0])[0]
    assert "x[1, 2] = −6 lost everywhere: 0; [1] to 5" in last_block(y, x, (1, 2), gradient=[1.0, 2.0])[0]


# -- products, broadcasting, functions ---------------------------------------------------------


def dense():
    x = ag.Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="x")
    W, b = leaf([[0.1, 0.2], [0.3, 0.4]], "W"), leaf([0.5, -0.5], "b")
    with ag.tape():
        net = x @ W + b
        out = ag.sigmoid(net)
        E = out.sum()
    return SimpleNamespace(x=x, W=W, b=b, net=net, out=out, E=E)


def test_matrix_product():
    d = dense()
    text, derivation = last_block(d.E, d.W, (1, 0))
    assert "Σ(m) ∂E/∂net[m, 0] · x[m, 1]    m = 0, 1, 2" in text
    assert str(derivation.steps[-2]).startswith("∂E/∂W = xᵀ ∂E/∂net    (2, 2) = (2, 3)(3, 2)\n")


def test_broadcasting_shows_which_entries_are_added():
    d = dense()
    text, derivation = last_block(d.E, d.b, 1)
    assert "Σ(m) ∂E/∂net[m, 1]    m = 0, 1, 2" in text
    assert str(derivation.steps[-2]).startswith("∂E/∂b = Σ(axis 0) ∂E/∂net    (2,) from (3, 2)\n")


def test_a_function_entry_by_entry_has_its_formula():
    d = dense()
    out = d.out.data[1, 0]
    text, _ = last_block(d.E, d.net, (1, -2))
    assert text.startswith("∂E/∂net[1, 0] = ∂E/∂out[1, 0] · out[1, 0] (1 − out[1, 0])")
    slope = f"{out * (1 - out):.9f}"
    assert text.endswith(f"    1 · {slope} = {slope}\n              = {slope}")


def test_a_square_by_multiplying_has_two_terms():
    x = leaf([3.0, 4.0], "x")
    with ag.tape():
        y = x * x
        E = y.sum()
    text, derivation = last_block(E, x, 0)
    assert [term.value for term in derivation.terms] == [3.0, 3.0]
    assert text.count("∂E/∂y[0] · x[0]") == 2


def test_a_quotient_is_not_taken_for_a_product():
    """1 is the weight of a / b by a where b is 1: it is 1/b, and not b."""
    a, b = leaf([2.0, 3.0], "a"), leaf([1.0, 1.0], "b")
    with ag.tape():
        y = a / b
    assert "∂L/∂y[1] · 1/b[1]" in last_block(y, a, 1, gradient=[1.0, 1.0])[0]


def test_a_sum_over_one_entry_many_times_is_not_labelled():
    """Each entry of a times the whole of b: no single entry of b is its weight."""
    a, b = leaf([1.0, 2.0], "a"), leaf([3.0, 4.0], "b")
    with ag.tape():
        y = ag.einsum("i,j->i", a, b)
    text, derivation = last_block(y, a, 0, gradient=[1.0, 1.0])
    assert derivation.value == 7 and "· 7" in text and "b[" not in text


def test_cross_entropy_reaches_the_logits_directly():
    logits = leaf([[1.0, 2.0, 0.5]], "logits")
    with ag.tape():
        E = ag.cross_entropy(logits, np.array([1]))
    derivation = explain(E, logits, at=(0, 1))
    probability = np.exp(2) / np.exp([1, 2, 0.5]).sum()
    assert derivation.value == pytest.approx(probability - 1)
    assert "∂E/∂logits = softmax(logits) − onehot(target)    (1, 3)\n" in str(derivation)
    assert "  p − y: the probabilities, less 1 at each row's class\n" in str(derivation)


def test_the_mean_of_cross_entropy_is_over_the_rows():
    logits, t = leaf([[1.0, 2.0, 0.5], [0.0, 1.0, 0.0]], "logits"), np.array([1, 0])
    with ag.tape():
        mean, total = ag.cross_entropy(logits, t), ag.cross_entropy(logits, t, reduction="sum")
    assert "/∂logits = 0.5 (softmax(logits) − onehot(t))    (2, 3)\n" in str(explain(mean, logits))
    assert "/∂logits = softmax(logits) − onehot(t)    (2, 3)\n" in str(explain(total, logits))


def test_a_derivative_with_a_sum_in_it_is_shown_as_declared():
    log_of_sum = ag.operation(
        "log_of_sum",
        lambda x: np.log(np.sum(np.exp(x))),
        formula=r"y = \log \sum_k e^{x_k}",
        rules=[ag.rule(lambda g, x, y: g * ag.exp(x - y), local=r"\frac{e^{x_i}}{\sum_k e^{x_k}}", at="i")],
    )
    x = leaf([1.0, 2.0, 3.0], "x")
    with ag.tape():
        y = log_of_sum(x)
    assert "∂y/∂x = (e^(x_i))/(Σ_k e^(x_k))    (3,)\n" in str(explain(y, x))
    assert explain(y, x, at=1).value == pytest.approx(np.exp(2) / np.exp([1, 2, 3]).sum())


# -- bad indices -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "error", "words"),
    [
        ((0,), IndexError, "an index for each axis"),
        ((0, 0, 0), IndexError, "an index for each axis"),
        ((2, 0), IndexError, "outside"),
        ((0, -3), IndexError, "outside"),
        ((0, 0.5), TypeError, "by integers"),
        ((True, 0), TypeError, "by integers"),
        ((slice(None), 0), TypeError, "by integers"),
    ],
)
def test_a_bad_index(at, error, words):
    d = dense()
    with pytest.raises(error, match=words):
        explain(d.E, d.W, at=at)
