"""The encoder as docent runs it: a BERT (Devlin et al., 2019) without pooler, in plain PyTorch.

Weights are read and written under the names of the original `model.safetensors`, so that what comes out
of training can go wherever the original went.
"""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

CLS, SEP = 101, 102


class Layer(nn.Module):
    """Self-attention and feed-forward layer, each with its residual and LayerNorm."""

    def __init__(self, hidden, feed_forward, heads, epsilon):
        super().__init__()
        self.heads = heads
        self.attention = nn.ModuleDict({
            "self": nn.ModuleDict({
                part: nn.Linear(hidden, hidden) for part in ("query", "key", "value")
            }),
            "output": nn.ModuleDict({
                "dense": nn.Linear(hidden, hidden),
                "LayerNorm": nn.LayerNorm(hidden, epsilon),
            }),
        })
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(hidden, feed_forward)})
        self.output = nn.ModuleDict({
            "dense": nn.Linear(feed_forward, hidden),
            "LayerNorm": nn.LayerNorm(hidden, epsilon),
        })

    def forward(self, x, mask):
        own = self.attention["self"]
        split = lambda y: y.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        heads = F.scaled_dot_product_attention(
            split(own["query"](x)), split(own["key"](x)), split(own["value"](x)), mask
        )
        out = self.attention["output"]
        x = out["LayerNorm"](x + out["dense"](heads.transpose(1, 2).flatten(2)))
        wide = F.gelu(self.intermediate["dense"](x))
        return self.output["LayerNorm"](x + self.output["dense"](wide))


class Bert(nn.Module):
    """Token ids in, token vectors out. The embeddings are frozen: questions over a few corpora see few
    of the vocabulary's words, and the others must go on fitting beside them."""

    def __init__(self, config):
        super().__init__()
        hidden, epsilon = config["hidden_size"], config["layer_norm_eps"]
        self.embeddings = nn.ModuleDict({
            "word_embeddings": nn.Embedding(config["vocab_size"], hidden),
            "position_embeddings": nn.Embedding(config["max_position_embeddings"], hidden),
            "token_type_embeddings": nn.Embedding(config["type_vocab_size"], hidden),
            "LayerNorm": nn.LayerNorm(hidden, epsilon),
        })
        layer = lambda: Layer(
            hidden, config["intermediate_size"], config["num_attention_heads"], epsilon
        )
        self.encoder = nn.ModuleDict({
            "layer": nn.ModuleList(layer() for _ in range(config["num_hidden_layers"]))
        })
        self.embeddings.requires_grad_(False)

    def forward(self, ids, mask):
        """`ids`: texts x length; `mask`: true where there is a token. Vectors: texts x length x hidden."""
        own = self.embeddings
        x = own["word_embeddings"](ids)
        x = x + own["position_embeddings"].weight[: ids.shape[1]]
        x = own["LayerNorm"](x + own["token_type_embeddings"].weight[0])
        for layer in self.encoder["layer"]:
            x = layer(x, mask[:, None, None, :])
        return x

    @classmethod
    def load(cls, folder):
        folder = Path(folder)
        model = cls(json.loads((folder / "config.json").read_text()))
        weights = load_file(folder / "model.safetensors")
        weights = {name.removeprefix("bert."): tensor for name, tensor in weights.items()}
        missing, _ = model.load_state_dict(weights, strict=False)
        if missing:
            raise ValueError(f"{folder}: weights are missing: {', '.join(missing)}")
        return model

    def save(self, path, metadata):
        """Writes the weights to `path`; text to text in `metadata`."""
        weights = {name: tensor.detach().contiguous() for name, tensor in self.state_dict().items()}
        save_file(weights, path, metadata)


def encode(model, texts, groups=4):
    """Sentence vectors (texts x hidden), token vectors (texts x most tokens x hidden), both of unit
    length, and the mask of the tokens that are there.

    `texts` are lists of ids without `[CLS]` and `[SEP]`, which are added and, as in docent, count for the
    sentence vector but have no token vectors. Texts of similar length go through the model together, so
    that little of the work is padding.
    """
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    longest = max(1, len(texts[order[-1]]))
    size = math.ceil(len(texts) / groups)
    sentences, tokens, masks = [], [], []
    for start in range(0, len(texts), size):
        batch = [texts[i] for i in order[start : start + size]]
        length = max(len(text) for text in batch) + 2
        ids = torch.zeros(len(batch), length, dtype=torch.long)
        mask = torch.zeros(len(batch), length, dtype=torch.bool)
        for row, text in enumerate(batch):
            ids[row, : len(text) + 2] = torch.tensor([CLS, *text, SEP])
            mask[row, : len(text) + 2] = True
        vectors = model(ids, mask)
        sums = (vectors * mask[:, :, None]).sum(1)
        sentences.append(F.normalize(sums, dim=-1))
        own = torch.tensor([[len(text)] for text in batch]) > torch.arange(length - 2)
        pad = longest - (length - 2)
        tokens.append(F.pad(F.normalize(vectors[:, 1:-1], dim=-1), (0, 0, 0, pad)))
        masks.append(F.pad(own, (0, pad)))
    back = torch.tensor(sorted(range(len(order)), key=order.__getitem__))
    return (torch.cat(parts)[back] for parts in (sentences, tokens, masks))
