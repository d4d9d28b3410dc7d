"""gradcheck lets right gradients pass and finds planted mistakes of every kind."""

import re

import numpy as np
import pytest

import autograd as ag
from autograd import extend
from autograd.declaration import registry
from autograd.finite_differences import GradientError, gradcheck


@pytest.fixture
def declare():
    """Declares operations for one test and takes them out of the registry after it."""
    before = dict(registry)

    def declare(name, forward, *rules):
        return ag.operation(
            name,
            forward,
            formula=r"y = f(x)",
            rules=[ag.rule(one) for one in rules],
            samples=[extend.sample(extend.reals(3))],
        )

    yield declare
    registry.clear()
    registry.update(before)


def spread(*shape):
    return np.random.default_rng(7).uniform(0.5, 2.0, shape)


# -- what is right passes ----------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (lambda x: x * x, 3.0),
        (lambda a, b: a * b - a / b, (spread(2, 3), spread(3))),
        (lambda a, b: a**b, (spread(4), 1.7)),
        (lambda a, b: (a * b, ag.log(a)), [spread(3), spread(1)]),
        (lambda x: ag.where(x > 1.0, x * x, x), spread(4, 5)),
        (lambda x: ag.internal.sum_to(x * x * x, (6,)), spread(20, 6)),
    ],
    ids=["number", "broadcast", "power", "two outputs", "where", "projections"],
)
def test_right_gradients_pass(f, inputs, order):
    assert gradcheck(f, inputs, order=order) is True


def test_complex_step_agrees_with_central_differences():
    def f(a, b):
        return a**3 * b / (a + b) - ag.log(a * b)

    inputs = (spread(3, 4), spread(4))
    assert gradcheck(f, inputs)
    assert gradcheck(f, inputs, complex_step=True, rtol=1e-13, atol=1e-13)
    assert gradcheck(f, (spread(30, 4), spread(4)), complex_step=True, rtol=1e-12, atol=1e-12)
    with pytest.raises(GradientError):  # which central differences are not exact enough for
        gradcheck(f, inputs, rtol=1e-13, atol=1e-13)


def test_complex_step_goes_on_with_central_differences_at_order_2():
    assert gradcheck(lambda x: x**3 / (1 + x), spread(3), order=2, complex_step=True)


def test_inputs_that_are_no_floats_are_handed_on_unchanged():
    seen = []

    def f(x, n, flags, text, shape):
        seen.append((n, flags, text, shape))
        return x**n

    flags = np.array([True, False])
    assert gradcheck(f, (spread(2), 3, flags, "text", (2, 3)), order=2)
    for n, given, text, shape in seen:
        assert type(n) is int and n == 3 and given is flags and text == "text" and shape == (2, 3)


@pytest.mark.parametrize(
    "x",
    [np.float32([1.5, 2.5]), np.float16(1.5), ag.Tensor([1.5, 2.5]), ag.Tensor(1.5, requires_grad=True), [1.5, 2], 1.5],
    ids=["float32", "float16 scalar", "Tensor", "leaf", "list", "number"],
)
def test_floats_are_converted_to_float64(x):
    dtypes = set()

    def f(x):
        dtypes.add(x.dtype)
        return x * x

    assert gradcheck(f, [x])
    assert dtypes == {np.dtype(np.float64)}


def test_empty_and_unused_inputs_pass():
    assert gradcheck(lambda a, b: a * a, (np.ones((0, 3)), 2.0), order=2)
    assert gradcheck(lambda x: ag.Tensor(3.0), 2.0, order=2)


def test_it_leaves_no_trace():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    weight = ag.Tensor([3.0, 4.0], requires_grad=True)
    inner = weight * 2.0
    data = x.data.copy()
    with ag.no_grad():
        assert gradcheck(lambda x: x * x * inner, x, order=2)
    assert x.grad is None and weight.grad is None
    np.testing.assert_array_equal(x.data, data)
    inner.backward([1.0, 1.0])  # the caller's own graph was not used up
    np.testing.assert_array_equal(weight.grad, [2.0, 2.0])


