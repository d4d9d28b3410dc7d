#!/usr/bin/env bash
# PyTorch 2.13.0, CPU: two derivatives in float64 have far fewer digits than float64 has.
# The second derivative of lgamma (torch.special.polygamma(1, x), the trigamma function) is right to 5e-10: at 1, where it
# is pi^2 / 6, it is off by 4.8e-10 of its value. And the derivative of sinc near 0 is reckoned as
# (cos(pi x) pi x - sin(pi x)) / (pi x^2), in which all digits cancel: of -3.29e-8 at x = 1e-8 a third is missing, at 1e-9
# it is 0, and the second derivative at 0, -pi^2 / 3, is NaN. The values of sinc and lgamma are right to the last digits.
# torch.autograd.gradcheck sees neither: its tolerance of 1e-5 covers both.
# Seen on CPython 3.11, Linux, x86-64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet torch==2.13.0 numpy==2.4.1
venv/bin/python - <<'PYTHON'
import math

import torch


def number(value):
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


x = number(1.0)
(slope,) = torch.autograd.grad(torch.lgamma(x), x, create_graph=True)
(second,) = torch.autograd.grad(slope, x)
assert second.dtype == torch.float64
assert second.item() == torch.special.polygamma(1, x).item()
error = second.item() / (math.pi**2 / 6) - 1
assert 4e-10 < error < 6e-10, error

x = number(1e-8)
(slope,) = torch.autograd.grad(torch.sinc(x), x)
right = -(math.pi**2) * 1e-8 / 3
assert -0.4 < slope.item() / right - 1 < -0.3, slope
x = number(1e-9)
assert torch.autograd.grad(torch.sinc(x), x)[0].item() == 0.0
x = number(0.0)
(slope,) = torch.autograd.grad(torch.sinc(x), x, create_graph=True)
assert slope.item() == 0.0
assert math.isnan(torch.autograd.grad(slope, x)[0].item())
assert torch.autograd.gradcheck(torch.sinc, number([1e-8, 0.5]))
assert torch.autograd.gradgradcheck(torch.lgamma, number([1.0, 2.5]))
print("trigamma(1) is off by", error, "and the derivative of sinc at 1e-8 by", abs(1 - -2.1063981330815398e-08 / right))
PYTHON
