"""Verdicts of check_by_hand: the published derivations, errors carried forward, bad input, speed.

Long because whole derivations are checked, with all their numbers.
"""

import numpy as np
import pytest

import autograd as ag
from autograd import extend
from autograd.checking import diagnosis
from autograd.checking.by_hand import check_by_hand
from autograd.declaration import registry

# -- text 004: a 2-2-2 logistic network --------------------------------------------------------

WEIGHTS = (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)
PUBLISHED = {
    "out_o1": "0.741365070", "net_o1": "0.138498562", "out_h1": "0.036350306",
    "w1": "0.000438568", "w2": "0.000877135", "w3": "0.000497713", "w4": "0.000995425",
    "w5": "0.082167041", "w6": "0.082667628", "w7": "−0.022602540", "w8": "−0.022740242",
}  # fmt: skip
"""∂E/∂… as printed."""


@pytest.fixture
def net():
    """{name: Tensor} of the network, recorded."""
    return record_net()


def record_net():
    v = {f"w{i}": ag.Tensor(w, requires_grad=True, name=f"w{i}") for i, w in enumerate(WEIGHTS, 1)}
    i1, i2 = ag.Tensor(0.05, name="i1"), ag.Tensor(0.10, name="i2")
    b1, b2 = ag.Tensor(0.35, name="b1"), ag.Tensor(0.60, name="b2")

    def neuron(name, a, x, b, y, bias):
        v[f"net_{name}"] = v[a] * x + v[b] * y + bias
        v[f"out_{name}"] = ag.sigmoid(v[f"net_{name}"])

    with ag.tape():
        neuron("h1", "w1", i1, "w2", i2, b1)
        neuron("h2", "w3", i1, "w4", i2, b1)
        neuron("o1", "w5", v["out_h1"], "w6", v["out_h2"], b2)
        neuron("o2", "w7", v["out_h1"], "w8", v["out_h2"], b2)
        v["E_o1"] = 0.5 * (0.01 - v["out_o1"]) ** 2
        v["E_o2"] = 0.5 * (0.99 - v["out_o2"]) ** 2
        v["E"] = v["E_o1"] + v["E_o2"]
    for name, tensor in v.items():
        tensor.name = name
    return v


def check(v, by_hand, **options):
    return check_by_hand(v["E"], {v[name]: value for name, value in by_hand.items()}, **options)


def test_the_published_numbers_are_right(net):
    report = check(net, PUBLISHED)
    assert report.ok and report.first_wrong is None
    assert all(row.mistake is None and row.step_ok and not row.follows for row in report.rows)
    assert all(row.finite_difference_error < 1e-5 and not row.kink for row in report.rows)
    report.raise_for_mistakes()


def test_rows_stand_in_the_order_of_the_walk(net):
    names = [row.name for row in check(net, PUBLISHED).rows]
    assert names.index("out_o1") < names.index("net_o1") < names.index("w5") < names.index("out_h1") < names.index("w1")


def test_the_first_wrong_step_is_named_and_what_follows_from_it(net):
    # ∂E/∂net_o1 without the derivative of the sigmoid; w5 and w6 are computed from it without a mistake
    wrong = PUBLISHED | {"net_o1": "0.741365070", "w5": "0.439829650", "w6": "0.442509229"}
    report = check(net, wrong)
    assert not report.ok
    assert report.first_wrong is report["net_o1"]
    assert report["net_o1"].mistake.key == "activation-left-out"
    assert report["net_o1"].mistake.node is net["out_o1"].node
    for name in ("w5", "w6"):
        row = report[name]
        assert (row.ok, row.step_ok, row.follows, row.mistake) == (False, True, True, None)
    assert report["out_h1"].ok and report["out_h1"].follows_not


def test_a_second_mistake_below_the_first_is_found_too(net):
    # w5 goes on from the wrong δ, and has its sign wrong besides
    report = check(net, PUBLISHED | {"net_o1": "0.741365070", "w5": "−0.439829650"})
    assert [row.name for row in report.wrong_steps] == ["net_o1", "w5"]
    assert report["w5"].mistake.key == "sign"


def test_one_path_only_where_only_weights_are_given(net):
    # ∂E/∂w1 with ∂E_o1/∂out_h1 = 0.055399425 alone, as if E_o2 did not depend on it
    h1 = 0.593269992
    report = check(net, {"w1": 0.055399425 * h1 * (1 - h1) * 0.05, "w2": 0.055399425 * h1 * (1 - h1) * 0.10})
    assert {row.mistake.key for row in report.rows} == {"one-path-only"}
    assert {row.mistake.node for row in report.rows} == {net["out_h1"].node}
    assert "net_o1" in report.rows[0].mistake.explanation


