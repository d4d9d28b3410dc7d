"""Pictures of large graphs: modules as boxes, repeated layers with a count, the middle left out."""

import re

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.drawing import draw
from autograd.drawing.folding import ENDS, fold
from autograd.drawing.graph import graph_of
from autograd.drawing.layout import layout


def taped(module, *inputs):
    with ag.tape() as tape:
        module(*[ag.Tensor(x, name="x") for x in inputs])
    return tape


def titles(graph):
    """What each box is, in order: the names of modules with their counts, the operations, the roles of the rest."""
    found = []
    for box in graph.boxes:
        if box.role == "module":
            last = ".".join(box.folded.last[1:]) or box.folded.last[0]
            name = box.name if last == box.name else f"{box.name}…{last}"
            found.append(f"{name} × {box.folded.count}" if box.folded.count > 1 else name)
        else:
            found.append(box.operation.name if box.operation is not None else box.name or box.role)
    return found


def ways(graph):
    names = dict(zip(graph.boxes, titles(graph), strict=True))
    return [(names[edge.tail], names[edge.head]) for edge in graph.edges]


def small_image(*shape):
    return np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


# -- modules -----------------------------------------------------------------------------------


def test_depth_folds_modules_to_boxes():
    graph = graph_of(taped(nn.models.LeNet5(), small_image(2, 1, 28, 28)))
    assert titles(fold(graph, depth=0)) == ["x", "LeNet5"]
    one = fold(graph, depth=1)
    between = ["relu", "max_pool2d"]
    assert titles(one) == [
        "x", "conv1", *between, "conv2", *between, "reshape", "fc1", "relu", "fc2", "relu", "fc3",
    ]  # fmt: skip
    assert len(ways(one)) == len(one.boxes) - 1
    assert fold(graph) is graph


def test_a_folded_box_says_what_is_in_it():
    drawing = draw(taped(nn.models.LeNet5(), small_image(2, 1, 28, 28)), depth=1)
    box = next(box for box in drawing.drawn.boxes if box.name == "conv2")
    folded = box.folded
    assert (folded.kind, folded.operations, folded.operation.name) == ("Conv2d", 1, "conv2d")
    assert folded.parameters == 16 * 6 * 25 + 16
    assert box.like == ((2, 16, 10, 10), np.float32)
    assert box.bytes == 2 * 6 * 14 * 14 * 4  # its input; the weights live on without the graph
    (line,) = [line for line in drawing.source.splitlines() if "<B>conv2</B>" in line]
    text = re.sub("<[^>]*>", "", line)
    for part in ("Conv2d", "float32 (2, 16, 10, 10)", "conv2d", "2,416 parameters", "keeps 9.41 kB"):
        assert part in text
    assert "LeNet5.conv2 Conv2d" in line.partition("tooltip=")[2]


def test_all_parameters_and_all_memory_are_counted_once():
    net = nn.models.ResNet20()
    graph = graph_of(taped(net, small_image(2, 3, 32, 32)))
    whole = fold(graph, depth=0).boxes[-1]
    assert whole.folded.parameters == net.num_parameters()
    assert whole.folded.operations == sum(box.operation is not None for box in graph.boxes)
    memory = {}
    for box in graph.boxes:
        memory.update(box.memory)
    assert whole.bytes == sum(memory.values()) > 0
    parts = [box for box in fold(graph, depth=1).boxes if box.operation or box.folded]
    assert sum(box.folded.parameters for box in parts if box.folded) == net.num_parameters()


def test_edges_between_folded_boxes_have_the_shapes_of_what_goes_along_them():
    tape = taped(nn.models.ResNet20(), small_image(2, 3, 32, 32))
    drawn = draw(tape, depth=1).drawn
    edge = next(edge for edge in drawn.edges if edge.head.name == "layer2")
    assert edge.tail.name == "layer1" and edge.like[0] == (2, 16, 32, 32) and edge.changes_shape
    (line,) = [
        line for line in draw(tape, depth=1).source.splitlines() if f"{edge.tail.key} -> {edge.head.key} " in line
    ]
    assert "(2, 16, 32, 32)" in line


