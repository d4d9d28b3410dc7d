"""grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp."""

import numpy as np
import pytest

import autograd as ag


def f(x):
    return (x**3).sum()


X = np.array([1.0, 2.0, -1.5])


def test_arrays_in_arrays_out():
    value, g = ag.value_and_grad(f)(X)
    assert type(value) is np.float64 and type(g) is np.ndarray
    np.testing.assert_allclose(g, 3 * X**2, rtol=1e-15)
    np.testing.assert_array_equal(ag.grad(f)(X), g)


def test_tensors_in_recorded_tensors_out():
    x = ag.Tensor(X, requires_grad=True)
    g = ag.grad(f)(x)
    assert isinstance(g, ag.Tensor) and g.requires_grad
    g.sum().backward()
    np.testing.assert_allclose(x.grad, 6 * X, rtol=1e-15)


def test_grad_nests():
    h = ag.grad(ag.grad(ag.grad(lambda x: x**4)))
    assert float(h(2.0)) == 48.0


def test_argnums():
    def product(a, b, scale=1.0):
        return (a * b).sum() * scale

    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_array_equal(ag.grad(product, 1)(a, b), a)
    ga, gb = ag.grad(product, (0, -1))(a, b, scale=2.0)
    np.testing.assert_array_equal(ga, 2 * b)
    np.testing.assert_array_equal(gb, 2 * a)


def test_zeros_for_what_is_not_reached():
    np.testing.assert_array_equal(ag.grad(lambda a, b: a.sum(), 1)(X, X), np.zeros(3))
    np.testing.assert_array_equal(ag.grad(lambda x: 3.0)(X), np.zeros(3))
    np.testing.assert_array_equal(ag.jacobian(lambda x: np.ones(2))(X), np.zeros((2, 3)))
    np.testing.assert_array_equal(ag.hessian(lambda x: x.sum())(X), np.zeros((3, 3)))
    np.testing.assert_array_equal(ag.hvp(lambda x: x.sum(), X, X), np.zeros(3))
    _, dy = ag.jvp(lambda x: np.ones(2), (X,), (X,))
    np.testing.assert_array_equal(dy, np.zeros(2))


def test_recording_under_no_grad():
    with ag.no_grad():
        np.testing.assert_allclose(ag.grad(f)(X), 3 * X**2)
        assert float(ag.grad(ag.grad(lambda x: x**3))(2.0)) == 12.0


def test_leaves_outside_are_left_alone():
    w = ag.Tensor(2.0, requires_grad=True)
    g = ag.grad(lambda x: (w * x).sum())(X)
    np.testing.assert_array_equal(g, [2.0, 2.0, 2.0])
    assert w.grad is None


def test_a_tensor_as_keyword_argument_is_an_argument():
    w = ag.Tensor(3.0, requires_grad=True)
    for transform in (ag.grad, ag.jacobian):
        w.grad = None
        g = transform(lambda x, w: x * x * w)(2.0, w=w)
        assert isinstance(g, ag.Tensor) and float(g) == 12.0
        g.backward()
        assert w.grad == 4.0


def test_the_same_leaf_as_argument_and_closure_counts_once():
    w = ag.Tensor(3.0, requires_grad=True)
    assert float(ag.grad(lambda x: x * w)(w)) == 3.0


def test_vjp_and_jvp_are_transposes():
    rng = np.random.default_rng(0)

    def g(a, b):
        return a * b + b**2

    a, b, u, da, db = rng.normal(size=(5, 4))
    y, pull = ag.vjp(g, a, b)
    y2, dy = ag.jvp(g, (a, b), (da, db))
    np.testing.assert_array_equal(y, y2)
    ua, ub = pull(u)
    assert u @ dy == pytest.approx(ua @ da + ub @ db, rel=1e-13)
    ua2, _ = pull(2 * u)  # any number of times
    np.testing.assert_allclose(ua2, 2 * ua)


def test_jacobian_of_any_shapes():
    m = np.arange(6.0).reshape(2, 3)
    jac = ag.jacobian(lambda x: x * m)(np.ones(3))
    assert jac.shape == (2, 3, 3)
    for i, j, k in np.ndindex(2, 3, 3):
        assert jac[i, j, k] == (m[i, j] if j == k else 0.0)
    assert ag.jacobian(lambda x: x * 2.0)(3.0) == 2.0


def test_jacobian_of_a_tensor_is_recorded():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    jac = ag.jacobian(lambda x: x**3)(x)
    jac.sum().backward()
    np.testing.assert_allclose(x.grad, 6 * x.data)


def test_hessian_and_hvp_agree():
    def g(x):
        return (x[0] * x[1] ** 2 + x[2] ** 3 * x[0]).sum()

    h = ag.hessian(g)(X)
    np.testing.assert_allclose(h, h.T)
    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(ag.hvp(g, X, v), h @ v, rtol=1e-14)
    (product,) = ag.hvp(g, (X,), (v,))
    np.testing.assert_allclose(product, h @ v, rtol=1e-14)


def test_hvp_with_two_primals():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    va, vb = ag.hvp(lambda a, b: (a * b).sum(), (a, b), (np.ones(2), np.zeros(2)))
    np.testing.assert_array_equal(va, [0.0, 0.0])
    np.testing.assert_array_equal(vb, [1.0, 1.0])


