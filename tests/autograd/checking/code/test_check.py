"""``ag.check_backward``: what it takes, what it leaves as it was, and what it does where history is lost."""

import copy
import math
import random
import sys

import numpy as np
import pytest

import autograd as ag
from autograd.testing import DerivationError, assert_backward_matches

RNG = np.random.default_rng(0)
W, X, T = RNG.normal(size=(3, 2)), RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2))


def loss(w, x, t):
    y = np.tanh(x @ w)
    return 0.5 * np.sum((y - t) ** 2)


def right(w, x, t):
    y = np.tanh(x @ w)
    dy = y - t
    dz = dy * (1 - y**2)
    return x.T @ dz


def wrong(w, x, t):
    y = np.tanh(x @ w)
    dy = y - t
    dz = dy * (1 + y**2)
    return x.T @ dz


# -- the report ---------------------------------------------------------------------------------


def test_the_report_of_a_right_backward():
    report = ag.check_backward(loss, right, W, X, T)
    assert report.ok and report.first_wrong is None
    assert [row.what for row in report.rows][-1] == "∂loss/∂w"
    assert "all right" in str(report)


def test_the_report_of_a_wrong_backward():
    report = ag.check_backward(loss, wrong, W, X, T)
    first = report.first_wrong
    start = wrong.__code__.co_firstlineno
    assert not report.ok
    assert (first.line, first.source, first.variable) == (start + 3, "dz = dy * (1 + y**2)", "dz")
    assert report["w"].verdict == "follows"
    lines = str(report).split("\n")
    assert f"{start + 2} ✓     dy = y - t" in lines
    assert f"{start + 3} ✗     dz = dy * (1 + y**2)  ← the first wrong line" in lines
    assert f"{start + 4} ↳     return x.T @ dz" in lines
    assert any("it should give" in line for line in lines)


def test_what_else_a_report_is():
    report = ag.check_backward(loss, wrong, W, X, T)
    assert len(report) == len(list(report)) == len(report.rows)
    assert report[0] is report.rows[0]
    with pytest.raises(KeyError, match="no row 'u'"):
        report["u"]
    html = report._repr_html_()
    assert "the first wrong line" in html and 'class="wrong"' in html and "<svg" in html


def test_the_mistake_behind_a_line_is_named():
    def backward(w, x, t):
        y = np.tanh(x @ w)
        dz = t - y
        dz *= 1 - y**2
        return x.T @ dz

    first = ag.check_backward(loss, backward, W, X, T).first_wrong
    assert first.source == "dz = t - y" or first.variable == "dz"
    assert "sign" in first.mistake.key


def test_an_assertion_for_tests():
    assert_backward_matches(loss, right, W, X, T)
    with pytest.raises(DerivationError, match="the first wrong line"):
        assert_backward_matches(loss, wrong, W, X, T)


# -- what it takes ------------------------------------------------------------------------------


def test_several_arguments_and_wrt():
    def backward(w, x, t):
        dz = (np.tanh(x @ w) - t) * (1 - np.tanh(x @ w) ** 2)
        return x.T @ dz, dz @ w.T

    report = ag.check_backward(loss, backward, W, X, T, wrt=["w", "x"])
    assert report.ok and {"w", "x"} <= {row.name for row in report.rows}
    with pytest.raises(ValueError, match="wrt names no parameter of forward"):
        ag.check_backward(loss, backward, W, X, T, wrt="u")


def test_names_are_read_in_many_ways():
    def forward(p, x):
        z = x @ p["W"]
        return np.mean(z**2)

    for key in ("W", "dW", "grad_W", "W_grad", "dL_dW", "d_W", "gradW"):
        assert ag.check_backward(
            forward, lambda p, x, k=key: {k: 2 * x.T @ (x @ p["W"]) / (len(x) * 2)}, {"W": W}, X
        ).ok


def test_a_mapping_says_what_names_do_not():
    def backward(w, x, t):
        first = np.tanh(x @ w) - t
        second = 2 * first * (1 - np.tanh(x @ w) ** 2)
        return x.T @ second

    report = ag.check_backward(loss, backward, W, X, T, names={"first": "y"})
    assert report.first_wrong.source.startswith("second")


def test_a_tuple_of_a_container_of_parameters():
    def forward(params, x):
        a, b = params
        return np.sum(np.exp(x @ a) @ b)

    def backward(params, x):
        a, b = params
        h = np.exp(x @ a)
        db = h.sum(axis=0)
        dh = np.ones((len(x), 1)) * b
        return (x.T @ (dh * h), db)

    assert ag.check_backward(forward, backward, [W, T[0]], X).ok
    assert ag.check_backward(forward, backward, (W, T[0]), X).ok


def test_a_tuple_of_gradients_belongs_to_several_results():
    def forward(x):
        return np.sin(x), np.cos(x)

    def backward(dsin, dcos, x):
        return dsin * np.cos(x) - dcos * np.sin(x)

    assert ag.check_backward(forward, backward, X, gradient=(np.ones_like(X), 2 * np.ones_like(X))).ok


