"""The cache of freed memory: right under everything that NumPy does with memory, bounded, and given back."""

import ctypes
import os
import subprocess
import sys
import threading
from contextvars import copy_context

import numpy as np
import pytest
from caching import KIB, MIB, array, changes, empty_cache  # noqa: F401 - a fixture
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy._core.multiarray import get_handler_name

import autograd as ag
from autograd.native import native

pytestmark = [
    pytest.mark.skipif(native is None, reason="the compiled module is not there"),
    pytest.mark.usefixtures("empty_cache"),
]

# -- reuse ------------------------------------------------------------------------------------


def test_a_freed_block_is_the_next_arrays():
    a = array(MIB)
    address, before = a.ctypes.data, ag.config.memory_stats()
    del a
    assert changes(before)["bytes_cached"] == MIB
    b = np.empty(MIB - 5000, np.uint8)  # of the same class of sizes
    assert b.ctypes.data == address
    assert changes(before) == {**dict.fromkeys(before, 0), "hits": 1}


def test_small_arrays_and_those_above_the_limit_are_numpys_business():
    before = ag.config.memory_stats()
    small, large = array(64 * KIB - 1), np.empty(257 * MIB, np.uint8)
    assert small.size and large.size
    assert changes(before) == dict.fromkeys(before, 0)
    just = array(64 * KIB)
    assert changes(before)["blocks_in_use"] == 1 and just.size


@pytest.mark.parametrize("bytes_", [64 * KIB, 100_000, MIB, 2 * MIB, 5 * MIB + 3, 33 * MIB])
def test_zeros_are_zero(bytes_):
    for value in (1, 255):
        a = array(bytes_, value)
        address = a.ctypes.data
        del a
        b = np.zeros(bytes_, np.uint8)
        assert b.ctypes.data == address and not b.any()
        del b


@settings(deadline=None)
@given(bytes_=st.integers(64 * KIB, 9 * MIB))
def test_blocks_begin_at_a_page_and_are_hardly_larger_than_asked_for(bytes_):
    before = ag.config.memory_stats()
    a = np.empty(bytes_, np.uint8)
    assert a.ctypes.data % 4096 == 0
    assert bytes_ <= changes(before)["bytes_in_use"] <= 1.25 * bytes_ + 4096


# -- every call of NumPy --------------------------------------------------------------------------


def test_resizing_keeps_what_was_there():
    sizes = [10, 70_000, 71_000, 1_000_000, 60_000, 66_000, 5, 3_000_000, 2_900_000, 1_200_000, 0, 100_000, 0]
    a = np.arange(10, dtype=np.int64)
    for size in sizes:
        expected = np.zeros(size, np.int64)
        expected[: min(size, a.size)] = a[: min(size, a.size)]
        a.resize(size, refcheck=False)
        np.testing.assert_array_equal(a, expected)
        a[...] = np.arange(1, size + 1) if size else 0
    before = ag.config.memory_stats()["blocks_in_use"]
    del a
    assert ag.config.memory_stats()["blocks_in_use"] <= before


def test_an_array_resized_to_nothing_is_freed_as_the_block_that_it_has():
    """NumPy keeps one item of memory for it, and frees it as one byte: here an item is a large block."""
    a = np.zeros(3, dtype="V100000")
    before = ag.config.memory_stats()
    a.resize(0, refcheck=False)
    a.resize(2, refcheck=False)
    a.resize(0, refcheck=False)
    del a
    assert changes(before)["blocks_in_use"] == -1


def test_growing_by_hand():
    a = np.arange(5000.0)
    for _ in range(4):
        a = np.append(a, a)
    np.testing.assert_array_equal(a, np.tile(np.arange(5000.0), 16))
    np.testing.assert_array_equal(np.resize(a, (3, 70_000))[2, -1], a[(3 * 70_000 - 1) % a.size])
    np.testing.assert_array_equal(np.fromiter((i for i in range(300_000)), np.int64), np.arange(300_000))
    text = " ".join(map(str, range(40_000)))
    np.testing.assert_array_equal(np.fromstring(text, np.int64, sep=" "), np.arange(40_000))


