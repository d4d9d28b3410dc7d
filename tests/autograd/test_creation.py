"""New Tensors: sizes, dtypes, options, and the generator that random ones are drawn from."""

import copy

import numpy as np
import pytest

import autograd as ag


def test_sizes_one_by_one_and_in_a_tuple():
    for make in (ag.zeros, ag.ones, ag.empty, ag.rand, ag.randn):
        assert make(2, 3).shape == make((2, 3)).shape == make([2, 3]).shape == (2, 3) and make().shape == ()
    assert ag.zeros(ag.tensor(2), np.int64(3)).shape == (2, 3) and ag.full((2,), 7).tolist() == [7, 7]
    with pytest.raises(TypeError, match=r"zeros: the size must be whole numbers(.|\n)*ag.zeros\(2, 3, dtype=...\)"):
        ag.zeros(2.5)


def test_dtypes_are_numpys_unless_given():
    assert ag.zeros(2).dtype == ag.rand(2).dtype == ag.float64 and ag.arange(3).dtype == ag.int64
    assert ag.zeros(2, dtype=ag.long).dtype == ag.int64 and ag.zeros(2, "float32").dtype == ag.float32
    assert ag.randint(0, 5, (2,), dtype=ag.int32).dtype == ag.int32 and ag.ones_like(ag.arange(2)).dtype == ag.int64
    assert ag.as_tensor([1, 2], dtype="float32").dtype == ag.float32


def test_options():
    t = ag.randn(2, 3, requires_grad=True, name="t", device="cpu", pin_memory=False)
    assert t.is_leaf and t.requires_grad and t.name == "t" and not ag.zeros(2).requires_grad
    with pytest.raises(TypeError, match="zeros: there is no requiresgrad="):
        ag.zeros(2, requiresgrad=True)
    with pytest.raises(TypeError, match="float16, float32 and float64"):
        ag.arange(3, requires_grad=True)


def test_ranges():
    assert ag.arange(1, 7, 2).tolist() == [1, 3, 5] and ag.arange(3).tolist() == [0, 1, 2]
    assert ag.arange(start=0, stop=1, step=0.5).tolist() == [0, 0.5]
    assert ag.linspace(0, 1, steps=3).tolist() == ag.linspace(0, 1, num=3).tolist() == [0, 0.5, 1]
    assert ag.linspace(0, 1, 2, endpoint=False).tolist() == [0, 0.5]


def test_nothing_is_shared():
    a = np.ones(2)
    t = ag.from_numpy(a)
    a[0] = 5
    assert t.tolist() == [1, 1] and ag.as_tensor(t) is t and ag.is_tensor(t) and not ag.is_tensor(a)
    with pytest.raises(TypeError, match="from_numpy: an array is needed"):
        ag.from_numpy([1.0])


def test_one_seed_decides_all_that_is_drawn():
    def draw():
        parts = [ag.rand(3), ag.randn(2), ag.randint(0, 100, (4,)), ag.randint(100, (4,)), ag.randperm(9)]
        parts += [ag.normal(0.0, 1.0, (2,)), ag.normal(ag.zeros(2), 1.0), ag.bernoulli(ag.full((9,), 0.5))]
        return [part.tolist() for part in (*parts, ag.multinomial(ag.ones(3, 5), 2), ag.rand_like(ag.zeros(2)))]

    ag.manual_seed(0)
    first = draw()
    ag.manual_seed(0)
    assert draw() == first != draw() and ag.initial_seed() == 0
    with pytest.raises(TypeError, match="manual_seed: a seed is needed"):
        ag.manual_seed(None)


def test_a_generator_of_ones_own_leaves_the_common_one_alone():
    ag.manual_seed(1)
    expected = ag.rand(2).tolist()
    ag.manual_seed(1)
    g = ag.Generator().manual_seed(5)
    drawn = ag.rand(3, generator=g).tolist()
    assert ag.rand(2).tolist() == expected
    assert drawn == np.random.default_rng(5).random(3).tolist() == ag.rand(3, generator=g.manual_seed(5)).tolist()
    assert isinstance(copy.deepcopy(g), np.random.Generator)


def test_whole_numbers_need_a_size():
    with pytest.raises(TypeError, match=r"ag.randint\(low, high, \(n, m\)\)"):
        ag.randint(0, 5)