def test_a_result_of_many_numbers_needs_its_gradient():
    with pytest.raises(ValueError, match=r"more than one number\n  result: \(4, 3\)"):
        ag.check_backward(np.exp, np.exp, X)
    with pytest.raises(ValueError, match="the gradient must have the shape"):
        ag.check_backward(lambda x: 2 * x, lambda dout: 2 * dout, X, gradient=np.ones(3))


def test_arguments_without_floats():
    with pytest.raises(ValueError, match="no array of floats"):
        ag.check_backward(lambda s: 1.0, lambda s: None, "text")


def test_a_gradient_with_an_axis_too_many_is_compared():
    def forward(w, b, x):
        return np.sum((x @ w + b) ** 2)

    def backward(w, b, x):
        dz = 2 * (x @ w + b)
        return x.T @ dz, dz.sum(axis=0, keepdims=True)

    report = ag.check_backward(forward, backward, W, T[0], X, wrt=["w", "b"])
    assert report.ok and "shape" in report["b"].remark


def test_a_convention_that_gives_right_gradients_is_no_mistake():
    def forward(w, b, x, t):
        z = x @ w + b
        return np.sum((z - t) ** 2) / (2 * len(x))

    def backward(w, b, x, t):
        dz = x @ w + b - t
        return {"w": x.T @ dz / len(x), "b": dz.mean(axis=0)}

    report = ag.check_backward(forward, backward, W, T[0], X, T, wrt=["w", "b"])
    assert report.ok and not report.unmatched


def test_a_missing_gradient_is_told():
    def forward(p, x):
        return np.sum(np.tanh(x @ p["W"] + p["b"]))

    def backward(p, x):
        dz = 1 - np.tanh(x @ p["W"] + p["b"]) ** 2
        return {"W": x.T @ dz}

    report = ag.check_backward(forward, backward, {"W": W, "b": T[0]}, X)
    assert report.ok and report.remarks == ["backward gives no gradient of: b"]


def test_numbers_of_float32():
    w, x, t = (a.astype(np.float32) for a in (W, X, T))
    assert ag.check_backward(loss, right, w, x, t).ok
    assert ag.check_backward(loss, wrong, w, x, t).first_wrong.variable == "dz"


def test_forward_in_operations_of_the_library():
    def forward(w, x, t):
        y = ag.tanh(x @ w)
        return ag.sum(0.5 * (y - t) ** 2)

    assert ag.check_backward(forward, right, W, X, T).ok
    assert ag.check_backward(forward, wrong, W, X, T).first_wrong.variable == "dz"


# -- what it leaves as it was -------------------------------------------------------------------


def test_arguments_are_not_changed():
    def forward(params, x):
        params["W"] *= 1.0
        x[0] = 0
        return np.sum(np.tanh(x @ params["W"]))

    def backward(params, x):
        x[0] = 0
        dz = 1 - np.tanh(x @ params["W"]) ** 2
        params["W"] -= 1
        return {"W": x.T @ dz}

    params, x = {"W": W.copy()}, X.copy()
    before = copy.deepcopy((params, x))
    ag.check_backward(forward, backward, params, x)
    assert np.array_equal(params["W"], before[0]["W"]) and np.array_equal(x, before[1])


def test_the_object_of_a_method_is_not_changed():
    class Layer:
        def __init__(self):
            self.W = W.copy()

        def forward(self, x):
            self.x = x
            return x @ self.W

        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    layer = Layer()
    report = ag.check_backward(layer.forward, layer.backward, X, gradient=np.ones((4, 2)))
    assert report.ok and {"W", "x"} == {row.name for row in report.rows if row.name in "Wx"}
    assert vars(layer).keys() == {"W"}


def test_the_tracer_that_was_there_comes_back():
    def tracer(frame, event, arg):
        return None

    before = sys.gettrace()
    try:
        sys.settrace(tracer)
        ag.check_backward(loss, wrong, W, X, T)
        after = sys.gettrace()
        with pytest.raises(ZeroDivisionError):
            ag.check_backward(loss, lambda w, x, t: 1 / 0, W, X, T)
        last = sys.gettrace()
    finally:
        sys.settrace(before)
    assert after is tracer and last is tracer


def test_random_states_are_as_before_and_draws_the_same():
    rng = np.random.default_rng(3)

    def forward(w, x):
        mask = np.random.rand(4, 2) < 0.5
        scale = rng.normal(size=(4, 2)) + random.random()
        return np.sum(np.tanh(x @ w) * mask * scale), (mask, scale)

    def backward(w, x, cache):
        mask, scale = cache
        return x.T @ ((1 - np.tanh(x @ w) ** 2) * mask * scale)

    np.random.seed(5)
    states = np.random.get_state()[1].copy(), random.getstate(), rng.bit_generator.state
    assert ag.check_backward(forward, backward, W, X).ok
    assert np.array_equal(np.random.get_state()[1], states[0])
    assert (random.getstate(), rng.bit_generator.state) == states[1:]


