"""The cache of freed memory gives arrays what waits in other sizes: cut, and put together again."""

import numpy as np
import pytest
from caching import KIB, MIB, array, changes, empty_cache  # noqa: F401 - a fixture

import autograd as ag
from autograd.native import native

pytestmark = [
    pytest.mark.skipif(native is None, reason="the compiled module is not there"),
    pytest.mark.usefixtures("empty_cache"),
]


def test_a_block_waits_for_arrays_of_other_sizes_too():
    """Cut into several, and whole again when they have been freed, in any order, with what was too small for any."""
    a = array(2 * MIB)
    start = a.ctypes.data
    del a
    before = ag.config.memory_stats()
    for size in (512 * KIB, 300 * KIB, 65 * KIB, 7 * 64 * KIB):
        parts = [np.zeros(size, np.uint8) for _ in range(2 * MIB // (size * 5 // 4))]
        assert changes(before)["misses"] == 0
        for i, part in enumerate(parts):
            assert start <= part.ctypes.data <= start + 2 * MIB - size and not part.any()
            part[:] = i
        assert all(part.min() == part.max() == i for i, part in enumerate(parts))
        del part
        while parts:
            del parts[len(parts) // 2]
        assert changes(before)["bytes_in_use"] == 0
        whole = np.zeros(2 * MIB, np.uint8)
        assert whole.ctypes.data == start and not whole.any()
        assert changes(before)["misses"] == 0
        whole[:] = 255
        del whole


def test_a_loop_of_mixed_sizes_maps_nothing_new():
    def step():
        large = [array(2 * MIB) for _ in range(6)]
        del large[1::2]
        small = [array(300 * KIB) for _ in range(20)]
        del large
        return [array(900 * KIB) for _ in range(6)], small

    step()
    before = ag.config.memory_stats()
    for _ in range(5):
        step()
    assert changes(before)["misses"] == 0
    stats = ag.config.memory_stats()
    assert stats["bytes_in_use"] + stats["bytes_cached"] <= 1.25 * stats["most_bytes_in_use"] + 4 * MIB
