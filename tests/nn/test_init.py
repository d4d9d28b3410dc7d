"""Initial values: their bounds, their spread, their repeatability."""

import math

import numpy as np
import pytest

import autograd as ag
import nn


def weight(*shape, dtype=np.float32):
    return nn.Parameter(np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("fill", "spread"),
    [
        (lambda w: nn.init.xavier_uniform_(w), math.sqrt(2 / (40 * 9 + 60 * 9))),
        (lambda w: nn.init.xavier_normal_(w, gain=2.0), 2 * math.sqrt(2 / (40 * 9 + 60 * 9))),
        (lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"), math.sqrt(2 / (40 * 9))),
        (lambda w: nn.init.kaiming_normal_(w, mode="fan_out", nonlinearity="relu"), math.sqrt(2 / (60 * 9))),
        (lambda w: nn.init.kaiming_normal_(w, a=2, nonlinearity="leaky_relu"), math.sqrt(2 / 5 / (40 * 9))),
        (lambda w: nn.init.normal_(w, 0.0, 3.0), 3.0),
        (lambda w: nn.init.uniform_(w, -1.0, 1.0), 1 / math.sqrt(3)),
    ],
)
def test_spread(fill, spread):
    w = weight(60, 40, 3, 3)
    assert fill(w) is w and w.dtype == np.float32
    assert w.data.std() == pytest.approx(spread, rel=0.02)
    assert abs(w.data.mean()) < 0.02 * spread


def test_uniform_ones_reach_their_bounds_and_stay_inside():
    w = nn.init.kaiming_uniform_(weight(500, 20), a=math.sqrt(5))
    assert abs(w.data).max() <= 1 / math.sqrt(20) and abs(w.data).max() > 0.99 / math.sqrt(20)
    w = nn.init.xavier_uniform_(weight(500, 20))
    bound = math.sqrt(6 / 520)
    assert 0.99 * bound < abs(w.data).max() <= bound


@pytest.mark.parametrize(
    ("layer", "fan"), [(lambda: nn.Linear(50, 400), 50), (lambda: nn.Conv2d(4, 256, 5, groups=2), 50)]
)
def test_layers_begin_in_pytorchs_bounds(layer, fan):
    layer, bound = layer(), 1 / math.sqrt(fan)
    for p in layer.parameters():
        assert 0.95 * bound < abs(p.data).max() <= bound
        assert p.data.std() == pytest.approx(bound / math.sqrt(3), rel=0.1)


def test_constants():
    assert (nn.init.ones_(weight(3)).data == 1).all() and (nn.init.constant_(weight(2, 2), 0.25).data == 0.25).all()
    assert (nn.init.zeros_(nn.Parameter(np.ones(3))).data == 0).all()
    assert nn.init.normal_(nn.Parameter(np.float32(0))).shape == ()


def test_seeds():
    nn.manual_seed(3)
    a = nn.Linear(4, 4)
    nn.manual_seed(3)
    np.testing.assert_array_equal(nn.Linear(4, 4).weight.data, a.weight.data)
    b = nn.Linear(4, 4, rng=5)
    np.testing.assert_array_equal(nn.Linear(4, 4, rng=np.random.default_rng(5)).bias.data, b.bias.data)
    assert (nn.Linear(4, 4).weight.data != a.weight.data).any()
    np.testing.assert_array_equal(
        nn.Linear(4, 4, rng=5, dtype=np.float64).weight.data.astype(np.float32), b.weight.data
    )


def test_an_rng_of_ones_own_leaves_the_common_one_alone():
    nn.manual_seed(3)
    a = nn.Linear(4, 4)
    nn.manual_seed(3)
    nn.init.normal_(weight(9), rng=1)
    np.testing.assert_array_equal(nn.Linear(4, 4).weight.data, a.weight.data)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"fan\n  shape: \(3,\)"):
        nn.init.kaiming_normal_(weight(3))
    with pytest.raises(ValueError, match="mode: 'fan'"):
        nn.init.kaiming_normal_(weight(3, 3), mode="fan")
    with pytest.raises(ValueError, match="nonlinearity: 'swish'"):
        nn.init.calculate_gain("swish")
    with pytest.raises(ValueError, match="recorded result"):
        nn.init.zeros_(ag.Tensor(1.0, requires_grad=True) * 2)


def test_gains_are_pytorchs(torch):
    for name in ("linear", "conv2d", "conv3d", "conv_transpose1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert nn.init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name))
    assert nn.init.calculate_gain("leaky_relu", 0.3) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.3))


@pytest.mark.parametrize("shape", [(3, 0), (0, 3), (0, 0), (4, 0, 3, 3), (0, 2, 3, 3), (2, 2, 0, 3)])
def test_weights_without_entries_stay_as_they_are(shape):
    w = nn.Parameter(np.zeros(shape, np.float32))
    for mode in ("fan_in", "fan_out"):
        for fill in (nn.init.kaiming_uniform_, nn.init.kaiming_normal_):
            assert fill(w, mode=mode) is w
    for fill in (nn.init.xavier_uniform_, nn.init.xavier_normal_, nn.init.uniform_, nn.init.normal_, nn.init.ones_):
        assert fill(w) is w and w.shape == shape and w.dtype == np.float32


def test_drawn_numbers_need_a_float():
    for fill in (nn.init.uniform_, nn.init.normal_):
        with pytest.raises(TypeError, match="int64"):
            fill(ag.Tensor([1, 2]))


def test_a_seed_of_none_repeats_nothing_and_is_refused():
    with pytest.raises(TypeError, match="seed: None"):
        nn.manual_seed(None)
