#!/usr/bin/env bash
# safetensors 0.8.0, safetensors.numpy: arrays that do not lie in C order come back permuted. save writes the memory of the
# array as it lies and the shape that it shows: np.arange(6.0).reshape(2, 3).T, saved and loaded, has shape (3, 2) and the
# entries 0, 1, 2, 3, 4, 5 in this order, in place of 0, 3, 1, 4, 2, 5; no error, no warning. Its half for PyTorch refuses such
# tensors and says how to go on, so one takes the NumPy half to do so, or to copy. Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet numpy==2.4.1 safetensors==0.8.0
venv/bin/python - <<'PYTHON'
import numpy as np
from safetensors.numpy import load, save

a = np.arange(6.0).reshape(2, 3).T
found = load(save({"a": a}))["a"]
assert found.shape == a.shape == (3, 2)
print(found.tolist(), a.tolist())
np.testing.assert_array_equal(found.ravel(), np.arange(6.0))
np.testing.assert_array_equal(load(save({"a": np.ascontiguousarray(a)}))["a"], a)
print("as described")
PYTHON
