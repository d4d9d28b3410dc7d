"""Every way that this machine has to run a compiled kernel: the levels of vector instructions, numbers of threads."""

from autograd.native import native


def ways(threads=(1, 2, 4)):
    """Set each level with each number of threads in turn, and what it was at the end."""
    level, number = native.level(), native.threads()
    try:
        for name in native.levels():
            for n in threads:
                native.set_level(name)
                native.set_threads(n)
                yield f"{name}, {n} threads"
    finally:
        native.set_level(level)
        native.set_threads(number)
