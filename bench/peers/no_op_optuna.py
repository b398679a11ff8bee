"""Optuna: an objective that returns a number, in one process, with the storage named: sqlite (several writers would wait
for each other), or the journal file that its documentation recommends on one machine."""

import json
import sys
import time

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

TRIALS = 300


def main() -> None:
    folder, kind = sys.argv[1], sys.argv[2]
    file = f"{folder}/optuna-{time.time_ns()}"
    storage = f"sqlite:///{file}.db" if kind == "sqlite" else JournalStorage(JournalFileBackend(file))
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(seed=0))
    begin = time.perf_counter()
    study.optimize(lambda trial: trial.suggest_float("learning_rate", 1e-6, 1e-1, log=True), n_trials=TRIALS)
    print(json.dumps({"trials": TRIALS, "seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main()