def updated_deltas():
    """∂E/∂w1 … w4 with the deltas computed with the already updated w5 … w8."""
    w = np.array(WEIGHTS)
    i = np.array([0.05, 0.10])

    def sigma(x):
        return 1 / (1 + np.exp(-x))

    h = sigma(w[:4].reshape(2, 2) @ i + 0.35)
    o = sigma(w[4:].reshape(2, 2) @ h + 0.60)
    delta = (o - [0.01, 0.99]) * o * (1 - o)
    gradients = np.outer(delta, h)
    new = w[4:].reshape(2, 2) - 0.5 * gradients
    hidden = (new.T @ delta) * h * (1 - h)
    return np.outer(hidden, i).ravel(), gradients.ravel(), new.ravel()


@pytest.mark.parametrize("how", ["learning_rate", "updated"])
def test_parameters_already_updated(net, how):
    wrong, gradients, new = updated_deltas()
    options = (
        {"learning_rate": 0.5}
        if how == "learning_rate"
        else {"updated": {net[f"w{i}"]: new[i - 5] for i in range(5, 9)}}
    )
    by_hand = {f"w{i}": g for i, g in enumerate([*wrong, *gradients], 1)}
    report = check(net, by_hand, **options)
    for i in range(1, 5):
        mistake = report[f"w{i}"].mistake
        assert mistake.key == "parameters-already-updated", str(report)
        assert all(
            node.operation.name == "multiply" and node.birth > net["out_h1"].node.birth for node in mistake.nodes
        )
    assert "w5 (0.358916 in place of 0.4)" in report["w1"].mistake.explanation
    assert "w7 (0.511301 in place of 0.5)" in report["w1"].mistake.explanation
    assert "w6" not in report["w1"].mistake.explanation
    assert all(report[f"w{i}"].ok for i in range(5, 9))


def test_parameters_already_updated_at_an_inner_value(net):
    new_w5, new_w7 = 0.358916480, 0.511301270
    wrong = 0.138498562 * new_w5 - 0.038098237 * new_w7
    h1 = 0.593269992
    report = check(net, {"out_h1": f"{wrong:.9f}", "w1": f"{wrong * h1 * (1 - h1) * 0.05:.9f}"}, learning_rate=0.5)
    assert report["out_h1"].mistake.key == "parameters-already-updated"
    assert report["w1"].follows


def test_nothing_is_said_of_an_update_that_is_not_given(net):
    wrong, *_ = updated_deltas()
    report = check(net, {"w1": wrong[0]})
    assert report["w1"].mistake is None and report["w1"].difference


def test_the_right_numbers_with_a_learning_rate(net):
    assert check(net, PUBLISHED, learning_rate=0.5).ok


def test_full_diagnosis_of_several_mistakes(net):
    wrong, gradients, _ = updated_deltas()
    by_hand = {f"w{i}": g for i, g in enumerate([*wrong, *gradients], 1)}
    by_hand |= {"out_h1": 0.05, "net_o1": 0.741365070}  # one that nothing explains, one wrong
    report = check(net, by_hand)
    assert report["net_o1"].mistake.key == "activation-left-out"
    assert report["out_h1"].mistake is None and report["out_h1"].difference
    assert report.tried < 700  # what a report costs goes by it: 0.2 s


# -- text 002: a conv layer --------------------------------------------------------------------

