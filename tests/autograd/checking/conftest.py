"""The networks that formulas and derivations are checked on."""

import pytest

from tests.autograd.checking.formulas.networks import layers, logistic


@pytest.fixture(scope="module")
def net():
    return logistic()


@pytest.fixture(scope="module")
def two_layers():
    return layers()
