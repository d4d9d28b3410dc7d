"""``check_operation``: what it says of operations that users declare."""

import numpy as np
import pytest

import autograd as ag
from autograd.declaration import registry
from autograd.extend import distinct, reals, sample
from autograd.testing import OperationError, check_operation


@pytest.fixture(autouse=True)
def undeclared():
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def twice(function=lambda x: 2 * x, **declared):
    declared = {"rules": [ag.rule(lambda g: 2 * g)], "samples": [sample(reals(3)), sample(reals())]} | declared
    return ag.operation("twice", function, **declared)


def test_neither_formula_nor_samples_are_needed_to_run():
    bare = ag.operation("bare", lambda a, b: a * b, rules=[ag.rule(lambda g, b: g * b), ag.rule(lambda g, a: g * a)])
    a = ag.Tensor([2.0, 3.0], requires_grad=True, name="a")
    with ag.tape() as tape:
        y = bare(a, [5.0, 7.0])
    y.backward(gradient=[1.0, 1.0])
    np.testing.assert_array_equal(a.grad, [5.0, 7.0])
    assert ag.gradcheck(bare, [np.ones(3), np.ones(3)], order=2)
    assert "bare" in str(ag.draw(tape, show=("formula", "local", "value")).source)
    assert "bare by a" in str(ag.explain(y, a, gradient=[1.0, 1.0]))
    assert bare.__doc__ == "The operation bare."


def test_without_samples_it_says_what_to_give():
    with pytest.raises(ValueError, match=r"twice has no samples to run\n  give samples="):
        check_operation(twice(samples=()))


def test_it_takes_operations():
    with pytest.raises(TypeError, match=r"it takes what ag\.operation returned"):
        check_operation(np.exp, [sample(reals(3))])


def test_it_says_what_was_run():
    assert check_operation(twice()).splitlines() == [
        "twice: 8 laws hold on 2 samples",
        "  values, memory layout, finite differences, linear in the gradient, walks agree",
        "  gradients are the user's, float32, broadcasting",
    ]
    fused = twice(kind="shape", made_of=[ag.multiply], parts=lambda x: ag.multiply(x, 2), reference=lambda x: x + x)
    assert "reference, parts" in check_operation(fused, [sample(reals(3))])
    assert "broadcasting" not in check_operation(fused)


def test_every_broken_law_is_listed_once_with_its_first_sample():
    wrong = twice(lambda x: x * np.float64(2.0), rules=[ag.rule(lambda g: 2 * g + 1e-3)])
    with pytest.raises(OperationError) as error:
        check_operation(wrong, reference=lambda x: 3 * x)
    text = str(error.value)
    assert text.splitlines()[0] == "twice breaks 5 laws"
    assert text.count("\n  values: 2 of 2 samples, first twice(reals(3,))\n") == 1
    assert "twice(reals(3,)) against the reference: 3 of 3 entries off, first at (0,)\n" in text
    for law in ("finite differences", "linear in the gradient", "walks agree", "float32"):
        assert f"\n  {law}: " in text
    assert "memory layout" not in text


@pytest.mark.parametrize(
    ("declared", "law", "says"),
    [
        ({"function": lambda x: np.multiply(x, 2, out=x)}, "values", "read-only"),
        ({"function": lambda x: [2 * one for one in x], "samples": [sample(reals(3))]}, "values", "gave a list"),
        ({"function": lambda x: 2 * x.sum()}, "broadcasting", "instead of"),
        ({"rules": [ag.rule(lambda g: g)]}, "finite differences", "a gradient of order 1 is wrong"),
        ({"rules": [ag.rule(lambda g: g * (2.1 if isinstance(g, ag.Tensor) else 2))]}, "walks agree", "create_graph"),
        ({"rules": [ag.rule(lambda g: 2 * abs(g))]}, "linear in the gradient", "is not linear"),
        ({"rules": [ag.rule(lambda g: g[:1])]}, "walks agree", "does not fit"),
        ({"reference": lambda x: 2.5 * x}, "reference", "the value of the reference"),
        ({"made_of": [ag.add], "parts": lambda x: ag.add(x, 1)}, "parts", "the value of its parts"),
    ],
)
def test_a_mistake_breaks_its_law(declared, law, says):
    with pytest.raises(OperationError) as error:
        check_operation(twice(**declared))
    (found,) = [part for part in str(error.value).split("\n  ") if part.startswith(f"{law}: ")]
    start = str(error.value).index(found)
    assert says in str(error.value)[start:]


def test_samples_may_be_of_any_shape_and_with_static_arguments():
    op = ag.operation(
        "largest", lambda x, axis=-1: np.max(x, axis), kind="reduction", traits=["largest"],
        rules=[ag.rule(lambda g, x, y, axis: ag.expand_dims(g, axis) * (x == ag.expand_dims(y, axis)))],
    )  # fmt: skip
    samples = [sample(distinct(3, 4)), sample(distinct(3, 4), axis=0)]
    text = check_operation(op, samples, reference=lambda x, axis=-1: np.sort(x, axis).take(-1, axis))
    assert text.startswith("largest: 7 laws hold on 2 samples")
