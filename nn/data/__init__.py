"""Data sets and batches: ``for x, y in DataLoader((images, labels), batch_size=64, shuffle=True, seed=0)``."""

from . import transforms as transforms
from .cifar import load_cifar10, load_cifar100
from .collating import default_collate
from .datasets import ConcatDataset, Dataset, Subset, TensorDataset, random_split, train_test_split
from .digits import load_digits
from .folders import ImageFolder
from .idx import load_mnist, read_idx
from .loader import DataLoader
from .randomness import sample_generator
from .samplers import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "ImageFolder",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "load_cifar10",
    "load_cifar100",
    "load_digits",
    "load_mnist",
    "random_split",
    "read_idx",
    "sample_generator",
    "train_test_split",
    "transforms",
]