# -- what is wrong is found --------------------------------------------------------------------


@pytest.mark.parametrize("inputs", [2.0, spread(3, 4), spread(100, 10)], ids=["number", "entries", "projections"])
@pytest.mark.parametrize("factor", [1.001, 0.999, -1.0, 0.0])
def test_a_wrong_factor_is_found(declare, factor, inputs):
    wrong = declare("wrong_factor", lambda x: x * x, lambda g, x: 2 * factor * g * x)
    with pytest.raises(GradientError, match="order 1"):
        gradcheck(wrong, inputs)


def test_a_wrong_factor_is_found_by_the_complex_step(declare):
    wrong = declare("wrong_factor", lambda x: x * x, lambda g, x: 2.000001 * g * x)
    assert gradcheck(wrong, spread(3))
    with pytest.raises(GradientError, match="complex step"):
        gradcheck(wrong, spread(3), complex_step=True, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("shape", [(4, 5), (40, 50)], ids=["entries", "projections"])
@pytest.mark.parametrize("factor", [0.0, -1.0, 1.5, np.nan, np.inf])
def test_one_wrong_entry_among_many_is_found_and_named(declare, shape, factor):
    def rule(g, x):
        factors = np.ones(x.shape)
        factors[3, 4] = factor
        return 2 * g * x * factors

    wrong = declare("wrong_entry", lambda x: x * x, rule)
    with pytest.raises(GradientError) as caught:
        gradcheck(wrong, spread(*shape))
    assert "at (3, 4)" in str(caught.value)


def test_a_wrong_sign_of_one_input_is_found_and_the_other_is_not_blamed(declare):
    wrong = declare("wrong_sign", lambda a, b: a - b, lambda g: g, lambda g: g)
    with pytest.raises(GradientError) as caught:
        gradcheck(wrong, (spread(2, 3), spread(3)))
    assert "input 0, shape (2, 3): 0 of 6 entries off" in str(caught.value)
    assert "input 1, shape (3,): 3 of 3 entries off" in str(caught.value)


@pytest.mark.parametrize("n", [4, 12], ids=["entries", "projections"])
def test_a_wrong_axis_is_found(declare, n):
    right = declare("right_axis", lambda x: x.sum(axis=1, keepdims=True) * x, lambda g, x: _row_rule(g, x, 1))
    wrong = declare("wrong_axis", lambda x: x.sum(axis=1, keepdims=True) * x, lambda g, x: _row_rule(g, x, 0))
    assert gradcheck(right, spread(n, n))
    with pytest.raises(GradientError):
        gradcheck(wrong, spread(n, n))


def _row_rule(g, x, axis):
    return g * x.sum(axis=1, keepdims=True) + (g * x).sum(axis=axis, keepdims=True)


def test_a_gradient_that_is_right_only_for_the_sum_is_found(declare):
    """The seed is not all ones: a rule that spreads g evenly is wrong."""
    wrong = declare("spread_evenly", lambda x: x * 3.0, lambda g: 0 * g + g.sum() * 3.0 / g.size)
    with pytest.raises(GradientError):
        gradcheck(wrong, spread(4))


@pytest.mark.parametrize("shape", [(3,), (100,)], ids=["entries", "projections"])
def test_a_wrong_second_derivative_alone_is_found_at_order_2(declare, shape):
    """The rule's value is right; on Tensors it loses x's history."""
    wrong = declare("detached", lambda x: x * x * x, lambda g, x: 3 * g * _detached(x * x))
    assert gradcheck(wrong, spread(*shape))
    with pytest.raises(GradientError, match="order 2"):
        gradcheck(wrong, spread(*shape), order=2)


def test_a_rule_that_loses_the_history_of_its_incoming_gradient_is_found_at_order_2(declare):
    wrong = declare("detached_g", lambda x: 3.0 * x, lambda g: 3.0 * _detached(g))
    assert gradcheck(wrong, spread(3))
    with pytest.raises(GradientError, match="order 2") as caught:
        gradcheck(wrong, spread(3), order=2)
    assert "the weights on output 0" in str(caught.value)


def test_a_wrong_third_derivative_alone_is_found_at_order_3(declare):
    wrong_slope = declare("wrong_slope", lambda x: 6 * x, lambda g: 6 * _detached(g * 1.01))
    second = declare("second", lambda x: 3 * x * x, lambda g, x: g * wrong_slope(x))
    first = declare("first", lambda x: x * x * x, lambda g, x: g * second(x))
    assert gradcheck(first, spread(3), order=2)
    with pytest.raises(GradientError, match="order 3"):
        gradcheck(first, spread(3), order=3)


def test_different_first_gradients_with_create_graph_are_found(declare):
    """A rule that does one thing on arrays and another on Tensors."""
    wrong = declare("two_faces", lambda x: x * x, lambda g, x: g * x * (2.0 if isinstance(x, np.ndarray) else 2.1))
    assert gradcheck(wrong, spread(3))
    with pytest.raises(GradientError, match="create_graph"):
        gradcheck(wrong, spread(3), order=2)


# -- whatever size and sign --------------------------------------------------------------------

TIMES_3 = {
    "ignores g": lambda g: 0 * g + 3.0,
    "square": lambda g: 3.0 * g * g,
    "size": lambda g: 3.0 * abs(g),
    "positive part": lambda g: 3.0 * ag.relu(g),
}


@pytest.mark.parametrize("inputs", [2.0, spread(1), spread(3)], ids=["number", "one entry", "entries"])
@pytest.mark.parametrize("name", TIMES_3)
def test_a_rule_that_is_not_linear_in_g_is_found(declare, name, inputs):
    rule = TIMES_3[name]
    wrong = declare("not_linear", lambda x: 3.0 * x, rule)
    for f in (wrong, lambda x: wrong(x).sum()):
        with pytest.raises(GradientError, match="order 1"):
            gradcheck(f, [inputs])
    inner = declare("inner_step", lambda x: x * 1.0, lambda g: rule(g) / 3.0)
    outer = declare("outer_step", lambda x: 3.0 * x, lambda g, _=None: 3.0 * inner(g))
    assert gradcheck(outer, [inputs])
    for f in (outer, lambda x: outer(x).sum()):
        with pytest.raises(GradientError, match="order 2"):
            gradcheck(f, [inputs], order=2)


def test_what_is_not_linear_is_said(declare):
    wrong = declare("ignores_g", lambda x: 3.0 * x, lambda g: 0 * g + 3.0)
    with pytest.raises(GradientError) as caught:
        gradcheck(wrong, 2.0)
    assert "not linear in the gradient that comes in" in str(caught.value)
    assert "with -2 times the seed: 3, it should be -6" in str(caught.value)


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1e6])
def test_a_wrong_sign_is_found_however_small_the_gradient(declare, scale):
    wrong = declare("scaled", lambda x: scale * x, lambda g: -scale * g)
    for inputs in (2.0, [spread(3)], [spread(100)]):
        with pytest.raises(GradientError):
            gradcheck(wrong, inputs)


