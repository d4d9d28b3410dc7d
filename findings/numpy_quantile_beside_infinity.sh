#!/usr/bin/env bash
# NumPy 2.4.1: a quantile that lies exactly at an entry is NaN if the next entry, which it does not need, is infinite.
# `np.median([1, 2, inf])` is 2.0 and `np.quantile([1, 2, inf], 0.5)` is nan, with a RuntimeWarning; so is the largest
# entry by `np.quantile([1, inf], 1.0)`, which is `max`. The two neighbours are always joined as a + (b − a) t, also for
# t = 0, where ∞ · 0 or ∞ − ∞ arises. Who counts with quantile(x, 0.5) being the median, or with q = 1 being the
# maximum, is wrong where infinities occur; `method="lower"` has neither. Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet numpy==2.4.1
venv/bin/python - <<'PYTHON'
import warnings

import numpy as np

warnings.simplefilter("ignore")
x = np.array([1.0, 2.0, np.inf])
assert np.median(x) == 2.0
assert np.isnan(np.quantile(x, 0.5)) and np.isnan(np.percentile(x, 50))
assert np.quantile(x, 0.5, method="lower") == 2.0
assert x.max() == np.inf and np.isnan(np.quantile([1.0, np.inf], 1.0))
print("as described")
PYTHON
