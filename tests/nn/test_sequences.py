"""Recurrent layers, attention, encoders: PyTorch's values and gradients for its state dict, and clear errors."""

import numpy as np
import pytest

import autograd as ag
import nn

RECURRENT = [
    ("RNN", {}), ("RNN", {"nonlinearity": "relu", "bias": False, "num_layers": 2}),
    ("LSTM", {}), ("LSTM", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
    ("GRU", {"batch_first": True}), ("GRU", {"num_layers": 2, "bidirectional": True, "bias": False}),
]  # fmt: skip


def pair(torch, kind, *args, **options):
    ours, theirs = (getattr(library, kind)(*args, **options) for library in (nn, torch.nn))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours).replace("Linear", "NonDynamicallyQuantizableLinear") == repr(theirs) or repr(ours) == repr(theirs)
    ours, theirs = ours.double(), theirs.double()
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def flat(results):
    return [y for part in results for y in flat(part)] if isinstance(results, tuple) else [results]


def assert_same(torch, rng, ours, theirs, *inputs):
    """Results, and gradients by inputs and parameters; an input may be a pair."""

    def leaf(make):
        return lambda x: tuple(map(leaf(make), x)) if isinstance(x, tuple) else make(x)

    mine = [leaf(lambda x: ag.Tensor(x, requires_grad=True))(x) for x in inputs]
    others = [leaf(lambda x: torch.tensor(x, requires_grad=True))(x) for x in inputs]
    results, expected = flat(ours(*mine)), flat(theirs(*others))
    ours.zero_grad()
    theirs.zero_grad()
    total, other = 0.0, 0.0
    for y, z in zip(results, expected, strict=True):
        assert (y is None) == (z is None)
        if y is not None:
            np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-12)
            g = rng.normal(size=y.shape)
            total, other = total + (y * g).sum(), other + (z * torch.tensor(g)).sum()
    total.backward()
    other.backward()
    for t, u in zip(flat(tuple(mine)), flat(tuple(others)), strict=True):
        np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-9, atol=1e-11)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("case", RECURRENT, ids=str)
def test_recurrent_layers_equal_torch(torch, rng, case):
    kind, options = case
    ours, theirs = pair(torch, kind, 3, 4, **options)
    x = rng.normal(size=(2, 5, 3) if options.get("batch_first") else (5, 2, 3))
    count = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    h = rng.normal(size=(count, 2, 4))
    start = (h, rng.normal(size=h.shape)) if kind == "LSTM" else h
    assert_same(torch, rng, ours, theirs, x)
    assert_same(torch, rng, ours, theirs, x, start)
    alone = tuple(part[:, 0] for part in start) if kind == "LSTM" else h[:, 0]
    assert_same(torch, rng, ours, theirs, x[0] if options.get("batch_first") else x[:, 0], alone)
    single = getattr(nn, kind)(3, 4, **options)(ag.Tensor(x.astype(np.float32)))
    assert all(y.dtype == np.float32 for y in flat(single))


@pytest.mark.parametrize("case", [("RNNCell", {}), ("RNNCell", {"nonlinearity": "relu"}), ("LSTMCell", {"bias": False}),
                                  ("GRUCell", {})], ids=str)  # fmt: skip
def test_cells_equal_torch(torch, rng, case):
    kind, options = case
    ours, theirs = pair(torch, kind, 3, 4, **options)
    x, h = rng.normal(size=(2, 3)), rng.normal(size=(2, 4))
    start = (h, rng.normal(size=h.shape)) if kind == "LSTMCell" else h
    assert_same(torch, rng, ours, theirs, x)
    assert_same(torch, rng, ours, theirs, x, start)
    assert_same(torch, rng, ours, theirs, x[0])


def test_dropout_between_layers_is_of_training_alone():
    layer = nn.LSTM(3, 4, num_layers=2, dropout=0.5)
    x = np.ones((5, 2, 3), np.float32)
    nn.manual_seed(0)
    first, _ = layer(x)
    second, _ = layer(x)
    assert (first.data != second.data).any()
    layer.eval()
    np.testing.assert_array_equal(layer(x)[0].data, layer(x)[0].data)
    assert layer.weight_ih_l1.name == "weight_ih_l1" and abs(layer.weight_hh_l0.data).max() <= 0.5


