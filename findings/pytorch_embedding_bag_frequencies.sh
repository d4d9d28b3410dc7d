#!/usr/bin/env bash
# PyTorch 2.13.0: torch.nn.functional.embedding_bag(scale_grad_by_freq=True) is documented to divide the gradient of each
# row by how often the batch names it, as torch.nn.functional.embedding does. On the CPU it divides by the frequency of
# another row: that of the i-th smallest entry of the batch for the i-th distinct row. With rows 1, 1, 2 in a bag the
# gradient of row 2, which comes once, is halved. embedding gives 1 for both.
# Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet torch==2.13.0 numpy==2.4.1
venv/bin/python - <<'PYTHON'
import torch
import torch.nn.functional as F


def gradient(look_up):
    weight = torch.ones(3, 1, dtype=torch.float64, requires_grad=True)
    look_up(weight).sum().backward()
    return weight.grad.ravel().tolist()


rows = torch.tensor([[1, 1, 2]])
alone = gradient(lambda weight: F.embedding(rows, weight, scale_grad_by_freq=True))
in_a_bag = gradient(lambda weight: F.embedding_bag(rows, weight, mode="sum", scale_grad_by_freq=True))
assert alone == [0.0, 1.0, 1.0], alone
assert in_a_bag == [0.0, 1.0, 0.5], in_a_bag
print("as described")
PYTHON
