"""What a type checker makes of a program that uses the library: right ones pass, and typing errors are found."""

import ast
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd as ag
from autograd import declared as declarations

ROOT = Path(__file__).resolve().parent.parent

PROGRAM = """
import numpy as np
from numpy.typing import NDArray

import autograd as ag
import nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(64, 32)
        self.out = nn.Linear(32, 10)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        hidden: ag.Tensor = ag.relu(self.hidden(x))
        return hidden @ ag.Tensor(np.ones((32, 10))) + 1.0


def loss_of(w: ag.Tensor, x: NDArray[np.float64]) -> ag.Tensor:
    y = ag.sigmoid(x * w - 2.0) ** 2
    return -ag.log(y[0] + 1 / y.mean(axis=0)).sum(keepdims=False)


@ag.no_grad()
def step(w: ag.Tensor, lr: float) -> None:
    w -= lr * w.grad


w = ag.Tensor([0.5, 2.0], requires_grad=True, name="w")
with ag.tape() as tape, ag.scope("loss"):
    loss = loss_of(w, np.ones(2))
loss.backward()
step(w, lr=0.1)
w.data -= 0.1
print(len(tape), f"{loss:.3f}", float(loss), w.data.sum(), w.grad.shape, w.shape[0] + w.ndim, np.exp(w))
print(ag.grad(ag.square)(3.0), ag.value_and_grad(loss_of)(w, np.ones(2))[0], ag.concatenate([w, w]).T)

cube = ag.operation("cube", lambda x: x * x * x, rules=[ag.rule(lambda g, x: 3 * g * x * x)])
print(cube(w).sum().item(), ag.gradcheck(cube, [np.ones(3)], order=2))
report = ag.check_by_hand(loss, {w: "0.1"})
print(report, report.ok, ag.explain(loss, w), ag.testing.check_operation(cube, reference=lambda x: x**3))
ag.draw(tape, depth=1).export("graph.svg")

nn.manual_seed(0)
net = Net().train()
images, labels = nn.data.load_digits()
loader = nn.data.DataLoader((images, labels), batch_size=64, shuffle=True, seed=0)
optimizer = nn.optim.Adam(net.parameters(), lr=3e-3)
history = nn.training.fit(net, loader, nn.CrossEntropyLoss(), optimizer, epochs=2, progress=False)
print(history.loss[-1] + 1, net.eval().num_parameters())
nn.save(net, "net.safetensors")
net.load_state_dict(nn.load("net.safetensors"))
"""

ERRORS = """
import numpy as np

import autograd as ag
import nn

t = ag.Tensor([1.0, 2.0], requires_grad=True)
t.bakward()
(t * 2).sum().bakward()
(2.0 - ag.exp(t)).bakward()
(np.ones(2) * t).bakward()
ag.stack([t, t]).bakward()
ag.sigmoyd(t)
t.data = None
t.sum(axes=0)
t.shape + 1
ag.Tensor([1.0], require_grad=True)
ag.config.set_num_threads("two")
ag.check_by_hand(t, [1.0])
ag.check_by_hand(t, {t: 1.0}).okay
nn.Module().state_dikt()
nn.optim.SGD([t], learning_rate=0.1)
nn.data.DataLoader((), batchsize=3)
nn.training.fit(nn.Module(), [], nn.MSELoss(), None)
"""


@pytest.mark.slow
def test_programs_are_checked(tmp_path):
    pytest.importorskip("mypy", reason="mypy is not installed: make types does that")
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "errors.py").write_text(ERRORS, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", f"--config-file={os.devnull}", "--follow-imports=silent"]
    done = subprocess.run(
        [*command, "program.py", "errors.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    report = done.stdout + done.stderr
    assert "program.py" not in report, report
    found = {int(number) for number in re.findall(r"^errors\.py:(\d+): error:", report, re.MULTILINE)}
    first = ERRORS.splitlines().index("t.bakward()") + 1
    assert found == set(range(first, len(ERRORS.splitlines()) + 1)), report


def test_what_is_attached_to_tensors_is_declared():
    declared = set()
    for found in ast.walk(ast.parse(inspect.getsource(declarations.Declared))):
        if isinstance(found, ast.FunctionDef):
            declared.add(found.name)
        elif isinstance(found, ast.Assign):  # several of one signature
            declared.update({one.id for one in found.targets} - {"__slots__"})
    assert {name for name in declared if not hasattr(ag.Tensor, name)} == set()
    source = inspect.getsource(ag.Tensor)
    defined = {*ag.Tensor.__slots__, *re.findall(r"^ +(?:def )?(\w+)(?:\(| = )", source, re.MULTILINE)}
    attached = {name for name in vars(ag.Tensor) if not name.startswith("_")} - defined
    assert attached == {name for name in declared if not name.startswith("_")}
