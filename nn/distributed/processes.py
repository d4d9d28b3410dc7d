"""This process among those that ``mpiexec`` has started: its number, how many there are, and how they end together."""

import functools
import os
import sys
import time
from types import TracebackType
from typing import Any


def get_rank() -> int:
    """The number of this process, from 0."""
    return int(world().Get_rank())


def get_world_size() -> int:
    """How many processes there are: 1 where the script was started without ``mpiexec``."""
    return int(world().Get_size())


def barrier() -> None:
    """Wait until all processes have come here: before they read a file that process 0 writes, say."""
    world().Barrier()


def mpi() -> Any:
    """The module ``mpi4py.MPI``."""
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # the second where mpi4py finds no MPI
        raise ImportError(
            "nn.distributed needs mpi4py and an MPI\n"
            f"  the import says: {str(error).splitlines()[0]}\n  pip install 'chalkgrad[mpi]'"
        ) from None
    return MPI


@functools.cache
def world() -> Any:
    """The communicator of all processes. From its first use on, an exception that ends one of them ends all."""
    comm = mpi().COMM_WORLD
    if comm.Get_size() == 1:
        _check_launcher()
    else:
        sys.excepthook = functools.partial(_end_all, sys.excepthook)
    return comm


def _check_launcher() -> None:
    """Raise where several processes were started, and each believes to be the only one."""
    for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE"):
        started = os.environ.get(name, "1")
        if started != "1":
            raise RuntimeError(
                f"nn.distributed: mpiexec has started {started} processes, and each of them is alone in its MPI\n"
                f"  {name}: {started}\n  MPI: {mpi().Get_library_version().splitlines()[0].strip()}\n"
                "  use the mpiexec of this MPI"
            )


def _end_all(before: Any, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an exception as ever, and end all processes: the others would wait for this one for ever."""
    before(kind, error, trace)
    end_all("the exception above ends all of them")


def end_all(why: str) -> None:
    """End all processes, saying why."""
    sys.stdout.flush()
    print(f"process {get_rank()} of {get_world_size()}: {why}", file=sys.stderr, flush=True)
    time.sleep(0.5)  # MPICH's mpiexec drops what has been printed if it has not read it when the end comes
    world().Abort(1)
    os._exit(1)  # MPICH 5 comes back from Abort, and functions for the end of Python would still run
