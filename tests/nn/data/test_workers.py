"""Workers: the same batches whatever their number, errors as they were, and nothing left however an epoch ends."""

import multiprocessing as mp
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback

import numpy as np
import pytest

import nn
from nn.data import DataLoader, Dataset, RandomSampler, sample_generator

SPAWN = "spawn"


class Noisy(Dataset):
    """Samples with noise, some of which take longer; one may fail."""

    def __init__(self, n=23, bad=None, error=ValueError):
        self.n, self.bad, self.error = n, bad, error

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i == self.bad:
            self.fail(i)
        time.sleep(0.002 * (i % 3))
        return np.full((2, 3), sample_generator().normal()), i

    def fail(self, i):
        if self.error is SystemExit:
            os._exit(7)
        raise self.error(f"sample {i} is broken")


class Odd(Exception):
    """Cannot be made from what it was pickled as."""

    def __init__(self, a):
        super().__init__(a)
        self.also = lambda: a


def threads():
    return [t for t in threading.enumerate() if t.name.startswith("DataLoader")]


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert threads() == [] and mp.active_children() == []


def epoch(loader):
    return [(x.data.tolist(), y.tolist()) for x, y in loader]


@pytest.mark.parametrize("make", [lambda: {"seed": 5}, lambda: {"generator": np.random.default_rng(2)}, dict])
def test_the_same_batches_whatever_the_number_of_threads(make):
    found = []
    for workers in (0, 1, 3):
        nn.manual_seed(1)
        loader = DataLoader(Noisy(), 4, shuffle=True, num_workers=workers, **make())
        found.append([epoch(loader), epoch(loader)])
    assert found[0] == found[1] == found[2]
    first, second = found[0]
    noise = [{i: x for xs, ys in one for x, i in zip(xs, ys, strict=True)} for one in (first, second)]
    assert all(noise[0][i] != noise[1][i] for i in range(23))  # other noise in another epoch


@pytest.mark.slow
def test_processes_give_the_same_batches_and_end():
    expected = epoch(DataLoader(Noisy(9), 2, shuffle=True, seed=3))
    loader = DataLoader(Noisy(9), 2, shuffle=True, seed=3, num_workers=2, multiprocessing_context=SPAWN)
    assert epoch(loader) == expected
    for x, _ in loader:
        x.data[0] = 1  # its memory is the caller's own
        assert len(mp.active_children()) == 2
        break
    assert mp.active_children() == []


def test_no_more_is_made_than_asked_for():
    asked = []

    class Counted(Noisy):
        def __getitem__(self, i):
            asked.append(i)
            return i

    batches = iter(DataLoader(Counted(40), 1, num_workers=2, prefetch_factor=3))
    assert asked == [] and next(batches).tolist() == [0]
    time.sleep(0.05)
    assert len(asked) == 7  # the one that was given, and 2 · 3 ahead
    batches.close()
    assert len(asked) == 7 and threads() == []


def test_an_early_break_and_an_abandoned_iterator():
    loader = DataLoader(Noisy(), 2, num_workers=3)
    for _ in loader:
        assert len(threads()) == 3
        break
    assert threads() == []
    abandoned = iter(loader)
    next(abandoned)
    del abandoned
    assert threads() == []
    with pytest.raises(ZeroDivisionError):
        for _ in loader:
            _ = 1 / 0
    assert threads() == []


@pytest.mark.parametrize("context", [None, pytest.param(SPAWN, marks=pytest.mark.slow)], ids=["threads", "processes"])
def test_an_error_has_the_workers_traceback(context):
    loader = DataLoader(Noisy(9, bad=5), 2, num_workers=1, multiprocessing_context=context)
    seen = []
    with pytest.raises(ValueError, match="sample 5 is broken") as caught:
        for _, y in loader:
            seen += y.tolist()
    assert seen == [0, 1, 2, 3]
    text = "".join(traceback.format_exception(caught.value))
    assert "in fail" in text and 'raise self.error(f"sample {i} is broken")' in text
    assert "while a worker made the batch of samples 4, 5" in text


