"""Every optimizer follows PyTorch for fifty steps, with each option in turn; Muon follows a reference of our own."""

import pickle

import numpy as np
import pytest

import autograd as ag
import nn

CASES = {
    "SGD": [{"maximize": True}, {"momentum": 0.9, "dampening": 0.3}, {"momentum": 0.5, "nesterov": True}],
    "Adam": [{}, {"maximize": True, "weight_decay": 0.1}, {"amsgrad": True}, {"betas": (0.5, 0.8), "eps": 1e-3},
             {"decoupled_weight_decay": True, "weight_decay": 0.2}],
    "AdamW": [{}, {"weight_decay": 0.3, "amsgrad": True, "maximize": True}],
    "Adamax": [{}, {"betas": (0.5, 0.8)}, {"eps": 1e-2}, {"weight_decay": 0.1}, {"maximize": True}],
    "NAdam": [{}, {"betas": (0.5, 0.8)}, {"eps": 1e-2}, {"weight_decay": 0.1}, {"momentum_decay": 0.1},
              {"weight_decay": 0.1, "decoupled_weight_decay": True}, {"maximize": True}],
    "RAdam": [{}, {"betas": (0.5, 0.8)}, {"betas": (0.9, 0.99), "eps": 1e-2}, {"weight_decay": 0.1},
              {"weight_decay": 0.1, "decoupled_weight_decay": True}, {"maximize": True}],
    "RMSprop": [{}, {"alpha": 0.5}, {"eps": 1e-2}, {"weight_decay": 0.1}, {"momentum": 0.9},
                {"centered": True, "eps": 1e-3},
                {"centered": True, "momentum": 0.5, "weight_decay": 0.1, "eps": 1e-3}, {"maximize": True}],
    "Adagrad": [{}, {"lr_decay": 0.1}, {"weight_decay": 0.1}, {"initial_accumulator_value": 0.5}, {"eps": 1e-2},
                {"maximize": True}],
    "Adafactor": [{}, {"beta2_decay": -0.3}, {"eps": (1e-2, 0.5)}, {"d": 2.0, "weight_decay": 0.1}, {"maximize": True}],
    "ASGD": [{}, {"lambd": 0.1, "alpha": 0.5}, {"t0": 3}, {"weight_decay": 0.1, "maximize": True}],
    "Adadelta": [{}, {"rho": 0.5}, {"eps": 1e-3}, {"weight_decay": 0.1}, {"maximize": True}],
    "Rprop": [{}, {"etas": (0.3, 1.5)}, {"step_sizes": (0.05, 0.2)}, {"maximize": True}],
    "LBFGS": [{}, {"lr": 0.1}, {"max_iter": 3}, {"max_eval": 4}, {"tolerance_grad": 1e-2}, {"tolerance_change": 1e-2},
              {"history_size": 2}, {"line_search_fn": "strong_wolfe"},
              {"line_search_fn": "strong_wolfe", "history_size": 3, "max_iter": 5}],
}  # fmt: skip
EACH = [(name, options) for name, each in CASES.items() for options in each]
SHAPES = [(3, 4), (5,), ()]


def ids(case):
    name, options = case
    return f"{name}({', '.join(f'{k}={v}' for k, v in options.items())})"


def leaves(rng, dtype=np.float64):
    start = [np.asarray(rng.normal(size=shape), dtype) for shape in SHAPES]
    return start, [ag.Tensor(w, requires_grad=True) for w in start]


