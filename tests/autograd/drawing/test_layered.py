"""Our own layout: on random graphs no two boxes overlap and no arrow crosses a box or a label that is not its own."""

import random
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.drawing.layered import layered
from autograd.drawing.svg import svg

NEAR = 1e-6


def random_graph(seed):
    """(boxes, edges, frames, way, page, beside) for ``layered``: frames within frames, labels, edges far across."""
    draw = random.Random(seed)
    count = draw.randint(1, 30)
    paths = [()]
    for number in range(draw.randint(0, 4)):
        paths.append((*draw.choice(paths), f"frame {number}"))
    boxes = {
        f"n{i}": (draw.randint(20, 150), draw.randint(15, 60), draw.choice(paths) if draw.random() < 0.6 else ())
        for i in range(count)
    }
    edges = []
    for i in range(1, count):
        for _ in range(draw.choice([0, 1, 1, 2, 2, 3])):
            tail = draw.randint(max(0, i - draw.choice([3, 10, 40])), i - 1)
            edges.append((f"n{tail}", f"n{i}", (draw.randint(20, 60), 10) if draw.random() < 0.2 else None))
    beside = {}
    for i in range(draw.choice([0, 0, 3])):  # parameters, one or two at a box
        key = f"p{i}"
        head = f"n{draw.randrange(count)}"
        boxes[key] = (draw.randint(20, 90), draw.randint(15, 40), boxes[head][2])
        side = draw.random() < 0.5
        if not any(edges[number][1] == head and beside[number] == side for number in beside):
            beside[len(edges)] = side
        edges.append((key, head, None))
    frames = {path: (draw.randint(20, 150), 16) for path in paths if path}
    page = draw.choice([300, 1400]), draw.choice([200, 1000])
    return boxes, edges, frames, draw.choice(["TB", "LR", "BT", "RL"]), page, beside


def points_of(way, steps=10):
    """Points along the curves of a way."""
    found = []
    for at in range(0, len(way) - 3, 3):
        a, b, c, d = (np.array(point) for point in way[at : at + 4])
        for t in np.linspace(0, 1, steps):
            found.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
    return np.array(found)


def around(middle, size):
    """(left, top, right, bottom)"""
    return middle[0] - size[0] / 2, middle[1] - size[1] / 2, middle[0] + size[0] / 2, middle[1] + size[1] / 2


def apart(a, b):
    return a[2] <= b[0] + NEAR or b[2] <= a[0] + NEAR or a[3] <= b[1] + NEAR or b[3] <= a[1] + NEAR


def crosses(points, place, least=0.5):
    x, y = points.T
    left, top, right, bottom = place
    inside = (x > left + least) & (x < right - least) & (y > top + least) & (y < bottom - least)
    return bool(inside.any())


def check(boxes, edges, frames, rankdir, page, beside):
    where = layered(boxes, edges, frames, rankdir, page, beside)
    places = {key: around(where.boxes[key], boxes[key]) for key in boxes}
    labels = [around(at, label) if at else None for at, (_, _, label) in zip(where.labels, edges, strict=True)]
    things = [*places.values(), *[one for one in labels if one]]
    for i, one in enumerate(things):
        assert one[0] > -NEAR and one[1] > -NEAR and one[2] < where.size[0] + NEAR and one[3] < where.size[1] + NEAR
        assert all(apart(one, other) for other in things[:i])
    for number, ((tail, head, label), way) in enumerate(zip(edges, where.ways, strict=True)):
        assert (labels[number] is None) == (label is None) and len(way) > 3 and len(way) % 3 == 1
        for (x, y), (left, top, right, bottom) in ((way[0], places[tail]), (way[-1], places[head])):
            assert left - NEAR <= x <= right + NEAR and top - NEAR <= y <= bottom + NEAR
            assert min(abs(x - left), abs(x - right), abs(y - top), abs(y - bottom)) < NEAR
        points = points_of(way)
        assert not any(crosses(points, place) for key, place in places.items() if key not in (tail, head))
        assert not any(crosses(points, place) for place in labels if place)
    for path, (x, y, width, height) in where.frames.items():
        for key, (_, _, inner) in boxes.items():
            if inner[: len(path)] == path:
                left, top, right, bottom = places[key]
                assert x <= left and y <= top and right <= x + width and bottom <= y + height
            elif path[-1] not in inner:
                assert apart(places[key], (x, y, x + width, y + height))


