"""Writes small data in forms that are not read, as their own libraries write them: to be recognized, and brought by the Python that is then said.

python make_foreign.py        needs numpy, pandas, pyarrow, pillow, datasets and webdataset
"""

import io
import os
import pathlib
import shutil

import datasets
import numpy
import pandas
import webdataset
from PIL import Image

os.chdir(pathlib.Path(__file__).parent)
random = numpy.random.default_rng(0)
labels = numpy.arange(10) % 2
pixels = random.integers(0, 255, (10, 1, 4, 4), dtype=numpy.uint8)
numpy.savez("images.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
table = pandas.DataFrame({"a": random.normal(size=10).round(2), "label": labels})
table.to_parquet("table.parquet")
table.to_feather("table.feather")
rows = datasets.Dataset.from_pandas(table)
datasets.DatasetDict(train=rows, test=rows).save_to_disk("saved")
shutil.copy("saved/train/data-00000-of-00001.arrow", "stream.arrow")
pictures = [Image.fromarray(random.integers(0, 255, (4, 4, 3), dtype=numpy.uint8)) for _ in labels]
features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])})
datasets.Dataset.from_dict({"image": pictures, "label": labels.tolist()}, features=features).save_to_disk("pictures")
with webdataset.TarWriter("pictures.tar") as writer:
    for number, (picture, label) in enumerate(zip(pictures[:2], labels)):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG")
        writer.write({"__key__": f"{number:04}", "jpg": buffer.getvalue(), "cls": str(label).encode()})
