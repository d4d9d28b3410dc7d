#!/usr/bin/env bash
# Cython 3.3.1 with setuptools 80.9.0: `cythonize` loses `optional=True` of an Extension.
# setuptools lets an extension that is optional fail: the build goes on and succeeds. `cythonize` returns new Extension
# objects that have taken over sources, flags and folders, but not this, so that a package whose extensions all say
# optional cannot be installed where there is no compiler. Setting it once more on what `cythonize` returns helps.
# Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet cython==3.3.1 setuptools==80.9.0
echo 'x = 1' > m.py
cat > setup.py <<'PYTHON'
import os

from Cython.Build import cythonize
from setuptools import Extension, setup

made = cythonize([Extension("m", ["m.py"], optional=True, define_macros=[("A", "1")])], quiet=True)
print("optional:", made[0].optional, "macros:", made[0].define_macros)
if os.environ.get("AGAIN"):
    made[0].optional = True
setup(name="p", version="1", py_modules=["m"], ext_modules=made)
PYTHON

code=0
CC=false venv/bin/python setup.py -q build_ext > without 2>&1 || code=$?
grep "optional:" without
grep -q "optional: None macros: \[('A', '1')\]" without
test "$code" -ne 0
AGAIN=1 CC=false venv/bin/python setup.py -q build_ext > with 2>&1
echo "as described"
