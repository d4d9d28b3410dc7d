"""The chunked kernels of batch normalization equal the formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.kernels import normalization as kernels


@pytest.fixture(params=[1, 1 << 18], ids=["row by row", "all at once"])
def chunk(request, monkeypatch):
    monkeypatch.setattr(kernels, "CHUNK", request.param)
    monkeypatch.setattr(kernels, "native", None)


@given(st.integers(2, 300), st.integers(1, 20), st.booleans(), st.booleans(), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def run_all(m, channels, relu, fixed, seed):
    rng = np.random.default_rng(seed)
    x, g = rng.standard_normal((2, m, channels)) + 3
    weight, bias = rng.standard_normal((2, channels))
    mean, var = kernels.statistics(x)
    np.testing.assert_allclose((mean, var), kernels.statistics_plainly(x))
    deviation = np.sqrt(kernels.statistics_plainly(x)[1])
    args = x, mean, deviation, weight, bias, relu
    np.testing.assert_allclose(kernels.normalize(*args), kernels.normalize_plainly(*args), atol=1e-12)
    atol = 1e-9 * max(1, (1 / deviation).max())
    plainly = kernels.gradients_plainly(g, *args, fixed)
    for got, expected in zip(kernels.gradients(g, *args, fixed), plainly, strict=True):
        np.testing.assert_allclose(got, expected, atol=atol)
    nothing, *others = kernels.gradients(g, *args, fixed, wants_input=False)
    assert nothing is None
    for got, expected in zip(others, plainly[1:], strict=True):
        np.testing.assert_allclose(got, expected, atol=atol)


def test_fast_kernels_equal_their_twins(chunk):
    run_all()


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 5), (2, 3, 4, 5), (0, 3, 2), (1, 1, 1, 1)])
def test_rows_and_back(shape):
    x = np.arange(np.prod(shape), dtype=float).reshape(shape)
    rows = kernels.rows(x)
    assert rows.shape == (x.size // shape[1], shape[1]) and rows.flags.c_contiguous
    np.testing.assert_array_equal(rows, np.moveaxis(x, 1, -1).reshape(-1, shape[1]))
    np.testing.assert_array_equal(kernels.from_rows(rows, shape), x)
    assert kernels.rows(kernels.from_rows(rows, shape)).base is not None
