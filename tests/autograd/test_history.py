"""The doors through which a recorded value leaves its history behind: which are shut, and which say what they do."""

import array
import asyncio
import ctypes
import math
import operator
from collections import deque
from fractions import Fraction

import numpy as np
import pytest

import autograd as ag

T = ag.Tensor([2.0, 3.0], requires_grad=True, name="t")


def recorded():
    return (T * T).sum()


def into_item(h):
    h[0] = recorded()


def into_flat(h):
    h.flat[0] = recorded()


def into_slice(h):
    h[:] = recorded()


def into_slice_of_list(h):
    h[:] = [recorded(), recorded()]


def into_row(h):
    h[:] = T


def into_mask(h):
    h[h == 0] = recorded()


def into_all(h):
    h[...] = recorded()


def into_several(h):
    h[0], h[1] = T * 2


def into_loop_variable(h):
    for h[0] in T * 2:
        pass


def into_sum(h):
    h[0] += recorded()


def by_fill(h):
    h.fill(recorded())


def by_put(h):
    h.put(0, recorded())


def by_method(h):
    h.__setitem__(0, recorded())


def by_operator(h):
    operator.setitem(h, 0, recorded())


def by_copyto(h):
    np.copyto(h, recorded())


def by_memoryview(h):
    memoryview(h)[0] = recorded()


STORES = [
    into_item, into_flat, into_slice, into_slice_of_list, into_row, into_mask, into_all, into_several,
    into_loop_variable, into_sum, by_fill, by_put, by_method, by_operator, by_copyto, by_memoryview,
]  # fmt: skip


@pytest.mark.parametrize("dtype", [float, np.float32, int, complex])
@pytest.mark.parametrize("store", STORES, ids=lambda one: one.__name__)
def test_storing_into_an_array_raises_and_changes_nothing(store, dtype):
    if store is by_memoryview and dtype is complex:
        pytest.skip("Python's memoryview has no complex numbers")
    h = np.zeros(2, dtype)
    with pytest.raises((TypeError, ValueError)):
        store(h)
    assert not h.any()


def test_storing_says_what_to_write():
    h = np.zeros(2)
    with pytest.raises(ValueError, match="setting an array element") as caught:
        h[0] = T[0]
    said = str(caught.value.__cause__)
    assert "ag.stack" in said and "t.item()" in said and "h = ag.Tensor(np.zeros(n)); h[0] = t" in said
    h[0] = T[0].item()
    assert h[0] == 2
    h = ag.Tensor(np.zeros(2))
    h[0] = T[0] * T[1]
    assert ag.gradients(h.sum(), T).tolist() == [3.0, 2.0]


def test_other_sequences_of_numbers_are_no_way_either():
    for h in (array.array("d", [0, 0]), (ctypes.c_double * 2)()):
        with pytest.raises(TypeError, match="history"):
            h[0] = recorded()


OBJECTS = np.empty(2, object)
OBJECTS[0], OBJECTS[1] = T[0], T[1]

CONVERSIONS = {
    "array": lambda: np.array([T, T]),
    "array of numbers": lambda: np.array([T[0], T[1]]),
    "asarray": lambda: np.asarray(T),
    "array of objects": lambda: np.array(OBJECTS, dtype=float),
    "astype of objects": lambda: OBJECTS.astype(float),
    "fromiter": lambda: np.fromiter(T, float),
    "fromiter of a list": lambda: np.fromiter([T[0], T[1]], float),
    "fromiter of a generator": lambda: np.fromiter((x * 2 for x in T), float),
    "full": lambda: np.full(2, T[0]),
    "full_like": lambda: np.full_like(T, T),
    "full_like of one": lambda: np.full_like(T[0], T[0]),
    "full_like of an array": lambda: np.full_like(np.zeros(2), T[0]),
    "float64": lambda: np.float64(T[0]),
    "float32": lambda: np.float32(T[0]),
    "arange": lambda: np.arange(T[0]),
    "frompyfunc": lambda: np.frompyfunc(lambda x: x, 1, 1)(T),
    "Tensor": lambda: ag.Tensor([T[0], T[1]]),
    "Tensor of objects": lambda: ag.Tensor(OBJECTS, dtype=float),
    "Tensor of lists of objects": lambda: ag.Tensor([OBJECTS, OBJECTS], dtype=float),
    "Tensor of a deque": lambda: ag.Tensor(deque([T[0], T[1]])),
    "array.array": lambda: array.array("d", T),
    "map": lambda: list(map(float, T)),
    "fsum": lambda: math.fsum(T),
    "random": lambda: np.random.default_rng(0).normal(T[0]),
    "out": lambda: np.exp(T, out=np.zeros(2)),
}


