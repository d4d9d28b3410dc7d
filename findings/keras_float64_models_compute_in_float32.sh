#!/usr/bin/env bash
# Keras 3.15.1: after keras.backend.set_floatx("float64") weights are float64, and results are still those of float32: on
# every backend but TensorFlow keras.backend.result_type("float64", "float64") is "float32", also where JAX has 64 bits
# switched on. A Dense(3, activation="tanh") of float64, with compute dtype float64, gives float32 on the NumPy backend and on
# JAX, 1e-7 off; on PyTorch (not run here) keras.ops.matmul casts both matrices to float32, and its product back to float64.
# The comment in its source: "to be aligned with JAX's default behavior".
# Seen with JAX 0.10.2, NumPy 2.4.1, CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet keras==3.15.1 jax==0.10.2 numpy==2.4.1 scipy==1.17.1
for backend in numpy jax; do
KERAS_BACKEND=$backend JAX_ENABLE_X64=1 venv/bin/python - <<'PYTHON'
import keras
import numpy as np

backend = keras.backend.backend()
keras.backend.set_floatx("float64")
assert keras.backend.result_type("float64", "float64") == "float32"
x = np.linspace(-1, 1, 12).reshape(4, 3)
layer = keras.layers.Dense(3, activation="tanh")
y = np.asarray(layer(x))
kernel, bias = (np.asarray(one) for one in layer.get_weights())
off = float(abs(y - np.tanh(x @ kernel + bias)).max())
print(f"{backend}: kernel {layer.kernel.dtype}, compute dtype {layer.compute_dtype}, output {y.dtype}, off by {off:.1e}")
assert layer.kernel.dtype == layer.compute_dtype == "float64"
assert 1e-9 < off < 1e-5
PYTHON
done
