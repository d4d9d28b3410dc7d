"""The networks of papers: as many parameters as published, and PyTorch's logits and gradients for the same file."""

import numpy as np
import pytest

import autograd as ag
import nn

HALF = {"dtype": np.float16}  # builds quickest

SMALL = [
    ("LeNet5", nn.models.LeNet5, {}, 61_706),
    ("LeNet5Original", nn.models.LeNet5Original, {}, 60_000),
    ("ResNet20", nn.models.ResNet20, {}, 272_474),
    ("ResNet32", nn.models.ResNet32, {}, 466_906),
    ("ResNet56", nn.models.ResNet56, {}, 855_770),
    ("MobileNetV2", nn.models.MobileNetV2, {}, 3_504_872),
]
DEIT_TINY = {"num_classes": 1000, "image_size": 224, "patch_size": 16, "dim": 192, "num_layers": 12, "num_heads": 3}
VIT_B_16 = {"num_classes": 1000, "image_size": 224, "patch_size": 16, "dim": 768, "num_layers": 12, "num_heads": 12}
LARGE = [
    ("ResNet18", nn.models.ResNet18, {}, 11_689_512),
    ("ResNet34", nn.models.ResNet34, {}, 21_797_672),
    ("AlexNet", nn.models.AlexNet, {}, 61_100_840),
    ("VGG11", nn.models.VGG11, {}, 132_863_336),
    ("VGG11 with batch norm", nn.models.VGG11, {"batch_norm": True}, 132_868_840),
    ("VGG13", nn.models.VGG13, {}, 133_047_848),
    ("VGG16", nn.models.VGG16, {}, 138_357_544),
    ("VGG19", nn.models.VGG19, {}, 143_667_240),
    ("UNet", nn.models.UNet, {}, 31_030_593),
    ("DeiT-Ti", nn.models.VisionTransformer, DEIT_TINY, 5_717_416),
    ("ViT-B/16", nn.models.VisionTransformer, VIT_B_16, 86_567_656),
]
CASES = [*SMALL, *[pytest.param(*case, marks=pytest.mark.slow) for case in LARGE]]


@pytest.mark.parametrize(("name", "make", "options", "count"), CASES)
def test_published_counts_of_parameters(name, make, options, count):
    net = make(**options, **HALF)
    assert net.num_parameters() == count
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float16)}


@pytest.mark.parametrize(
    ("make", "shape", "result"),
    [
        (lambda: nn.models.LeNet5Original(), (2, 1, 32, 32), (2, 10)),
        (lambda: nn.models.Autoencoder(), (2, 1, 28, 28), (2, 1, 28, 28)),
        (lambda: nn.models.UNet(3, 5, width=4, depth=2), (2, 3, 8, 12), (2, 5, 8, 12)),
        (lambda: nn.models.MobileNetV2(7), (2, 3, 32, 32), (2, 7)),
        (lambda: nn.models.VisionTransformer(num_layers=1), (2, 3, 32, 32), (2, 10)),
    ],
)
def test_shapes_and_gradients(rng, make, shape, result):
    net = make().eval()  # in training what batch norm takes away has no gradient
    y = net(ag.Tensor(rng.random(shape, np.float32)))
    assert y.shape == result and y.dtype == np.float32
    (y * rng.normal(size=result).astype(np.float32)).sum().backward()
    for name, p in net.named_parameters():
        assert p.grad is not None and np.isfinite(p.grad).all() and p.grad.any(), name


def test_letters_one_by_one_are_letters_in_a_row(rng):
    net = nn.models.CharRNN(11, 8, 16, num_layers=2, dtype=np.float64)
    letters = rng.integers(0, 11, (2, 5))
    whole = net(letters).data
    state = None
    for i in range(5):
        logits, state = net(letters[:, i : i + 1], state, return_state=True)
        np.testing.assert_allclose(logits.data[:, 0], whole[:, i], rtol=1e-12)


def test_the_original_lenet_sees_no_more_than_table_i_says(rng):
    c3 = nn.models.LeNet5Original(dtype=np.float64).c3
    x = ag.Tensor(rng.normal(size=(1, 6, 5, 5)), requires_grad=True)
    for i, seen in ((0, [0, 1, 2]), (9, [0, 3, 4, 5]), (15, [0, 1, 2, 3, 4, 5])):
        x.grad = None
        c3(x)[0, i].sum().backward()
        assert np.flatnonzero(x.grad.any(axis=(0, 2, 3))).tolist() == seen


def test_bad_images():
    with pytest.raises(ValueError, match=r"multiples of 4\n  images: \(1, 1, 6, 8\)"):
        nn.models.UNet(width=2, depth=2)(np.zeros((1, 1, 6, 8), np.float32))
    with pytest.raises(ValueError, match="patch_size: 5"):
        nn.models.VisionTransformer(patch_size=5)
    with pytest.raises(ValueError, match=r"32 × 32\n  images: \(1, 3, 16, 16\)"):
        nn.models.VisionTransformer(num_layers=1)(np.zeros((1, 3, 16, 16), np.float32))


