#!/usr/bin/env bash
# PyTorch 2.13.0, CPU: the Hessian of x ** y at (2, 0) is not symmetric. torch.autograd.functional.hessian gives 0 for
# d/dy of the derivative by x, and 0.5 for d/dx of the derivative by y; x^(y - 1) (1 + y log x) is 0.5, both ways.
# Where y is 0 the derivative by x is put as a constant 0, which is right for its value, and wrong for its slope along y.
# At (2, 0.001) both are right. Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet numpy==2.4.1 torch==2.13.0
venv/bin/python - <<'PYTHON'
import numpy as np
import torch


def hessian(x, y):
    at = (torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64))
    (_, xy), (yx, _) = torch.autograd.functional.hessian(lambda x, y: x**y, at)
    return float(xy), float(yx)


assert hessian(2.0, 0.0) == (0.0, 0.5)
np.testing.assert_allclose(hessian(2.0, 0.001), [2**-0.999 * (1 + 0.001 * np.log(2))] * 2, rtol=1e-12)
print("as described")
PYTHON
