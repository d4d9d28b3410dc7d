"""The compiled kernels, where they are: ``native`` is the module ``autograd._native``, or None.

``pip install`` compiles it where there is GCC or Clang; without it NumPy does the same work in more time.
A compiled kernel takes what it is made for (float32 and float64) and returns None for anything else:
the caller, in ``autograd/kernels``, then goes the NumPy way, as it does where there is no module.

The environment variable CHALKGRAD_NATIVE, read at import, chooses: 0 for NumPy alone, or one level of vector
instructions (baseline, avx2, avx512) in place of the best one that the machine has.
"""

import importlib
import os


def _load():
    """(the module or None, why there is none)."""
    wish = os.environ.get("CHALKGRAD_NATIVE", "")
    if wish == "0":
        return None, "switched off by CHALKGRAD_NATIVE=0"
    try:
        _native = importlib.import_module("autograd._native")
    except ImportError as error:
        if wish:
            raise
        return None, f"not compiled ({error})"
    if wish:
        _native.set_level(wish)
    return _native, ""


native, why_not = _load()
