"""Keras models with every kind of layer that Lethe brings to PyTorch's layouts, and what Keras computes with them.

layers.keras, layers.h5 and layers.weights.h5 (packed) are one model, each layer on inputs of its own. expected.h5 has a group a layer: `inputs/0`…
and `outputs`, with channels first where the layer is one of images or sequences of channels. cudnn.h5 is a legacy file of weights with
CuDNNLSTM and CuDNNGRU, whose kernels are brought to cuDNN's order by the function of Keras 2.15 that reads such files
(`keras/src/saving/legacy/hdf5_format.py`, Apache-2.0; its two inner functions are repeated here). The others are a subclassed model before
and after a change of one weight, a model nested in another, and layers that are not brought over.

KERAS_BACKEND=torch python make_keras.py     keras 3.15, torch 2.13.0
"""

import gzip
import os

import h5py
import keras
import numpy as np
from keras import layers as L

folder = os.path.dirname(os.path.abspath(__file__))
generator = np.random.default_rng(5)


def path(name):
    return os.path.join(folder, name)


def randomize(model):
    for variable in model.weights:
        if "seed" not in variable.path:
            low, high = (0.5, 1.5) if "variance" in variable.path else (-0.8, 0.8)
            variable.assign(generator.uniform(low, high, variable.shape).astype("float32"))


def draw(*shape):
    return generator.normal(size=shape).astype("float32")



