"""Seconds and memory of a language model, against eager PyTorch: a GPT-2 of transformers with 10 million parameters.

python bench_language.py --lethe .build/release/lethe [--pairs 3] [--precision bfloat16]
Ten layers of width 256, 8,192 words, texts of 256 tokens drawn at random, batches of eight, AdamW (fused in both), no dropout. Both sides
have the same loss, the mean cross-entropy of the next token. Training is the second epoch without evaluation: plain, with L2-SP (a loss
term in PyTorch), and with adapters of rank 8 on every kernel but the words' (peft's in PyTorch). Evaluation is the loss of texts without
gradients. Memory is the largest that the process of a side ever had, Python and libraries included.

transformers and, for the adapters, peft have to be there: pip install transformers peft.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time

import h5py
import torch
from processes import measured
from results import Results, operations
from torch import nn

WORDS, LENGTH, BATCH, TRAINED, TESTED = 8192, 256, 8, 48, 33
RATE = 1e-4


class Logits(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        return self.model(input_ids=input_ids).logits


def network():
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(
        vocab_size=WORDS, n_positions=LENGTH, n_embd=256, n_layer=10, n_head=8, use_cache=False, bos_token_id=0, eos_token_id=0,
        resid_pdrop=0, embd_pdrop=0, attn_pdrop=0))


def make(folder):
    program = torch.export.export(
        Logits(network()).train(), (torch.zeros(2, LENGTH, dtype=torch.int64),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    torch.export.save(program, f"{folder}/gpt2.pt2")
    for name, tests in (("text", TESTED), ("word", 1)):
        with h5py.File(f"{folder}/{name}.h5", "w") as file:
            for part, count in (("train", TRAINED), ("test", tests)):
                ids = torch.randint(0, WORDS, (count, LENGTH), generator=torch.Generator().manual_seed(count)).int().numpy()
                file[f"{part}/inputs/input_ids"], file[f"{part}/labels"] = ids, ids


def loss_of(model, ids):
    logits = model(input_ids=ids).logits
    following = nn.functional.pad(ids[:, 1:], (0, 1), value=-100)
    return nn.functional.cross_entropy(logits.flatten(0, 1).float(), following.flatten())


def eager(folder, kind, precision):
    with h5py.File(f"{folder}/text.h5") as file:
        trained, tested = (torch.from_numpy(file[f"{part}/inputs/input_ids"][()]).long() for part in ("train", "test"))
    model = network()
    mixed = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")
    if kind == "evaluation":
        model.eval()
        with torch.no_grad():
            start = time.perf_counter()
            for ids in tested.split(BATCH):
                loss_of(model, ids).item()
        return print(time.perf_counter() - start)
    if kind == "lora":
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=["c_attn", "c_proj", "c_fc"], fan_in_fan_out=True))
    model.train()
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=RATE, weight_decay=0, fused=True)
    kernels = [p for p in weights if p.ndim >= 2]
    before = [p.detach().clone() for p in kernels] if kind == "l2-sp" else []
    for epoch in range(2):
        start = time.perf_counter()
        for rows in torch.randperm(len(trained)).split(BATCH):
            optimizer.zero_grad()
            with mixed:
                loss = loss_of(model, trained[rows])
            if kind == "l2-sp":
                loss = loss + 0.05 * sum(((p - q) ** 2).sum() for p, q in zip(kernels, before))
            loss.backward()
            optimizer.step()
            loss.item()
        seconds = time.perf_counter() - start
    print(seconds)


def ours(options, folder, kind, index):
    base = f"{folder}/base.h5"
    if kind == "evaluation":
        used = {name: measured([options.lethe, "evaluate", base, "--data", f"{folder}/{name}.h5"]) for name in ("word", "text")}
        # What a process costs anyway is in both.
        return (used["text"].seconds - used["word"].seconds) * TESTED / (TESTED - 1), used["text"].resident / 2**20
    extra = {"plain": [], "l2-sp": ["--regularizer", "l2-sp:alpha=0.1,beta=0.1"], "lora": ["--lora", "rank=8,alpha=16", "--freeze", "model.lm_head"]}
    used = measured(
        [options.lethe, "train", base, "--data", f"{folder}/word.h5", "--epochs", "2", "--batch-size", str(BATCH), "--optimizer", "adamw",
         "--lr", str(RATE), "--precision", options.precision, *extra[kind], "--json", "-o", f"{folder}/{kind}{index}"])
    return json.loads(used.output)["epochs"][2]["seconds"], used.resident / 2**20


def theirs(options, folder, kind):
    used = measured([sys.executable, __file__, "--eager", folder, kind, "--precision", options.precision])
    return float(used.output), used.resident / 2**20


def work():
    """Operations of what is measured; not of adapters, whose kernels have no gradients."""
    model, ids = network(), torch.zeros(BATCH, LENGTH, dtype=torch.int64)
    step = operations(lambda: loss_of(model, ids).backward()) * TRAINED / BATCH
    with torch.no_grad():
        return {"plain": step, "l2-sp": step, "evaluation": operations(lambda: loss_of(model, ids)) * TESTED / BATCH}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lethe")
    arguments.add_argument("--pairs", type=int, default=3)
    arguments.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    arguments.add_argument("--kinds", default="plain,l2-sp,lora,evaluation")
    arguments.add_argument("--eager", nargs=2, metavar=("FOLDER", "KIND"), help="only PyTorch's side")
    options = arguments.parse_args()
    missing = {name for name in ("transformers", "peft") if not importlib.util.find_spec(name)}
    if "transformers" in missing:
        return print("language model: not measured, as transformers is not there (pip install transformers peft)")
    if options.eager:
        return eager(*options.eager, options.precision)
    kinds = options.kinds.split(",")
    if "peft" in missing and "lora" in kinds:
        kinds.remove("lora")
        print("language model lora: not measured, as peft is not there (pip install peft)")
    with tempfile.TemporaryDirectory() as folder:
        make(folder)
        subprocess.run([options.lethe, "import", f"{folder}/gpt2.pt2", "-o", f"{folder}/base.h5"], check=True, stdout=subprocess.DEVNULL)
        pairs = {kind: [] for kind in kinds}
        for index in range(options.pairs):
            for kind in kinds:
                pairs[kind].append(ours(options, folder, kind, index) + theirs(options, folder, kind))
        results, least = Results(), work()
        names = {"plain": "an epoch", "l2-sp": "an epoch with L2-SP", "lora": "an epoch of adapters", "evaluation": "evaluation"}
        for kind in kinds:
            mine, memory, other, other_memory = zip(*pairs[kind])
            name = f"GPT-2 of 10 million weights, {names[kind]} in {options.precision}"
            results.add(name, mine, other, operations=least.get(kind, 0))
            results.add(f"{name}, largest memory", memory, other_memory, unit="MiB")


if __name__ == "__main__":
    main()
