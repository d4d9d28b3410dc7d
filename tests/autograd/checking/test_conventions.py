"""Conventions are recognized, said and accepted, exactly where that is due; a mix of them is a mistake."""

import numpy as np
import pytest

import autograd as ag
from autograd.checking.by_hand import check_by_hand
from autograd.checking.conventions import CONVENTIONS


def net(seed=0, loss=ag.mean):
    """(loss, {name: (Tensor, its true gradient)}) of a net with a batch in rows."""
    rng = np.random.default_rng(seed)
    x, t = rng.normal(size=(5, 3)), rng.normal(size=(5, 1))
    made = {
        "W1": ag.Tensor(rng.normal(size=(3, 4)), requires_grad=True, name="W1"),
        "b1": ag.Tensor(rng.normal(size=(1, 4)), requires_grad=True, name="b1"),
        "W2": ag.Tensor(rng.normal(size=(4, 1)), requires_grad=True, name="W2"),
    }
    with ag.tape():
        made["Z1"] = x @ made["W1"] + made["b1"]
        made["A1"] = ag.tanh(made["Z1"])
        made["Z2"] = made["A1"] @ made["W2"]
        loss = loss(ag.square(made["Z2"] - t))
    for name, tensor in made.items():
        tensor.name = name
    tensors = list(made.values())
    return loss, dict(zip(made, zip(tensors, ag.gradients(loss, tensors, retain_graph=True), strict=True), strict=True))


SIGNALS = ("Z1", "A1", "Z2")


def by_hand(made, of_signals, of_parameters=lambda g: g):
    return {t: (of_signals if name in SIGNALS else of_parameters)(g) for name, (t, g) in made.items()}


@pytest.mark.parametrize(
    ("name", "scale", "words"),
    [("opposite-sign", -1, "have the opposite sign"), ("per-example", 5, "are per example, 5 times the gradient; 1/m")],
)
def test_a_convention_of_all_signals_is_accepted_where_the_parameters_are_true(name, scale, words):
    loss, made = net()
    report = check_by_hand(loss, by_hand(made, lambda g: scale * g))
    assert report.ok and report.conventions == [name] and report.first_wrong is None
    assert words in " ".join(str(report).split()) and "That is consistent." in str(report)
    assert all(bool(row.remark) == (row.name in SIGNALS) and row.mistake is None for row in report)
    report.raise_for_mistakes()


def test_as_printed_digits_too():
    loss, made = net()
    text = np.vectorize("{:.5g}".format)
    report = check_by_hand(loss, by_hand(made, lambda g: text(5 * g), text))
    assert report.ok and report.conventions == ["per-example"]


@pytest.mark.parametrize("scale", [-1, 5])
def test_signals_alone_are_no_convention(scale):
    loss, made = net()
    report = check_by_hand(loss, {made[name][0]: scale * made[name][1] for name in SIGNALS})
    assert not report.ok and report.conventions == []
    assert report["Z2"].mistake.key == ("sign" if scale < 0 else "factor")


@pytest.mark.parametrize("scale", [-1, 5])
def test_with_wrong_parameters_it_stays_a_mistake(scale):
    loss, made = net()
    given = by_hand(made, lambda g: scale * g)
    given[made["W1"][0]] = scale * made["W1"][1]
    report = check_by_hand(loss, given)
    assert not report.ok and report.conventions == []
    assert report.first_wrong.name == "Z2" and report["Z2"].mistake.key == ("sign" if scale < 0 else "factor")
    assert report["W1"].follows


@pytest.mark.parametrize(("scale", "words"), [(-1, "opposite sign"), (5, "per example")])
def test_a_mix_is_a_mistake_and_named(scale, words):
    loss, made = net()
    given = by_hand(made, lambda g: g)
    given[made["Z2"][0]] = scale * made["Z2"][1]
    report = check_by_hand(loss, given)
    assert not report.ok and report.conventions == []
    assert report.first_wrong.name == "Z2" and report["Z2"].mistake.key == "mixed-conventions"
    assert words in report["Z2"].mistake.explanation and "/∂Z1" in report["Z2"].mistake.explanation


def test_two_conventions_in_one_derivation():
    loss, made = net()
    given = by_hand(made, lambda g: -g)
    given[made["Z1"][0]] = 5 * made["Z1"][1]
    report = check_by_hand(loss, given)
    assert {row.mistake.key for row in report.wrong_steps} == {"mixed-conventions"} and not report.ok