def torch_lenet5(torch):
    """With the names that ours has."""
    layers = torch.nn

    class Net(layers.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = layers.Conv2d(1, 6, 5, padding=2), layers.Conv2d(6, 16, 5)
            self.fc1, self.fc2, self.fc3 = layers.Linear(400, 120), layers.Linear(120, 84), layers.Linear(84, 10)

        def forward(self, x):
            pool = torch.nn.functional.max_pool2d
            x = pool(torch.relu(self.conv2(pool(torch.relu(self.conv1(x)), 2))), 2).flatten(1)
            return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))

    return Net()


def torch_vgg11(torch):
    """As torchvision names it."""
    layers = torch.nn

    class Net(layers.Module):
        def __init__(self):
            super().__init__()
            features, before = [], 3
            for one in (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"):
                if one == "M":
                    features.append(layers.MaxPool2d(2, 2))
                else:
                    features += [layers.Conv2d(before, one, 3, padding=1), layers.ReLU()]
                    before = one
            self.features = layers.Sequential(*features)
            self.avgpool = layers.AdaptiveAvgPool2d((7, 7))
            self.classifier = layers.Sequential(
                layers.Linear(25088, 4096), layers.ReLU(), layers.Dropout(), layers.Linear(4096, 4096), layers.ReLU(),
                layers.Dropout(), layers.Linear(4096, 1000),
            )  # fmt: skip

        def forward(self, x):
            return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))

    return Net()


def torch_resnet18(torch):
    """As torchvision names it."""
    layers = torch.nn

    class Block(layers.Module):
        def __init__(self, a, b, stride):
            super().__init__()
            self.conv1, self.bn1 = layers.Conv2d(a, b, 3, stride, 1, bias=False), layers.BatchNorm2d(b)
            self.conv2, self.bn2 = layers.Conv2d(b, b, 3, 1, 1, bias=False), layers.BatchNorm2d(b)
            self.downsample = None
            if a != b:
                self.downsample = layers.Sequential(layers.Conv2d(a, b, 1, stride, bias=False), layers.BatchNorm2d(b))

        def forward(self, x):
            y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
            return torch.relu(y + (x if self.downsample is None else self.downsample(x)))

    class Net(layers.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = layers.Conv2d(3, 64, 7, 2, 3, bias=False), layers.BatchNorm2d(64)
            self.maxpool = layers.MaxPool2d(3, 2, 1)
            for i, (a, b) in enumerate([(64, 64), (64, 128), (128, 256), (256, 512)], 1):
                blocks = layers.Sequential(Block(a, b, 1 if a == b else 2), Block(b, b, 1))
                setattr(self, f"layer{i}", blocks)
            self.fc = layers.Linear(512, 1000)

        def forward(self, x):
            x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
            x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
            return self.fc(x.mean((2, 3)))

    return Net()


@pytest.mark.parametrize(
    ("make", "reference", "shape", "training"),
    [
        (nn.models.LeNet5, torch_lenet5, (3, 1, 28, 28), True),
        pytest.param(nn.models.ResNet18, torch_resnet18, (2, 3, 40, 40), True, marks=pytest.mark.slow),
        pytest.param(nn.models.ResNet18, torch_resnet18, (2, 3, 40, 40), False, marks=pytest.mark.slow),
        pytest.param(nn.models.VGG11, torch_vgg11, (1, 3, 32, 32), True, marks=pytest.mark.slow),
    ],
    ids=["LeNet5", "ResNet18", "ResNet18 in eval", "VGG11"],
)
def test_a_pth_file_gives_torchs_logits_and_gradients(torch, rng, tmp_path, make, reference, shape, training):
    torch.manual_seed(0)
    theirs = reference(torch).double()
    for name, buffer in theirs.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_()
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 2)
    torch.save(theirs.state_dict(), tmp_path / "net.pth")
    ours = make(dtype=np.float64)
    ours.load_state_dict(nn.load(tmp_path / "net.pth"))
    for net in (ours, theirs):
        net.train(training)
        for layer in net.modules():
            if type(layer).__name__ == "Dropout":
                layer.eval()
    x = rng.normal(size=shape)
    images, others = ag.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    target = rng.integers(0, 10, shape[0])
    logits, expected = ours(images), theirs(others)
    np.testing.assert_allclose(logits.data, expected.detach().numpy(), rtol=1e-9, atol=1e-9)
    nn.CrossEntropyLoss()(logits, target).backward()
    torch.nn.functional.cross_entropy(expected, torch.tensor(target)).backward()
    np.testing.assert_allclose(images.grad, others.grad.numpy(), rtol=1e-9, atol=1e-9)
    gradients = dict(theirs.named_parameters())
    for name, p in ours.named_parameters():
        np.testing.assert_allclose(p.grad, gradients[name].grad.numpy(), rtol=1e-9, atol=1e-9, err_msg=name)
