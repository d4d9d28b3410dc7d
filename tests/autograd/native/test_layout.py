"""Large arrays in any memory order are laid out anew without a difference, and copied in the order that they have."""

import numpy as np
import pytest
from layouts import LAYOUTS, laid_out
from ways import ways

from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="there are no compiled kernels here")

SHAPES = [(8, 3, 41, 43), (2, 67, 33, 9), (65, 2, 3, 5, 19), (210, 211), (3, 14_000), (14_001, 3), (40_001,)]
"""Of more than 32768 entries; most are no whole number of blocks."""


def numbers(shape, dtype):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def orders(shape, dtype):
    """(what it is, an array of this shape) in each order of axes that moves some, with gaps, reversed and repeated."""
    axes = len(shape)
    for order in {tuple(np.roll(range(axes), i)) for i in range(axes)} | {tuple(reversed(range(axes)))}:
        memory = numbers([shape[axis] for axis in order], dtype)
        yield f"axes {order}", memory.transpose(np.argsort(order))
    yield "gaps", numbers([2 * n for n in shape[-2:]], dtype)[..., ::2, 1::2] if axes == 2 else numbers(shape, dtype)
    yield "reversed", numbers(shape[::-1], dtype).T[::-1]
    for axis in range(axes):
        one = numbers(shape, dtype).take([0], axis)
        yield f"repeated along {axis}", np.broadcast_to(one, shape)
    yield "constant", np.broadcast_to(numbers((), dtype), shape)


@pytest.mark.parametrize("dtype", "fd")
@pytest.mark.parametrize("shape", SHAPES)
def test_a_copy_is_the_same_in_the_same_order(shape, dtype):
    for what, x in orders(shape, dtype):
        expected, before = x.copy("K"), x.tobytes()
        for way in ways(threads=(1, 3)):
            y = native.copy(x)
            assert y.strides == expected.strides and y.flags.owndata and y.flags.writeable, (what, way)
            assert y.tobytes("A") == expected.tobytes("A"), (what, way)
        assert x.tobytes() == before


@pytest.mark.parametrize("dtype", "fd")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_kernels_read_a_large_array_in_any_order(layout, dtype):
    for shape in ((67, 301), (4, 5003), (5003, 5)):
        x = laid_out(np.random.default_rng(0).integers(-9, 9, shape).astype(dtype), layout)
        np.testing.assert_array_equal(native.column_sums(x), x.sum(0))  # whole numbers: exact in any order


def test_nan_and_infinity_keep_their_bits():
    bits = np.random.default_rng(0).integers(0, 1 << 32, (301, 211), np.uint32)
    assert native.copy(bits.view(np.float32).T).T.tobytes() == bits.tobytes()
