"""What the picture of a graph says: values, gradients, kinds of boxes, modules, names."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import autograd as ag
from autograd.drawing import draw
from autograd.drawing.graph import graph_of
from autograd.drawing.layout import layout

Tensor = ag.Tensor


def leaf(value, name=None, **kwargs):
    return Tensor(value, requires_grad=True, name=name, **kwargs)


def named(tensor, name):
    tensor.name = name
    return tensor


def logistic(x):
    return 1 / (1 + 2.718281828459045**-x)


def network():
    """The 2-2-2 logistic network: (tape, E, weights w1 … w8, biases)."""
    i1, i2 = Tensor(0.05, name="i1"), Tensor(0.10, name="i2")
    values = [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55]
    w = [leaf(value, f"w{k}") for k, value in enumerate(values, 1)]
    b1, b2 = leaf(0.35, "b1"), leaf(0.60, "b2")
    with ag.tape() as tape:
        h1 = named(logistic(named(w[0] * i1 + w[1] * i2 + b1, "net_h1")), "out_h1")
        h2 = named(logistic(named(w[2] * i1 + w[3] * i2 + b1, "net_h2")), "out_h2")
        o1 = named(logistic(named(w[4] * h1 + w[5] * h2 + b2, "net_o1")), "out_o1")
        o2 = named(logistic(named(w[6] * h1 + w[7] * h2 + b2, "net_o2")), "out_o2")
        error = named(0.5 * (0.01 - o1) ** 2 + 0.5 * (0.99 - o2) ** 2, "E")
    error.backward()
    return tape, error, w, (b1, b2)


def boxes(x):
    """{name: box}, unnamed ones left out."""
    return {box.name: box for box in graph_of(x).boxes if box.name is not None}


def line_of(source, name):
    """The line of source of the box with that name."""
    (line,) = [line for line in source.splitlines() if f"<B>{name}</B>" in line and "subgraph" not in line]
    return line


def text_of(label):
    return re.sub("<[^>]*>", "", label.partition("[label=<")[2].partition(">, ")[0])


# -- content -----------------------------------------------------------------------------------


def test_network_shows_every_value_and_gradient():
    tape, _, w, _ = network()
    source = draw(tape, limit=None).source
    line = line_of(source, "w5")
    assert ">0.4<" in line and ">0.0821670<" in line
    assert ">0.15<" in line_of(source, "w1") and ">0.000438568<" in line_of(source, "w1")
    assert ">−0.0226025<" in line_of(source, "w7")
    assert ">0.298371<" in line_of(source, "E")
    assert ">0.751365<" in line_of(source, "out_o1")
    assert ">0.05<" in line_of(source, "i1") and "grad" not in text_of(line_of(source, "i1"))
    assert "w5 × out_h1" in source and "0.01 − out_o1" in source and "^ 2" in source
    found = boxes(tape)
    assert all(found[f"w{k}"].gradient == one.grad for k, one in enumerate(w, 1))
    every = graph_of(tape).boxes
    assert all(box.value is not None for box in every)
    assert all(box.gradient is not None for box in every if box.role != "constant")


def test_show_leaves_out_what_is_not_asked_for():
    tape, *_ = network()
    assert ">0.0821670<" not in draw(tape, show="value").source
    assert ">0.4<" in draw(tape, show="value").source
    assert ">0.4<" not in draw(tape, show=["grad"]).source
    bare = draw(tape, show=()).source
    assert "value" not in text_of(line_of(bare, "w5")) and "<B>w5</B>" in bare


def test_roles_differ_in_outline_and_colour():
    class Parameter(Tensor):
        __slots__ = ()

    weight = Parameter(3.0, requires_grad=True, name="parameter")
    with ag.tape() as tape:
        inner = named(leaf(2.0, "leaf") * weight, "inner")
        named(inner + Tensor(1.0, name="constant"), "result")
    roles = {name: box.role for name, box in boxes(tape).items()}
    assert roles == {
        "leaf": "leaf", "parameter": "parameter", "constant": "constant", "inner": "operation", "result": "output",
    }  # fmt: skip
    source = draw(tape).source
    looks = [line_of(source, name).partition(">>, ")[2].partition(", class")[0] for name in roles]
    outlines = {re.sub(r'(fill)?color="[^"]*"', "", look) for look in looks}
    fills = {re.search(r'fillcolor="([^"]*)"', look).group(1) for look in looks}
    assert len(outlines) == len(fills) == 5


def test_leaf_on_a_tape_is_drawn_as_itself_with_its_recorded_value():
    w = leaf(3.0, "w")
    with ag.tape() as tape:
        y = w * w
    y.backward()
    w.data = 100.0
    graph = graph_of(tape)
    assert [box.role for box in graph.boxes] == ["leaf", "output"]
    assert (graph.boxes[0].value, graph.boxes[0].gradient) == (3.0, 6.0)
    assert [(edge.tail.key, edge.head.key, edge.argument) for edge in graph.edges] == [
        ("n0", "n1", "a"),
        ("n0", "n1", "b"),
    ]
    assert "alias" not in draw(tape).source


def test_from_a_tensor_what_is_still_known_is_shown():
    w, x = leaf(3.0, "w"), leaf(2.0, "x")
    inner = w * x
    y = named(inner * inner + 7.0, "y")
    inner.retain_grad()
    y.backward(retain_graph=True)
    graph = graph_of(y)
    by_role = {
        role: [box for box in graph.boxes if box.role == role] for role in ("leaf", "operation", "output", "constant")
    }
    assert {box.name: box.gradient for box in by_role["leaf"]} == {"w": 24.0, "x": 36.0}
    product, square = by_role["operation"]
    assert product.value == 6.0 and product.gradient == 12.0  # kept by the rule of the square
    assert square.value is None and square.gradient is None
    assert by_role["output"][0].value == 43.0
    assert by_role["constant"][0].remark == "not kept"
    assert "+ constant" in draw(y).source


def test_several_tensors_share_one_picture():
    w = leaf(3.0, "w")
    graph = graph_of([w * 2.0, w + 1.0, Tensor(5.0, name="alone"), w])
    assert [box.role for box in graph.boxes].count("output") == 2
    assert [box.name for box in graph.boxes].count("w") == 1
    assert boxes([w, Tensor(5.0, name="alone")])["alone"].role == "constant"


def test_a_tape_shows_what_was_recorded_before_it():
    before = named(leaf(2.0) * 3.0, "before")
    with ag.tape() as tape:
        before + 1.0
    box = boxes(tape)["before"]
    assert (box.role, box.remark) == ("gone", "recorded before the tape")
    assert len(graph_of(tape).boxes) == 3


def test_consumed_graph_says_what_is_gone():
    y = named(leaf(2.0, "x") * 3.0, "y")
    y.backward()
    graph = graph_of(y)
    assert [box.role for box in graph.boxes] == ["gone", "output"]
    source = draw(y).source
    assert "used up by backward" in source and ">6<" in source and "style=dashed" in source


def test_leaf_written_to_since_and_leaf_gone():
    w = leaf(2.0, "w")
    y = w * 3.0
    w.data = 5.0
    assert boxes(y)["w"].remark == "written to since"
    z = leaf(2.0, "z") + 3.0
    assert boxes(z)["z"].remark == "the Tensor is gone"
    assert "the Tensor is gone" in draw(z).source


def test_small_arrays_are_shown_entry_by_entry_and_large_ones_by_their_range():
    small = leaf(np.arange(12.0).reshape(3, 4) / 8, "small")
    large = leaf(np.linspace(-1, 1, 13, dtype=np.float32), "large")
    with ag.tape() as tape:
        (small * 2.0).backward(gradient=np.ones((3, 4)))
        (large * 2.0).backward(gradient=np.ones(13))
    source = draw(tape).source
    line = line_of(source, "small")
    assert line.count("<TR>") == 2 + 6 and ">1.375<" in line and ">2<" in line
    line = line_of(source, "large")
    assert "float32 (13,)" in line and ">−1 … 1<" in line and ">2<" in line


def test_edges_carry_shapes_where_they_change():
    x = leaf(np.ones((2, 3)), "x")
    with ag.tape() as tape:
        named(ag.broadcast_to(x * x, (5, 2, 3)), "wide")
    drawn = draw(tape).source.splitlines()
    edges = [line for line in drawn if "->" in line]
    assert [("(2, 3)" in line) for line in edges] == [False, False, True]
    assert edges[2].startswith("\tn1 -> n2 ")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (np.nan, "nan"),
        (np.inf, "inf"),
        (-np.inf, "−inf"),
        (np.zeros((0, 3)), "float64 (0, 3)"),
        (np.array([1.0, np.nan]), "nan"),
        (np.r_[np.arange(20.0), np.nan, np.inf], "0 … 19, 1 nan, 1 inf"),
        (np.full(20, np.nan), "20 nan"),
        (np.array(2.5), "2.5"),
        (np.array([True, False]), "True"),
        (np.array([1 + 2j] * 20), "complex128 (20,)"),
        (np.ones((1, 1, 1, 1)), "1"),
    ],
)
def test_unusual_values(value, shown):
    source = draw([Tensor(value, name="it"), leaf(1.0)]).source
    assert shown in text_of(line_of(source, "it"))
    assert b"</svg>" in layout(source, "svg")


def test_graph_of_one_leaf_and_empty_tape():
    assert [box.role for box in graph_of(leaf(1.0)).boxes] == ["leaf"]
    with ag.tape() as tape:
        pass
    assert "nothing was recorded" in draw(tape).source
    assert b"</svg>" in layout(draw(tape).source, "svg")


def test_static_arguments_are_shown_where_they_are_no_defaults():
    with ag.tape() as tape:
        ag.broadcast_to(leaf(1.0, "x"), (2, 2))
    assert "shape=(2, 2)" in draw(tape).source


def test_operands_of_unnamed_results_are_told_apart_where_order_matters():
    x = leaf(3.0, "x")
    marks = {symbol: len(re.findall(r'-> .*label=<.*>[ab]</FONT>', draw(y).source)) for symbol, y in {
        "−": (x * x) - (x + x), "÷": (x * x) / (x + x), "+": (x * x) + (x + x), "x −": x - (x + x),
    }.items()}  # fmt: skip
    assert marks == {"−": 2, "÷": 2, "+": 0, "x −": 0}


# -- modules -----------------------------------------------------------------------------------


def test_modules_are_nested_frames_with_their_parameters_inside():
    class Parameter(Tensor):
        __slots__ = ()

    x = Tensor(np.ones((2, 3)), name="images")
    weight = Parameter(np.ones((2, 3)), requires_grad=True, name="conv1.weight")
    with ag.tape() as tape, ag.scope("Net"):
        with ag.scope("conv1"):
            y = x * weight
        y + 1.0
    found = boxes(tape)
    assert found["conv1.weight"].scope == ("Net", "conv1")
    assert found["images"].scope == ()
    source = draw(tape).source
    lines = source.splitlines()
    outer = next(i for i, line in enumerate(lines) if "subgraph cluster_0" in line)
    inner = next(i for i, line in enumerate(lines) if "subgraph cluster_1" in line)
    assert "<B>Net</B>" in lines[outer + 1] and "<B>conv1</B>" in lines[inner + 1]
    weight_at = next(i for i, line in enumerate(lines) if "<B>weight</B>" in line)
    image_at = next(i for i, line in enumerate(lines) if "<B>images</B>" in line)
    assert image_at < outer < inner < weight_at
    assert source.count("{") == source.count("}")
    assert "rankdir=TB" in source and "rankdir=LR" in draw(tape, rankdir="LR").source


def test_a_layers_parameters_stand_on_both_sides_of_its_operation():
    class Parameter(Tensor):
        __slots__ = ()

    weight = Parameter(np.ones((1, 1, 2, 2)), requires_grad=True, name="weight")
    bias = Parameter(np.ones(1), requires_grad=True, name="bias")
    image = leaf(np.ones((1, 1, 3, 3)), "image")
    with ag.tape() as tape:
        ag.conv2d(image, weight, bias)
    edges = [line.strip() for line in draw(tape).source.splitlines() if "->" in line]
    assert [line[:8] for line in edges] == ["n0 -> n3", "n1 -> n3", "n3 -> n2"]
    assert ["minlen=0" in line for line in edges] == [False, True, True]
    assert ["dir=back" in line for line in edges] == [False, False, True]
    with ag.tape() as tape:
        ag.conv2d(ag.conv2d(image, weight, bias), weight, bias)
    assert "minlen=0" not in draw(tape).source  # what two layers share belongs beside neither


def test_a_transpose_is_named_after_what_it_transposes():
    weight = leaf(np.ones((3, 2)), "weight")
    assert "@ weightᵀ" in draw(leaf(np.ones((1, 2))) @ ag.transpose(weight)).source


def test_a_module_that_runs_twice_has_two_frames():
    with ag.tape() as tape:
        y = leaf(1.0)
        for _ in range(2):
            with ag.scope("pool"):
                y = y * 2.0
            y = y + 1.0
    frames = [box.frame for box in graph_of(tape).boxes if box.operation is not None]
    assert frames == [(("pool", 1),), (), (("pool", 2),), ()]
    assert "<B>pool</B>, run 2" in draw(tape).source


def test_very_deep_scopes_need_no_recursion():
    from contextlib import ExitStack

    with ag.tape() as tape, ExitStack() as stack:
        for depth in range(1500):
            stack.enter_context(ag.scope(f"s{depth}"))
        leaf(1.0) * 2.0
    assert draw(tape).source.count("subgraph") == 1500


# -- names -------------------------------------------------------------------------------------

NASTY = [
    'say "hi"',
    "<b>bold</b>",
    "a & b &lt; c",
    "back\\slash \\N \\",
    "two\nlines\ttab",
    "∂E/∂w₅ 漢字 🙂",
    "x" * 100_000,
    "\x00\x1b[31m\ud800",
    "]; evil [label=x",
    "-->",
    " ",
    ".",
    "",
]


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_names_are_shown_as_they_are_and_do_no_harm(name):
    w = leaf(2.0, name)
    with ag.tape() as tape, ag.scope(name):
        named(w * 3.0, name)
    source = draw(tape).source
    assert len(source) < 8_000
    source.encode()
    svg = ElementTree.fromstring(layout(source, "svg"))
    texts = ["".join(one.itertext()) for one in svg.iter("{http://www.w3.org/2000/svg}text")]
    if 0 < len(name.strip()) <= 32 and name.isprintable():
        assert any(name.strip() == text.replace("\xa0", " ").removesuffix("⁽¹⁾") for text in texts)
    groups = [one.get("class").split()[0] for one in svg.iter("{http://www.w3.org/2000/svg}g") if one.get("class")]
    assert (groups.count("node"), groups.count("edge"), groups.count("cluster")) == (2, 1, 1)
    assert not list(svg.iter("{http://www.w3.org/2000/svg}script"))


def test_long_names_end_in_an_ellipsis():
    line = line_of(draw(leaf(1.0, "n" * 100_000)).source, "n" * 31 + "…")
    assert len(line) < 1_500


# -- shape of the result -----------------------------------------------------------------------


def test_the_same_graph_gives_the_same_source():
    one, two = draw(network()[0]).source, draw(network()[0]).source
    assert one == two
    assert not re.search("0x[0-9a-f]{6}", one)
    first = network()
    with ag.no_grad():
        for w in first[2]:
            w.data = w.data.copy()  # a later write moves the leaf's birth
    assert draw(first[0]).source == one


@pytest.mark.slow
def test_ten_thousand_operations_and_no_recursion():
    w = y = leaf(1.0, "w")
    for _ in range(10_000):
        y = y * w
    picture = draw(y)
    assert len(picture.graph.boxes) == 10_001
    assert len(picture.graph.edges) == 20_000
    assert draw(y, limit=None).source.count(" -> ") == 20_000


def test_importing_autograd_does_not_import_graphviz():
    code = "import sys, autograd; assert not {'graphviz', 'pygraphviz'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("x", "kwargs", "error", "says"),
    [
        (3.0, {}, TypeError, "the argument is a float"),
        ([3.0], {}, TypeError, "item 0 is a float"),
        ([], {}, ValueError, "the list is empty"),
        (Tensor(1.0), {"rankdir": "up"}, ValueError, "rankdir: 'up'"),
        (Tensor(1.0), {"show": ("colour",)}, ValueError, "unknown: 'colour'"),
    ],
)
def test_wrong_arguments(x, kwargs, error, says):
    with pytest.raises(error, match=re.escape(says)):
        draw(x, **kwargs)
