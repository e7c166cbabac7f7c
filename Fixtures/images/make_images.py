"""Small JPEG and PNG files of several kinds, as Pillow decodes them and as torchvision resizes and cuts them.

    python make_images.py        # needs pillow, numpy, h5py, torch and torchvision (0.28)

The pictures are drawn here. Writes the files beside this script and expected.h5: for each file `pixels`, what
Pillow's `Image.open(file)` gives in mode L or RGB, and `40x40`, `24x36`: torchvision's Resize and CenterCrop of its
RGB tensor, with antialiasing, `[channels, height, width]`. `resize S to HxW` is what Resize(S) and CenterCrop make of
the image as Pillow has it, and `part T,L,H,W to HxW` what `resized_crop` makes of such a part of it.
"""

from pathlib import Path

import h5py
import numpy as np
import torch
from PIL import Image

try:
    import torchvision  # noqa: F401
except RuntimeError:  # the C extension of another build is not needed here
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from torchvision.transforms.v2 import functional as F

folder = Path(__file__).parent
random = np.random.default_rng(5)


def picture(height, width):
    """Waves of colour with a disc and some noise."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / a + y / b) for a, b in ((5, 9), (11, 4), (7, -6))]
    image = np.stack([127 + 100 * wave for wave in waves], -1)
    image[(y - height / 2) ** 2 + (x - width / 3) ** 2 < (min(height, width) / 4) ** 2] = (230, 40, 90)
    return np.clip(image + random.normal(0, 6, image.shape), 0, 255).astype(np.uint8)


colour = Image.fromarray(picture(61, 83))
alpha = colour.convert("RGBA")
alpha.putalpha(Image.fromarray(picture(61, 83)[..., 0]))
colour.save(folder / "colour.jpg", quality=85)
colour.resize((48, 97)).save(folder / "progressive.jpeg", quality=70, progressive=True, subsampling=0)
colour.convert("L").save(folder / "grey.jpg", quality=90)
colour.save(folder / "colour.png")
colour.convert("L").save(folder / "grey.png")
colour.quantize(16).save(folder / "palette.png")
colour.convert("1").save(folder / "bits.png")
alpha.save(folder / "alpha.png")
alpha.resize((30, 20)).save(folder / "Small.PNG")
colour.convert("CMYK").save(folder / "cmyk.jpg")

with h5py.File(folder / "expected.h5", "w") as file:
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png") and p.stem != "cmyk"):
        image = Image.open(path)
        mode = "L" if image.mode in ("L", "1") else "RGB"
        file[f"{path.name}/pixels"] = np.array(image.convert(mode))
        rgb = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)
        resized = F.center_crop(F.resize(rgb, [40], antialias=True), [40, 40])
        file[f"{path.name}/40x40"] = resized.numpy()
        # Resize to a rectangle: the smallest size that covers it.
        scale = max(24 / rgb.shape[1], 36 / rgb.shape[2])
        size = [24, int(rgb.shape[2] * 24 / rgb.shape[1])] if 24 / rgb.shape[1] >= 36 / rgb.shape[2] else [
            int(rgb.shape[1] * 36 / rgb.shape[2]), 36]
        file[f"{path.name}/24x36"] = F.center_crop(F.resize(rgb, size, antialias=True), [24, 36]).numpy()
        # As a data set of torchvision's hands images on: Pillow's, which resize in fixed point.
        photo = image.convert("RGB")
        for side, height, width in ((48, 40, 40), (31, 24, 28), (19, 16, 13), (66, 64, 66)):
            cut = F.center_crop(F.resize(photo, [side], antialias=True), [height, width])
            file[f"{path.name}/resize {side} to {height}x{width}"] = np.array(cut).transpose(2, 0, 1)
        for part in ((0, 0, photo.height, photo.width), (3, 2, 7, 11), (0, 5, photo.height, 9), (9, 0, 4, photo.width)):
            for height, width in ((16, 16), (40, 12)):
                cut = F.resized_crop(photo, *part, [height, width], antialias=True)
                name = ",".join(map(str, part))
                file[f"{path.name}/part {name} to {height}x{width}"] = np.array(cut).transpose(2, 0, 1)
        grey = torch.from_numpy(np.array(image.convert("RGB").convert("L")))[None]
        file[f"{path.name}/grey"] = grey.numpy()