def test_a_module_of_one_operation_is_one_box_at_any_depth():
    graph = graph_of(taped(nn.models.LeNet5(), small_image(2, 1, 28, 28)))
    assert titles(fold(graph, depth=9)) == titles(fold(graph, depth=1))


def test_the_result_of_a_module_is_what_leaves_it():
    x = ag.Tensor(2.0, requires_grad=True, name="x")
    with ag.tape() as tape:
        with ag.scope("part", "Part"):
            y = x * 3.0
            y * 100.0  # used by nobody: an output too, and younger
            z = y + 1.0
        z * 5.0
    box = next(box for box in fold(graph_of(tape), depth=0).boxes if box.role == "module")
    assert box.value == 7.0 and box.folded.kind == "Part" and box.folded.output


def test_nothing_is_a_cycle_where_modules_run_again():
    x = ag.Tensor(2.0, requires_grad=True, name="x")
    with ag.tape() as tape:
        with ag.scope("a"):
            y = x * 3.0
            y = y * y
        y = y + 1.0
        with ag.scope("a"):
            y = y * 2.0 + x
    drawn = fold(graph_of(tape), depth=0)
    place = {box: i for i, box in enumerate(drawn.boxes)}
    assert [box.role for box in drawn.boxes].count("module") == 2
    assert all(place[edge.tail] < place[edge.head] for edge in drawn.edges)


# -- what is repeated --------------------------------------------------------------------------


class Steps(nn.Module):
    """Four runs of one cell, each followed by tanh and + 1, between two other layers."""

    def __init__(self):
        super().__init__()
        self.into = nn.Linear(4, 8)
        self.cell = nn.Linear(8, 8)
        self.out = nn.Linear(8, 2)

    def forward(self, x):
        x = self.into(x)
        for _ in range(4):
            x = nn.functional.tanh(self.cell(x)) + 1.0
        return self.out(x)


def test_equal_blocks_in_a_row_are_one_box_with_a_count():
    drawn = fold(graph_of(taped(nn.models.ResNet20(), small_image(2, 3, 32, 32))), depth=2)
    assert titles(drawn) == [
        "x", "conv1", "bn1", "layer1.0…layer1.2 × 3", "layer2.0", "layer2.1…layer2.2 × 2", "layer3.0",
        "layer3.1…layer3.2 × 2", "mean", "fc",
    ]  # fmt: skip
    assert len(drawn.edges) == len(drawn.boxes) - 1
    box = drawn.boxes[3]
    assert (box.folded.operations, box.folded.parameters) == (6, 2 * 16 * 16 * 9 + 64)
    source = draw(taped(nn.models.ResNet20(), small_image(2, 3, 32, 32)), depth=2).source
    assert "<B> × 3</B>" in source and "each 6 operations" in source and "BasicBlock" in source


def test_runs_of_one_layer_are_one_box_with_its_parameters_once():
    drawn = fold(graph_of(taped(Steps(), small_image(3, 4))), depth=1)
    assert titles(drawn) == ["x", "into", "cell × 4", "tanh", "constant", "add", "out"]
    cell = drawn.boxes[2]
    assert cell.folded.parameters == 8 * 8 + 8 and cell.folded.path == cell.folded.last
    assert cell.frame[-1] == ("× 4", 0)
    source = draw(taped(Steps(), small_image(3, 4)), depth=1).source
    assert "72 shared parameters" in source and "<B>× 4</B>" in source and "<B> × 4</B>" not in source


def test_values_of_what_is_repeated_are_those_of_the_last():
    tape = taped(Steps(), small_image(3, 4))
    last = [node for node in tape if node.operation.name == "add"][-1]
    drawn = fold(graph_of(tape), depth=1)
    assert drawn.boxes[5].value is last.note.value and drawn.boxes[5].name == "x"


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x):
        return nn.functional.relu(self.inner(x))


class Pair(nn.Module):
    """Two cells that ``how`` puts together."""

    def __init__(self, how):
        super().__init__()
        self.first, self.second, self.how = Cell(), Cell(), how

    def forward(self, x):
        return self.how(self.first, self.second, x)


