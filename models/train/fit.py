"""Fits a calibration to a model, by the scores that `docent eval --scores` wrote of it.

    python fit.py SCORES.jsonl CALIBRATION.json OUT.json [QUESTION_SCORES.jsonl]

CALIBRATION is one, or the manifest of a pack that has it. SCORES are of corpora that have a guide and that the
model was not trained on. Fitted are `fusion.with_guide`, a curve for each arm, and `confidence`. What they are worth is judged leave-one-corpus-out: fitted on all corpora but one, judged on that
one, and printed with the paired 95 % interval. Feedback and support are taken as they are in SCORES, where the
weights without a guide made them. QUESTION_SCORES are of corpora whose guide has questions for nearly every section, and
to them `fusion.with_questions` is fitted and judged in the same way. Confidence is fitted to the sections that come first in SCORES: after a fit that
changes much, write SCORES again and fit once more.

The same input gives the same output.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from compare import interval, ndcg

# The guide's arms count as far as the sections' own scores leave it open which one answers.
QUESTIONS = ["question_dense", "question_bm25", "question_max_sim"]
GUIDE = ["guide_dense", "guide_bm25", "guide_max_sim", *QUESTIONS]
STANDARDIZED = [
    "dense", "dense_mean", "bm25_chunk", "bm25_section", "max_sim", "feedback",
    *GUIDE,
]
AS_THEY_ARE = ["phrase", "support"]
ARMS = STANDARDIZED + AS_THEY_ARE
# Where a curve may bend: standardized scores here, other arms at these parts of what they score.
KNOTS = [-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4]
PARTS = [0.5, 0.75, 0.9, 0.97]
# How much a curve's slopes cost, and how much it costs that they change.
SLOPES, BENDS = 0.003, 0.01
# How often curves and what they leave open are fitted in turn.
ROUNDS = 3

# What the calibration calls the weights of these signals, with and without late interaction.
SIGNALS = {
    "with_max_sim": {"max_sim": "similarity", "words": "words", "guide": "guide", "lack": "lack", "rarest": "rarest"},
    "without_max_sim": {"dense": "similarity", "words": "words", "guide": "guide"},
}
# What a question that is asked without the sections that answer it counts, beside one that has no answer.
WITHHELD = 0.3
# Most of the questions with an answer that may be refused: one in twenty-five, so that on a corpus left out it is not
# more than one in twenty.
REFUSED = 0.04
BINS = 10


def standardize(scores):
    """Mean 0, deviation 1; 0 where all are equal."""
    deviation = scores.std(0)
    return (scores - scores.mean(0)) * np.where(deviation > 1e-6, 1 / np.maximum(deviation, 1e-6), 0)


class Question:
    def __init__(self, line):
        candidates = line["candidates"]
        arms = np.array([[c["arms"][arm] for arm in ARMS] for c in candidates], float).reshape(-1, len(ARMS))
        if len(candidates):
            arms[:, : len(STANDARDIZED)] = standardize(arms[:, : len(STANDARDIZED)])
        self.arms = arms
        self.signals = [signals(c["signals"]) for c in candidates]
        self.hints = np.array([c["signals"]["hint"] for c in candidates])
        self.withheld = signals(line["withheld"]) if line["withheld"] else None
        self.hinted = np.array([c["hinted"] for c in candidates], bool)
        self.score = np.array([c["score"] for c in candidates], float)
        self.grades = np.array([line["relevant"].get(c["section"], 0) for c in candidates])
        self.judged = list(line["relevant"].values())
        self.least = line["min_grade"]

    def is_answerable(self):
        return max(self.judged, default=0) >= self.least

    def order(self, curves=None):
        """Candidates by falling score: docent's own, or that of `curves` below those that a hint lifted."""
        score = self.score
        if curves is not None:
            score = np.where(self.hinted, 1e6 + self.score, curves.of(self.arms))
        return np.argsort(-score, kind="stable")

    def quality(self, curves=None):
        """nDCG@10, success@1, success@3."""
        grades = self.grades[self.order(curves)[:10]]
        answers = grades >= self.least
        return ndcg(grades, self.judged), float(answers[:1].any()), float(answers[:3].any())


