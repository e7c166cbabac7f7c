"""Records what torchvision makes of small images, for the tests to compare with. ../README.md says what is in the file.

python make_transforms.py        needs torch, torchvision, numpy and h5py
"""

import math
import pathlib

import h5py
import numpy as np
import torch

try:
    import torchvision
except RuntimeError:
    # Its compiled operators do not match this build of torch. The transforms do not need them, only their names.
    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

SIZE = 32


def picture(height, width):
    """Slopes, patches of pure, grey, black and white colour, and a corner of noise."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    image = np.stack([127 + 90 * np.sin(0.3 * x + 0.1 * y), 20 + 6 * y, 250 - 4 * x - 2 * y])
    for index, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 90, 90), (0, 0, 0), (255, 255, 255)]):
        image[:, 4 : 4 + height // 3, 1 + 5 * index : 5 + 5 * index] = np.array(colour)[:, None, None]
    corner = np.random.default_rng(20).integers(0, 256, size=(3, 8, 8))
    image[:, -8:, -8:] = corner
    return image.clip(0, 255).astype(np.uint8)


# The noise leaves out the darkest and brightest values; its last channel is constant.
noise = np.random.default_rng(21).integers(40, 201, size=(3, SIZE, SIZE)).astype(np.uint8)
noise[2] = 77
IMAGES = {
    "colour": np.stack([picture(SIZE, SIZE), noise]),
    "grey": picture(SIZE, SIZE)[None, :1],
    "wide": picture(20, SIZE)[None],
}


def shear(image, x, y):
    return F.affine(
        image, angle=0.0, translate=[0, 0], scale=1.0, center=[0, 0],
        shear=[math.degrees(math.atan(x)), math.degrees(math.atan(y))])


def translate(image, x, y):
    return F.affine(image, angle=0.0, translate=[int(x), int(y)], scale=1.0, shear=[0.0, 0.0])


def resized_crop(image, top, left, height, width):
    return F.resized_crop(
        image, int(top), int(left), int(height), int(width), list(image.shape[-2:]), antialias=True)


FUNCTIONS = {
    "brightness": (F.adjust_brightness, [(0,), (0.63,), (1.27,), (1.9,)]),
    "contrast": (F.adjust_contrast, [(0,), (0.63,), (1.27,), (1.9,)]),
    "saturation": (F.adjust_saturation, [(0,), (0.63,), (1.27,), (1.9,)]),
    "hue": (F.adjust_hue, [(-0.5,), (-0.1,), (0.05,), (0.3,)]),
    "sharpness": (F.adjust_sharpness, [(0.1,), (1.27,), (1.9,)]),
    "posterize": (lambda image, bits: F.posterize(image, int(bits)), [(4,), (7,), (8,)]),
    "solarize": (F.solarize, [(0,), (128,), (178.5,), (255,)]),
    "autocontrast": (F.autocontrast, [()]),
    "equalize": (F.equalize, [()]),
    "shear": (shear, [(0.09, 0), (-0.3, 0), (0, 0.09), (0, -0.3)]),
    "translate": (translate, [(4, 0), (-14, 0), (0, 5), (0, -9)]),
    "rotate": (F.rotate, [(9,), (-9,), (30,)]),
    "resized-crop": (resized_crop, [(3, 5, 11, 20), (0, 0, 20, 7), (1, 31, 19, 1), (19, 2, 1, 30)]),
    "flip": (F.horizontal_flip, [()]),
}


def main():
    with h5py.File(pathlib.Path(__file__).parent / "transforms.h5", "w") as file:
        file.attrs["torch_version"] = str(torch.__version__)
        file.attrs["torchvision_version"] = torchvision.__version__
        for name, images in IMAGES.items():
            file[f"images/{name}"] = images
        for name, (function, settings) in FUNCTIONS.items():
            file[f"{name}/parameters"] = np.array(settings, dtype=np.float64)
            # One row a setting: the bytes of all images, in the order of IMAGES.
            results = np.stack([
                np.concatenate([function(torch.from_numpy(IMAGES[kind]), *values).numpy().ravel() for kind in IMAGES])
                for values in settings])
            file.create_dataset(
                f"{name}/results", data=results, chunks=results.shape, compression="gzip", compression_opts=9)
        # The strength of each operation of RandAugment in each of 31 bins, for images of 20 rows and 32 columns.
        space = v2.RandAugment._AUGMENTATION_SPACE
        strengths = [magnitudes(31, 20, SIZE) for magnitudes, _ in space.values()]
        file["randaugment"] = np.stack([np.zeros(31) if one is None else one.double().numpy() for one in strengths])
        file["randaugment"].attrs["operations"] = list(space)


main()
