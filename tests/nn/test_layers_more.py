"""Activations and losses that are made of several operations: PyTorch's values and gradients, and clear errors."""

import numpy as np
import pytest

import autograd as ag
import nn

ACTIVATIONS = [
    ("ReLU6", ()), ("Hardsigmoid", ()), ("Hardswish", ()), ("SELU", ()), ("Mish", ()), ("LogSigmoid", ()),
    ("Softsign", ()), ("Tanhshrink", ()), ("Hardtanh", ()), ("Hardtanh", (-0.5, 2.0)), ("CELU", (0.7,)), ("CELU", ()),
    ("Hardshrink", ()), ("Hardshrink", (1.5,)), ("Softshrink", ()), ("Softshrink", (1.5,)), ("Threshold", (0.3, 20.0)),
    ("PReLU", ()), ("PReLU", (4,)), ("GLU", ()), ("GLU", (1,)), ("Softmin", (1,)), ("Softmax2d", ()),
    ("ReLU", (True,)), ("ELU", (0.5, True)), ("LeakyReLU", (0.2, True)), ("Hardtanh", (-1.0, 1.0, True)),
]  # fmt: skip


SINGLE_IN_TORCH = {("Hardsigmoid", ()): 4e-8, ("CELU", (0.7,)): 4e-7}
"""PyTorch rounds 1 / 6, and CELU's 1 / alpha, to float32 in gradients of float64."""


@pytest.mark.parametrize("case", ACTIVATIONS, ids=str)
def test_activations_equal_torch(torch, rng, case):
    """Far out as well, where exponentials overflow."""
    name, args = case
    ours, theirs = getattr(nn, name)(*args).double(), getattr(torch.nn, name)(*args).double()
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x = rng.normal(size=(3, 4, 2, 6)) * 3
    x[0, 0, 0, :4] = [-800.0, 800.0, -50.0, 50.0]
    t, u = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ours(t), theirs(u * 1)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(t.data, x)
    g = rng.normal(size=y.shape)
    y.backward(g)
    z.backward(torch.tensor(g))
    np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=SINGLE_IN_TORCH.get(case, 1e-11), atol=1e-13)
    if case in SINGLE_IN_TORCH:
        ag.gradcheck(ours, [x[1:]])
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-11)
    single = getattr(nn, name)(*args)
    assert single(ag.Tensor(x.astype(np.float32))).dtype == np.float32
    assert np.shape(single.eval()(x.astype(np.float32))) == y.shape


def test_rrelu_draws_its_slopes_while_training(torch):
    x = np.linspace(-2, 2, 1001).reshape(7, 11, 13)
    layer = nn.RReLU(0.1, 0.3, rng=0)
    t = ag.Tensor(x, requires_grad=True)
    y = layer(t)
    y.sum().backward()
    np.testing.assert_allclose(y.data, t.grad * x)
    slopes = t.grad[x < 0]
    assert slopes.min() >= 0.1 and slopes.max() <= 0.3 and slopes.std() > 0.05 and (t.grad[x > 0] == 1).all()
    theirs = torch.nn.RReLU(0.1, 0.3).eval()(torch.tensor(x)).numpy()
    np.testing.assert_allclose(layer.eval()(t).data, theirs, rtol=1e-12)
    assert repr(layer) == "RReLU(lower=0.1, upper=0.3)"


def test_inplace_is_taken_and_changes_nothing(torch):
    x = np.array([-4.0, -0.2, 0.3, 2.0, 7.0])
    for name, args in [
        ("relu", ()), ("leaky_relu", (0.2,)), ("elu", (0.5,)), ("silu", ()), ("relu6", ()), ("hardtanh", (-2.0, 1.0)),
        ("hardsigmoid", ()), ("hardswish", ()), ("celu", (2.0,)), ("selu", ()), ("mish", ()), ("threshold", (0.5, 3.0)),
        ("rrelu", (0.1, 0.3, False)), ("dropout", (0.5, False)), ("alpha_dropout", (0.5, False)),
    ]:  # fmt: skip
        ours, theirs = (getattr(module.functional, name) for module in (nn, torch.nn))
        wanted = theirs(torch.tensor(x), *args).numpy()
        for y in (ours(x, *args), ours(x, *args, inplace=True), ours(x, *args, True), ours(ag.Tensor(x), *args).data):
            np.testing.assert_allclose(y, wanted, rtol=1e-12)
    assert x[0] == -4
    assert np.array_equal(nn.functional.dropout(x, 0.5, True, True, rng=3), nn.functional.dropout(x, 0.5, True, 3))


