"""Ray Tune: a function trainable that reports one number, one CPU a trial, actors reused. From fit() to its end."""

import json
import logging
import os
import sys
import tempfile
import time

import ray
from ray import tune

TRIALS = 60


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        ray.init(num_cpus=len(os.sched_getaffinity(0)), include_dashboard=False, logging_level=logging.ERROR,
                 _temp_dir=folder)
        tuner = tune.Tuner(
            tune.with_resources(lambda config: tune.report({"score": config["trial"]}), {"cpu": 1}),
            param_space={"trial": tune.grid_search(list(range(TRIALS)))},
            tune_config=tune.TuneConfig(metric="score", mode="max", reuse_actors=True),
            run_config=tune.RunConfig(name="no-op", storage_path=f"{folder}/results", verbose=0))
        begin = time.perf_counter()
        results = tuner.fit()
        seconds = time.perf_counter() - begin
        ray.shutdown()
    if results.errors or len(results) != TRIALS:
        sys.exit(f"Ray Tune: {len(results)} of {TRIALS} trials, {results.errors}")
    print(json.dumps({"trials": TRIALS, "seconds": seconds}))


if __name__ == "__main__":
    main()
