"""Several processes beside a network: what the model says, and (slow) how much of the waiting a backward hides."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nn
from benchmarks import distributed
from benchmarks.distributed import Ring, hidden, measured, predicted, tables
from benchmarks.libraries import ROOT

RING = Ring(latency=1.0, bandwidth=10.0)


def test_a_ring_sends_an_nth_of_the_bytes_twice_to_each_neighbor():
    assert RING.seconds(1, 100) == 0
    assert RING.seconds(2, 100) == 2 * (1 + 5) and RING.seconds(5, 100) == 8 * (1 + 2)


def test_what_a_backward_hides_depends_on_when_its_buckets_are_full():
    assert predicted(2, 100.0, [(0.5, 100), (0.9, 20)], RING) == (2 * (1 + 6), 0.0)  # 62, then 94
    assert predicted(2, 100.0, [(0.5, 100), (1.0, 20)], RING) == (14, 4)  # the last begins when all is computed
    assert predicted(2, 10.0, [(0.5, 100), (1.0, 20)], RING) == (14, 11)  # 5 + 12, and 4 more, of 10
    assert predicted(2, 100.0, [(0.5, 100), (1.0, 20)], RING, packing=3) == (17, 7)


def test_tables_have_a_row_for_each_net_and_number_of_processes():
    one = dict.fromkeys(("alone", "packing", "after", "during", "after, network", "during, network"), 0.1)
    one |= {"half": 0.06, "backward": 0.06, "buckets": [(0.5, 10**6)], "all-reduce": {"8": 1e-5, str(1 << 20): 1e-3}}
    several = one | {"after, network": 0.2, "during, network": 0.12}
    text = tables({net: {1: one, 2: several} for net in distributed.NETS}, ["* a machine"])
    assert hidden(several) == pytest.approx(0.8) and text.count("| 80% |") == 2
    assert text.startswith("* a machine\n\n| net |") and "| waiting | 2 | 160 | 100.0 |" in text
    assert text.count("| network | 50 µs |") == 2 and "\n| 64 |" in text


@pytest.fixture
def mpiexec():
    """The program's path, or a skip that says why there is none; with CHALKGRAD_REQUIRE_MPI=1 a failure."""
    path = Path(sys.executable).parent / "mpiexec"
    if not path.exists():
        assert os.environ.get("CHALKGRAD_REQUIRE_MPI") != "1", "mpiexec is required here and not installed"
        pytest.skip("mpiexec is not installed: pip install chalkgrad[mpi]")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_the_script_of_the_page_trains(mpiexec, tmp_path, processes):
    page = (ROOT / "docs" / "many-machines.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "train.py").write_text(script + "\nassert not main or history.accuracy[-1] > 0.8\n")
    command = [sys.executable, "-m", "mpi4py", "train.py"]
    subprocess.run(
        [mpiexec, "-n", str(processes), *command] if processes > 1 else command,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
        check=True,
        timeout=120,
    )
    net = nn.models.LeNet()
    net.load_state_dict(nn.load(tmp_path / "lenet.safetensors"))


@pytest.mark.slow
def test_half_of_the_waiting_for_a_network_is_hidden(mpiexec):
    attempts = (hidden(measured("waiting", 2, rounds=5)) for _ in range(3))  # what else runs here only takes away
    assert any(share >= 0.5 for share in attempts)