@pytest.mark.parametrize("convert", CONVERSIONS.values(), ids=CONVERSIONS)
def test_becoming_an_array_raises(convert):
    with pytest.raises((TypeError, ValueError)):
        convert()


def test_a_number_is_given_to_whoever_asks_for_one():
    losses = []
    for _ in range(2):
        loss = recorded()
        losses.append(float(loss))
    assert losses == [13.0, 13.0] and all(type(one) is float for one in losses)
    assert int(recorded()) == 13 and math.sqrt(recorded()) == math.sqrt(13) and complex(recorded()) == 13
    assert [float(x) for x in T] == [2.0, 3.0] and sum(float(x) for x in T) == 5
    assert list(map(float, [T[0], T[1]])) == [2.0, 3.0]
    assert f"{recorded():.1f}" == "13.0" and "%.1f" % recorded() == "13.0"  # noqa: UP031
    h = np.zeros(2)
    h[0] = float(recorded())
    h[1] = ag.Tensor(5.0)
    assert h.tolist() == [13.0, 5.0]
    kept = {}
    kept[0] = recorded()
    assert kept[0].requires_grad


# -- inside a transform ------------------------------------------------------------------------

TRANSFORMS = {
    "grad": lambda f: ag.grad(f)(T.data),
    "value_and_grad": lambda f: ag.value_and_grad(f)(T.data),
    "jacobian": lambda f: ag.jacobian(f)(T.data),
    "hessian": lambda f: ag.hessian(f)(T.data),
    "vjp": lambda f: ag.vjp(f, T.data),
    "jvp": lambda f: ag.jvp(f, T.data, np.ones(2)),
    "hvp": lambda f: ag.hvp(f, T.data, np.ones(2)),
    "of a recorded Tensor": lambda f: ag.grad(f)(T * 1),
    "by the second argument": lambda f: ag.grad(lambda a, x: f(x), 1)(1.0, T.data),
}
REFUSED = {
    "float": lambda x: x.sum() * float(x[0]),
    "int": lambda x: x.sum() * int(x[0]),
    "complex": lambda x: x.sum() * complex(x[0]).real,
    "math.exp": lambda x: x.sum() * math.exp(x[0] * 2),
    "math.floor": lambda x: x.sum() * math.floor(x[0]),
    "index": lambda x: x.sum() * operator.index(x[0]),
    "range": lambda x: x.sum() * len(range(x[0])),
    "of a loop": lambda x: x.sum() * sum([float(one) for one in x]),
    "map": lambda x: x.sum() * sum(map(float, [x[0], x[1]])),
    "store": lambda x: _stored(x).sum(),
}
ALLOWED = {
    "under no_grad": lambda x: x.sum() * _under_no_grad(x),
    "item": lambda x: x.sum() * x[0].item(),
    "data": lambda x: x.sum() * x.data[0],
    "detach": lambda x: x.sum() * float(x.detach()[0]),
    "numpy": lambda x: x.sum() * x.numpy()[0],
    "tolist": lambda x: x.sum() * x.tolist()[0],
    "print": lambda x: x.sum() * len(f"{x[0]:.1f} {x} %.1f" % x[0]),
    "bool": lambda x: x.sum() * (2.0 if x[0] else 1.0),
    "comparison": lambda x: x.sum() * (2.0 if x[0] > 1 and (x == x).all() else 1.0),
    "argmax": lambda x: x.sum() * int(x.argmax()),
    "astype": lambda x: x.sum() * int(x[0].astype(int)) * bool(x[0].astype(bool)),
}


def _under_no_grad(x):
    with ag.no_grad():
        return float(x[0])


def _stored(x):
    h = np.zeros(2)
    h[0] = x[0]
    return h


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("f", REFUSED.values(), ids=REFUSED)
def test_a_transform_lets_no_number_be_made_of_its_argument(transform, f):
    with pytest.raises((TypeError, ValueError)):
        transform(f)


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("f", ALLOWED.values(), ids=ALLOWED)
def test_a_transform_lets_the_value_be_asked_for(transform, f):
    transform(f)


def test_a_transform_says_what_to_write():
    with pytest.raises(TypeError, match=r"(?s)float\(\) of a Tensor that was computed from the argument.*t\.item\(\)"):
        ag.grad(lambda x: x * math.exp(x))(1.0)


def test_after_a_transform_numbers_are_given_again():
    with pytest.raises(TypeError):
        ag.grad(lambda x: x * float(x))(1.0)
    assert float(recorded()) == 13