def signals(found):
    """The values of SIGNALS, for each of the two."""
    values = dict(found, words=np.log1p(max(found["bm25"], 0)))
    return {key: np.array([values[name] for name in names]) for key, names in SIGNALS.items()}


def read(path, with_questions):
    """The questions by corpus. Without the guide's known questions, their arms say nothing."""
    corpora = defaultdict(list)
    with open(path) as lines:
        for line in map(json.loads, lines):
            question = Question(line)
            if not with_questions:
                question.arms[:, [ARMS.index(arm) for arm in QUESTIONS]] = 0
            corpora[line["target"]].append(question)
    return corpora


def answerable(questions):
    return [q for q in questions if q.is_answerable()]


class Curves:
    """For each arm what a score is worth: straight between knots, and nowhere falling, since every arm's larger
    score is the more relevant. The parameters are the slopes."""

    def __init__(self, knots):
        self.knots = knots
        self.arm = np.repeat(np.arange(len(ARMS)), [len(k) - 1 for k in knots])
        self.guide = np.isin(self.arm, [ARMS.index(arm) for arm in GUIDE])
        self.slopes = None

    @classmethod
    def around(cls, questions):
        """The knots alone."""
        arms = np.vstack([q.arms for q in questions])
        knots = [np.array(KNOTS, float)] * len(STANDARDIZED)
        for arm in AS_THEY_ARE:
            scores = arms[:, ARMS.index(arm)]
            parts = np.quantile(scores[scores > 0], PARTS) if (scores > 0).any() else [1.0]
            knots.append(np.unique(np.round([0, *parts], 2)))
        return cls(knots)

    def segments(self, arms):
        """How far into each segment a score reaches: scores x segments. Outer segments have no end."""
        columns = []
        for knots, scores in zip(self.knots, arms.T):
            last = len(knots) - 2
            for i, (low, high) in enumerate(zip(knots, knots[1:])):
                reach = scores if i == 0 else np.maximum(scores, low)
                columns.append((reach if i == last else np.minimum(reach, high)) - low)
        return np.column_stack(columns)

    def open_segments(self, arms):
        """As `segments`, the guide's as far as these curves leave it open which candidate answers: from 1 down to
        0 where the best has half of the probability or more."""
        segments = self.segments(arms)
        own = segments @ np.where(self.guide, 0, self.slopes)
        openness = max(0, 1 - 2 / np.exp(own - own.max()).sum())
        return segments * np.where(self.guide, openness, 1)

    def of(self, arms):
        return self.open_segments(arms) @ self.slopes

    def points(self):
        """As the calibration has them: worth 0 at the first knot."""
        found = {}
        for arm, knots in enumerate(self.knots):
            worth = np.concatenate([[0], np.cumsum(self.slopes[self.arm == arm] * np.diff(knots))])
            if worth[-1] > 0.001:
                found[ARMS[arm]] = [[float(x), round(float(y), 3)] for x, y in zip(knots, worth)]
        return found


