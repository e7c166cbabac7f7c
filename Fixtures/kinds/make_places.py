"""A language model of any length of text whose 12 places have an embedding of their own.

    python make_places.py    # needs torch
"""

from pathlib import Path

import torch
import torch.nn as nn

torch.manual_seed(5)


class Places(nn.Module):
    def __init__(self, words=20, width=4, places=12):
        super().__init__()
        self.wte = nn.Embedding(words, width)
        self.wpe = nn.Embedding(places, width)
        self.lm_head = nn.Linear(width, words, bias=False)

    def forward(self, input_ids):
        return self.lm_head(self.wte(input_ids) + self.wpe(torch.arange(input_ids.shape[1])))


any_size = torch.export.Dim.DYNAMIC
program = torch.export.export(
    Places().eval(), (torch.zeros(4, 8, dtype=torch.int64),), dynamic_shapes=({0: any_size, 1: any_size},)
)
torch.export.save(program, Path(__file__).parent / "places.pt2")
