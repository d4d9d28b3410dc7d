"""Speed beside that of others, as ratios from one run: ``make bench``, or ``python -m benchmarks [subject ...]``.

All of it on one thread: the libraries read these settings when they are first imported.
"""

import os

for library in ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMEXPR"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
