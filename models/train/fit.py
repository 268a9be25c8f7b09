"""Refits a calibration to a model, by the scores that `docent eval --scores` wrote of it.

    python fit.py SCORES.jsonl CALIBRATION.json OUT.json

CALIBRATION is one, or the manifest of a pack that has it.

SCORES are of corpora that the model was not trained on. Each weight of the calibration's fusion is
multiplied by one of a few factors where that raises the mean of nDCG@10 over the corpora, in turn, until
nothing does. What that is worth is judged leave-one-corpus-out: fitted on all corpora but one, judged on that one, and
printed with its paired 95 % interval. The confidence function is fitted by logistic regression to whether
the first section answers, asked as it is and asked without the sections that answer.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from compare import interval, ndcg

STANDARDIZED = ["dense", "dense_mean", "bm25_chunk", "bm25_section", "max_sim", "feedback"]
AS_THEY_ARE = ["phrase", "support"]
ARMS = STANDARDIZED + AS_THEY_ARE
FACTORS = [0.0, 0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 2.0]
# The least rise of the mean nDCG@10 that changes a weight: below it is chance.
LEAST_GAIN = 0.0005


def standardize(scores):
    """Mean 0, deviation 1; 0 where all are equal."""
    deviation = scores.std(0)
    return (scores - scores.mean(0)) * np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0)


class Question:
    def __init__(self, line):
        self.id = line["question"]
        raw = np.array([[c["arms"][arm] for arm in ARMS] for c in line["candidates"]], float)
        self.raw = raw.reshape(-1, len(ARMS))
        self.arms = self.raw.copy()
        if len(raw):
            self.arms[:, : len(STANDARDIZED)] = standardize(self.raw[:, : len(STANDARDIZED)])
        self.hinted = np.array([c["hinted"] for c in line["candidates"]], bool)
        self.score = np.array([c["score"] for c in line["candidates"]], float)
        self.grades = np.array([line["relevant"].get(c["section"], 0) for c in line["candidates"]])
        self.judged = list(line["relevant"].values())
        self.least = line["min_grade"]

    def is_answerable(self):
        return max(self.judged, default=0) >= self.least

    def order(self, weights):
        """Candidates by falling score; those that a hint lifted stay where it put them."""
        return np.argsort(-np.where(self.hinted, 1e6 + self.score, self.arms @ weights), kind="stable")

    def quality(self, weights):
        grades = self.grades[self.order(weights)[:10]]
        return ndcg(grades, self.judged), float(len(grades) > 0 and grades[0] >= self.least)


def read(path):
    corpora = defaultdict(list)
    with open(path) as lines:
        for line in map(json.loads, lines):
            corpora[line["target"]].append(Question(line))
    return corpora


def quality(questions, weights):
    """nDCG@10 and success@1 of each question with an answer."""
    return np.array([q.quality(weights) for q in questions if q.is_answerable()])


def fit(corpora, start):
    """Weights that the corpora, each counting the same, like best near `start`."""
    mean = lambda weights: np.mean([quality(questions, weights)[:, 0].mean() for questions in corpora])
    best, value = start, mean(start)
    while True:
        before = value
        for arm in np.flatnonzero(start):
            tries = []
            for factor in FACTORS:
                weights = best.copy()
                weights[arm] *= factor
                tries.append((mean(weights), weights))
            found = max(tries, key=lambda pair: pair[0])
            if found[0] > value + LEAST_GAIN:
                value, best = found
        if value == before:
            return best, value


def signals(question, weights, withheld):
    """Similarity and words of the first section, and whether it answers; `None` without one."""
    order = question.order(weights)
    if withheld:
        order = [i for i in order if question.grades[i] == 0]
    if len(order) == 0:
        return None
    arms = dict(zip(ARMS, question.raw[order[0]]))
    answers = not withheld and question.grades[order[0]] >= question.least
    return arms["max_sim"], np.log1p(max(arms["bm25_chunk"], 0)), answers


def logistic(x, y, weight):
    """Weighted logistic regression by Newton's method; the last coefficient is the bias."""
    x = np.column_stack([x, np.ones(len(x))])
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (weight * (y - p)) - 1e-6 * beta
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(x.shape[1])
        beta += np.linalg.solve(hessian, gradient)
    return beta


def confidence(corpora, weights):
    """Coefficients of similarity, words and 1, every corpus counting the same."""
    rows, labels, shares = [], [], []
    for questions in corpora:
        found = []
        for question in questions:
            found.append(signals(question, weights, withheld=False))
            if question.is_answerable():
                found.append(signals(question, weights, withheld=True))
        found = [f for f in found if f is not None]
        rows += [f[:2] for f in found]
        labels += [f[2] for f in found]
        shares += [1 / len(found)] * len(found)
    return logistic(np.array(rows), np.array(labels, float), np.array(shares))


def sureness(question, weights, beta):
    found = signals(question, weights, withheld=False)
    return 0.0 if found is None else 1 / (1 + np.exp(-(beta[0] * found[0] + beta[1] * found[1] + beta[2])))


def main():
    scores, calibration, out = sys.argv[1:]
    corpora = read(scores)
    calibration = json.loads(Path(calibration).read_text())
    calibration = calibration.get("calibration", calibration)
    fusion = calibration["fusion"]["with_max_sim"]
    start = np.array([fusion.get(arm, 0.0) for arm in ARMS])

    print("left out          as it was          fitted on the others")
    differences = []
    refused, kept = [], []
    for name, questions in corpora.items():
        others = [own for other, own in corpora.items() if other != name]
        weights, _ = fit(others, start)
        before, after = quality(questions, start), quality(questions, weights)
        differences.append(after - before)
        print(f"{name[-34:]:34} {before.mean(0).round(3)} {after.mean(0).round(3)}", flush=True)
        beta = confidence(others, start)
        refused.append([sureness(q, start, beta) for q in questions if not q.judged])
        kept.append([sureness(q, start, beta) for q in questions if q.is_answerable()])
    mean, low, high = interval(differences, np.random.default_rng(1))
    print(f"nDCG@10 {mean[0]:+.4f} ({low[0]:+.4f} to {high[0]:+.4f}), "
          f"success@1 {mean[1]:+.4f} ({low[1]:+.4f} to {high[1]:+.4f})")
    for threshold in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4):
        share = lambda groups: np.mean([np.mean(np.array(g) < threshold) for g in groups if g])
        print(f"threshold {threshold}: refused of those without an answer {share(refused):.3f}, with {share(kept):.3f}")

    if low[0] > 0:
        weights, value = fit(list(corpora.values()), start)
        print(f"fitted on all: nDCG@10 {value:.4f}")
    else:
        weights = start
        print("the fit does not carry over: the weights stay")
    for arm, weight in zip(ARMS, weights):
        fusion[arm] = round(float(weight), 3)
    similarity, words, bias = confidence(list(corpora.values()), weights)
    calibration["confidence"]["with_max_sim"].update(
        similarity=round(similarity, 2), words=round(words, 2), bias=round(bias, 2))
    Path(out).write_text(json.dumps(calibration, indent=2) + "\n")


if __name__ == "__main__":
    main()
