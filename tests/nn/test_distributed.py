"""Several processes: shares of a dataset, what is said without mpi4py; slow: what processes do under ``mpiexec``."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import nn
from nn.data import DistributedSampler

# -- shares of a dataset -----------------------------------------------------------------------


def shares(samples, n, **options):
    return [list(DistributedSampler(range(samples), num_replicas=n, rank=rank, **options)) for rank in range(n)]


@pytest.mark.parametrize("samples", [0, 1, 3, 8, 11, 12])
@pytest.mark.parametrize("shuffle", [False, True])
def test_every_sample_is_in_one_share(samples, shuffle):
    for n in (1, 2, 4):
        padded = shares(samples, n, shuffle=shuffle, seed=5)
        assert {len(share) for share in padded} == {-(-samples // n)}
        counts = np.bincount(np.concatenate(padded).astype(int), minlength=samples)
        assert (counts >= 1).all() and counts.sum() - samples < max(n, 1)
        dropped = shares(samples, n, shuffle=shuffle, seed=5, drop_last=True)
        assert {len(share) for share in dropped} == {samples // n}
        assert len(set(np.concatenate(dropped))) == n * (samples // n)
        lengths = {len(DistributedSampler(range(samples), n, rank, drop_last=True)) for rank in range(n)}
        assert lengths == {samples // n}


def test_batches_of_all_shares_are_the_batches_of_the_whole():
    (whole,) = shares(24, 1, seed=3)
    parts = shares(24, 4, seed=3)
    for k in range(3):
        assert {i for part in parts for i in part[2 * k : 2 * k + 2]} == set(whole[8 * k : 8 * k + 8])


def test_each_epoch_has_an_order_of_its_own_and_set_epoch_begins_one_again():
    sampler = DistributedSampler(range(50), num_replicas=2, rank=1, seed=4)
    first = list(sampler)
    sampler.set_epoch(1)
    second = list(sampler)
    assert first != second and set(first).isdisjoint(shares(50, 2, seed=4)[0])
    loader = nn.data.DataLoader((np.arange(50),), 25, sampler=DistributedSampler(range(50), 2, 1, seed=4))
    assert [[x.tolist() for (x,) in loader] for _ in range(2)] == [[first], [second]] and len(loader) == 1


def test_a_rank_that_there_is_not_is_an_error():
    with pytest.raises(ValueError, match="rank: 2\n  num_replicas: 2"):
        DistributedSampler(range(4), num_replicas=2, rank=2)


@pytest.mark.parametrize("samples, n", [(10, 4), (3, 4), (1, 4), (12, 4)])
@pytest.mark.parametrize("drop_last", [False, True])
def test_shares_without_shuffling_are_those_of_torch(torch, samples, n, drop_last):
    from torch.utils.data import DistributedSampler as Torchs

    theirs = [list(Torchs(range(samples), n, rank, shuffle=False, drop_last=drop_last)) for rank in range(n)]
    if samples < n and drop_last:
        theirs = [[]] * n  # where theirs has samples twice, or fails
    assert shares(samples, n, shuffle=False, drop_last=drop_last) == theirs


# -- without mpi4py ------------------------------------------------------------------------------


def test_without_mpi4py_the_error_says_what_to_install(tmp_path):
    (tmp_path / "mpi4py.py").write_text("raise ImportError('no mpi4py here')")
    code = "import nn; nn.distributed.get_rank()"
    done = started([sys.executable, "-c", code], PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))
    assert done.returncode == 1
    assert "the import says: no mpi4py here\n  pip install 'chalkgrad[mpi]'" in done.stderr


# -- several processes ---------------------------------------------------------------------------


def started(command, **environment):
    return subprocess.run(
        command,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def mpiexec(tmp_path):
    """``mpiexec(n, code, *args)`` runs a script in n processes, or with n = 0 alone, started without ``mpiexec``.

    Without mpi4py a skip that says so; with CHALKGRAD_REQUIRE_MPI=1 a failure.
    """
    beside = Path(sys.executable).parent / "mpiexec"
    program = str(beside) if beside.exists() else shutil.which("mpiexec")
    try:
        import mpi4py  # noqa: F401
    except ImportError:
        program = None
    if program is None:
        if os.environ.get("CHALKGRAD_REQUIRE_MPI") == "1":
            pytest.fail("mpi4py and mpiexec are required here (CHALKGRAD_REQUIRE_MPI=1) and not installed")
        pytest.skip("mpi4py and mpiexec are not installed: pip install chalkgrad[mpi]")

    def run(n, code, *args, launcher=(), fails=False):
        script = tmp_path / "train.py"
        script.write_text(textwrap.dedent(BEGINNING) + textwrap.dedent(code))
        command = [sys.executable, *launcher, str(script), *map(str, args)]
        done = started([program, "-n", str(n), *command] if n else command, PYTHONPATH=os.pathsep.join(sys.path))
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done

    return run


BEGINNING = """
    import os, signal, sys
    import numpy as np
    import autograd as ag
    import nn
    from nn import distributed

    rank, size = distributed.get_rank(), distributed.get_world_size()
