#!/usr/bin/env bash
# SciPy 1.17.1: `signal.correlate(x, k, "same")` and `signal.correlate2d(x, k, "same")` of the same matrices differ where
# the kernel has evenly many rows or columns: correlate2d begins one window later along each such axis. For
# x = [[0, 1, 2, 3]] and k = [[1, 0]] the first gives [[0, 0, 1, 2]], the second [[0, 1, 2, 3]]. In modes "full" and "valid"
# the two agree, and so do `convolve` and `convolve2d` in all three modes; so one takes the four for two pairs of
# synonyms, and a correlation filter shifts by a pixel when it is called by the other name. Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet numpy==2.4.1 scipy==1.17.1
venv/bin/python - <<'PYTHON'
import numpy as np
from scipy import signal

x, k = np.arange(4.0)[None], np.array([[1.0, 0.0]])
np.testing.assert_array_equal(signal.correlate(x, k, "same"), [[0, 0, 1, 2]])
np.testing.assert_array_equal(signal.correlate2d(x, k, "same"), [[0, 1, 2, 3]])
for mode in ("full", "valid"):
    np.testing.assert_array_equal(signal.correlate(x, k, mode), signal.correlate2d(x, k, mode))
for mode in ("full", "same", "valid"):
    np.testing.assert_array_equal(signal.convolve(x, k, mode), signal.convolve2d(x, k, mode))
print("as described")
PYTHON