def test_files_and_pickles(tmp_path):
    import pickle

    a = np.arange(300_000.0).reshape(3, -1)
    np.save(tmp_path / "a.npy", a)
    for b in (np.load(tmp_path / "a.npy"), pickle.loads(pickle.dumps(a)), np.asfortranarray(a), a.copy()):
        np.testing.assert_array_equal(a, b)
    a.tofile(tmp_path / "raw")
    np.testing.assert_array_equal(np.fromfile(tmp_path / "raw").reshape(3, -1), a)


def test_objects_too():
    a = np.array([{i} for i in range(20_000)], dtype=object)
    b = np.empty(20_000, dtype=object)  # must be None throughout, also in a block that was used before
    del b
    filled = array(160_000, 7)
    del filled
    c = np.empty(20_000, dtype=object)
    assert all(item is None for item in c) and a[19_999] == {19_999}


def test_too_large_is_a_memory_error_as_ever():
    ag.config.set_cache_limit(1 << 50)
    for make in (np.empty, np.zeros):
        with pytest.raises(MemoryError):
            make(1 << 49, np.uint8)
    a = array(MIB)
    with pytest.raises(MemoryError):
        a.resize(1 << 49, refcheck=False)
    assert a.size == MIB and (a == 1).all()


@settings(deadline=None)
@given(data=st.data())
def test_no_array_writes_into_another(data):
    """Arrays of all sizes made, resized and freed in any order, while the limit changes: each keeps its values."""
    live = []
    size = st.one_of(st.integers(0, 100), st.integers(60 * KIB, 70 * KIB), st.integers(0, 3 * MIB))
    for value in range(data.draw(st.integers(1, 25))):
        action = data.draw(st.sampled_from(["make", "make", "zeros", "free", "resize", "limit", "empty"]))
        if action == "make":
            live.append((array(data.draw(size), value), value))
        elif action == "zeros":
            live.append((np.zeros(data.draw(size), np.uint8), 0))
        elif action == "limit":
            ag.config.set_cache_limit(data.draw(st.sampled_from([0, 100 * KIB, 2 * MIB, 256 * MIB])))
        elif action == "empty":
            ag.config.empty_cache()
        elif live:
            a, value = live.pop(data.draw(st.integers(0, len(live) - 1)))
            if action == "resize":
                old, new = a.size, data.draw(size)
                a.resize(new, refcheck=False)
                assert (a[old:] == 0).all()
                a[old:] = value
                live.append((a, value))
        for a, value in live:
            assert (a == value).all()
        stats = ag.config.memory_stats()
        assert stats["bytes_cached"] <= stats["limit"]


# -- bounds -----------------------------------------------------------------------------------


def test_the_limit_holds_and_the_oldest_go_first():
    ag.config.set_cache_limit(3 * MIB)
    arrays = [array(MIB + i * 300_000) for i in range(4)]
    addresses = [a.ctypes.data for a in arrays]
    sizes = [a.size for a in arrays]
    while arrays:
        del arrays[0]
        assert ag.config.memory_stats()["bytes_cached"] <= 3 * MIB
    assert ag.config.memory_stats()["blocks_cached"] == 1
    assert np.empty(sizes[3], np.uint8).ctypes.data == addresses[3]


def test_switched_off_it_is_numpys_own():
    kept = array(MIB, 7)
    made = [array(MIB) for _ in range(3)]
    del made
    ag.config.set_cache_limit(0)
    before = ag.config.memory_stats()
    assert before["bytes_cached"] == 0
    a = array(MIB)
    assert get_handler_name(a) == "default_allocator" and get_handler_name(kept) == "chalkgrad_cache"
    del a
    assert changes(before) == dict.fromkeys(before, 0)
    kept.resize(2 * MIB, refcheck=False)
    assert (kept[:MIB] == 7).all() and changes(before)["blocks_in_use"] == -1