def test_numpy_is_in_its_place_again():
    assert ag.check_backward(loss, right, W, X, T).ok
    assert sys.modules[__name__].np is sys.modules["numpy"]
    assert type(np.zeros(2)) is np.ndarray


def test_what_backward_raises_comes_through():
    def backward(w, x, t):
        return x[99]

    with pytest.raises(IndexError):
        ag.check_backward(loss, backward, W, X, T)


# -- where history is lost ----------------------------------------------------------------------


def lost(forward, backward, *args, **options):
    report = ag.check_backward(forward, backward, *args, **options)
    assert any("finite differences of forward itself" in remark for remark in report.remarks), report
    return report


def test_a_number_taken_out_with_float():
    def forward(w, x):
        s = float(np.sum(x @ w))
        return np.sum(w) * s

    def backward(w, x):
        s = np.sum(x @ w)
        return s + np.sum(w) * x.sum(axis=0)[:, None] * np.ones((1, 2))

    report = lost(forward, backward, W, X)
    line = forward.__code__.co_firstlineno + 1
    assert report.ok
    assert report.remarks[0].startswith(f"line {line} takes a number out of the recording with float(…)")


def test_a_function_of_math():
    def forward(w):
        return np.sum(w) * math.exp(np.sum(w) / 10)

    def backward(w):
        s = np.sum(w)
        dw = np.ones_like(w) * math.exp(s / 10)
        return dw

    report = lost(forward, backward, W)
    assert not report.ok and "math.exp(…)" in report.remarks[0]
    assert report.first_wrong.source == "dw = np.ones_like(w) * math.exp(s / 10)"


def test_a_view_that_is_written_into():
    def forward(w, x):
        out = np.zeros((2, 2))
        row = out[0]
        row[1] = np.sum(w) ** 2
        out[1, 0] = np.sum(x @ w)
        return np.sum(out**2)

    def backward(w, x):
        s = np.sum(w)
        return 4 * s**3 + 2 * np.sum(x @ w) * x.sum(axis=0)[:, None] * np.ones((1, 2))

    report = lost(forward, backward, W, X)
    assert report.ok
    assert f"line {forward.__code__.co_firstlineno + 3} " in report.remarks[0]
    assert "row[1] = np.sum(w) ** 2" in report.remarks[0] and "view" in report.remarks[0]


def test_what_has_no_operation():
    def forward(w):
        return np.sum(np.unwrap(w) ** 2)

    def backward(w):
        return 2 * w

    report = lost(forward, backward, W)
    assert report.ok and "np.sum(np.unwrap(w) ** 2)" in report.remarks[0]


def test_an_array_of_outside_that_is_filled():
    buffer = np.zeros(3)

    def forward(w):
        buffer[:] = 0
        for i in range(3):
            buffer[i] = np.sum(w[i]) ** 2
        return np.sum(buffer)

    def backward(w):
        return 2 * w.sum(axis=1, keepdims=True) * np.ones((1, 2))

    assert lost(forward, backward, W).ok


def test_large_arrays_are_compared_in_part():
    w = RNG.normal(size=(60, 50))

    def forward(w):
        return np.sum(np.unwrap(w[0] / 9)) + sum(np.sum(w**2) for _ in range(200)) / 200

    def backward(w):
        return 2 * w

    report = lost(forward, backward, w)
    assert "entries were compared" in report.rows[0].remark


# -- what works as it stands --------------------------------------------------------------------


def test_ties_are_no_loss_of_history():
    def forward(x):
        return np.sum(np.maximum(0, x) * 3)

    def backward(x):
        return 3.0 * (x > 0)

    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    assert ag.check_backward(forward, backward, x).ok


def test_a_closure_and_an_import_inside():
    import numpy as numerics

    def forward(w):
        import numpy

        out = numerics.zeros(3)
        more = numpy.empty_like(out)
        for i in range(3):
            out[i] = numerics.sum(w[i] ** 2)
            more[i] = out[i] * 2
        return numpy.sum(out) + numerics.sum(more)

    def backward(w):
        dw = 6 * w
        return dw

    report = ag.check_backward(forward, backward, W)
    assert report.ok and not report.remarks


def test_lists_of_steps_are_named_by_their_position():
    def forward(w, x):
        h = [x[0]]
        for t in range(3):
            h.append(np.tanh(h[t] @ w))
        return np.sum(h[3] ** 2)

    def backward(w, x):
        h = [x[0]]
        for t in range(3):
            h.append(np.tanh(h[t] @ w))
        dh = [None] * 4
        dw = np.zeros_like(w)
        dh[3] = 2 * h[3]
        for t in reversed(range(3)):
            dz = dh[t + 1] * (1 - h[t + 1] ** 2)
            dw += np.outer(h[t], dz)
            dh[t] = dz @ w
        return dw

    w = RNG.normal(size=(3, 3))
    report = ag.check_backward(forward, backward, w, X)
    assert report.first_wrong.source == "dh[t] = dz @ w"
    assert [mark for _, mark, text in report.listing if "dz =" in text or "dw +=" in text] == ["↳", "↳"]
