"""Pages that open in practice mode."""

import json
import re

import pytest

import autograd as ag


@pytest.fixture(scope="module")
def tape():
    w, x = ag.Tensor(0.4, requires_grad=True, name="w"), ag.Tensor(0.9, requires_grad=True, name="x<")
    with ag.tape() as recorded:
        h = ag.sigmoid(w * x)
        E = 0.5 * (0.3 - h) ** 2  # noqa: F841
    return recorded


def content(path):
    (text,) = re.findall(r'<script type="application/json" id="content">(.*?)</script>', path.read_text("utf-8"))
    return json.loads(text)


def test_a_page_opens_in_practice_mode_with_hints(tape, tmp_path):
    data = content(ag.draw(tape).export(tmp_path / "step.html", practice=True))
    assert data["practice"] is True and "asked" not in data
    hints = [hint for step in data["steps"] for one in step["to"] for hint in one.get("hints", ())]
    assert all(isinstance(number, float) and words for number, words in hints)
    assert "the derivative of h (sigmoid) is left out" in {words for _, words in hints}


def test_only_leaves_that_are_named_are_asked_for(tape, tmp_path):
    assert content(ag.draw(tape).export(tmp_path / "step.html", practice=["w"]))["asked"] == ["w"]


def test_by_default_there_is_no_practice_and_no_hint(tape, tmp_path):
    data = content(ag.draw(tape).export(tmp_path / "step.html"))
    assert "practice" not in data and not any("hints" in one for step in data["steps"] for one in step["to"])


def test_a_graph_that_is_on_no_tape_has_no_hints(tmp_path):
    w = ag.Tensor(0.4, requires_grad=True, name="w")
    data = content(ag.draw(w * w).export(tmp_path / "step.html", practice=True))
    assert data["practice"] is True and not any("hints" in one for step in data["steps"] for one in step["to"])


def test_pictures_have_no_practice_mode(tape, tmp_path):
    with pytest.raises(ValueError, match="only a page"):
        ag.draw(tape).export(tmp_path / "graph.dot", practice=True)
