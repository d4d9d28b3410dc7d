"""What the subjects of single layers share: one function forward and backward, in ours and in PyTorch."""

import numpy as np


def random_arrays(dtype, *shapes):
    rng = np.random.default_rng(0)
    return [rng.normal(0, 1, shape).astype(dtype) for shape in shapes]


def step_of(f, leaves, gradient):
    """The function that computes f(*leaves) and goes backward, with the lines that both libraries have in common."""

    def step():
        for leaf in leaves:
            leaf.grad = None
        y = f(*leaves)
        y.backward(gradient)
        return y, leaves

    return step


def ours(f, arrays, gradient=None, channels_last=False):
    """f of arrays that all get gradients; four-dimensional ones as they are, or with channels last in memory."""
    import autograd as ag

    leaves = [ag.Tensor(laid_out(array, channels_last), requires_grad=True) for array in arrays]
    return step_of(f, leaves, laid_out(gradient, channels_last))


def pytorchs(f, arrays, gradient=None, channels_last=False):
    import torch

    def tensor(array):
        x = torch.from_numpy(array)
        return x.contiguous(memory_format=torch.channels_last) if channels_last and array.ndim == 4 else x

    leaves = [tensor(array).requires_grad_() for array in arrays]
    return step_of(f, leaves, None if gradient is None else tensor(gradient))


def laid_out(array, channels_last):
    if channels_last and array is not None and array.ndim == 4:
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    return array
