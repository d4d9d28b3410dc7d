"""Compiled steps of SGD and Adam: bit for bit the NumPy twin's, in every layout, at every level and thread count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layouts import LAYOUTS, laid_out

from autograd.kernels.optimizer import adam, adam_plainly, sgd, sgd_plainly
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the compiled module is not there")

SGD = [  # lr, momentum, dampening, weight_decay, nesterov
    (0.1, 0.0, 0.0, 0.0, False),
    (0.1, 0.0, 0.0, 0.05, False),
    (0.1, 0.9, 0.0, 0.0, False),
    (0.1, 0.9, 0.3, 0.05, False),
    (0.1, 0.8, 0.0, 0.05, True),
]
ADAM = [  # lr, betas, eps, weight_decay, decoupled
    (0.1, (0.9, 0.999), 1e-8, 0.0, False),
    (0.01, (0.8, 0.95), 1e-4, 0.05, False),
    (0.01, (0.0, 0.9), 1e-4, 0.3, True),
]
SHAPES = [(), (1,), (0, 3), (3, 4), (2, 3, 2, 2), (513,), (33, 1000)]

of_each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda dtype: dtype.__name__)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(params=native.levels() if native else [])
def level(request):
    before = native.level()
    native.set_level(request.param)
    yield request.param
    native.set_level(before)


@pytest.fixture(params=[1, 2, 4])
def threads(request):
    before = native.threads()
    native.set_threads(request.param)
    yield request.param
    native.set_threads(before)


def arrays(rng, dtype, count=1):
    made = [[rng.normal(size=shape).astype(dtype).reshape(shape) for shape in SHAPES] for _ in range(count)]
    return made if count > 1 else made[0]


def copies(lists):
    return [[a.copy() for a in one] for one in lists]


def assert_same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


@of_each_dtype
@pytest.mark.parametrize("options", SGD, ids=str)
def test_sgd_equals_its_twin(rng, level, dtype, options):
    ws, vs = arrays(rng, dtype, 2)
    theirs = copies([ws, vs])
    for first in (True, False, False):
        gs = arrays(rng, dtype)
        assert native.sgd(ws, gs, vs if options[1] else None, *options, first) is None
        for i, g in enumerate(gs):
            sgd_plainly(theirs[0][i], g, theirs[1][i] if options[1] else None, *options, first)
    assert_same([ws, vs], theirs)


@of_each_dtype
@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("options", ADAM, ids=str)
def test_adam_equals_its_twin(rng, level, dtype, options, largest):
    ws, *states = arrays(rng, dtype, 4)
    states = [[np.zeros_like(a) for a in one] for one in states]
    theirs = copies([ws, *states])
    lr, betas, *rest = options
    for step in (1, 2, 30):
        gs, steps = arrays(rng, dtype), [step + i for i in range(len(SHAPES))]
        tops = states[2] if largest else None
        assert native.adam(ws, gs, *states[:2], tops, steps, lr, *betas, *rest) is None
        for i, g in enumerate(gs):
            w, m, v, top = (one[i] for one in theirs)
            adam_plainly(w, g, m, v, top if largest else None, steps[i], lr, *betas, *rest)
    assert_same([ws, *states], theirs)


@of_each_dtype
@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradients_come_in_any_layout_and_stay_as_they_are(rng, dtype, layout):
    w, g = rng.normal(size=(2, 5, 6)).astype(dtype)
    g = laid_out(g, layout)
    given, theirs = g.copy(), w.copy()
    sgd([w], [g], None, *SGD[1], False)
    sgd_plainly(theirs, given, None, *SGD[1], False)
    np.testing.assert_array_equal(w, theirs)
    np.testing.assert_array_equal(g, given)


@of_each_dtype
def test_what_it_is_not_made_for_goes_the_numpy_way(rng, dtype):
    """Weights and state in other layouts or dtypes, between others that the kernels take."""
    odd = [
        (rng.normal(size=4).astype(np.float16), np.zeros(4, np.float16)),
        (np.asfortranarray(rng.normal(size=(3, 4)).astype(dtype)), np.zeros((3, 4), dtype)),
        (rng.normal(size=8).astype(dtype)[::2], np.zeros(4, dtype)),
        (rng.normal(size=4).astype(dtype), np.zeros(4, np.float32 if dtype == np.float64 else np.float64)),
    ]
    ws, vs = [], []
    for w, v in odd:
        ws += [rng.normal(size=3).astype(dtype), w]
        vs += [np.zeros(3, dtype), v]
    gs = [rng.normal(size=w.shape).astype(w.dtype) for w in ws]
    assert native.sgd(ws, gs, vs, *SGD[3], False) == [1, 3, 5, 7]
    theirs = copies([ws, vs])
    sgd(ws, gs, vs, *SGD[3], False)
    for i, g in enumerate(gs):
        sgd_plainly(theirs[0][i], g, theirs[1][i], *SGD[3], False)
    assert_same([ws, vs], theirs)
    ms = [np.zeros(w.shape, w.dtype) for w in ws]
    theirs = copies([ws, ms, vs])
    adam(ws, gs, ms, [abs(v) for v in vs], None, [1] * len(ws), *ADAM[1])
    for i, g in enumerate(gs):
        lr, betas, *rest = ADAM[1]
        adam_plainly(theirs[0][i], g, theirs[1][i], abs(theirs[2][i]), None, 1, lr, *betas, *rest)
    assert_same([ws, ms], theirs[:2])


def test_a_shape_that_does_not_fit_is_refused():
    w, g = np.ones(3), np.ones(4)
    for wrong in ([w], [g], None), ([w], [w], [g]):
        assert native.sgd(*wrong, *SGD[2], False) == [0]
    with pytest.raises(ValueError, match="broadcast"):
        sgd([w], [g], None, *SGD[0], False)
    for lists in ([w], [], None), ((w,), [w], None), ([w], [w], [w, w]):
        with pytest.raises(TypeError, match="same length"):
            native.sgd(*lists, *SGD[0], False)
    with pytest.raises(TypeError, match="same length"):
        native.adam([w], [w], [w], None, None, [1], 0.1, 0.9, 0.9, 1e-8, 0.0, False)
    np.testing.assert_array_equal(w, np.ones(3))


@of_each_dtype
def test_nan_and_infinity_go_where_numpy_lets_them(level, dtype):
    g = np.tile(np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, 1e30], dtype), 3)
    w, m, v, top = (
        np.resize(np.array(values, dtype), g.shape) for values in ([1, np.inf], [0, 1], [1], [2, np.nan, 0])
    )
    theirs = copies([[w, m, v, top]])[0]
    with np.errstate(all="ignore"):
        assert native.adam([w], [g], [m], [v], [top], [3], 0.1, 0.9, 0.99, 1e-8, 0.1, False) is None
        adam_plainly(theirs[0], g, *theirs[1:], 3, 0.1, 0.9, 0.99, 1e-8, 0.1, False)
    assert_same([[w, m, v, top]], [theirs])


@given(size=st.integers(0, 200_000), seed=st.integers(0, 9))
def test_the_result_does_not_depend_on_threads(size, seed):
    rng = np.random.default_rng(seed)
    sizes = [size, 7, size // 3]
    ws, gs, ms = ([rng.random(n, np.float32) for n in sizes] for _ in range(3))
    before, results = native.threads(), []
    try:
        for threads in (1, 2, 4):
            native.set_threads(threads)
            results.append(copies([ws, ms]))
            native.sgd(results[-1][0], gs, results[-1][1], *SGD[4], False)
    finally:
        native.set_threads(before)
    assert_same(results[0], results[1])
    assert_same(results[0], results[2])
    assert_same([results[0][0][:1]], [[_by_twin(ws[0], gs[0], ms[0])]])


def _by_twin(w, g, v):
    w = w.copy()
    sgd_plainly(w, g, v.copy(), *SGD[4], False)
    return w


def test_more_parameters_than_go_at_once(rng, threads):
    ws = [rng.normal(size=i % 7) for i in range(200)]
    gs = [rng.normal(size=w.shape) for w in ws]
    theirs = [w - g * 0.1 for w, g in zip(ws, gs, strict=True)]
    assert native.sgd(ws, gs, None, *SGD[0], False) is None
    assert_same([ws], [theirs])
