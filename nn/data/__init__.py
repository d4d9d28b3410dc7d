"""Data sets and batches: ``for x, y in DataLoader((images, labels), batch_size=64, shuffle=True, seed=0)``."""

from .digits import load_digits
from .idx import load_mnist, read_idx
from .loader import DataLoader, Subset, TensorDataset, random_split, train_test_split

__all__ = [
    "DataLoader",
    "Subset",
    "TensorDataset",
    "load_digits",
    "load_mnist",
    "random_split",
    "read_idx",
    "train_test_split",
]
