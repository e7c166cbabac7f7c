"""Small models, data and expected values of each kind of task.

python make_kinds.py: writes beside itself. Needs torch, transformers, h5py, scikit-learn and seqeval. Losses and gradients are
those of PyTorch and, of the language model, of transformers with `labels=`; scores are scikit-learn's and seqeval's.
"""

import json
import os

import h5py
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from seqeval.metrics import f1_score as span_f1
from sklearn.metrics import average_precision_score, f1_score, mean_absolute_error, mean_squared_error, r2_score
from transformers import GPT2Config, GPT2LMHeadModel

os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.manual_seed(0)
rng = np.random.default_rng(0)
BATCH = torch.export.Dim.DYNAMIC
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
expected = {}


def write(name, input_name, inputs, labels, class_names=None, kind=None):
    with h5py.File(f"{name}.h5", "w") as f:
        for part, rows in (("train", slice(0, 60)), ("test", slice(60, 124))):
            f[f"{part}/inputs/{input_name}"] = inputs[rows]
            if labels is not None:
                f[f"{part}/labels"] = labels[rows]
        if class_names:
            f["class_names"] = np.array(class_names, dtype=h5py.string_dtype())
        if kind:
            f.attrs["task_kind"] = kind


def keep(name, model, args, loss, outputs, **scores):
    model.eval()
    torch.export.save(torch.export.export(model, args, dynamic_shapes=({0: BATCH},)), f"{name}.pt2")
    parameters = dict(model.named_parameters())
    slopes = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    expected[name] = {
        "loss": loss.item(),
        "gradients": {n: g.double().norm().item() for n, g in zip(parameters, slopes) if g is not None},
        **scores,
    }


# A causal language model: a prompt of three tokens masked, texts of several lengths padded.
class Logits(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        return self.model(input_ids=input_ids).logits


config = GPT2Config(
    vocab_size=40, n_positions=12, n_embd=16, n_layer=2, n_head=2, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
    use_cache=False, bos_token_id=0, eos_token_id=0)
gpt = GPT2LMHeadModel(config).eval()
ids = torch.tensor(rng.integers(1, 40, (124, 12)))
labels = ids.clone()
for row in range(124):
    labels[row, : row % 4] = -100
    labels[row, 12 - row % 3 :] = -100
write("lm", "input_ids", ids.numpy(), labels.numpy())
test_ids, test_labels = ids[60:], labels[60:]
result = gpt(input_ids=test_ids, labels=test_labels)
shifted, right = result.logits[:, :-1], test_labels[:, 1:]
counted = right != -100
wrapped = Logits(gpt)
keep(
    "lm", wrapped, (ids[:4],), result.loss, result.logits, nats_per_token=result.loss.item(),
    perplexity=result.loss.exp().item(),
    token_accuracy=((shifted.argmax(-1) == right) & counted).sum().item() / counted.sum().item())

# Ten steps of SGD on batches of six, in order.
trained = GPT2LMHeadModel(config).eval()
trained.load_state_dict(gpt.state_dict())
optimizer = torch.optim.SGD(trained.parameters(), lr=0.5)
curve = []
for step in range(10):
    rows = slice(6 * step, 6 * step + 6)
    loss = trained(input_ids=ids[rows], labels=labels[rows]).loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    curve.append(loss.item())
expected["lm"]["curve"] = curve


# A tagger of names.
class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(40, 16)
        self.inner = nn.Linear(16, 16)
        self.head = nn.Linear(16, len(TAGS))

    def forward(self, input_ids):
        return self.head(torch.relu(self.inner(self.embedding(input_ids))))


tagger = Tagger()
tag_ids = torch.tensor(rng.integers(1, 40, (124, 10)))
tags = torch.tensor(rng.choice(5, (124, 10), p=[0.5, 0.15, 0.15, 0.1, 0.1]))
tags[:, 0] = -100
tags[::3, 8:] = -100
write("tags", "input_ids", tag_ids.numpy(), tags.numpy(), TAGS)
logits, right = tagger(tag_ids[60:]), tags[60:]
answers = logits.argmax(-1)
counted = right != -100
said = [[TAGS[a] for a, r in zip(row, true) if r != -100] for row, true in zip(answers.tolist(), right.tolist())]
true = [[TAGS[r] for r in row if r != -100] for row in right.tolist()]
keep(
    "tags", tagger, (tag_ids[:4],), F.cross_entropy(logits.flatten(0, 1), right.flatten()), logits,
    span_f1=span_f1(true, said), token_accuracy=((answers == right) & counted).sum().item() / counted.sum().item())

# Pixels; 255 is no class.
segmenter = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1))
images = torch.tensor(rng.standard_normal((124, 3, 8, 8), dtype=np.float32))
masks = torch.tensor(rng.integers(0, 3, (124, 8, 8)))
masks[:, :1] = 255
write("pixels", "input", images.numpy(), masks.numpy().astype(np.uint8), ["sky", "road", "car"])
logits, right = segmenter(images[60:]), masks[60:]
answers, counted = logits.argmax(1), right != 255
shares = []
for label in range(3):
    own, said = (right == label) & counted, (answers == label) & counted
    shares.append((own & said).sum().item() / (own | said).sum().item())
keep(
    "pixels", segmenter, (images[:4],), F.cross_entropy(logits, right, ignore_index=255), logits,
    mean_iou=float(np.mean(shares)), pixel_accuracy=((answers == right) & counted).sum().item() / counted.sum().item())

# Several labels an example.
numbers = torch.tensor(rng.standard_normal((124, 6), dtype=np.float32))
many = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 4))
there = torch.tensor(rng.integers(0, 2, (124, 4)).astype(np.float32))
write("many", "input", numbers.numpy(), there.numpy(), ["red", "round", "large", "old"])
logits = many(numbers[60:])
chances = logits.sigmoid().detach().double().numpy()
keep(
    "many", many, (numbers[:4],), F.binary_cross_entropy_with_logits(logits, there[60:]), logits,
    mean_average_precision=average_precision_score(there[60:].numpy(), chances, average="macro"),
    f1=f1_score(there[60:].numpy(), chances >= 0.5, average="micro"))

# Numbers.
regressor = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
values = torch.tensor((numbers.numpy() @ rng.standard_normal(6) * 2 + rng.standard_normal(124)).astype(np.float32))
write("numbers", "input", numbers.numpy(), values.numpy())
outputs = regressor(numbers[60:])[:, 0]
said, right = outputs.detach().double().numpy(), values[60:].double().numpy()
keep(
    "numbers", regressor, (numbers[:4],), F.mse_loss(outputs, values[60:]), outputs,
    rmse=float(np.sqrt(mean_squared_error(right, said))), mae=mean_absolute_error(right, said), r2=r2_score(right, said),
    huber=F.huber_loss(outputs, values[60:]).item())

with open("expected.json", "w") as f:
    json.dump(expected, f, indent=1)
    f.write("\n")
