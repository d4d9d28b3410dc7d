"""What errors say where a name is asked for that PyTorch has and this library has not: what to write in its place.

A name with no line here gets those of ours that look like it. The whole comparison is docs/coming-from-pytorch.md.
"""

from difflib import get_close_matches

NO_GPU = "there is no GPU here: leave the line out"
NOT_HERE = "there is none here"
DENSE = f"arrays are dense: {NOT_HERE}"
REAL = "gradients exist for real floats alone"

ATTRIBUTES = {
    "values": "x.max(dim=1).values, of PyTorch's pair (values, indices)\n"
    "  x.max(1) and x.max(axis=1) are NumPy's: the values alone",
    "indices": "x.max(dim=1).indices, of PyTorch's pair (values, indices), or x.argmax(1)\n"
    "  x.max(1) and x.max(axis=1) are NumPy's: the values alone",
    "as_strided": "index, or .reshape(...)",
    "bfloat16": "x.half() or x.float(): floats have 16, 32 or 64 bits as in NumPy",
    "cfloat": REAL,
    "cdouble": REAL,
    "real": f"{REAL}; of a value: x.data.real",
    "imag": f"{REAL}; of a value: x.data.imag",
    "conj": REAL,
    "data_ptr": "x.data.ctypes.data, of the array",
    "stride": "x.data.strides, in bytes; how entries lie in memory is no concern of a Tensor's user",
    "storage": "x.data, the array",
    "untyped_storage": "x.data, the array",
    "resize_": "x = x.reshape(...), or a new Tensor",
    "set_": "x.data = array",
    "share_memory_": "nothing: processes have values of their own",
    "to_sparse": DENSE,
    "is_sparse": DENSE,
    "layout": DENSE,
    "map_": "Python's operators on x",
    "apply_": "Python's operators on x",
    "index": "x[...]",
    "put_": "x[...] = values",
    "_version": "graphs notice writes by themselves",
    "register_post_accumulate_grad_hook": "x.register_hook(f), which is called with the gradient before it is summed",
}

NAMES = {
    "save": "nn.save(state, path)",
    "load": "nn.load(path)",
    "nn": "import nn",
    "optim": "nn.optim",
    "utils": "nn.data for data sets and loaders; nn.utils for parameters",
    "autograd": "its functions are here themselves: ag.gradients, ag.gradcheck, ag.detect_anomaly",
    "functional": "ag.jacobian, ag.hessian, ag.vjp, ag.jvp, ag.hvp",
    "func": "its functions are here themselves: ag.grad, ag.jacobian, ag.vjp",
    "function": "ag.Function, ag.once_differentiable",
    "fft": "np.fft on x.data, which has no gradient",
    "backends": f"{NO_GPU}; results do not change from run to run",
    "mps": NO_GPU,
    "accelerator": NO_GPU,
    "amp": f"{NOT_HERE}: leave it out, or cast with .half()",
    "autocast": f"{NOT_HERE}: leave it out, or cast with .half()",
    "GradScaler": f"{NOT_HERE}: leave it out",
    "compile": f"{NOT_HERE}: call the module itself",
    "jit": f"{NOT_HERE}: call the module itself; ag.tape() records what it does",
    "distributed": NOT_HERE,
    "multiprocessing": "Python's multiprocessing",
    "profiler": "cProfile",
    "hub": NOT_HERE,
    "onnx": NOT_HERE,
    "use_deterministic_algorithms": "nothing: results do not depend on threads, nor change from run to run",
    "set_num_threads": "ag.config.set_num_threads(n)",
    "get_num_threads": "ag.config.get_num_threads()",
    "set_printoptions": "np.set_printoptions(...)",
    "set_default_dtype": "dtype= where a Tensor is made: by default floats are float64, and those of layers float32",
    "get_default_dtype": "ag.float64, which floats are by default; those of layers are float32",
    "set_default_device": NO_GPU,
    "get_rng_state": "ag.Generator() with a state of its own: g.bit_generator.state",
    "set_rng_state": "ag.manual_seed(n)",
    "seed": "ag.manual_seed(n)",
    "equal": "ag.eq(a, b), entry by entry as NumPy's, or ag.array_equal(a, b), one bool as PyTorch's",
    "range": "ag.arange(start, end), which leaves the end out",
    "complex64": REAL,
    "complex128": REAL,
    "complex": REAL,
    "bfloat16": "ag.float16 or ag.float32: floats have 16, 32 or 64 bits as in NumPy",
    "FloatTensor": "ag.tensor(data, dtype=ag.float32)",
    "DoubleTensor": "ag.tensor(data, dtype=ag.float64)",
    "HalfTensor": "ag.tensor(data, dtype=ag.float16)",
    "LongTensor": "ag.tensor(data, dtype=ag.int64)",
    "IntTensor": "ag.tensor(data, dtype=ag.int32)",
    "BoolTensor": "ag.tensor(data, dtype=bool)",
    "detach": "x.detach()",
    "clone": "x.clone()",
    "vmap": "write the function for a batch: operations broadcast",
    "no_grad_": "ag.no_grad()",
    "sparse_coo_tensor": DENSE,
    "embedding": "F.embedding of nn.functional, or weight[indices]",
    "layer_norm": "F.layer_norm of nn.functional",
    "Module": "nn.Module",
    "Parameter": "nn.Parameter",
}


def no_such_attribute(name, known):
    """The error of ``x.name``; ``known`` are the names that there are."""
    return _error("a Tensor", "x.", name, ATTRIBUTES, known)


def no_such_name(name, known):
    """The error of ``ag.name``."""
    return _error("autograd", "ag.", name, NAMES, known)


def _error(owner, prefix, name, instead, known):
    lines = [f"{owner} has no {name!r}"]
    if name in instead:
        lines.append(f"  instead: {instead[name]}")
    elif not name.startswith("_"):
        plain = name.rstrip("_")
        found = get_close_matches(name, known, 3, 0.7)
        if plain != name and plain in known:
            lines.append(f"  write x = {prefix}{plain}(…)")
        elif found:
            lines.append("  near: " + ", ".join(prefix + one for one in found))
        else:
            lines.append("  operations, indexing and NumPy's functions on x.data are what there is")
    return AttributeError("\n".join(lines))
