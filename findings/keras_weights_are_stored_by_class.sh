#!/usr/bin/env bash
# Keras 3.15.1: a .weights.h5 file, and the one in a .keras file, has no entry with a layer's name. Entries are named after
# the class, in snake case, and counted in the model's order: the layers Dense(name="first") and Dense(name="second") are
# layers/dense and layers/dense_1, PReLU is layers/p_re_lu; the name is an attribute of the group vars alone, and is not
# read. So weights saved from [second, first] load into [first, second] without a word, each into the other one, which
# Keras 2 did by the layers' names with by_name=True. The Input of a functional model counts as layers/input_layer, that of
# a Sequential does not. Seen with NumPy 2.4.1, CPython 3.11, Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet keras==3.15.1 jax==0.10.2 numpy==2.4.1 scipy==1.17.1
KERAS_BACKEND=numpy venv/bin/python - <<'PYTHON'
import h5py
import keras
import numpy as np


def model(*names):
    layers = [keras.layers.Dense(2, use_bias=False, name=name) for name in names]
    return keras.Sequential([keras.Input((2,)), *layers, keras.layers.PReLU()])


one = model("first", "second")
one.get_layer("first").set_weights([np.full((2, 2), 1.0)])
one.get_layer("second").set_weights([np.full((2, 2), 2.0)])
one.save_weights("a.weights.h5")
with h5py.File("a.weights.h5") as file:
    entries = sorted(file["layers"])
    name = file["layers/dense_1/vars"].attrs["name"]
print("entries:", entries, "and the name of dense_1 is", name)
assert entries == ["dense", "dense_1", "p_re_lu"] and name == "second"

other = model("second", "first")
other.load_weights("a.weights.h5")
loaded = other.get_layer("first").get_weights()[0][0, 0]
print("first was saved with 1, and is loaded with", loaded)
assert loaded == 2
PYTHON
