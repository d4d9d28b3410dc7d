"""What the operations of ``autograd.ops.arithmetic`` are held against."""

from . import Oracle

ORACLES = {
    "power": Oracle(torch=lambda torch, a, b: torch.pow(a, b)),
    "floor_divide": Oracle(torch=lambda torch, a, b: torch.floor_divide(a.detach(), b.detach()) + 0 * (a + b)),
}
