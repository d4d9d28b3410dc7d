"""``python -m autograd check``, ``draw``, ``demo`` and ``config``."""

import subprocess
import sys

import pytest

from autograd.__main__ import main

DERIVATION = """# A neuron

```python
import autograd as ag
w = ag.Tensor(0.4, requires_grad=True, name="w")
x, t = ag.Tensor(0.6, name="x"), ag.Tensor(1.0, name="t")
net = w * x
out = ag.sigmoid(net)
E = 0.5 * (t - out) ** 2
```

∂E/∂net = (out − t) · out (1 − out)

∂E/∂w = ∂E/∂net · {factor}
"""
MODEL = """
import autograd as ag
import nn
net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
w = ag.Tensor(2.0, requires_grad=True, name="w")
y = w * w
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")

    def run(*arguments):
        status = main(list(arguments))
        return status, *capsys.readouterr()

    return run


def test_a_derivation_with_its_program(run, tmp_path):
    (tmp_path / "right.md").write_text(DERIVATION.format(factor="x"), encoding="utf-8")
    status, out, err = run("check", "right.md")
    assert (status, err) == (0, "") and "all right" in out
    (tmp_path / "wrong.md").write_text(DERIVATION.format(factor="w"), encoding="utf-8")
    status, out, err = run("check", "wrong.md", "--output", "E")
    assert (status, err) == (4, "") and "14 ✗" in out and "w where x belongs" in out  # lines are the document's


def test_a_derivation_of_a_graph_in_a_file(run, tmp_path):
    (tmp_path / "square.md").write_text("∂y/∂w = 2 w\n", encoding="utf-8")
    assert run("check", "square.md", "--output", "model.py:y")[0] == 0
    status, _, err = run("check", "square.md")
    assert status == 1 and "nothing says which graph" in err and "--output" in err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["check", "none.md"], "no such file"),
        (["check", "broken.md"], "line 4\n  file: <broken.md>\n  ZeroDivisionError"),
        (["check", "empty.md"], "assign no Tensor"),
        (["check", "empty.md", "--output", "F"], "there is no F there"),
        (["check", "binary.md"], "no text"),
        (["draw", "none.py:net", "-o", "g.svg"], "no such file"),
        (["draw", "model.py", "-o", "g.svg"], "a file and a name are needed"),
        (["draw", "model.py:other", "-o", "g.svg"], "names: ag, nn, net, w, y"),
        (["draw", "model.py:net", "-o", "g.svg"], "--input 1,1,28,28"),
        (["draw", "model.py:net", "--input", "3,3", "-o", "g.svg"], "conv2d"),
        (["draw", "model.py:y", "-o", "g.xyz"], "suffix"),
        (["draw", "model.py:y", "-o", "nowhere/g.svg"], "nowhere"),
    ],
)
def test_what_is_wrong_is_said(run, tmp_path, arguments, words):
    (tmp_path / "broken.md").write_text("# A\n\n```python\n1 / 0\n```\n", encoding="utf-8")
    (tmp_path / "empty.md").write_text("```python\nx = 1\n```\n", encoding="utf-8")
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe\x00")
    status, out, err = run(*arguments)
    assert status == 1 and out == "" and err.startswith(f"{arguments[0]}: ") and words in err and "Traceback" not in err
    assert not list(tmp_path.glob("g.*"))


def test_pictures(run, tmp_path):
    assert run("draw", "model.py:net", "--input", "1,1,8,8", "-o", "net.svg") == (0, "net.svg\n", "")
    assert run("draw", "model.py:y", "-o", "y.html")[0] == 0
    assert "conv2d" in (tmp_path / "net.svg").read_text("utf-8") and (tmp_path / "y.html").stat().st_size > 10_000


def test_config(run):
    status, out, _ = run("config")
    assert status == 0 and out.startswith("compiled kernels: ")


def test_wrong_arguments_and_help(run, capsys):
    for arguments in (["draw", "model.py:net"], ["config", "--bogus"], ["check"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
    for command in ("check", "draw"):
        with pytest.raises(SystemExit) as caught:
            main([command, "--help"])
        assert caught.value.code == 0 and f"python -m autograd {command}" in capsys.readouterr().out


def test_the_demo_takes_its_own_options():
    done = subprocess.run([sys.executable, "-m", "autograd", "demo", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "--data" in done.stdout and not done.stderr
