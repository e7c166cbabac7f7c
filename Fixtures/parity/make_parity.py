"""Records what PyTorch and NumPy compute, for the tests to compare with. README.md beside this says what is in each file.

python make_parity.py            needs torch, numpy and h5py
"""

import pathlib

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

here = pathlib.Path(__file__).parent
torch.set_num_threads(1)


def create(name):
    file = h5py.File(here / name, "w")
    file.attrs["torch_version"] = str(torch.__version__)
    file.attrs["numpy_version"] = np.__version__
    return file


# -- l2sp.h5: twenty steps of each optimizer ---------------------------------------------------------------------------

STEPS, BATCH = 20, 16
ALPHA, BETA = 0.1, 0.01
L2SP = {"layers.0.weight": ALPHA, "layers.2.weight": BETA}  # shared kernels, the new head's kernel
OPTIMIZERS = {
    "sgd_momentum_l2sp": (torch.optim.SGD, dict(lr=0.05, momentum=0.9)),
    "sgd": (torch.optim.SGD, dict(lr=0.05)),
    "sgd_nesterov": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True)),
    "sgd_weight_decay": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=5e-4)),
    "adam": (torch.optim.Adam, dict(lr=0.001, betas=(0.9, 0.999), eps=1e-8)),
    "adamw": (torch.optim.AdamW, dict(lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)),
}


def make_optimizers():
    torch.manual_seed(20180201)
    initial = nn.ModuleDict({"layers": nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 5))}).state_dict()
    inputs, labels = torch.randn(STEPS, BATCH, 64), torch.randint(5, (STEPS, BATCH))
    with create("l2sp.h5") as file:
        file["inputs"], file["labels"] = inputs.numpy(), labels.numpy()
        for name, tensor in initial.items():
            file[f"initial/{name}"] = tensor.numpy()
        for group, (kind, options) in OPTIMIZERS.items():
            weights = {name: tensor.clone().requires_grad_() for name, tensor in initial.items()}
            optimizer, losses = kind(weights.values(), **options), []
            for x, y in zip(inputs, labels):
                hidden = F.relu(F.linear(x, weights["layers.0.weight"], weights["layers.0.bias"]))
                loss = F.cross_entropy(F.linear(hidden, weights["layers.2.weight"], weights["layers.2.bias"]), y)
                optimizer.zero_grad()
                loss.backward()
                if group.endswith("l2sp"):
                    with torch.no_grad():
                        kernel, head = weights["layers.0.weight"], weights["layers.2.weight"]
                        kernel.grad.add_(kernel - initial["layers.0.weight"], alpha=ALPHA)
                        head.grad.add_(head, alpha=BETA)
                optimizer.step()
                losses.append(loss.item())
            file[f"{group}/losses"] = np.array(losses)
            for name, tensor in weights.items():
                file[f"{group}/final/{name}"] = tensor.detach().numpy()
            for option, value in options.items():
                file[group].attrs[option] = value
        file["sgd_momentum_l2sp"].attrs["alpha"], file["sgd_momentum_l2sp"].attrs["beta"] = ALPHA, BETA


# -- cka.h5: linear CKA from its definition, in float64 ----------------------------------------------------------------


def gram(features):
    features = features.astype(np.float64)
    features = features - features.mean(axis=0)
    return features @ features.T


def hsic_biased(k, l):
    n = len(k)
    centre = np.eye(n) - 1 / n
    return np.trace(k @ centre @ l @ centre)


def hsic_unbiased(k, l):  # HSIC_1, Song et al. 2012
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    return (
        np.trace(k @ l) + k.sum() * l.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (k @ l).sum()
    ) / (n * (n - 3))


def cka(a, b, hsic, batch):
    sums = np.zeros(3)
    for start in range(0, len(a), batch):  # sums over batches, divided once: Nguyen et al. 2021
        k, l = gram(a[start : start + batch]), gram(b[start : start + batch])
        sums += hsic(k, l), hsic(k, k), hsic(l, l)
    return sums[0] / np.sqrt(sums[1] * sums[2])


def make_similarity():
    random = np.random.default_rng(20190515)
    count, widths = 256, (16, 40, 300)
    latent = random.normal(size=(count, 12))
    sets = {}
    for name, noise in (("a", 0.3), ("b", 1.0)):
        sets[name] = []
        for width in widths:
            features = latent @ random.normal(size=(12, width)) / np.sqrt(12)
            features += noise * random.normal(size=(count, width))
            offset = random.uniform(9, 11, size=width)
            sets[name].append((np.maximum(features, 0) + offset).astype(np.float32))
    with create("cka.h5") as file:
        for name, layers in sets.items():
            for index, features in enumerate(layers):
                file[f"{name}/{index}"] = features
        for name, hsic, batch in (
            ("biased", hsic_biased, count),
            ("debiased", hsic_unbiased, count),
            ("debiased_minibatch", hsic_unbiased, 64),
        ):
            file[name] = np.array([[cka(a, b, hsic, batch) for b in sets["b"]] for a in sets["a"]])
        file.attrs["minibatch"] = 64


