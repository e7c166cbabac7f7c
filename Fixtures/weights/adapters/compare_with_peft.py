"""Asks PEFT what it makes of the adapters that Lethe writes: the logits of PeftModel.from_pretrained(base, adapter) and
those that Lethe's merged weights give, on the same images. Prints the greatest difference, and fails above 1e-5.

python compare_with_peft.py LETHE     torch 2.13.0, peft 0.21.0, h5py, safetensors; LETHE is the built command
"""

import copy
import os
import subprocess
import sys
import tempfile

import h5py
import torch
import torch.nn as nn
from peft import PeftModel
from safetensors.torch import load_file

lethe = os.path.abspath(sys.argv[1])
os.chdir(tempfile.mkdtemp())
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.point = nn.Conv2d(width, width, 1)

    def forward(self, x):
        return self.point(torch.relu(self.norm(self.conv(x))))


class Net(nn.Module):
    """Names that end alike, normalization, a head of a name that is the end of no other."""

    def __init__(self, classes):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3)
        self.block = Block(6)
        self.hidden = nn.Linear(6, 8)
        self.classifier = nn.Linear(8, classes)

    def forward(self, x):
        features = self.block(torch.relu(self.conv(x))).mean((2, 3))
        return self.classifier(torch.relu(self.hidden(features)))


def run(*arguments):
    subprocess.run([lethe, *arguments], check=True, stdout=subprocess.DEVNULL)


base = Net(3).eval()
for name, tensor in base.state_dict().items():
    if name.endswith("running_var"):
        tensor.uniform_(0.5, 1.5)
    elif tensor.dim() > 1:
        tensor.normal_(0, 0.5)
program = torch.export.export(base, (torch.randn(2, 1, 9, 9),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
torch.export.save(program, "net.pt2")
images = torch.randn(60, 1, 9, 9)
with h5py.File("data.h5", "w") as file:
    for part in ("train", "test"):
        file[f"{part}/inputs/x"] = images.numpy()
        file[f"{part}/labels"] = (torch.arange(60) % 3).numpy()
run("import", "net.pt2", "--task", "source", "-o", "base.h5")
worst = 0.0
for layers in ("", ",layers=block.conv", ",layers=conv"):
    for path in ("run", "adapter", "tuned.safetensors", "merged.h5", "merged.safetensors"):
        subprocess.run(["rm", "-rf", path], check=True)
    run("finetune", "base.h5", "--source-proxy", "data.h5", "--target", "data.h5", "--epochs", "4", "--lr", "0.03",
        "--batch-size", "10", "--lora", "rank=2,alpha=8" + layers, "-o", "run")
    run("export", "run", "--adapter", "--base", "net", "-o", "adapter")
    run("export", "run", "-o", "tuned.safetensors")
    run("import", "net.pt2", "--adapter", "adapter", "-o", "merged.h5")
    run("export", "merged.h5", "-o", "merged.safetensors")
    tuned = Net(3).eval()
    tuned.load_state_dict(load_file("tuned.safetensors"))
    adapted = PeftModel.from_pretrained(copy.deepcopy(base), "adapter").eval()
    with torch.no_grad():
        wanted, found = tuned(images), adapted(images)
        head = {f"classifier.{name}": tensor for name, tensor in tuned.classifier.state_dict().items()}
        tuned.load_state_dict({**base.state_dict(), **head})
        before = tuned(images)
    difference = (wanted - found).abs().max().item()
    merged, direct = load_file("merged.safetensors"), load_file("tuned.safetensors")
    back = max((merged[name].double() - direct[name].double()).abs().max().item() for name in direct)
    print(f"lora{layers or ' everywhere'}: logits differ by {difference:.2g} (without its adapters by "
          f"{(wanted - before).abs().max().item():.2g}); weights come back to {back:.2g}")
    worst = max(worst, difference, back)
sys.exit(worst > 1e-5)
