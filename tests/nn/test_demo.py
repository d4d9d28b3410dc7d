import gzip
import os
import re
import signal
import struct
import subprocess
import sys

import numpy as np
import pytest

import autograd as ag
from nn import demo, derivations

PICTURES = {"graph-222.svg", "graph-222.png", "graph-lenet.svg", "graph-lenet.png", "curves.png", "filters.png"}


def has_layout_engine():
    try:
        ag.draw(ag.Tensor(1.0, requires_grad=True))._repr_svg_()
    except RuntimeError:
        return False
    return True


# -- hand derivations --------------------------------------------------------------------------


def all_lines():
    return [*derivations.logistic_222()[0], *derivations.conv_layer(), *derivations.max_pool()]


@pytest.mark.parametrize("line", all_lines(), ids=lambda line: line.quantity)
def test_autograd_gives_the_hand_derived_number(line):
    assert line.agrees, f"{line.quantity}: {line.by_hand} by hand, {line.by_autograd} by autograd"


def test_a_wrong_digit_is_seen():
    assert derivations.Line("w", 0.082167041, 0.0821670406, 9).agrees
    assert not derivations.Line("w", 0.082167042, 0.0821670406, 9).agrees
    assert derivations.Line("w", [[1, 2]], [[1.0, 2.0]]).agrees
    assert not derivations.Line("w", [[1, 3]], [[1.0, 2.0]]).agrees
    assert not derivations.Line("w", [1, 2], [[1.0, 2.0]]).agrees
    assert not derivations.Line("w", 1.0, float("nan"), 9).agrees


def test_the_table_says_what_differs(monkeypatch, capsys):
    monkeypatch.setitem(derivations.LOGISTIC_222, "∂E/∂w5", 0.082176041)
    agree, _ = demo.check_derivations()
    assert not agree
    printed = capsys.readouterr().out
    assert re.search(r"∂E/∂w5 +0.082176041 +0.082167041 +differs by up to 9.0e-06", printed)
    assert "26 of 27 agree" in printed


def test_the_conv_layer_of_the_exercise_against_nested_sums():
    """The literals belong together: the output follows from the input by the definition."""
    given = derivations.CONV_LAYER
    x = np.pad(given["x"], ((0, 0), (1, 1), (1, 1)))
    for out, weight, bias in zip(given["out"], (given["W0"], given["W1"]), given["b"], strict=True):
        for p, q in np.ndindex(3, 3):
            assert out[p][q] == np.sum(x[:, 2 * p : 2 * p + 3, 2 * q : 2 * q + 3] * weight) + bias


# -- the program -------------------------------------------------------------------------------


@pytest.mark.slow
def test_one_epoch_and_every_picture(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
    assert demo.main(["--epochs", "1", "--out", str(tmp_path / "new" / "folder")]) == 0
    printed = capsys.readouterr()
    written = {path.name for path in (tmp_path / "new" / "folder").iterdir()}
    expected = PICTURES if has_layout_engine() else written
    assert written == expected
    assert all(name in printed.out for name in written)
    assert "27 of 27 agree" in printed.out
    assert "Training on 1438 images of 8×8, holding out 359" in printed.out
    assert "loss=" in printed.err and "accuracy=" in printed.err
    for path in (tmp_path / "new" / "folder").glob("*.png"):
        assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and path.read_bytes()[-8:-4] == b"IEND"


def test_pictures_show_names_values_and_layers(tmp_path):
    _, tape = derivations.logistic_222()
    source = ag.draw(tape).source
    for text in ("w5", "out_h1", "net_o1", "E_o2", "0.0821670", "0.298371"):
        assert text in source
    net = demo.SmallLeNet()
    with ag.tape() as tape:
        net(np.zeros((1, 1, 8, 8), np.float32))
    source = ag.draw(tape).source
    for layer in ("conv1", "norm1", "conv2", "norm2", "hidden", "scores"):
        assert f"<B>{layer}</B>" in source


def test_without_picture_libraries_it_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", "")
    assert demo.main(["--epochs", "1", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "pip install pygraphviz" in printed and "pip install matplotlib" in printed
    assert {path.name for path in tmp_path.iterdir()} == {
        "graph-222.svg", "graph-222.dot", "graph-lenet.svg", "graph-lenet.dot",
    }  # fmt: skip
    assert "held-out digits read right" in printed


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder, size=28):
    rng = np.random.default_rng(0)
    for part, n in (("train", 70), ("t10k", 30)):
        labels = (np.arange(n) % 10).astype(np.uint8)
        images = rng.integers(0, 60, (n, size, size), dtype=np.uint8)
        images[np.arange(n), 2 * labels % size] = 255  # a bright row that tells the class
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))