@pytest.mark.parametrize("options", [{}, {"batch_first": True, "bias": False}, {"kdim": 5, "vdim": 3}], ids=str)
def test_attention_equals_torch(torch, rng, options):
    ours, theirs = pair(torch, "MultiheadAttention", 8, 2, **options)
    shapes = [(3, 4, 8), (3, 6, options.get("kdim", 8)), (3, 6, options.get("vdim", 8))]
    if not options.get("batch_first"):
        shapes = [(b, a, c) for a, b, c in shapes]
    inputs = [rng.normal(size=shape) for shape in shapes]
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        p.data = rng.normal(size=p.shape) * 0.5
        q.data = torch.tensor(p.data)
    padding, causal = np.zeros((3, 6), bool), np.triu(np.ones((4, 6), bool), 1)
    padding[0, 4:] = True
    each = rng.normal(size=(6, 4, 6))
    for more in [{}, {"key_padding_mask": padding}, {"attn_mask": causal, "key_padding_mask": padding},
                 {"attn_mask": each, "average_attn_weights": False}, {"need_weights": False}]:  # fmt: skip
        given = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in more.items()}
        assert_same(torch, rng, _With(ours, more), _With(theirs, given), *inputs)
    if options == {}:
        assert_same(torch, rng, ours, theirs, *[x[:, 0] for x in inputs])


class _With:
    """A module called with options."""

    def __init__(self, module, options):
        self.module, self.options = module, options

    def __call__(self, *inputs):
        return self.module(*inputs, **self.options)

    def __getattr__(self, name):
        return getattr(self.module, name)


@pytest.mark.parametrize(
    "more", [{}, {"is_causal": True}, {"scale": 0.3}, {"mask": "bool"}, {"mask": "float"}], ids=str
)
def test_scaled_dot_product_attention_equals_torch(torch, rng, more):
    shapes = [(2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 7)]
    x = [rng.normal(size=shape) for shape in shapes]
    mask = {"bool": np.tri(4, 6, 2, dtype=bool), "float": rng.normal(size=(4, 6))}.get(more.get("mask"))
    more = {k: v for k, v in more.items() if k != "mask"}
    ours, theirs = [ag.Tensor(a, requires_grad=True) for a in x], [torch.tensor(a, requires_grad=True) for a in x]
    y = nn.functional.scaled_dot_product_attention(*ours, mask, **more)
    z = torch.nn.functional.scaled_dot_product_attention(*theirs, None if mask is None else torch.tensor(mask), **more)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10)
    (y * y).sum().backward()
    (z * z).sum().backward()
    for t, u in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(t.grad, u.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "options", [{}, {"norm_first": True, "activation": "gelu", "batch_first": True}, {"bias": False}], ids=str
)
def test_encoders_equal_torch(torch, rng, options):
    def make(library):
        layer = library.TransformerEncoderLayer(8, 2, dim_feedforward=12, dropout=0.1, **options)
        more = {"enable_nested_tensor": False} if library is torch.nn else {}
        return library.TransformerEncoder(layer, 2, library.LayerNorm(8), **more)

    ours, theirs = make(nn), make(torch.nn)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours, theirs = ours.double().eval(), theirs.double().eval()
    ours.load_state_dict(theirs.state_dict())
    x, causal = rng.normal(size=(4, 4, 8)), np.triu(np.ones((4, 4), bool), 1)
    assert_same(torch, rng, ours, theirs, x)
    assert_same(torch, rng, _With(ours, {"mask": causal}), _With(theirs, {"mask": torch.tensor(causal)}), x)