tokens = generator.integers(0, 11, (2, 6)).astype("int32")
cases = {
    "dense": (L.Dense(3), [draw(2, 5)]),
    "conv1d": (L.Conv1D(4, 3), [draw(2, 7, 3)]),
    "conv2d": (L.Conv2D(4, (3, 2), groups=2), [draw(2, 6, 5, 4)]),
    "conv3d": (L.Conv3D(3, 2), [draw(2, 4, 3, 4, 2)]),
    "conv1d_transpose": (L.Conv1DTranspose(4, 3), [draw(2, 5, 3)]),
    "conv2d_transpose": (L.Conv2DTranspose(4, (3, 2)), [draw(2, 4, 3, 3)]),
    "conv3d_transpose": (L.Conv3DTranspose(3, 2), [draw(1, 3, 2, 3, 2)]),
    "depthwise_conv1d": (L.DepthwiseConv1D(3, depth_multiplier=2), [draw(2, 7, 3)]),
    "depthwise_conv2d": (L.DepthwiseConv2D((3, 2), depth_multiplier=2), [draw(2, 5, 6, 3)]),
    "separable_conv1d": (L.SeparableConv1D(4, 3, depth_multiplier=2), [draw(2, 7, 3)]),
    "separable_conv2d": (L.SeparableConv2D(4, (3, 2), depth_multiplier=2), [draw(2, 5, 6, 3)]),
    "embedding": (L.Embedding(11, 4), [tokens]),
    "batch_normalization": (L.BatchNormalization(), [draw(2, 4, 3, 5)]),
    "batch_without_scale": (L.BatchNormalization(scale=False), [draw(2, 4, 3, 5)]),
    "layer_normalization": (L.LayerNormalization(), [draw(2, 7)]),
    "group_normalization": (L.GroupNormalization(2), [draw(2, 4, 3, 6)]),
    "lstm": (L.LSTM(4, return_sequences=True), [draw(2, 6, 3)]),
    "gru": (L.GRU(4, return_sequences=True), [draw(2, 6, 3)]),
    "simple_rnn": (L.SimpleRNN(4, return_sequences=True), [draw(2, 6, 3)]),
    "both_lstm": (L.Bidirectional(L.LSTM(4, return_sequences=True)), [draw(2, 6, 3)]),
    "both_gru": (L.Bidirectional(L.GRU(4, return_sequences=True)), [draw(2, 6, 3)]),
    # The width of its heads together is the query's, as PyTorch has it; with other keys and values; and not.
    "attention": (L.MultiHeadAttention(2, 3), [draw(2, 5, 6), draw(2, 4, 6), draw(2, 4, 6)]),
    "attention_kv": (L.MultiHeadAttention(2, 3), [draw(2, 5, 6), draw(2, 4, 7), draw(2, 4, 5)]),
    "attention_wide": (L.MultiHeadAttention(2, 4), [draw(2, 5, 6), draw(2, 4, 6), draw(2, 4, 6)]),
    "einsum_dense": (L.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de"), [draw(2, 4, 5)]),
    "time_distributed": (L.TimeDistributed(L.Dense(3)), [draw(2, 4, 5)]),
}
image_kinds = ("conv", "depthwise", "separable", "batch", "group")


def channels_first(name, array):
    return np.moveaxis(array, -1, 1) if name.startswith(image_kinds) else array


inputs, outputs = {}, {}
for name, (layer, arrays) in cases.items():
    layer.name = name
    places = [L.Input(a.shape[1:], dtype=a.dtype.name, name=f"{name}_{i}") for i, a in enumerate(arrays)]
    inputs.update({place.name: place for place in places})
    if len(places) == 3:
        query, key, value = places
        outputs[name] = layer(query, value, key)
    else:
        outputs[name] = layer(*places)
model = keras.Model(inputs, outputs, name="layers")
randomize(model)
values = {f"{name}_{i}": array for name, (_, arrays) in cases.items() for i, array in enumerate(arrays)}
found = {name: keras.ops.convert_to_numpy(array) for name, array in model(values).items()}
for name, save in (("layers.keras", model.save), ("layers.h5", model.save), ("layers.weights.h5", model.save_weights)):
    save(path(name))
    with open(path(name), "rb") as file, open(path(f"{name}.gz"), "wb") as packed:
        packed.write(gzip.compress(file.read(), mtime=0))
    os.remove(path(name))
with h5py.File(path("expected.h5"), "w") as file:
    for name, (_, arrays) in cases.items():
        for i, array in enumerate(arrays):
            file[f"{name}/inputs/{i}"] = channels_first(name, array)
        file[f"{name}/outputs"] = channels_first(name, found[name])


# Weights as cuDNN's layers had them.
def transform_kernels(kernels, func, n_gates):
    return np.hstack([func(k) for k in np.hsplit(kernels, n_gates)])


def transpose_input(from_cudnn):
    order = "F" if from_cudnn else "C"

    def transform(kernel):
        return kernel.T.reshape(kernel.shape, order=order)

    return transform


def to_cudnn(weights, n_gates):
    kernel, recurrent, bias = weights
    kernel = transform_kernels(kernel, transpose_input(False), n_gates)
    recurrent = transform_kernels(recurrent, lambda k: k.T, n_gates)
    return [kernel, recurrent, np.tile(0.5 * bias, 2) if n_gates == 4 else bias.reshape(-1)]


with h5py.File(path("cudnn.h5"), "w") as file:
    file.attrs["layer_names"] = np.array([b"lstm", b"gru"])
    file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.1.5"
    for name, n_gates in (("lstm", 4), ("gru", 3)):
        group = file.create_group(name)
        weights = [f"{name}/{role}:0" for role in ("kernel", "recurrent_kernel", "bias")]
        group.attrs["weight_names"] = np.array([w.encode() for w in weights])
        for weight, array in zip(weights, to_cudnn(cases[name][0].get_weights(), n_gates)):
            group[weight] = array


class Block(L.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.c = L.Conv2D(4, 3)
        self.b = L.BatchNormalization()

    def call(self, x):
        return self.b(self.c(x))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.stem = keras.Sequential([L.Conv2D(4, 3), L.Conv2D(4, 3)])
        self.block = Block()
        self.own = L.Conv2D(1, 1, name="mine")
        self.branches = [L.Dense(2), L.Dense(2)]

    def call(self, x):
        x = keras.ops.mean(self.own(self.block(self.stem(x))), (1, 2))
        return self.branches[0](x) + self.branches[1](x)


keras.utils.clear_session()
model = Subclassed()
model(draw(1, 12, 12, 3))
randomize(model)
model.save_weights(path("subclassed-before.weights.h5"))
for variable in model.stem.weights:
    variable.assign(variable + 1)
model.save_weights(path("subclassed-after.weights.h5"))

# An application in a Sequential, trained for a step, and layers that PyTorch does not have.
keras.utils.clear_session()
image = L.Input((8, 8, 3))
x = L.Conv2D(4, 3, name="stem")(image)
x = L.DepthwiseConv2D(3, name="depthwise")(x)
x = L.BatchNormalization(name="norm")(x)
application = keras.Model(image, L.GlobalAveragePooling2D()(x), name="application")
model = keras.Sequential([L.Input((8, 8, 3)), application, L.Dropout(0.1), L.Dense(3, name="head")])
randomize(model)
model.compile("sgd", "mse")
model.optimizer.build(model.trainable_variables)
for name in ("nested.keras", "nested.h5"):
    model.save(path(name))
model.save_weights(path("nested.weights.h5"))

keras.utils.clear_session()
sequence = L.Input((6, 3))
x = L.GRU(4, reset_after=False, return_sequences=True, name="before")(sequence)
x = L.LSTM(4, recurrent_activation="hard_sigmoid", return_sequences=True, name="hard")(x)
x = L.PReLU(name="prelu")(x)
model = keras.Model(sequence, L.EinsumDense("abc,dc->abd", output_shape=(None, 2), name="turned")(x))
randomize(model)
for name in ("others.keras", "others.h5"):
    model.save(path(name))
model.save_weights(path("others.weights.h5"))
