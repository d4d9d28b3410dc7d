#!/usr/bin/env bash
# MPICH 5.0.2 with mpi4py 4.1.2 (wheels of PyPI): `MPI.COMM_WORLD.Abort` comes back to the process that called it.
# It is what is called to end all processes, and nobody expects a line after it to be reached. But the call only tells
# mpiexec: the next lines run, and so do functions registered with atexit, which may send messages or write files on
# behalf of a process that has failed. Whoever wants the end to be the end calls os._exit(1) after it.
# Seen on CPython 3.11, Linux; MPICH 4.3.2 does the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet mpi4py==4.1.2 mpich==5.0.2
cat > abort.py <<'PYTHON'
import atexit

from mpi4py import MPI

if MPI.COMM_WORLD.Get_rank() == 1:
    atexit.register(lambda: open("atexit", "w").close())
    MPI.COMM_WORLD.Abort(3)
    open("after", "w").close()
else:
    MPI.COMM_WORLD.Barrier()
PYTHON

code=0
venv/bin/mpiexec -n 2 venv/bin/python abort.py > output 2>&1 || code=$?
test "$code" -ne 0
grep -q "application called MPI_Abort(MPI_COMM_WORLD, 3)" output
test -e after
test -e atexit
echo "as described"