@pytest.mark.slow
def test_a_mean_of_many_with_the_wrong_sign_is_found(declare):
    wrong = declare("wrong_mean", lambda x: np.mean(x), lambda g, x: 0 * x - g / x.size)
    with pytest.raises(GradientError):
        gradcheck(wrong, [spread(1_000_000)])
    repeated = declare("mean_of_many", lambda x: x.sum() / 1e6, lambda g, x: 0 * x - g / 1e6)
    with pytest.raises(GradientError):
        gradcheck(repeated, [spread(3)])


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("small", [1e-12, 1e-5])
@pytest.mark.parametrize("name", ["log", "reciprocal", "exp", "add"])
def test_one_entry_of_the_wrong_sign_is_found_whatever_its_size(declare, name, small, at):
    forward, slope = {
        "log": (np.log, lambda x: 1 / x),
        "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2),
        "exp": (np.exp, lambda x: ag.exp(x)),
        "add": (lambda x: 1.0 + x, lambda x: 1 + 0 * x),
    }[name]
    signs = np.ones(2)
    assert gradcheck(declare("of_all_sizes", forward, lambda g, x: g * slope(x)), [np.array([small, 1.0])], order=2)
    signs[at] = -1
    wrong = declare("one_wrong_sign", forward, lambda g, x: g * slope(x) * signs)
    with pytest.raises(GradientError, match=rf"1 of 2 entries off, worst at \({at},\)"):
        gradcheck(wrong, [np.array([small, 1.0])])


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (ag.sin, 1e5),
        (ag.cos, np.array([1e5, 1e7])),
        (ag.log, 1e-5),
        (ag.log, np.array([1e-12, 1.0, 1e5])),
        (ag.log, np.full(100, 1e-5)),
        (lambda x: 1 / x, 1e-5),
        (lambda x: 1 / x, np.array([1e-5, 1.0])),
        (lambda x: x**-2, 1e-30),
        (lambda x: ag.log(1e-5 + x), np.zeros(3)),
        (ag.relu, np.array([1e-8, -1e-9])),
        (lambda x: 1 + x, np.array([1e-12, 1.0])),
        (ag.exp, np.array([1e-9, -3e-9])),
        (lambda x: (x + 1e8) - 1e8, np.array([1.0, 2.0])),
        (lambda x: (1e10 * x) ** 3, np.array([1.0, 2.0])),
    ],
)
def test_steps_go_by_the_size_of_x(f, x, order):
    assert gradcheck(f, [x], order=order)


