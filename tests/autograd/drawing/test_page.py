"""What goes into the page: the walk's numbers, small forms of arrays, layouts, and nothing that could run."""

import base64
import hashlib
import json
import re

import numpy as np
import pytest

import autograd as ag
import autograd.linalg
import autograd.special
import nn
from autograd.declaration import registry
from autograd.drawing.graph import graph_of
from autograd.drawing.page import BYTES, page
from autograd.drawing.page.arrays import DETAILS, described, heat_map
from autograd.drawing.page.layouts import LIMIT
from autograd.drawing.page.steps import steps_of
from autograd.drawing.page.words import Words
from autograd.explaining.formula.mathml import mathml

FULL = DETAILS[0]


def neuron():
    w, v = (ag.Tensor(x, requires_grad=True, name=name) for x, name in ((2.0, "w"), (3.0, "v")))
    with ag.tape() as tape:
        h = w * v
        h.name = "h"
        y = h * w + h
        y.name = "y"
    y.backward()
    return tape


def lenet():
    nn.manual_seed(0)
    images, labels = nn.data.load_digits()
    net = nn.models.LeNet()
    with ag.tape() as tape:
        loss = nn.functional.cross_entropy(net(images[:2]), labels[:2])
    loss.backward()
    return tape


def parts(html):
    """(content, positions) as the page's script reads them."""
    found = re.findall(r'<script type="application/json" id="\w+">(.*?)</script>', html, re.DOTALL)
    return [json.loads(text) for text in found]


# -- the walk ----------------------------------------------------------------------------------


def test_the_walk_shows_what_is_added_to_what():
    graph = graph_of(neuron())
    steps, gradients, remark = steps_of(graph)
    assert remark is None
    names = {box.name: box for box in graph.boxes if box.name}
    assert {name: float(gradients[box]) for name, box in names.items()} == {"w": 15.0, "v": 6.0, "h": 3.0, "y": 1.0}
    to_h = [one for step in steps for one in step.to if one.box is names["h"]]
    assert sorted(float(one.array) for one in to_h) == [1.0, 2.0]
    assert to_h[0].total is None and float(to_h[1].total) == 3.0
    to_w = [float(one.array) for step in steps for one in step.to if one.box is names["w"]]
    assert to_w == [6.0, 9.0]  # h · ∂y/∂(h w) before v · ∂y/∂h
    assert [step.seed for step in steps] == [True, False, False]


def test_the_walk_is_the_tapes_own():
    """Every gradient that backward put on the tape comes out again, and nothing there has changed."""
    tape = lenet()
    before = [(node.note.value, node.note.gradient) for node in tape]
    copies = [np.array(gradient) for _, gradient in before]
    graph = graph_of(tape)
    steps, gradients, _ = steps_of(graph)
    page(graph)
    for node, (value, gradient), copy in zip(tape, before, copies, strict=True):
        assert node.note.value is value and node.note.gradient is gradient and not node.consumed
        np.testing.assert_array_equal(gradient, copy)
    for box in graph.boxes:
        if box.node is not None:
            np.testing.assert_array_equal(gradients[box], box.gradient)
    for step in steps:
        for one in step.to:
            assert np.shape(one.array) == one.box.like[0]


def test_broadcasting_undone_is_said():
    x, b = ag.Tensor(np.ones((2, 3)), requires_grad=True), ag.Tensor(1.0, requires_grad=True, name="b")
    with ag.tape() as tape:
        y = x + b
    y.backward(np.ones((2, 3)))
    steps, _, _ = steps_of(graph_of(tape))
    summed = {one.box.name: one.summed for one in steps[0].to}
    assert summed == {None: None, "b": (2, 3)}


def test_the_local_derivative_in_numbers():
    w = ag.Tensor(0.0, requires_grad=True)
    with ag.tape() as tape:
        y = ag.sigmoid(w) * 4
    y.backward()
    steps, _, _ = steps_of(graph_of(tape))
    assert [float(step.to[0].local) for step in steps] == [4.0, 0.25]


def test_memory_is_freed_by_the_oldest_holder():
    x = ag.Tensor(np.ones(100), requires_grad=True)
    with ag.tape() as tape:
        y = ag.exp(x)  # keeps its result,
        z = ag.sum(y * y)  # which the product keeps too
    z.backward()
    steps, _, _ = steps_of(graph_of(tape))
    assert [(step.box.operation.name, step.freed) for step in steps] == [("sum", 0), ("multiply", 0), ("exp", 800)]


