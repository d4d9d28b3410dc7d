#!/usr/bin/env bash
# PyTorch 2.13.0, CPU: two activations' gradients have constants of float32 in them, whatever the dtype of the Tensor.
# In float64 the derivative of hardsigmoid inside is 1/6 rounded to float32 (0.1666666716337204, relative error 3e-8), and
# that of celu below 0 is 1e-8 off (at x = -0.3 with alpha = 0.7: 0.65143906387 for exp(x/alpha) = 0.65143905753). The
# values of both, and the gradient of hardswish, which has a 1/3 in it, are right to the last digits. So float64 gradients
# compared to 1e-10 differ here, and torch.autograd.gradcheck with its default tolerances does not see it.
# Seen on CPython 3.11, Linux, x86-64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet torch==2.13.0 numpy==2.4.1
venv/bin/python - <<'PYTHON'
import math

import numpy as np
import torch
from torch.nn import functional as F


def gradient(f, value):
    x = torch.tensor(value, dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(f(x), x)
    assert g.dtype == torch.float64
    return f(x).item(), g.item()


value, slope = gradient(F.hardsigmoid, 0.5)
assert value == 0.5 / 6 + 0.5
assert slope == float(np.float32(1 / 6)) != 1 / 6

value, slope = gradient(lambda x: F.celu(x, alpha=0.7), -0.3)
assert math.isclose(value, 0.7 * math.expm1(-0.3 / 0.7), rel_tol=1e-15)
assert 1e-9 < abs(slope / math.exp(-0.3 / 0.7) - 1) < 2e-8

_, slope = gradient(F.hardswish, 0.5)
assert math.isclose(slope, 0.5 / 3 + 0.5, rel_tol=1e-15)
x = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(F.hardsigmoid, x)
print("as described")
PYTHON