@pytest.mark.parametrize("shape", [(3,), (3, 5), (30, 5)])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.softmax(x).sum(),
        lambda x: (x - x.mean(-1, keepdims=True)).sum(),
        lambda x: ((x - x.mean(-1, keepdims=True)) / ag.std(x, -1, keepdims=True)).sum(),
        lambda x: ag.var(0 * x + 100.1),
        lambda x: x - x,
    ],
)
def test_gradients_that_cancel_to_rounding_pass(f, shape):
    assert gradcheck(f, [spread(*shape)], order=2)


@pytest.mark.parametrize("shape", [(), (3,), (100,)])
def test_a_backward_pass_with_noise_is_found_and_said(declare, shape):
    rng = np.random.default_rng(0)
    wrong = declare("noisy", lambda x: 2.0 * x, lambda g: 2.0 * g * (1 + 1e-7 * rng.normal()))
    with pytest.raises(GradientError, match="two backward passes of order 1 gave different gradients"):
        gradcheck(wrong, [spread(*shape)])


# -- the complex step --------------------------------------------------------------------------


@pytest.mark.parametrize("forward", [np.abs, np.real], ids=["abs", "real"])
def test_a_rule_of_0_is_found_where_the_complex_step_sees_nothing(declare, forward):
    wrong = declare("nothing", forward, lambda g: 0.0 * g)
    for inputs in (2.0, [np.array([-1.0, 2.0])]):
        with pytest.raises(GradientError, match="central differences"):
            gradcheck(wrong, inputs, complex_step=True)
    half = declare("half", lambda x: forward(x) * x, lambda g, x: g * abs(x))  # as the complex step has it
    with pytest.raises(GradientError, match="central differences"):
        gradcheck(half, [np.array([1.0, 2.0])], complex_step=True)