X = [
    [[0, 1, 1, 0, 2], [2, 2, 2, 2, 1], [1, 0, 0, 2, 0], [0, 1, 1, 0, 0], [1, 2, 0, 0, 2]],
    [[1, 0, 2, 2, 0], [0, 0, 0, 2, 0], [1, 2, 1, 2, 1], [1, 0, 0, 0, 0], [1, 2, 1, 1, 1]],
    [[2, 1, 2, 0, 0], [1, 0, 0, 1, 0], [0, 2, 1, 0, 1], [0, 1, 2, 2, 2], [2, 1, 0, 0, 1]],
]
W0 = [[[-1, 1, 0], [0, 1, 0], [0, 1, 1]], [[-1, -1, 0], [0, 0, 0], [0, -1, 0]], [[0, 0, -1], [0, 1, 0], [1, -1, -1]]]
W1 = [[[1, 1, -1], [-1, -1, 1], [0, -1, 1]], [[0, 1, 0], [-1, 0, -1], [-1, 1, 0]], [[-1, 0, 0], [-1, 0, 1], [-1, 0, 0]]]
DELTA = [[[0, 1, 1], [2, 2, 2], [1, 0, 0]], [[1, 0, 2], [0, 0, 0], [1, 2, 1]]]
BY_W0 = [[[8, 10, 9], [5, 6, 6], [6, 5, 4]], [[4, 1, 4], [10, 9, 12], [2, 2, 2]], [[2, 2, 3], [5, 8, 5], [7, 8, 7]]]
BY_W1 = [[[2, 2, 1], [4, 7, 3], [4, 4, 2]], [[0, 1, 0], [9, 5, 4], [4, 0, 0]], [[4, 6, 5], [2, 5, 2], [2, 1, 0]]]
BY_X = [
    [[-1, 1, 1, -2, -1], [1, -1, 3, -1, 1], [2, 0, 2, 0, 2], [4, 3, 4, 1, 3], [0, -1, -2, 1, -1]],
    [[0, -1, 0, -2, 0], [-1, -2, -3, -4, -1], [0, 0, 0, 0, 0], [-2, 0, 0, 0, -1], [0, -3, 0, -3, 0]],
    [[0, 1, 1, -2, 1], [0, -1, -1, -4, -1], [2, 0, 2, 0, 2], [-2, -3, -2, -1, -2], [1, -1, 0, 1, 0]],
]


@pytest.fixture
def layer():
    x, w, b = (
        ag.Tensor(v, requires_grad=True, dtype=float, name=n) for v, n in (([X], "x"), ([W0, W1], "h"), ([1, 0], "b"))
    )
    with ag.tape():
        out = ag.conv2d(x, w, b, stride=2, padding=1)
    return x, w, b, out


def test_the_conv_layer_by_hand(layer):
    x, w, b, out = layer
    report = check_by_hand(out, {x: [BY_X], w: [BY_W0, BY_W1], b: [9, 7]}, gradient=[DELTA])
    assert report.ok and {row.max_abs_error for row in report.rows} == {0.0}


def test_the_printed_bias_sum_has_four_terms_of_nine(layer):
    *_, b, out = layer
    report = check_by_hand(out, {b: [0 + 1 + 2 + 2, 1 + 0 + 0 + 0]}, gradient=[DELTA])
    assert report["b"].mistake.key == "bias-too-few-axes"
    assert "2 × 2 = 4 of 9" in report["b"].mistake.explanation


def test_the_printed_sum_has_the_kernel_in_place_of_the_input(layer):
    _, w, _, out = layer
    wrong = [[[[np.sum(np.multiply(DELTA[o], k))] * 3] * 3 for k in (W0, W1)[o]] for o in range(2)]
    report = check_by_hand(out, {w: wrong}, gradient=[DELTA])
    assert report["h"].mistake.key == "kernel-for-input"
    assert report["h"].mistake.node is out.node


# -- text 001: correlations and pooling --------------------------------------------------------

NINE = np.arange(1.0, 10).reshape(3, 3)
EDGES = np.array([[1.0, 0, -1]] * 3)
SAME = [[7, 4, -7], [15, 6, -15], [13, 4, -13]]


def test_the_same_correlation_by_hand():
    x = ag.Tensor(NINE, requires_grad=True, name="x")
    with ag.tape():
        y = ag.correlate2d(x, EDGES, "same")
    assert check_by_hand(y, {x: SAME}, gradient=NINE).ok
    report = check_by_hand(y, {x: [[-7, -4, 7], [-15, -6, 15], [-13, -4, 13]]}, gradient=NINE)
    assert (
        report["x"].mistake.key == "kernel-not-rotated"
    )  # rather than "sign", though this kernel rotated is its negative


def test_zeros_below_and_to_the_right():
    x, k = ag.Tensor(NINE, requires_grad=True, name="x"), ag.Tensor(EDGES, requires_grad=True, name="k")
    with ag.tape():
        y = ag.correlate2d(ag.pad(x, ((0, 2), (0, 2))), k, "valid")
    by_hand = {x: [[1, 2, 2], [5, 7, 4], [12, 15, 6]], k: [[285, 186, 90], [154, 94, 42], [50, 26, 9]]}
    assert check_by_hand(y, by_hand, gradient=NINE).ok


def test_pooling_as_the_listing_has_it():
    x = ag.Tensor([NINE], requires_grad=True, name="x")
    with ag.tape():
        y = ag.max_pool2d(x, 2)
    report = check_by_hand(y, {x: [[[0.25, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]]]}, gradient=[[[1.0]]])
    assert report["x"].mistake.key == "max-as-average"


# -- how numbers are held against each other ---------------------------------------------------