@pytest.mark.slow
def test_an_error_that_cannot_be_sent_and_a_process_that_dies():
    options = {"num_workers": 1, "multiprocessing_context": SPAWN}
    with pytest.raises(RuntimeError, match="Odd: sample 1 is broken") as caught:
        list(DataLoader(Noisy(3, bad=1, error=Odd), 1, **options))
    assert "in fail" in "".join(traceback.format_exception(caught.value))
    with pytest.raises(RuntimeError, match=r"process has died\n  process: \d+\n  exit code: 7\n  samples: 2"):
        list(DataLoader(Noisy(3, bad=2, error=SystemExit), 1, **options))


@pytest.mark.slow
@pytest.mark.parametrize("context", [None, "fork"], ids=["threads", "processes"])
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c(context):
    """In a process of its own: KeyboardInterrupt comes out, once, soon, and nobody is left."""
    code = f"""
    import multiprocessing as mp, signal, sys, threading, time, warnings
    import numpy as np
    from nn.data import DataLoader
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background begins with it ignored
    warnings.simplefilter("ignore")  # of fork beside threads

    class Slow:
        def __len__(self): return 10000
        def __getitem__(self, i):
            time.sleep(0.01)
            return np.ones(2)

    try:
        for n, _ in enumerate(DataLoader(Slow(), 10, num_workers=2, multiprocessing_context={context!r})):
            if n == 0:
                print("begun", *[p.pid for p in mp.active_children()], flush=True)
    except KeyboardInterrupt:
        left = [t for t in threading.enumerate() if t.name.startswith("DataLoader")]
        print("interrupted", len(left), len(mp.active_children()), flush=True)
    """
    for _ in range(8):  # it comes at another moment each time
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        begun, *pids = child.stdout.readline().split()
        assert begun == "begun" and len(pids) == (2 if context else 0)
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = child.communicate(timeout=20)
        assert out.split() == ["interrupted", "0", "0"] and err == "" and child.returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_processes_end_with_a_killed_parent():
    code = """
    import multiprocessing as mp, time, warnings
    from nn.data import DataLoader
    warnings.simplefilter("ignore")
    batches = iter(DataLoader(list(range(10000)), 1, num_workers=3, multiprocessing_context="fork"))
    next(batches)
    print(*[p.pid for p in mp.active_children()], flush=True)
    time.sleep(60)
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in child.stdout.readline().split()]
    child.kill()
    child.wait()
    child.stdout.close()
    until = time.monotonic() + 20
    while any(_runs(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(pids) == 3 and not any(_runs(pid) for pid in pids)


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_collate_and_parts_of_any_build():
    samples = [{"x": np.ones(2) * i, "words": str(i), "pair": (i, 2.0)} for i in range(6)]
    expected, found = (list(DataLoader(samples, 4, num_workers=n)) for n in (0, 2))
    assert [list(one) for one in found] == [["x", "words", "pair"]] * 2
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a["x"], b["x"])
        assert a["words"].tolist() == b["words"].tolist() and [p.tolist() for p in a["pair"]] == [
            p.tolist() for p in b["pair"]
        ]
    assert list(DataLoader(samples, 4, num_workers=2, collate_fn=len)) == [4, 2]
    assert list(DataLoader([], 4, num_workers=2)) == []
    order = RandomSampler(samples, generator=np.random.default_rng(0))
    assert sorted(w for one in DataLoader(samples, 4, num_workers=2, sampler=order) for w in one["words"]) == list(
        "012345"
    )


@pytest.mark.parametrize(
    "options, message",
    [
        ({"num_workers": -1}, "num_workers: -1"),
        ({"num_workers": 1.5}, r"num_workers: 1\.5"),
        ({"num_workers": 1, "prefetch_factor": 0}, "prefetch_factor: 0"),
        ({"num_workers": 1, "multiprocessing_context": "thread"}, "'thread'\n  known: .*spawn"),
        ({"multiprocessing_context": "spawn"}, "num_workers: 0"),
    ],
)
def test_what_makes_no_sense(options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader([1, 2], **options)
