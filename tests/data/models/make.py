#!/usr/bin/env python3
"""Describes three small models with random weights and computes their vectors, for the tests of `pack-model`.

Needs PyTorch and NumPy; nothing of docent and no transformers library: the forward pass below is written
from the paper (Devlin et al., 2019), in fp32. Run it in this folder.

Each folder is a model as sentence-transformers saves it, but for `model.safetensors`: in its place stands
`tensors.json`, from which the tests write it. The tensors' values are drawn one after the other from
one stream of numbers (`Stream`), and have so few bits that each is the same in 16 bits.

`references.json` has for each text its ids as a question and as a passage, with `[CLS]`, the prefix's ids
and `[SEP]`. The vectors of all these inputs stand in `vectors.f32`, little-endian: for each input its
sentence vector, then a vector for each of the text's own tokens, all of unit length.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import gelu, layer_norm, normalize

UNK, CLS, SEP = 100, 101, 102
WORDS = """a add an and are ask at beans blend boil brew cold cup cups dose fill filter find fresh from grind
ground grounds heat hot how in is it kettle let long make milk minutes more not of on one or passage pour press
query question read roast scale search sentence slow steep taste the this time to two warm wash water weigh what
when why with your : . , ?""".split()
# How much attention adds to a token.
GAIN = 4
# How much larger a few channels are than the others.
FACTOR = 4
PIECES = ["##s", "##ed", "##ing", "##er", "##ly"]
TEXTS = [
    "How long is the steep of a cold brew?",
    "Weigh the beans, and grind them fresh.",
    "Boiling water tastes of kettles.",
    "",
    "why warm your cups",
    "Pour slowly: two minutes at one scale, or more.",
    "milk",
    "read the question and make sentences from it " * 3,
]

# Name: measures, pooling, query prefix, passage prefix, longest input, type of the weights.
MODELS = {
    "mean-32": ((2, 64, 128, 2), "mean", "", "", 64, "F32"),
    "cls-64": ((3, 128, 64, 2), "cls", "search the question: ", "", 96, "F16"),
    "prefixes-64": ((2, 192, 448, 3), "mean", "query: ", "passage: ", 64, "BF16"),
}


class Stream:
    """SplitMix64 (Steele et al., 2014); of each number the upper six bits, as an odd number of 64ths."""

    def __init__(self, seed):
        self.state = seed

    def draw(self, count):
        with np.errstate(over="ignore"):
            step = np.uint64(0x9E3779B97F4A7C15)
            z = np.uint64(self.state) + step * np.arange(1, count + 1, dtype=np.uint64)
            self.state = int(z[-1])
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
        return ((z >> np.uint64(58)).astype(np.float32) - 31.5) / 32


def vocabulary():
    entries = ["[PAD]"] + [f"[unused{i}]" for i in range(99)] + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    entries += WORDS + PIECES
    assert entries[UNK] == "[UNK]" and entries[CLS] == "[CLS]" and entries[SEP] == "[SEP]"
    assert len(set(entries)) == len(entries)
    return entries


def tokenize(text, ids):
    """WordPiece over the few characters that the texts have."""
    for mark in ":.,?":
        text = text.replace(mark, f" {mark} ")
    out = []
    for word in text.lower().split():
        rest, pieces = word, []
        while rest:
            mark = "##" if pieces else ""
            ends = (end for end in range(len(rest), 0, -1) if mark + rest[:end] in ids)
            end = next(ends, None)
            if end is None:
                pieces = [UNK]
                break
            pieces.append(ids[mark + rest[:end]])
            rest = rest[end:]
        out += pieces
    return out


def describe(shape, positions, entries):
    """The tensors: a sentence's vector shall depend on its words, their order and each layer.

    A value is `offset + scale * number`; in every `every`-th channel it is `factor` times that, since
    in trained models a few channels are several times as large as the others.
    """
    layers, hidden, feed_forward, _ = shape
    tensors = []

    def add(name, *size, scale, offset=0, factor=1):
        every = hidden // 2
        tensors.append(dict(name=name, shape=size, scale=scale, offset=offset, every=every, factor=factor))

    def linear(name, outputs, inputs, gain):
        # The nearest power of two: products with it are exact.
        scale = 2.0 ** round(math.log2(gain * math.sqrt(3 / inputs)))
        add(f"{name}.weight", outputs, inputs, scale=scale)
        add(f"{name}.bias", outputs, scale=0.125)

    def norm(name, factor=FACTOR):
        add(f"{name}.weight", hidden, scale=0.5, offset=1, factor=factor)
        add(f"{name}.bias", hidden, scale=0.125)

    add("embeddings.word_embeddings.weight", entries, hidden, scale=2)
    add("embeddings.position_embeddings.weight", positions, hidden, scale=0.25)
    add("embeddings.token_type_embeddings.weight", 2, hidden, scale=0.25)
    norm("embeddings.LayerNorm")
    for layer in range(layers):
        at = f"encoder.layer.{layer}"
        for part in ("query", "key", "value"):
            linear(f"{at}.attention.self.{part}", hidden, hidden, 1)
        linear(f"{at}.attention.output.dense", hidden, hidden, GAIN)
        norm(f"{at}.attention.output.LayerNorm")
        linear(f"{at}.intermediate.dense", feed_forward, hidden, 1)
        linear(f"{at}.output.dense", hidden, feed_forward, 2)
        # In the result no channel shall outweigh the others.
        norm(f"{at}.output.LayerNorm", factor=1 if layer + 1 == layers else FACTOR)
    return tensors


def fill(tensors, seed):
    """The tensors' values."""
    stream, filled = Stream(seed), {}
    for tensor in tensors:
        values = tensor["offset"] + tensor["scale"] * stream.draw(math.prod(tensor["shape"]))
        values[:: tensor["every"]] *= tensor["factor"]
        values = torch.from_numpy(values.astype(np.float32)).view(tensor["shape"])
        assert torch.equal(values, values.half().float()) and torch.equal(values, values.bfloat16().float())
        filled[tensor["name"]] = values
    return filled


