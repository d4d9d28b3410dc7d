"""Compiled steps: bit for bit what NumPy gives, in every layout, at every level and thread count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.kernels.updates import MOST_NUMBERS, OPERATIONS, program_of, update
from autograd.native import native
from autograd.steps import compiled_update

pytestmark = pytest.mark.skipif(native is None, reason="the compiled module is not there")

SHAPES = [(), (1,), (0, 3), (3, 4), (2, 3, 2, 2), (513,), (33, 1000)]

of_each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda dtype: dtype.__name__)


def momentum(w, g, v, *, lr, keep, decay, nesterov):
    if decay:
        g = g + w * decay
    v = v * keep + g
    return w - (g + v * keep if nesterov else v) * lr, v


def adaptive(w, g, m, v, top, *, rate, root, new, eps):
    m = m + (g - m) * new
    v = v * 0.9 + g * g * new
    top = np.maximum(top, v)
    return w - m / (np.sqrt(top) / root + eps) * rate, m, v, top


def by_sign(w, g, before, size, *, grow, shrink):
    agree = g * before
    size = np.where(agree > 0, size * grow, np.where(agree < 0, size * shrink, size))
    size = np.minimum(np.maximum(size, 1e-3), 2.0)
    return w - np.sign(g) * size, np.where(agree < 0, 0.0, g), size


def every_operation(w, g, a, b, *, x, y):
    """Each one of arrays and of numbers on either side, in the orders in which one may be put into another."""
    c = (a + b) * x + (a - x) * y + (x - a) * y + a * b * x + (a / b) * y
    d = a / b + x + (x / b + y) + np.sqrt(abs(a)) * (x / (abs(b) + y))
    e = np.where(x > a, np.where(a < b, d, -c), np.minimum(np.maximum(x, c), np.maximum(d, y)))
    f = (b - a * x) + (y - a * b) + (a * b + x) + (x - b * y) + (a * b - b) + (b - a / y)
    f = f + np.minimum(np.maximum(x, a), y) * b
    return (w + e + f) * x / y, b, w


def swapped(w, g, a, b, *, x):
    """Arrays that change places, and a number in one's place."""
    return a, w * x, x


FORMULAS = {
    "momentum": (momentum, 1, {"lr": 0.1, "keep": 0.9, "decay": 0.05, "nesterov": False}),
    "nesterov": (momentum, 1, {"lr": 0.1, "keep": 0.9, "decay": None, "nesterov": True}),
    "adaptive": (adaptive, 3, {"rate": 0.1, "root": 0.7, "new": 0.1, "eps": 1e-8}),
    "by sign": (by_sign, 2, {"grow": 1.2, "shrink": 0.5}),
    "every operation": (every_operation, 2, {"x": 0.3, "y": 1.7}),
}
of_each_formula = pytest.mark.parametrize("formula", FORMULAS)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(params=native.levels() if native else [])
def level(request):
    before = native.level()
    native.set_level(request.param)
    yield request.param
    native.set_level(before)


def arrays(rng, dtype, count, shapes=SHAPES):
    return [[rng.normal(size=shape).astype(dtype).reshape(shape) for shape in shapes] for _ in range(count)]


def copies(lists):
    return [[a.copy() for a in one] for one in lists]


def compiled(ws, gs, states, formula, options):
    native.update(*compiled_update(formula, len(states), options), ws, gs, tuple(states))


def assert_same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


@of_each_dtype
@of_each_formula
def test_it_equals_numpy(rng, level, dtype, formula):
    formula, count, options = FORMULAS[formula]
    ws, *states = arrays(rng, dtype, 1 + count)
    states = [[np.asarray(abs(a)) for a in one] for one in states]
    theirs = copies([ws, *states])
    for _ in range(3):
        (gs,) = arrays(rng, dtype, 1)
        given = copies([gs])
        compiled(ws, gs, states, formula, options)
        update(theirs[0], gs, theirs[1:], formula, options)
        assert_same([gs], given)
    assert_same([ws, *states], theirs)


