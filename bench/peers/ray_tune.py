"""Ray Tune as its documentation has it: a function trainable, one CPU a trial, one report an epoch. Actors are reused
from trial to trial, so that PyTorch is imported once in each, not once in a trial."""

import logging
import sys
import tempfile

import ray
import torch
from ray import tune

from peers.study import Study


def trainable(config: dict) -> None:
    torch.set_num_threads(1)
    for epoch in Study(config["study"]).run(config["trial"]):
        tune.report({"accuracy": epoch.accuracy, "train_loss": epoch.train_loss, "test_loss": epoch.test_loss})


def main() -> None:
    file = sys.argv[1]
    study = Study(file)
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        ray.init(num_cpus=study.cores, include_dashboard=False, logging_level=logging.ERROR, _temp_dir=folder)
        tuner = tune.Tuner(
            tune.with_resources(trainable, {"cpu": 1}),
            param_space={"study": file, "trial": tune.grid_search(list(range(len(study.trials))))},
            tune_config=tune.TuneConfig(metric="accuracy", mode="max", reuse_actors=True),
            run_config=tune.RunConfig(name="folds", storage_path=f"{folder}/results", verbose=0),
        )
        results = tuner.fit()
        ray.shutdown()
    if results.errors:
        sys.exit(f"Ray Tune: {results.errors[0]}")


if __name__ == "__main__":
    main()