def test_mixes_of_sizes_are_not_hoarded():
    """Phases that need the same memory in other sizes: what waits is given back for what is mapped anew."""
    most = 0
    for step in range(20):
        arrays = [array((1 + step % 7) * 300_000 + step * 10_000) for _ in range(24 // (1 + step % 7))]
        stats = ag.config.memory_stats()
        most = max(most, stats["bytes_in_use"])
        assert stats["bytes_in_use"] + stats["bytes_cached"] <= 1.25 * most + 8 * MIB
        del arrays


def test_empty_cache_says_how_much_it_gave_back():
    a, b = array(MIB), array(3 * MIB)
    del a, b
    assert ag.config.empty_cache() == 4 * MIB
    assert ag.config.empty_cache() == 0
    stats = ag.config.memory_stats()
    assert stats["bytes_cached"] == stats["blocks_cached"] == 0
    assert stats["most_bytes_in_use"] == stats["bytes_in_use"]


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the system does not say how much memory is used")
def test_what_is_given_back_the_process_does_not_hold():
    def resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    a = array(100 * MIB)
    full = resident()
    del a
    assert resident() > full - 50 * MIB
    ag.config.empty_cache()
    assert resident() < full - 90 * MIB


# -- threads, forks, other allocators ----------------------------------------------------------------


def run(function):
    """What the function gives in a new thread."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_a_new_thread_gets_it_with_its_first_walk():
    def work():
        before = get_handler_name(array(MIB))
        w = ag.Tensor([1.0], requires_grad=True)
        (w * w).backward()
        return before, get_handler_name(array(MIB))

    assert run(work) == ("default_allocator", "chalkgrad_cache")


def test_arrays_are_freed_in_other_threads():
    native.use_cache()
    arrays = [array(MIB, i) for i in range(6)]
    before = ag.config.memory_stats()
    wrong = []

    def work(number):
        native.use_cache()
        mine = []
        for i in range(300):
            mine.append(array(64 * KIB * (1 + (i * number) % 9), number))
            if i % 3 == 2:
                wrong.extend(a for a in mine if not (a == number).all())
                del mine[::2]

    def clear():
        while arrays:
            value = len(arrays) - 1
            if not (arrays.pop() == value).all():
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(number,)) for number in (1, 2, 3)] + [threading.Thread(target=clear)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert changes(before)["blocks_in_use"] == -6


def test_memory_is_freed_without_the_lock_of_python():
    """The handler's functions are called by themselves, four threads at once."""
    handler = current_handler()
    malloc = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)(handler.malloc)
    free = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)(handler.free)
    ag.config.empty_cache()
    before = ag.config.memory_stats()

    def work():
        for i in range(500):
            free(handler.ctx, malloc(handler.ctx, 64 * KIB + 1000 * (i % 50)), 1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert changes(before)["blocks_in_use"] == 0 and changes(before)["hits"] > 1000


class Handler(ctypes.Structure):
    """PyDataMem_Handler of NumPy's C interface."""

    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("ctx", ctypes.c_void_p),
        ("malloc", ctypes.c_void_p),
        ("calloc", ctypes.c_void_p),
        ("realloc", ctypes.c_void_p),
        ("free", ctypes.c_void_p),
    )


