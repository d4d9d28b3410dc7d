"""Max pools with the places of the maxima, the way back from them, and convolutions without a batch's axis."""

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F


def numbers(rng, low, high, count):
    return tuple(int(n) for n in rng.integers(low, high, count))


def pool_case(rng, rank):
    """(x, arguments of a max pool by name), drawn at random."""
    size = numbers(rng, 1, 4, rank)
    given = {
        "kernel_size": size,
        "stride": None if rng.random() < 0.4 else numbers(rng, 1, 4, rank),
        "padding": tuple(int(rng.integers(0, k // 2 + 1)) for k in size),
        "dilation": (1,) * rank if rng.random() < 0.6 else numbers(rng, 1, 3, rank),
        "ceil_mode": bool(rng.random() < 0.3),
    }
    lead = (2, 3) if rng.random() < 0.7 else (3,)
    return rng.normal(size=(*lead, *numbers(rng, 5, 8, rank))), given


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_places_and_unpooling_equal_torch(torch, rng, rank):
    pool, unpool = (getattr(F, f"max_{kind}{rank}d") for kind in ("pool", "unpool"))
    theirs_pool, theirs_unpool = (getattr(torch.nn.functional, f"max_{kind}{rank}d") for kind in ("pool", "unpool"))
    unpooled = 0
    for _ in range(12):
        x, given = pool_case(rng, rank)
        t, u = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, places = pool(t, **given, return_indices=True)
        z, their_places = theirs_pool(u, **given, return_indices=True)
        assert isinstance(places, ag.Tensor) and places.dtype == np.int64
        np.testing.assert_array_equal(y.data, z.detach().numpy())
        np.testing.assert_array_equal(places.data, their_places.numpy())
        np.testing.assert_array_equal(pool(x, **given), z.detach().numpy())
        image = x.shape[-rank:]
        apart = given["stride"] is None or all(np.greater_equal(given["stride"], given["kernel_size"]))
        if apart and given["dilation"] == (1,) * rank and not given["ceil_mode"]:  # no place twice
            back = {name: given[name] for name in ("kernel_size", "stride", "padding")} | {"output_size": image}
            y, z = unpool(y, places, **back), theirs_unpool(z, their_places, **back)
            np.testing.assert_array_equal(y.data, z.detach().numpy())
            unpooled += 1
        g = rng.normal(size=y.shape)
        y.backward(g)
        z.backward(torch.tensor(g))
        np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-12, atol=1e-14)
    assert unpooled


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_places_of_adaptive_maxima_equal_torch(torch, rng, rank):
    ours, theirs = (getattr(m, f"adaptive_max_pool{rank}d") for m in (F, torch.nn.functional))
    for _ in range(8):
        x, size = rng.normal(size=(2, 3, *numbers(rng, 2, 8, rank))), numbers(rng, 1, 6, rank)
        t, u = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        (y, places), (z, their_places) = ours(t, size, return_indices=True), theirs(u, size, return_indices=True)
        np.testing.assert_array_equal(y.data, z.detach().numpy())
        np.testing.assert_array_equal(places.data, their_places.numpy())
        np.testing.assert_array_equal(ours(x, size), y.data)
        g = rng.normal(size=y.shape)
        y.backward(g)
        z.backward(torch.tensor(g))
        np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-12)


def test_layers_with_places(torch, rng):
    x = rng.normal(size=(2, 3, 6, 7))
    y, places = nn.MaxPool2d(2, 2, 0, 1, True)(x)
    z, others = torch.nn.MaxPool2d(2, 2, 0, 1, True)(torch.tensor(x))
    np.testing.assert_array_equal(places, others.numpy())
    np.testing.assert_array_equal(
        nn.MaxUnpool2d(2)(y, places, (2, 3, 6, 7)), torch.nn.MaxUnpool2d(2)(z, others, (2, 3, 6, 7)).numpy()
    )
    assert nn.AdaptiveMaxPool2d(2, return_indices=True)(x)[1].shape == (2, 3, 2, 2)
    assert repr(nn.MaxUnpool3d(2)) == repr(torch.nn.MaxUnpool3d(2)).replace("(2, 2, 2)", "2").replace("(0, 0, 0)", "0")


def test_unpooling_refuses_what_does_not_fit():
    y, places = np.ones((1, 2, 2)), np.array([[[0, 2], [8, 15]]])
    for call, message in [
        (lambda: F.max_unpool2d(y, places[0], 2), r"ints of its shape\n  x: \(1, 2, 2\)\n  indices: \(2, 2\)"),
        (lambda: F.max_unpool2d(y, places * 1.0, 2), "float64"),
        (lambda: F.max_unpool2d(y, places + 1, 2), r"outside of the result\n  result: \(1, 4, 4\)\n(.|\n)*place: 16"),
        (lambda: F.max_unpool2d(y, places, 2, output_size=(7, 4)), r"usual: \(4, 4\)"),
        (lambda: F.max_unpool2d(np.ones(3), np.ones(3, int), 2), "x must have 4 axes"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["Conv", "ConvTranspose"])
def test_convolutions_without_a_batch_equal_torch(torch, rng, kind, rank):
    name = f"{kind}{rank}d"
    for options in ({"padding": 1}, {"stride": 2, "groups": 2}, {"dilation": 2, "bias": False}):
        ours = getattr(nn, name)(2, 4, 3, **options, dtype=np.float64)
        theirs = getattr(torch.nn, name)(2, 4, 3, **options, dtype=torch.float64)
        theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
        x = rng.normal(size=(2, *[6, 5, 5][:rank]))
        t, u = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = ours(t), theirs(u)
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-13)
        y.backward(np.ones(y.shape))
        z.backward(torch.ones_like(z))
        np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(ours.weight.grad, theirs.weight.grad.numpy(), rtol=1e-10, atol=1e-13)
    if kind == "ConvTranspose":
        layer = getattr(nn, name)(2, 4, 3, stride=2)
        assert layer(np.ones((2, 4, 4, 4)[: rank + 1]), (10,) * rank).shape == (4, *(10,) * rank)
