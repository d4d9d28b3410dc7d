"""Memory that kernels work in: bounded, counted, given back; where there is none a MemoryError, and never the end."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import autograd as ag
from autograd.native import native

pytestmark = pytest.mark.skipif(native is None, reason="the compiled module is not there")

MIB = 1 << 20

WITHOUT_MEMORY = """
import resource, sys
import numpy as np, autograd as ag
ag.config.set_num_threads(int(sys.argv[2]))
ag.config.set_cache_limit(0)
rng = np.random.default_rng(0)
leaves = [ag.Tensor(rng.normal(size=s).astype(np.float32), requires_grad=True) for s in SHAPES[sys.argv[1]]]
CALLS = {
    "conv": lambda x, w: ag.conv2d(x, w, padding=1),
    "batch_norm": lambda x, w: ag.batch_norm(x, w),
    "product": lambda a, b: a @ b,
}
f = CALLS[sys.argv[1]]
outcomes = set()
y = f(*[t.detach() for t in leaves])  # threads are started, libraries loaded
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
now = int(status["VmSize"].split()[0]) * 1024
for spare in (0, *[1 << k for k in range(12, 27)]):
    resource.setrlimit(resource.RLIMIT_AS, (now + spare, resource.RLIM_INFINITY))
    try:
        f(*leaves).sum().backward()
        outcomes.add("done")
    except MemoryError:
        outcomes.add("MemoryError")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(*sorted(outcomes))
"""
SHAPES = {
    "conv": [(8, 16, 64, 64), (16, 16, 3, 3)],
    "batch_norm": [(8, 64, 64, 64), (64,)],
    "product": [(2000, 500), (500, 300)],
}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("name", SHAPES)
def test_no_memory_is_a_memory_error(name, threads):
    code = f"SHAPES = {SHAPES!r}\n" + WITHOUT_MEMORY
    done = subprocess.run([sys.executable, "-c", code, name, threads], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-500:]
    assert "MemoryError" in done.stdout


def test_what_is_kept_of_it_is_small_and_counted():
    before = ag.config.memory_stats()["bytes_of_scratch"]
    x = ag.Tensor(np.ones((1, 8, 1 << 12, 1), np.float32), requires_grad=True)
    w = ag.Tensor(np.ones((4, 8, 1 << 11, 1), np.float32), requires_grad=True)
    ag.conv2d(x, w).sum().backward()
    assert ag.config.memory_stats()["bytes_of_scratch"] - before <= 2 * MIB * ag.config.get_num_threads()
    found = []

    def in_another_thread():
        ag.conv2d(np.ones((4, 8, 32, 32), np.float32), np.ones((8, 8, 3, 3), np.float32), padding=1)
        found.append(ag.config.memory_stats()["bytes_of_scratch"])

    before = ag.config.memory_stats()["bytes_of_scratch"]
    thread = threading.Thread(target=in_another_thread)
    thread.start()
    thread.join()
    assert found[0] > before
    until = time.monotonic() + 10  # a thread that was joined may still be at its end
    while ag.config.memory_stats()["bytes_of_scratch"] > before and time.monotonic() < until:
        time.sleep(0.01)
    assert ag.config.memory_stats()["bytes_of_scratch"] == before  # it went with the thread


def test_a_window_of_very_many_rows_has_the_gradient_of_the_others():
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 8, 5000, 1)), rng.normal(size=(2, 8, 2500, 1))
    leaf = ag.Tensor(w, requires_grad=True)
    y = ag.conv2d(x, leaf)
    g = rng.normal(size=y.shape)
    y.backward(g)
    rows = np.lib.stride_tricks.sliding_window_view(x[0, :, :, 0], 2500, axis=1)  # channel, place, tap
    np.testing.assert_allclose(leaf.grad[..., 0], np.einsum("op,cpt->oct", g[0, :, :, 0], rows), rtol=1e-9, atol=1e-9)


def test_a_turned_product_of_very_many_rows():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(9, 40)), rng.normal(size=(40, 50_000))
    for left, right in ((a, b), (b.T.copy(), a.T.copy())):
        np.testing.assert_allclose(ag.matmul(left, right), np.einsum("ij,jk->ik", left, right), rtol=1e-10, atol=1e-12)
