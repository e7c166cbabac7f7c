"""Two small tokenizers of the package tokenizers, trained on the texts here, and what they make of some of them.

python make_tokenizers.py: writes `byte-level/` (GPT-2's kind), `byte-fallback/` (Llama's kind, with a token at the beginning)
and `expected.json` beside itself. Needs tokenizers.
"""

import json
import pathlib

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

here = pathlib.Path(__file__).parent
texts = [t for name in ("fortunes", "python") for t in (here / f"{name}.txt").read_text().split("\n%\n")]
said = ["A clash of doctrine.", "Grüße aus Köln!\n", "x = 1\n\ty = <|endoftext|>", "日本"]


def keep(name, tokenizer, config):
    (here / name).mkdir(exist_ok=True)
    tokenizer.save(str(here / name / "tokenizer.json"), pretty=False)
    (here / name / "tokenizer_config.json").write_text(json.dumps(config) + "\n")
    tokenizer.encode_special_tokens = True
    return [tokenizer.encode(text, add_special_tokens=False).ids for text in said]


gpt = Tokenizer(models.BPE())
gpt.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
gpt.decoder = decoders.ByteLevel()
gpt.train_from_iterator(texts, trainers.BpeTrainer(
    vocab_size=400, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    show_progress=False))

bytes_of_their_own = [f"<0x{code:02X}>" for code in range(256)]
llama = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
llama.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
llama.decoder = decoders.Sequence([
    decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
llama.train_from_iterator(texts, trainers.BpeTrainer(
    vocab_size=600, special_tokens=["<unk>", "<s>", "</s>"] + bytes_of_their_own, show_progress=False))
state = json.loads(llama.to_str())
state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] not in bytes_of_their_own]
llama = Tokenizer.from_str(json.dumps(state))
llama.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])

expected = {
    "texts": said,
    "byte-level": keep("byte-level", gpt, {"eos_token": "<|endoftext|>"}),
    "byte-fallback": keep("byte-fallback", llama, {"eos_token": {"content": "</s>"}}),
}
(here / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")
