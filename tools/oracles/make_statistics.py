#!/usr/bin/env python3
"""Makes tests/golden/statistics.json: summaries, paired tests and intervals by scipy and statsmodels.

Usage: python tools/oracles/make_statistics.py > tests/golden/statistics.json   (numpy, scipy, statsmodels, scikit-learn)
"""
import itertools
import json
import sys

import numpy
import pandas
import scipy
import statsmodels
from scipy import stats
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

LEVEL = 0.95


def summary(values):
    low, high = stats.t.interval(LEVEL, len(values) - 1, loc=numpy.mean(values), scale=stats.sem(values))
    return {"values": list(values), "mean": float(numpy.mean(values)), "sd": float(numpy.std(values, ddof=1)),
            "low": float(low), "high": float(high)}


def wilcoxon(differences):
    """Exact, with ties and zeros too: scipy's permutation test over all signs of the statistic W+."""
    kept = numpy.array([d for d in differences if d != 0])
    ranks = stats.rankdata(numpy.abs(kept))

    def positive(d):
        return numpy.sum(ranks[d > 0])

    if len(set(numpy.abs(kept))) == len(kept):
        found = stats.wilcoxon(kept, method="exact")
        p = float(found.pvalue)
    else:  # over all 2^n choices of signs
        totals = [float(numpy.sum(ranks[[bool(signs >> i & 1) for i in range(len(kept))]])) for signs in range(1 << len(kept))]
        at = positive(kept)
        below, above = numpy.mean([t <= at for t in totals]), numpy.mean([t >= at for t in totals])
        p = float(min(1.0, 2 * min(below, above)))
    return {"differences": list(differences), "statistic": float(positive(kept)), "p": p}


def corrected_t(differences, share):
    n, mean, sd = len(differences), numpy.mean(differences), numpy.std(differences, ddof=1)
    t = mean / (sd * numpy.sqrt(1 / n + share))
    return {"differences": list(differences), "share": share, "statistic": float(t),
            "p": float(2 * stats.t.sf(abs(t), n - 1))}


def matrix(truth, guess):
    counts = numpy.zeros((3, 3), dtype=int)
    numpy.add.at(counts, (truth, guess), 1)
    return counts.flatten().tolist()


def made_dialogues(generator, count, rights):
    """Of each dialogue the truth, and the guesses of a system for each share of right ones."""
    def guessed(truth, right):
        return numpy.where(generator.random(len(truth)) < right, truth, generator.integers(0, 3, len(truth)))

    truths = [generator.integers(0, 3, generator.integers(5, 25)) for _ in range(count)]
    return [(truth, *[guessed(truth, right) for right in rights]) for truth in truths]


def scores_of(dialogues, drawn, system):
    truth = numpy.concatenate([dialogues[i][0] for i in drawn])
    guess = numpy.concatenate([dialogues[i][system] for i in drawn])
    return (accuracy_score(truth, guess), balanced_accuracy_score(truth, guess),
            f1_score(truth, guess, average="macro", zero_division=0))


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011)."""
    for _ in range(10):
        high, low = divmod(0xD2511F53 * counter[0], 1 << 32)
        high2, low2 = divmod(0xCD9E8D57 * counter[2], 1 << 32)
        counter = [high2 ^ counter[1] ^ key[0], low2, high ^ counter[3] ^ key[1], low]
        key = [(key[0] + 0x9E3779B9) % (1 << 32), (key[1] + 0xBB67AE85) % (1 << 32)]
    return counter


def drawn_dialogues(seed, draw, count):
    key = philox([7, 0, 0, 0], [seed % (1 << 32), seed >> 32])[:2]
    return [philox([draw, position // 4, 0, 0], key)[position % 4] * count >> 32 for position in range(count)]


def exact_bootstrap(generator):
    """Our own draws, with scikit-learn's scores: two runs of two systems, averaged within each draw."""
    dialogues, seed, draws = made_dialogues(generator, 15, (0.7, 0.65, 0.6, 0.55)), 5, 200
    samples = [drawn_dialogues(seed, draw, len(dialogues)) for draw in range(draws)]

    def averaged(drawn, systems):
        return numpy.mean([scores_of(dialogues, drawn, system) for system in systems], axis=0)

    first = numpy.array([averaged(drawn, (1, 2)) for drawn in samples])
    second = numpy.array([averaged(drawn, (3, 4)) for drawn in samples])
    ends = [100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2]
    difference = first - second
    fewer = numpy.minimum((difference <= 0).sum(axis=0), (difference >= 0).sum(axis=0))
    return {"seed": seed, "draws": draws,
            "first": [[matrix(d[0], d[s]) for d in dialogues] for s in (1, 2)],
            "second": [[matrix(d[0], d[s]) for d in dialogues] for s in (3, 4)],
            "scores": averaged(range(len(dialogues)), (1, 2)).tolist(),
            "intervals": numpy.percentile(first, ends, axis=0).T.tolist(),
            "difference_intervals": numpy.percentile(difference, ends, axis=0).T.tolist(),
            "p": numpy.minimum(1, 2 * (fewer + 1) / (draws + 1)).tolist()}


