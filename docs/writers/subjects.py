"""What the reference is divided into: {subject: what is in it}, by the modules in which names are defined."""

TENSORS = "tensors devices dtypes creation dlpack random generators"
SUBJECTS = {
    "autograd": {
        "Tensors": ("How a Tensor is made, on what it lies, and where random numbers come from.", TENSORS),
        "Gradients": (
            "The walk backward, functions of functions, and gradients against finite differences.",
            "engine transforms mapping finite_differences",
        ),
        "Tapes and modes": ("What is recorded, and what is switched on and off.", "modes"),
        "Checking a derivation": (
            "Gradients by hand against the true ones.",
            "checking.by_hand checking.code checking.derivations checking.report",
        ),
        "Seeing, explaining, teaching": (
            "Pictures, the chain rule with its numbers, exercises.",
            "drawing explaining teaching",
        ),
        "Programs": (
            "What was recorded, as code and as a compiled step; what is recorded again to save memory.",
            "program.compiling program.source checkpointing",
        ),
        "Operations of your own": ("Declarations, and classes as in PyTorch.", "declaration function"),
        "Functions of each entry": (
            "Arithmetic, roots, exponentials, activations, choices. Each operation has a section with its derivative "
            "in [Every operation](../operations/index.md).",
            "ops.elementwise ops.arithmetic ops.activation entries ops.special special",
        ),
        "Reductions and statistics": (
            "Sums, means, extrema, running sums, quantiles.",
            "ops.reduction running statistics",
        ),
        "Shapes and indices": (
            "The same entries at other places, picked, put, joined.",
            "ops.shaping ops.broadcasting ops.indexing joining selecting scattering",
        ),
        "Products and linear algebra": (
            "Products of matrices and tensors, and the names of PyTorch's older linear algebra.",
            "ops.linalg later linalg.solving linalg.products linalg.equations linalg.factors ops.inverses",
        ),
        "Compositions": ("Functions that are a few operations.", "composed"),
        "Layers as operations": (
            "Convolution, pooling, normalization, losses.",
            "ops.conv ops.pooling ops.normalization ops.losses ops.signal convolutions",
        ),
        "Without a gradient": ("Comparisons, searches, orders, sets: functions of values.", "of_values"),
        "And the rest": ("What belongs to none of these.", ""),
    },
    "nn": {
        "Modules": (
            "What networks are made of, how they are kept, and what they do.",
            "module parameter stateless io checkpoint overview diagnosing profiling confusion confusion_pictures",
        ),
        "Layers": (
            "Under PyTorch's names and arguments.",
            "layers.linear layers.convolution layers.pooling layers.adaptive_pooling layers.activation "
            "layers.normalization layers.normalization_by_sample layers.dropout layers.embedding layers.recurrent "
            "layers.attention layers.transformer layers.container layers.padding layers.shaping layers.flatten",
        ),
        "Losses": ("How far predictions are from targets.", "losses"),
        "And the rest": ("What belongs to none of these.", ""),
    },
}

MODULES = {
    "autograd": {
        "linalg": "Linear algebra",
        "special": "Special functions",
        "testing": "Assertions for tests",
        "extend": "For declaring operations",
        "config": "Threads, memory, what it runs on",
        "cuda": "Devices",
    },
    "nn": {
        "functional": "Layers as functions",
        "optim": "Optimizers",
        "optim.lr_scheduler": "Learning rates",
        "training": "Training",
        "data": "Data",
        "models": "Models",
        "init": "First values",
        "utils": "Gradients of all parameters",
        "onnx": "ONNX",
        "distributed": "Several processes",
    },
}
"""{package: {module whose names are public: the page's title}}."""

INTERNAL = {"internal"}
"""What stands in ``__all__`` and is no user's business."""
