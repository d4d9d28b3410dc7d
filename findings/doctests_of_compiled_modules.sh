#!/usr/bin/env bash
# pytest 9.0.2 cannot collect the examples of a Python file that Cython 3.3.1 has compiled beside itself.
# A module in Python and its compiled twin (m.py, m.cpython-….so) may lie in one folder: the import system takes the
# compiled one, and `doctest` alone runs the examples that it carries along. `pytest --doctest-modules m.py` does not:
# it compares the file that it was given with the one that was imported and ends with "import file mismatch", exit
# code 2, and the hint to remove __pycache__, which changes nothing.
# Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet pytest==9.0.2 cython==3.3.1 setuptools==80.9.0
mkdir -p package
touch package/__init__.py
printf 'def double(x):\n    """\n    >>> double(2)\n    4\n    """\n    return 2 * x\n' > package/m.py

venv/bin/python -m pytest -q --doctest-modules package | tee before
grep -q '1 passed' before

venv/bin/cythonize -q -i package/m.py
venv/bin/python -c 'import doctest, package.m; assert package.m.__file__.endswith(".so"); assert doctest.testmod(package.m).attempted'
code=0
venv/bin/python -m pytest -q --doctest-modules package | tee after || code=$?
grep -q 'import file mismatch' after
test "$code" -eq 2
echo "as described"
