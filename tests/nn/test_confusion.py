"""nn.confusion_matrix, nn.worst_mistakes, and their pictures."""

import importlib.util
import io
import sys

import numpy as np
import pytest

import autograd as ag
import nn

SCORES = np.array([[3.0, 0, 0], [0, 1, 0], [0, 0, 9], [1, 5, 0], [0, 2, 1], [2, 0, 1]])
LABELS = np.array([0, 1, 0, 0, 2, 0])
BATCHES = [(SCORES[:4], LABELS[:4]), (SCORES[4:], LABELS[4:])]

plotting = pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="matplotlib is not installed")


def test_rows_are_true_classes_and_columns_what_they_are_taken_for():
    found = nn.confusion_matrix(nn.Identity(), BATCHES)
    assert found.tolist() == [[2, 1, 1], [0, 1, 0], [0, 1, 0]]
    assert found.dtype.kind == "i" and found.sum() == len(LABELS)


def test_the_worst_come_first_whatever_the_batches_are():
    found = nn.worst_mistakes(nn.Identity(), BATCHES)
    assert [(one.position, one.label, one.predicted) for one in found] == [(2, 0, 2), (3, 0, 1), (4, 2, 1)]
    softmax = np.exp(SCORES) / np.exp(SCORES).sum(axis=1, keepdims=True)
    for one in found:
        assert one.label_probability == pytest.approx(softmax[one.position, one.label], rel=1e-12)
        assert one.probability == pytest.approx(softmax[one.position, one.predicted], rel=1e-12)
        assert np.array_equal(one.input, SCORES[one.position])
    for count in (1, 2, 3):
        for batches in (BATCHES, [(SCORES, LABELS)]):
            some = nn.worst_mistakes(nn.Identity(), batches, count)
            assert [one.position for one in some] == [2, 3, 4][:count]
    assert nn.worst_mistakes(nn.Identity(), [(np.array([[0, np.inf]]), [1])]) == []


def test_the_model_runs_in_evaluation_mode_without_recording_and_has_its_mode_back():
    seen = []

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.frozen = nn.BatchNorm1d(3).eval()
            self.weight = nn.Parameter(np.ones(3))

        def forward(self, x):
            seen.append((self.training, ag.is_grad_enabled()))
            return x * self.weight

    net = Net()
    nn.confusion_matrix(net, BATCHES)
    assert seen == [(False, False)] * 2 and net.training and not net.frozen.training and ag.is_grad_enabled()
    with pytest.raises(ValueError, match="no class"):
        nn.worst_mistakes(net, [(SCORES, LABELS + 1)])
    assert net.training and not net.frozen.training and ag.is_grad_enabled()


@pytest.mark.parametrize(
    ("batches", "said"),
    [
        ([], "the loader has given no sample\n  loader: list"),
        ([(SCORES[:0], LABELS[:0])], "no sample"),
        ([(SCORES[:, :1], LABELS)], r"shape \(N, classes\)[^\n]*\n  output: \(6, 1\)"),
        ([(SCORES, LABELS[:5])], r"samples: 6\n  labels: \(5,\)"),
        ([(SCORES, LABELS * 1.0)], "float64"),
        ([(SCORES, LABELS - 1)], "label: -1\n  classes: 0 to 2"),
        ([(SCORES * np.nan, LABELS)], "NaN, and say no class\n  in 6 of 6"),
        ([SCORES], "a batch must be a pair"),
    ],
)
def test_errors_say_what_is_needed(batches, said):
    for function in (nn.confusion_matrix, nn.worst_mistakes):
        with pytest.raises(ValueError, match=said):
            function(nn.Identity(), batches)


def test_errors_of_arguments():
    with pytest.raises(TypeError, match="model: function"):
        nn.confusion_matrix(lambda x: x, BATCHES)
    with pytest.raises(ValueError, match="count: 0"):
        nn.worst_mistakes(nn.Identity(), BATCHES, 0)
    with pytest.raises(ValueError, match="before: 3\n  now: 2"):
        nn.confusion_matrix(nn.Identity(), [BATCHES[0], (SCORES[:, :2], LABELS % 2)])


def test_without_matplotlib_an_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"chalkgrad\[plot\]"):
        nn.plot_confusion_matrix(np.eye(2, dtype=int))


@plotting
def test_the_matrix_drawn_has_its_counts_and_what_is_recognized():
    figure = nn.plot_confusion_matrix([[48, 2, 0], [5, 45, 0], [0, 0, 0]], names=["cat", "dog", "none"])
    (axes,) = figure.axes
    assert axes.get_title(loc="left") == "93.0% of 100 are right"
    texts = [text.get_text() for text in axes.texts]
    assert sorted(texts) == sorted(["48", "2", "5", "45", "96%", "90%"])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "none"]
    figure.savefig(io.BytesIO())
    many = nn.plot_confusion_matrix(np.eye(30, dtype=int))
    assert len(many.axes[0].texts) == 30  # what is recognized alone


@plotting
def test_mistakes_drawn_say_what_they_are_taken_for():
    pictures = [np.zeros((8, 8)), np.arange(64.0).reshape(1, 8, 8), np.arange(192.0).reshape(3, 8, 8)]
    mistakes = [nn.confusion.Mistake(i, one, 1, 0, 0.001, 0.75) for i, one in enumerate(pictures)]
    figure = nn.plot_mistakes(mistakes, names=["cat", "dog", "unused"])
    assert [axes.get_title() for axes in figure.axes] == ["taken for cat  75%"] * 3
    assert [axes.get_xlabel() for axes in figure.axes] == ["is dog  <1%"] * 3
    shown = [axes.images[0].get_array() for axes in figure.axes]
    assert [one.shape for one in shown] == [(8, 8), (8, 8), (8, 8, 3)] and shown[2].max() == 1
    figure.savefig(io.BytesIO())


@plotting
def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="square"):
        nn.plot_confusion_matrix(np.ones((2, 3)))
    with pytest.raises(ValueError, match="not all 0"):
        nn.plot_confusion_matrix(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="classes: 2\n  names: 3"):
        nn.plot_confusion_matrix(np.eye(2), names="abc")
    with pytest.raises(ValueError, match="no mistake"):
        nn.plot_mistakes([])
    with pytest.raises(ValueError, match=r"shape: \(5,\)"):
        nn.plot_mistakes([nn.confusion.Mistake(0, np.ones(5), 0, 1, 0.1, 0.9)])
    with pytest.raises(ValueError, match="names: 1"):
        nn.plot_mistakes([nn.confusion.Mistake(0, np.ones((2, 2)), 0, 1, 0.1, 0.9)], names=["a"])