def test_arguments_of_activations_that_make_no_sense():
    x = ag.Tensor(np.ones((2, 3)))
    for make, message in [
        (lambda: nn.Hardtanh(1.0, 1.0), "min_val must be below max_val"),
        (lambda: nn.functional.hardtanh(x, 1.0, 0.0), "min_val must not be above max_val"),
        (lambda: nn.CELU(0)(x), "alpha must not be 0"),
        (lambda: nn.Softshrink(-1)(x), "lambd must be 0 or more"),
        (lambda: nn.PReLU(4)(x), r"one for each channel\n  weight: \(4,\)\n  x: \(2, 3\)"),
        (lambda: nn.GLU()(x), r"even length\n  x: \(2, 3\)"),
        (lambda: nn.RReLU(0.5, 0.1)(x), "lower must be at most upper"),
        (lambda: nn.Softmax2d()(x), r"\(2, 3\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()


def pairs_of(rng, *shapes):
    return [rng.normal(size=shape) for shape in shapes]


SIGNS = np.array([1, -1, 1, 1, -1])
LABELS = np.array([[2, 0, -1, 1], [-1, 1, 2, 0], [0, 1, 2, 3], [3, -1, -1, -1], [1, 2, -1, 3]])
LOSSES = {
    "SmoothL1Loss": [({}, 2), ({"beta": 0.3}, 2), ({"beta": 0.0}, 2)],
    "HuberLoss": [({}, 2), ({"delta": 0.4}, 2)],
    "BCELoss": [({}, "probabilities"), ({"weight": "row"}, "probabilities")],
    "BCEWithLogitsLoss": [({"weight": "row"}, "share"), ({"pos_weight": "row"}, "share"),
                          ({"weight": "row", "pos_weight": "row"}, "share")],
    "KLDivLoss": [({}, "share"), ({"log_target": True}, 2)],
    "PoissonNLLLoss": [({}, "counts"), ({"full": True}, "counts"),
                       ({"log_input": False, "eps": 0.1}, "positive counts")],
    "GaussianNLLLoss": [({}, "variances"), ({"full": True, "eps": 0.5}, "variances"), ({}, "one variance a row")],
    "SoftMarginLoss": [({}, "signs"), ],
    "HingeEmbeddingLoss": [({}, "signs"), ({"margin": 0.2}, "signs")],
    "MarginRankingLoss": [({}, "two and signs"), ({"margin": 0.5}, "two and signs")],
    "CosineEmbeddingLoss": [({}, "rows and signs"), ({"margin": 0.3}, "rows and signs")],
    "TripletMarginLoss": [({}, 3), ({"margin": 0.3, "p": 1.0}, 3), ({"p": 3.0, "swap": True, "eps": 1e-3}, 3)],
    "TripletMarginWithDistanceLoss": [({}, 3), ({"margin": 2.0, "swap": True}, 3)],
    "MultiMarginLoss": [({}, "classes"), ({"p": 2, "margin": 0.4}, "classes"), ({"weight": "row"}, "classes")],
    "MultiLabelMarginLoss": [({}, "labels")],
    "MultiLabelSoftMarginLoss": [({}, "share"), ({"weight": "row"}, "share")],
    "CosineSimilarity": [({}, 2), ({"dim": 0}, 2)],
    "PairwiseDistance": [({}, 2), ({"p": 1.0, "keepdim": True}, 2), ({"p": float("inf")}, 2)],
}  # fmt: skip
EACH = [(name, options, data) for name, each in LOSSES.items() for options, data in each]


def data_for(kind, rng):
    """(arrays by which gradients are taken, other arguments)."""
    x = rng.normal(size=(5, 4))
    share = rng.uniform(size=(5, 4))
    share[0, :2] = [0.0, 1.0]
    return {
        2: lambda: (pairs_of(rng, (5, 4), (5, 4)), []),
        3: lambda: (pairs_of(rng, (5, 4), (5, 4), (5, 4)), []),
        "share": lambda: ([x], [share]),
        "probabilities": lambda: ([rng.uniform(0.05, 0.95, size=(5, 4))], [share]),
        "counts": lambda: ([x], [rng.poisson(2.0, size=(5, 4)).astype(float)]),
        "positive counts": lambda: ([abs(x) + 0.1], [rng.poisson(2.0, size=(5, 4)).astype(float)]),
        "variances": lambda: ([x, rng.normal(size=(5, 4)), share + 0.05], []),
        "one variance a row": lambda: ([x, rng.normal(size=(5, 4)), rng.uniform(0.1, 2, size=5)], []),
        "signs": lambda: ([x], [np.sign(share - 0.5)]),
        "two and signs": lambda: (pairs_of(rng, (5,), (5,)), [SIGNS]),
        "rows and signs": lambda: (pairs_of(rng, (5, 4), (5, 4)), [SIGNS]),
        "classes": lambda: ([x], [np.array([0, 3, 2, 1, 2])]),
        "labels": lambda: ([x], [LABELS]),
    }[kind]()


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean"])
@pytest.mark.parametrize("case", EACH, ids=lambda case: f"{case[0]}({case[1]})")
def test_losses_equal_torch(torch, rng, case, reduction):
    name, options, data = case
    if (reduction == "batchmean") > (name == "KLDivLoss"):
        return
    options = {k: rng.uniform(0.5, 2, 4) if isinstance(v, str) else v for k, v in options.items()}
    reduced = {} if name in ("CosineSimilarity", "PairwiseDistance") else {"reduction": reduction}
    ours = getattr(nn, name)(**options, **reduced)
    given = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    theirs = getattr(torch.nn, name)(**given, **reduced)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    arrays, rest = data_for(data, rng)
    leaves = [ag.Tensor(x, requires_grad=True) for x in arrays]
    others = [torch.tensor(x, requires_grad=True) for x in arrays]
    y, z = ours(*leaves, *rest), theirs(*others, *[torch.tensor(a) for a in rest])
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-13)
    g = rng.normal(size=y.shape)
    y.backward(g)
    z.backward(torch.tensor(g))
    for p, q in zip(leaves, others, strict=True):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-9, atol=1e-12)
    single = ours(*[ag.Tensor(a.astype(np.float32)) for a in arrays], *[
        a if a.dtype.kind == "i" else a.astype(np.float32) for a in rest
    ]) if not any(isinstance(v, np.ndarray) for v in options.values()) else None  # fmt: skip
    assert single is None or single.dtype == np.float32


