"""Ask Keras what its models give, for ``goldens.json``: ``KERAS_BACKEND=jax python tests/nn/of_keras/make_goldens.py``.

For each model: its description as Keras saves it, less what says how weights begin, the entries of its arrays, and the
outputs on x, in float64. Weights and inputs are the values of ``wave``, which the tests compute again. Written by Keras
3.15.1 on JAX 0.10.2, which computes convolutions as TensorFlow does. Keras' own table of dtypes turns float64 into
float32 on all backends but TensorFlow; here it is told not to.
"""

import json
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

HERE = Path(__file__).parent
DROPPED = ("initializer", "regularizer", "constraint")


def wave(shape, start):
    """Values between −0.5 and 0.5 that look like none in particular."""
    return 0.5 * np.sin(1.7 * np.arange(np.prod(shape, dtype=int)) ** 1.1 + start).reshape(shape)


def weight(entry, shape):
    """The values of an entry; those of batch norm are positive, for the variances."""
    return wave(shape, sum(entry.encode())) + (0.7 if "batch_normalization" in entry else 0)


def models(keras):
    """{name: (model, shapes of its inputs, whole numbers below this or None)}"""
    k = keras.layers

    def chain(shape, *layers, **options):
        return keras.Sequential([k.Input(shape, **options), *layers])

    yield "dense", chain((5,), k.Dense(4, activation="relu", name="mine"), k.Dense(3, use_bias=False, name="other"))
    yield "flatten", chain((4, 5, 3), k.Flatten(), k.Dense(3, activation="softmax"))
    for activation in (
        "sigmoid tanh softmax log_softmax elu selu gelu silu mish softplus softsign hard_sigmoid hard_silu leaky_relu "
        "relu6 log_sigmoid hard_tanh tanh_shrink linear"
    ).split():
        yield f"activation {activation}", chain((3, 2, 4), k.Rescaling(8.0, 0.3), k.Activation(activation))
    for size in (7, 8):
        for options in (
            {"strides": 2, "padding": "same"},
            {"strides": (3, 2), "padding": "same"},
            {"padding": "same", "dilation_rate": 2},
            {"strides": 2, "groups": 3},
        ):
            yield (
                f"conv {size} {options}",
                chain((size, size + 1, 3), k.Conv2D(6, (3, 2), **options, activation="relu")),
            )
        yield f"depthwise {size}", chain((size, size, 3), k.DepthwiseConv2D(3, 2, "same", depth_multiplier=2))
        yield f"separable {size}", chain((size, size, 3), k.SeparableConv2D(4, 3, 2, "same", depth_multiplier=2))
        yield f"conv 1d {size}", chain((size, 3), k.Conv1D(4, 3, 2, "same"), k.Conv1D(2, 2, padding="causal"))
        for kind in (k.MaxPooling2D, k.AveragePooling2D):
            yield f"{kind.__name__} {size}", chain((size, size, 2), kind(3, 2, "same"), kind(2))
        for kind in (k.MaxPooling1D, k.AveragePooling1D):
            yield f"{kind.__name__} {size}", chain((size, 2), kind(3, 2, "same"), kind(2))
    yield "separable 1d", chain((9, 3), k.DepthwiseConv1D(3, padding="same"), k.SeparableConv1D(4, 3))
    yield "conv 3d", chain((5, 6, 4, 2), k.Conv3D(3, 3, (2, 1, 2), "same"), k.MaxPooling3D(2), k.GlobalMaxPooling3D())
    for size, stride in ((3, 2), (2, 2), (4, 2), (5, 2), (2, 3), (3, 1), (2, 1)):
        for padding in ("valid", "same"):
            yield (
                f"transposed {size} {stride} {padding}",
                chain((4, 3, 2), k.Conv2DTranspose(3, size, stride, padding, activation="elu")),
            )
    yield "transposed 1d", chain((5, 2), k.Conv1DTranspose(3, 3, 2, "same"))
    for options in ({}, {"scale": False}, {"center": False}, {"scale": False, "center": False}):
        yield f"batch norm {options}", chain((3, 4, 5), k.BatchNormalization(**options))
        yield f"layer norm {options}", chain((3, 4, 5), k.LayerNormalization(**options))
    yield "batch norm of features", chain((5,), k.BatchNormalization(momentum=0.9, epsilon=1e-2))
    yield "batch norm of sequences", chain((4, 5), k.BatchNormalization())
    yield "prelu", chain((3, 4, 5), k.PReLU(shared_axes=[1, 2]), k.ELU(0.7), k.LeakyReLU(negative_slope=0.1))
    yield "relu", chain((3, 4, 5), k.ReLU(max_value=0.25), k.ReLU(), k.ReLU(negative_slope=0.2))
    yield (
        "shapes",
        chain(
            (4, 6, 3),
            k.ZeroPadding2D(((1, 0), (2, 1))),
            k.Cropping2D(((0, 1), (1, 1))),
            k.UpSampling2D((2, 3), interpolation="bilinear"),
            k.UpSampling2D((1, 2)),
            k.Permute((2, 1, 3)),
            k.Reshape((21, 6, -1)),
            k.Reshape((-1, 8)),
            k.ZeroPadding1D((1, 2)),
            k.Cropping1D(1),
            k.UpSampling1D(2),
            k.GlobalAveragePooling1D(),
            k.RepeatVector(3),
            k.Softmax(axis=1),
        ),
    )
    yield "pools", chain((4, 5, 3), k.GlobalAveragePooling2D(keepdims=True), k.GlobalMaxPooling2D())
    yield "dense on images", chain((3, 4, 5), k.Dense(2, activation="softmax"), k.Dropout(0.5), k.SpatialDropout2D(0.5))
    for kind in (k.SimpleRNN, k.LSTM, k.GRU):
        for sequences in (True, False):
            yield f"{kind.__name__} {sequences}", chain((5, 3), kind(4, return_sequences=sequences))
            yield (
                f"{kind.__name__} {sequences} both ways",
                chain(
                    (5, 3),
                    k.Bidirectional(kind(4, return_sequences=sequences), merge_mode="concat" if sequences else "ave"),
                ),
            )
    yield "GRU without bias", chain((5, 3), k.GRU(4, use_bias=False))
    yield "GRU reset before", chain((5, 3), k.GRU(4, reset_after=False, return_sequences=True))
    yield "words", chain((6,), k.Embedding(9, 4), k.LSTM(3), dtype="int32")
    yield "steps", chain((5, 3), k.TimeDistributed(k.Dense(2, activation="relu")))

    image = k.Input((6, 6, 3))
    a = k.Conv2D(4, 3, padding="same", name="conv")(image)
    b = k.BatchNormalization(name="norm-1")(a)
    shared = k.Conv2D(4, 1, name="shared")
    c = k.Concatenate()([shared(a), shared(b)])
    d = k.Add()([k.Dense(8, name="far")(c), c])
    yield "graph", keras.Model(image, [k.Average()([d, c, d]), k.Subtract()([a, b])])
    x, y = k.Input((3,)), k.Input((4,))
    both = k.Multiply()([k.Dense(2)(x), k.Dense(2)(y)])
    yield "two inputs", keras.Model([y, x], k.Maximum()([both, k.Minimum()([both, k.Dense(2)(x)])]))
    inner = keras.Model(image, k.Flatten()(k.Conv2D(2, 3, activation="relu")(image)))
    tail = chain((32,), k.Dense(3), k.Dense(2))
    p = k.Input((6, 6, 3))
    yield "models in a model", keras.Model(p, tail(inner(p)))
    p = k.Input((6, 6, 3))
    yield "a model called twice", keras.Model(p, k.Add()([inner(p), inner(k.ReLU()(p))]))
    p = k.Input((6, 6, 3))
    yield "a model as output", keras.Model(p, [inner(k.ReLU()(p)), inner(p)])
    yield "a chain in a chain", chain((32,), tail, k.Dense(1))


