"""How each library computes a case: ``LIBRARIES`` has the module of each by its name on the page."""

LIBRARIES = {
    "chalkgrad": "ours",
    "PyTorch": "of_torch",
    "JAX": "of_jax",
    "tinygrad": "of_tinygrad",
    "MyGrad": "of_mygrad",
    "HIPS autograd": "of_hips",
    "NumPy": "of_numpy",
    "SciPy": "of_scipy",
    "Keras": "of_keras",
    "ONNX Runtime": "of_onnx",
}
"""Each has ``VERSION``, ``functions``, and ``value``, ``gradient`` and ``hessian`` where the library has them."""
