"""What trainers write: a small GPT-2 fine-tuned by Hugging Face's Trainer (whole, in shards, and as a LoRA adapter) and a
small network by Lightning, with the programs before training and what PyTorch makes of each checkpoint.

    python make.py FOLDER        needs torch, transformers, accelerate, peft, lightning, h5py

Of each checkpoint the optimizer's and the scheduler's files are removed, and what Lightning's callbacks keep, which are
paths; programs are without the lines of source that made them. Everything else is as it was written.
"""

import json
import os
import shutil
import sys

import h5py
import numpy
import torch
from torch import nn

torch.manual_seed(0)
out = sys.argv[1]
os.makedirs(out, exist_ok=True)
WORDS, LENGTH = 24, 12


def text(seed, step):
    """Rows of words that count in steps, some of them wrong."""
    draw = numpy.random.default_rng(seed)
    rows = (draw.integers(0, WORDS, (96, 1)) + step * numpy.arange(LENGTH)) % WORDS
    wrong = draw.random(rows.shape) < 0.1
    return numpy.where(wrong, draw.integers(0, WORDS, rows.shape), rows).astype("int64")


def write(name, data, **attributes):
    with h5py.File(f"{out}/{name}", "w") as file:
        for split, rows in {"train": slice(0, 32), "test": slice(32, 96)}.items():
            for key, values in data.items():
                file[f"{split}/{key if key == 'labels' else 'inputs/' + key}"] = values[rows]
        for key, value in attributes.items():
            file.attrs[key] = value


# MARK: Hugging Face

from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments  # noqa: E402

old, new = text(1, 1), text(2, 5)
for name, rows in {"old": old, "new": new}.items():
    write(f"{name}.h5", {"input_ids": rows}, task_kind="causal-lm")


def model():
    torch.manual_seed(1)
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=WORDS, n_positions=LENGTH, n_embd=16, n_layer=2, n_head=2, attn_pdrop=0, embd_pdrop=0,
                   resid_pdrop=0, use_cache=False, bos_token_id=0, eos_token_id=0))


class Logits(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, input_ids):
        return self.inner(input_ids=input_ids, use_cache=False).logits


def rows(array):
    return [{"input_ids": torch.tensor(row), "labels": torch.tensor(row)} for row in array]


def nats(network, array):
    network.eval()
    with torch.no_grad():
        logits = network(input_ids=torch.tensor(array)).logits.double()
    return nn.functional.cross_entropy(logits[:, :-1].reshape(-1, WORDS), torch.tensor(array[:, 1:]).reshape(-1)).item()


def arguments(folder, steps, **others):
    return TrainingArguments(
        folder, max_steps=steps, per_device_train_batch_size=8, learning_rate=5e-3, logging_steps=1, report_to=[],
        use_cpu=True, disable_tqdm=True, seed=3, **others)


pretrained = model()
Trainer(pretrained, arguments(f"{out}/scratch", 120, save_strategy="no"), train_dataset=rows(old[:32])).train()
start = {key: value.clone() for key, value in pretrained.state_dict().items()}


def export(network, example, path):
    program = torch.export.export(network.eval(), (example,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    torch.export.save(program, path)


export(Logits(pretrained), torch.tensor(old[:2]), f"{out}/gpt2.pt2")
expected = {"hf": {"before": {"source": nats(pretrained, old[32:]), "target": nats(pretrained, new[32:])}}}


def kept(folder):
    names = sorted((n for n in os.listdir(folder) if n.startswith("checkpoint-")), key=lambda n: int(n.split("-")[1]))
    for name in names:
        for file in os.listdir(f"{folder}/{name}"):
            if not file.startswith(("model", "adapter", "trainer_state")):
                os.remove(f"{folder}/{name}/{file}")
    return names


Trainer(pretrained, arguments(f"{out}/hf", 6, save_steps=2), train_dataset=rows(new[:32])).train()
for name in kept(f"{out}/hf"):
    network = GPT2LMHeadModel(pretrained.config)
    from safetensors.torch import load_file
    network.load_state_dict(load_file(f"{out}/hf/{name}/model.safetensors"), strict=False)
    network.tie_weights()
    expected["hf"][name] = {"source": nats(network, old[32:]), "target": nats(network, new[32:])}
# The last one once more, in shards.
network.save_pretrained(f"{out}/shards/checkpoint-6", max_shard_size="20KB")
os.remove(f"{out}/shards/checkpoint-6/config.json")
os.remove(f"{out}/shards/checkpoint-6/generation_config.json")

from peft import LoraConfig, get_peft_model  # noqa: E402

base = model()
base.load_state_dict(start)
tuned = get_peft_model(base, LoraConfig(r=2, lora_alpha=4, target_modules=["c_attn", "c_proj"], task_type="CAUSAL_LM"))
Trainer(tuned, arguments(f"{out}/lora", 4, save_steps=2), train_dataset=rows(new[:32])).train()
for name in kept(f"{out}/lora"):
    from peft import PeftModel
    network = model()
    network.load_state_dict(start)
    network = PeftModel.from_pretrained(network, f"{out}/lora/{name}").merge_and_unload()
    expected.setdefault("lora", {})[name] = {"source": nats(network, old[32:]), "target": nats(network, new[32:])}

# MARK: Lightning

import lightning  # noqa: E402


def points(seed, turn):
    """Two classes, told apart by a line that is turned."""
    draw = numpy.random.default_rng(seed)
    values = draw.standard_normal((96, 4)).astype("float32")
    labels = (values @ numpy.array([numpy.cos(turn), numpy.sin(turn), 0, 0]) > 0).astype("int64")
    return {"x": values, "labels": labels}


class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))

    def forward(self, x):
        return self.model(x)

    def training_step(self, batch, _):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.03)


first, second = points(1, 0), points(2, 1.2)
for name, data in {"first": first, "second": second}.items():
    write(f"{name}.h5", data, class_names=["no", "yes"])


def fit(net, data, epochs, folder=None):
    train = torch.utils.data.TensorDataset(torch.tensor(data["x"][:32]), torch.tensor(data["labels"][:32]))
    saving = [lightning.pytorch.callbacks.ModelCheckpoint(folder, save_top_k=-1)] if folder else []
    lightning.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        callbacks=saving, enable_checkpointing=bool(folder),
    ).fit(net, torch.utils.data.DataLoader(train, batch_size=8))


def right(net, data):
    net.eval()
    with torch.no_grad():
        return (net(torch.tensor(data["x"][32:])).argmax(1).numpy() == data["labels"][32:]).mean().item()


net = Net()
fit(net, first, 20)
export(net.model, torch.tensor(first["x"][:2]), f"{out}/net.pt2")
expected["lightning"] = {"before": {"source": right(net, first), "target": right(net, second)}}
fit(net, second, 3, f"{out}/lightning")
for name in sorted(os.listdir(f"{out}/lightning")):
    saved = torch.load(f"{out}/lightning/{name}", weights_only=False)
    saved["callbacks"] = {}
    torch.save(saved, f"{out}/lightning/{name}")
    loaded = Net()
    loaded.load_state_dict(saved["state_dict"])
    expected["lightning"][name] = {"source": right(loaded, first), "target": right(loaded, second)}

shutil.rmtree(f"{out}/scratch", ignore_errors=True)
with open(f"{out}/expected.json", "w") as file:
    json.dump(expected, file, indent=1, sort_keys=True)
print(json.dumps(expected, indent=1))
