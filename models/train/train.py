"""Trains the encoder on questions over documentation. README.md says how, and what came of it."""

import argparse
import hashlib
import json
import math
import os
import shutil
import time
from pathlib import Path

import torch

from bert import Bert
from data import Batches, Corpus
from objective import loss

# Files of the model besides its weights, which training leaves as they are.
COMPANIONS = [
    "config.json", "vocab.txt", "modules.json", "tokenizer_config.json", "sentence_bert_config.json",
    "1_Pooling/config.json", "config_sentence_transformers.json",
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--original", type=Path, required=True,
                        help="folder with the original model.safetensors, config.json and vocab.txt")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model to")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=32, help="questions of a step, all of one corpus")
    parser.add_argument("--neighbours", type=int, default=3,
                        help="questions of rival sections that are drawn beside each random one")
    parser.add_argument("--rate", type=float, default=3e-5, help="largest learning rate")
    parser.add_argument("--temperature", type=float, default=0.05)
    parser.add_argument("--share", type=float, default=1.0,
                        help="share of the trained weights in the result; the rest is the original's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="the result depends on it, in its last bits")
    parser.add_argument("--stop-after", type=int, metavar="STEP",
                        help="end after this step's checkpoint; the same command without it goes on")
    parser.add_argument("--save-every", type=int, default=25, help="steps between two checkpoints")
    parser.add_argument("corpora", type=Path, nargs="+", help="files that training-pairs wrote")
    return parser.parse_args()


def rate_at(step, steps, largest):
    """Learning rate: a tenth of the steps up, then down to 0, both linear."""
    warm = max(1, steps // 10)
    return largest * min((step + 1) / warm, (steps - step) / max(1, steps - warm))


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def settings(args, corpora):
    """What the result depends on, for its manifest."""
    return {
        "original": digest(args.original / "model.safetensors"),
        "steps": args.steps, "batch": args.batch, "neighbours": args.neighbours, "rate": args.rate,
        "temperature": args.temperature, "share": args.share, "seed": args.seed,
        "threads": args.threads, "torch": torch.__version__,
        "corpora": [
            {"name": corpus.name, "questions": len(corpus.questions), "chunks": len(corpus.chunks),
             "sha256": digest(corpus.path)}
            for corpus in corpora
        ],
    }


def save_checkpoint(path, state):
    """Written whole or not at all, so that a run that is killed goes on from the last one."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(args.seed)
    corpora = [Corpus(path) for path in args.corpora]
    model = Bert.load(args.original)
    batches = Batches(corpora, args.batch, args.neighbours, args.seed)
    optimizer = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=args.rate, weight_decay=0.01
    )
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint, described = args.out / "checkpoint.pt", settings(args, corpora)
    first, losses = 0, []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        if state["settings"] != described:
            raise SystemExit(f"{checkpoint} is of another run; remove it to begin anew")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        batches.restore(state["batches"])
        first, losses = state["step"], state["losses"]

    start = time.time()
    for step in range(first, args.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(step, args.steps, args.rate)
        corpus, numbers = next(batches)
        total, dense, late = loss(model, corpus, numbers, args.temperature)
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(total.item())
        pace = (time.time() - start) / (step + 1 - first)
        print(f"step {step + 1}/{args.steps}  {corpus.name}  loss {total.item():.4f}  dense {dense:.4f}  "
              f"late {late:.4f}  {pace:.1f} s/step", flush=True)
        if (step + 1) % args.save_every == 0:
            save_checkpoint(checkpoint, {
                "settings": described, "step": step + 1, "losses": losses, "model": model.state_dict(),
                "optimizer": optimizer.state_dict(), "batches": batches.state(),
            })
        if step + 1 == args.stop_after and step + 1 < args.steps:
            return
    if not all(math.isfinite(value) for value in losses):
        raise SystemExit("the loss is not finite: nothing is written")
    write_model(model, args, described)


def write_model(model, args, described):
    """The result, in the layout of the original folder, with `training.json` for the pack's manifest."""
    original = Bert.load(args.original)
    with torch.no_grad():
        for trained, before in zip(model.parameters(), original.parameters(), strict=True):
            trained.lerp_(before, 1 - args.share)
    model.save(args.out / "model.safetensors", {"format": "pt"})
    for name in COMPANIONS:
        if (args.original / name).exists():
            (args.out / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(args.original / name, args.out / name)
    (args.out / "training.json").write_text(json.dumps(described, indent=2) + "\n")


if __name__ == "__main__":
    main()