@pytest.mark.parametrize("seed", range(12))
def test_nothing_overlaps_and_no_arrow_crosses_a_box(seed):
    check(*random_graph(seed))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 400, 50))
def test_nothing_overlaps_on_many_graphs(start):
    for seed in range(start, start + 50):
        check(*random_graph(seed))


def test_a_tree_has_no_crossings_and_a_chain_is_straight():
    chain = layered({f"{i}": (40, 20, ()) for i in range(5)}, [(f"{i}", f"{i + 1}", None) for i in range(4)])
    assert len({x for x, _ in chain.boxes.values()}) == 1
    boxes = {f"{i}": (40, 20, ()) for i in range(15)}
    tree = layered(boxes, [(f"{i}", f"{(i - 1) // 2}", None) for i in range(14, 0, -1)])
    leaves = sorted(range(7, 15), key=lambda i: tree.boxes[f"{i}"][0])
    assert all(abs(leaves.index(i + 1) - leaves.index(i)) == 1 for i in (7, 9, 11, 13))


def test_what_is_long_is_wrapped_to_the_page():
    boxes = {f"{i}": (80, 30, ()) for i in range(100)}
    edges = [(f"{i}", f"{i + 1}", None) for i in range(99)]
    for rankdir in ("TB", "LR"):
        width, height = layered(boxes, edges, rankdir=rankdir).size
        assert width < 1.3 * 1400 and height < 1.3 * 1000


def test_a_frame_that_a_way_leaves_and_comes_back_to_is_left_out():
    boxes = {"a": (20, 20, ("f",)), "b": (20, 20, ()), "c": (20, 20, ("f",))}
    where = layered(boxes, [("a", "b", None), ("b", "c", None)], {("f",): (30, 10)})
    assert where.frames == {} and set(where.boxes) == {"a", "b", "c"}
    assert layered({}, []).size == (0.0, 0.0)


# -- the picture -------------------------------------------------------------------------------


def pictures():
    w = ag.Tensor(3.0, requires_grad=True, name="w<&")
    with ag.tape() as tape:
        y = w * w + ag.Tensor(w.data, name="cöpy")
    y.backward()
    yield ag.draw(tape, direction="both", rankdir="BT")
    yield ag.draw(tape, direction="backward", show=("value", "grad", "formula", "local", "where", "kept"))
    with ag.tape() as empty:
        pass
    yield ag.draw(empty)
    yield ag.draw(nn.models.LeNet(), np.zeros((1, 1, 8, 8), np.float32))
    yield ag.draw(nn.models.LeNet(), np.zeros((1, 1, 8, 8), np.float32), depth=1, rankdir="LR")


def test_an_svg_has_every_box_arrow_and_word():
    for picture in pictures():
        drawn = picture.picture
        root = ElementTree.fromstring(svg(drawn))
        space = "{http://www.w3.org/2000/svg}"
        kinds = [one.get("class", "").split()[0] for one in root.iter(f"{space}g") if one.get("class")]
        assert kinds.count("node") == len(drawn.shapes) and kinds.count("edge") == len(drawn.arrows)
        assert kinds.count("cluster") == len(drawn.frames)
        texts = {"".join(one.itertext()) for one in root.iter(f"{space}text")}
        for shape in drawn.shapes:
            assert shape.box.name is None or any(shape.box.name.rpartition(".")[2] in text for text in texts)
        if not drawn.shapes:
            assert texts == {"nothing was recorded"}
        assert not list(root.iter(f"{space}script"))