def test_a_transform_holds_for_its_own_task_alone():
    async def differentiate():
        return ag.grad(lambda x: x * x)(2.0), float(recorded())

    async def both():
        return await asyncio.gather(differentiate(), differentiate())

    assert asyncio.run(both()) == [(4.0, 13.0)] * 2


def test_an_inner_transform_of_what_an_outer_argument_went_into_is_recorded():
    assert ag.grad(lambda x: ag.grad(lambda y: x * x * y * y)(2.0))(3.0) == 24  # d/dx 2 x² y
    assert ag.grad(lambda x: ag.jacobian(lambda y: x * y)(np.ones(2)).sum())(3.0) == 2
    assert ag.grad(lambda x: ag.vjp(lambda y: x * y, 2.0)[1](1.0)[0])(3.0) == 1
    assert ag.grad(lambda x: ag.jvp(lambda y: x * y, 2.0, 1.0)[1])(3.0) == 1
    assert ag.grad(lambda x: ag.hvp(lambda y: x * y * y, 2.0, 1.0))(3.0) == 2
    assert isinstance(ag.grad(lambda y: y * y)(2.0), np.generic)


def test_a_tensor_in_a_container_is_an_argument_too():
    w = ag.Tensor(3.0, requires_grad=True)
    for call in (
        lambda: ag.grad(lambda x, p: x * x * p["w"])(2.0, {"w": w}),
        lambda: ag.grad(lambda x, p: x * x * p[0][0])(2.0, [(w,)]),
        lambda: ag.grad(lambda x, **kw: x * x * kw["p"]["w"])(2.0, p={"w": w}),
    ):
        g = call()
        assert g.item() == 12 and ag.gradients(g, w) == 4


# -- where history turns out to be missing -----------------------------------------------------


@pytest.mark.parametrize("ask", ["float(x)", "int(x)", "x.item()", "x.tolist()", "x.numpy()", "x.detach()"])
def test_the_error_names_the_line_at_which_history_was_left_behind(ask):
    x = ag.Tensor(2.0, requires_grad=True)
    y = ag.Tensor(eval(ask)) * 2  # the line
    assert y.node is None
    for fail in (
        lambda: y.backward(),
        lambda: ag.gradients(y, x),
        lambda: ag.check_by_hand(y, {x: 1.0}),
        lambda: ag.explain(y, x),
        lambda: ag.draw(y),
        lambda: ag.draw([y, ag.Tensor(1.0)]),
    ):
        with pytest.raises(ValueError, match="history was last left behind by"):
            fail()


def test_the_error_shows_the_line():
    x = ag.Tensor(2.0, requires_grad=True)
    y = ag.Tensor(math.exp(x))
    with pytest.raises(ValueError, match=r"test_history\.py:\d+: y = ag\.Tensor\(math\.exp\(x\)\)"):
        y.backward()


# -- results that have no gradient -------------------------------------------------------------

RESULTS = {
    "complex on the way": lambda x: ag.absolute(ag.exp(1j * x) + x),
    "abs of complex": lambda x: abs(x * 1j),
    "Fraction": lambda x: x * Fraction(1, 2),
    "Fraction from the left": lambda x: Fraction(1, 2) * x,
    "power of Fraction": lambda x: x ** Fraction(2),
    "objects": lambda x: x * np.array([2, 3], object),
    "concatenate": lambda x: ag.concatenate([x, np.array([1], object)]),
    "where": lambda x: ag.where(np.array([True, False]), x, 1j),
    "assignment": lambda x: _assigned(x),
    "astype object": lambda x: x.astype(object),
    "astype complex": lambda x: x.astype(complex),
    "astype longdouble": lambda x: x.astype(np.longdouble),
    "longdouble": lambda x: x * np.ones(2, np.longdouble),
    "matmul": lambda x: x @ np.array([1j, 2]),
    "NumPy's": lambda x: np.multiply(x, 1j),
}


def _assigned(x):
    y = x * 1
    y[0] = 1j
    return y


@pytest.mark.parametrize("f", RESULTS.values(), ids=RESULTS)
def test_a_result_without_a_gradient_raises(f):
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError):
        f(x)
    if f is not RESULTS["assignment"]:  # which refuses in every mode to lose the imaginary part
        f(x.detach())
        with ag.no_grad():
            f(x)


def test_the_error_names_the_operation_and_each_quantity():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"(?s)multiply: the result is complex128, .*a: shape \(2,\), float64.*b: 1j"):
        x * 1j


def test_a_number_of_another_type_is_right_or_refused():
    x = ag.Tensor(2.0, requires_grad=True)
    try:
        y = x * Fraction(1, 2)
    except TypeError:
        return
    assert y.dtype == float and ag.gradients(y, x) == 0.5