@pytest.mark.parametrize(
    ("how", "merged"),
    [
        (lambda one, two, x: two(one(x)), True),
        (lambda one, two, x: one(x) + two(x), False),  # side by side
        (lambda one, two, x: (lambda y: y + two(y))(one(x)), False),  # the first is used after the second too
        (lambda one, two, x: two(one(x) * 2.0), False),  # something between
        (lambda one, two, x: two(one(x)[:2]), False),  # other shapes
    ],
)
def test_only_what_is_fed_by_the_one_before_is_repeated(how, merged):
    drawn = fold(graph_of(taped(Pair(how), small_image(3, 4))), depth=1)
    assert any(box.folded and box.folded.count > 1 for box in drawn.boxes) is merged


def test_an_earlier_output_ends_what_is_repeated():
    net = nn.Sequential(Cell(), Cell(), Cell(), Cell())
    with ag.tape() as tape, ag.scope("Net"):
        x = ag.Tensor(small_image(3, 4), name="x")
        x = net[1](net[0](x))
        x.sum()
        net[3](net[2](x))
    drawn = fold(graph_of(tape), depth=1)
    assert titles(drawn) == ["x", "0…1 × 2", "sum", "2…3 × 2"]


def test_operations_alone_are_never_folded_as_repeated():
    y = ag.Tensor(2.0, requires_grad=True, name="w")
    for _ in range(20):
        y = ag.sin(y)
    assert len(fold(graph_of(y), depth=0).boxes) == 21


# -- lines of the program ----------------------------------------------------------------------


def neurons():
    """A net of single numbers without a module: 2 layers, 2 data points."""
    values = iter(np.linspace(-1, 1, 18))
    layers = [
        [[ag.Tensor(next(values), requires_grad=True) for _ in range(n + 1)] for _ in range(m)]
        for n, m in ((3, 3), (3, 1))
    ]
    with ag.tape() as tape:
        loss = 0
        for row, target in (([2.0, 3.0, -1.0], 1.0), ([3.0, -1.0, 0.5], -1.0)):
            x = [ag.Tensor(value) for value in row]
            for layer in layers:
                out = []
                for *w, b in layer:
                    act = sum([wi * xi for wi, xi in zip(w, x, strict=True)], b)
                    out.append(ag.tanh(act))
                x = out
            loss = loss + (x[0] - target) ** 2
    loss.backward()
    return tape, loss


def test_past_the_limit_each_line_of_a_program_without_modules_is_one_box():
    tape, loss = neurons()
    drawing = draw(tape)
    whole, drawn = drawing.graph, drawing.drawn
    assert len(whole.boxes) > 60 > len(drawn.boxes)
    assert drawn.notes == [f"{len(whole.boxes)} boxes are more than the limit of 60: each line of the program folded"]
    lines = [box for box in drawn.boxes if box.role == "module"]
    assert [box.name for box in lines] == [
        "act⁽¹⁾",
        "act⁽²⁾",
        "act⁽³⁾",
        "act⁽⁴⁾",
        "loss⁽¹⁾",
        "act⁽⁵⁾",
        "act⁽⁶⁾",
        "act⁽⁷⁾",
        "act⁽⁸⁾",
        "loss⁽²⁾",
    ]
    assert lines[0].folded.operations == 6 and lines[0].folded.kind.startswith("= sum([wi * xi")
    assert lines[-1].value == loss.data and lines[-1].gradient == 1 and lines[-1].folded.output
    skipped = [box.name for box in drawn.boxes if box.role == "skipped"]
    assert skipped.count("4 leaves") == 4 and skipped.count("3 constants") == 2
    place = {box: i for i, box in enumerate(drawn.boxes)}
    assert all(place[edge.tail] < place[edge.head] for edge in drawn.edges)
    assert sum(len(edge.parts) for edge in drawn.edges) < len(whole.edges)
    assert len(draw(tape, limit=None).drawn.boxes) == len(whole.boxes)


# -- limits ------------------------------------------------------------------------------------


def test_past_the_limit_modules_are_folded_and_the_picture_says_so():
    net = nn.Sequential(
        *[nn.Sequential(nn.Linear(4, 4 + i % 3), nn.ReLU(), nn.Linear(4 + i % 3, 4)) for i in range(20)]
    )
    tape = taped(net, small_image(2, 4))
    drawing = draw(tape, limit=50)
    assert len(drawing.graph.boxes) == 141 and len(drawing.drawn.boxes) < 50
    said = "141 boxes are more than the limit of 50: modules folded at depth 1"
    assert drawing.drawn.notes == [said] and said in drawing.source
    assert said.encode() in layout(drawing.source, "svg").replace(b"&#45;", b"-")
    assert draw(tape, limit=141).drawn.notes == [] and len(draw(tape, limit=None).drawn.boxes) == 141


