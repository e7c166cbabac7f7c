"""Files of PyTorch's and ONNX's with more in them than a state dict: what training scripts leave, whole models, numbers
of rare kinds.

  NAME.pth, NAME.pt, NAME.onnx   the same small network's weights; `ema`, and the second of `pair`, are these times 0.5
  kinds.pth, kinds.safetensors   tensors of narrow and complex numbers
  expected.h5                    network/TENSOR as float64, kinds/TENSOR as float64, complex numbers along a last axis of 2

python make_others.py     torch 2.13.0, numpy 2, safetensors, onnx 1.22 and onnxscript
"""

import argparse
import collections
import datetime
import os

import h5py
import numpy as np
import torch
import torch.nn as nn
from safetensors.torch import save_file

folder = os.path.dirname(os.path.abspath(__file__))
os.chdir(folder)
torch.manual_seed(0)


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.bn = nn.BatchNorm2d(2)
        self.register_buffer("scratch", torch.ones(1), persistent=False)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x))) * self.scratch


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()
        self.fc = nn.Linear(2, 3)

    def forward(self, x):
        return self.fc(self.inner(x).mean((2, 3)))


net = Net().eval()
state = net.state_dict()
half = {name: tensor * 0.5 for name, tensor in state.items() if tensor.is_floating_point()}
optimizer = torch.optim.Adam(net.parameters())
net(torch.randn(2, 1, 5, 5)).sum().backward()
optimizer.step()
state = collections.OrderedDict((name, tensor.detach().clone()) for name, tensor in net.state_dict().items())
half = {name: tensor * 0.5 for name, tensor in state.items() if tensor.is_floating_point()}

beside = {
    "args": argparse.Namespace(lr=0.1), "best": np.float64(0.9), "history": np.arange(3.0),
    "when": datetime.datetime(2026, 11, 27), "config": collections.defaultdict(list, {"a": [1]}), "seen": {1, 2},
    "raw": b"bytes", "phase": 1 + 2j, "epoch": 3,
}
torch.save({**beside, "optimizer": optimizer.state_dict(), "state_dict": state}, "script.pth")
torch.save({**beside, "state_dict": state}, "script-legacy.pth", _use_new_zipfile_serialization=False)
torch.save({**beside, "state_dict": state}, "script-5.pth", pickle_protocol=5)
torch.save({"model": state, "ema": half}, "ema.pth")
torch.save({"generator": state, "critic": half}, "pair.pth")
torch.save({"epoch": 1, "model": net}, "whole.pth")
torch.save({"module._orig_mod." + name: tensor for name, tensor in state.items()}, "wrapped.pth")
torch.save({name.replace("inner.", "inner._fsdp_wrapped_module."): tensor for name, tensor in state.items()},
           "wrapped-inside.pth")
torch.save(torch.optim.swa_utils.AveragedModel(net).state_dict(), "averaged.pth")
torch.save({**state, "fc.weight": torch.quantize_per_tensor(state["fc.weight"], 0.01, 0, torch.qint8)},
           "quantized.pth")
torch.save({name: tensor.bfloat16() for name, tensor in state.items()}, "narrowed.pth")
torch.jit.save(torch.jit.script(net), "scripted.pt")
torch.onnx.export(net, (torch.randn(2, 1, 5, 5),), "within.onnx", dynamo=False,
                  training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)

import onnx  # noqa: E402

model = onnx.load("within.onnx")
if os.path.exists("beside.onnx.data"):
    os.remove("beside.onnx.data")
onnx.save_model(model, "beside.onnx", save_as_external_data=True, location="beside.onnx.data", size_threshold=0)

numbers = torch.tensor([0.0, 1.5, -2.0, 0.015625, 240.0, -0.001953125])
kinds = {
    "int8": torch.tensor([-128, 0, 127], dtype=torch.int8),
    "int16": torch.tensor([-32768, 5, 32767], dtype=torch.int16),
    "uint16": torch.tensor([0, 65535], dtype=torch.uint16),
    "uint32": torch.tensor([0, 4294967295], dtype=torch.uint32),
    "e4m3": numbers.to(torch.float8_e4m3fn),
    "e5m2": numbers.to(torch.float8_e5m2),
    "complex": torch.tensor([1 + 2j, -0.5j], dtype=torch.complex64),
    "wide": torch.tensor([1 + 2j], dtype=torch.complex128),
}
torch.save(kinds, "kinds.pth")
save_file({name: tensor for name, tensor in kinds.items() if name != "wide"}, "kinds.safetensors")

with h5py.File("expected.h5", "w") as file:
    for name, tensor in state.items():
        file[f"network/{name}"] = tensor.double().numpy()
    for name, tensor in kinds.items():
        wide = torch.view_as_real(tensor) if tensor.is_complex() else tensor
        file[f"kinds/{name}"] = wide.to(torch.float64).numpy()