def test_rounded_inner_values_carry_their_rounding_on():
    w = ag.Tensor(0.3, requires_grad=True, name="w")
    with ag.tape():
        h = ag.sigmoid(w)
        h.name = "h"
        e = ag.square(h) * 7
    y = 1 / (1 + np.exp(-0.3))
    exact = 14 * y * y * (1 - y)
    report = check_by_hand(e, {h: "8.0", w: f"{8.0 * y * (1 - y):.9f}"})  # ∂e/∂h is 8.042…
    assert report["h"].ok
    assert (report["w"].ok, report["w"].follows, report["w"].mistake.key) == (False, True, "rounded-too-early")
    assert check_by_hand(e, {h: "8.0", w: f"{exact:.9f}"}).ok


def test_an_inner_value_from_a_rounded_one_is_rounded_too_early():
    w = ag.Tensor(0.8, requires_grad=True, name="w")
    with ag.tape():
        h = w * 1.0
        net = 0.5 * h
        e = -0.038098236523855834 * net
    report = check_by_hand(e, {net: "-0.038098237", h: "-0.019049119", w: "-0.019049118"})  # …1185 is half-way
    assert [row.name for row in report.rows if not row.ok] == ["h"]
    assert (report["h"].step_ok, report["h"].mistake.key) == (True, "rounded-too-early")
    assert str(report).startswith("∂e/∂… by hand: 3 values, 2 right, 1 rounded too early")


def test_a_wrong_printed_value_leaves_room_for_its_rounding():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape():
        h = ag.sin(w)
        h.name = "h"
        e = ag.exp(h)
    wrong = -np.exp(np.sin(3.0))  # the sign is wrong; w goes on from all digits, h is printed with three
    report = check_by_hand(e, {h: f"{wrong:.3f}", w: f"{wrong * np.cos(3.0):.9f}"})
    assert report["h"].mistake.key == "sign"
    assert report["w"].follows


def test_a_mistake_after_a_printed_value_is_found():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape():
        h = ag.sin(w)
        h.name = "h"
        e = ag.exp(h)
    rounded = 1.15  # of 1.1516
    report = check_by_hand(e, {h: "1.15", w: f"{-rounded * np.cos(3.0):.6f}"})
    assert report["h"].ok
    assert report["w"].mistake.key == "sign"


def test_a_diagnosis_from_few_digits_says_that_it_is_a_guess(net):
    # 0.8 · 0.741 · 0.187 rounds to the same as a few other mistakes
    row = check(net, {"net_o1": "0.74"})["net_o1"]
    assert row.mistake.guess and "a guess" in row.mistake.explanation
    row = check(net, {"net_o1": "0.741365070"})["net_o1"]
    assert not row.mistake.guess and "guess" not in row.mistake.explanation


def test_a_number_of_one_digit_is_explained_by_nothing_far_fetched(net):
    report = check(net, {"net_o1": "0.741365070", "out_h1": "0.2"})
    assert report["net_o1"].mistake.key == "activation-left-out"
    assert report["out_h1"].mistake is None


def test_digits_cut_off_are_right_with_a_remark(net):
    report = check(net, {"w5": "0.08216704", "w6": "0.0826676"})
    assert report.ok and not report["w5"].remark
    assert report["w6"].ok
    report = check(net, {"w6": "0.0826676278"[:8]})  # 0.082667|62: rounds to …68
    assert report.ok and "cut off" in report["w6"].remark
    assert not check(net, {"w6": "0.08265"}).ok


def test_float32_rounding_is_right_with_a_remark():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3)) + 100
    w = ag.Tensor(rng.normal(size=3), requires_grad=True, name="w")
    with ag.tape():
        d = ag.matmul(x, w) - 100 * np.sum(w.data)
        e = ag.mean(d * d)
    narrow, weights = x.astype(np.float32), w.data.astype(np.float32)
    by_hand = (2 / np.float32(400)) * (narrow.T @ (narrow @ weights - np.float32(100) * weights.sum()))
    report = check_by_hand(e, {w: by_hand.astype(float)})
    assert report.ok and report["w"].max_rel_error > 1e-6
    assert report["w"].mistake.key == "float32-rounding" and "float32" in report["w"].remark
    assert not check_by_hand(e, {w: by_hand * 1.001}).ok