def test_where_the_walk_starts():
    w = ag.Tensor(2.0, requires_grad=True)
    with ag.tape() as tape:
        y = w * w
        y.name = "y"
        y * 10  # a figure that nobody differentiates
    steps, _, _ = steps_of(graph_of(tape))
    assert steps[0].box.operation.name == "multiply" and steps[0].seed and steps[0].box.role == "output"
    y.backward(5.0)  # from then on, where that began, with its gradient
    steps, gradients, _ = steps_of(graph_of(tape))
    assert steps[0].box.name == "y" and float(gradients[steps[0].box]) == 5.0
    with ag.tape() as tape:
        ag.Tensor([1.0, 2.0], requires_grad=True) * 2.0
    steps, gradients, remark = steps_of(graph_of(tape))
    assert "starts with ones" in remark and gradients[steps[0].box].tolist() == [1.0, 1.0]


def test_no_walk_where_there_is_none():
    w = ag.Tensor(2.0, requires_grad=True)
    y = w * w
    assert len(steps_of(graph_of(y))[0]) == 1 and y.node.saved_a is not None
    y.backward()
    steps, _, remark = steps_of(graph_of(y))
    assert steps == [] and "used the graph up" in remark
    steps, _, remark = steps_of(graph_of(w))
    assert steps == [] and "Nothing was recorded" in remark


def test_what_was_recorded_before_the_tape_gets_its_gradient_and_no_step():
    w = ag.Tensor(2.0, requires_grad=True)
    a = w * w
    with ag.tape() as tape:
        y = a * 3
    y.backward(retain_graph=True)
    steps, gradients, _ = steps_of(graph_of(tape))
    assert len(steps) == 1 and [float(g) for g in gradients.values()] == [1.0, 3.0]


# -- arrays ------------------------------------------------------------------------------------


def test_small_arrays_are_exact():
    assert described(np.float64(0.1), FULL) == 0.1
    assert described(np.float32(0.1), FULL) == {"shape": [], "dtype": "float32", "values": [0.1]}
    assert described(np.array([[1, 2], [3, 4]]), FULL)["values"] == [1, 2, 3, 4]
    assert described(np.array([np.nan, np.inf, -np.inf]), FULL)["values"] == ["NaN", "Infinity", "-Infinity"]
    assert described(np.zeros((0, 3)), FULL) == {"shape": [0, 3], "dtype": "float64", "values": []}
    assert described(np.array(["a"]), FULL) == {"shape": [1], "dtype": "<U1"}
    assert described(None, FULL) is None


def test_large_arrays_are_summed_up():
    x = np.arange(1000.0)
    x[[3, 4, 5]] = np.nan, np.inf, -np.inf
    new = described(x, FULL)
    assert (new["low"], new["high"], new["odd"]) == (0, 999, [1, 1, 1])
    assert sum(new["counts"]) == 997 and new["mean"] == pytest.approx(x[np.isfinite(x)].mean())
    assert "values" not in new
    assert "low" not in described(np.full(100, np.nan), FULL)
    json.dumps(described(np.full(100, 1e308) * np.array([1, -1] * 50), FULL), allow_nan=False)


@pytest.mark.parametrize("shape", [(1000,), (50, 60), (3, 4, 9, 9), (7, 1, 300, 2), (2, 400, 1), (10, 1, 1, 100)])
@pytest.mark.parametrize("pixels", [1024, 64])
def test_heat_maps_are_small(shape, pixels):
    x = np.random.default_rng(0).normal(size=shape)
    new = heat_map(x, pixels)
    codes = np.frombuffer(base64.b64decode(new["bytes"]), np.uint8)
    assert codes.size == new["planes"] * new["rows"] * new["columns"] <= pixels
    assert new["of"] == int(np.prod(shape[:-2])) and codes.max() == 254 and codes.min() == 0
    assert new["rows"] == -(-(shape[-2] if len(shape) > 1 else 1) // new["step"])


def test_a_heat_map_averages():
    x = np.arange(16.0).reshape(4, 4)
    new = heat_map(x, 4)
    assert (new["rows"], new["columns"], new["step"], new["low"], new["high"]) == (2, 2, 2, 2.5, 12.5)
    x[0, 0] = np.nan
    codes = np.frombuffer(base64.b64decode(heat_map(x, 4)["bytes"]), np.uint8)
    assert codes[0] == 255 and 255 not in codes[1:]


# -- formulas and words ------------------------------------------------------------------------

ELEMENTS = {
    "mi", "mn", "mo", "mtext", "mspace", "mrow", "mfrac", "msqrt", "msub", "msup", "msubsup", "munder", "mover",
    "munderover",
}  # fmt: skip
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3, "msqrt": 1}


