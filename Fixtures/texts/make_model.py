"""A small GPT-2 of transformers, untrained, for tokens that are bytes: python make_model.py FILE. Needs torch and transformers."""

import sys

import torch
from transformers import GPT2Config, GPT2LMHeadModel


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        return self.model(input_ids=input_ids).logits


torch.manual_seed(0)
config = GPT2Config(
    vocab_size=257, n_positions=64, n_embd=32, n_layer=2, n_head=2, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
    use_cache=False, bos_token_id=256, eos_token_id=256)
model = Logits(GPT2LMHeadModel(config)).eval()
example = torch.zeros(2, 64, dtype=torch.int64)
program = torch.export.export(model, (example,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
torch.export.save(program, sys.argv[1])