def forward(tensors, shape, ids):
    """Vectors of the last layer, a row for each id."""
    layers, hidden, _, heads = shape

    def linear(x, name):
        return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    def norm(x, name):
        return layer_norm(x, (hidden,), tensors[f"{name}.weight"], tensors[f"{name}.bias"], 1e-12)

    x = tensors["embeddings.word_embeddings.weight"][ids]
    x = x + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(layers):
        at = f"encoder.layer.{layer}"
        q, k, v = (
            linear(x, f"{at}.attention.self.{part}").view(len(ids), heads, -1).transpose(0, 1)
            for part in ("query", "key", "value")
        )
        attention = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(hidden // heads), -1) @ v
        attention = attention.transpose(0, 1).reshape(len(ids), hidden)
        x = norm(x + linear(attention, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
        inner = gelu(linear(x, f"{at}.intermediate.dense"))
        x = norm(x + linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    return x


def write_json(path, value):
    path.parent.mkdir(exist_ok=True)
    lines = json.dumps(value)
    # A line for each entry of a list.
    path.write_text(lines.replace("}, {", "},\n{") + "\n")


def make(name, seed):
    shape, pooling, query_prefix, passage_prefix, max_tokens, dtype = MODELS[name]
    folder = Path(name)
    folder.mkdir(exist_ok=True)
    entries = vocabulary()
    ids = {entry: i for i, entry in enumerate(entries)}
    positions = max_tokens + 32
    tensors = describe(shape, positions, len(entries))
    # Some models are saved with the name of their base before each tensor.
    before = "bert." if name == "cls-64" else ""
    write_json(folder / "tensors.json", dict(seed=seed, dtype=dtype, before=before, tensors=tensors))
    tensors = fill(tensors, seed)
    (folder / "vocab.txt").write_text("\n".join(entries) + "\n")
    write_json(
        folder / "config.json",
        {
            "model_type": "bert",
            "num_hidden_layers": shape[0],
            "hidden_size": shape[1],
            "intermediate_size": shape[2],
            "num_attention_heads": shape[3],
            "vocab_size": len(entries),
            "max_position_embeddings": positions,
            "type_vocab_size": 2,
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-12,
            "position_embedding_type": "absolute",
        },
    )
    write_json(
        folder / "1_Pooling/config.json",
        {"pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean"},
    )
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": max_tokens})
    prompts = {"query": query_prefix, "document": passage_prefix}
    prompts = {key: prompt for key, prompt in prompts.items() if prompt}
    write_json(folder / "config_sentence_transformers.json", {"prompts": prompts})

    references, vectors, sentences = [], [], {"query": [], "passage": []}
    for text in TEXTS:
        reference = {"text": text}
        for kind, prefix in (("query", query_prefix), ("passage", passage_prefix)):
            before = [CLS] + tokenize(prefix, ids)
            # The text as the model reads it behind its prefix, which is the same as the text alone.
            own = tokenize(prefix + text, ids)[len(before) - 1 :]
            assert own == tokenize(text, ids)
            inputs = before + own + [SEP]
            assert len(inputs) <= max_tokens
            rows = forward(tensors, shape, torch.tensor(inputs))
            sentence = normalize(rows.mean(0) if pooling == "mean" else rows[0], dim=0)
            sentences[kind].append(sentence)
            vectors += [sentence[None], normalize(rows[len(before) : -1], dim=1)]
            reference[kind] = inputs
        references.append(reference)
    write_json(folder / "references.json", references)
    np.concatenate(vectors).astype("<f4").tofile(folder / "vectors.f32")
    for kind, vectors in sentences.items():
        cosines = torch.stack(vectors) @ torch.stack(vectors).T
        apart = cosines[~torch.eye(len(TEXTS), dtype=bool)]
        print(f"{name}: cosines of two {kind} texts: {apart.min():.2f} to {apart.max():.2f}")


for number, model in enumerate(MODELS):
    with torch.no_grad():
        make(model, number)