@pytest.mark.slow
def test_idx_files(tmp_path, capsys):
    write_mnist(tmp_path)
    assert demo.main(["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert f"Training on 70 images of 28×28, holding out 30\n  the IDX files in {tmp_path}" in printed


def test_truncated_idx_file(tmp_path, capsys):
    write_mnist(tmp_path)
    path = tmp_path / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-4])
    assert demo.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "truncated" in error and str(path) in error and "30 bytes" in error and "26 bytes" in error


@pytest.mark.parametrize(("size", "held_out_size"), [(3, 3), (28, 14)])
def test_images_that_do_not_fit(tmp_path, capsys, size, held_out_size):
    write_mnist(tmp_path, size)
    images = np.zeros((30, held_out_size, held_out_size), np.uint8)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    assert demo.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert f"train: 70 images of {size}×{size}" in error
    assert f"t10k: 30 images of {held_out_size}×{held_out_size}" in error
    assert not (tmp_path / "out").exists()


def test_no_images(tmp_path, capsys):
    write_mnist(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(idx(np.zeros((0, 28, 28), np.uint8)))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.zeros(0, np.uint8)))
    assert demo.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "t10k: 0 images of 28×28" in capsys.readouterr().err


def test_missing_data_folder(tmp_path, capsys):
    assert demo.main(["--data", str(tmp_path / "absent"), "--out", str(tmp_path / "out")]) == 2
    assert str(tmp_path / "absent") in capsys.readouterr().err


def test_out_that_is_a_file(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert demo.main(["--out", str(tmp_path / "file")]) == 2
    error = capsys.readouterr().err
    assert str(tmp_path / "file") in error and "it is a file" in error and "Errno" not in error
    assert (tmp_path / "file").read_text() == "mine"


def test_out_that_cannot_be_written_to_is_said_before_the_training(tmp_path, monkeypatch, capsys):
    def refuse(dir):
        raise PermissionError(13, "Permission denied", str(dir))

    monkeypatch.setattr(demo.tempfile, "TemporaryFile", refuse)
    assert demo.main(["--out", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert str(tmp_path) in printed.err and "reason: Permission denied" in printed.err
    assert "Training" not in printed.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--epochs", "0"], "--epochs: must be a whole number, 1 or more, not 0"),
        (["--epochs", "x"], "--epochs: must be a whole number, 1 or more, not x"),
        (["--seed", "-1"], "--seed: must be a whole number, 0 or more, not -1"),
        (["--unknown"], "unrecognized arguments: --unknown"),
    ],
)
def test_bad_arguments(arguments, said, capsys):
    with pytest.raises(SystemExit) as caught:
        demo.main(arguments)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be replaced on Windows")
@pytest.mark.parametrize(
    ("chosen", "threads"), [({}, "1"), ({"OMP_NUM_THREADS": "2"}, "2"), ({"MKL_NUM_THREADS": "2"}, None)]
)
def test_one_thread_unless_the_user_chooses(tmp_path, chosen, threads):
    """A module in place of the program's last import tells what the process has in its environment."""
    (tmp_path / "tqdm.py").write_text(
        'import os\nprint("threads", os.environ.get("OMP_NUM_THREADS"))\nraise SystemExit(7)'
    )
    kept = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    environment = {**kept, **chosen, "PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "nn.demo", "--out", str(tmp_path / "out")],
        env=environment, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert done.stdout.rstrip().endswith(f"threads {threads}")


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to another process")
@pytest.mark.parametrize("line", ["Hand-derived", "Training on"])
def test_ctrl_c_stops_it_cleanly(tmp_path, line):
    command = [sys.executable, "-m", "nn.demo", "--epochs", "1000", "--out", str(tmp_path)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, encoding="utf-8"
    ) as process:
        while not process.stdout.readline().startswith(line):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Stopped." in error and "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_fails_half_way_leaves_no_file(tmp_path):
    class Failing:
        def savefig(self, file, **_):
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.save(Failing(), tmp_path / "curves.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_the_main_job_reads_98_percent_of_unseen_digits(tmp_path, capsys, seed):
    assert demo.main(["--seed", str(seed), "--out", str(tmp_path)]) == 0
    percent, seconds = re.search(r"([\d.]+)% of the held-out .* after ([\d.]+) s", capsys.readouterr().out).groups()
    assert float(percent) >= 98
    assert float(seconds) < 60
