"""What the tests of the cache of freed memory share."""

import numpy as np
import pytest

import autograd as ag

KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture
def empty_cache():
    """On, with a limit of its own for each test, and empty."""
    before = ag.config.memory_stats()["limit"]
    ag.config.empty_cache()
    ag.config.set_cache_limit(256 * MIB)
    yield
    ag.config.set_cache_limit(before)
    ag.config.empty_cache()


def changes(before):
    return {name: value - before[name] for name, value in ag.config.memory_stats().items()}


def array(bytes_, value=1):
    return np.full(bytes_, value, np.uint8)
