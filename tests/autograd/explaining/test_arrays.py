"""Derivations of arrays, of networks with modules, and of graphs that are large."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.explaining import explain


def leaf(data, name=None):
    return ag.Tensor(data, requires_grad=True, dtype=float, name=name)


def first_lines(derivation):
    return [str(step).split("\n")[0] for step in derivation.steps]


# -- arrays ------------------------------------------------------------------------------------


def test_a_dense_layer():
    rng = np.random.default_rng(0)
    x, t = ag.Tensor(rng.normal(size=(8, 3)), name="x"), rng.normal(size=(8, 4))
    W, b = leaf(rng.normal(size=(3, 4)), "W"), leaf(rng.normal(size=4), "b")
    with ag.tape():
        net = x @ W + b
        out = ag.tanh(net)
        E = ag.mse(out, t)
    derivation = explain(E, W)
    assert first_lines(derivation) == [
        "∂E/∂out = 0.0625 (out − t)    (8, 4)",
        "∂E/∂net = ∂E/∂out ⊙ (1 − out²)    (8, 4)",
        "∂E/∂W = xᵀ ∂E/∂net    (3, 4) = (3, 8)(8, 4)",
    ]
    assert first_lines(explain(E, b))[-1] == "∂E/∂b = Σ(axis 0) ∂E/∂net    (4,) from (8, 4)"
    E.backward()
    np.testing.assert_array_equal(derivation.value, W.grad)
    for step in derivation.steps:
        formula, summary = [line.formula.evaluate() for line in step.lines]
        np.testing.assert_allclose(formula, summary, rtol=1e-12)
    assert "32 numbers from " in str(derivation.steps[0])
    assert "[[" in str(derivation.steps[-1]).split("\n")[1]


def test_sums_means_and_shapes():
    x = leaf([[1, 2, 3], [4, 5, 6]], "x")
    with ag.tape():
        rows = x.sum(axis=1)
        flat = x.reshape(6)
        turned = x.T
        E = (rows * rows).mean() + flat.sum() * 2 + (turned * turned).sum()
    assert "∂E/∂x = repeat(∂E/∂rows, along axis 1) + reshape(∂E/∂flat, (2, 3)) + ∂E/∂turnedᵀ" in str(explain(E, x))
    assert first_lines(explain(E, rows)) == ["∂E/∂rows = rows    (2,)"]
    np.testing.assert_array_equal(explain(E, x).value, 2 * x.data + x.data.sum(axis=1, keepdims=True) + 2)


def test_a_gradient_is_given():
    x = leaf([1, 2], "x")
    with ag.tape():
        y = x * x
    derivation = explain(y, x, gradient=[1.0, 10.0])
    assert first_lines(derivation) == ["∂L/∂y = G    the given gradient", "∂L/∂x = 2 ∂L/∂y ⊙ x    (2,)"]
    assert derivation.notes == ["L = Σ G · y, with the given gradient G"]
    np.testing.assert_array_equal(derivation.value, [2, 40])
    w = leaf(3, "w")
    with ag.tape():
        E = w * w
    assert str(explain(E, w, gradient=10.0)).startswith(
        "∂L/∂w = ∂L/∂E · ∂E/∂w\n      = ∂L/∂E · 2 w\n      = 10 · 6\n      = 60"
    )


def test_paths_of_arrays():
    x = leaf([1, 2, 3], "x")
    with ag.tape():
        a = ag.sin(x)
        b = a * x
        E = (a + b).sum()
    derivation = explain(E, x, form="paths")
    assert [term.text for term in derivation.terms] == ["E ← a ← x", "E ← b ← x", "E ← b ← a ← x"]
    np.testing.assert_allclose(sum(term.value for term in derivation.terms), derivation.value, rtol=1e-12)
    fewer = explain(E, x, form="paths", max_paths=1, at=2)
    assert fewer.notes == ["2 of 3 paths are left out; the 1 first are shown"]
    assert sum(term.value for term in fewer.terms) == pytest.approx(derivation.value[2], rel=1e-12)
    assert "path 1 + the other 2 paths" in str(fewer)


def test_float32_stays_float32():
    x = ag.Tensor(np.array([0.1, 0.2], np.float32), requires_grad=True, name="x")
    with ag.tape():
        E = (ag.sigmoid(x) * 3).sum()
    derivation = explain(E, x)
    assert derivation.value.dtype == np.float32
    assert "∂E/∂x = 3 σ(x) ⊙ (1 − σ(x))" in str(derivation)


# -- as one would write it ---------------------------------------------------------------------


def test_a_mean_of_squares_of_a_product():
    """Transposes cancel, numbers stand in front, and no derivative of the power is left."""
    rng = np.random.default_rng(0)
    x, W = ag.Tensor(rng.normal(size=(4, 3)), name="x"), leaf(rng.normal(size=(2, 3)), "W")
    with ag.tape():
        E = ((x @ W.T) ** 2).mean()
    derivation = explain(E, W)
    assert first_lines(derivation) == ["∂E/∂W = 0.25 W xᵀ x    (2, 3)"]
    formula, value = derivation.steps[0].lines
    np.testing.assert_allclose(formula.formula.evaluate(), value.formula.evaluate(), rtol=1e-12)
    entry = explain(E, W, at=(0, 1))
    assert first_lines(entry) == [
        "∂E/∂u1 = 0.25 u1    (4, 2)",
        "∂E/∂W = ∂E/∂u1ᵀ x    (2, 3) = (2, 4)(4, 3)",
        "∂E/∂W[0, 1] = Σ(m) ∂E/∂u1[m, 0] · x[m, 1]    m = 0 … 3",
    ]
    assert entry.notes == ["where u1 = x Wᵀ"]


def test_the_sum_of_a_product():
    """A gradient of ones stands as such in a product of matrices, and its sum is a count."""
    x, W, b = ag.Tensor(np.arange(6.0).reshape(2, 3), name="x"), leaf(np.ones((3, 4)), "W"), leaf(np.ones(4), "b")
    with ag.tape():
        E = (x @ W + b).sum()
    assert first_lines(explain(E, W)) == ["∂E/∂W = xᵀ ones(2, 4)    (3, 4) = (3, 2)(2, 4)"]
    assert first_lines(explain(E, b)) == ["∂E/∂b = 2    (4,)"]
    np.testing.assert_array_equal(explain(E, W).steps[0].lines[0].formula.evaluate(), x.data.T @ np.ones((2, 4)))


def test_a_matrix_times_a_vector():
    A, v = leaf([[1, 2, 3], [4, 5, 6]], "A"), leaf([1, 0, 2], "v")
    with ag.tape():
        y = A @ v
        E = (y * y).sum()
    assert first_lines(explain(E, A))[-1] == "∂E/∂A = ∂E/∂y vᵀ    (2, 3) from (2,)"
    assert first_lines(explain(E, v))[-1] == "∂E/∂v = Aᵀ ∂E/∂y    (3,) = (3, 2)(2,)"
    for wrt in (A, v):
        formula, value = explain(E, wrt).steps[-1].lines
        np.testing.assert_allclose(formula.formula.evaluate(), value.formula.evaluate(), rtol=1e-12)


# -- closed forms ------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("img", "K"), ("n", "p")])
def test_a_convolution_says_its_sums_with_its_numbers(names):
    """Strides and paddings as numbers; no index is called as something else is."""
    rng = np.random.default_rng(0)
    img, K = leaf(rng.normal(size=(2, 3, 6, 6)), names[0]), leaf(rng.normal(size=(4, 3, 3, 3)), names[1])
    with ag.tape():
        y = ag.conv2d(img, K, stride=2, padding=1)
        loss = (y * y).sum()
    *_, by_kernel = explain(loss, K).steps
    *_, by_image = explain(loss, img).steps
    if names == ("img", "K"):
        assert str(by_kernel).split("\n")[0] == (
            "∂loss/∂K[o, c, r, s] = Σ(n, p, q) δ[n, o, p, q] · img[n, c, 2p + r − 1, 2q + s − 1]"
            "    (4, 3, 3, 3) from (2, 4, 3, 3)"
        )
        assert str(by_image).split("\n")[0] == (
            "∂loss/∂img[n, c, i, j] = Σ(o, p, q) δ[n, o, p, q] · K[o, c, i + 1 − 2p, j + 1 − 2q]"
            "    (2, 3, 6, 6) from (2, 4, 3, 3)"
        )
    else:
        assert "∂loss/∂p[o, c, r, s] = Σ(i, j, q) δ[i, o, j, q] · n[i, c, 2j + r − 1, 2q + s − 1]" in str(by_kernel)
    assert by_kernel.remarks == [
        "with δ = ∂loss/∂y", "the correlation of the padded image with δ, spread by the stride 2",
    ]  # fmt: skip
    assert by_image.remarks[1] == (
        "the full correlation of δ, spread by the stride 2, with the kernel turned by 180°, less the padding"
    )
    for step in (by_kernel, by_image):
        formula, value = [line.formula.evaluate() for line in step.lines]
        np.testing.assert_allclose(formula, value, rtol=1e-12)


def test_softmax_says_its_closed_form():
    z = leaf([[1.0, 2.0, 0.5]], "z")
    with ag.tape():
        p = ag.softmax(z)
        E = (p * p).sum()
    (*_, last) = explain(E, z).steps
    assert str(last).startswith("∂E/∂z = p ⊙ (∂E/∂p − Σ(axis 1) ∂E/∂p ⊙ p)    (1, 3)\n")
    formula, value = [line.formula.evaluate() for line in last.lines]
    np.testing.assert_allclose(formula, value, rtol=1e-12)


# -- names -------------------------------------------------------------------------------------


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(18, 3)

    def forward(self, x):
        h = self.pool(ag.relu(self.conv1(x)))
        return self.fc(h.reshape(len(h), -1))


def test_modules_name_their_values():
    net = Net()
    x = np.random.default_rng(0).normal(size=(2, 1, 8, 8)).astype(np.float32)
    with ag.tape():
        logits = net(x)
        E = ag.cross_entropy(logits, np.array([0, 2]))
    derivation = explain(E, net.conv1.weight, at=(0, 0, 1, 1))
    assert [step.left.text() for step in derivation.steps] == [
        "∂E/∂logits", "∂E/∂pool", "∂E/∂conv1", "∂E/∂conv1.weight", "∂E/∂conv1.weight[0, 0, 1, 1]",
    ]  # fmt: skip
    text = str(derivation)
    assert "∂E/∂pool = reshape(∂E/∂logits fc.weight, (2, 2, 3, 3))" in text
    assert "((∂max_pool2d/∂x)ᵀ ∂E/∂pool) ⊙ [conv1 > 0]" in text
    assert "max_pool2d by x: each δ goes to the largest entry of its window, of equal ones to the first; " in text
    assert "Σ(m, n, p) ∂E/∂conv1[m, 0, n, p] · x[m, 0, n + 1, p + 1]" in text
    E.backward()
    np.testing.assert_array_equal(explain(E, net.conv1.weight).value, net.conv1.weight.grad)


def test_values_of_one_name_are_told_apart():
    w = leaf(0.5, "w")
    with ag.tape():
        y = w * 2
        y = ag.sin(y)
        y = y * y
    assert str(explain(y, w)).startswith("∂y⁽³⁾/∂w = ∂y⁽³⁾/∂y⁽²⁾ · ∂y⁽²⁾/∂y⁽¹⁾ · ∂y⁽¹⁾/∂w\n")


def test_variables_of_the_caller_and_temporary_names():
    w = leaf(0.5)

    def twice(x):
        return x * 2

    with ag.tape():
        doubled = twice(w)
        shared = [ag.sin(doubled)]
        E = (
            shared[0]
            * ag.exp(shared[0])
            * doubled
        )  # fmt: skip
    text = str(explain(E, w))
    assert "∂E/∂w = 2 ∂E/∂doubled" not in text and "∂doubled/∂w" in text
    assert "∂E/∂doubled" in text


def test_a_list_gives_no_name():
    w = leaf(0.5, "w")
    with ag.tape():
        pair = [w * 2, w * 3]
        E = pair[0] * pair[1]
    assert "pair" not in str(explain(E, w))


def test_equal_constants_of_two_names_give_none():
    w = leaf([1.0, 1.0], "w")
    one, other = np.array([2.0, 3.0]), np.array([2.0, 3.0])
    with ag.tape():
        E = (w * one).sum()
    assert first_lines(explain(E, w)) == ["∂E/∂w = one    (2,)"]
    one = ag.Tensor(one)
    with ag.tape():
        E = (w * one).sum()
    assert "where u1 = [2, 3], shape (2,)" in str(explain(E, w)) and other is not None


def test_a_leaf_that_changed_between_two_tapes():
    w = leaf([1, 2], "w")
    with ag.tape():
        a = w * 2
    with ag.no_grad():
        w += 1
    with ag.tape():
        E = (a * w).sum()
    derivation = explain(E, w, at=1)
    assert derivation.value == 2 * 3 + 4
    assert [term.value for term in derivation.terms] == [6, 4]
    assert "∂E/∂w⁽¹⁾ = ∂E/∂w⁽²⁾ + ∂E/∂w⁽³⁾" in str(derivation)


def test_two_dropouts_of_one_value_are_two_things():
    s = leaf([3, 4, 5, 6], "s")
    with ag.tape():
        E = (ag.dropout(s, rng=np.random.default_rng(0)) * ag.dropout(s, rng=np.random.default_rng(1))).sum()
    derivation = explain(E, s)
    last = derivation.steps[-1]
    np.testing.assert_allclose(last.lines[0].formula.evaluate(), derivation.value, rtol=1e-12)
    E.backward()
    np.testing.assert_array_equal(derivation.value, s.grad)


# -- large graphs ------------------------------------------------------------------------------


def deep(length, named):
    w = leaf(0.9999, "w")
    with ag.tape():
        h = w * 0.5
        for k in range(length // 2):
            h = ag.tanh(h * w)
            if named:
                h.name = f"h{k}"
    return h, w


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "named", "fold"),
    [("adjoints", True, True), ("adjoints", False, True), ("paths", True, True), ("adjoints", True, False)],
)
def test_ten_thousand_nodes(form, named, fold):
    h, w = deep(10_000, named)
    derivation = explain(h, w, form=form, fold=fold)
    text = str(derivation)
    assert len(text) < 60_000 and len(derivation.to_latex()) < 120_000
    h.backward()
    assert derivation.value == w.grad
    assert sum(term.value for term in derivation.terms) == pytest.approx(float(w.grad), rel=1e-12)


def test_two_to_the_sixtieth_paths():
    w = leaf(1.5, "w")
    with ag.tape():
        y = w * 1.0
        for k in range(60):
            left, right = ag.sin(y), y * 0.3
            left.name, right.name = f"left{k}", f"right{k}"
            y = left + right
            y.name = f"y{k}"
    derivation = explain(y, w, form="paths")
    assert f"{2**60 - 16} of {2**60} paths are left out; the 16 largest are shown" in str(derivation)
    assert len(derivation.terms) == 17
    assert sum(term.value for term in derivation.terms) == pytest.approx(float(derivation.value), rel=1e-12)
    sizes = [abs(term.value) for term in derivation.terms[:-1]]
    assert sizes == sorted(sizes, reverse=True)


def test_the_largest_paths_are_the_largest():
    """Of a small graph, held against all paths one by one."""
    w = leaf(1.0, "w")
    rng = np.random.default_rng(2)
    factors = rng.normal(size=(4, 3))
    products = [1.0]
    with ag.tape():
        y = w * 1.0
        for k, row in enumerate(factors):
            parts = [y * float(f) for f in row]
            for n, part in enumerate(parts):
                part.name = f"p{k}{n}"
            y = parts[0] + parts[1] + parts[2]
            y.name = f"y{k}"
            products = [p * float(f) for p in products for f in row]
    derivation = explain(y, w, form="paths", max_paths=10)
    largest = sorted(products, key=abs, reverse=True)[:10]
    assert [term.value for term in derivation.terms[:-1]] == pytest.approx(largest, rel=1e-12)


def test_values_that_feed_themselves_do_not_explode():
    w = leaf(0.1, "w")
    with ag.tape():
        y = w + 1
        for _ in range(200):
            y = ag.sin(y * y) + y * 0.1 * y
    for fold in (True, False):
        assert len(str(explain(y, w, fold=fold))) < 60_000


# -- bad input ---------------------------------------------------------------------------------


def test_errors_say_what_is_wrong():
    a, b, unused = leaf([1, 2], "a"), ag.Tensor([1.0], name="b"), leaf(1, "unused")
    outside = (a * a).sum()
    with ag.tape():
        half = outside * 2
        y = a * a
        E = y.sum()
    cases = [
        (lambda: explain(outside, a), ValueError, r"outside ag.tape\(\)"),
        (lambda: explain(half, a), ValueError, r"\(sum\) was recorded outside ag.tape\(\)"),
        (lambda: explain(b, a), ValueError, "not recorded"),
        (lambda: explain(E, b), ValueError, "'b': it does not require grad"),
        (lambda: explain(E, unused), ValueError, "'unused' is not part of the graph"),
        (lambda: explain(y, E, gradient=[1.0, 1.0]), ValueError, "not part of the graph"),
        (lambda: explain(y, a), ValueError, "pass gradient="),
        (lambda: explain(y, a, gradient=[1.0]), ValueError, r"gradient: \(1,\)"),
        (lambda: explain(E, [a]), TypeError, "wrt: list"),
        (lambda: explain(3.0, a), TypeError, "output: float"),
        (lambda: explain(E, a, form="tree"), ValueError, "'adjoints' or 'paths'"),
        (lambda: explain(E, a, max_paths=0), ValueError, "max_paths: 0"),
    ]
    for call, kind, words in cases:
        with pytest.raises(kind, match=words):
            call()


def test_a_used_up_graph_is_an_error():
    a = leaf(2, "a")
    E = a * a
    E.backward()
    with pytest.raises(ValueError, match="outside"):
        explain(E, a)


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("form", ["adjoints", "paths"])
def test_nan_and_inf_are_shown(form, fold):
    n = leaf(-1, "n")
    with ag.tape(), np.errstate(all="ignore"):
        E = ag.log(n) * n + ag.sqrt(n) + 1 / (n + 1)
    derivation = explain(E, n, form=form, fold=fold)
    assert str(derivation).rstrip().split("\n\nwhere")[0].endswith("= nan")
    assert np.isnan(derivation.value) and derivation.to_latex()
    x = leaf([np.nan, 1, np.inf], "x")
    with ag.tape():
        E = (x * x * 3).sum()
    assert "[nan, 6, inf]" in str(explain(E, x, form=form, fold=fold))
    assert "nan" in str(explain(E, x, at=0))


def test_an_empty_array():
    x = leaf(np.zeros((0, 2)), "x")
    with ag.tape():
        E = (x * x).sum()
    assert "no numbers" in str(explain(E, x))
    with pytest.raises(IndexError):
        explain(E, x, at=(0, 0))


def test_nothing_is_recorded_on_a_running_tape():
    a = leaf([1, 2], "a")
    with ag.tape() as tape:
        E = (a * a).sum()
        count = len(tape)
        explain(E, a, at=0)
        assert len(tape) == count
    with ag.no_grad():
        assert explain(E, a, at=0).value == 2
