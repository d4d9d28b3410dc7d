"""Freed memory comes back without page faults, where the C library is glibc."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
import autograd

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def work():
    arrays = [np.ones(1 << 18, np.float32) for _ in range(8)]

work()
before = faults()
for _ in range(20):
    work()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_arrays_of_a_megabyte_are_not_faulted_in_again():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1000  # 20 × 8 × 256 pages without
