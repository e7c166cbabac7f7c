"""Small models and the fixtures' data, as the tests of the package share them."""

import pathlib

import h5py
import torch
from torch import nn

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Fixtures"
TRAINERS = FIXTURES / "trainers"
WORDS, LENGTH = 24, 12


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Dropout(0.1))
        self.fc = nn.Linear(8, 5)

    def forward(self, image):
        return self.fc(self.stem(image).mean((2, 3)))


def points_network():
    torch.manual_seed(4)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


def language_model():
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(1)
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=WORDS, n_positions=LENGTH, n_embd=16, n_layer=2, n_head=2, attn_pdrop=0, embd_pdrop=0,
                   resid_pdrop=0, bos_token_id=0, eos_token_id=0))


def data(name, split, *keys):
    """Arrays of one of the trainers' data files."""
    with h5py.File(TRAINERS / name) as file:
        return [torch.tensor(file[f"{split}/{key}"][()]) for key in keys]


def nats(network, name):
    """What PyTorch makes of a language model on the test texts of a file, in nats a token."""
    (texts,) = data(name, "test", "inputs/input_ids")
    network.eval()
    with torch.no_grad():
        logits = network(input_ids=texts).logits.double()
    return nn.functional.cross_entropy(logits[:, :-1].reshape(-1, WORDS), texts[:, 1:].reshape(-1)).item()


def share_right(network, name):
    inputs, labels = data(name, "test", "inputs/x", "labels")
    network.eval()
    with torch.no_grad():
        return (network(inputs).argmax(1) == labels).double().mean().item()
