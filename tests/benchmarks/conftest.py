import os

import pytest


@pytest.fixture(scope="session")
def torch():
    if os.environ.get("CHALKGRAD_REQUIRE_TORCH") == "1":
        import torch
    else:
        torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install torch)")
    return torch
