"""Networks to start from: small enough to read, and named as in the papers.

``LeNet`` reads the embedded 8 × 8 digits, ``LeNet5`` MNIST, ``ResNet20`` images of CIFAR's shape, ``ResNet18`` photos,
and ``MLP`` anything flat: all give logits, scores of the classes before a softmax. ``UNet`` gives logits for each
pixel, ``Autoencoder`` an image again, ``CharRNN`` logits of the next letter. Where torchvision has a network, its file
of weights loads::

    net = nn.models.ResNet18()
    net.load_state_dict(nn.load("resnet18.pth"))

Each family stands in a file: ``lenet``, ``alexnet``, ``vgg``, ``resnet``, ``mobilenet``, ``unet``, ``autoencoder``,
``recurrent``, ``vit``, and ``small`` for ``MLP`` and ``LeNet``.
"""

from .alexnet import AlexNet
from .autoencoder import Autoencoder
from .lenet import LeNet5, LeNet5Original
from .mobilenet import MobileNetV2
from .recurrent import CharRNN
from .resnet import BasicBlock, ResNet18, ResNet20, ResNet32, ResNet34, ResNet56
from .small import MLP, LeNet
from .unet import UNet
from .vgg import VGG11, VGG13, VGG16, VGG19
from .vit import VisionTransformer

__all__ = [
    "AlexNet",
    "Autoencoder",
    "BasicBlock",
    "CharRNN",
    "LeNet",
    "LeNet5",
    "LeNet5Original",
    "MLP",
    "MobileNetV2",
    "ResNet18",
    "ResNet20",
    "ResNet32",
    "ResNet34",
    "ResNet56",
    "UNet",
    "VGG11",
    "VGG13",
    "VGG16",
    "VGG19",
    "VisionTransformer",
]
