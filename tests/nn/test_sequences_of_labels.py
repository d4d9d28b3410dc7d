"""CTCLoss: against PyTorch behind log_softmax, against all readings one by one, and what it refuses."""

import itertools
import math

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F


def drawn(rng):
    """(logits, targets padded, targets in a row, lengths of inputs, of targets, blank), at random."""
    frames, batch, classes, longest = (int(rng.integers(*low_high)) for low_high in ((3, 9), (1, 5), (2, 6), (1, 5)))
    blank = int(rng.integers(classes))
    labels = np.array([c for c in range(classes) if c != blank])
    padded = rng.choice(labels, size=(batch, longest))
    counts = rng.integers(0, longest + 1, batch)
    counts[0] = longest
    row = np.concatenate([one[:n] for one, n in zip(padded, counts, strict=True)])
    return rng.normal(size=(frames, batch, classes)), padded, row, rng.integers(1, frames + 1, batch), counts, blank


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_ctc_equals_torch(torch, rng, reduction):
    infinite = 0
    for _ in range(15):
        logits, padded, row, frames, counts, blank = drawn(rng)
        t, u = ag.Tensor(logits, requires_grad=True), torch.tensor(logits, requires_grad=True)
        targets = padded if rng.random() < 0.5 else row
        rest = [torch.tensor(a) for a in (targets, frames, counts)]
        plain = nn.CTCLoss(blank, reduction)(F.log_softmax(t, -1), targets, frames, counts)
        theirs = torch.nn.CTCLoss(blank, reduction)(u.log_softmax(-1), *rest)
        np.testing.assert_allclose(plain.data, theirs.detach().numpy(), rtol=1e-10)
        infinite += bool(np.isinf(plain.data).any())
        y = nn.CTCLoss(blank, reduction, True)(F.log_softmax(t, -1), targets, frames, counts)
        z = torch.nn.CTCLoss(blank, reduction, True)(u.log_softmax(-1), *rest)
        np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10)
        g = rng.normal(size=y.shape)
        y.backward(g)
        z.backward(torch.tensor(g))
        np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-8, atol=1e-12)
    assert infinite


def test_ctc_is_the_sum_over_all_readings(rng):
    for frames, target in ((4, [1, 1]), (4, [2, 1]), (3, [1]), (3, []), (2, [1, 1])):
        logits = rng.normal(size=(frames, 3))
        log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        total = 0.0
        for reading in itertools.product(range(3), repeat=frames):
            if [c for c, _ in itertools.groupby(reading) if c != 0] == target:
                total += math.exp(sum(log_probs[t, c] for t, c in enumerate(reading)))
        loss = F.ctc_loss(log_probs, np.array(target, int), [frames], [len(target)], reduction="none")
        np.testing.assert_allclose(loss, -np.log(total) if total else np.inf, rtol=1e-12)
    assert ag.gradcheck(lambda x: F.ctc_loss(x, [[1, 2, 2]], 6, 3), [rng.normal(size=(6, 1, 3))])


def test_impossible_classes_have_no_gradient_and_no_nan():
    log_probs = ag.Tensor(np.log([[[0.5, 0.5, 1e-300]], [[0.25, 0.75, 1e-300]]]), requires_grad=True)
    values = np.array(log_probs.data)
    values[..., 2] = -np.inf
    log_probs = ag.Tensor(values, requires_grad=True)
    loss = F.ctc_loss(log_probs, [[1]], [2], [1], reduction="sum")
    loss.backward()
    np.testing.assert_allclose(float(loss), -np.log(0.5 * 0.25 + 0.5 * 0.75 + 0.5 * 0.75))
    np.testing.assert_allclose(log_probs.grad.sum(axis=2), -1)
    assert np.isfinite(log_probs.grad).all()
    assert F.ctc_loss(values.astype(np.float32), [[1]], [2], [1]).dtype == np.float32


def test_ctc_refuses_what_makes_no_sense():
    x = np.zeros((4, 2, 3))
    for call, message in [
        (lambda: F.ctc_loss(x[0, 0], [[1]], [4], [1]), r"log_probs: \(3,\)"),
        (lambda: F.ctc_loss(x, [[1], [0]], [4, 4], [1, 1]), "other than the blank, 0"),
        (lambda: F.ctc_loss(x, [[1], [3]], [4, 4], [1, 1]), "from 0 to 2"),
        (lambda: F.ctc_loss(x, [[1], [1]], [4, 5], [1, 1]), r"from 0 to 4\n  input_lengths: \[4, 5\]"),
        (lambda: F.ctc_loss(x, [1, 1], [4, 4], [2, 1]), r"more than the targets are\n  target_lengths: \[2, 1\]"),
        (lambda: F.ctc_loss(x, [[1]], [4, 4], [1]), r"samples: 2\n  targets: \(1, 1\)"),
        (lambda: F.ctc_loss(x, [[1], [1]], [4], [1, 1]), r"input_lengths: \(1,\)"),
        (lambda: F.ctc_loss(x, [[1], [1]], [4, 4], [1, 1], 3), "blank: 3"),
        (lambda: F.ctc_loss(x, [[1], [1]], [4, 4], [1, 1], reduction="average"), "reduction: 'average'"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
