"""Embeddings, bags of them, products of two inputs, grids, and transformers: as PyTorch has them."""

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F


def both(torch, *arrays):
    """Each array as a leaf of ours and as one of PyTorch's."""
    return [ag.Tensor(a, requires_grad=True) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]


def check(torch, rng, y, z, ours, theirs, rtol=1e-9, atol=1e-12):
    """Values, and gradients by all leaves."""
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=rtol, atol=atol)
    g = rng.normal(size=y.shape)
    y.backward(g)
    z.backward(torch.tensor(g))
    for p, q in zip(ours, theirs, strict=True):
        if q.grad is not None:
            np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=rtol, atol=atol)


def test_bags_equal_torch(torch, rng):
    for case in range(60):
        mode = ("sum", "mean", "max")[case % 3]
        weight, options = rng.normal(size=(7, 3)), {"mode": mode}
        if rng.random() < 0.5:
            options["padding_idx"] = int(rng.integers(-7, 7))
        if rng.random() < 0.3:
            options.update(max_norm=1.2, norm_type=float(rng.choice([1.0, 2.0, 3.0])))
        if rng.random() < 0.4:
            numbers, offsets = rng.integers(0, 7, (3, int(rng.integers(1, 5)))), None
        else:
            numbers, offsets = rng.integers(0, 7, 9), np.array([0, 2, 2, 6])
            if rng.random() < 0.3:
                options["include_last_offset"], offsets = True, np.append(offsets, 9)
        ours, theirs = both(torch, weight)
        factors, their_factors = None, None
        if mode == "sum" and rng.random() < 0.5:
            (a,), (b,) = both(torch, rng.normal(size=numbers.shape))
            factors, their_factors, ours, theirs = a, b, [*ours, a], [*theirs, b]
        y = F.embedding_bag(numbers, ours[0], offsets, per_sample_weights=factors, **options)
        z = torch.nn.functional.embedding_bag(
            torch.tensor(numbers), theirs[0], None if offsets is None else torch.tensor(offsets),
            per_sample_weights=their_factors, **options,
        )  # fmt: skip
        check(torch, rng, y, z, ours, theirs)
        np.testing.assert_allclose(ours[0].data, theirs[0].detach().numpy(), rtol=1e-12)


def test_frequencies_in_bags_are_those_of_embeddings(torch, rng):
    numbers = np.array([[1, 1, 4], [0, 5, 1]])  # PyTorch's embedding_bag divides by the frequencies of other rows
    ours, theirs = both(torch, rng.normal(size=(6, 3)))
    z = torch.nn.functional.embedding(torch.tensor(numbers), theirs[0], scale_grad_by_freq=True)
    y = F.embedding_bag(numbers, ours[0], scale_grad_by_freq=True, mode="sum")
    check(torch, rng, y, z.sum(1), ours, theirs)


def test_embedding_options_equal_torch(torch, rng):
    numbers = np.array([[1, 1, 4], [0, 5, 1]])
    for options in ({"max_norm": 1.0}, {"max_norm": 1.0, "norm_type": 1.0}, {"scale_grad_by_freq": True},
                    {"scale_grad_by_freq": True, "padding_idx": -2, "sparse": False}):  # fmt: skip
        ours, theirs = both(torch, rng.normal(size=(6, 3)))
        y = F.embedding(numbers, ours[0], **options)
        z = torch.nn.functional.embedding(torch.tensor(numbers), theirs[0], **options)
        check(torch, rng, y, z, ours, theirs)
        np.testing.assert_allclose(ours[0].data, theirs[0].detach().numpy(), rtol=1e-12)
    assert repr(nn.Embedding(6, 3, 1, 2.0, 1.0, True)) == repr(torch.nn.Embedding(6, 3, 1, 2.0, 1.0, True))
    assert repr(nn.EmbeddingBag(6, 3, mode="max")) == repr(torch.nn.EmbeddingBag(6, 3, mode="max"))
    assert list(nn.EmbeddingBag(6, 3).state_dict()) == ["weight"]
    assert nn.EmbeddingBag.from_pretrained(np.ones((2, 2)), mode="sum")([[0, 1]]).data.tolist() == [[2.0, 2.0]]


