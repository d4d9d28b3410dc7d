"""A function that gives its arguments other values: every transform differentiates by the values that came in.

``x *= y``, ``x[0] = …`` and their like give the Tensor object a new value. Each program here is written once with them
and once without, and every transform must give the same for both.
"""

import numpy as np
import pytest

import autograd as ag

X, Y = np.array([0.7, -1.3, 2.1]), np.array([1.1, 0.4, -0.6])


def multiplied(x, y):
    x *= 2.0
    return (x * x * y).sum()


def added(x, y):
    x += y
    x -= 0.5
    return (x * x * x).sum()


def added_to_the_other(x, y):
    y += x * x
    x *= y
    return (x * y).sum()


def to_itself(x, y):
    x += x
    x *= x
    return (x * y).sum()


def divided(x, y):
    x /= y * y + 1.0
    x **= 3
    return x.sum()


def one_entry(x, y):
    x[0] = x[0] * x[1] * y[2]
    return (x * x).sum()


def all_entries(x, y):
    x[:] = x * y
    x[np.array([True, False, True])] = 2.0
    return (x * x * y).sum()


def a_slice_of_an_alias(x, y):
    z = x
    z[1:] *= y[1:]
    return (x * z * z).sum()


def several_times(x, y):
    for i in range(3):
        x *= y
        x[i] = x[i] + 1.0
    return (x * x).sum()


def kept_before(x, y):
    z = x * y
    x *= 0.0
    return (z * z + x).sum()


def inside_another(x, y):
    x *= 2.0
    return (ag.grad(lambda z: multiplied(z, y))(x) * x).sum()


def without(name, x, y):
    """The same functions, written without giving an argument another value."""
    if name == "multiplied":
        return (4.0 * x * x * y).sum()
    if name == "added":
        return ((x + y - 0.5) ** 3).sum()
    if name == "added_to_the_other":
        return (x * (y + x * x) * (y + x * x)).sum()
    if name == "to_itself":
        return (4.0 * x * x * y).sum()
    if name == "divided":
        return ((x / (y * y + 1.0)) ** 3).sum()
    if name == "one_entry":
        return (x[0] * x[1] * y[2]) ** 2 + (x[1:] * x[1:]).sum()
    if name == "all_entries":
        return 4.0 * (y[0] + y[2]) + (x[1] * y[1]) ** 2 * y[1]
    if name == "a_slice_of_an_alias":
        return x[0] ** 3 + ((x[1:] * y[1:]) ** 3).sum()
    if name == "several_times":
        ones = np.eye(3)
        for i in range(3):
            x = x * y + ones[i]
        return (x * x).sum()
    if name == "kept_before":
        return (x * y * x * y + 0.0 * x).sum()
    return (8.0 * (2.0 * x) * y * (2.0 * x)).sum()


PROGRAMS = [
    *(multiplied, added, added_to_the_other, to_itself, divided, one_entry, all_entries, a_slice_of_an_alias),
    *(several_times, kept_before, inside_another),
]
V, W = np.array([0.3, -0.2, 0.9]), np.array([-0.5, 1.2, 0.1])


def of_one(f):
    """f as a function of its first argument alone."""
    return lambda x: f(x, ag.Tensor(Y))


def of_other(f):
    """f as a function of its second argument alone."""
    return lambda y: f(ag.Tensor(X), y)


TRANSFORMS = {
    "grad": lambda f, x, y: ag.grad(of_one(f))(x),
    "grad by both": lambda f, x, y: ag.grad(f, (0, 1))(x, y),
    "grad by the other": lambda f, x, y: ag.grad(of_other(f))(y),
    "value_and_grad": lambda f, x, y: ag.value_and_grad(f, (0, 1))(x, y),
    "vjp": lambda f, x, y: ag.vjp(f, x, y)[1](1.5),
    "vjp, value": lambda f, x, y: ag.vjp(f, x, y)[0],
    "jvp": lambda f, x, y: ag.jvp(f, (x, y), (V, W)),
    "jacobian": lambda f, x, y: ag.jacobian(f, (0, 1))(x, y),
    "jacobian of many": lambda f, x, y: ag.jacobian(lambda a: ag.stack([(a * a).sum(), of_one(f)(a)]))(x),
    "hessian": lambda f, x, y: ag.hessian(of_one(f))(x),
    "hessian by the other": lambda f, x, y: ag.hessian(of_other(f))(y),
    "hvp": lambda f, x, y: ag.hvp(f, (x, y), (V, W)),
    "grad of grad": lambda f, x, y: ag.grad(lambda a, b: (ag.grad(f, (0, 1))(a, b)[1] * V).sum(), (0, 1))(x, y),
    "jacobian of grad": lambda f, x, y: ag.jacobian(ag.grad(of_one(f)))(x),
    "jvp of grad": lambda f, x, y: ag.jvp(ag.grad(of_one(f)), x, V),
    "grad of jvp": lambda f, x, y: ag.grad(lambda a: ag.jvp(f, (a, y), (V, W))[1])(x),
    "hessian of grad": lambda f, x, y: ag.hessian(lambda a: (ag.grad(of_one(f))(a) * W).sum())(x),
}


def flat(result):
    """The arrays of a result, one after the other."""
    if isinstance(result, list | tuple):
        return [array for item in result for array in flat(item)]
    return [result.data if isinstance(result, ag.Tensor) else np.asarray(result)]


@pytest.mark.parametrize("given", ["arrays", "leaves", "constants", "recorded"])
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_what_came_in_is_what_is_differentiated_by(program, transform, given):
    def arguments():
        x, y = X.copy(), Y.copy()
        if given == "arrays":
            return x, y
        x, y = ag.Tensor(x, requires_grad=given != "constants"), ag.Tensor(y, requires_grad=given != "constants")
        return (x * 1.0, y * 1.0) if given == "recorded" else (x, y)

    x, y = arguments()
    found = flat(TRANSFORMS[transform](program, x, y))
    name = program.__name__
    expected = flat(TRANSFORMS[transform](lambda a, b: without(name, a, b), *arguments()))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
    for one, before in ((x, X), (y, Y)):
        assert not isinstance(one, ag.Tensor) or not one.is_leaf or one.grad is None
        np.testing.assert_array_equal(one.data if isinstance(one, ag.Tensor) else one, before)


@pytest.mark.parametrize("program", PROGRAMS[:6], ids=lambda f: f.__name__)
def test_gradcheck_too(program):
    x, y = ag.Tensor(X), ag.Tensor(Y)
    assert ag.gradcheck(program, (x, y), order=2)
    assert x.data.tolist() == X.tolist() and y.data.tolist() == Y.tolist()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_recorded_gradients_go_on_to_what_the_arguments_came_from(program):
    """The gradient of a gradient by the leaf behind a recorded argument."""
    found = []
    for f in (program, lambda a, b: without(program.__name__, a, b)):
        leaf = ag.Tensor(X, requires_grad=True)
        g = ag.grad(of_one(f))(leaf * 2.0)
        assert g.requires_grad
        (g * V).sum().backward()
        found.append(leaf.grad)
    np.testing.assert_allclose(*found, rtol=1e-12, atol=1e-12)
