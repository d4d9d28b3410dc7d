"""The chunked kernels of batch normalization equal the formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.kernels import normalization as kernels


@pytest.fixture(params=[1, 1 << 18], ids=["row by row", "all at once"])
def chunk(request, monkeypatch):
    monkeypatch.setattr(kernels, "CHUNK", request.param)


@given(st.integers(2, 300), st.integers(1, 20), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def run_all(m, channels, seed):
    rng = np.random.default_rng(seed)
    x, g = rng.standard_normal((2, m, channels)) + 3
    weight, bias = rng.standard_normal((2, channels))
    mean, var = kernels.statistics(x)
    np.testing.assert_allclose((mean, var), kernels.statistics_plainly(x))
    deviation = np.sqrt(var + 1e-5)
    np.testing.assert_allclose(
        kernels.normalize(x, mean, deviation, weight, bias),
        kernels.normalize_plainly(x, mean, deviation, weight, bias),
        atol=1e-12,
    )
    deviation = np.sqrt(kernels.statistics_plainly(x)[1])
    np.testing.assert_allclose(
        kernels.input_gradient(g, x, mean, deviation, weight),
        kernels.input_gradient_plainly(g, x, mean, deviation, weight),
        atol=1e-9 * max(1, (1 / deviation).max()),
    )
    np.testing.assert_allclose(kernels.projection(g, x, mean), (g * (x - mean)).sum(0), atol=1e-10)


def test_fast_kernels_equal_their_twins(chunk):
    run_all()