def test_losses_at_the_edge_of_what_they_take(torch):
    probabilities, target = np.array([0.0, 1.0, 1e-60, 0.5]), np.array([0.0, 1.0, 1.0, 1.0])
    theirs = torch.nn.functional.binary_cross_entropy(torch.tensor(probabilities), torch.tensor(target)).item()
    np.testing.assert_allclose(nn.BCELoss()(probabilities, target), theirs)
    single = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    for loss, target in ((nn.MultiMarginLoss(), 1), (nn.MultiLabelMarginLoss(), np.array([1, -1, 0]))):
        other = getattr(torch.nn, type(loss).__name__)()(torch.tensor(single.data), torch.tensor(target)).item()
        np.testing.assert_allclose(float(loss(single, target)), other)


def test_losses_refuse_what_makes_no_sense():
    a, b = ag.Tensor(np.ones((3, 1))), ag.Tensor(np.ones(3))
    for loss in (nn.SmoothL1Loss(), nn.HuberLoss(), nn.BCELoss(), nn.KLDivLoss(), nn.PoissonNLLLoss(),
                 nn.SoftMarginLoss(), nn.HingeEmbeddingLoss(), nn.BCEWithLogitsLoss(pos_weight=[1.0])):  # fmt: skip
        with pytest.raises(ValueError, match=r"(.|\n)*input: \(3, 1\)\n  target: \(3,\)"):
            loss(a, b)
    x = ag.Tensor(np.ones((2, 3)))
    for call, message in [
        (lambda: nn.SmoothL1Loss(beta=-1)(x, x), "beta must be 0 or more"),
        (lambda: nn.HuberLoss(delta=0)(x, x), "delta must be above 0"),
        (lambda: nn.BCELoss()(x * 2, x), "input must be probabilities"),
        (lambda: nn.BCELoss()(x, x * 2), "target must be probabilities"),
        (lambda: nn.GaussianNLLLoss()(x, x, -x), "negative"),
        (lambda: nn.GaussianNLLLoss()(x, x, np.ones(7)), "var does not fit"),
        (lambda: nn.GaussianNLLLoss(eps=0)(x, x, x), "eps must be above 0"),
        (lambda: nn.TripletMarginLoss(margin=0)(x, x, x), "margin must be above 0"),
        (lambda: nn.MultiMarginLoss(p=3)(x, [0, 1]), "p must be 1 or 2"),
        (lambda: nn.MultiMarginLoss()(x, [0, 3]), "from 0 to 2"),
        (lambda: nn.MultiLabelMarginLoss()(x, np.array([[0, 1, 3], [0, 1, 2]])), "class numbers"),
        (lambda: nn.CosineEmbeddingLoss()(x, x, [1]), "one target for each row"),
        (lambda: nn.KLDivLoss("average"), '"batchmean"'),
        (lambda: nn.functional.huber_loss(x, x, "average"), "reduction: 'average'"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