def fit_curves(corpora):
    """The curves that make the answers likeliest where a section is chosen by the softmax of its score
    (ListNet's loss with gains, Cao and others, 2007), every corpus counting the same."""
    questions, shares = [], []
    for own in map(answerable, corpora):
        found = [q for q in own if (q.grades > 0).any()]
        questions += found
        shares += [1 / len(own) / len(corpora)] * len(found)
    curves = Curves.around(questions)
    lengths = np.array([len(q.grades) for q in questions])
    starts = np.cumsum(lengths) - lengths
    gains = [2.0**q.grades - 1 for q in questions]
    wanted = np.concatenate([share * gain / gain.sum() for gain, share in zip(gains, shares)])
    share = np.repeat(shares, lengths)
    neighbours = np.flatnonzero(curves.arm[:-1] == curves.arm[1:])

    def loss(slopes):
        score = reach @ slopes
        score -= np.repeat(np.maximum.reduceat(score, starts), lengths)
        power = np.exp(score)
        total = np.repeat(np.add.reduceat(power, starts), lengths)
        bends = slopes[neighbours + 1] - slopes[neighbours]
        gradient = reach.T @ (share * power / total - wanted) + 2 * SLOPES * slopes
        np.add.at(gradient, neighbours + 1, 2 * BENDS * bends)
        np.add.at(gradient, neighbours, -2 * BENDS * bends)
        value = -(wanted @ (score - np.log(total))) + SLOPES * slopes @ slopes + BENDS * bends @ bends
        return value, gradient

    curves.slopes = np.full(len(curves.arm), 0.05)
    for _ in range(ROUNDS):
        reach = np.vstack([curves.open_segments(q.arms) for q in questions])
        bounds = [(0, None)] * len(curves.slopes)
        curves.slopes = minimize(loss, curves.slopes, jac=True, method="L-BFGS-B", bounds=bounds,
                                 options={"maxiter": 500}).x
    return curves


def logistic(x, y, weight, ridge):
    """Weighted logistic regression by Newton's method; the last coefficient, the bias, is free."""
    x = np.column_stack([x, np.ones(len(x))])
    cost = np.append(np.full(x.shape[1] - 1, ridge), 1e-6)
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (weight * (y - p)) - cost * beta
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(cost)
        beta += np.linalg.solve(hessian, gradient)
    return beta


def first(question, key):
    """Signals of docent's first section, and whether it answers."""
    best = question.order()[0]
    return question.signals[best][key], question.grades[best] >= question.least


def fit_confidence(corpora, key):
    """Coefficients of the signals of `key` and 1. They tell questions that have an answer from those that have none;
    then they are stretched and moved until what they give is how often the first section answers."""
    corpora = [[q for q in questions if len(q.grades)] for questions in corpora]
    rows, labels, weights = [], [], []
    for questions in corpora:
        groups = [
            (1, 1.0, [first(q, key)[0] for q in questions if q.is_answerable()]),
            (0, 1.0, [first(q, key)[0] for q in questions if not q.judged]),
            (0, WITHHELD, [q.withheld[key] for q in questions if q.withheld is not None]),
        ]
        for label, weight, group in groups:
            rows += group
            labels += [label] * len(group)
            weights += [weight / max(len(group), 1)] * len(group)
    rows = np.array(rows)
    scale = rows.std(0)
    beta = logistic(rows / scale, np.array(labels), np.array(weights), 0.02)
    known = [(*first(q, key), 1 / len(questions)) for questions in corpora for q in questions]
    told = np.array([(found / scale) @ beta[:-1] for found, _, _ in known])
    stretch, move = logistic(told, np.array([y for _, y, _ in known], float), np.array([w for *_, w in known]), 1e-6)
    return np.append(stretch * beta[:-1] / scale, move)


def confidence(question, coefficients, key):
    if not len(question.grades):
        return 0.0
    found, _ = first(question, key)
    fitted = 1 / (1 + np.exp(-(found @ coefficients[:-1] + coefficients[-1])))
    return max(fitted, question.hints[question.order()[0]])


def auroc(yes, no):
    """How often a question with an answer is told from one without; equal ones count half."""
    yes, no = np.array(yes)[:, None], np.array(no)[None]
    return ((yes > no) + 0.5 * (yes == no)).mean()


def calibration_error(pairs):
    """Expected calibration error: the mean distance of confidence and truth in ten bins of confidence."""
    sure, truth = np.array(pairs, float).T
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [(bins == b).mean() * abs(sure[bins == b].mean() - truth[bins == b].mean()) for b in np.unique(bins)]
    return sum(gaps)


