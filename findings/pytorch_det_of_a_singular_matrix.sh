#!/usr/bin/env bash
# PyTorch 2.13.0, CPU: the gradient of torch.det (and torch.linalg.det) at a singular matrix is 0, where it should be the
# cofactors. For [[1, 2], [2, 4]] it gives zeros in place of [[4, -2], [-2, 1]], in float32 and float64, and no warning.
# With create_graph=True the same call gives the right ones. The determinant is a polynomial of the entries, and any matrix
# of rank n - 1 has cofactors that are not all 0: a penalty on det(A) does not push A away from being singular.
# Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet numpy==2.4.1 torch==2.13.0
venv/bin/python - <<'PYTHON'
import numpy as np
import torch

for dtype in (torch.float32, torch.float64):
    for det in (torch.det, torch.linalg.det):
        a = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=dtype, requires_grad=True)
        np.testing.assert_array_equal(torch.autograd.grad(det(a), a)[0].numpy(), np.zeros((2, 2)))
        (right,) = torch.autograd.grad(det(a), a, create_graph=True)
        np.testing.assert_allclose(right.detach().numpy(), [[4, -2], [-2, 1]], atol=1e-5)
        step = torch.tensor([[1e-3, 0.0], [0.0, 0.0]], dtype=dtype)
        assert abs(det(a + step).item() / 1e-3 - 4) < 1e-2  # so fast it changes with the first entry
print("as described")
PYTHON
