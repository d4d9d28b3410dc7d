"""What is compiled, where it is: ``native``, the module ``autograd._native`` of kernels or None, and the recorder.

``pip install`` compiles where there is GCC or Clang; without it Python and NumPy do the same work in more time.
A compiled kernel takes what it is made for (float32 and float64) and returns None for anything else:
the caller, in ``autograd/kernels``, then goes the NumPy way, as it does where there is no module.

Recording and the walk (``RECORDER``) are Python files that Cython compiles as they stand. Importing prefers what is
compiled; where it must not run, a finder put first gives the sources.

The environment variable CHALKGRAD_NATIVE, read at import, chooses: 0 for Python and NumPy alone, 1 (or nothing) for
what is compiled, or one level of vector instructions (baseline, avx2, avx512) in place of the machine's best one.
"""

import importlib
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import spec_from_file_location
from typing import Any

RECORDER = (
    "node", "values", "arguments", "recording", "ownership", "unbroadcasting", "walking", "steps", "replaying",
)  # fmt: skip
_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def _load() -> tuple[Any, str]:
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
    if wish not in ("", "1"):
        _native.set_level(wish)
    return _native, ""


class _Sources:
    """Finds the sources of the recorder's modules in place of what is compiled of them."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        package, _, module = name.rpartition(".")
        if package == "autograd" and module in RECORDER:
            return spec_from_file_location(name, os.path.join(_PACKAGE, f"{module}.py"))
        return None


def _why_interpreted() -> str:
    """Why the recorder is not to run compiled, or an empty text."""
    if os.environ.get("CHALKGRAD_NATIVE", "") == "0":
        return "switched off by CHALKGRAD_NATIVE=0"
    if hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled():
        return "made for Pythons with the global interpreter lock"
    # among sources, not where it is installed: files there are of the time at which they were unpacked
    checkout = os.path.exists(os.path.join(os.path.dirname(_PACKAGE), "setup.py"))
    shared = [name for name in os.listdir(_PACKAGE) if name.endswith(".pxd")] if checkout else []
    for module in RECORDER:
        compiled = f"{module}{EXTENSION_SUFFIXES[0]}"
        if not os.path.exists(os.path.join(_PACKAGE, compiled)):
            return f"not compiled (no {compiled})"
        if checkout:
            for source in (f"{module}.py", *shared):
                if _changed(source) > _changed(compiled):
                    return f"compiled before {source} was changed; compile again"
    return ""


def _changed(name: str) -> float:
    return os.stat(os.path.join(_PACKAGE, name)).st_mtime


native, why_not = _load()
why_interpreted = _why_interpreted()
if why_interpreted:
    sys.meta_path.insert(0, _Sources)
