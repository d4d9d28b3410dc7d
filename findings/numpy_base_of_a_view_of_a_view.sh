#!/usr/bin/env bash
# NumPy 2.4.1: the base of a view of a view is the array at the bottom only as long as all of them are of one type.
# `o = zeros(4); v = o[:]; w = v[1:]` has `w.base is o`: NumPy skips the views between, so v may die while w lives. Where
# o is of a subclass and v = o.view(ndarray) a plain array, the skipping stops at the change of type: `w.base is v`, and
# so is that of each further view. Two things follow that one would not guess: a chain of .base need not end after one
# step, and a weak reference to such a v tells, without counting references, whether anybody holds any view of it.
# Seen on CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet numpy==2.4.1
venv/bin/python - <<'PYTHON'
import weakref

import numpy as np


class Owner(np.ndarray):
    pass


plain = np.zeros(4)
view = plain[:]
assert view[1:].base is plain and view.T[::2].base is plain
seen = weakref.ref(view)
row = view[1:]
del view
assert seen() is None  # though row is a view of it

view = Owner(4).view(np.ndarray)
assert type(view) is np.ndarray and type(view.base) is Owner
row = view[1:]
assert row.base is view and row[::2].base is view and row.reshape(3, 1).base is view
seen = weakref.ref(view)
del view
assert seen() is not None  # row holds it
del row
assert seen() is None
print("as described")
PYTHON
