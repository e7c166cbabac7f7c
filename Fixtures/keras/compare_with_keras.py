"""Asks Keras what it makes of what Lethe writes for it: out.keras, out.h5 and out.weights.h5 are copies of a first model with
the weights of a second one, and have to give the second one's outputs exactly; their optimizer is the first one's.

KERAS_BACKEND=torch python compare_with_keras.py LETHE     keras 3.15, torch 2.13.0; LETHE is the built command
"""

import os
import subprocess
import sys
import tempfile

import keras
import numpy as np
import torch
from keras import layers as L

lethe = os.path.abspath(sys.argv[1])
os.chdir(tempfile.mkdtemp())
generator = np.random.default_rng(3)


def model():
    result = keras.Sequential([
        keras.Input((8, 8, 1)), L.Conv2D(4, 3, activation="relu", name="conv"), L.BatchNormalization(name="norm"),
        L.GlobalAveragePooling2D(), L.Dropout(0.2, seed=1, name="drop"), L.Dense(5, name="dense")])
    result.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images = generator.normal(size=(32, 8, 8, 1)).astype("float32")
    result.fit(images, generator.integers(0, 5, 32), epochs=2, verbose=0)
    for variable in result.weights:
        if "seed" not in variable.path:
            variable.assign(generator.uniform(0.2, 1, variable.shape).astype("float32"))
    return result


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 4, 3)
        self.norm = torch.nn.BatchNorm2d(4, eps=1e-3)
        self.dense = torch.nn.Linear(4, 5)

    def forward(self, x):
        return self.dense(self.norm(torch.relu(self.conv(x))).mean((2, 3)))


def run(*arguments):
    subprocess.run([lethe, *arguments], check=True, stdout=subprocess.DEVNULL)


free = torch.export.Dim.DYNAMIC
torch.export.save(torch.export.export(Net().eval(), (torch.randn(2, 1, 8, 8),), dynamic_shapes=({0: free},)), "net.pt2")
first, second = model(), model()
images = generator.normal(size=(6, 8, 8, 1)).astype("float32")
wanted = second.predict(images, verbose=0)
for kind in ("keras", "h5", "weights.h5"):
    save = keras.Model.save_weights if kind == "weights.h5" else keras.Model.save
    save(first, f"first.{kind}")
    save(second, f"second.{kind}")
    run("import", "net.pt2", "--weights", f"second.{kind}", "-o", f"{kind}.second.h5")
    run("export", f"{kind}.second.h5", "-o", f"out.{kind}", "--like", f"first.{kind}")
    if kind == "weights.h5":
        read = model()
        read.load_weights(f"out.{kind}")
    else:
        read = keras.models.load_model(f"out.{kind}")
    difference = np.abs(read.predict(images, verbose=0) - wanted).max()
    moments = max(np.abs(np.array(a) - np.array(b)).max() for a, b in
                  zip(read.optimizer.variables, first.optimizer.variables))
    print(f"{kind}: outputs differ by {difference:.2g} (the first model's by "
          f"{np.abs(first.predict(images, verbose=0) - wanted).max():.2g}), the optimizer's state by {moments:.2g}")
    assert difference == 0
