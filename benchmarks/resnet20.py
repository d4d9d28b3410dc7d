"""A training step of ResNet-20 with batch normalization: batch 32, 32 × 32 images in color, SGD

Forward, cross entropy, backward and update; shortcuts with projections, in both libraries.
"""

from .row import Row, layouts
from .training import ours, pytorchs

BATCH = 32


def chalkgrad(batch=BATCH, dtype="float32", compiled=False):
    import nn

    return ours(nn.models.ResNet20(dtype=dtype), batch, 3, 32, 32, dtype=dtype, compiled=compiled)


def pytorch(batch=BATCH, dtype="float32", channels_last=False):
    import torch
    from torch.nn import BatchNorm2d, Conv2d, Linear, Module, Sequential

    def conv(c_in, c_out, size, stride=1):
        return Conv2d(c_in, c_out, size, stride, padding=size // 2, bias=False)

    class BasicBlock(Module):
        def __init__(self, c_in, c_out, stride=1):
            super().__init__()
            self.conv1, self.bn1 = conv(c_in, c_out, 3, stride), BatchNorm2d(c_out)
            self.conv2, self.bn2 = conv(c_out, c_out, 3), BatchNorm2d(c_out)
            self.downsample = None
            if stride != 1 or c_in != c_out:
                self.downsample = Sequential(conv(c_in, c_out, 1, stride), BatchNorm2d(c_out))

        def forward(self, x):
            shortcut = x if self.downsample is None else self.downsample(x)
            x = torch.relu(self.bn1(self.conv1(x)))
            return torch.relu(self.bn2(self.conv2(x)) + shortcut)

    def blocks(c_in, c_out, stride):
        return Sequential(BasicBlock(c_in, c_out, stride), BasicBlock(c_out, c_out), BasicBlock(c_out, c_out))

    class ResNet20(Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = conv(3, 16, 3), BatchNorm2d(16)
            self.layer1, self.layer2, self.layer3 = blocks(16, 16, 1), blocks(16, 32, 2), blocks(32, 64, 2)
            self.fc = Linear(64, 10)

        def forward(self, x):
            x = torch.relu(self.bn1(self.conv1(x)))
            x = self.layer3(self.layer2(self.layer1(x)))
            return self.fc(x.mean((2, 3)))

    return pytorchs(ResNet20(), batch, 3, 32, 32, dtype=dtype, channels_last=channels_last)


ROWS = [
    Row("ResNet-20 step", {"chalkgrad": chalkgrad, "PyTorch": layouts(pytorch)}, bars={"PyTorch": 0.9}),
    Row(
        "ResNet-20 step, growth of the peak memory",
        {"chalkgrad": chalkgrad, "PyTorch": layouts(pytorch)},
        bars={"PyTorch": 1},
        unit="MB",
        measure="memory",
    ),
]
