"""Optuna in one process for each core, started by joblib, with the storage that its documentation recommends for
processes of one machine: a journal file. The trials are enqueued; each reports once an epoch."""

import logging
import sys
import tempfile

import optuna
import torch
from joblib import Parallel, delayed
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from peers.study import Study


def storage_in(folder: str) -> JournalStorage:
    return JournalStorage(JournalFileBackend(f"{folder}/optuna.log"))


def optimise(file: str, folder: str, trials: int) -> None:
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(logging.WARNING)
    study = Study(file)

    def objective(trial: optuna.Trial) -> float:
        for epoch in study.run(trial.suggest_int("trial", 0, len(study.trials) - 1)):
            trial.report(epoch.accuracy, epoch.epoch)
        return epoch.accuracy

    optuna.load_study(study_name="folds", storage=storage_in(folder)).optimize(objective, n_trials=trials)


def main() -> None:
    file = sys.argv[1]
    study = Study(file)
    optuna.logging.set_verbosity(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="optuna-") as folder:
        trials = optuna.create_study(study_name="folds", storage=storage_in(folder), direction="maximize")
        for position in range(len(study.trials)):
            trials.enqueue_trial({"trial": position})
        shares = [len(range(i, len(study.trials), study.cores)) for i in range(study.cores)]
        Parallel(n_jobs=study.cores)(delayed(optimise)(file, folder, share) for share in shares if share > 0)


if __name__ == "__main__":
    main()