"""

TRAIN = """
    path, dtype = sys.argv[1:]
    images, labels = nn.data.load_digits()
    images, labels = images[:96].astype(dtype), labels[:96]
    found = {}
    for name, make in {
        "momentum": lambda p: nn.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-3),
        "adam": lambda p: nn.optim.Adam(p, lr=0.01),
    }.items():
        nn.manual_seed(10 * rank)
        net = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(96, 20), nn.Tanh(),
            nn.Linear(20, 10),
        ).to(dtype)
        distributed.replicate(net, bucket_cap_mb=0.004)
        sampler = nn.data.DistributedSampler(images, seed=1)
        loader = nn.data.DataLoader((images, labels), 24 // size, sampler=sampler)
        nn.training.fit(net, loader, nn.CrossEntropyLoss(), make(net.parameters()), epochs=3, progress=False)
        found |= {f"{name} {key}": value for key, value in net.state_dict().items()}
    np.savez(f"{path}{rank}.npz", **found)
"""


def weights(path, rank=0):
    with np.load(f"{path}{rank}.npz") as file:
        return dict(file)


@pytest.mark.slow
def test_processes_with_a_share_each_train_as_one_with_the_whole_batch(mpiexec, tmp_path):
    mpiexec(1, TRAIN, tmp_path / "one", "float64")
    one = weights(tmp_path / "one")
    for n in (2, 4):
        mpiexec(n, TRAIN, tmp_path / f"of{n}-", "float64")
        for rank in range(n):
            several = weights(tmp_path / f"of{n}-", rank)
            assert several.keys() == one.keys() and len(one) == 16
            for name in one:
                np.testing.assert_allclose(several[name], one[name], rtol=0, atol=1e-9, err_msg=name)


@pytest.mark.slow
def test_the_same_number_of_processes_gives_the_same_bits(mpiexec, tmp_path):
    for path in ("first", "again"):
        mpiexec(3, TRAIN, tmp_path / path, "float32")
    runs = [weights(tmp_path / path, rank) for path in ("first", "again") for rank in range(3)]
    for name in runs[0]:
        assert len({run[name].tobytes() for run in runs}) == 1, name


RESUMED = """
    checkpoint, epochs, path = sys.argv[1:]
    images, labels = nn.data.load_digits()
    images, labels = images[:96], labels[:96]
    nn.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 10)
    )
    distributed.replicate(net)
    nn.manual_seed(rank)  # dropout of its own for each
    optimizer = nn.optim.Adam(net.parameters(), lr=0.01)
    loader = nn.data.DataLoader((images, labels), 12, sampler=nn.data.DistributedSampler(images, seed=1))
    options = {"progress": False, "checkpoint": checkpoint, "epochs": int(epochs), "checkpoint_every": 3}
    history = nn.training.fit(net, loader, nn.CrossEntropyLoss(), optimizer, **options)
    np.savez(f"{path}{rank}.npz", losses=history.loss, **net.state_dict())
