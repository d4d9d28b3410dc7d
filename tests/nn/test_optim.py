"""Optimizers: PyTorch's numbers over many steps, and the rules of writing to leaves."""

import copy

import numpy as np
import pytest

import autograd as ag
import nn

CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.05}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.05}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "betas": (0.7, 0.9), "amsgrad": True}),
]


def ids(case):
    name, options = case
    return f"{name}({', '.join(f'{k}={v}' for k, v in options.items())})"


@pytest.mark.parametrize("case", CASES, ids=ids)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=lambda dtype: dtype.__name__)
def test_twenty_steps_equal_torch(torch, rng, case, dtype):
    name, options = case
    shapes = [(3, 4), (5,), (), (2, 3, 2, 2)]
    start = [np.asarray(rng.normal(size=shape), dtype) for shape in shapes]
    ours = [ag.Tensor(w, requires_grad=True) for w in start]
    theirs = [torch.tensor(w, requires_grad=True) for w in start]
    optimizer, reference = getattr(nn.optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)
    for step in range(20):
        for i, (p, q) in enumerate(zip(ours, theirs, strict=True)):
            g = np.asarray(rng.normal(size=p.shape), dtype)
            if i == 1 and step % 3 == 0:  # a parameter that is not always used
                p.grad = q.grad = None
            else:
                p.grad, q.grad = g, torch.tensor(g)
        optimizer.step()
        reference.step()
    for p, q in zip(ours, theirs, strict=True):
        assert p.dtype == dtype
        tolerance = 1e-13 if dtype == np.float64 else 2e-5
        np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=tolerance, atol=tolerance)


def test_by_hand():
    w = ag.Tensor([1.0, -2.0], requires_grad=True)
    optimizer = nn.optim.SGD([w], lr=0.5, momentum=0.5)
    w.grad = [1.0, 1.0]
    optimizer.step()  # v = 1
    optimizer.step()  # v = 0.5 · 1 + 1 = 1.5
    np.testing.assert_allclose(w.data, [1 - 0.5 - 0.75, -2 - 0.5 - 0.75])


def test_steps_are_in_place_and_leave_gradients_alone():
    for name, options in CASES:
        w = ag.Tensor(np.ones(4), requires_grad=True)
        w.grad = np.arange(4.0)
        address, gradient = w.data.ctypes.data, w.grad
        optimizer = getattr(nn.optim, name)([w], **options)
        for _ in range(3):
            optimizer.step()
        assert w.data.ctypes.data == address and w.grad is gradient
        assert (w.data != 1).any()
        np.testing.assert_array_equal(gradient, np.arange(4.0))
        assert all(
            not np.shares_memory(v, gradient) for v in optimizer.state.get(w, {}).values() if isinstance(v, np.ndarray)
        )


def test_what_others_hold_of_a_value_stays_as_it_was():
    """A detached Tensor, a view, a kept graph, and the array itself: the step writes into none of them."""
    given = np.array([[1.0, 2.0]])
    w, v = ag.Tensor([[0.0, 0.0]], requires_grad=True), ag.Tensor([3.0, 4.0], requires_grad=True)
    w.data = given
    target, row = w.detach(), w[0]
    y = (target * v).sum()
    w.grad = [[1.0, 1.0]]
    nn.optim.SGD([w], lr=1.0).step()
    np.testing.assert_array_equal(w.data, [[0.0, 1.0]])
    for held in (given, target.data, row.data[None]):
        np.testing.assert_array_equal(held, [[1.0, 2.0]])
    y.backward()
    np.testing.assert_array_equal(v.grad, [1.0, 2.0])


def test_a_read_only_value_is_replaced():
    w = ag.Tensor(np.ones(3), requires_grad=True)
    w.data = np.broadcast_to(2.0, 3)
    w.grad = np.ones(3)
    nn.optim.SGD([w], lr=1.0).step()
    np.testing.assert_array_equal(w.data, np.ones(3))