def test_errors_name_the_layer_and_the_shapes():
    x = ag.Tensor(np.ones((5, 2, 3)))
    F = nn.functional
    for call, message in [
        (lambda: nn.RNN(3, 4, nonlinearity="sigmoid"), "'sigmoid'"),
        (lambda: nn.GRU(3, 0), "hidden_size must be a whole number from 1"),
        (lambda: nn.LSTM(3, 4, dropout=1.0), "dropout is a probability"),
        (lambda: nn.LSTM(4, 4)(x), r"\(5, 2, 3\)\n  input_size: 4"),
        (lambda: nn.GRU(3, 4)(x, np.zeros((2, 2, 4))), r"shape \(1, 2, 4\)\n  hx: \(2, 2, 4\)"),
        (lambda: nn.LSTM(3, 4)(x, np.zeros((1, 2, 4))), r"hx must be \(h, c\)"),
        (lambda: nn.GRUCell(3, 4)(x), "GRUCell: the input must be"),
        (lambda: nn.GRUCell(3, 4)(x[0], np.zeros((1, 4))), r"shape \(2, 4\)"),
        (lambda: nn.MultiheadAttention(8, 3), "multiple of num_heads"),
        (lambda: nn.MultiheadAttention(4, 2)(x, x, x), r"query: \(2, 5, 3\)"),
        (lambda: nn.MultiheadAttention(3, 1)(x, x, x, attn_mask=np.zeros((2, 2))), r"attn_mask: \(2, 2\)"),
        (lambda: nn.MultiheadAttention(3, 1)(x, x, x, is_causal=True), "pass the causal attn_mask"),
        (lambda: F.scaled_dot_product_attention(x, x[:, :, :2], x), r"key: \(5, 2, 2\)"),
        (lambda: F.scaled_dot_product_attention(x, x, x, np.ones((2, 2)), is_causal=True), "attn_mask or is_causal"),
        (lambda: nn.TransformerEncoderLayer(4, 2, activation="swish"), "'swish'"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize("bidirectional", [False, True])
def test_lstm_with_projections_equals_torch(torch, rng, bidirectional):
    options = {"num_layers": 2, "proj_size": 2, "bidirectional": bidirectional}
    ours, theirs = nn.LSTM(3, 5, **options, dtype=np.float64), torch.nn.LSTM(3, 5, **options, dtype=torch.float64)
    assert list(ours.state_dict()) == list(theirs.state_dict()) and repr(ours) == repr(theirs)
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
    ways = 2 * (1 + bidirectional)
    for batch in ((4,), ()):
        x, h, c = (rng.normal(size=shape) for shape in ((6, *batch, 3), (ways, *batch, 2), (ways, *batch, 5)))
        y, (a, b) = ours(ag.Tensor(x), (h, c))
        z, (d, e) = theirs(torch.tensor(x), (torch.tensor(h), torch.tensor(c)))
        for one, other in ((y, z), (a, d), (b, e)):
            np.testing.assert_allclose(one.data, other.detach().numpy(), rtol=1e-10, atol=1e-13)
        (y * y).sum().backward()
        (z * z).sum().backward()
    for name, p in ours.named_parameters():
        np.testing.assert_allclose(p.grad, theirs.get_parameter(name).grad.numpy(), rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="proj_size: 5"):
        nn.LSTM(3, 5, proj_size=5)
    with pytest.raises(ValueError, match="of LSTM"):
        nn.GRU(3, 5, proj_size=2)
    with pytest.raises(ValueError, match=r"of shape \(2, 4, 2\) and \(2, 4, 5\)"):
        nn.LSTM(3, 5, 2, proj_size=2)(np.ones((6, 4, 3)), (np.ones((2, 4, 5)), np.ones((2, 4, 5))))


def test_attention_with_more_keys_equals_torch(torch, rng):
    for options in ({"add_bias_kv": True}, {"add_zero_attn": True}, {"add_bias_kv": True, "add_zero_attn": True}):
        ours = nn.MultiheadAttention(4, 2, **options, dtype=np.float64)
        theirs = torch.nn.MultiheadAttention(4, 2, **options, dtype=torch.float64)
        assert sorted(ours.state_dict()) == sorted(theirs.state_dict())
        theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
        q, k = rng.normal(size=(3, 2, 4)), rng.normal(size=(5, 2, 4))
        padding, mask = rng.random((2, 5)) < 0.3, rng.normal(size=(3, 5))
        for given in ({}, {"key_padding_mask": padding}, {"attn_mask": mask}):
            y, w = ours(q, k, k, **given)
            z, v = theirs(*map(torch.tensor, (q, k, k)), **{n: torch.tensor(a) for n, a in given.items()})
            np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10, atol=1e-13)
            np.testing.assert_allclose(w.data, v.detach().numpy(), rtol=1e-10, atol=1e-13)


def test_sequences_are_padded_as_in_torch(torch, rng):
    arrays = [rng.normal(size=(n, 2)) for n in (3, 1, 4)]
    for batch_first in (False, True):
        for side in ("right", "left"):
            options = {"batch_first": batch_first, "padding_value": 0.5, "padding_side": side}
            leaves = [ag.Tensor(a, requires_grad=True) for a in arrays]
            y = nn.utils.rnn.pad_sequence(leaves, **options)
            z = torch.nn.utils.rnn.pad_sequence([torch.tensor(a) for a in arrays], **options)
            np.testing.assert_array_equal(y.data, z.numpy())
            y.sum().backward()
            assert all((leaf.grad == 1).all() for leaf in leaves)
        back = nn.utils.rnn.unpad_sequence(nn.utils.rnn.pad_sequence(arrays, batch_first), [3, 1, 4], batch_first)
        assert all(np.array_equal(one, other) for one, other in zip(back, arrays, strict=True))
    for bad in ([], [np.ones((2, 2)), np.ones((2, 3))], [1.0]):
        with pytest.raises(ValueError, match="pad_sequence: one sequence or more"):
            nn.utils.rnn.pad_sequence(bad)