"""


@pytest.mark.slow
def test_a_training_goes_on_from_its_checkpoint(mpiexec, tmp_path):
    """With batch norm and dropout of their own in each process."""
    mpiexec(2, RESUMED, tmp_path / "a.safetensors", 4, tmp_path / "whole")
    mpiexec(2, RESUMED, tmp_path / "b.safetensors", 2, tmp_path / "half")
    mpiexec(2, RESUMED, tmp_path / "b.safetensors", 4, tmp_path / "resumed")
    runs = {path: [weights(tmp_path / path, rank) for rank in range(2)] for path in ("whole", "half", "resumed")}
    for whole, resumed in zip(runs["whole"], runs["resumed"], strict=True):
        for name in whole:
            np.testing.assert_array_equal(resumed[name], whole[name], name)
    differ = {name for name in runs["whole"][0] if (runs["whole"][0][name] != runs["whole"][1][name]).any()}
    assert differ == {"1.running_mean", "1.running_var", "losses"}
    assert any((runs["half"][0][name] != runs["whole"][0][name]).any() for name in runs["whole"][0] if name != "losses")
    assert [one.name for one in tmp_path.glob("*.part")] == []


@pytest.mark.slow
def test_a_checkpoint_in_another_number_of_processes(mpiexec, tmp_path):
    code = """
        net, rng = nn.Linear(1, 1, bias=False), np.random.default_rng(rank)
        nn.manual_seed(10 + rank)
        if sys.argv[2] == "save":
            net.weight.data = [[float(rank)]]
            distributed.checkpoint.save(sys.argv[1], net=net, rng=rng, rank=rank, same=np.ones(3))
        elif sys.argv[2] == "load":
            found = distributed.checkpoint.load(sys.argv[1], net=net, rng=rng)
            assert found["rank"] == net.weight.item() == rank and found["same"].tolist() == [1, 1, 1]
            assert rng.random() == np.random.default_rng(rank).random()
            assert ag.rand(1).item() == np.random.default_rng(10 + rank).random()
        elif sys.argv[2] == "other":
            import warnings
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                assert distributed.checkpoint.load(sys.argv[1], net=net, rng=rng)["rank"] == net.weight.item() == 0
            assert f"written by 2 processes\\n  read by {size}" in str(caught[0].message)
            assert nn.checkpoint.load(sys.argv[1], net=net)["rank"] == 0
        else:
            try:
                distributed.checkpoint.save(sys.argv[1], net=net)
            except OSError as error:
                sys.stdout.write(f"refused {'no such folder' in str(error)}\\n")  # whole, whatever the others write
    """
    path = tmp_path / "c.safetensors"
    mpiexec(2, code, path, "save")
    mpiexec(2, code, path, "load")
    mpiexec(3, code, path, "other")
    mpiexec(0, code, path, "other")
    refused = mpiexec(2, code, tmp_path / "nowhere" / "c.safetensors", "refused")
    assert refused.stdout.count("refused True") == 2


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 4])
def test_gradients_are_means_whatever_each_process_uses(mpiexec, n):
    mpiexec(
        n,
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Parameter([1.0, 2.0]), nn.Parameter([3.0, 4.0])
                self.number, self.half = nn.Parameter(2.0), nn.Parameter(np.ones(3), dtype="float16")
                self.single, self.nobodys = nn.Parameter(np.ones((2, 3), np.float32)), nn.Parameter([7.0])
                self.frozen = nn.Parameter([1.0], requires_grad=False)

            def forward(self, x):
                used = self.a if rank == 0 else self.b
                y = (used * x).sum() * self.number + (self.single.T * x[0]).sum()
                return y + (self.half * 1000 * (rank + 1)).sum()

        net = Net()
        replicas = distributed.replicate(net, bucket_cap_mb=1e-5)
        x = np.array([1.0, 10.0]) * (rank + 1)
        ranks, mean = np.arange(size), np.mean
        sums = [float((np.array([1, 2] if r == 0 else [3, 4]) * [1, 10]).sum()) * (r + 1) for r in ranks]
        expected = {
            "a": np.array([2.0, 20.0]) / size,
            "b": np.array([2.0, 20.0]) * sum(ranks[1:] + 1) / size,
            "number": np.float64(mean(sums)),
            "half": np.full(3, mean(1000 * (ranks + 1)), np.float16),
            "single": np.full((2, 3), mean(ranks + 1), np.float32),
        }

        def check(times):
            for name, p in net.named_parameters():
                if name in ("nobodys", "frozen"):
                    assert p.grad is None, name
                else:
                    assert p.grad.dtype == p.dtype and p.grad.shape == p.shape, name
                    np.testing.assert_allclose(p.grad, times * expected[name], rtol=1e-3, err_msg=name)

        for times in (1, 2, 3):  # summed into .grad, with the buckets in a new order from the second on
            net(x).backward()
            check(times)
        for _ in range(2):
            net.zero_grad()
            with replicas.no_sync():
                net(x).backward()
                own = net.number.grad
                assert own == sums[rank]
                net(x).backward()
            net(x).backward()
            check(3)
        net.zero_grad()
        with replicas.no_sync():  # what only the backward without a message has used
            (net.nobodys * rank).sum().backward()
        net(x).backward()
        assert net.nobodys.grad == mean(ranks)
        net.nobodys.grad = None
        check(1)
        found = ag.gradients(net(x), [net.number, net.half])
        np.testing.assert_allclose(found[0], expected["number"])
        check(1)
        norm = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        clipped = [p.grad.astype(float) for p in net.parameters() if p.grad is not None]
        assert norm > 1 and abs(sum((g * g).sum() for g in clipped) - 1) < 1e-2

        replicas.remove()
        net.zero_grad()
        net(x).backward()
        assert net.number.grad == sums[rank]
        """,
    )


