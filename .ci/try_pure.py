"""What must work where there is Python and NumPy alone, as in JupyterLite: run by release-check on the pure wheel."""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

import autograd as ag
import nn
from autograd.native import native

assert native is None and not {"safetensors", "tqdm", "scipy"} & sys.modules.keys()
# from here on importing one of these fails; importing the library needed none of them
sys.modules.update(dict.fromkeys(["safetensors", "tqdm", "scipy", "matplotlib", "pygraphviz"]))
os.environ["PATH"] = ""
w = ag.Tensor(0.4, requires_grad=True, name="w")
with ag.tape() as tape:
    out = ag.sigmoid(w * 0.5 + 0.6)
    E = 0.5 * (out - 0.1) ** 2
assert ag.check_by_hand(E, {w: "0.294987"})["w"].mistake.key == "activation-left-out"
assert "<math" in ag.explain(E, w).to_html() and "def value_and_gradients" in str(ag.source(E))
with tempfile.TemporaryDirectory() as folder:
    for name in ("graph.svg", "step.html"):
        assert ag.draw(tape).export(Path(folder) / name).stat().st_size > 1000
net = nn.models.LeNet()
optimizer = nn.optim.Adam(net.parameters(), lr=3e-3)
images, labels = nn.data.load_digits()
loader = nn.data.DataLoader((images[:256], labels[:256]), batch_size=64)
history = nn.training.fit(net, loader, nn.CrossEntropyLoss(), optimizer, epochs=1, progress=False)
assert np.isfinite(history.loss[-1])
try:
    nn.save(net, "net.safetensors")
except ImportError as error:
    assert "safetensors" in str(error)
else:
    raise AssertionError("nn.save did without safetensors")
