"""Files of weights as PyTorch, safetensors and Keras write them, with the tensors they hold, for the tests of their readers.

expected.h5 has a group a file, named as the file; in it a dataset a tensor (float64, or int64 for integers) with the attribute
`dtype`. For Keras the tensors are those of a PyTorch model that gives the same outputs, which is asserted here.

KERAS_BACKEND=torch python make_weights.py     torch 2.13.0, safetensors 0.8, keras 3.15
"""

import collections
import json
import os
import pickle

import h5py
import keras
import numpy as np
import safetensors.torch
import torch
import torch.nn as nn

folder = os.path.dirname(os.path.abspath(__file__))
expected = h5py.File(os.path.join(folder, "expected.h5"), "w", track_order=True)


def record(name, state):
    group = expected.create_group(name)
    for key, tensor in state.items():
        tensor = tensor.detach()
        whole = not tensor.is_floating_point()
        data = group.create_dataset(key, data=tensor.to(torch.int64 if whole else torch.float64).numpy())
        data.attrs["dtype"] = str(tensor.dtype).removeprefix("torch.")


def path(name):
    return os.path.join(folder, name)


# A state dict with everything that one can have.
torch.manual_seed(3)
model = nn.Sequential(collections.OrderedDict(conv=nn.Conv2d(1, 2, 3), norm=nn.BatchNorm2d(2), head=nn.Linear(4, 3)))
state = model.state_dict()
assert state._metadata
base = torch.randn(4, 6)
state["half"] = torch.randn(3).half()
state["bfloat"] = torch.randn(3).bfloat16()
state["double"] = torch.randn(2, dtype=torch.float64)
state["transposed"] = base.t()
state["window"] = base[1:3, 2:5]
state["expanded"] = torch.randn(1, 3).expand(2, 3)
state["empty"] = torch.zeros(0, 5)
state["scalar"] = torch.tensor(2.5)
state["mask"] = torch.tensor([True, False, True])
state["bytes"] = torch.tensor([1, 255], dtype=torch.uint8)
state["int"] = torch.tensor([-3], dtype=torch.int32)
state["tied.a"] = nn.Parameter(torch.randn(5))
state["tied.b"] = state["tied.a"]
state["with/slash"] = torch.randn(2)

torch.save(state, path("zip.pth"))
record("zip.pth", state)
torch.save(state, path("legacy.pth"), _use_new_zipfile_serialization=False)
record("legacy.pth", state)
torch.save(state, path("protocol4.pth"), pickle_protocol=4)
record("protocol4.pth", state)

# What a training script keeps, from DistributedDataParallel and torch.compile.
script = {
    "epoch": 3,
    "arch": "tiny",
    "best_acc1": torch.tensor(0.5),
    "history": [1.0, 2.0, {"loss": None}],
    "model_state_dict": collections.OrderedDict(("module._orig_mod." + k, v) for k, v in model.state_dict().items()),
    "optimizer": torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9).state_dict(),
    "rng": torch.get_rng_state(),
    "device": torch.device("cpu"),
    "size": torch.Size([2, 3]),
    "dtype": torch.float32,
}
torch.save(script, path("script.pth"))
record("script.pth", model.state_dict())

# Saved where there is a GPU: every storage says cuda:0.
torch.serialization.register_package(0, lambda storage: "cuda:0", lambda storage, location: None)
torch.save(model.state_dict(), path("gpu.pth"))
record("gpu.pth", model.state_dict())
torch.save(model.state_dict(), path("gpu-legacy.pth"), _use_new_zipfile_serialization=False)
record("gpu-legacy.pth", model.state_dict())
assert b"cuda:0" in open(path("gpu.pth"), "rb").read()

# What is refused: a whole model, and a pickle that would run a command.
torch.save(model, path("whole-model.pth"))


class Hostile:
    def __reduce__(self):
        return os.system, ("touch /tmp/lethe-was-fooled",)


torch.save({"weight": torch.zeros(1), "more": Hostile()}, path("hostile.pth"))
torch.save({"weight": torch.zeros(1), "more": Hostile()}, path("hostile-legacy.pth"),
           _use_new_zipfile_serialization=False)

