#!/usr/bin/env bash
# Keras 3.15.1: in the configuration of a functional model, the first call of a layer is number 0, in the layers that take
# its output (keras_history) and in output_layers. Of a functional model that stands in a layer's place the first call is
# number 0 where a layer takes its output, and number 1 in output_layers; Keras takes 1 away again when it reads the latter.
# Who resolves [name, call, output] in one way for both finds no such call, or another one.
# Seen with NumPy 2.4.1, CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet keras==3.15.1 jax==0.10.2 numpy==2.4.1 scipy==1.17.1
KERAS_BACKEND=numpy venv/bin/python - <<'PYTHON'
import keras

x = keras.Input((2,))
inner = keras.Model(x, keras.layers.Dense(2)(x), name="inner")
p = keras.Input((2,))
called = inner(p)
config = keras.Model(p, [called, keras.layers.ReLU(name="after")(called)]).get_config()
(after,) = [layer for layer in config["layers"] if layer["name"] == "after"]
taken = after["inbound_nodes"][0]["args"][0]["config"]["keras_history"]
print("the same value is", list(taken), "for the layer after it and", config["output_layers"][0], "as an output")
assert list(taken) == ["inner", 0, 0] and list(config["output_layers"][0]) == ["inner", 1, 0]
PYTHON
