"""Writes the vectors that the packed model is held against: those of its own weights in 32 bits.

    python reference.py MODEL TEXTS.jsonl OUT [FIRST LAST]

TEXTS has a line of JSON for each text, with `token_ids`, `[CLS]` and `[SEP]` included. OUT gets
`sentence_vectors.f32` and `token_vectors_FIRST_LAST.f32`, the token vectors of these texts one after the
other; unit vectors, little-endian.
"""

import json
import sys
from pathlib import Path

import torch

from bert import Bert, encode


def main():
    model, texts, out = Bert.load(sys.argv[1]).eval(), sys.argv[2], Path(sys.argv[3])
    first, last = (int(number) for number in sys.argv[4:6] or (320, 339))
    ids = [json.loads(line)["token_ids"][1:-1] for line in Path(texts).read_text().splitlines()]
    sentences, tokens = [], []
    with torch.no_grad():
        for number, text in enumerate(ids):
            sentence, token, _ = encode(model, [text], groups=1)
            sentences.append(sentence)
            if first <= number <= last:
                tokens.append(token[0, : len(text)])
    write = lambda name, rows: (out / name).write_bytes(torch.cat(rows).numpy().astype("<f4").tobytes())
    write("sentence_vectors.f32", sentences)
    write(f"token_vectors_{first}_{last}.f32", tokens)


if __name__ == "__main__":
    main()
