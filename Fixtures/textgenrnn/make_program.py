"""The program and the tokenizer of textgenrnn, a character model of PyPI: python make_program.py VOCABULARY FOLDER. Needs torch.

VOCABULARY is textgenrnn_vocab.json of the package. FOLDER gets program.pt2, whose weights are zeros until those of
textgenrnn_weights.hdf5 are put in (lethe import program.pt2 --weights textgenrnn_weights.hdf5), and tokenizer.json.
"""

import json
import pathlib
import sys

import torch
from torch import nn

CONTEXT, CHARACTERS = 40, 465  # 0 stands for what the vocabulary lacks, and for what is before the text
END = "<s>"


class Attention(nn.Module):
    """An average over the places of a window, weighed by one number for each feature."""

    def __init__(self, width):
        super().__init__()
        self.attention_W = nn.Parameter(torch.zeros(width, 1))

    def forward(self, features):  # [windows, places, width]
        weights = (features @ self.attention_W).softmax(1)
        return (features * weights).sum(1)


class TextGenRNN(nn.Module):
    """textgenrnn's network under the names of its Keras layers; each place is predicted from the 40 characters before."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CHARACTERS, 100)
        self.rnn_1 = nn.LSTM(100, 128, batch_first=True)
        self.rnn_2 = nn.LSTM(128, 128, batch_first=True)
        self.attention = Attention(100 + 128 + 128)
        self.output = nn.Linear(100 + 128 + 128, CHARACTERS)

    def forward(self, input_ids):  # [texts, places]
        windows = nn.functional.pad(input_ids, (CONTEXT - 1, 0)).unfold(1, CONTEXT, 1)
        embedded = self.embedding(windows.reshape(-1, CONTEXT))
        first, _ = self.rnn_1(embedded)
        second, _ = self.rnn_2(first)
        logits = self.output(self.attention(torch.cat([embedded, first, second], -1)))
        return logits.reshape(input_ids.shape[0], input_ids.shape[1], CHARACTERS)


def tokenizer(vocabulary):
    """A token for each character, in the form of the package tokenizers. A line's end, which the vocabulary lacks, is a space."""
    return {
        "version": "1.0", "truncation": None, "padding": None, "post_processor": None,
        "added_tokens": [
            {"id": number, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True}
            for text, number in (("<unknown>", 0), (END, vocabulary[END]))],
        "normalizer": {"type": "Replace", "pattern": {"String": "\n"}, "content": " "},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": "Isolated", "invert": False},
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": {"<unknown>": 0, **vocabulary}, "unk_token": "<unknown>"},
    }


def main():
    vocabulary = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf8"))
    folder = pathlib.Path(sys.argv[2])
    assert sorted(vocabulary.values()) == list(range(1, CHARACTERS))
    model = TextGenRNN().eval()
    for weight in model.parameters():
        nn.init.zeros_(weight)
    program = torch.export.export(
        model, (torch.zeros(2, 64, dtype=torch.int64),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    torch.export.save(program, folder / "program.pt2")
    text = json.dumps(tokenizer(vocabulary), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "tokenizer.json").write_text(text + "\n", encoding="utf8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": END}) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