@of_each_dtype
def test_arrays_may_change_places(dtype):
    lists = [[np.full(700, i, dtype)] for i in range(4)]
    theirs = copies(lists)
    compiled(lists[0], lists[1], lists[2:], swapped, {"x": 0.5})
    with np.errstate(all="raise"):
        theirs = [[np.full(700, value, dtype)] for value in (2, 1, 0, 0.5)]
    assert_same(lists, theirs)


@of_each_dtype
@of_each_formula
def test_nan_and_infinity_go_where_numpy_lets_them(level, dtype, formula):
    formula, count, options = FORMULAS[formula]
    g = np.tile(np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, 1e30], dtype), 6)
    starts = ([1, np.inf], [0, 1, -1], [1, 2, np.nan, 0], [2, np.nan, 0, np.inf, -np.inf])[: 1 + count]
    ws, *states = [[np.resize(np.array(values, dtype), g.shape)] for values in starts]
    theirs = copies([ws, *states])
    compiled(ws, [g], states, formula, options)
    update(theirs[0], [g], theirs[1:], formula, options)
    assert_same([ws, *states], theirs)


def test_two_operations_in_one_where_nothing_else_takes_the_first():
    """And none for a result that can go straight to its array."""

    def names(formula, states, **options):
        settled = tuple([float if type(value) is float else value for value in options.values()])
        code = program_of(formula, states, tuple(options), settled).code
        return [list(OPERATIONS)[operation] for operation in code[::5]]

    assert names(momentum, 1, lr=0.1, keep=0.9, decay=None, nesterov=False) == [
        "multiply_add", "multiply_taken",
    ]  # fmt: skip
    assert names(adaptive, 3, rate=0.1, root=0.7, new=0.1, eps=1e-8) == [
        "subtract", "add", "multiply", "multiply_add", "maximum", "sqrt", "divide_add", "divide", "subtract",
    ]  # fmt: skip
    assert "copy" in names(swapped, 2, x=0.5) and "fill" in names(swapped, 2, x=0.5)


def test_what_a_formula_cannot_say():
    def power(w, g):
        return (w - g**3,)

    def of_numbers(w, g, *, x, y):
        return (w - g * (x * y),)

    def too_few(w, g, v):
        return (w,)

    def double(w, g):
        return (w - np.where(g > 0, 1.0, 2.0),)

    for formula, states, options in ((power, 0, {}), (of_numbers, 0, {"x": 1.0, "y": 2.0}), (double, 0, {})):
        with pytest.raises(TypeError):
            compiled_update(formula, states, options)
    with pytest.raises(ValueError, match="too_few: the new arrays must be 2, not 1"):
        compiled_update(too_few, 1, {})


@of_each_dtype
def test_what_does_not_fit_is_refused_before_anything_is_written(rng, dtype):
    other = np.float32 if dtype == np.float64 else np.float64
    fine = rng.normal(size=(3, 4)).astype(dtype)
    read_only = fine.copy()
    read_only.flags.writeable = False
    bad = [fine.astype(other), fine.astype(np.float16), np.asfortranarray(fine), fine[:, ::2], fine[:2], [1.0], None]
    code, numbers = compiled_update(momentum, 1, FORMULAS["momentum"][2])
    before = fine.copy()
    for wrong in [*bad, read_only]:
        for place in range(3 if wrong is not read_only else 0):
            lists = [[fine, fine.copy()] for _ in range(3)]
            lists[place][1] = wrong
            with pytest.raises(ValueError, match="the arrays of parameter 1 do not fit each other"):
                native.update(code, numbers, lists[0], lists[1], (lists[2],))
    with pytest.raises(ValueError, match="parameter 0"):
        native.update(code, numbers, [read_only], [fine], ([fine],))
    for lists in ([fine], [], ([fine],)), ((fine,), [fine], ([fine],)), ([fine], [fine], ([fine, fine],)):
        with pytest.raises(TypeError, match="same length"):
            native.update(code, numbers, *lists)
    np.testing.assert_array_equal(fine, before)