def check_tree(tree):
    name, *children = tree
    assert name in ELEMENTS
    assert len(children) == CHILDREN.get(name, len(children))
    for child in children:
        if isinstance(child, str):
            assert name in ("mi", "mn", "mo", "mtext", "mspace") and "\\" not in child
        else:
            check_tree(child)


def formulas():
    for name, op in registry.items():
        for i, latex in enumerate([op.formula, *(rule.local for rule in op.rules)]):
            if latex:
                yield pytest.param(latex, id=f"{name}-{i}")


@pytest.mark.parametrize("latex", list(formulas()))
def test_every_formula_becomes_mathml(latex):
    check_tree(mathml(latex))
    # no command is left as its name
    known = set(re.findall(r"\\mathrm\{(.*?)\}", latex)) | {"max", "min", "log", "exp", "mrow"}
    words = re.findall(r"\['mi', '([a-z]{3,})'\]", str(mathml(latex)))
    commands = set(re.findall(r"\\([A-Za-z]+)", latex))
    assert [word for word in words if word in commands - known and word not in FUNCTIONS] == []


FUNCTIONS = {
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "log", "exp", "max", "min", "det",
}  # fmt: skip


def test_mathml():
    assert mathml(r"\frac{a}{b^2}") == ["mfrac", ["mi", "a"], ["msup", ["mi", "b"], ["mn", "2"]]]
    assert mathml(r"\sum_{i}^n x_i")[1] == ["munderover", ["mo", "∑"], ["mi", "i"], ["mi", "n"]]
    assert mathml(r"\left| x \right|") == ["mrow", ["mo", "|"], ["mi", "x"], ["mo", "|"]]
    assert mathml("") == ["mrow"]


@pytest.mark.parametrize(
    "latex", ["{", "}", "_", "^^", r"\frac", r"\frac{a", r"\left", "a_", r"\mathrm", "\\", r"\sqrt{"]
)
def test_a_broken_formula_still_gives_a_tree(latex):
    tree = mathml(latex)
    assert isinstance(tree, list) and tree[0] in ELEMENTS


def test_what_boxes_are_called():
    a, b, c = (ag.Tensor(x, requires_grad=True, name=name) for x, name in ((1.0, "a"), (2.0, "b"), (3.0, "c")))
    with ag.tape() as tape:
        y = (a + b) * c - a * b * (a - (b - c)) / 2
    y.backward()
    graph = graph_of(tape)
    words = Words(graph)
    said = [words.expressions[box] for box in graph.boxes if box.operation is not None]
    assert said == ["a + b", "(a + b) × c", "a × b", "b − c", "a − (b − c)", "(a × b) × (a − (b − c))",
                    "((a × b) × (a − (b − c))) ÷ 2", "(a + b) × c − ▫"]  # fmt: skip
    labels = [words.labels[box] for box in graph.boxes if box.role != "constant"]
    assert len(set(labels)) == len(labels)


# -- the page ----------------------------------------------------------------------------------


def test_export(tmp_path):
    path = tmp_path / "step.html"
    assert ag.draw(neuron()).export(path) == path
    html = path.read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>") and "<title>y · step through backward</title>" in html
    content, ways = parts(html)
    assert [box["label"] for box in content["boxes"]] == ["w", "v", "h", "h × w", "y"]
    assert [len(way) for way in ways] == [1, 1]
    assert list(ways[0][0]["boxes"]) == ["n0", "n1", "n2", "n3", "n4"]


def test_the_same_graph_gives_the_same_page():
    tape = lenet()
    assert page(graph_of(tape)) == page(graph_of(tape))


def test_rankdir_is_kept(tmp_path):
    path = ag.draw(neuron(), rankdir="BT").export(tmp_path / "step.html")
    (way,) = parts(path.read_text("utf-8"))[1]
    places = way[0]["boxes"]
    assert places["n4"][1] < places["n0"][1]