@pytest.mark.parametrize(
    "f",
    [
        *(ag.sigmoid, ag.softmax, ag.gelu, ag.erf, ag.std, ag.norm, ag.silu, ag.logsumexp, abs),
        lambda x: x * ag.sigmoid(x),
        lambda x: ag.arctan2(x, 1 + x),
    ],
)
def test_what_has_no_complex_form_is_held_against_differences_and_said(f):
    with pytest.warns(UserWarning, match="central differences"):
        assert gradcheck(f, [np.array([0.3, 1.0, -2.0])], complex_step=True, rtol=1e-12, atol=1e-12)


def _detached(x):
    return x.detach() if isinstance(x, ag.Tensor) else x


def test_nan_where_the_slope_is_finite_is_found(declare):
    wrong = declare("nan_rule", lambda x: x * x, lambda g, x: g * float("nan"))
    with pytest.raises(GradientError, match="analytic: nan"):
        gradcheck(wrong, spread(3))


def test_work_that_is_not_recorded_is_found_and_said():
    with pytest.raises(GradientError, match="no output was recorded"):
        gradcheck(lambda x: x.data * 2.0, 3.0)


def test_the_message_lists_the_worst_entry(declare):
    wrong = declare("wrong_square", lambda x: x * x, lambda g, x: 2 * g * x + (x > 2.5) * g * x)
    with pytest.raises(GradientError) as caught:
        gradcheck(lambda x: ag.internal.sum_to(wrong(x), ()), [[1.0, 2.0, 3.0, 4.0]])
    lines = str(caught.value).splitlines()
    assert lines[2].strip() == "input 0, shape (4,): 2 of 4 entries off, worst at (3,)"
    number = re.compile(r"[-+.e\d]+")
    analytic, numeric = (float(number.findall(line.split(":")[1])[0]) for line in lines[3:5])
    assert (analytic, round(numeric, 5)) == (12.0, 8.0)
    error, relative, tolerance = (float(number.findall(part)[-1]) for part in lines[5].split(","))
    assert (round(error, 2), round(relative, 2)) == (4.0, 0.5)
    assert tolerance == pytest.approx(1e-5 + 1e-4 * 8, rel=0.01)


def test_the_same_seed_gives_the_same_message(declare):
    wrong = declare("wrong_factor", lambda x: x * x, lambda g, x: 2.1 * g * x)
    messages = []
    for seed in (1, 1, 2):
        with pytest.raises(GradientError) as caught:
            gradcheck(wrong, spread(100), seed=seed)
        messages.append(str(caught.value))
    assert messages[0] == messages[1] != messages[2]


# -- bad input ---------------------------------------------------------------------------------


def test_what_cannot_be_checked_is_said():
    rng = np.random.default_rng(0)
    for f, inputs, options, kind, message in [
        (lambda x: x, 3, {}, ValueError, "no input is a float"),
        (lambda x: x > 0, 3.0, {}, ValueError, "no output of f is a float"),
        (lambda x: "text", 3.0, {}, TypeError, "must return a Tensor"),
        (lambda x: x, 3.0j * np.ones(2), {}, TypeError, "complex"),
        (lambda x: x.astype(np.float32), 3.0, {}, ValueError, "float32"),
        (lambda x: x * rng.uniform(), 3.0, {}, ValueError, "different values"),
        (lambda x: x, 3.0, {"order": 0}, ValueError, "order"),
        (lambda x: x.detach(), 3.0, {"complex_step": True}, ValueError, "complex arrays"),
    ]:
        with pytest.raises(kind, match=message):
            gradcheck(f, inputs, **options)


def test_a_function_that_is_not_analytic_gets_the_hint():
    def modulus(x):
        return ag.where(x > 0, x, -x) * x

    def square(x):
        return (np.real(x) if isinstance(x, np.ndarray) else x) * x

    assert gradcheck(modulus, [np.array([-1.0, 2.0])])
    with pytest.raises(GradientError, match="needs all of f to be analytic"):
        gradcheck(square, [np.array([-1.0, 2.0])], complex_step=True)
