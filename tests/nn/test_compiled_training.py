"""A training comes out the same with the compiled kernels and with their NumPy twins."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from autograd.native import native

TRAINING = """
import json, sys
import numpy as np
import autograd.native, nn

dtype = getattr(np, sys.argv[1])
nn.manual_seed(0)
images, labels = nn.data.load_digits()
images = images.astype(dtype)
net = nn.models.LeNet(dtype=dtype)
optimizer = nn.optim.Adam(net.parameters(), lr=3e-3)
loader = nn.data.DataLoader((images[:1500], labels[:1500]), batch_size=64, shuffle=True, seed=0)
nn.training.fit(net, loader, nn.CrossEntropyLoss(), optimizer, epochs=8, progress=False)
loss, accuracy = nn.training.evaluate(net, [(images[1500:], labels[1500:])], nn.CrossEntropyLoss())
weights = np.concatenate([p.data.ravel() for p in net.parameters()]).tolist()
print(json.dumps([autograd.native.native is not None, loss, round(accuracy * 297), weights]))
"""


def train(dtype, wish):
    known = {**os.environ, "CHALKGRAD_NATIVE": wish, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", TRAINING, dtype], capture_output=True, text=True, check=True, env=known
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(native is None, reason="the compiled module is not there")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_lenet_on_digits(dtype):
    """In float64 weight by weight; in float32, whose roundings grow over the steps, within 1 % of the 297 digits."""
    compiled, loss, right, weights = train(dtype, native.levels()[0])
    plain, other_loss, other_right, other_weights = train(dtype, "0")
    assert compiled and not plain and right > 0.85 * 297
    if dtype == "float64":
        assert right == other_right
        np.testing.assert_allclose(weights, other_weights, rtol=0, atol=1e-9)
        np.testing.assert_allclose(loss, other_loss, rtol=1e-9)
    else:
        assert abs(right - other_right) <= 3
        np.testing.assert_allclose(loss, other_loss, rtol=0.02)
