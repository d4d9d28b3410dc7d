"""What there is of GPUs, in PyTorch's words: none. ``ag.cuda.is_available()`` is False."""

__all__ = ["device_count", "is_available"]


def is_available() -> bool:
    """False: arrays are computed with on the CPU.

    >>> import autograd as ag
    >>> ag.cuda.is_available()
    False
    """
    return False


def device_count() -> int:
    """0: there is no GPU."""
    return 0