def test_float32_stays_float32():
    x = X.astype(np.float32)
    assert ag.grad(f)(x).dtype == np.float32
    assert ag.hessian(f)(x).dtype == np.float32
    assert ag.hvp(f, x, x).dtype == np.float32


def test_what_is_returned_is_the_callers():
    x = X.copy()
    y, pull = ag.vjp(lambda x: x * 1.0, x)
    (g,) = pull(x)
    g[:] = 0
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(y, X)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ag.grad(lambda x: x * 2.0)(X), r"must return one entry\n  result: shape \(3,\)"),
        (lambda: ag.grad(f)(np.array([1, 2])), "its dtype is int64"),
        (lambda: ag.grad(f, 2)(X), "there is no argument 2"),
        (lambda: ag.grad(lambda a, b: a * b, (0, -2))(2.0, 3.0), "named twice"),
        (lambda: ag.jvp(f, (X,), (X, X)), "one tangent for each primal"),
        (lambda: ag.jvp(f, X, np.ones(2)), r"(?s)primal: \(3,\).*tangent: \(2,\)"),
        (lambda: ag.hessian(f, (0, 1)), "one position"),
        (lambda: ag.grad(f)("text"), "no array of numbers"),
        (lambda: ag.vjp(lambda x: (x, x), X), "vjp: the function must return one array"),
        (lambda: ag.grad(lambda x: None)(X), "grad: the function must return one array"),
    ],
)
def test_bad_calls(call, text):
    with pytest.raises((ValueError, TypeError), match=text):
        call()


# -- a function that gives its argument another value ------------------------------------------


def doubled(x):
    x *= 2.0
    return (x * x).sum()


def assigned(x):
    x[0] = x[0] * x[1]
    return (x * x).sum()


@pytest.mark.parametrize("as_tensor", [False, True])
def test_an_argument_may_be_given_another_value(as_tensor):
    """4 x²: 8 x and 8; and x₀² x₁² + x₁²."""
    given = ag.Tensor([3.0], requires_grad=True) if as_tensor else np.array([3.0])
    pair = ag.Tensor([3.0, 2.0], requires_grad=True) if as_tensor else np.array([3.0, 2.0])
    one = np.ones(1)
    for found, expected in [
        (ag.grad(doubled)(given), [24]),
        (ag.value_and_grad(doubled)(given)[1], [24]),
        (ag.vjp(doubled, given)[1](1.0)[0], [24]),
        (ag.jvp(doubled, given, one)[1], 24),
        (ag.jacobian(doubled)(given), [24]),
        (ag.hessian(doubled)(given), [[8]]),
        (ag.hvp(doubled, given, one), [8]),
        (ag.grad(lambda x: ag.grad(doubled)(x).sum())(given), [8]),
        (ag.grad(assigned)(pair), [24, 40]),
        (ag.hessian(assigned)(pair), [[8, 24], [24, 20]]),
    ]:
        np.testing.assert_allclose(found.data if isinstance(found, ag.Tensor) else found, expected)
    assert np.array_equal(given.data if as_tensor else given, [3.0])


@pytest.mark.parametrize("argnums", [0, 1, (0, 1)])
def test_jacfwd_is_jacobian(argnums):
    def g(a, b):
        return ag.stack([a.sum() * b, ag.sin(a[0]) * b**2, b])

    a, b = np.array([1.0, 2.0]), np.array([0.5, -1.0, 3.0])
    found, expected = ag.jacfwd(g, argnums)(a, b), ag.jacrev(g, argnums)(a, b)
    for one, other in zip(found, expected, strict=True):
        assert type(one) is np.ndarray
        np.testing.assert_allclose(one, other, rtol=1e-14)
    of_tensors = ag.jacfwd(g)(ag.Tensor(a, requires_grad=True), b)
    np.testing.assert_allclose(of_tensors.data, ag.jacobian(g)(a, b), rtol=1e-14)
    np.testing.assert_allclose(ag.jacfwd(ag.jacrev(f))(X), ag.hessian(f)(X), rtol=1e-14)
    np.testing.assert_allclose(ag.jacfwd(ag.jacfwd(f))(X), ag.hessian(f)(X), rtol=1e-14)
    np.testing.assert_array_equal(ag.jacfwd(lambda x: np.ones(2))(X), np.zeros((2, 3)))
    assert ag.jacfwd(lambda x: x * 2)(np.ones((0, 2))).shape == (0, 2, 0, 2)


def test_arguments_in_containers():
    params = {"w": X, "more": {"b": np.float64(2.0)}}

    def loss(p, x):
        return (p["w"] * x + p["more"]["b"]).sum()

    value, g = ag.value_and_grad(loss)(params, 2.0)
    assert value == 2 * X.sum() + 6
    np.testing.assert_array_equal(g["w"], [2, 2, 2])
    assert g["more"]["b"] == 3
    gradients = ag.grad(lambda pair: (pair[0] * pair[1]).sum())([ag.Tensor(X), ag.Tensor(2 * X)])
    np.testing.assert_array_equal(gradients[0].data, 2 * X)
    by_both = ag.jacobian(lambda p, s: p["w"] * s, (0, 1))({"w": X}, 3.0)
    np.testing.assert_array_equal(by_both[0]["w"], 3 * np.eye(3))
    np.testing.assert_array_equal(by_both[1], X)
    with pytest.raises(TypeError, match="cannot differentiate by array 1 in argument 0: its dtype is int64"):
        ag.grad(lambda p: p["a"])({"a": 1.0, "n": np.int64(2)})
