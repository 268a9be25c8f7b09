"""Compares two models by the scores that `docent eval --scores` wrote of them, question by question.

    python compare.py BEFORE.jsonl AFTER.jsonl [LATER.jsonl ...]

For the sentence vectors alone, late interaction alone, and the whole ranking: nDCG@10 and success@1 on each
corpus, and the mean over the corpora at equal weights, with the 95 % interval of the difference (paired
bootstrap over the questions of each corpus).
"""

import json
import sys
from collections import defaultdict

import numpy as np

ARMS = {
    "sentence vectors alone": lambda c: c["arms"]["dense"],
    "late interaction alone": lambda c: c["arms"]["max_sim"],
    "whole ranking": lambda c: c["score"],
}
SAMPLES = 10_000


def ndcg(grades, judged):
    """nDCG@10 with the gain 2^grade - 1, as `docent eval` computes it."""
    gain = lambda found: sum((2**g - 1) / np.log2(i + 2) for i, g in enumerate(found[:10]))
    return gain(grades) / gain(sorted(judged, reverse=True))


def figures(path):
    """(arm, corpus) -> question -> (nDCG@10, success@1)."""
    found = defaultdict(dict)
    with open(path) as lines:
        for line in map(json.loads, lines):
            relevant = line["relevant"]
            if max(relevant.values(), default=0) < line["min_grade"]:
                continue
            for arm, score in ARMS.items():
                ranked = sorted(line["candidates"], key=score, reverse=True)
                grades = [relevant.get(c["section"], 0) for c in ranked]
                first = bool(grades) and grades[0] >= line["min_grade"]
                found[arm, line["target"]][line["question"]] = (ndcg(grades, relevant.values()), first)
    return found


def paired(before, after):
    """Both as arrays over the same questions: questions x (nDCG, success@1)."""
    assert before.keys() == after.keys(), "other questions"
    keys = sorted(before)
    return np.array([before[k] for k in keys], float), np.array([after[k] for k in keys], float)


def interval(differences, generator):
    """The macro-average of differences, corpora at equal weights, and its 95 % interval."""
    mean = np.mean([d.mean(0) for d in differences], axis=0)
    samples = np.mean([
        d[generator.integers(0, len(d), (SAMPLES, len(d)))].mean(1) for d in differences
    ], axis=0)
    return mean, *np.percentile(samples, [2.5, 97.5], axis=0)


def main():
    before, *others = [figures(path) for path in sys.argv[1:]]
    for other in others:
        print()
        for arm in ARMS:
            print(f"{arm:32} nDCG@10 before  after                         success@1 before  after")
            differences = []
            rows = []
            for (of, corpus), questions in before.items():
                if of == arm and (arm, corpus) in other:
                    a, b = paired(questions, other[arm, corpus])
                    differences.append(b - a)
                    rows.append((a.mean(0), b.mean(0)))
                    _, low, high = interval([b - a], np.random.default_rng(1))
                    show(corpus, *rows[-1], b.mean(0) - a.mean(0), low, high)
            mean, low, high = interval(differences, np.random.default_rng(1))
            show("macro-average", *np.mean(rows, axis=0), mean, low, high)


def show(name, before, after, mean, low, high):
    part = lambda i: f"{before[i]:.3f} {after[i]:.3f} {mean[i]:+.3f} ({low[i]:+.3f} to {high[i]:+.3f})"
    print(f"  {name[-40:]:40} {part(0)}   {part(1)}")


if __name__ == "__main__":
    main()