def shares(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


POINTS = np.random.default_rng(0).normal(size=(5, 4))
OF_ZERO = {  # the loss, and its gradient by hand, whose terms cancel; then a mistake in it
    "softmax": (
        lambda x: ag.sum(ag.softmax(x)),
        lambda x: shares(x) * (1 - shares(x).sum(1, keepdims=True)),
        lambda x: shares(x),
    ),
    "cosine": (lambda x: ag.sum(ag.cos(np.pi + 0 * x)), lambda x: np.float32(0) * x, lambda x: x),
    "mse at its target": (
        lambda x: ag.mse(x * 0.1, (POINTS * 0.1).astype(x.dtype)),
        lambda x: 2 * (x * np.float32(0.1) - (POINTS * 0.1).astype(np.float32)) * np.float32(0.1) / np.float32(20),
        lambda x: 2 * x * np.float32(0.1) * np.float32(0.1) / np.float32(20),
    ),
    "cross-entropy at its shares": (
        lambda x: ag.cross_entropy(x, shares(POINTS).astype(x.dtype)),
        lambda x: (shares(x) - shares(POINTS).astype(np.float32)) / np.float32(5),
        lambda x: shares(x) / np.float32(5),
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OF_ZERO)
def test_what_float32_leaves_of_0_is_right(name, dtype):
    loss, by_hand, mistaken = OF_ZERO[name]
    with ag.tape():
        x = ag.Tensor(POINTS.astype(dtype), requires_grad=True, name="x")
        e = loss(x)
    narrow = POINTS.astype(np.float32)
    assert check_by_hand(e, {x: by_hand(narrow)}).ok
    assert not check_by_hand(e, {x: mistaken(narrow)}).ok


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_graph_in_float32_is_held_against_float64(dtype):
    rng = np.random.default_rng(0)
    x, start = rng.normal(size=(8, 3)), rng.normal(size=(3, 2)).astype(dtype)
    w = ag.Tensor(start, requires_grad=True, name="w")
    with ag.tape():
        e = ag.mean(ag.square(ag.tanh(ag.matmul(x.astype(dtype), w))))
    y = np.tanh(x.astype(dtype).astype(float) @ start.astype(float))
    exact = x.astype(dtype).astype(float).T @ (2 * y / y.size * (1 - y * y))
    e.backward()
    for by_hand in (exact, w.grad):
        report = check_by_hand(e, {w: by_hand})
        assert report.ok and report["w"].mistake is None
    assert check_by_hand(e, {w: -exact})["w"].mistake.key == "sign"
    assert check_by_hand(e, {w: exact * y.size})["w"].mistake.key == "factor"


def test_functions_of_the_named_arrays():
    w, x = ag.Tensor(3.0, requires_grad=True, name="w"), ag.Tensor(2.0, name="x")
    with ag.tape():
        y = w * x
        e = ag.square(y)
    assert check_by_hand(e, {w: lambda y, x: 2 * y * x}).ok
    assert check_by_hand(e, {w: lambda w, x: w * x * x})["w"].mistake.key == "factor"


def test_nothing_changes_on_the_tape(net):
    net["E"].backward()
    before = {
        name: (tensor.node.note.gradient if name.startswith("E") else tensor.grad) for name, tensor in net.items()
    }
    check(net, PUBLISHED | {"w1": 1.0}, learning_rate=0.5)
    after = {name: (tensor.node.note.gradient if name.startswith("E") else tensor.grad) for name, tensor in net.items()}
    assert before == after


def test_it_works_inside_a_tape_and_under_no_grad():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape() as tape:
        e = ag.square(w)
        length = len(tape)
        with ag.no_grad():
            assert check_by_hand(e, {w: 3.0})["w"].mistake.key == "factor"
    assert len(tape) == length


def test_after_an_optimizer_step_the_recorded_values_count():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape():
        e = ag.square(w)
    with ag.no_grad():
        w -= 1.0
    assert check_by_hand(e, {w: 6.0}).ok


@pytest.mark.parametrize("depth", [1200, pytest.param(3000, marks=pytest.mark.slow)])
def test_a_deep_graph_does_not_recurse(depth):
    w = ag.Tensor(1.0, requires_grad=True, name="w")
    with ag.tape():
        y = w
        for _ in range(depth):
            y = y * 1.0
    assert check_by_hand(y, {w: 1.0}).ok
    report = check_by_hand(y, {w: -1.0})
    assert report["w"].mistake.key == "sign"


def test_ties_and_kinks_are_said_not_alarmed_at():
    x = ag.Tensor([[[1.0, 1.0], [0.0, 1.0]]], requires_grad=True, name="x")
    with ag.tape():
        y = ag.max_pool2d(x, 2)
    report = check_by_hand(y, {x: [[[1.0, 0], [0, 0]]]}, gradient=[[[1.0]]])
    assert report.ok and report["x"].kink and "kink" in str(report)


def test_finite_differences_of_a_relu_away_from_its_kink():
    x = ag.Tensor([1.0, -2.0, 1e-3], requires_grad=True, name="x")
    with ag.tape():
        e = ag.relu(x).sum()
    row = check_by_hand(e, {x: [1, 0, 1]})["x"]
    assert row.ok and not row.kink and row.finite_difference_error < 1e-6


def test_a_wrong_rule_of_a_declared_operation_is_not_held_against_the_learner():
    wrong = ag.operation(
        "wrong_cube", lambda x: x * x * x, formula="y = x^3", rules=[ag.rule(lambda g, x: 2 * g * x * x)],
        samples=[extend.sample(extend.reals(3))],
    )  # fmt: skip
    x = ag.Tensor(2.0, requires_grad=True, name="x")
    with ag.tape():
        y = wrong(x)
    report = check_by_hand(y, {x: 12.0})
    assert report["x"].verdict == "undecided" and "disagree" in str(report)


# -- NaN, randomness, interruption -------------------------------------------------------------


def test_nan_gives_no_wrong_verdict():
    x = ag.Tensor([1.0, 0.0, 4.0], requires_grad=True, name="x")
    with ag.tape(), np.errstate(all="ignore"):
        r = ag.sqrt(x * 0 - 1)
        e = r.sum()
    report = check_by_hand(e, {x: [1.0, 2.0, 3.0]})
    assert report["x"].verdict == "undecided" and not report.ok
    assert "not finite" in str(report) and "r (sqrt)" in str(report)
    assert check_by_hand(e, {x: [np.nan] * 3}).ok


def test_nan_at_some_entries_leaves_the_others_to_be_judged():
    x = ag.Tensor([4.0, -1.0], requires_grad=True, name="x")
    with ag.tape(), np.errstate(all="ignore"):
        e = ag.sqrt(x).sum()
    assert check_by_hand(e, {x: [0.25, 7.0]})["x"].verdict == "undecided"
    assert check_by_hand(e, {x: [0.5, 7.0]})["x"].verdict == "wrong"


def test_nan_by_hand_is_a_blank():
    x = ag.Tensor([4.0, 1.0], requires_grad=True, name="x")
    with ag.tape():
        e = ag.sqrt(x).sum()
    report = check_by_hand(e, {x: [0.25, np.nan]})
    assert report.ok and "1 of 2 entries are blank" in str(report)
    report = check_by_hand(e, {x: [0.26, np.nan]})
    assert report["x"].verdict == "wrong" and report["x"].worst == (0,)


def test_a_gradient_that_is_all_nan_is_not_right():
    x = ag.Tensor([4.0, 1.0], requires_grad=True, name="x")
    with ag.tape():
        e = ag.sqrt(x).sum()
    for blank in ([np.nan] * 2, ["?", ""], [None, None], None):
        report = check_by_hand(e, {x: blank if blank is None else np.array(blank, dtype=object)})
        assert not report.ok, str(report)


def test_an_infinite_derivative_is_said():
    x = ag.Tensor(0.0, requires_grad=True, name="x")
    with ag.tape():
        e = ag.sqrt(x)
    report = check_by_hand(e, {x: 1.0})
    assert report["x"].verdict == "undecided" and "infinite" in str(report)
    assert check_by_hand(e, {x: np.inf}).ok


def test_the_mask_of_a_dropout_is_held_fixed():
    x = ag.Tensor(np.arange(1.0, 7), requires_grad=True, name="x")
    with ag.tape():
        y = ag.dropout(x, 0.5, rng=np.random.default_rng(0))  # which keeps some of them
        e = ag.square(y).sum()
    mask = y.data != 0
    report = check_by_hand(e, {x: 2 * y.data * mask * 2})
    assert report.ok and report["x"].finite_difference_error < 1e-6 and not report.remarks
    assert check_by_hand(e, {x: 2 * y.data * mask})["x"].mistake.key == "factor"


def test_a_random_operation_of_ones_own_is_named():
    rng = np.random.default_rng(0)
    noise = ag.operation(
        "noise", lambda x: x * rng.normal(), formula="y = n x", rules=[ag.rule(lambda g, x, y: g * y / x)],
        samples=[extend.sample(extend.reals(3))],
    )  # fmt: skip
    x = ag.Tensor(2.0, requires_grad=True, name="x")
    with ag.tape():
        y = noise(x)
    report = check_by_hand(y, {x: y.data / 2})
    assert report.ok and report["x"].finite_difference_error is None
    assert "noise" in report.remarks[0]
    assert check_by_hand(y, {x: -y.data / 2})["x"].mistake.key == "sign"
    del registry["noise"]  # of which other tests would hear


def test_a_search_without_time_says_so(net):
    report = check(net, {"w1": 17.0}, seconds=0)
    assert not report.ok and "not all of the catalogue was tried" in str(report)


def test_interrupted_it_reports_what_it_has(net, monkeypatch):
    trials = []

    def watched(several, what, progress):
        for trial in several:
            trials.append(trial)
            if len(trials) == 40:
                raise KeyboardInterrupt
            yield trial

    monkeypatch.setattr(diagnosis, "_watched", watched)
    report = check(net, {"net_o1": "0.741365070", "w1": 17.0})
    assert report.interrupted
    assert "stopped after 39 tries" in str(report) and "stopped after 39 tries" in report._repr_html_()
    assert report["net_o1"].verdict == report["w1"].verdict == "wrong"


def test_a_progress_bar_over_exchanges(net, capsys):
    """Nobody knows beforehand how many there are."""
    report = check(net, {"w5": "0.082667628", "w6": "0.082167041"}, progress=True)
    assert "are exchanged" in str(report) and "looking for the mistake" in capsys.readouterr().err


def test_a_progress_bar_on_request(net, capsys, monkeypatch):
    monkeypatch.setattr(diagnosis, "LONGEST_PAIRS", 0.5)  # a bar comes by itself after a second
    check(net, {"w1": 17.0}, progress=True)
    assert "looking for the mistake" in capsys.readouterr().err
    check(net, {"w1": 17.0}, progress=False)
    check(net, {"w1": 17.0})
    assert capsys.readouterr().err == ""


# -- bad input ---------------------------------------------------------------------------------


def scalar_graph():
    w = ag.Tensor(3.0, requires_grad=True, name="w")
    with ag.tape():
        e = ag.square(w)
    return w, e


def test_a_wrong_shape_costs_its_row_and_not_the_report():
    w = ag.Tensor(np.ones((2, 3)), requires_grad=True, name="w")
    v = ag.Tensor(2.0, requires_grad=True, name="v")
    with ag.tape():
        e = (ag.square(w) * v).sum()
    report = check_by_hand(e, {w: [1.0, 2, 3], v: 6.0})
    assert report["v"].ok and report["w"].verdict == "wrong" and report.first_wrong is report["w"]
    assert "its shape is (3,), and it should be (2, 3)" in " ".join(str(report).split())
    assert "shape 3" in str(report) and "by hand" in report._repr_html_()
    report = check_by_hand(e, {w: np.zeros((0, 3)), v: -6.0})
    assert report["w"].mistake.key == "empty-slice" and "[0:-0]" in str(report) and report["v"].mistake.key == "sign"


@pytest.mark.parametrize(("shape", "given"), [((1, 3), (3,)), ((3,), (1, 3)), ((2, 1, 3), (2, 3)), ((3, 1), (3,))])
def test_where_only_singleton_axes_differ_the_numbers_are_compared(shape, given):
    value = np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    w = ag.Tensor(value, requires_grad=True, name="w")
    with ag.tape():
        e = ag.square(w).sum()
    report = check_by_hand(e, {w: 2 * value.reshape(given)})
    assert report.ok and "axes of length 1" in report["w"].remark and "axes of" in str(report)
    report = check_by_hand(e, {w: value.reshape(given)})
    assert report["w"].mistake.key == "factor"


def test_a_true_zero_leaves_room_for_rounding():
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    w, b = (ag.Tensor(rng.normal(size=s), requires_grad=True, name=n) for s, n in (((3, 2), "w"), (2, "b")))
    with ag.tape():
        z = x @ w + b
        e = ag.mse(ag.batch_norm(z), t)
    by_z, by_b = ag.gradients(e, [z, b])
    single = by_z.astype(np.float32)
    report = check_by_hand(e, {b: single.sum(0)})  # about 1e-9 where the truth is 0
    assert report.ok and report["b"].max_rel_error == 0
    assert check_by_hand(e, {b: by_b}).ok
    assert not check_by_hand(e, {b: by_b + 1e-4}).ok and not check_by_hand(e, {b: single.sum(0) + 1e-3}).ok


def test_what_lost_its_history_is_told_where():
    rng = np.random.default_rng(0)
    w = ag.Tensor(rng.normal(size=3), requires_grad=True, name="w")
    with ag.tape():
        h = ag.tanh(w)
        kept = np.zeros(3)
        kept[:2] = h.data[:2]
        e = ag.sum(ag.Tensor(kept) * w)
    with pytest.raises(ValueError, match=r"(?s)no part of the graph.*constant at the multiply.*np.zeros\(\)"):
        check_by_hand(e, {h: np.zeros(3)})
    with pytest.raises(ValueError, match=r"(?s)not recorded.*lose the history"):
        check_by_hand(ag.Tensor(float(e.data)), {w: np.zeros(3)})


def test_one_number_does_for_a_value_of_one_entry():
    w = ag.Tensor([3.0], requires_grad=True, name="w")
    with ag.tape():
        e = ag.square(w).sum()
    assert check_by_hand(e, {w: "6.0"}).ok and check_by_hand(e, {w: 6}).ok


def test_a_tensor_that_is_no_part_of_the_graph():
    _, e = scalar_graph()
    other = ag.Tensor(1.0, requires_grad=True, name="other")
    with pytest.raises(ValueError, match="'other' is no part of the graph"):
        check_by_hand(e, {other: 1.0})
    with pytest.raises(ValueError, match="does not require grad"):
        check_by_hand(e, {ag.Tensor(1.0): 1.0})


def test_a_graph_recorded_outside_a_tape():
    w = ag.Tensor(3.0, requires_grad=True)
    e = ag.square(w)
    with pytest.raises(ValueError, match=r"outside ag\.tape\(\)"):
        check_by_hand(e, {w: 6.0})
    with pytest.raises(ValueError, match="not recorded"):
        check_by_hand(ag.Tensor(1.0), {w: 6.0})
    with ag.tape():
        y = e * 2
    with pytest.raises(ValueError, match=r"1 of \d nodes, first square"):
        check_by_hand(y, {w: 6.0})
    with pytest.raises(ValueError, match=r"outside ag\.tape\(\)"):
        check_by_hand(w, {w: 1.0})


def test_keys_that_are_no_tensors():
    _, e = scalar_graph()
    with pytest.raises(TypeError, match=r"keys are Tensors.*\n.*'w'"):
        check_by_hand(e, {"w": 6.0})
    with pytest.raises(TypeError, match="give a dict"):
        check_by_hand(e, [6.0])


def test_an_output_of_several_entries_needs_its_gradient():
    w = ag.Tensor([3.0, 4.0], requires_grad=True, name="w")
    with ag.tape():
        y = ag.square(w)
    with pytest.raises(ValueError, match="gradient="):
        check_by_hand(y, {w: [6.0, 8.0]})
    with pytest.raises(ValueError, match="output's shape"):
        check_by_hand(y, {w: [6.0, 8.0]}, gradient=[1.0])
    assert check_by_hand(y, {w: [6.0, 80.0]}, gradient=[1.0, 10.0]).ok


def test_updated_values_that_do_not_fit():
    w, e = scalar_graph()
    with pytest.raises(ValueError, match="another shape"):
        check_by_hand(e, {w: 6.0}, updated={w: [1.0, 2.0]})
    with pytest.raises(ValueError, match="no parameter of the graph"):
        check_by_hand(e, {w: 6.0}, updated={ag.Tensor(1.0, requires_grad=True): 1.0})


def test_nothing_given_by_hand():
    _, e = scalar_graph()
    report = check_by_hand(e, {})
    assert report.ok and "nothing" in str(report)


def test_empty_arrays():
    w = ag.Tensor(np.ones((0, 3)), requires_grad=True, name="w")
    with ag.tape():
        e = ag.square(w).sum()
    assert check_by_hand(e, {w: np.ones((0, 3))}).ok


# -- the whole net -----------------------------------------------------------------------------


def test_a_lenet_5_by_hand():
    nn = pytest.importorskip("nn")
    rng = np.random.default_rng(0)
    nn.manual_seed(0)
    net = nn.models.LeNet5()
    x, t = rng.normal(size=(8, 1, 28, 28)).astype(np.float32), rng.integers(0, 10, 8)
    with ag.tape():
        loss = ag.cross_entropy(net(x), t)
    loss.backward()
    parameters = dict(net.named_parameters())
    report = check_by_hand(loss, {p: p.grad for p in parameters.values()})
    assert report.ok and all(row.mistake is None and not row.remark for row in report.rows)

    wrong = {p: p.grad for p in parameters.values()}
    wrong[parameters["conv1.weight"]] = parameters["conv1.weight"].grad[:, :, ::-1, ::-1]
    wrong[parameters["fc2.bias"]] = parameters["fc2.bias"].grad / 8
    report = check_by_hand(loss, wrong)
    assert report["conv1.weight"].mistake.key == "kernel-rotated"
    assert "conv1" in report["conv1.weight"].mistake.explanation
    assert report["fc2.bias"].mistake.key in ("factor", "broadcast-averaged")
