#!/usr/bin/env python3
"""Makes a store as one has it after a large study: thousands of finished trials with all their epochs.

    make_big_store.py FOLDER [--configurations 1000] [--epochs 150] [--running 0] [--programs build/debug/bin]

merctl submits the sweep (12 folds of a synthetic corpus each); the numbers of a training that never was are written
straight into the database: curves that rise, level off and scatter by configuration and fold. For tests and benchmarks of
what reads a store. The last --running trials have had their first epoch; train() gives them more.
"""
import argparse
import contextlib
import json
import math
import os
import random
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

CLASSES = 4
METRICS = ("wa", "ua", "macro_f1", "weighted_f1")
EPOCH_COLUMNS = ("trial", "split", "epoch", "attempt", "utterances", *METRICS, "confusion", "total", "task", "auxiliary",
                 "subspace", "similarity", "difference", "reconstruction", "cycle", "gradient_norm", "learning_rate",
                 "auxiliary_by_modality")
LEVELS = 200  # so many confusion matrices there are: one for each accuracy


def matrix_of(accuracy: float, utterances: int) -> list[list[int]]:
    """Classes of unequal size and difficulty."""
    matrix = [[0] * CLASSES for _ in range(CLASSES)]
    for truth in range(CLASSES):
        each = utterances * (CLASSES - truth) // 10
        right = round(min(1.0, accuracy * (1.06 - 0.06 * truth)) * each)
        matrix[truth][truth] = right
        matrix[truth][(truth + 1) % CLASSES] = each - right
    return matrix


def scores_of(matrix: list[list[int]]) -> tuple[float, ...]:
    """WA, UA, macro-F1, weighted F1, by scikit-learn's definitions."""
    support = [sum(row) for row in matrix]
    predicted = [sum(row[j] for row in matrix) for j in range(CLASSES)]
    right = [matrix[i][i] for i in range(CLASSES)]
    f1 = [2 * r / (s + p) if s + p else 0.0 for r, s, p in zip(right, support, predicted)]
    recalls = [r / s for r, s in zip(right, support) if s]
    return (sum(right) / sum(support), sum(recalls) / len(recalls), sum(f1) / CLASSES,
            sum(f * s for f, s in zip(f1, support)) / sum(support))


class Levels:
    """Scores and packed matrices by accuracy, made once."""

    def __init__(self, utterances: int):
        self.utterances = utterances
        matrices = [matrix_of(level / LEVELS, utterances) for level in range(LEVELS + 1)]
        self.scores = [scores_of(matrix) for matrix in matrices]
        self.packed = [struct.pack(f"<{CLASSES * CLASSES}I", *(count for row in matrix for count in row)) for matrix in matrices]

    def at(self, accuracy: float) -> tuple[tuple[float, ...], bytes]:
        level = min(LEVELS, max(0, round(accuracy * LEVELS)))
        return self.scores[level], self.packed[level]


def sweep_of(configurations: int, epochs: int) -> dict:
    return {"name": "big", "corpus": {"synthetic": "msp-improv", "seed": 1}, "folds": {"scheme": "speaker"},
            "train": {"epochs": epochs},
            "random": {"count": configurations, "seed": 0, "train.learning_rate": {"log": [1e-6, 1e-1]},
                       "model.alpha": {"linear": [0, 1]}, "model.beta": {"linear": [0, 1]}}}


def submit(programs: Path, folder: Path, sweep: dict) -> None:
    file = folder / "sweep.json"
    file.write_text(json.dumps(sweep))
    subprocess.run([programs / "merctl", "--store", folder / "store", "submit", file], check=True,
                   env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}, stdout=subprocess.DEVNULL)


def accuracy_at(epoch: int, skill: float, fold: int) -> float:
    return 0.25 + (skill + 0.05 * math.sin(2.3 * fold)) * (1 - math.exp(-epoch / 20)) + 0.01 * math.sin(1.7 * epoch + fold)


def epoch_rows(trial: int, skill: float, fold: int, epochs: range, parts: dict[str, Levels]):
    for epoch in epochs:
        accuracy = accuracy_at(epoch, skill, fold)
        for split, levels in parts.items():
            scores, packed = levels.at(accuracy + (0.1 if split == "train" else 0))
            task, auxiliary = 1.6 * (1 - accuracy), 2.2 * (1 - accuracy)
            train = split == "train"
            yield (trial, split, epoch, 1, levels.utterances, *scores, packed, task + 0.1 * auxiliary, task, auxiliary,
                   0.3 / epoch, 0.1 / epoch, 0.05 / epoch, 0.1 / epoch, 0.05 / epoch, 1 / epoch if train else None,
                   1e-4 if train else None, "[0.5,0.6]")


