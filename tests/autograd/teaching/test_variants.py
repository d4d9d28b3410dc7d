"""Exercises: the same questions with other numbers, and what is wrong with a call says the error."""

import numpy as np
import pytest

import autograd as ag
from autograd.teaching.numbers import numbers_like


def test_variants_differ_and_a_seed_repeats_them(exercise):
    numbers = [tuple(variant.values.values()) for variant in exercise.variants]
    assert len(set(numbers)) == 4
    again = ag.exercise(exercise.function, ask=["w1"], variants=4)
    assert [tuple(variant.values.values()) for variant in again.variants] == numbers
    other = ag.exercise(exercise.function, ask=["w1"], variants=4, seed=1)
    assert tuple(other.variants[0].values.values()) != numbers[0]


def test_solutions_are_the_true_gradients(exercise):
    variant = exercise.variants[2]
    w1, w2, w5, w6, x, t = variant.values.values()
    h = 1 / (1 + np.exp(-(w1 * x + w2)))
    net = w5 * h + w6
    o = 1 / (1 + np.exp(-net))
    delta = (o - t) * o * (1 - o)
    expected = {"net_o": net, "dE/dout_o": o - t, "dE/dnet_o": delta, "dE/dw5": delta * h, "dE/dout_h": delta * w5,
                "dE/dw1": delta * w5 * h * (1 - h) * x}  # fmt: skip
    assert variant.solutions == pytest.approx(expected)


def test_questions_and_points(exercise):
    assert [one.what for one in exercise.questions] == [
        "net_o",
        "∂E/∂out_o",
        "∂E/∂net_o",
        "∂E/∂w5",
        "∂E/∂out_h",
        "∂E/∂w1",
    ]
    assert exercise.points == 8


def test_by_default_all_inner_values_and_parameters_are_asked_for():
    def product(a=2.5, b=3.5, k=2):
        c = a * b
        return c * k

    one = ag.exercise(product, variants=1)
    assert [question.key for question in one.questions] == ["dloss/dc", "dloss/da", "dloss/db"]
    assert one.variants[0].values["k"] == 2 and one.title == "product"


@pytest.mark.parametrize("value", [0.45, -0.3, 0.99, 1.0, 12.0, 0.593269992, 1e-4, np.float32(0.25)])
def test_numbers_keep_their_kind(value):
    generator = np.random.default_rng(0)
    for _ in range(50):
        new = numbers_like(value, generator)
        assert type(new) is type(value) and np.sign(new) == np.sign(value) and abs(new) <= 1.5 * abs(value) + 1e-3
        assert abs(value) > 1 or abs(new) <= 1
        assert np.isclose(float(new), round(float(new), 3), atol=1e-7)


def test_whole_numbers_are_shuffled_and_zeros_stay():
    generator = np.random.default_rng(0)
    picture = np.arange(6.0).reshape(2, 3)
    assert sorted(numbers_like(picture, generator).ravel()) == list(range(6))
    assert numbers_like(np.array([0.0, 0.5]), generator)[0] == 0
    assert numbers_like(3, generator) == 3 and numbers_like("same", generator) == "same"


def test_draw_gives_the_numbers():
    def square(w=0.5):
        return w * w

    one = ag.exercise(square, draw={"w": lambda generator: float(generator.integers(2, 9))}, variants=5)
    assert all(variant.values["w"] in range(2, 9) for variant in one.variants)


def test_numbers_without_a_gradient_are_drawn_again():
    def dead(w=0.123, b=0.02):
        out = ag.relu(w - b)
        return out * out

    one = ag.exercise(dead, ask=["w"], variants=8, draw={"b": lambda g: float(g.choice([0.01, 5.0]))})
    assert all(variant.values["b"] == 0.01 and variant.solutions["dloss/dw"] != 0 for variant in one.variants)


def never(w=0.5):
    return ag.log(w - 1.0 + 0.5) * w  # log(0)


def loop(w=0.5):
    h = w * 2.0
    h = h * w
    return h * h


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: ag.exercise(3), "loss function"),
        (lambda: ag.exercise(lambda w: w * w), "no number for the parameter 'w'"),
        (lambda: ag.exercise(lambda w=0.5: w * w, {"v": 1.0}), "no parameter of that name: v"),
        (lambda: ag.exercise(lambda w=0.5: 3.0), "must return its loss"),
        (lambda: ag.exercise(lambda w=0.5: ag.stack([w, w])), "a Tensor of shape (2,)"),
        (lambda: ag.exercise(lambda w=0.5: w * w, ask=["v"]), "no value of that name: 'v'"),
        (lambda: ag.exercise(loop, ask=["h"]), "names several values"),
        (lambda: ag.exercise(lambda w=0.5: w * w, ask=[]), "nothing is asked"),
        (lambda: ag.exercise(lambda w=0.5: w * w, points={"v": 2}), "nothing of that name is asked: v"),
        (lambda: ag.exercise(lambda w=0.5: w * w, draw={"v": None}), "no parameter of that name: v"),
        (lambda: ag.exercise(lambda w=0.5: w * w, variants=0), "positive integer"),
        (lambda: ag.exercise(lambda *w: w[0]), "given by name"),
        (lambda: ag.exercise(never, draw={"w": lambda g: 0.5}, variants=1).variants[0].values, "no sensible numbers"),
        (lambda: ag.exercise(lambda w=0.5: w * w, variants=1).variants[0].check({"v": 1}), "nothing of that name"),
    ],
)
def test_what_is_wrong_is_said(call, words):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert words in str(caught.value)
