"""Compares docent's metrics with pytrec_eval's.

    check_metrics.py reference DIR            prints the metrics of DIR/run.trec over DIR/qrels.tsv
    check_metrics.py report JSON RUN TARGET   checks a report of `docent eval --format json` against
                                              the run file of the same evaluation
"""

import json
import pathlib
import sys

import pytrec_eval


def read_run(path):
    run = {}
    for line in path.read_text().splitlines():
        query, _, document, _, score, _ = line.split()
        run.setdefault(query, {})[document] = float(score)
    return run


def read_qrels(path):
    qrels = {}
    for line in path.read_text().splitlines():
        query, document, grade = line.split("\t")
        if query != "query-id":
            qrels.setdefault(query, {})[document] = max(int(grade), 0)
    return qrels


def read_questions(path):
    questions = map(json.loads, path.read_text().splitlines())
    return {question["id"]: question["relevant"] for question in questions}


def metrics(qrels, run, min_grade):
    """Means over the questions with a positive grade; nDCG with the gain 2^grade - 1."""
    qrels = {query: grades for query, grades in qrels.items() if any(grades.values())}
    run = {query: run.get(query, {"-": 0.0}) for query in qrels}
    plain = pytrec_eval.RelevanceEvaluator(
        qrels, {"success.1,3", "recall.4", "recip_rank"}, relevance_level=min_grade
    ).evaluate(run)
    gains = {q: {d: 2**g - 1 for d, g in grades.items()} for q, grades in qrels.items()}
    ndcg = pytrec_eval.RelevanceEvaluator(gains, {"ndcg_cut.10"}).evaluate(run)

    def mean(values):
        return sum(values) / len(qrels)

    return {
        "success@1": mean(r["success_1"] for r in plain.values()),
        "success@3": mean(r["success_3"] for r in plain.values()),
        "recall@4": mean(r["recall_4"] for r in plain.values()),
        "mrr": mean(r["recip_rank"] for r in plain.values()),
        "ndcg@10": mean(r["ndcg_cut_10"] for r in ndcg.values()),
    }


def check(report, run, target):
    if target.is_dir():
        qrels, min_grade = read_qrels(target / "qrels.tsv"), 1
    else:
        qrels, min_grade = read_questions(target), 2
    figures = json.loads(report.read_text())["targets"][0]["figures"]
    failed = False
    for name, expected in metrics(qrels, read_run(run), min_grade).items():
        found = figures[name]["value"]
        agrees = abs(found - expected) < 1e-6
        failed |= not agrees
        mark = "ok" if agrees else "DIFFERS"
        print(f"{target.name} {name}: docent {found:.6f}, pytrec_eval {expected:.6f} {mark}")
    return failed


def main():
    command, *paths = sys.argv[1:]
    paths = [pathlib.Path(path) for path in paths]
    if command == "reference":
        (folder,) = paths
        figures = metrics(read_qrels(folder / "qrels.tsv"), read_run(folder / "run.trec"), 2)
        print(json.dumps({name: round(value, 9) for name, value in figures.items()}, indent=2))
    else:
        sys.exit(check(*paths))


main()
