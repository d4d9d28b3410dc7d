"""Looking at a graph: a check by hand with full diagnosis, explanations, drawings

No peer does these. The 2-2-2 network is checked with an early update, a slip, and a number that nothing
explains, so that the whole catalogue is tried; the LeNet-5 (8 images) with two mistakes planted.
"""

import numpy as np

from .row import Row


def check_222(dtype="float64"):
    import autograd as ag
    from nn.derivations import run_logistic_222

    with ag.tape():
        v = run_logistic_222()
    old = {f"w{i}": v[f"w{i}"].data for i in range(1, 9)}
    v["E"].backward()
    gradients = {v[name]: v[name].grad for name in old}
    early = 0.138498562 * (old["w5"] - 0.5 * v["w5"].grad) - 0.038098237 * (old["w7"] - 0.5 * v["w7"].grad)
    gradients[v["w1"]] = early * 0.241300709 * 0.05
    gradients[v["w2"]] = early * 0.241300709 * 0.10
    gradients |= {v["net_o1"]: 0.741365070, v["out_h1"]: 0.05}

    def check():
        report = ag.check_by_hand(v["E"], gradients)
        if report.ok:
            raise RuntimeError("the planted mistakes were not found")

    return check


def check_lenet5(dtype="float32"):
    import autograd as ag
    import nn

    rng = np.random.default_rng(0)
    nn.manual_seed(0)
    net = nn.models.LeNet5()
    images, target = rng.normal(size=(8, 1, 28, 28)).astype(np.float32), rng.integers(0, 10, 8)
    with ag.tape():
        loss = ag.cross_entropy(net(images), target)
    loss.backward()
    by_hand = {p: p.grad for p in net.parameters()}
    by_hand[net.conv1.weight] = net.conv1.weight.grad[:, :, ::-1, ::-1]
    by_hand[net.fc2.bias] = net.fc2.bias.grad / 8
    return lambda: ag.check_by_hand(loss, by_hand, progress=False)


def deep_graph():
    import autograd as ag

    w = ag.Tensor(0.5, requires_grad=True, name="w")
    with ag.tape() as tape:
        y = w
        for _ in range(5000):
            y = ag.tanh(y * w)
    return tape, y, w


def explain(dtype="float64"):
    import autograd as ag

    _tape, y, w = deep_graph()
    return lambda: str(ag.explain(y, w))


def draw(dtype="float64"):
    import autograd as ag

    tape, _y, _w = deep_graph()
    return lambda: ag.draw(tape).source


ROWS = [
    Row(work, {"chalkgrad": build}, limit=limit, unit="s", threads=(1,))
    for work, build, limit in (
        ("check_by_hand, 2-2-2 net, every mistake tried", check_222, 0.2),
        ("check_by_hand, LeNet-5, two mistakes found", check_lenet5, 30),
        ("explain, 10,000 nodes", explain, 2),
        ("draw, 10,000 nodes, DOT text", draw, 1),
    )
]