@pytest.mark.slow
def test_buffers_begin_as_those_of_the_first_process_and_follow_each_ones_batches(mpiexec, tmp_path):
    mpiexec(
        2,
        """
        import copy
        nn.manual_seed(rank)
        path = sys.argv[1]
        net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
        net[1].running_mean.data = np.full(4, 5.0 + rank, np.float32)
        distributed.replicate(net)
        assert (net[1].running_mean.data == 5).all()
        mean, weight = net[1].running_mean, net[0].weight
        x = np.random.default_rng(rank).normal(size=(8, 3)).astype(np.float32)
        optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
        (net(x) ** 2).mean().backward()
        optimizer.step()
        world = distributed.processes.world()
        means, weights = world.allgather(mean.data), world.allgather(weight.data)
        assert (weights[0] == weights[1]).all() and not (means[0] == means[1]).any()

        if rank == 0:
            nn.save(net, path)
        distributed.barrier()
        net.load_state_dict(nn.load(path))
        assert (mean.data == means[0]).all()
        if rank == 0:  # a copy is this process's own
            own = copy.deepcopy(net)
            (own(x) ** 2).mean().backward()
            assert np.isfinite(own[0].weight.grad).all() and own[0].weight.node.note.hooks is None
        """,
        tmp_path / "net.safetensors",
    )


# -- ends and errors -------------------------------------------------------------------------------