@pytest.mark.parametrize("scale", [3, 2.5, -5])
def test_a_factor_that_is_no_number_of_examples_is_none(scale):
    loss, made = net()
    report = check_by_hand(loss, by_hand(made, lambda g: scale * g))
    assert not report.ok and report.conventions == []


def test_sum_for_mean_has_to_be_pinned():
    loss, made = net()
    given = by_hand(made, lambda g: 5 * g, lambda g: 5 * g)
    report = check_by_hand(loss, given)
    assert not report.ok and report["Z2"].mistake.key == "factor" and report.conventions == []
    assert 'conventions="sum"' in str(report)
    report = check_by_hand(loss, given, conventions="sum")
    assert report.ok and report.conventions == ["sum"] and "convention that you gave" in " ".join(str(report).split())


def test_mean_for_sum_pinned():
    loss, made = net(loss=ag.sum)
    report = check_by_hand(loss, by_hand(made, lambda g: g / 5, lambda g: g / 5), conventions=["sum"])
    assert report.ok


def test_transposed_weights_have_to_be_pinned():
    loss, made = net()
    given = by_hand(made, lambda g: g)
    given[made["W1"][0]] = made["W1"][1].T
    report = check_by_hand(loss, given)
    assert not report.ok and report["W1"].mistake.key == "transposed" and 'conventions="in-out"' in str(report)
    assert check_by_hand(loss, given, conventions="in-out").ok


def test_a_gradient_for_each_row_has_to_be_pinned():
    loss, made = net()
    x = np.random.default_rng(0).normal(size=(5, 3))
    given = by_hand(made, lambda g: g)
    given[made["W1"][0]] = np.einsum("ni,nj->nij", x, made["Z1"][1])
    report = check_by_hand(loss, given)
    assert not report.ok and 'conventions="per-row"' in str(report)
    assert check_by_hand(loss, given, conventions="per-row").ok


def test_flipped_kernels_have_to_be_pinned():
    rng = np.random.default_rng(0)
    k, v = (ag.Tensor(rng.normal(size=(2, 2, 2, 2)), requires_grad=True, name=name) for name in "kv")
    with ag.tape():
        z = ag.conv2d(rng.normal(size=(2, 2, 6, 6)), k)
        e = ag.sum(ag.tanh(ag.conv2d(ag.tanh(z), v)))
    by_z, by_k, by_v = ag.gradients(e, [z, k, v], retain_graph=True)
    given = {z: by_z, k: by_k[..., ::-1, ::-1], v: by_v[..., ::-1, ::-1]}
    report = check_by_hand(e, given)
    assert not report.ok and report["v"].mistake.key == "kernel-rotated" and "flipped-kernels" in str(report)
    assert check_by_hand(e, given, conventions="flipped-kernels").ok


def test_two_pinned_together_and_a_mistake_beside_them():
    loss, made = net()
    given = by_hand(made, lambda g: -5 * g)
    assert not check_by_hand(loss, given).ok
    pinned = {"conventions": ["opposite-sign", "per-example"]}
    assert check_by_hand(loss, given, **pinned).ok
    given[made["W2"][0]] = -made["W2"][1]
    report = check_by_hand(loss, given, **pinned)
    assert [row.name for row in report.wrong_steps] == ["W2"] and report["W2"].mistake.key == "sign"


def test_right_values_are_in_no_convention():
    loss, made = net()
    report = check_by_hand(loss, by_hand(made, lambda g: g))
    assert report.ok and report.conventions == [] and not any(row.remark for row in report)


def test_no_such_convention():
    loss, made = net()
    with pytest.raises(ValueError, match=r"(?s)no such convention.*'per-sample'.*known: opposite-sign, per-example"):
        check_by_hand(loss, by_hand(made, lambda g: g), conventions="per-sample")
    assert all(words for words in CONVENTIONS.values())


# -- right nets in any convention raise no alarm ------------------------------------------------