def test_the_deepest_fold_that_fits_is_taken():
    graph = graph_of(taped(nn.models.ResNet20(), small_image(1, 3, 32, 32)))
    sizes = [len(fold(graph, depth).boxes) for depth in (0, 1, 2)]
    assert sizes == sorted(sizes)
    assert [len(fold(graph, None, limit).boxes) for limit in (2, 12, 40)] == sizes
    assert len(fold(graph, 3, 12).boxes) == sizes[1]  # a depth that was asked for gives way too


def test_a_long_chain_keeps_its_ends():
    w = y = ag.Tensor(1.0, requires_grad=True, name="w")
    for _ in range(1000):
        y = y * w
    drawing = draw(y)
    drawn = drawing.drawn
    ends = 60 // 8  # of ENDS at most
    assert titles(drawn)[1 : ends + 1] == ["multiply"] * ends and len(drawn.boxes) == 2 * ends + 2
    assert drawn.boxes[ends + 1].role == "skipped" and drawn.boxes[ends + 1].folded.operations == 1000 - 2 * ends
    assert "… 986 operations …" in drawing.source
    assert drawn.notes == ["1,001 boxes are more than the limit of 60: 986 operations left out"]
    assert drawing.drawn.boxes[-1].role == "output"
    for limit in (1, 2, 3, 20):
        layout(draw(y, limit=limit).source, "svg")


def test_sources_that_only_the_middle_uses_are_left_out_with_it():
    y = 1.0
    for i in range(600):
        y = y * ag.Tensor(1.0, requires_grad=True, name=f"w{i}") + 0.5
    drawn = draw(y, limit=500).drawn
    stub = next(box for box in drawn.boxes if box.role == "skipped")
    assert stub.name.startswith(f"{1200 - 2 * ENDS:,} operations and ") and "leaves" in stub.name
    assert len(drawn.boxes) < 6 * ENDS


def test_many_leaves_of_one_operation_are_left_out():
    drawing = draw(ag.stack([ag.Tensor(float(i), requires_grad=True, name=f"w{i}") for i in range(1000)]))
    assert len(drawing.drawn.boxes) == 2 * (60 // 8) + 2
    assert drawing.drawn.notes == ["1,001 boxes are more than the limit of 60: 986 leaves left out"]


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_many_thousand_operations(count):
    w = y = ag.Tensor(1.0, requires_grad=True, name="w")
    for _ in range(count):
        y = y * w
    source = draw(y).source
    assert f"… {count - 14:,} operations …" in source and len(source) < 40_000


def test_folding_changes_nothing_of_the_whole_graph():
    tape = taped(Steps(), small_image(3, 4))
    graph = graph_of(tape)

    def state():
        return [(box.key, box.role, box.name, box.frame) for box in graph.boxes], [repr(edge) for edge in graph.edges]

    before = state()
    for depth in (0, 1, 2):
        fold(graph, depth)
    fold(graph, None, 5)
    assert state() == before and graph.notes == []


def test_the_same_model_gives_the_same_source():
    def source():
        nn.manual_seed(3)
        return draw(taped(nn.models.ResNet20(), small_image(1, 3, 32, 32)), depth=2, limit=8).source

    assert source() == source()


def test_hostile_names_of_modules_and_classes_do_no_harm():
    hostile = type('<script>alert(1)</script>"&\n]', (Cell,), {})
    net = nn.Module()
    net.add_module('a"]; evil <b>&', hostile())
    net.add_module("n" * 100_000, hostile())
    net.forward = lambda x: [child(x) for child in net.children()]
    drawing = draw(taped(net, small_image(2, 4)), depth=1)
    svg = layout(drawing.source, "svg").decode()
    assert "<script" not in svg and "alert(1)" in svg and len(drawing.source) < 10_000
    assert "nnn…" in svg