def threshold(sureness):
    """The largest confidence in hundredths below which at most REFUSED of the answers lie, corpora at equal weights."""
    refused = lambda t: np.mean([np.mean([c < t for c, known, _ in own if known]) for own in sureness])
    return max(t / 100 for t in range(100) if refused(t / 100) <= REFUSED)


def asked(questions, coefficients, key):
    """(confidence, whether there is an answer, whether the first section is one) of each question."""
    of = lambda q: (confidence(q, coefficients, key), q.is_answerable(), bool(len(q.grades)) and bool(first(q, key)[1]))
    return [of(q) for q in questions if q.is_answerable() or not q.judged]


def judge_curves(corpora):
    differences, after = [], []
    print("nDCG@10, success@1, success@3, left out:    as it was          fitted on the others")
    for name, questions in corpora.items():
        curves = fit_curves([own for other, own in corpora.items() if other != name])
        pairs = np.array([(q.quality(), q.quality(curves)) for q in answerable(questions)])
        differences.append(pairs[:, 1] - pairs[:, 0])
        after.append(pairs[:, 1].mean(0))
        print(f"{name[-40:]:40} {pairs[:, 0].mean(0).round(3)} {after[-1].round(3)}", flush=True)
    mean, low, high = interval(differences, np.random.default_rng(1))
    change = [f"{m:+.3f} ({l:+.3f} to {h:+.3f})" for m, l, h in zip(mean, low, high)]
    print(f"macro-average {np.mean(after, axis=0).round(3)}: {', '.join(change)}")


def judge_confidence(corpora, key):
    found, thresholds = [], []
    for name, questions in corpora.items():
        others = [own for other, own in corpora.items() if other != name]
        coefficients = fit_confidence(others, key)
        thresholds.append(threshold([asked(own, coefficients, key) for own in others]))
        found.append(asked(questions, coefficients, key))
    print(f"confidence {key}, left out:         AUROC  refused with answer, without  calibration error")
    rows = []
    for name, own, least in zip(corpora, found, thresholds):
        yes, no = [c for c, known, _ in own if known], [c for c, known, _ in own if not known]
        row = [auroc(yes, no) if no else np.nan, np.mean(np.array(yes) < least),
               np.mean(np.array(no) < least) if no else np.nan, calibration_error([(c, right) for c, _, right in own])]
        rows.append(row)
        print(f"{name[-40:]:40} {np.round(row, 3)}")
    pooled = calibration_error([(c, right) for own in found for c, _, right in own])
    print(f"macro-average {np.nanmean(rows, axis=0).round(3)}; calibration error of all questions together {pooled:.3f}")


def written(calibration):
    """As JSON, a curve to a line."""
    text = json.dumps(calibration, indent=2)
    return re.sub(r"\[\s*\[[^a-z]*?\]\s*\]", lambda curve: re.sub(r"\s+", "", curve[0]).replace(",", ", "), text) + "\n"


def main():
    scores, calibration, out, *question_scores = sys.argv[1:]
    corpora = read(scores, False)
    calibration = json.loads(Path(calibration).read_text())
    calibration = calibration.get("calibration", calibration)
    if len(corpora) > 1:
        judge_curves(corpora)
        for key in SIGNALS:
            judge_confidence(corpora, key)
    calibration["fusion"]["with_guide"] = fit_curves(list(corpora.values())).points()
    for path in question_scores:
        asked_with = read(path, True)
        if len(asked_with) > 1:
            judge_curves(asked_with)
        calibration["fusion"]["with_questions"] = fit_curves(list(asked_with.values())).points()
    for key, names in SIGNALS.items():
        coefficients = fit_confidence(list(corpora.values()), key)
        names = [*names.values(), "bias"]
        calibration["confidence"][key] = {name: round(float(c), 2) for name, c in zip(names, coefficients)}
        # That of the fuller one holds for both.
        if key == "with_max_sim":
            least = threshold([asked(own, coefficients, key) for own in corpora.values()])
            calibration["confidence"]["threshold"] = least
    Path(out).write_text(written(calibration))


if __name__ == "__main__":
    main()