def numpy_api(index, *types):
    """A function of NumPy's C interface, by its number in numpy/__multiarray_api.h."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    table = get(np._core._multiarray_umath._ARRAY_API, None)
    address = ctypes.c_void_p.from_address(table + index * ctypes.sizeof(ctypes.c_void_p)).value
    return ctypes.PYFUNCTYPE(*types)(address)


def set_handler(capsule):
    return numpy_api(304, ctypes.py_object, ctypes.py_object)(capsule)


def get_handler():
    return numpy_api(305, ctypes.py_object)()


def current_handler():
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return Handler.from_address(get(get_handler(), b"mem_handler"))


def test_an_allocator_of_somebody_else_stays():
    def work():
        theirs = Handler.from_buffer_copy(current_handler())  # what a new thread has: NumPy's own functions
        theirs.name = b"theirs"
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        capsule = new(ctypes.addressof(theirs), b"mem_handler", None)
        set_handler(capsule)
        taken = native.use_cache()
        w = ag.Tensor([1.0], requires_grad=True)
        (w * w).backward()
        name = get_handler_name(array(MIB))
        kept.append((theirs, capsule))  # arrays may outlive the thread
        return taken, name

    kept = []
    assert run(work) == (False, "theirs")


def test_a_context_of_its_own():
    """asyncio's tasks run in copies of the context: the allocator goes with them."""
    native.use_cache()
    assert copy_context().run(lambda: get_handler_name(array(MIB))) == "chalkgrad_cache"


def fresh(code, **environment):
    known = {**os.environ, "CHALKGRAD_CACHE_LIMIT": str(256 * MIB), **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=known).stdout


def test_arrays_live_until_the_end_and_from_before():
    """Made before the import, they are NumPy's; alive when Python ends, they do no harm."""
    out = fresh(
        """
import numpy as np, atexit
early = np.ones(1 << 18)
import autograd as ag
early.resize(1 << 19, refcheck=False)
before = ag.config.memory_stats()["blocks_in_use"]
del early
late = np.ones(1 << 18)
assert ag.config.memory_stats()["blocks_in_use"] == before + 1
class Holder: pass
Holder.cycle, Holder.array = Holder(), late
atexit.register(lambda: print(late.sum(), np.ones(1 << 18).sum()))
"""
    )
    assert out.split() == ["262144.0", "262144.0"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_goes_on_with_it():
    out = fresh(
        """
import os, threading, numpy as np, autograd as ag
from autograd.native import native
kept = np.full(1 << 20, 3, np.uint8)
stop = threading.Event()
def churn():
    native.use_cache()
    while not stop.is_set():
        np.ones(1 << 17)
threads = [threading.Thread(target=churn) for _ in range(2)]
for t in threads: t.start()
codes = []
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        for _ in range(20):
            a = np.full(1 << 20, 5, np.uint8); del a
        os._exit(0 if (kept == 3).all() and ag.config.memory_stats()["hits"] else 1)
    codes.append(os.waitpid(pid, 0)[1])
stop.set()
for t in threads: t.join()
print(codes == [0] * 20)
""",
        PYTHONWARNINGS="ignore",
    )
    assert out.strip() == "True"


# -- many, and how much in all ------------------------------------------------------------------

MANY = """
import sys, numpy as np
if sys.argv[1] == "cache":
    import autograd
kept = []
try:
    for _ in range(60_000):
        kept.append(np.empty(2_200_000, np.uint8))
except MemoryError:
    pass
print(len(kept))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_as_many_arrays_as_without_the_cache():
    """A process may have 65,530 mappings; the cache's blocks take one or two each."""
    made = [subprocess.run([sys.executable, "-c", MANY, how], capture_output=True, text=True) for how in ("", "cache")]
    assert made[0].stdout == made[1].stdout, made[1].stderr


def test_the_cache_takes_at_most_half_as_much_again_as_the_arrays():
    """A quarter more for what waits, and up to a quarter for sizes rounded up."""
    rng = np.random.default_rng(0)
    kept, asked, most = [], 0, 0
    for _ in range(400):
        size = int(rng.integers(64 * KIB, 4 * MIB))
        kept.append(np.empty(size, np.uint8))
        asked += size
        most = max(most, asked)
        while len(kept) > rng.integers(1, 24):
            asked -= kept.pop(int(rng.integers(len(kept)))).nbytes
        stats = ag.config.memory_stats()
        assert stats["bytes_in_use"] + stats["bytes_cached"] <= 1.5625 * most + 16 * MIB