STEPS = """
    net, other = nn.Linear(3, 2), nn.Linear(3, 2)
    distributed.replicate(net), distributed.replicate(other)
    for step in range(5):
        net(np.ones((4, 3), np.float32)).sum().backward()
        other(np.ones((4, 3), np.float32)).sum().backward()
        if rank == 1 and step == 2:
            {}
    print("done", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("launcher", [(), ("-m", "mpi4py")], ids=["python", "mpi4py"])
def test_the_exception_of_one_process_ends_all(mpiexec, launcher):
    done = mpiexec(3, STEPS.format("raise ZeroDivisionError('in one process')"), launcher=launcher, fails=True)
    assert "ZeroDivisionError: in one process" in done.stderr and "done" not in done.stdout
    assert "process 1 of 3: the exception above ends all of them" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("end", ["break", "sys.exit(0)", "sys.exit(3)"])
def test_a_process_that_ends_early_ends_the_others_with_an_error(mpiexec, end):
    done = mpiexec(3, STEPS.format(end), fails=True)
    assert "RuntimeError: replicate: other processes have ended" in done.stderr and "ended: 1 of 3" in done.stderr


@pytest.mark.slow
def test_a_process_that_is_killed_ends_the_others(mpiexec):
    assert "done" not in mpiexec(3, STEPS.format("os.kill(os.getpid(), signal.SIGKILL)"), fails=True).stdout


@pytest.mark.slow
def test_a_backward_cut_short_is_an_error(mpiexec):
    code = """
        net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2))
        distributed.replicate(net)
        def cut_short(g):
            raise KeyboardInterrupt
        for step in range(3):
            h = net[0](np.ones((4, 3), np.float32))
            if rank == 1 and step == 1:
                h.register_hook(cut_short)
            try:
                net[1](h).sum().backward()
            except KeyboardInterrupt:
                {}
    """
    assert "replicate: a backward was cut short in this process" in mpiexec(2, code.format("pass"), fails=True).stderr
    assert "process 1 of 2: a backward was cut short" in mpiexec(2, code.format("break"), fails=True).stderr


@pytest.mark.slow
def test_models_that_differ_are_an_error_in_every_process(mpiexec):
    done = mpiexec(
        3,
        """
        net = nn.Sequential(nn.Conv2d(1, 6 + 2 * (rank == 1), 5), nn.BatchNorm2d(4), nn.Linear(3, 2, bias=rank < 2))
        try:
            distributed.replicate(net)
        except ValueError as error:
            text = str(error)
        assert text.startswith("replicate: the models of the 3 processes differ\\n"), text
        assert "  0.weight: (6, 1, 5, 5) float32 in process 0, (8, 1, 5, 5) float32 in process 1\\n" in text, text
        assert "  2.bias: (2,) float32 in process 0, missing in process 2" in text and text.count("\\n") == 3, text
        net = nn.Module()
        for name in ("bias", "weight") if rank == 1 else ("weight", "bias"):
            net.register_parameter(name, nn.Parameter([1.0]))
        try:
            distributed.replicate(net)
        except ValueError as error:
            assert "in another order in process 1: bias, weight" in str(error), error
            print("refused")
        """,
    )
    assert done.stdout.count("refused") == 3


@pytest.mark.slow
def test_what_replicas_cannot_follow_is_an_error(mpiexec):
    mpiexec(
        2,
        """
        def message(function, kind=RuntimeError):
            try:
                function()
            except kind as error:
                return str(error)

        net, x = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)), np.ones((4, 3), np.float32)
        distributed.replicate(net)
        net[0].requires_grad_(False)
        assert "parameters: 0.weight, 0.bias\\n" in message(lambda: net(x))
        distributed.replicate(net)
        net(x * (rank + 1)).sum().backward()
        assert net[0].weight.grad is None and np.isfinite(net[1].weight.grad).all()
        net.double()
        assert "dtype of parameters" in message(lambda: net(x))
        distributed.replicate(net)
        assert "create_graph" in message(lambda: ag.gradients((net(x) ** 2).sum(), net[1].bias, create_graph=True))

        other = nn.Linear(3, 2)
        distributed.replicate(other)
        step = ag.compile(lambda x: other(x).sum().backward())
        assert "hook" in message(lambda: step(x), ValueError)
        other(x).sum().backward()
        """,
    )


@pytest.mark.slow
def test_a_launcher_of_another_mpi_is_an_error(mpiexec):
    code = "import nn; nn.distributed.get_rank()"
    done = started([sys.executable, "-c", code], PYTHONPATH=os.pathsep.join(sys.path), OMPI_COMM_WORLD_SIZE="4")
    assert done.returncode == 1 and "mpiexec has started 4 processes, and each of them is alone" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("n", [0, 1])
def test_one_process_has_no_hooks(mpiexec, n):
    mpiexec(
        n,
        """
        net = nn.Linear(3, 2)
        replicas = distributed.replicate(net)
        assert net._hooks is None and net.weight.node.note.hooks is None and (rank, size) == (0, 1)
        with replicas.no_sync():
            net(np.ones((4, 3), np.float32)).sum().backward()
        replicas.remove()
        distributed.barrier()
        """,
    )
