"""What the error says where ``nn`` is asked for a name that PyTorch's has and this one has not."""

from collections.abc import Iterable
from difflib import get_close_matches

INSTEAD = {
    "DistributedDataParallel": "nn.distributed.replicate(model)",
    "DataParallel": "nn.distributed.replicate(model): several processes",
    "SyncBatchNorm": "nn.BatchNorm2d: each process takes the mean of its own share",
    "LazyLinear": "nn.Linear(in_features, out_features)",
    "LazyConv2d": "nn.Conv2d(in_channels, out_channels, kernel_size)",
    "parallel": "nn.distributed.replicate(model): several processes",
    "quantized": "floats: nothing is quantized here",
    "modules": "nn.Module, nn.Linear and the rest, which are in nn itself",
    "parameter": "nn.Parameter",
    "UninitializedParameter": "nn.Parameter(values)",
}


def no_such_name(name: str, known: Iterable[str]) -> AttributeError:
    """The error of ``nn.name``."""
    lines = [f"nn has no {name!r}"]
    found = get_close_matches(name, list(known), 3, 0.7)
    if name in INSTEAD:
        lines.append(f"  instead: {INSTEAD[name]}")
    elif found and not name.startswith("_"):
        lines.append("  near: " + ", ".join(f"nn.{one}" for one in found))
    elif not name.startswith("_"):
        lines.append("  write a subclass of nn.Module that computes it in forward")
    return AttributeError("\n".join(lines))