def test_a_lenet_is_small_and_complete():
    html = page(graph_of(lenet()), live=False)
    content, ways = parts(html)
    assert len(html) - len(json.dumps(ways)) <= BYTES
    assert len(page(graph_of(lenet()))) - len(html) <= 160_000  # 13,706 weights, the runtime and the program
    windows = [box["windows"]["kind"] for box in content["boxes"] if "windows" in box]
    assert windows == ["conv", "max", "conv", "max"]
    for way in ways:
        assert [one["depth"] for one in way] == [0, 1, 2]
        assert len(way[0]["boxes"]) < len(way[1]["boxes"]) < len(way[2]["boxes"])
    assert [module["name"] for module in content["modules"]] == ["LeNet", "conv1", "conv2", "fc1", "fc2"]
    assert content["modules"][1]["kind"] == "Conv2d" and content["modules"][1]["parameters"] == 160


def test_larger_graphs_show_less_of_each_array():
    x = ag.Tensor(np.random.default_rng(0).normal(size=(64, 64)), requires_grad=True)
    with ag.tape() as tape:
        y = x
        for _ in range(120):
            y = ag.tanh(y)
        y = ag.sum(y)
    y.backward()
    html = page(graph_of(tape))
    content, ways = parts(html)
    assert len(html) - len(json.dumps(ways, separators=(",", ":"))) <= BYTES
    assert len(content["steps"]) == 121 and all("low" in box["value"] for box in content["boxes"][:-1])


def test_too_large_a_graph_is_refused(tmp_path):
    w = ag.Tensor(0.5, requires_grad=True)
    y = w
    for _ in range(LIMIT + 1):
        y = y * 1.01
    with pytest.raises(ValueError, match=r"too large for a page.*\n  boxes"):
        ag.draw(y).export(tmp_path / "step.html")
    assert list(tmp_path.iterdir()) == []


def test_the_policy_names_the_scripts_and_styles_hash():
    html = page(graph_of(neuron()))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', html)
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    for tag in ("script", "style"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    outside = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", html, flags=re.DOTALL)
    assert not re.search(r"https?:|src=|<link|@import|url\(", outside)


@pytest.mark.parametrize(
    "name", ["</script><script>x()</script>", "<!--", "{{script}}", "\u2028 \ud800 \0", "&lt;", "<" * 100_000]
)
def test_names_cannot_leave_their_place(name):
    w = ag.Tensor(2.0, requires_grad=True, name=name)
    with ag.tape() as tape, ag.scope(name):
        y = w * w
        y.name = name
    y.backward()
    html = page(graph_of(tape))
    plain = page(graph_of(neuron()))
    for mark in ("<script", "</script", "<!--", "</title"):
        assert html.count(mark) == plain.count(mark)
    assert len(html) < len(plain) + 50_000
    html.encode("utf-8")


def test_bad_values_are_in_the_page():
    x = ag.Tensor([np.nan, np.inf, 1.0], requires_grad=True)
    empty = ag.Tensor(np.zeros((2, 0)), requires_grad=True)
    with ag.tape() as tape, np.errstate(all="ignore"):
        y = ag.sum(x) + ag.sum(empty)
    y.backward()
    content, _ = parts(page(graph_of(tape)))
    assert content["boxes"][0]["value"]["values"] == ["NaN", "Infinity", 1.0]
    assert content["boxes"][-1]["value"] == "NaN"


def test_a_page_needs_no_graphviz(tmp_path, monkeypatch):
    import sys

    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    ag.draw(neuron()).export(tmp_path / "step.html")
    assert [path.name for path in tmp_path.iterdir()] == ["step.html"]


def test_a_copy_has_no_graph(tmp_path):
    with pytest.raises(ValueError, match="copy of a Drawing"):
        ag.draw(neuron()).copy().export(tmp_path / "step.html")


def test_a_module_and_an_example(tmp_path):
    """Nothing went backward yet: the page walks by itself, from the ones that it starts with."""
    nn.manual_seed(0)
    html = (
        ag.draw(nn.models.LeNet(), np.zeros((1, 1, 8, 8), np.float32)).export(tmp_path / "net.html").read_text("utf-8")
    )
    content, _ = parts(html)
    assert len(content["steps"]) == 10 and "starts with ones" in content["remark"]
