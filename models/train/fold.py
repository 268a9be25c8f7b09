"""Keeps a trained model as what training added to the original, in a fraction of the room.

    python fold.py keep ORIGINAL TRAINED FOLD.safetensors
    python fold.py restore ORIGINAL FOLD.safetensors OUT

The models of two folds, each trained on half of the corpora, are needed only to judge what is fitted on
the scores of a corpus: by the one that has not seen it. What training adds to a matrix is nearly of low
rank, so of each the strongest directions are kept in 16 bits; small tensors are kept whole.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from bert import Bert
from train import COMPANIONS

RANK = 16


def keep(original, trained, path):
    before, after = Bert.load(original).state_dict(), Bert.load(trained).state_dict()
    kept = {}
    for name, tensor in after.items():
        added = tensor - before[name]
        if not added.any():
            continue
        if added.dim() < 2 or min(added.shape) <= RANK:
            kept[name] = added.half()
            continue
        left, sizes, right = torch.linalg.svd(added, full_matrices=False)
        root = sizes[:RANK].sqrt()
        kept[f"{name}.left"] = (left[:, :RANK] * root).half().contiguous()
        kept[f"{name}.right"] = (right[:RANK] * root[:, None]).half().contiguous()
    save_file(kept, path, {"training": (Path(trained) / "training.json").read_text()})


def restore(original, path, out):
    model, kept, out = Bert.load(original), load_file(path), Path(out)
    state = model.state_dict()
    for name, tensor in kept.items():
        if name.endswith(".left"):
            name = name.removesuffix(".left")
            state[name] += tensor.float() @ kept[f"{name}.right"].float()
        elif not name.endswith(".right"):
            state[name] += tensor.float()
    out.mkdir(parents=True, exist_ok=True)
    model.save(out / "model.safetensors", {"format": "pt"})
    for name in COMPANIONS:
        if (Path(original) / name).exists():
            (out / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(Path(original) / name, out / name)
    with safe_open(path, "pt") as file:
        training = json.loads(file.metadata()["training"])
    (out / "training.json").write_text(json.dumps(training, indent=2) + "\n")


if __name__ == "__main__":
    {"keep": keep, "restore": restore}[sys.argv[1]](*sys.argv[2:])