# safetensors, whole and in shards.
plain = {key: tensor.contiguous().clone() for key, tensor in state.items()}
safetensors.torch.save_file(plain, path("whole.safetensors"), metadata={"format": "pt"})
record("whole.safetensors", plain)
names = sorted(plain)
shards = {"model-00001-of-00002.safetensors": names[:8], "model-00002-of-00002.safetensors": names[8:]}
for shard, keys in shards.items():
    safetensors.torch.save_file({key: plain[key] for key in keys}, path(shard))
with open(path("model.safetensors.index.json"), "w") as file:
    json.dump({"metadata": {"total_size": 1}, "weight_map": {k: s for s, keys in shards.items() for k in keys}}, file)
record("model.safetensors.index.json", plain)

# Keras: one model of every layer whose layout differs.
keras.utils.set_random_seed(4)
layers = keras.layers
image = keras.Input((8, 8, 3))
x = layers.Conv2D(4, 3, padding="same", name="conv")(image)
x = layers.BatchNormalization(name="norm")(x)
x = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="depthwise")(x)
x = layers.Conv2DTranspose(5, 2, strides=2, name="transpose")(x)
x = layers.GlobalAveragePooling2D()(x)
x = layers.LayerNormalization(name="layer_norm", epsilon=1e-5)(x)
network = keras.Model(image, layers.Dense(3, name="dense")(x))
for variable in network.weights:  # moving statistics that are not 0 and 1
    variable.assign(np.random.RandomState(len(variable.path)).uniform(0.5, 1.5, variable.shape))
sample = np.random.RandomState(0).randn(2, 8, 8, 3).astype("float32")
outputs = keras.ops.convert_to_numpy(network(sample))
network.save_weights(path("keras3.weights.h5"))
network.save(path("keras-legacy.h5"))

w = {variable.path: torch.tensor(keras.ops.convert_to_numpy(variable)) for variable in network.weights}
torch_state = {
    "conv.weight": w["conv/kernel"].permute(3, 2, 0, 1), "conv.bias": w["conv/bias"],
    "norm.weight": w["norm/gamma"], "norm.bias": w["norm/beta"],
    "norm.running_mean": w["norm/moving_mean"], "norm.running_var": w["norm/moving_variance"],
    "depthwise.weight": w["depthwise/kernel"].permute(2, 3, 0, 1).reshape(8, 1, 3, 3), "depthwise.bias": w["depthwise/bias"],
    "transpose.weight": w["transpose/kernel"].permute(3, 2, 0, 1), "transpose.bias": w["transpose/bias"],
    "layer_norm.weight": w["layer_norm/gamma"], "layer_norm.bias": w["layer_norm/beta"],
    "dense.weight": w["dense/kernel"].t(), "dense.bias": w["dense/bias"],
}
F = torch.nn.functional
s = torch_state
y = F.conv2d(torch.tensor(sample).permute(0, 3, 1, 2), s["conv.weight"], s["conv.bias"], padding=1)
y = F.batch_norm(y, s["norm.running_mean"], s["norm.running_var"], s["norm.weight"], s["norm.bias"], eps=1e-3)
y = F.conv2d(y, s["depthwise.weight"], s["depthwise.bias"], padding=1, groups=4)
y = F.conv_transpose2d(y, s["transpose.weight"], s["transpose.bias"], stride=2).mean((2, 3))
y = F.layer_norm(y, (5,), s["layer_norm.weight"], s["layer_norm.bias"])
y = F.linear(y, s["dense.weight"], s["dense.bias"])
assert np.allclose(y.numpy(), outputs, rtol=1e-4, atol=1e-4), abs(y.numpy() - outputs).max()
for name in ("keras3.weights.h5", "keras-legacy.h5"):
    record(name, {key: tensor.contiguous() for key, tensor in torch_state.items()})

# A state dict that somebody wrote with h5py.
with h5py.File(path("plain.h5"), "w") as file:
    for key, tensor in model.state_dict().items():
        file[key] = tensor.numpy()
record("plain.h5", model.state_dict())
