"""What the tests of nn share: the PyTorch gate and a seed."""

import os

import numpy as np
import pytest

import nn


@pytest.fixture
def torch():
    """PyTorch, or a skip that says why there is none; with CHALKGRAD_REQUIRE_TORCH=1 a failure."""
    try:
        import torch
    except ImportError:
        if os.environ.get("CHALKGRAD_REQUIRE_TORCH") == "1":
            pytest.fail("PyTorch is required here (CHALKGRAD_REQUIRE_TORCH=1) and not installed")
        pytest.skip("PyTorch is not installed: pip install torch, or make compare")
    return torch


@pytest.fixture
def onnx():
    """(onnx, onnxruntime), or a skip that says why not; with CHALKGRAD_REQUIRE_ONNX=1 a failure."""
    try:
        import onnx
        import onnxruntime
    except ImportError:
        if os.environ.get("CHALKGRAD_REQUIRE_ONNX") == "1":
            pytest.fail("onnx and onnxruntime are required here (CHALKGRAD_REQUIRE_ONNX=1) and not installed")
        pytest.skip("onnx and onnxruntime are not installed: pip install chalkgrad[onnx]")
    return onnx, onnxruntime


def pytest_itemcollected(item):
    """``-k torch``, with which ``make compare`` chooses, means whatever asks for PyTorch, by whatever name."""
    if "torch" in getattr(item, "fixturenames", ()):
        item.extra_keyword_matches.add("torch")


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(autouse=True)
def _seeded():
    nn.manual_seed(0)