def bootstrap(generator):
    """Intervals of many draws, which another generator's must be near."""
    dialogues = made_dialogues(generator, 40, (0.7, 0.6))

    def scores(drawn, system):
        return scores_of(dialogues, drawn, system)[1:]

    draws = [generator.integers(0, len(dialogues), len(dialogues)) for _ in range(20000)]
    first, second = (numpy.array([scores(drawn, system) for drawn in draws]) for system in (1, 2))
    ends = [100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2]
    everything = range(len(dialogues))

    return {"first": [matrix(t, a) for t, a, _ in dialogues], "second": [matrix(t, b) for t, _, b in dialogues],
            "ua": numpy.percentile(first[:, 0], ends).tolist(), "macro_f1": numpy.percentile(first[:, 1], ends).tolist(),
            "ua_difference": float(scores(everything, 1)[0] - scores(everything, 2)[0]),
            "ua_difference_interval": numpy.percentile(first[:, 0] - second[:, 0], ends).tolist()}


def importance(scores, keys):
    """Each key alone: R squared and adjusted R squared of its levels' means."""
    fits = [ols("score ~ C(key)", pandas.DataFrame({"score": scores, "key": key})).fit() for key in keys]
    return {"scores": list(scores), "keys": keys, "share": [float(fit.rsquared) for fit in fits],
            "adjusted": [float(fit.rsquared_adj) for fit in fits]}


def grid_importance(generator, counts):
    """A complete grid: the ANOVA of all main effects and interactions of two."""
    points = list(itertools.product(*(range(count) for count in counts)))
    scores = [round(0.5 + 0.05 * p[0] + 0.03 * p[0] * p[1] + float(generator.normal(0, 0.02)), 4) for p in points]
    keys = [[p[i] for p in points] for i in range(len(counts))]
    names = "abc"[:len(counts)]
    formula = "score ~ (" + " + ".join(f"C({name})" for name in names) + ")**2"
    table = anova_lm(ols(formula, pandas.DataFrame({"score": scores} | dict(zip(names, keys)))).fit())
    total = numpy.sum((numpy.array(scores) - numpy.mean(scores)) ** 2)
    shares = table["sum_sq"] / total
    alone = anova_lm(ols("score ~ " + " + ".join(f"C({name})" for name in names),
                         pandas.DataFrame({"score": scores} | dict(zip(names, keys)))).fit())
    error = alone["mean_sq"]["Residual"]
    adjusted = [float((alone["sum_sq"][f"C({name})"] - alone["df"][f"C({name})"] * error) / total) for name in names]
    return importance(scores, keys) | {
        "adjusted": adjusted, "main": [float(shares[f"C({name})"]) for name in names],
        "interactions": [float(shares[f"C({a}):C({b})"]) for a, b in itertools.combinations(names, 2)]}


def importances():
    generator = numpy.random.default_rng(20261128)
    scattered = [([round(float(x), 4) for x in generator.normal(0.6, 0.05, n)],
                  [generator.integers(0, levels, n).tolist() for levels in (2, 3, 5)]) for n in (20, 37)]
    return {"grids": [grid_importance(generator, counts) for counts in ((2, 3, 4), (3, 4, 2), (2, 2, 2))],
            "scattered": [importance(scores, keys) for scores, keys in scattered]}


def main():
    generator = numpy.random.default_rng(20261127)
    folds = [[round(float(x), 4) for x in generator.normal(0.02, 0.03, n)] for n in (2, 5, 6, 10, 12, 12, 25)]
    tied = [[0.01, 0.01, -0.01, 0.02, 0.03], [0.0, 0.01, 0.02, -0.02, 0.05, 0.0], [0.02] * 6, [-0.01, 0.01]]
    p_values = [[0.01, 0.04, 0.03, 0.005], [0.2, 0.2, 0.9], [0.05], [0.001] * 4, [1.0, 0.5]]
    pairs = [(3, 12), (12, 3), (0, 6), (0, 5), (40, 61), (500, 430), (7, 7), (1, 0)]
    json.dump({
        "made_by": f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, numpy {numpy.__version__}",
        "summaries": [summary(values) for values in folds],
        "wilcoxon": [wilcoxon(values) for values in folds + tied],
        "corrected_t": [corrected_t(values, share) for values in folds for share in (1 / 11, 0.25)],
        "mcnemar": [{"first": a, "second": b, "p": float(mcnemar([[50, a], [b, 50]], exact=True).pvalue)} for a, b in pairs],
        "holm": [{"p": p, "corrected": [float(x) for x in multipletests(p, method="holm")[1]]} for p in p_values],
        "bootstrap": bootstrap(generator),
        "importances": importances(),
        "exact_bootstrap": exact_bootstrap(generator),
    }, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
