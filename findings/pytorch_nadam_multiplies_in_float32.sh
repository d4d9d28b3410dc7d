#!/usr/bin/env bash
# PyTorch 2.13.0: torch.optim.NAdam keeps the running product of its momentum schedule, state["mu_product"], as a Tensor
# of torch's default dtype, float32, also for float64 parameters (its moments are float64). The product enters the step,
# so 50 steps in float64 follow the published formula (Dozat 2016, as in the class's documentation) to about 1e-8 only,
# not to 1e-15 as Adam does. With torch.set_default_dtype(torch.float64) before the first step they agree to 1e-14.
# Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet torch==2.13.0 numpy==2.4.1
venv/bin/python - <<'PYTHON'
import torch

LR, B1, B2, EPS, DECAY = 0.02, 0.9, 0.999, 1e-8, 4e-3


def theirs():
    p = torch.nn.Parameter(torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))
    optimizer = torch.optim.NAdam([p], lr=LR, betas=(B1, B2), eps=EPS, momentum_decay=DECAY)
    for _ in range(50):
        optimizer.zero_grad()
        (p**4).sum().backward()
        optimizer.step()
    return p.detach(), optimizer.state[p]["mu_product"].dtype


def by_formula():
    p = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    m, v, product = torch.zeros_like(p), torch.zeros_like(p), 1.0
    for t in range(1, 51):
        g = 4 * p**3
        mu, after = (B1 * (1 - 0.5 * 0.96 ** (k * DECAY)) for k in (t, t + 1))
        product *= mu
        m, v = B1 * m + (1 - B1) * g, B2 * v + (1 - B2) * g * g
        step = after * m / (1 - product * after) + (1 - mu) * g / (1 - product)
        p = p - LR * step / ((v / (1 - B2**t)).sqrt() + EPS)
    return p


right = by_formula()
found, dtype = theirs()
difference = (found / right - 1).abs().max().item()
assert dtype == torch.float32 and 1e-10 < difference < 1e-6, (dtype, difference)
torch.set_default_dtype(torch.float64)
found, dtype = theirs()
difference = (found / right - 1).abs().max().item()
assert dtype == torch.float64 and difference < 1e-13, (dtype, difference)
print("as described")
PYTHON
