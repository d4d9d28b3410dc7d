"""The ready-made networks: shapes, sizes, and PyTorch's numbers for the same weights."""

import numpy as np
import pytest

import autograd as ag
import nn


@pytest.mark.parametrize(
    ("make", "shape", "size"),
    [
        (lambda: nn.models.LeNet(), (3, 1, 8, 8), 13706),
        (lambda: nn.models.LeNet5(), (3, 1, 28, 28), 61706),
        (lambda: nn.models.LeNet5(image_size=32), (3, 1, 32, 32), 61706),
        (lambda: nn.models.MLP(64, 32, 10), (3, 1, 8, 8), 2410),
        (lambda: nn.models.ResNet20(), (2, 3, 32, 32), 272474),
    ],
)
def test_shapes_and_gradients(rng, make, shape, size):
    net = make()
    logits = net(rng.normal(size=shape).astype(np.float32))
    assert logits.shape == (shape[0], 10) and logits.dtype == np.float32 and net.num_parameters() == size
    nn.CrossEntropyLoss()(logits, np.arange(shape[0])).backward()
    for name, p in net.named_parameters():
        assert p.grad is not None and p.grad.dtype == np.float32 and np.isfinite(p.grad).all() and p.grad.any(), name


def test_bad_sizes():
    with pytest.raises(ValueError, match="image_size: 30"):
        nn.models.LeNet5(image_size=30)
    with pytest.raises(ValueError, match=r"sizes: \(3,\)"):
        nn.models.MLP(3)


def test_dtype_reaches_every_layer():
    for make in (nn.models.LeNet, nn.models.LeNet5, nn.models.ResNet20):
        assert {p.dtype for p in make(dtype=np.float64).parameters()} == {np.dtype(np.float64)}


def torch_resnet(torch):
    """ResNet20 in PyTorch, written here from the paper, with the same attribute names."""

    class Block(torch.nn.Module):
        def __init__(self, a, b, stride=1):
            super().__init__()
            self.conv1 = torch.nn.Conv2d(a, b, 3, stride, 1, bias=False)
            self.bn1 = torch.nn.BatchNorm2d(b)
            self.conv2 = torch.nn.Conv2d(b, b, 3, 1, 1, bias=False)
            self.bn2 = torch.nn.BatchNorm2d(b)
            self.downsample = None
            if a != b:
                self.downsample = torch.nn.Sequential(
                    torch.nn.Conv2d(a, b, 1, stride, bias=False), torch.nn.BatchNorm2d(b)
                )

        def forward(self, x):
            y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
            return torch.relu(y + (x if self.downsample is None else self.downsample(x)))

    class ResNet(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = torch.nn.Conv2d(3, 16, 3, 1, 1, bias=False)
            self.bn1 = torch.nn.BatchNorm2d(16)
            self.layer1 = torch.nn.Sequential(Block(16, 16), Block(16, 16), Block(16, 16))
            self.layer2 = torch.nn.Sequential(Block(16, 32, 2), Block(32, 32), Block(32, 32))
            self.layer3 = torch.nn.Sequential(Block(32, 64, 2), Block(64, 64), Block(64, 64))
            self.fc = torch.nn.Linear(64, 10)

        def forward(self, x):
            x = self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x))))))
            return self.fc(x.mean((2, 3)))

    return ResNet().double()


def torch_lenet5(torch):
    layers = torch.nn
    return layers.Sequential(
        layers.Conv2d(1, 6, 5, padding=2), layers.ReLU(), layers.MaxPool2d(2),
        layers.Conv2d(6, 16, 5), layers.ReLU(), layers.MaxPool2d(2), layers.Flatten(),
        layers.Linear(400, 120), layers.ReLU(), layers.Linear(120, 84), layers.ReLU(), layers.Linear(84, 10),
    ).double()  # fmt: skip


@pytest.mark.parametrize(
    ("make", "reference", "shape", "steps"),
    [
        (nn.models.LeNet5, torch_lenet5, (4, 1, 28, 28), 20),
        (nn.models.ResNet20, torch_resnet, (3, 3, 32, 32), 3),
    ],
    ids=["LeNet5", "ResNet20"],
)
def test_training_equals_torch_step_by_step(torch, rng, make, reference, shape, steps):
    theirs = reference(torch)
    ours = make(dtype=np.float64)
    state = dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True))
    ours.load_state_dict(state)
    options = {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4, "nesterov": True}
    optimizer, other = nn.optim.SGD(ours.parameters(), **options), torch.optim.SGD(theirs.parameters(), **options)
    target = rng.integers(0, 10, shape[0])
    for _ in range(steps):
        x = rng.normal(size=shape)
        optimizer.zero_grad()
        other.zero_grad()
        loss = nn.CrossEntropyLoss()(ours(x), target)
        expected = torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(target))
        np.testing.assert_allclose(float(loss), expected.item(), rtol=1e-7)
        loss.backward()
        expected.backward()
        optimizer.step()
        other.step()
    for (name, array), tensor in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        np.testing.assert_allclose(array, tensor.numpy(), rtol=1e-5, atol=1e-8, err_msg=name)


def test_a_tape_of_resnet_has_the_path_of_each_block(rng):
    net = nn.models.ResNet20().eval()
    with ag.tape() as tape:
        net(rng.normal(size=(1, 3, 8, 8)).astype(np.float32))
    scopes = {node.note.scope for node in tape}
    assert ("ResNet20", "layer2", "0", "downsample", "1") in scopes
    assert "layer3.2.bn2.bias" in {node.note.name for node in tape}
