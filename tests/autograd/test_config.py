"""Threads, memory and show_config, with the compiled module and without it."""

import ast
import os
import subprocess
import sys

import numpy as np
import pytest

import autograd as ag
from autograd.native import native, why_interpreted

with_the_module = pytest.mark.skipif(native is None, reason="the compiled module is not there")


def fresh(code, **environment):
    """What the program prints in a process with that environment; None takes a variable out."""
    known = {**os.environ, **environment}
    known = {name: value for name, value in known.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", "import autograd as ag\n" + code], capture_output=True, text=True, check=True, env=known
    ).stdout.strip()


# -- threads --------------------------------------------------------------------------------


@with_the_module
def test_threads_are_set_and_read():
    before = ag.config.get_num_threads()
    try:
        for n in (1, 3, np.int64(2)):
            ag.config.set_num_threads(n)
            assert ag.config.get_num_threads() == n == native.threads()
    finally:
        ag.config.set_num_threads(before)


@pytest.mark.parametrize(("wrong", "error"), [(0, ValueError), (-2, ValueError), (1.5, TypeError), (True, TypeError)])
def test_wrong_numbers_of_threads(wrong, error):
    with pytest.raises(error, match="set_num_threads: the number of threads must be"):
        ag.config.set_num_threads(wrong)


@with_the_module
@pytest.mark.parametrize(("wish", "threads"), [("3", 3), ("2,4", 2), (" 5 ", 5), ("9999", 256)])
def test_the_environment_says_how_many(wish, threads):
    assert fresh("print(ag.config.get_num_threads())", OMP_NUM_THREADS=wish) == str(threads)


@with_the_module
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not say which cores may be used")
@pytest.mark.parametrize("wish", [None, "", "0", "many"])
def test_else_as_many_as_there_are_usable_cores(wish):
    cores = os.sched_getaffinity(0)
    assert fresh("print(ag.config.get_num_threads())", OMP_NUM_THREADS=wish) == str(len(cores))
    one_core = f"import os; os.sched_setaffinity(0, {{{min(cores)}}})"
    code = f"{one_core}; import autograd as ag; print(ag.config.get_num_threads())"
    known = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=known)
    assert done.stdout.strip() == "1"


# -- memory -----------------------------------------------------------------------------------


@with_the_module
def test_the_limit_by_default():
    code = "print(ag.config.memory_stats()['limit'])"
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert fresh(code, CHALKGRAD_CACHE_LIMIT=None) == str(min(1 << 30, memory // 8))
    assert fresh(code, CHALKGRAD_CACHE_LIMIT="1000000") == "1000000"
    assert fresh(code, CHALKGRAD_CACHE_LIMIT="0") == "0"
    with pytest.raises(subprocess.CalledProcessError) as error:
        fresh(code, CHALKGRAD_CACHE_LIMIT="1G")
    assert "CHALKGRAD_CACHE_LIMIT must be a number of bytes\n  given: '1G'" in error.value.stderr


@pytest.mark.parametrize(("wrong", "error"), [(-1, ValueError), (1e9, TypeError), (None, TypeError), (True, TypeError)])
def test_wrong_limits(wrong, error):
    with pytest.raises(error, match="set_cache_limit: the limit must be"):
        ag.config.set_cache_limit(wrong)


def test_the_figures_have_the_same_names_with_the_module_and_without():
    code = "c = ag.config; print(c.memory_stats(), c.empty_cache(), c.set_cache_limit(1 << 20), c.get_num_threads())"
    out = fresh(code, CHALKGRAD_NATIVE="0")
    without = ast.literal_eval(out[: out.index("}") + 1])
    assert list(without) == list(ag.config.memory_stats())
    assert set(without.values()) == {0} and out.endswith("} 0 None 1")


# -- show_config ----------------------------------------------------------------------------------


@with_the_module
def test_it_says_what_is_there():
    code = "import numpy as np; a = np.ones(1 << 18); del a; ag.config.show_config()"
    out = fresh(code, OMP_NUM_THREADS="2", CHALKGRAD_CACHE_LIMIT=str(100 << 20), CHALKGRAD_NATIVE=None)
    kernels, threads, cache, recording, numpy = out.splitlines()
    assert kernels.startswith(f"compiled kernels: on, with {native.levels()[0]} instructions")
    assert threads == "threads: 2"
    assert cache.startswith("cache of freed memory: on; waiting 2.0 MiB, limit 100.0 MiB; arrays in use 0.0 MiB")
    assert recording == (f"compiled recording: off: {why_interpreted}" if why_interpreted else "compiled recording: on")
    assert numpy.startswith(f"NumPy {np.__version__}, BLAS: ")
    assert "cache of freed memory: off" in fresh(
        "ag.config.set_cache_limit(0); ag.config.show_config()", CHALKGRAD_NATIVE=None
    )


@with_the_module
def test_it_names_the_level_that_was_asked_for():
    out = fresh("ag.config.show_config()", CHALKGRAD_NATIVE="baseline")
    assert out.startswith("compiled kernels: on, with baseline instructions")
    assert fresh("ag.config.show_config()", CHALKGRAD_NATIVE="1").startswith("compiled kernels: on, with ")


def test_it_says_why_they_are_off_and_how_to_get_them():
    out = fresh("ag.config.show_config()", CHALKGRAD_NATIVE="0")
    assert out.startswith("compiled kernels: off: switched off by CHALKGRAD_NATIVE=0")
    assert "leave the environment variable CHALKGRAD_NATIVE unset" in out and "install GCC" not in out
    missing = "import sys; sys.modules['autograd._native'] = None\nimport autograd\nautograd.config.show_config()"
    known = {name: value for name, value in os.environ.items() if name != "CHALKGRAD_NATIVE"}
    out = subprocess.run([sys.executable, "-c", missing], capture_output=True, text=True, check=True, env=known).stdout
    assert out.startswith("compiled kernels: off: not compiled (") and "install GCC or Clang" in out
    assert "times as long" in out and "BLAS" in out.splitlines()[-1]


def test_importing_prints_nothing():
    for wish in (None, "0"):
        assert fresh("", CHALKGRAD_NATIVE=wish) == ""