def test_what_is_no_program_is_refused():
    w, g, v = (np.ones(3) for _ in range(3))
    code, numbers = compiled_update(momentum, 1, FORMULAS["momentum"][2])
    add, divide_add, fill = (OPERATIONS[name] for name in ("add", "divide_add", "fill"))
    product, between = OPERATIONS["multiply_add"], OPERATIONS["maximum_minimum"]
    wrong = [
        code[:-1], code.decode("latin1"), bytes([99, 0, 0, 0, 0]), bytes([add, 1, 0, 0, 0]), bytes([add, 40, 0, 0, 0]),
        bytes([add, 0, 60, 0, 0]), bytes([add, 0, 0, 170, 0]), bytes([add, 0, 128, 128, 0]), bytes([add, 0, 0, 0, 2]),
        bytes([divide_add, 0, 0, 0, 0]), bytes([fill, 0, 0, 0, 0]), bytes([OPERATIONS["copy"], 0, 128, 0, 0]),
        bytes([OPERATIONS["where"], 0, 0, 128, 0]), bytes([OPERATIONS["maximum"], 0, 0, 0, 128]),
        bytes([OPERATIONS["where"], 0, 0, 0, 128]), bytes([product, 0, 128, 129, 0]), bytes([product, 0, 0, 0, 170]),
        bytes([between, 0, 0, 0, 128]), bytes([between, 0, 0, 128, 0]), bytes([between, 0, 128, 128, 128]),
    ]  # fmt: skip
    for bad in wrong:
        with pytest.raises(ValueError, match="no program"):
            native.update(bad, numbers, [w], [g], ([v],))
    for bad in (list(numbers), (1.0,) * (MOST_NUMBERS + 1)):
        with pytest.raises(ValueError, match="no program"):
            native.update(code, bad, [w], [g], ([v],))
    with pytest.raises(ValueError, match="no program"):
        native.update(code, numbers, [w], [g], tuple([[v] for _ in range(9)]))
    with pytest.raises(TypeError):
        native.update(code, ("a",) * len(numbers), [w], [g], ([v],))
    np.testing.assert_array_equal([w, g, v], np.ones((3, 3)))


@settings(deadline=None, max_examples=30)
@given(size=st.integers(0, 200_000), seed=st.integers(0, 9))
def test_the_result_does_not_depend_on_threads(size, seed):
    rng = np.random.default_rng(seed)
    shapes = [size, 7, size // 3]
    formula, _, options = FORMULAS["nesterov"]
    ws, gs, vs = ([rng.random(n, np.float32) for n in shapes] for _ in range(3))
    before, results = native.threads(), []
    try:
        for threads in (1, 2, 4):
            native.set_threads(threads)
            results.append(copies([ws, vs]))
            compiled(results[-1][0], gs, results[-1][1:], formula, options)
    finally:
        native.set_threads(before)
    theirs = copies([ws, vs])
    update(theirs[0], gs, theirs[1:], formula, options)
    for result in results:
        assert_same(result, theirs)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_more_parameters_than_go_at_once(rng, threads):
    before = native.threads()
    native.set_threads(threads)
    try:
        ws = [rng.normal(size=i % 7) for i in range(200)]
        gs = [rng.normal(size=w.shape) for w in ws]
        vs = [np.zeros(w.shape) for w in ws]
        theirs = [w - g * 0.1 for w, g in zip(ws, gs, strict=True)]
        compiled(ws, gs, [vs], momentum, {"lr": 0.1, "keep": 0.9, "decay": None, "nesterov": False})
    finally:
        native.set_threads(before)
    assert_same([ws], [theirs])