def test_a_step_makes_older_graphs_out_of_date():
    w = ag.Tensor([1.0], requires_grad=True, name="w")
    optimizer = nn.optim.SGD([w], lr=0.1)
    y = (w * w).sum()
    y.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="leaf: w"):
        y.backward()


def test_groups_have_options_of_their_own():
    a, b = ag.Tensor([1.0], requires_grad=True), ag.Tensor([1.0], requires_grad=True)
    optimizer = nn.optim.SGD([{"params": [a]}, {"params": b, "lr": 1.0}], lr=0.1)
    a.grad = b.grad = [1.0]
    optimizer.step()
    np.testing.assert_allclose([a.data[0], b.data[0]], [0.9, 0.0])
    optimizer.param_groups[0]["lr"] = 0.5
    optimizer.step()
    np.testing.assert_allclose(a.data, [0.4])
    assert repr(optimizer).count("group") == 2


def test_zero_grad():
    w = ag.Tensor([1.0], requires_grad=True)
    optimizer = nn.optim.Adam([w])
    optimizer.zero_grad(set_to_none=False)
    assert w.grad is None
    w.grad = [3.0]
    optimizer.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(w.grad, [0.0])
    optimizer.zero_grad()
    assert w.grad is None
    w.requires_grad = False
    optimizer.zero_grad()
    optimizer.step()
    np.testing.assert_array_equal(w.data, [1.0])


@pytest.mark.parametrize("case", [CASES[3], CASES[8]], ids=ids)
def test_a_saved_state_goes_on_alike(rng, case):
    name, options = case
    gradients = rng.normal(size=(10, 2, 3))
    w = ag.Tensor(np.ones((2, 3)), requires_grad=True)
    optimizer = getattr(nn.optim, name)([w], **options)
    for i, g in enumerate(gradients):
        if i == 5:
            state, v = optimizer.state_dict(), ag.Tensor(w, requires_grad=True)
            other = getattr(nn.optim, name)([v], lr=99.0)
            other.load_state_dict(copy.deepcopy(state))
        w.grad = g
        optimizer.step()
    for g in gradients[5:]:
        v.grad = g
        other.step()
    np.testing.assert_array_equal(w.data, v.data)


def test_a_state_that_does_not_fit_changes_nothing():
    w, v = ag.Tensor(np.ones(2), requires_grad=True), ag.Tensor(np.ones(3), requires_grad=True)
    first, second = nn.optim.Adam([w]), nn.optim.Adam([v])
    w.grad = [1.0, 1.0]
    first.step()
    with pytest.raises(ValueError, match=r"exp_avg does not fit(.|\n)*\(3,\)(.|\n)*\(2,\)"):
        second.load_state_dict(first.state_dict())
    assert not second.state
    with pytest.raises(ValueError, match=r"here: \[1\]\n  in the state dict: \[2\]"):
        first.load_state_dict(nn.optim.Adam([w, v]).state_dict())