# -- cnn.h5, resnet18.h5: one forward and one backward pass ------------------------------------------------------------


def cnn():
    return nn.ModuleDict(
        {
            "features": nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
            "classifier": nn.Sequential(nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 5)),
        }
    )


def run_cnn(model, x):
    return model["classifier"](model["features"](x).flatten(1))


class Block(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        if stride != 1 or inputs != width:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        shortcut = self.downsample(x) if hasattr(self, "downsample") else x
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + shortcut)


class ResidualNetwork(nn.Module):
    """ResNet-18 for small images: a 3x3 stem of stride 1 and no pooling after it."""

    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        channels = 64
        for stage in range(4):
            width = 64 << stage
            blocks = [Block(channels, width, 2 if stage else 1), Block(width, width, 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            channels = width
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(x.mean((2, 3)))


def fill(model):
    """value[i] = amplitude * sin((i² (k + 1) + 31 k) mod 10007) in float64, for parameter k in the order of named_parameters.

    Squares make rows that are as independent as drawn ones: with rows that are alike, normalization divides by next to nothing, and
    another processor's rounding becomes another gradient."""
    for k, (name, parameter) in enumerate(model.named_parameters()):
        wave = np.sin((np.arange(parameter.numel()) ** 2 * (k + 1) + 31 * k) % 10007)
        if parameter.ndim >= 2:
            values = wave / np.sqrt(parameter[0].numel())  # 1/sqrt(fan in)
        else:
            values = 0.1 * wave + (1 if name.endswith("weight") else 0)
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(values.astype(np.float32)).reshape(parameter.shape))


def make_network(path, model, forward, inputs, classes):
    torch.manual_seed(20151210)
    x, y = torch.randn(inputs), torch.arange(inputs[0]) % classes
    fill(model)
    with create(path) as file:
        file["inputs"], file["labels"] = x.numpy(), y.numpy()
        model.eval()
        with torch.no_grad():
            file["evaluation/outputs"] = forward(model, x).numpy()
        model.train()
        outputs = forward(model, x)
        loss = F.cross_entropy(outputs, y)
        loss.backward()
        file["training/outputs"] = outputs.detach().numpy()
        file["training/loss"] = loss.item()
        norms = {name: parameter.grad.double().norm().item() for name, parameter in model.named_parameters()}
        file["parameters/names"] = np.array(list(norms), dtype=object)
        file["parameters/gradient_norms"] = np.array(list(norms.values()))
        buffers = {name: buffer.double().norm().item() for name, buffer in model.named_buffers()}
        if buffers:
            file["buffers/names"] = np.array(list(buffers), dtype=object)
            file["buffers/norms"] = np.array(list(buffers.values()))
        reference = forward(model.double(), x.double()).detach()
        print(f"{path}: float32 and float64 outputs differ by {(reference - outputs).abs().max().item():.1e}")


# -- float16.h5: steps whose loss is scaled ----------------------------------------------------------------------------

# Inputs so large that gradients overflow at first, then learning with a smaller scale; the last batch overflows again.
STRETCH = [30.0] * (STEPS - 1) + [3000.0]


def make_float16():
    torch.manual_seed(20180200)
    initial = nn.ModuleDict({"layers": nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 5))}).state_dict()
    inputs, labels = torch.randn(STEPS, BATCH, 64) * torch.tensor(STRETCH)[:, None, None], torch.randint(5, (STEPS, BATCH))
    weights = {name: tensor.clone().requires_grad_() for name, tensor in initial.items()}
    optimizer = torch.optim.SGD(weights.values(), lr=1e-4, momentum=0.9)
    scaler, losses, scales = torch.amp.GradScaler("cpu", init_scale=65536.0), [], []
    for x, y in zip(inputs, labels):
        with torch.autocast("cpu", torch.float16):
            hidden = F.relu(F.linear(x, weights["layers.0.weight"], weights["layers.0.bias"]))
            loss = F.cross_entropy(F.linear(hidden, weights["layers.2.weight"], weights["layers.2.bias"]).float(), y)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
        scales.append(scaler.get_scale())
    with create("float16.h5") as file:
        file["inputs"], file["labels"] = inputs.numpy(), labels.numpy()
        file["losses"], file["scales"] = np.array(losses), np.array(scales)
        for name, tensor in initial.items():
            file[f"initial/{name}"] = tensor.numpy()
            file[f"final/{name}"] = weights[name].detach().numpy()
    print("float16.h5: scales", scales)


if __name__ == "__main__":
    make_optimizers()
    make_float16()
    make_similarity()
    make_network("cnn.h5", cnn(), run_cnn, (8, 1, 12, 12), 5)
    make_network("resnet18.h5", ResidualNetwork(10), ResidualNetwork.forward, (8, 3, 16, 16), 10)