def stripped(found):
    if isinstance(found, dict):
        return {key: stripped(value) for key, value in found.items() if not key.endswith(DROPPED) and key != "dtype"}
    return [stripped(one) for one in found] if isinstance(found, list) else found


def inputs_of(model):
    for i, one in enumerate(model.inputs):
        x = wave((2, *one.shape[1:]), i + 0.4)
        yield (np.abs(x) * 18).astype("int32") if "int" in str(one.dtype) else x


def entries(file):
    found = {}
    file.visititems(lambda name, at: found.update({name: list(at.shape)}) if hasattr(at, "shape") else None)
    return found


def main():
    import h5py
    import jax
    import keras
    from keras.src.backend.common import dtypes

    jax.config.update("jax_enable_x64", True)
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    keras.backend.set_floatx("float64")
    with TemporaryDirectory() as folder:
        found = {name: golden(name, model, Path(folder) / "model.keras", h5py) for name, model in models(keras)}
    found = {"keras": keras.__version__, "jax": jax.__version__, "models": found}
    (HERE / "goldens.json").write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")


def golden(name, model, path, h5py):
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        config, content = json.loads(archive.read("config.json")), archive.read("model.weights.h5")
    with h5py.File(BytesIO(content)) as file:
        shapes = entries(file)
    weights = path.with_suffix(".weights.h5")
    weights.write_bytes(content)
    with h5py.File(weights, "r+") as file:
        for entry, shape in shapes.items():
            file[entry][...] = weight(entry, shape)
    model.load_weights(weights)
    outputs = model(list(inputs_of(model)) if len(model.inputs) > 1 else next(inputs_of(model)), training=False)
    outputs = [np.asarray(y.detach() if hasattr(y, "detach") else y) for y in as_list(outputs)]
    assert all(y.dtype == np.float64 for y in outputs), name
    return {
        "config": stripped(config),
        "entries": shapes,
        "inputs": [[list(x.shape), x.dtype.name] for x in inputs_of(model)],
        "outputs": [[list(y.shape), [float(f"{v:.12g}") for v in np.ravel(y)]] for y in outputs],
    }


def as_list(outputs):
    return outputs if isinstance(outputs, list | tuple) else [outputs]


if __name__ == "__main__":
    main()
