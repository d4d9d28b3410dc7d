"""Module: what belongs to it, what it is called, how its state goes in and out."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import autograd as ag
import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3)
        self.bn = nn.BatchNorm2d(2)

    def forward(self, x):
        return self.bn(self.conv1(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.fc = nn.Linear(8, 3)
        self.scale = nn.Parameter(np.ones(3, np.float32))

    def forward(self, x):
        return self.fc(nn.functional.flatten(self.block(x), 1)) * self.scale


NAMES = [
    "scale", "block.conv1.weight", "block.conv1.bias", "block.bn.weight", "block.bn.bias", "fc.weight", "fc.bias",
]  # fmt: skip
BUFFERS = ["block.bn.running_mean", "block.bn.running_var", "block.bn.num_batches_tracked"]


def test_names_and_order():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert [name for name, _ in net.named_buffers()] == BUFFERS
    assert [name for name, _ in net.named_children()] == ["block", "fc"]
    assert [name for name, _ in net.named_modules()] == ["", "block", "block.conv1", "block.bn", "fc"]
    assert list(net.state_dict()) == [*NAMES[:5], *BUFFERS, *NAMES[5:]]
    assert net.num_parameters() == sum(p.size for p in net.parameters()) == 3 + 20 + 4 + 27
    net.fc.weight.requires_grad = False
    assert net.num_parameters(trainable_only=True) == 3 + 20 + 4 + 3


def test_parameters_are_float32_leaves_that_carry_their_path():
    net = Net()
    for name, p in net.named_parameters():
        assert (
            p.name == name and p.dtype == np.float32 and p.is_leaf and p.requires_grad and isinstance(p, nn.Parameter)
        )
    assert all(p.dtype == np.float64 for p in nn.Conv2d(1, 2, 3, dtype=np.float64).parameters())


def test_names_follow_modules_built_later_and_keep_what_the_user_named():
    layer = nn.Linear(2, 2)
    layer.extra = nn.Parameter([1.0], name="mine")
    inner = nn.Sequential(layer)
    outer = nn.Sequential({"body": inner})
    assert layer.weight.name == "body.0.weight" and layer.extra.name == "mine"
    inner.append(nn.Linear(2, 2))
    assert inner[1].weight.name == "body.1.weight"
    outer.again = layer  # a second place: the first name stays
    assert layer.weight.name == "body.0.weight"


def test_shared_parts_come_once_but_are_saved_under_each_name():
    net = nn.Module()
    net.a = nn.Linear(2, 2)
    net.b = net.a
    assert [name for name, _ in net.named_parameters()] == ["a.weight", "a.bias"]
    assert list(net.state_dict()) == ["a.weight", "a.bias", "b.weight", "b.bias"]
    assert len(list(net.modules())) == 2
    tied = nn.Module()
    tied.one, tied.two = nn.Linear(3, 3), nn.Linear(3, 3)
    tied.two.weight = tied.one.weight
    assert len(list(tied.parameters())) == 3


def test_forgotten_init():
    class Forgetful(nn.Module):
        def __init__(self):
            self.fc = nn.Linear(2, 2)

    with pytest.raises(AttributeError, match=r"Forgetful: cannot assign 'fc' yet\n.*super\(\).__init__\(\)"):
        Forgetful()

    class ForgetfulBuffer(nn.Module):
        def __init__(self):
            self.register_buffer("mean", ag.Tensor([0.0]))

    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\)"):
        ForgetfulBuffer()


def test_parts_can_only_become_their_kind_or_none():
    net = Net()
    with pytest.raises(TypeError, match=r"'scale' is a Parameter, and cannot become a Tensor"):
        net.scale = ag.Tensor([1.0])
    with pytest.raises(TypeError, match=r"'fc' is a Module"):
        net.fc = nn.Parameter([1.0])
    with pytest.raises(TypeError, match=r"'running_mean' is a .*Tensor"):
        net.block.bn.running_mean = np.zeros(2)
    net.scale = None
    assert "scale" not in dict(net.named_parameters())
    net.fc = nn.Linear(8, 5)
    assert net.fc.weight.name == "fc.weight"


def test_registering_refuses_names_that_are_taken_or_impossible():
    net = Net()
    with pytest.raises(ValueError, match="'fc' already"):
        net.add_module("fc", nn.ReLU())
    with pytest.raises(ValueError, match="'forward' already"):
        net.register_parameter("forward", nn.Parameter([1.0]))
    with pytest.raises(ValueError, match="'scale' already"):
        net.register_buffer("scale", ag.Tensor([1.0]))
    for name in ("", "a.b", 3):
        with pytest.raises(ValueError, match="string without dots"):
            net.add_module(name, nn.ReLU())
    with pytest.raises(TypeError, match="not a list"):
        net.register_buffer("numbers", [1.0])
    with pytest.raises(ValueError, match="part of itself"):
        net.block.whole = net


def test_buffers():
    net = nn.Module()
    net.register_buffer("kept", ag.Tensor([1.0, 2.0]))
    net.register_buffer("scratch", ag.Tensor([0.0]), persistent=False)
    net.register_buffer("none", None)
    assert list(net.state_dict()) == ["kept"]
    assert [name for name, _ in net.named_buffers()] == ["kept", "scratch"]
    assert not list(net.parameters())
    net.kept = ag.Tensor([5.0, 6.0])
    np.testing.assert_array_equal(net.state_dict()["kept"], [5, 6])
    net.scratch = nn.Parameter([1.0])  # a buffer that is to be trained from now on
    assert [name for name, _ in net.named_parameters()] == ["scratch"] and len(list(net.buffers())) == 1
    net.scratch = None
    del net.kept
    assert not net.state_dict()
    net.kept = ag.Tensor([7.0])  # now an attribute like any other
    assert not net.state_dict()


def test_modes_reach_everything():
    net = Net()
    assert net.training and net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())
    net.requires_grad_()
    assert all(p.requires_grad for p in net.parameters())


def test_zero_grad_and_casts():
    net = nn.Linear(2, 1)
    (net(np.ones((3, 2), np.float32))).sum().backward()
    assert net.weight.grad.dtype == np.float32
    net.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(net.weight.grad, np.zeros((1, 2)))
    net.zero_grad()
    assert net.weight.grad is None
    net = Net().double()
    assert {t.dtype for t in (*net.parameters(), *net.buffers())} == {np.dtype(np.float64), np.dtype(np.int64)}
    assert {p.dtype for p in net.float().parameters()} == {np.dtype(np.float32)}
    with pytest.raises(TypeError, match="int64"):
        net.to(int)


def test_apply_visits_children_first():
    seen = []
    Net().apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Conv2d", "BatchNorm2d", "Block", "Linear", "Net"]


def test_repr_is_nested():
    assert repr(Net()) == (
        "Net(\n"
        "  (block): Block(\n"
        "    (conv1): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))\n"
        "    (bn): BatchNorm2d(2, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)\n"
        "  )\n"
        "  (fc): Linear(in_features=8, out_features=3, bias=True)\n"
        ")"
    )
    assert repr(nn.ReLU()) == "ReLU()"


def test_properties_work():
    class Scaled(nn.Module):
        @property
        def scale(self):
            return self._scale

        @scale.setter
        def scale(self, value):
            self._scale = nn.Parameter([value])

    net = Scaled()
    net.scale = 3.0
    assert list(net.state_dict()) == ["_scale"] and net.scale.data == 3.0


def test_forward_must_be_defined():
    with pytest.raises(NotImplementedError, match="Module: define forward"):
        nn.Module()(1)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_whole_and_apart(again):
    net = Net()
    x = np.random.default_rng(0).normal(size=(2, 1, 4, 4)).astype(np.float32)
    expected = net.eval()(x).data
    other = again(net)
    np.testing.assert_array_equal(other(x).data, expected)
    assert [p.name for p in other.parameters()] == NAMES and not other.training
    other.fc.weight.data = np.zeros((3, 8), np.float32)
    np.testing.assert_array_equal(net(x).data, expected)
    assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in other.parameters())


def test_copies_keep_what_is_shared():
    net = nn.Module()
    net.one, net.two = nn.Linear(2, 2), nn.Linear(2, 2)
    net.two.weight = net.one.weight
    for again in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert again.two.weight is again.one.weight


# -- what would be found nowhere -----------------------------------------------------------------


@pytest.mark.parametrize(
    "hold, message",
    [
        (lambda: [nn.Linear(2, 2), nn.ReLU()], "a Module in a plain list(.|\n)*in it: Linear(.|\n)*nn.ModuleList"),
        (lambda: {"a": nn.Linear(2, 2)}, "a Module in a plain dict(.|\n)*nn.ModuleList"),
        (lambda: (nn.Tanh(),), "a Module in a plain tuple(.|\n)*in it: Tanh"),
        (lambda: [1, {"deep": [(nn.Linear(2, 2),)]}], "a Module in a plain list"),
        (lambda: [nn.Parameter([1.0])], "a Parameter in a plain list(.|\n)*register_parameter"),
        (lambda: {nn.Parameter([1.0], name="w")}, "a Parameter in a plain set"),
    ],
)
def test_parts_in_plain_containers_are_told(hold, message):
    class Holding(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = hold()
            self.out = nn.Linear(2, 2)

    whole = nn.Sequential(Holding())
    asking = [lambda: list(whole.parameters()), whole.state_dict, whole.num_parameters, lambda: list(whole.buffers())]
    asking += [
        lambda: nn.optim.SGD(whole.parameters()),
        lambda: whole.load_state_dict({}, strict=False),
        whole.zero_grad,
    ]
    for ask in asking:
        with pytest.raises(TypeError, match=f"Sequential: {message}") as error:
            ask()
        assert "neither trained nor saved\n  attribute: 0.parts" in str(error.value)


def test_containers_of_parts_that_stand_elsewhere_are_no_fault():
    class Both(nn.Module):
        def __init__(self, outside):
            super().__init__()
            self.one, self.two = nn.Linear(2, 2), nn.Linear(2, 2)
            self.in_order = [self.two, self.one]
            self.weights = {"one": self.one.weight}
            self.tied = [outside]
            self.sizes, self.empty, self.many = (3, 3), [], list(range(100_000))
            self.itself = [self]

    outer = nn.Module()
    outer.embedding = nn.Linear(2, 2)
    outer.both = Both(outer.embedding)
    assert len(list(outer.both.parameters())) == 4 and len(list(outer.parameters())) == 6
    assert len(outer.state_dict()) == 6


# -- the state dict ------------------------------------------------------------------------------


def test_state_dict_is_a_snapshot():
    net = Net()
    before = net.state_dict()
    kept = before["fc.weight"].copy()
    net.fc.weight.data -= np.float32(1)
    np.testing.assert_array_equal(before["fc.weight"], kept)
    assert all(type(array) is np.ndarray for array in before.values())


def test_load_state_dict_copies_and_casts():
    net, other = Net(), Net()
    state = {
        name: array.astype(np.float64) if array.dtype == np.float32 else array
        for name, array in net.state_dict().items()
    }
    assert other.load_state_dict(state) == ([], [])
    for name, array in other.state_dict().items():
        np.testing.assert_array_equal(array, state[name])
        assert array.dtype == net.state_dict()[name].dtype
    state["fc.weight"][:] = 7
    assert not (other.fc.weight.data == 7).any()
    other.load_state_dict({name: ag.Tensor(array) for name, array in net.state_dict().items()})


def test_load_state_dict_says_everything_that_is_wrong_and_changes_nothing():
    net = Net()
    before = net.state_dict()
    state = {name: array + 1 for name, array in before.items()}
    del state["scale"], state["fc.bias"]
    state["fc.weight"] = np.zeros((3, 9))
    state["block.bn.num_batches_tracked"] = np.float64(0.5)
    state["head.weight"] = np.zeros((2, 2))
    with pytest.raises(ValueError) as error:
        net.load_state_dict(state)
    assert str(error.value).splitlines() == [
        "load_state_dict: the state dict does not fit this Net",
        "  missing: scale, shape (3,)",
        "  missing: fc.bias, shape (3,)",
        "  unexpected: head.weight, shape (2, 2)",
        "  of another kind: block.bn.num_batches_tracked, here int64, in the state dict float64",
        "  misshapen: fc.weight, here (3, 8), in the state dict (3, 9)",
    ]
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_load_state_dict_not_strict():
    net = Net()
    missing, unexpected = net.load_state_dict({"fc.bias": np.ones(3), "other": np.ones(1)}, strict=False)
    assert unexpected == ["other"] and "scale" in missing and "fc.bias" not in missing
    np.testing.assert_array_equal(net.fc.bias.data, np.ones(3))
    with pytest.raises(ValueError, match=r"misshapen: fc.bias"):
        net.load_state_dict({"fc.bias": np.ones(4)}, strict=False)
    with pytest.raises(TypeError, match=r"nn.load\(path\)"):
        net.load_state_dict("net.safetensors")


def test_a_loaded_state_makes_older_graphs_out_of_date():
    net = nn.Linear(2, 1)
    loss = net(np.ones((1, 2), np.float32)).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(RuntimeError, match="written to"):
        loss.backward()


def test_what_is_shared_must_be_equal_under_each_name():
    net = nn.Module()
    net.one, net.two = nn.Linear(2, 2), nn.Linear(2, 2)
    net.two.weight = net.one.weight
    state = net.state_dict()
    net.load_state_dict(state)
    before = net.state_dict()
    state["two.weight"] = state["two.weight"] + 1
    with pytest.raises(ValueError, match=r"shared, but not equal in the state dict: one\.weight, two\.weight"):
        net.load_state_dict(state)
    np.testing.assert_array_equal(net.one.weight.data, before["one.weight"])
    state["one.weight"] = state["two.weight"]
    net.load_state_dict(state)
    np.testing.assert_array_equal(net.one.weight.data, state["one.weight"])


@pytest.mark.parametrize("moment", range(1, 120, 4))
def test_an_interrupted_load_has_loaded_nothing_or_all(moment):
    net, seen = Net(), 0
    before = net.state_dict()
    after = {name: array + 1 for name, array in before.items()}

    def trace(frame, event, argument):
        nonlocal seen
        if event == "line" and frame.f_code.co_filename in (
            nn.module.__file__,
            ag.Tensor.data.fset.__code__.co_filename,
        ):
            seen += 1
            if seen == 120 + moment:
                raise KeyboardInterrupt
        return trace

    tracing = sys.gettrace()
    sys.settrace(trace)
    try:
        net.load_state_dict(after)
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(tracing)
    assert seen > 120
    found = net.state_dict()
    assert any(all((found[name] == state[name]).all() for name in state) for state in (before, after))


# -- the tape ------------------------------------------------------------------------------------


def test_a_tape_shows_the_modules_path_and_the_parameters_names():
    net = Net()
    x = ag.Tensor(np.ones((2, 1, 4, 4), np.float32), name="x")
    with ag.tape() as tape:
        net(x)
    scopes = {node.operation.name: node.note.scope for node in tape}
    assert scopes["conv2d"] == ("Net", "block", "conv1")
    assert scopes["batch_norm"] == ("Net", "block", "bn")
    assert scopes["linear"] == ("Net", "fc")
    assert scopes["multiply"] == ("Net",)
    leaves = {node.note.name for node in tape if node.operation.name == "alias"}
    assert leaves == set(NAMES)


def test_without_a_tape_there_is_no_scope(monkeypatch):
    monkeypatch.setattr(ag, "scope", None)
    nn.Linear(2, 2)(np.ones((1, 2), np.float32))


# -- the house -----------------------------------------------------------------------------------


def test_importing_loads_nothing_heavy():
    code = "import sys, nn; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"tqdm", "safetensors", "matplotlib", "graphviz", "torch", "scipy"} & set(loaded)
