"""Laws of pictures over every declared operation: each is drawn, windows show what they computed, and what is fused is
drawn like its parts."""

import base64
import json
from itertools import product

import numpy as np
import pytest
from registry_cases import cases, operations, params

import autograd as ag
from autograd.cases import random_like
from autograd.declaration import registry
from autograd.drawing.graph import graph_of
from autograd.drawing.labels import tooltip
from autograd.drawing.page.arrays import DETAILS
from autograd.drawing.page.content import Content
from autograd.drawing.page.steps import steps_of
from autograd.drawing.page.windows import making

differentiable = [case for case in cases if case.differentiable]


def recorded(case):
    """(the tape of a call, and of a walk backward)"""
    with ag.tape() as tape, np.errstate(all="ignore"):
        y = case.call(case.leaves())
    y.backward(random_like(y.data, case.rng("seed")))
    return tape


def content(tape):
    """What the page of a tape would know, as its script reads it."""
    return json.loads(json.dumps(Content(graph_of(tape)).at(DETAILS[0]), allow_nan=False))


def box_of(content, op):
    """The box of an operation, in which its overlay is."""
    return next(box for box in content["boxes"] if box.get("operation") == op.name)


@pytest.mark.parametrize("case", params(differentiable))
def test_every_operation_is_drawn(case):
    tape = recorded(case)
    show = ("value", "grad", "shape", "kept", "formula", "local", "where")
    source = ag.draw(tape, show=show, direction="both").source
    assert case.op.name in source or case.op.symbol in source
    known = content(tape)
    assert box_of(known, case.op) and known["operations"][case.op.name]["formula"]


# -- windows -----------------------------------------------------------------------------------

sliding = [case for case in differentiable if making(case.op) is not None]


def numbers(text):
    return np.frombuffer(base64.b64decode(text), "<f4").astype(float)


def volume(windows, name, channels):
    axes = windows["out"] if name in ("y", "g") else windows["image"]
    return numbers(windows[name]).reshape(channels, *axes)


def pixel(windows, window, tap):
    at = np.array(window) * windows["stride"] + np.array(tap) * windows["dilation"] - windows["before"]
    inside = np.all(at >= 0) and np.all(at < windows["image"])
    return tuple(at) if inside else None


def test_convolutions_and_max_pools_of_every_rank_are_there():
    names = {case.op.name for case in sliding}
    assert {f"{kind}{rank}d" for kind, rank in product(["conv", "max_pool"], [1, 2, 3])} <= names


@pytest.mark.parametrize("case", sliding, ids=lambda case: case.id)
def test_windows_show_what_was_computed(case):
    """From the numbers on the page alone: each pixel of the result, and for a pooling the pixel that won."""
    tape = recorded(case)
    windows = box_of(content(tape), case.op).get("windows")
    y = np.asarray(tape.nodes[-1].note.value)
    if windows is None:
        assert y.size == 0 or y.ndim < 3  # no image of the batch, or no channels
        return
    size = [range(n) for n in windows["size"]]
    if windows["kind"] == "max":
        channels = windows["channels"][0]
        x, y = volume(windows, "x", channels), volume(windows, "y", channels)
        winners = np.reshape(windows["winners"], y.shape)
        for c, *window in np.ndindex(y.shape):
            seen = [at for tap in product(*size) if (at := pixel(windows, window, tap)) is not None]
            winner = np.unravel_index(winners[c, *window], windows["image"])
            assert winner in seen and x[c, *winner] == y[c, *window] == max(x[c, *at] for at in seen)
        return
    inputs, outputs = windows["channels"][0], windows["outputs"][0]
    x, y = volume(windows, "x", inputs), volume(windows, "y", outputs)
    w = numbers(windows["w"]).reshape(outputs, -1, *windows["size"])
    b = numbers(windows["b"]) if windows.get("b") else np.zeros(outputs)
    depth, per_group = w.shape[1], outputs // windows["groups"]
    for o, *window in np.ndindex(y.shape):
        taps = [(tap, at) for tap in product(*size) if (at := pixel(windows, window, tap)) is not None]
        first = o // per_group * depth
        total = sum(w[o, c, *tap] * x[first + c, *at] for c in range(depth) for tap, at in taps)
        assert total + b[o] == pytest.approx(y[o, *window], rel=1e-5, abs=1e-5)


# -- what is fused -----------------------------------------------------------------------------


@pytest.mark.parametrize("op", [op for op in operations if op.made_of], ids=lambda op: op.name)
def test_what_is_fused_names_its_parts(op):
    """In the tooltip of its box, and on the page with the formula of each."""
    case = next(case for case in differentiable if case.op is op)
    tape = recorded(case)
    graph = graph_of(tape)
    box = next(box for box in graph.boxes if box.operation is op)
    assert f"made of {', '.join(part.name for part in op.made_of)}" in tooltip(box)
    parts = content(tape)["operations"][op.name]["parts"]
    assert [name for name, _ in parts] == [part.name for part in op.made_of]
    assert all(formula for _, formula in parts)


def test_the_numbers_of_a_local_derivative_are_there_if_all_parts_have_them():
    shown = {}
    for case in differentiable:
        if case.op.made_of and case.op.reference is None and np.ndim(case.call(case.arrays)):
            steps, _, _ = steps_of(graph_of(recorded(case)))
            shown[case.op.name] = any(one.local is not None for step in steps for one in step.to)
    assert shown["dropout"] and not shown["linear"] and not shown["log_softmax"]


@pytest.fixture
def rectified():
    """A fused operation with a window among its parts."""

    def in_parts(x, weight):
        return ag.relu(ag.conv2d(x, weight, stride=2, padding=1))

    def by(x, weight, g, wanted):
        given = [ag.Tensor(one, requires_grad=True) for one in (x, weight)]
        return ag.gradients(in_parts(*given), given, gradient=g)[wanted]

    yield ag.operation(
        "rectified_convolution",
        lambda x, weight: np.maximum(ag.conv2d(x, weight, stride=2, padding=1), 0),
        made_of=[ag.conv2d, ag.relu],
        parts=in_parts,
        rules=[ag.rule(lambda g, x, weight: by(x, weight, g, 0)), ag.rule(lambda g, x, weight: by(x, weight, g, 1))],
    )
    del registry["rectified_convolution"]


def test_a_window_within_what_is_fused_is_shown_as_by_itself(rectified):
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(2, 3, 5, 5)), rng.normal(size=(2, 3, 3, 3))
    seed = rng.normal(size=(2, 2, 3, 3))
    shown = []
    for run in (rectified, lambda x, w: ag.relu(ag.conv2d(x, w, stride=2, padding=1))):
        x, w = [ag.Tensor(one, requires_grad=True) for one in arrays]
        with ag.tape() as tape:
            y = run(x, w)
        y.backward(seed)
        length = len(tape)
        (windows,) = [box["windows"] for box in content(tape)["boxes"] if "windows" in box]
        assert len(tape) == length  # running the parts once more leaves no trace
        shown.append(windows)
    assert shown[0] == shown[1] and shown[0]["g"] and shown[0]["dx"]


def test_a_fused_operation_without_a_formula_says_what_it_is_made_of(rectified):
    y = rectified(ag.Tensor(np.ones((1, 1, 4, 4)), requires_grad=True), np.ones((1, 1, 3, 3)))
    assert "made of conv2d, relu" in ag.draw(y, show="formula").source
