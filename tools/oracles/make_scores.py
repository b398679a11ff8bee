#!/usr/bin/env python3
"""Makes tests/golden/scores.json: confusion matrices and their scores by scikit-learn.

Usage: python tools/oracles/make_scores.py > tests/golden/scores.json   (needs numpy and scikit-learn)
"""
import json
import sys
import warnings

import numpy
import sklearn
from sklearn import metrics

warnings.filterwarnings("ignore")  # recall of classes that are absent from the truth: left out of the mean on purpose


def case(name, classes, truth, prediction):
    labels = list(range(classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, prediction, labels=labels, zero_division=0)
    return {
        "name": name,
        "classes": classes,
        "counts": metrics.confusion_matrix(truth, prediction, labels=labels).flatten().tolist(),
        "wa": metrics.accuracy_score(truth, prediction),
        "ua": metrics.balanced_accuracy_score(truth, prediction),
        # Without labels=, scikit-learn averages over the classes in truth or prediction.
        "macro_f1": metrics.f1_score(truth, prediction, average="macro", zero_division=0),
        "weighted_f1": metrics.f1_score(truth, prediction, average="weighted", zero_division=0),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
    }


def main():
    generator = numpy.random.default_rng(20240501)
    cases = []
    for classes, size, spread in [(2, 10, 1.0), (4, 60, 1.0), (4, 1241, 0.3), (7, 200, 0.7), (4, 3, 1.0), (10, 25, 1.0)]:
        truth = generator.integers(0, classes, size)
        noise = generator.integers(0, classes, size)
        prediction = numpy.where(generator.random(size) < spread, noise, truth)
        cases.append(case(f"random-{classes}-{size}", classes, truth, prediction))
    cases.append(case("one-class-predicted", 4, [0, 1, 2, 3, 0, 1, 2, 0], [0] * 8))
    cases.append(case("class-absent-from-truth", 3, [0, 0, 1, 1], [0, 2, 1, 2]))
    cases.append(case("class-absent-from-both", 4, [0, 0, 1, 1], [0, 1, 1, 1]))
    cases.append(case("perfect", 3, [0, 1, 2, 2], [0, 1, 2, 2]))
    cases.append(case("all-wrong", 2, [0, 0, 1], [1, 1, 0]))
    json.dump({"scikit-learn": sklearn.__version__, "cases": cases}, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