def test_bags_refuse_what_makes_no_sense():
    w = np.ones((3, 2))
    for call, message in [
        (lambda: F.embedding_bag([[0, 3]], w), r"from 0 to 2\n  given: 3"),
        (lambda: F.embedding_bag([0, 1], w), r"x: \(2,\)\n  offsets: None"),
        (lambda: F.embedding_bag([0, 1], w, [1]), r"begin with 0(.|\n)*offsets: \[1\]"),
        (lambda: F.embedding_bag([0, 1], w, [0, 3]), "offsets begin with 0"),
        (lambda: F.embedding_bag([[0, 1]], w, [0]), "leave out offsets"),
        (lambda: F.embedding_bag([[0, 1]], w, mode="median"), "mode: 'median'"),
        (lambda: F.embedding_bag([[0, 1]], w, per_sample_weights=np.ones((1, 2))), "of mode"),
        (lambda: nn.EmbeddingBag(3, 2, padding_idx=3), r"EmbeddingBag: padding_idx(.|\n)*rows: 3"),
        (lambda: nn.Bilinear(2, 3, 4)(np.ones((5, 2)), np.ones((4, 3))), r"x1: \(5, 2\)\n  x2: \(4, 3\)"),
        (lambda: F.pdist(np.ones(3)), r"x: \(3,\)"),
        (lambda: F.gumbel_softmax(w, 0), "tau must be above 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="max_norm makes rows of the weight itself shorter"):
        F.embedding([0], w, max_norm=1.0)


def test_bilinear_and_pdist_equal_torch(torch, rng):
    layer, other = nn.Bilinear(3, 4, 2, dtype=np.float64), torch.nn.Bilinear(3, 4, 2, dtype=torch.float64)
    assert list(layer.state_dict()) == list(other.state_dict()) and repr(layer) == repr(other)
    other.load_state_dict({k: torch.tensor(v) for k, v in layer.state_dict().items()})
    for lead in ((), (5,), (2, 3)):
        ours, theirs = both(torch, rng.normal(size=(*lead, 3)), rng.normal(size=(*lead, 4)))
        check(torch, rng, layer(*ours), other(*theirs), ours, theirs)
    np.testing.assert_allclose(layer.weight.grad, other.weight.grad.numpy(), rtol=1e-9)
    for p in (1.0, 2.0, 3.0, float("inf")):
        ours, theirs = both(torch, rng.normal(size=(5, 3)))
        check(torch, rng, F.pdist(ours[0], p), torch.nn.functional.pdist(theirs[0], p), ours, theirs)


def test_gumbel_softmax_draws_by_the_probabilities():
    logits = np.log(np.tile([0.2, 0.3, 0.5], (4000, 1)))
    hard = F.gumbel_softmax(ag.Tensor(logits, requires_grad=True), hard=True)
    assert set(np.unique(hard.data.round(12))) == {0.0, 1.0}
    np.testing.assert_allclose(hard.data.mean(axis=0), [0.2, 0.3, 0.5], atol=0.03)
    np.testing.assert_allclose(F.gumbel_softmax(logits, 0.5, dim=0).sum(axis=0), 1)


GRIDS = [
    (rank, mode, padding, align)
    for rank in (2, 3)
    for mode in ("bilinear", "nearest", "bicubic")[: 5 - rank]
    for padding in ("zeros", "border", "reflection")
    for align in (False, True)
]


@pytest.mark.filterwarnings("ignore:Since version 1.3.0, affine_grid")
@pytest.mark.parametrize("case", GRIDS, ids=str)
def test_grids_equal_torch(torch, rng, case):
    rank, mode, padding, align = case
    for size in ((5, 4, 3)[:rank], (1, 6, 2)[:rank]):
        ours, theirs = both(torch, rng.normal(size=(2, 3, *size)), rng.uniform(-2.6, 2.6, (2, *(3, 4, 2)[:rank], rank)))
        options = {"mode": mode, "padding_mode": padding, "align_corners": align}
        y, z = F.grid_sample(*ours, **options), torch.nn.functional.grid_sample(*theirs, **options)
        check(torch, rng, y, z, ours, theirs, atol=1e-11)
    ours, theirs = both(torch, rng.normal(size=(2, rank, rank + 1)))
    size = (2, 3, *(3, 1, 4)[:rank])
    a, b = F.affine_grid(*ours, size, align), torch.nn.functional.affine_grid(*theirs, size, align)
    check(torch, rng, a, b, ours, theirs)


@pytest.mark.filterwarnings("ignore:.nn.functional.upsample")
def test_older_names_of_interpolate(torch, rng):
    for name, options in [
        ("upsample", {"size": (5, 7), "mode": "bicubic", "align_corners": True}),
        ("upsample_nearest", {"scale_factor": 2}),
        ("upsample_bilinear", {"size": (5, 7)}),
    ]:
        ours, theirs = both(torch, rng.normal(size=(2, 3, 3, 4)))
        y, z = (getattr(m.functional, name)(a[0], **options) for m, a in ((nn, ours), (torch.nn, theirs)))
        check(torch, rng, y, z, ours, theirs)


def test_grids_refuse_what_does_not_fit():
    x = np.ones((1, 1, 2, 2))
    for call, message in [
        (lambda: F.grid_sample(x, np.ones((1, 3, 3, 3))), r"x: \(1, 1, 2, 2\)\n  grid: \(1, 3, 3, 3\)"),
        (lambda: F.grid_sample(x, np.ones((1, 3, 3, 2)), "linear"), "mode: 'linear'"),
        (lambda: F.grid_sample(x[None], np.ones((1, 1, 3, 3, 3)), "bicubic"), "mode: 'bicubic'"),
        (lambda: F.affine_grid(np.ones((1, 2, 2)), (1, 1, 2, 2)), r"theta: \(1, 2, 2\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


def with_values_of(torch, ours, theirs):
    """The other network with our parameters, both without dropout."""
    assert list(ours.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
    return ours.double(), theirs.double()


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize(
    "options", [{}, {"batch_first": True, "norm_first": True, "activation": "gelu"}, {"bias": False}]
)
def test_transformers_equal_torch(torch, rng, options):
    sizes = {"d_model": 8, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 2, "dim_feedforward": 12}
    made = nn.Transformer(**sizes, dropout=0.0, **options)
    ours, theirs = with_values_of(torch, made, torch.nn.Transformer(**sizes, dropout=0.0, **options))
    src, tgt = rng.normal(size=(5, 3, 8)), rng.normal(size=(4, 3, 8))
    if options.get("batch_first"):
        src, tgt = src.swapaxes(0, 1).copy(), tgt.swapaxes(0, 1).copy()
    mask = nn.Transformer.generate_square_subsequent_mask(4)
    np.testing.assert_array_equal(mask, torch.nn.Transformer.generate_square_subsequent_mask(4).numpy())
    padded = np.zeros((3, 5), bool)
    padded[0, 3:] = True
    masks = {"tgt_mask": mask.astype(float), "src_key_padding_mask": padded, "memory_key_padding_mask": padded}
    given, others = both(torch, src, tgt)
    y = ours(*given, **masks)
    z = theirs(*others, **{k: torch.tensor(v) for k, v in masks.items()})
    check(torch, rng, y, z, [*given, *ours.parameters()], [*others, *theirs.parameters()], 1e-8, 1e-10)
    with pytest.raises(ValueError, match="E: 8"):
        ours(src[..., :7], tgt)


def test_a_decoder_takes_masks_of_both_and_no_batch(torch, rng):
    layer = nn.TransformerDecoderLayer(8, 2, 12, 0.0, norm_first=True)
    ours, theirs = with_values_of(
        torch, nn.TransformerDecoder(layer, 2, nn.LayerNorm(8)),
        torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(8, 2, 12, 0.0, norm_first=True), 2,
                                    torch.nn.LayerNorm(8)),
    )  # fmt: skip
    for lead in ((3,), ()):
        given, others = both(torch, rng.normal(size=(4, *lead, 8)), rng.normal(size=(5, *lead, 8)))
        seen = np.triu(np.ones((4, 5), bool), 2)
        y, z = ours(*given, memory_mask=seen), theirs(*others, memory_mask=torch.tensor(seen))
        check(torch, rng, y, z, given, others, 1e-8, 1e-10)
    with pytest.raises(ValueError, match="activation: 'tanh'"):
        nn.TransformerDecoderLayer(8, 2, activation="tanh")
