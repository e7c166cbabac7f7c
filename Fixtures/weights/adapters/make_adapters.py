"""LoRA adapters as PEFT stores them, and what PEFT makes of them.

  base.safetensors                 the weights of a small network
  NAME/adapter_config.json, NAME/adapter_model.safetensors
  NAME/merged.safetensors          the network after merge_and_unload()

python make_adapters.py     torch 2.13.0, peft 0.21.2, transformers 5.23.0 (its Conv1D), safetensors
"""

import copy
import os
import shutil

import torch
import torch.nn as nn
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers.pytorch_utils import Conv1D

folder = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.embedding = nn.Embedding(5, 4)
        self.turned = Conv1D(6, 4)
        self.hidden = nn.Linear(4, 6)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        return self.fc(torch.relu(self.hidden(torch.relu(self.conv(x)).mean((2, 3)))))


net = Net()
save_file(net.state_dict(), os.path.join(folder, "base.safetensors"))
usual = {"r": 2, "lora_alpha": 3, "target_modules": ["conv", "hidden"]}
for name, options in {
    "plain": {"target_modules": ["conv", "hidden", "embedding"]},
    "turned": {"target_modules": ["turned"], "fan_in_fan_out": True},
    "stabilized": {"use_rslora": True},
    "patterns": {"rank_pattern": {"conv": 3}, "alpha_pattern": {"hidden": 7}},
    "with_head": {"modules_to_save": ["fc"], "bias": "lora_only"},
    "saved": {"modules_to_save": ["fc"]},
    "dora": {"use_dora": True},
}.items():
    torch.manual_seed(1)
    model = get_peft_model(copy.deepcopy(net), LoraConfig(**{**usual, **options}))
    for parameter in model.parameters():
        if parameter.requires_grad:
            nn.init.normal_(parameter, std=0.3)
    place = os.path.join(folder, name)
    model.save_pretrained(place)
    os.remove(os.path.join(place, "README.md"))
    merged = {key: tensor.contiguous() for key, tensor in model.merge_and_unload().state_dict().items()}
    save_file(merged, os.path.join(place, "merged.safetensors"))