def random_net(seed):
    """(loss, {Tensor: (its true gradient, whether it is a parameter's)}) of a net drawn at random."""
    draw = np.random.default_rng(seed)
    m, sizes = int(draw.integers(2, 6)), draw.integers(2, 5, size=int(draw.integers(2, 4)))
    made, h = {}, draw.normal(size=(m, int(sizes[0])))
    with ag.tape():
        for k, n in enumerate(sizes[1:]):
            w = ag.Tensor(draw.normal(size=(h.shape[1], int(n))), requires_grad=True, name=f"W{k}")
            b = ag.Tensor(draw.normal(size=int(n)), requires_grad=True, name=f"b{k}")
            z = h @ w + b
            if draw.random() < 0.25:
                z = ag.batch_norm(z) if m > 2 else z * 1.0
            h = (ag.tanh, ag.sigmoid, ag.relu, ag.softplus)[int(draw.integers(4))](z)
            made |= {w: True, b: True, z: False, h: False}
        t = draw.normal(size=h.shape)
        loss = ag.mean(ag.square(h - t)) if draw.random() < 0.5 else ag.mse(h, t)
    gradients = ag.gradients(loss, list(made), retain_graph=True)
    return loss, {t: (g, made[t]) for t, g in zip(made, gradients, strict=True)}, m


def random_conv_net(seed):
    """The same of a net that begins with convolutions and pools."""
    draw = np.random.default_rng(10_000 + seed)
    m, made = int(draw.integers(2, 4)), {}
    h = draw.normal(size=(m, int(draw.integers(1, 3)), *[int(draw.integers(6, 9))] * 2))

    def parameter(name, *shape):
        made[w := ag.Tensor(draw.normal(size=shape), requires_grad=True, name=name)] = True
        return w

    with ag.tape():
        for k in range(int(draw.integers(1, 3))):
            n, size = int(draw.integers(1, 4)), int(draw.integers(2, 4))
            stride, padding = (int(draw.integers(1, 3)), int(draw.integers(2))) if min(h.shape[2:]) > 4 else (1, 1)
            kernels, c = parameter(f"K{k}", n, h.shape[1], size, size), parameter(f"c{k}", n)
            made[z := ag.conv2d(h, kernels, c, stride=stride, padding=padding)] = False
            if draw.random() < 0.25 and z.size > 4 * n:
                made[z := ag.batch_norm(z, parameter(f"g{k}", n), parameter(f"s{k}", n))] = False
            made[h := (ag.tanh, ag.sigmoid, ag.relu, ag.leaky_relu)[int(draw.integers(4))](z)] = False
            if min(h.shape[2:]) >= 3 and draw.random() < 0.7:
                pool = (ag.max_pool2d, ag.avg_pool2d)[int(draw.integers(2))]
                made[h := pool(h, 2, stride=int(draw.integers(1, 3)))] = False
        made[h := h.reshape(m, -1)] = False
        made[y := h @ parameter("W", h.shape[1], 3) + parameter("b", 3)] = False
        loss = (
            ag.cross_entropy(y, draw.integers(0, 3, m)) if draw.random() < 0.5 else ag.mse(y, draw.normal(size=(m, 3)))
        )
    gradients = ag.gradients(loss, list(made), retain_graph=True)
    return loss, {t: (g, made[t]) for t, g in zip(made, gradients, strict=True)}, m


def no_alarm(seed, net=random_net):
    loss, made, m = net(seed)
    nonzero = [t for t, (g, parameter) in made.items() if not parameter and np.any(np.abs(g) > 1e-9)]
    for scale, name in ((1, None), (-1, "opposite-sign"), (m, "per-example")):
        report = check_by_hand(loss, {t: g if parameter else scale * g for t, (g, parameter) in made.items()})
        assert report.ok and not report.wrong_steps, (seed, name, str(report))
        assert all(row.mistake is None for row in report), (seed, name, str(report))
        assert report.conventions == ([name] if name and nonzero else []), (seed, name, str(report))


@pytest.mark.parametrize("seed", range(12))
def test_no_false_alarm_on_random_nets(seed):
    no_alarm(seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_no_false_alarm_on_many_random_nets(part):
    for seed in range(100 + 30 * part, 130 + 30 * part):
        no_alarm(seed)


@pytest.mark.parametrize("seed", range(2))
def test_no_false_alarm_on_random_conv_nets(seed):
    no_alarm(seed, random_conv_net)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_no_false_alarm_on_many_random_conv_nets(part):
    for seed in range(100 + 20 * part, 120 + 20 * part):
        no_alarm(seed, random_conv_net)
