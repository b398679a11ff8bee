"""An experiment of many runs in MLflow's own store: dashboard_mlflow.py DATABASE RUNS EPOCHS. Run by bench/dashboard_peers.py."""
import random
import sys
import time

from dashboard_rows import multiply
from mlflow import MlflowClient
from mlflow.entities import Metric, Param

MADE = 200  # by MLflow itself; the others are copies of these


def fill(client: MlflowClient, experiment: str, number: int, epochs: int) -> None:
    random.seed(number)
    now = int(1000 * time.time())
    run = client.create_run(experiment, run_name=f"run {number}").info.run_id
    curve = [Metric("macro_f1", 0.7 - 0.5 / (1 + epoch) + random.gauss(0, 0.01), now + epoch, epoch)
             for epoch in range(1, epochs + 1)]
    parameters = {"learning_rate": 10 ** random.uniform(-5, -2), "dropout": random.random() / 2, "fold": number % 12}
    client.log_batch(run, metrics=curve, params=[Param(key, str(value)) for key, value in parameters.items()])
    client.set_terminated(run)


def main() -> None:
    database, runs, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    client = MlflowClient(f"sqlite:///{database}")
    experiment = client.create_experiment("bench")
    for number in range(min(runs, MADE)):
        fill(client, experiment, number, epochs)
    multiply(database, ["runs", "metrics", "latest_metrics", "params", "tags"], max(1, runs // MADE),
             {"run_uuid": "substr(run_uuid, 1, 26) || printf('%06x', {k})"}, set())


if __name__ == "__main__":
    main()
