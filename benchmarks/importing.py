"""Importing: the seconds that ``import autograd, nn`` takes when NumPy is there already.

Each in a fresh process, from compiled bytecode as after any first import.
"""

import os
import subprocess
import sys
from pathlib import Path

from .report import available, peer, rows_of

HERE = Path(__file__).parent.parent


def seconds_to_import(names):
    code = f"import time, numpy; start = time.perf_counter(); import {names}; print(time.perf_counter() - start)"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE, env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def run(rounds):
    names = available(
        chalkgrad="autograd, nn", PyTorch=peer(lambda: "torch", "torch"), MyGrad=peer(lambda: "mygrad", "mygrad")
    )
    times = dict.fromkeys(names, float("inf"))
    for _ in range(max(rounds, 5)):
        for name, modules in names.items():
            times[name] = min(times[name], seconds_to_import(modules))
    return rows_of("import, beyond NumPy", times, "s", 1, absolute=0.1)
