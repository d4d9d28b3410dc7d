"""Functions of nn.functional at the edges of what they take, held against PyTorch: values, and gradients by all."""

import warnings

import numpy as np
import pytest

import autograd as ag
import nn.functional as F

BOUNDS = np.array([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0])
CASES = {
    "relu6 at its bounds": ("relu6", [BOUNDS], {}),
    "hardtanh at its bounds": ("hardtanh", [BOUNDS], {}),
    "hardtanh with one bound": ("hardtanh", [BOUNDS], {"min_val": 0.5, "max_val": 0.5}),
    "hardsigmoid at its bounds": ("hardsigmoid", [BOUNDS], {}),
    "hardswish at its bounds": ("hardswish", [BOUNDS], {}),
    "softshrink at its bounds": ("softshrink", [BOUNDS], {}),
    "hardshrink at its bounds": ("hardshrink", [BOUNDS], {}),
    "relu6 of NaN": ("relu6", [np.array([np.nan, 1.0])], {}),
    "prelu of a number": ("prelu", [(), (1,)], {}),
    "cosine_similarity broadcasts": ("cosine_similarity", [(1, 2, 3), (2, 1, 3)], {"dim": -2}),
    "cosine_similarity of vectors": ("cosine_similarity", [(4, 3), (3,)], {"dim": -1}),
    "circular padding of what is left": ("pad", [(1, 3, 4, 4)], {"pad": [-1, 1, -2, 1], "mode": "circular"}),
    "replicated padding of what is left": ("pad", [(1, 3, 4, 4)], {"pad": [-1, 1, 2, -1], "mode": "replicate"}),
    "group_norm of an empty batch": ("group_norm", [(0, 4, 3)], {"num_groups": 2}),
    "unfold of an empty batch": ("unfold", [(0, 1, 5, 5)], {"kernel_size": 2}),
    "rescaled by the rounded size": (
        "interpolate",
        [(1, 2, 5)],
        {"scale_factor": 1.7, "mode": "linear", "align_corners": False, "recompute_scale_factor": True},
    ),
    "rescaled by the given factor": (
        "interpolate",
        [(1, 2, 5, 4)],
        {"scale_factor": 1.7, "mode": "bilinear", "align_corners": False, "recompute_scale_factor": False},
    ),
    "softmin in another dtype": ("softmin", [(2, 3)], {"dim": 1, "dtype": "float64"}),
    "softmax in another dtype": ("softmax", [(2, 3)], {"dim": 0, "dtype": "float64"}),
    "normalize by the largest": ("normalize", [(2, 3)], {"p": float("inf")}),
    "normalize by p = 3 with a row of zeros": ("normalize", [np.array([[0.0, 0.0], [1.0, -2.0]])], {"p": 3.0}),
    "avg_pool2d by lists of one": ("avg_pool2d", [(1, 2, 6, 6)], {"kernel_size": [3], "stride": [], "padding": [1]}),
    "cross_entropy by shares": ("cross_entropy", [(4, 3), (4, 3)], {}),
    "cross_entropy by smoothed shares": (
        "cross_entropy",
        [(2, 3, 5), (2, 3, 5)],
        {"label_smoothing": 0.2, "reduction": "sum", "weight": np.array([0.5, 2.0, 1.0])},
    ),
    "cross_entropy of one row by shares": ("cross_entropy", [(3,), (3,)], {"reduction": "none"}),
    "gaussian_nll_loss with one variance for each column": (
        "gaussian_nll_loss",
        [(4, 3), (4, 3), np.array([[0.5, 1.0, 2.0]])],
        {},
    ),
}


def given(value, of):
    """An option in the terms of a library: its dtypes, its Tensors."""
    if isinstance(value, np.ndarray):
        return of.tensor(value)
    return getattr(of, value) if value == "float64" else value


@pytest.mark.parametrize("case", CASES)
def test_functions_equal_torch(torch, rng, case):
    name, shapes, options = CASES[case]
    arrays = [rng.normal(size=x) if isinstance(x, tuple) else x for x in shapes]
    ours = [ag.tensor(x, requires_grad=True) for x in arrays]
    theirs = [torch.tensor(x, requires_grad=True) for x in arrays]
    y = getattr(F, name)(*ours, **{k: given(v, ag) for k, v in options.items()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        z = getattr(torch.nn.functional, name)(*theirs, **{k: given(v, torch) for k, v in options.items()})
    assert y.shape == z.shape
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-12)
    g = rng.normal(size=z.shape)
    (y * g).sum().backward()
    (z * torch.tensor(g)).sum().backward()
    for x, u in zip(ours, theirs, strict=True):
        # PyTorch's constants 1/6 are float32 in gradients
        np.testing.assert_allclose(x.grad, u.grad.numpy(), rtol=1e-7 if name == "hardsigmoid" else 1e-10, atol=1e-12)


def test_kl_div_of_a_negative_target_is_nan():
    with np.errstate(invalid="ignore"):
        y = F.kl_div(np.zeros((1, 3)), np.array([[0.0, 0.5, -0.5]]), reduction="none")
    assert np.isnan(y).tolist() == [[False, False, True]]


def test_normalize_by_how_many_are_not_0():
    x = ag.tensor([[1.0, 0.0, -2.0]], requires_grad=True)
    y = F.normalize(x, p=0.0)
    assert y.tolist() == [[0.5, 0.0, -1.0]]
    y.sum().backward()
    assert x.grad.tolist() == [[0.5, 0.5, 0.5]]


def test_arguments_that_make_no_sense():
    x = np.ones((1, 2, 4))
    for make, message in [
        (lambda: F.interpolate(x, size=3, recompute_scale_factor=True), "no scale_factor to recompute"),
        (lambda: F.cross_entropy(x[0], ag.tensor(np.ones((2, 3)), requires_grad=True)), "logits"),
        (lambda: F.gaussian_nll_loss(x, x, np.ones((3, 4))), r"var: \(3, 4\)"),
        (lambda: F.hardtanh(x, 1.0, 0.5), "min_val must not be above max_val"),
        (lambda: F.pad(x, (-3, -2), mode="circular"), "more is taken away than there is"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