def test_bad_arguments():
    w = ag.Tensor([1.0], requires_grad=True)
    for make, message in [
        (lambda: nn.optim.SGD([]), "no parameters"),
        (lambda: nn.optim.SGD([w], lr=-1), "lr: -1"),
        (lambda: nn.optim.SGD([w], momentum=-1), "momentum: -1"),
        (lambda: nn.optim.SGD([w], nesterov=True), "nesterov needs a momentum"),
        (lambda: nn.optim.SGD([w, w]), "given twice"),
        (lambda: nn.optim.SGD([w * 2]), "only leaves"),
        (lambda: nn.optim.SGD([{"params": [w], "speed": 3}]), "given: speed"),
        (lambda: nn.optim.Adam([w], betas=(0.9, 1.0)), r"betas: \(0.9, 1.0\)"),
        (lambda: nn.optim.Adam([w], eps=float("nan")), "eps: nan"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()
    with pytest.raises(TypeError, match=r"\[tensor\]"):
        nn.optim.SGD(w)
    with pytest.raises(TypeError, match="named_parameters"):
        nn.optim.SGD(nn.Linear(1, 1).named_parameters())
    with pytest.raises(TypeError, match="set"):
        nn.optim.SGD({w})
    with pytest.raises(TypeError, match="some of each"):
        nn.optim.SGD([{"params": [w]}, ag.Tensor([1.0], requires_grad=True)])
    with pytest.raises(TypeError, match="int64"):
        nn.optim.SGD([ag.Tensor([1, 2])])
    for params, message in [([{"lr": 0.1}], "'lr'"), ({"w": w}, "net.parameters"), ([{"params": []}], "no parameters")]:
        with pytest.raises(ValueError, match=message):
            nn.optim.SGD(params)


NONSENSE = [
    ("SGD", {"lr": -5}), ("SGD", {"lr": float("inf")}), ("SGD", {"lr": "0.1"}), ("SGD", {"lr": None}),
    ("SGD", {"lr": [0.1, 0.2]}), ("SGD", {"weight_decay": -1}), ("SGD", {"momentum": float("nan")}),
    ("SGD", {"dampening": float("inf")}), ("Adam", {"betas": 0.9}), ("Adam", {"betas": (0.9,)}),
    ("Adam", {"betas": (0.9, 0.99, 0.999)}), ("Adam", {"betas": (-0.1, 0.9)}), ("Adam", {"betas": ("a", "b")}),
    ("Adam", {"betas": (0.9, float("nan"))}), ("AdamW", {"eps": -1e-8}), ("AdamW", {"weight_decay": "much"}),
]  # fmt: skip


@pytest.mark.parametrize("case", NONSENSE, ids=ids)
def test_options_that_make_no_sense_are_refused_wherever_they_come_from(case):
    """When made, in a group added later, set by a schedule, and out of a file."""
    name, options = case
    a, b = ag.Tensor([1.0], requires_grad=True), ag.Tensor([1.0], requires_grad=True)
    make = getattr(nn.optim, name)
    (option,) = options
    with pytest.raises(ValueError, match=option):
        make([a], **options)
    optimizer = make([a])
    with pytest.raises(ValueError, match=option):
        optimizer.add_param_group({"params": [b], **options})
    state = optimizer.state_dict()
    state["param_groups"][0].update(options)
    with pytest.raises(ValueError, match=option):
        optimizer.load_state_dict(state)
    optimizer.add_param_group({"params": [b]})
    a.grad = b.grad = [1.0]
    optimizer.param_groups[1].update(options)
    with pytest.raises(ValueError, match=option):
        optimizer.step()
    assert a.data == b.data == 1.0 and not optimizer.state and len(optimizer.param_groups) == 2


def test_another_optimizers_state_is_refused():
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    for one, other in [("Adam", "SGD"), ("SGD", "AdamW")]:
        first = getattr(nn.optim, one)([w])
        w.grad = [1.0, 1.0]
        first.step()
        second = getattr(nn.optim, other)([w], lr=0.5)
        with pytest.raises(ValueError, match=f"{other}: an unknown option"):
            second.load_state_dict(first.state_dict())
        assert not second.state and second.param_groups[0]["lr"] == 0.5
    momentum, adam = nn.optim.SGD([w], momentum=0.9), nn.optim.Adam([w])
    momentum.step()
    adam.step()
    mixed = {**momentum.state_dict(), "state": adam.state_dict()["state"]}
    with pytest.raises(ValueError, match=r"another optimizer's state(.|\n)*exp_avg(.|\n)*momentum_buffer"):
        momentum.load_state_dict(mixed)
    for change, message in [
        ({"step": 0}, "step: 0"),
        ({"step": 1.5}, "step: 1.5"),
        ({"exp_avg": None}, "missing: exp_avg"),
    ]:
        state = adam.state_dict()
        state["state"][0].update(change)
        state["state"][0] = {k: v for k, v in state["state"][0].items() if v is not None}
        with pytest.raises(ValueError, match=message):
            adam.load_state_dict(state)
    for wrong in ({}, [], {"state": {}}):
        with pytest.raises(ValueError, match="param_groups"):
            adam.load_state_dict(wrong)
    with pytest.raises(ValueError, match="number: 7"):
        adam.load_state_dict({**adam.state_dict(), "state": {7: {}}})


def test_a_state_finds_its_parameters_by_name():
    """Of equal shape and in another order; where the names differ it is refused, unless they are taken out."""
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    first, second = net.parameters()
    optimizer = nn.optim.Adam([first, second])
    first.grad, second.grad = np.ones((2, 2)), np.full((2, 2), 2.0)
    optimizer.step()
    state = optimizer.state_dict()
    assert state["param_groups"][0]["names"] == ["0.weight", "1.weight"]
    other = nn.optim.Adam([second, first])
    other.load_state_dict(state)
    for p in net.parameters():
        np.testing.assert_array_equal(other.state[p]["exp_avg"], optimizer.state[p]["exp_avg"])
    renamed = nn.Sequential({"a": nn.Linear(2, 2, bias=False), "b": nn.Linear(2, 2, bias=False)})
    third = nn.optim.Adam(renamed.parameters())
    with pytest.raises(ValueError, match=r"a.weight, b.weight(.|\n)*0.weight, 1.weight(.|\n)*delete \"names\""):
        third.load_state_dict(state)
    assert not third.state
    del state["param_groups"][0]["names"]
    third.load_state_dict(state)
    np.testing.assert_array_equal(third.state[renamed.a.weight]["exp_avg"], optimizer.state[first]["exp_avg"])


def test_without_names_of_their_own_the_order_counts():
    def tensors(*names):
        return [ag.Tensor([1.0], requires_grad=True, name=name) for name in names]

    saved = nn.optim.SGD(tensors("a", None, "a")).state_dict()
    nn.optim.SGD(tensors(None, None, None)).load_state_dict(saved)
    nn.optim.SGD(tensors("a", "b", "a")).load_state_dict(saved)
    with pytest.raises(ValueError, match="here: c, in the state dict: a"):
        nn.optim.SGD(tensors("a", "b", "c")).load_state_dict(saved)


class Heavy(nn.optim.Optimizer):
    """A user's optimizer, that remembers a number and an array."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    def update(self, w, g, group, state):
        state["count"] = state.get("count", 0) + 1
        v = state.setdefault("v", np.zeros_like(w))
        v += g
        w -= group["lr"] * v
        if state["count"] == 3 and w.size == 2:
            raise KeyboardInterrupt


def test_a_users_update_that_is_interrupted_has_done_nothing():
    params = [ag.Tensor(np.ones(n), requires_grad=True) for n in (3, 2)]
    optimizer = Heavy([{"params": params[:1]}, {"params": params[1:], "lr": 1.0}])
    for p in params:
        p.grad = np.ones(p.shape)
    optimizer.step()
    optimizer.step()
    before = [p.data.copy() for p in params], optimizer.state_dict()["state"]
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    for p, w, i in zip(params, before[0], before[1], strict=True):
        np.testing.assert_array_equal(p.data, w)
        assert optimizer.state[p]["count"] == 2
        np.testing.assert_array_equal(optimizer.state[p]["v"], before[1][i]["v"])
    other = Heavy([{"params": params[:1]}, {"params": params[1:], "lr": 1.0}])
    other.load_state_dict(optimizer.state_dict())
    assert other.state[params[0]]["count"] == 2 and other.param_groups[1]["lr"] == 1.0


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_half_precision_stays_finite(name):
    w = ag.Tensor(np.array([1.0, -2.0], np.float16), requires_grad=True)
    optimizer = getattr(nn.optim, name)([w], lr=0.1, weight_decay=0)
    for _ in range(3):
        w.grad = np.zeros(2)
        optimizer.step()
    assert w.data.tolist() == [1.0, -2.0] and w.dtype == np.float16
    other = getattr(nn.optim, name)([w])
    other.load_state_dict(optimizer.state_dict())
    assert other.state[w]["exp_avg_sq"].dtype == np.float32