@pytest.fixture
def in_float64(torch):
    """The step sizes of PyTorch's ASGD are of its default dtype."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("case", [case for case in EACH if case[0] != "LBFGS"], ids=ids)
def test_fifty_steps(torch, request, rng, case):
    """In two groups with step sizes of their own; one parameter is not always used."""
    name, options = case
    if name == "ASGD":
        request.getfixturevalue("in_float64")
    start, ours = leaves(rng)
    theirs = [torch.tensor(w, requires_grad=True) for w in start]
    optimizer, reference = (
        getattr(optim, name)([{"params": params[:1]}, {"params": params[1:], "lr": 0.03}], lr=0.1, **options)
        for optim, params in ((nn.optim, ours), (torch.optim, theirs))
    )
    for step in range(50):
        for i, (p, q) in enumerate(zip(ours, theirs, strict=True)):
            g = np.asarray(np.sin(3 * p.data + step) + 0.3 * rng.normal(size=p.shape))
            if i == 1 and step % 3 == 0:
                p.grad = q.grad = None
            else:
                p.grad, q.grad = g, torch.tensor(g)
        optimizer.step()
        reference.step()
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-10, atol=1e-10, err_msg=f"step {step}")


@pytest.mark.parametrize("case", [case for case in EACH if case[0] == "LBFGS"], ids=ids)
def test_lbfgs_follows_torch(torch, rng, case):
    """On a loss whose curvature changes, until it has come to rest."""
    _, options = case
    start, ours = leaves(rng)
    theirs = [torch.tensor(w, requires_grad=True) for w in start]
    optimizer, reference = nn.optim.LBFGS(ours, **options), torch.optim.LBFGS(theirs, **options)

    def loss_of(params, cosh):
        return sum(((1.5 + i) * (p - 0.3 * i) ** 2 / 2).sum() + 0.1 * cosh(p).sum() for i, p in enumerate(params))

    def our_closure():
        optimizer.zero_grad()
        loss = loss_of(ours, ag.cosh)
        loss.backward()
        return loss

    def their_closure():
        reference.zero_grad()
        loss = loss_of(theirs, torch.cosh)
        loss.backward()
        return loss

    for _ in range(6):
        first, second = optimizer.step(our_closure), reference.step(their_closure)
        np.testing.assert_allclose(float(first), second.item(), rtol=1e-10)
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-10, atol=1e-10)
    state = reference.state[theirs[0]]
    assert optimizer.state[ours[0]]["n_iter"] == state["n_iter"]
    assert optimizer.state[ours[0]]["func_evals"] == state["func_evals"]


def test_asgd_averages_as_torch_does(torch, in_float64, rng):
    start, ours = leaves(rng)
    theirs = [torch.tensor(w, requires_grad=True) for w in start]
    optimizer, reference = nn.optim.ASGD(ours, t0=3, lr=0.1), torch.optim.ASGD(theirs, t0=3, lr=0.1)
    for _ in range(9):
        for p, q in zip(ours, theirs, strict=True):
            p.grad, q.grad = np.asarray(p.data * 2), torch.tensor(np.asarray(p.data * 2))
        optimizer.step()
        reference.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(optimizer.state[p]["ax"], reference.state[q]["ax"].numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in CASES if name != "LBFGS"])
def test_words_for_how_a_step_is_computed_have_no_effect(name):
    w, v = (ag.Tensor([[1.0, -2.0]], requires_grad=True) for _ in range(2))
    w.grad = v.grad = [[1.0, 0.5]]
    getattr(nn.optim, name)([w], foreach=False, fused=True, capturable=True, differentiable=False).step()
    getattr(nn.optim, name)([v]).step()
    assert (w.data == v.data).all()
    with pytest.raises(ValueError, match="not recorded"):
        getattr(nn.optim, name)([w], differentiable=True)
    with pytest.raises(TypeError, match=f"{name}: there is no option speed="):
        getattr(nn.optim, name)([w], speed=1)


def orthogonal(matrix, steps=5, coefficients=(3.4445, -4.775, 2.0315)):
    """By the singular values: the iteration is a polynomial of each of them."""
    u, s, v = np.linalg.svd(matrix, full_matrices=False)
    s = s / np.sqrt((s**2).sum())
    a, b, c = coefficients
    for _ in range(steps):
        s = a * s + b * s**3 + c * s**5
    return u * s @ v


@pytest.mark.parametrize(
    "options", [{}, {"nesterov": False}, {"momentum": 0.5, "weight_decay": 0.3}, {"ns_steps": 3},
                {"ns_coefficients": (2.0, -1.5, 0.5)}, {"adjust_lr_fn": "match_rms_adamw"},
                {"adjust_lr_fn": "original"}],
    ids=str,
)  # fmt: skip
def test_muon_equals_its_definition(rng, options):
    shapes = [(3, 5), (6, 2)]
    start = [rng.normal(size=shape) for shape in shapes]
    ours = [ag.Tensor(w, requires_grad=True) for w in start]
    optimizer = nn.optim.Muon(ours, lr=0.1, **options)
    momentum, decay = options.get("momentum", 0.95), options.get("weight_decay", 0.1)
    buffers = [np.zeros(shape) for shape in shapes]
    for _ in range(20):
        for i, (w, p) in enumerate(zip(start, ours, strict=True)):
            g = rng.normal(size=w.shape)
            p.grad = g
            buffers[i] = momentum * buffers[i] + (1 - momentum) * g
            along = buffers[i]
            if options.get("nesterov", True):
                along = momentum * along + (1 - momentum) * g
            step = orthogonal(
                along, options.get("ns_steps", 5), options.get("ns_coefficients", (3.4445, -4.775, 2.0315))
            )
            rate = (
                0.2 * max(w.shape) ** 0.5
                if options.get("adjust_lr_fn") == "match_rms_adamw"
                else max(1, w.shape[0] / w.shape[1]) ** 0.5
            )
            start[i] = w * (1 - 0.1 * decay) - 0.1 * rate * step
        optimizer.step()
        for w, p in zip(start, ours, strict=True):
            np.testing.assert_allclose(p.data, w, rtol=1e-10, atol=1e-10)


def test_muon_comes_near_torch(torch, rng):
    """Which computes its matrices in bfloat16."""
    w = rng.normal(size=(8, 6))
    ours, theirs = ag.Tensor(w, requires_grad=True), torch.tensor(w, requires_grad=True)
    optimizer, reference = nn.optim.Muon([ours], lr=0.1), torch.optim.Muon([theirs], lr=0.1)
    for _ in range(10):
        g = rng.normal(size=w.shape)
        ours.grad, theirs.grad = g, torch.tensor(g)
        optimizer.step()
        reference.step()
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), atol=0.03)
    assert abs(ours.data - w).max() > 0.2


@pytest.mark.parametrize("name", [name for name in CASES if name != "LBFGS"])
def test_float32_and_float16(torch, rng, name):
    """float32 as PyTorch within its precision; float16 moves and stays finite, and is remembered in float32."""
    start, ours = leaves(rng, np.float32)
    theirs = [torch.tensor(w, requires_grad=True) for w in start]
    optimizer, reference = (getattr(o, name)(p, lr=0.01) for o, p in ((nn.optim, ours), (torch.optim, theirs)))
    halves = [ag.Tensor(w.astype(np.float16), requires_grad=True) for w in start]
    low = getattr(nn.optim, name)(halves, lr=0.01)
    for _ in range(5):
        for p, q, h in zip(ours, theirs, halves, strict=True):
            g = np.asarray(rng.normal(size=p.shape), np.float32)
            p.grad, q.grad, h.grad = g, torch.tensor(g), g
        optimizer.step()
        reference.step()
        low.step()
    for p, q, h in zip(ours, theirs, halves, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(h.data, p.data, atol=0.02)
        assert p.dtype == np.float32 and h.dtype == np.float16
        for value in low.state.get(h, {}).values():
            assert not isinstance(value, np.ndarray) or value.dtype == np.float32


@pytest.mark.parametrize("name", [*CASES, "Muon"])
def test_a_saved_state_goes_on_alike(name):
    """Pickled, into an optimizer with its parameters in another order, found by their names."""
    case = {"RMSprop": {"centered": True, "momentum": 0.5}, "Adam": {"amsgrad": True}, "SGD": {"momentum": 0.5}}
    shapes = [(3, 2), (2, 2)]
    pairs = [
        [ag.Tensor(np.full(shape, 1.0 + i), requires_grad=True, name=f"w{i}") for i, shape in enumerate(shapes)]
        for _ in range(2)
    ]
    optimizer = getattr(nn.optim, name)(pairs[0], lr=0.1, **case.get(name, {}))

    def closure_of(params):
        def closure():
            for i, p in enumerate(params):
                p.grad = p.data * (1 + i) + p.data**3
            return sum((1 + i) * (p.data**2).sum() / 2 + (p.data**4).sum() / 4 for i, p in enumerate(params))

        return closure

    def steps(optimizer, params, count):
        for _ in range(count):
            optimizer.step(closure_of(params))

    steps(optimizer, pairs[0], 3)
    state = pickle.dumps(optimizer.state_dict())
    for p, q in zip(*pairs, strict=True):
        q.data = p.data
    other = getattr(nn.optim, name)(pairs[1][::-1], **case.get(name, {}))
    other.load_state_dict(pickle.loads(state))
    steps(optimizer, pairs[0], 3)
    steps(other, pairs[1], 3)
    for p, q in zip(*pairs, strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-14)


@pytest.mark.parametrize("moment", range(1, 12))
def test_lbfgs_that_is_interrupted_has_done_nothing(moment):
    w, b = ag.Tensor([3.0, -2.0], requires_grad=True), ag.Tensor(1.0, requires_grad=True)
    optimizer = nn.optim.LBFGS([w, b], line_search_fn="strong_wolfe", max_iter=6)
    calls = 0

    def closure():
        nonlocal calls
        calls += 1
        if calls == moment + 4:
            raise KeyboardInterrupt
        optimizer.zero_grad()
        loss = ((w - 1) ** 4).sum() + (b - w[0]) ** 2
        loss.backward()
        return loss

    for _ in range(6):
        before, state = [w.data.copy(), b.data.copy()], optimizer.state_dict()["state"]
        try:
            optimizer.step(closure)
        except KeyboardInterrupt:
            np.testing.assert_array_equal(w.data, before[0])
            np.testing.assert_array_equal(b.data, before[1])
            np.testing.assert_equal(optimizer.state_dict()["state"], state)
            return
    raise AssertionError("there was no interrupt")


def test_a_closure_gives_the_loss_with_recording_on():
    w = ag.Tensor([1.0], requires_grad=True)
    optimizer = nn.optim.SGD([w], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with ag.no_grad():
        assert float(optimizer.step(closure)) == 1.0
    assert w.data.tolist() == [0.5]
    with pytest.raises(TypeError, match="closure"):
        nn.optim.LBFGS([w]).step()


WRONG = [
    ("RMSprop", {"alpha": -0.1}), ("RMSprop", {"momentum": -1}), ("Adagrad", {"lr_decay": -1}),
    ("Adagrad", {"eps": "x"}), ("Adamax", {"betas": (1, 0)}),
    ("Adagrad", {"initial_accumulator_value": -1}), ("Adadelta", {"rho": 1.5}), ("Adadelta", {"lr": -1}),
    ("Rprop", {"etas": (1.5, 0.5)}), ("Rprop", {"etas": 0.5}), ("Rprop", {"step_sizes": (1, 0.1)}),
    ("NAdam", {"momentum_decay": -1}), ("RAdam", {"weight_decay": -1}), ("LBFGS", {"max_iter": 0}),
    ("LBFGS", {"history_size": 1.5}), ("LBFGS", {"line_search_fn": "armijo"}), ("LBFGS", {"tolerance_grad": -1}),
    ("ASGD", {"lambd": -1}), ("ASGD", {"t0": -1}), ("Adafactor", {"d": 0.5}), ("Adafactor", {"beta2_decay": 0.1}),
    ("Adafactor", {"eps": 1e-3}), ("Adafactor", {"eps": (None, -1)}), ("Adafactor", {"lr": -1}),
    ("Muon", {"ns_steps": 100}), ("Muon", {"ns_coefficients": (1, 2)}), ("Muon", {"adjust_lr_fn": "best"}),
]  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=ids)
def test_options_that_make_no_sense_are_refused(case):
    name, options = case
    (option,) = options
    with pytest.raises(ValueError, match=f"{name}: {option} must be"):
        getattr(nn.optim, name)([ag.Tensor([[1.0]], requires_grad=True)], **options)


def test_what_some_optimizers_do_not_take():
    a, b = (ag.Tensor([1.0], requires_grad=True) for _ in range(2))
    with pytest.raises(ValueError, match=r"only matrices(.|\n)*\(1,\)"):
        nn.optim.Muon([a])
    with pytest.raises(ValueError, match="one group only"):
        nn.optim.LBFGS([{"params": [a]}, {"params": [b]}])
    a.grad = [1.0]
    adam = nn.optim.Adam([a])
    adam.step()
    with pytest.raises(ValueError, match=r"AdamW: decoupled_weight_decay must be True"):
        nn.optim.AdamW([b]).load_state_dict(adam.state_dict())


def test_groups_added_later_begin_at_their_own_first_step(torch):
    ours = [ag.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2)]
    theirs = [torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True) for _ in range(2)]
    optimizer, reference = nn.optim.NAdam(ours[:1], lr=0.1), torch.optim.NAdam(theirs[:1], lr=0.1)
    for step in range(6):
        if step == 3:
            optimizer.add_param_group({"params": ours[1], "lr": 0.3})
            reference.add_param_group({"params": theirs[1], "lr": 0.3})
        for p, q in zip(ours, theirs, strict=True):
            g = np.cos(p.data + step)
            p.grad, q.grad = g, torch.tensor(g)
        optimizer.step()
        reference.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-12)
