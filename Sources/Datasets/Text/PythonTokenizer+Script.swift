extension PythonTokenizer {
  /// What runs in Python: a request and texts as lines of JSON come in, blocks of bytes after their lengths go out.
  ///
  /// Modules of the present folder are not imported. The bytes of a token are what its decoder makes of it: those of
  /// byte-level tokens by GPT-2's table, `▁` is a space, `<0x0A>` a byte, `##` joins words.
  static let script = #"""
    import sys

    sys.path = [folder for folder in sys.path if folder]
    import array
    import json
    import os
    import re


    def say(block):
        sys.stdout.buffer.write(len(block).to_bytes(8, "little") + block)


    def end_with(**head):
        say(json.dumps(head).encode())
        sys.stdout.buffer.flush()
        os._exit(0)


    def name_of(token):
        return token.get("content") if isinstance(token, dict) else token


    def end_token(tokenizer, file, asked):
        if asked:
            if tokenizer.token_to_id(asked) is None:
                end_with(error=f"it has no token '{asked}'")
            return tokenizer.token_to_id(asked)
        names = []
        for beside in ("tokenizer_config.json", "special_tokens_map.json"):
            place = os.path.join(os.path.dirname(os.path.abspath(file)), beside)
            if os.path.exists(place):
                with open(place, encoding="utf-8") as f:
                    names.append(name_of(json.load(f).get("eos_token")))
        names += ["<|endoftext|>", "</s>", "<eos>", "<|end_of_text|>", "<|im_end|>"]
        known = [tokenizer.token_to_id(name) for name in names if name]
        return next((token for token in known if token is not None), None)


    def vocabulary(tokenizer):
        whole = json.loads(tokenizer.to_str())
        added = {token["id"]: token for token in whole.get("added_tokens") or []}
        kinds = json.dumps([whole.get(key) for key in ("decoder", "pre_tokenizer", "normalizer")], ensure_ascii=False)
        fallback = bool(whole["model"].get("byte_fallback"))
        # A decoder that joins tokens as they are, characters say; without one they are words.
        joined = '"Fuse"' in json.dumps(whole.get("decoder"))
        byte_level, spaces = '"ByteLevel"' in kinds, "\u2581" in kinds or '"Metaspace"' in kinds
        kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
        table = {chr(code): code for code in kept}
        table.update({chr(256 + place): code for place, code in enumerate(c for c in range(256) if c not in kept)})

        def written(token):
            if byte_level:
                return bytes(table[c] for c in token) if all(c in table for c in token) else token.encode()
            if fallback and re.fullmatch("<0x[0-9A-F]{2}>", token):
                return bytes([int(token[3:5], 16)])
            if spaces:
                return token.replace("\u2581", " ").encode()
            if joined:
                return token.encode()
            return token[2:].encode() if token.startswith("##") else b" " + token.encode()

        words = {token: name for name, token in tokenizer.get_vocab(with_added_tokens=True).items()}
        chunks = []
        for token in range(max(words) + 1):
            own = added.get(token)
            chunks.append(own["content"].encode() if own else written(words[token]) if token in words else b"")
        special = [token for token, own in sorted(added.items()) if own.get("special")]
        return chunks, special, byte_level or (spaces and fallback)


    def main():
        try:
            from tokenizers import Tokenizer
        except ImportError:
            end_with(missing=True)
        lines = iter(sys.stdin.buffer)
        request = json.loads(next(lines))
        tokenizer = Tokenizer.from_file(request["file"])
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # A text that has the name of a special token in it says no such token.
        tokenizer.encode_special_tokens = True
        chunks, special, exact = vocabulary(tokenizer)
        end = end_token(tokenizer, request["file"], request["end"])
        if end is not None and end not in special:
            special.append(end)
        probe = tokenizer.encode("a")
        beginning = []
        for token, mark in zip(probe.ids, probe.special_tokens_mask):
            if not mark:
                break
            beginning.append(token)
        offsets = array.array("q", [0])
        for chunk in chunks:
            offsets.append(offsets[-1] + len(chunk))
        lengths, tokens = array.array("q"), array.array("i")
        batch = []

        def flush():
            for encoding in tokenizer.encode_batch(batch, add_special_tokens=False):
                lengths.append(len(encoding.ids))
                tokens.extend(encoding.ids)
            batch.clear()

        for line in lines:
            batch.append(json.loads(line))
            if len(batch) == 1000:
                flush()
        flush()
        say(json.dumps({"end": end, "exact": exact, "beginning": beginning}).encode())
        say(b"".join(chunks))
        for numbers in (offsets, array.array("q", special), lengths, tokens):
            say(numbers.tobytes())
        sys.stdout.buffer.flush()


    try:
        main()
    except Exception as error:
        end_with(error=f"the package tokenizers cannot use it: {error}".splitlines()[0])
    """#
}