def test_an_operation_of_the_users_with_results_that_are_no_floats_raises():
    for forward in (np.rint, lambda x: x.astype(int), lambda x: x > 0, lambda x: x * 1j, lambda x: x.astype(object)):
        op = ag.operation("without a gradient", lambda x, f=forward: f(x), rules=[ag.rule(lambda g: g)], inputs=["x"])
        x = ag.Tensor([1.0, 2.0], requires_grad=True)
        if forward is np.rint:
            assert op(x).requires_grad
        else:
            with pytest.raises(TypeError, match="without a gradient: the result is"):
                op(x)
    op = ag.operation("a list", lambda x: [1.0, 2.0], rules=[ag.rule(lambda g: g)])
    with pytest.raises(TypeError, match="a list: the result is a list"):
        op(ag.Tensor([1.0, 2.0], requires_grad=True))


def test_explicit_conversions_and_tests_stay():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    for y in (x.astype(int), x.astype(bool), x > 1, x == x, x.argmax(), np.isfinite(x), ag.astype(x, "int8"), x.any()):
        assert not y.requires_grad and y.dtype.kind in "iub"
    assert x.astype(np.float32).requires_grad


def test_leaves_are_float16_float32_or_float64():
    for dtype in (np.longdouble, complex, int, bool):
        with pytest.raises(TypeError, match="float16, float32 and float64"):
            ag.Tensor([1, 2], requires_grad=True, dtype=dtype)
        with pytest.raises(TypeError):
            ag.Tensor([1, 2], dtype=dtype).requires_grad = True
        with pytest.raises(TypeError):
            ag.grad(lambda x: x.sum())(np.ones(2, dtype))
        leaf = ag.Tensor([1.0, 2.0], requires_grad=True)
        with pytest.raises(TypeError):
            leaf.data = np.ones(2, dtype)


# -- what a rule gives -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "kind", "said"),
    [
        (lambda g, x: g[:, None] * x, ValueError, r"x: \(3,\)\n  rule: \(3, 3\)\n  result: \(3,\)"),
        (lambda g, x: np.ones((2, 3)), ValueError, r"rule: \(2, 3\)"),
        (lambda g, x: np.ones((1, 3)), ValueError, r"rule: \(1, 3\)"),
        (lambda g, x: np.ones(2), ValueError, r"rule: \(2,\)"),
        (lambda g, x: np.ones(1), ValueError, r"rule: \(1,\)"),
        (lambda g, x: 1.0, ValueError, r"rule: \(\)"),
        (lambda g, x: [1.0, 2.0, 3.0], TypeError, "rule: a list"),
        (lambda g, x: None, TypeError, "rule: a NoneType"),
        (lambda g, x: g * 1j, TypeError, "rule: an array of complex128"),
        (lambda g, x: g.astype(object), TypeError, "rule: an array of object"),
        (lambda g, x: ag.Tensor(g * x), TypeError, "rule: a Tensor"),
    ],
)
@pytest.mark.parametrize("mode", [ag.enable_grad, ag.tape, ag.detect_anomaly], ids=["plain", "tape", "anomaly"])
def test_a_rule_whose_result_is_no_gradient_of_its_input_is_named(rule, kind, said, mode):
    op = ag.operation("mistaken", lambda x: x * x, rules=[ag.rule(rule)])
    x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    with mode():
        y = op(x)
        with pytest.raises(
            (kind, FloatingPointError) if mode is ag.detect_anomaly else kind, match="mistaken"
        ) as caught:
            y.backward(np.ones(3))
    if caught.type is kind:
        caught.match(f"(?s)mistaken: the rule of x gave a gradient that does not fit its input.*{said}")
    assert x.grad is None


def test_a_rule_may_leave_the_broadcasting_of_inputs_to_the_walk():
    op = ag.operation("times", lambda a, b: a * b, rules=[ag.rule(lambda g, b: g * b), ag.rule(lambda g, a: g * a)])
    a, b = ag.Tensor(np.ones((2, 1)), requires_grad=True), ag.Tensor(np.ones((1, 3)), requires_grad=True)
    op(a, b).sum().backward()
    assert a.grad.tolist() == [[3.0], [3.0]] and b.grad.tolist() == [[2.0, 2.0, 2.0]]
    op = ag.operation("rows", lambda x, m: x * m, rules=[ag.rule(lambda g, m: g * m)])
    op(b, np.ones((2, 3))).sum().backward()
    assert b.grad.tolist() == [[4.0, 4.0, 4.0]]
