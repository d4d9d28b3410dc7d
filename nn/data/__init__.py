"""Data sets and batches: ``for x, y in DataLoader((images, labels), batch_size=64, shuffle=True, seed=0)``."""

from .collating import default_collate
from .digits import load_digits
from .idx import load_mnist, read_idx
from .loader import ConcatDataset, DataLoader, Dataset, Subset, TensorDataset, random_split, train_test_split
from .samplers import (
    BatchSampler,
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
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "load_digits",
    "load_mnist",
    "random_split",
    "read_idx",
    "train_test_split",
]