def selected_rows(trial: int, skill: float, fold: int, epochs: int, test: Levels):
    last = test.at(accuracy_at(epochs, skill, fold))
    yield (trial, "last", "macro_f1", epochs, *last[0], last[1], 0)
    best = max(range(1, epochs + 1), key=lambda epoch: accuracy_at(epoch, skill, fold))
    scores, packed = test.at(accuracy_at(best, skill, fold))
    for metric in METRICS:
        yield (trial, "best-test", metric, best, *scores, packed, 0)


INSERT_EPOCH = f"INSERT INTO epochs ({', '.join(EPOCH_COLUMNS)}) VALUES ({', '.join('?' * len(EPOCH_COLUMNS))})"


def parts_of_corpus() -> dict[str, Levels]:
    return {"train": Levels(6000), "test": Levels(600)}


def fill(database: Path, epochs: int, running: int) -> None:
    draw, parts = random.Random(0), parts_of_corpus()
    probabilities = struct.pack("<4f", 0.25, 0.25, 0.25, 0.25) * 600
    with contextlib.closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA synchronous = OFF")
        trials = db.execute("SELECT trial, configuration, fold FROM sweep_trials ORDER BY position").fetchall()
        skills: dict[int, float] = {}
        for position, (trial, configuration, fold) in enumerate(trials):
            skill = skills.setdefault(configuration, draw.uniform(0.15, 0.4))
            runs = position >= len(trials) - running
            db.executemany(INSERT_EPOCH, epoch_rows(trial, skill, fold, range(1, 2 if runs else epochs + 1), parts))
            if runs:
                continue
            db.execute("INSERT INTO predictions VALUES (?, 0, ?)", (trial, probabilities))
            db.executemany(f"INSERT INTO selected VALUES ({', '.join('?' * 10)})",
                           selected_rows(trial, skill, fold, epochs, parts["test"]))
        running_ones = f"(SELECT trial FROM sweep_trials ORDER BY position DESC LIMIT {running})"
        db.execute("INSERT INTO attempts (trial, attempt, worker, host, started_at, ended_at, outcome) "
                   "SELECT trial, 1, 1 + trial % 64, 'node-' || (trial % 16), submitted_at + trial, submitted_at + trial + 60, "
                   "'finished' FROM trials, sweeps")
        db.execute(f"UPDATE attempts SET ended_at = NULL, outcome = 'running' WHERE trial IN {running_ones}")
        db.execute("INSERT INTO trial_results (trial, attempt, epochs, weights_sha256, parameters, wall_seconds, peak_memory) "
                   "SELECT trial, 1, epochs, hex(randomblob(32)), 412804, 60, 412000000 FROM trials "
                   f"WHERE trial NOT IN {running_ones}")
        db.execute("UPDATE trials SET state = 'done', attempt = 1, epoch = epochs")
        db.execute(f"UPDATE trials SET state = 'running', epoch = 1 WHERE trial IN {running_ones}")
        db.commit()


def train(database: Path) -> int:
    """One more epoch of each running trial; how many there are."""
    parts = parts_of_corpus()
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as db:
        trials = db.execute("SELECT trial, sweep_trials.fold, epoch + 1 FROM trials JOIN sweep_trials USING (trial) "
                            "WHERE state = 'running' AND epoch < epochs").fetchall()
        for trial, fold, epoch in trials:
            db.executemany(INSERT_EPOCH, epoch_rows(trial, 0.3, fold, range(epoch, epoch + 1), parts))
            db.execute("UPDATE trials SET epoch = ? WHERE trial = ?", (epoch, trial))
        db.execute("UPDATE store SET changes = changes + 1")
        db.commit()
    return len(trials)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--configurations", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--running", type=int, default=0)
    parser.add_argument("--programs", type=Path, default=Path(__file__).resolve().parents[2] / "build/debug/bin")
    arguments = parser.parse_args()
    if (arguments.folder / "store").exists():
        sys.exit(f"{arguments.folder}/store is there already: name another folder")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    submit(arguments.programs.resolve(), arguments.folder, sweep_of(arguments.configurations, arguments.epochs))
    fill(arguments.folder / "store" / "mer.db", arguments.epochs, arguments.running)


if __name__ == "__main__":
    main()
