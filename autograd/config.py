"""What it runs on, and with how much of the machine: compiled kernels, threads, and the cache of freed memory.

``show_config()`` prints all of it; ``set_num_threads`` and ``set_cache_limit`` change it, at any time.
``set_broadcast_warnings`` switches off the warning of operands that are broadcast by accident.
"""

import os

import numpy as np

from .broadcasting import set_broadcast_warnings as set_broadcast_warnings
from .kernels.memory import use_cache
from .native import native, why_interpreted, why_not

_STATS = (
    "bytes_in_use",
    "blocks_in_use",
    "bytes_cached",
    "blocks_cached",
    "limit",
    "most_bytes_in_use",
    "hits",
    "misses",
    "bytes_of_scratch",
)


# -- threads -----------------------------------------------------------------------------------


def set_num_threads(n: int) -> None:
    """Let the compiled kernels share their work among n threads, the calling one included.

    By default these are as many as OMP_NUM_THREADS says, or as this process may use cores. Results do not depend on the
    number. Without the compiled module it changes nothing.

    NumPy's BLAS, which computes your own products, keeps threads of its own. After a product they look for the next one
    for some milliseconds, and take the cores from ours meanwhile: where products of your own alternate with our
    kernels, set OPENBLAS_NUM_THREADS=1 before NumPy is imported.

    >>> import autograd as ag
    >>> before = ag.config.get_num_threads()
    >>> ag.config.set_num_threads(1)
    >>> ag.config.get_num_threads()
    1
    >>> ag.config.set_num_threads(before)
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"set_num_threads: the number of threads must be an int, not {type(n).__name__}")
    if n < 1:
        raise ValueError(f"set_num_threads: the number of threads must be 1 or more\n  given: {n}")
    if native:
        native.set_threads(int(n))


def get_num_threads() -> int:
    """Among how many threads the compiled kernels share their work; without them it is 1.

    >>> import autograd as ag
    >>> ag.config.get_num_threads() >= 1
    True
    """
    return native.threads() if native else 1


def _threads_by_default() -> int:
    """What OMP_NUM_THREADS says (of "4,2", the outermost level's 4), else the cores that this process may use."""
    wish = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if wish.isdecimal() and int(wish) > 0:
        return min(int(wish), _MOST_THREADS)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MOST_THREADS)


_MOST_THREADS = 256  # as in threads.c


# -- memory ------------------------------------------------------------------------------------


def memory_stats() -> dict[str, int]:
    """A dict of what the cache of freed memory holds and has done; all zeros without the compiled module.

    ================================= ========================================================================
    bytes_in_use, blocks_in_use       arrays of 64 KiB and more that were made through it and live
    bytes_cached, blocks_cached       freed ones that wait to be used again
    limit                             how many bytes may wait at most; 0: the cache is off
    most_bytes_in_use                 the most that was in use at a time, since the start or the last ``empty_cache``
    hits, misses                      how many arrays got a waiting block, and for how many a new one was mapped
    bytes_of_scratch                  what the compiled kernels work in: at most 2 MiB a thread between two of them
    ================================= ========================================================================

    >>> import autograd as ag
    >>> sorted(ag.config.memory_stats())[:4]
    ['blocks_cached', 'blocks_in_use', 'bytes_cached', 'bytes_in_use']
    """
    return native.memory_stats() if native else dict.fromkeys(_STATS, 0)


def empty_cache() -> int:
    """Give all freed memory that waits in the cache back to the system. Returns how many bytes that were.

    >>> import autograd as ag
    >>> _ = ag.config.empty_cache()
    >>> ag.config.memory_stats()["bytes_cached"]
    0
    """
    return native.empty_cache() if native else 0


def set_cache_limit(bytes: int) -> None:
    """Let at most so many bytes of freed memory wait to be used again; 0 switches the cache off.

    NumPy arrays of 64 KiB and more (yours too) get memory that others have freed: fresh memory costs a page fault each
    4 KiB, which is more than the arithmetic. By default the limit is what the environment variable
    CHALKGRAD_CACHE_LIMIT says, else 1 GiB or an eighth of the machine's memory, whichever is less. Arrays larger than
    it do not go through the cache. Nor does it ever let the program take more than about 1½ times what its own arrays
    took at their most: a quarter more for what waits, and up to a quarter for sizes rounded up.

    The cache works in the thread that imported the library and in each that has walked a graph backward since. It
    leaves an allocator that somebody else has given to NumPy in place. Without the compiled module there is none.
    """
    if isinstance(bytes, bool) or not isinstance(bytes, int | np.integer):
        raise TypeError(f"set_cache_limit: the limit must be a number of bytes, not {type(bytes).__name__}")
    if bytes < 0:
        raise ValueError(f"set_cache_limit: the limit must be 0 or more\n  given: {bytes}")
    if native:
        native.set_cache_limit(int(bytes))
        use_cache()


def _limit_by_default() -> int:
    wish = os.environ.get("CHALKGRAD_CACHE_LIMIT", "")
    if wish:
        if not wish.isdecimal():
            raise ValueError(f"CHALKGRAD_CACHE_LIMIT must be a number of bytes\n  given: {wish!r}")
        return int(wish)
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # the system does not say
        memory = 1 << 32
    return min(1 << 30, memory // 8)


# -- all of it ---------------------------------------------------------------------------------


def show_config() -> None:
    """Print what the library runs on: compiled kernels or not, and why; threads; the cache; NumPy and its BLAS."""
    print("\n".join(_config()))


def _config() -> list[str]:
    lines = []
    if native:
        lines += [
            f"compiled kernels: on, with {native.level()} instructions (here also: {_others()})",
            f"threads: {native.threads()}",
            _cache(),
        ]
    else:
        lines += [f"compiled kernels: off: {why_not}", *_SLOWER]
        lines += [_SWITCHED_OFF] if why_not.startswith("switched off") else _HOW_TO_GET_THEM
    lines.append(f"compiled recording: {f'off: {why_interpreted}' if why_interpreted else 'on'}")
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    lines.append(f"NumPy {np.__version__}, BLAS: {blas.get('name', 'unknown')} {blas.get('version', '')}".rstrip())
    return lines


def _others() -> str:
    return ", ".join(name for name in native.levels() if name != native.level()) or "none"


def _cache() -> str:
    stats = memory_stats()
    if not stats["limit"]:
        return "cache of freed memory: off"
    if not use_cache():
        return "cache of freed memory: not used in this thread, where NumPy has been given another allocator"
    return (
        f"cache of freed memory: on; waiting {_mib(stats['bytes_cached'])}, limit {_mib(stats['limit'])}; "
        f"arrays in use {_mib(stats['bytes_in_use'])}; {stats['hits']} hits, {stats['misses']} misses"
    )


def _mib(n: int) -> str:
    return f"{n / (1 << 20):,.1f} MiB"


_SLOWER = [
    "  Everything works, in NumPy, but takes longer: a training step of LeNet-5 1.5 times as long, of ResNet-20",
    "  1.6 times, a graph of single numbers 6 to 8 times.",
]
_SWITCHED_OFF = "  To use them, leave the environment variable CHALKGRAD_NATIVE unset."
_HOW_TO_GET_THEM = [
    "  To get them: install GCC or Clang and Python's headers (Debian: gcc python3-dev), then in a checkout",
    "  `pip install .`, or elsewhere `pip install --force-reinstall --no-deps --no-binary chalkgrad chalkgrad`.",
]

if native:
    native.set_threads(_threads_by_default())
    native.set_cache_limit(_limit_by_default())
    use_cache()
