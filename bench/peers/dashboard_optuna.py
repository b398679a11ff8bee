"""A study of many trials in Optuna's own store: dashboard_optuna.py DATABASE RUNS EPOCHS. Run by bench/dashboard_peers.py."""
import random
import sys

import optuna
from dashboard_rows import multiply
from optuna.distributions import CategoricalDistribution, FloatDistribution

MADE = 200  # by Optuna itself; the others are copies of these


def trial_of(number: int, epochs: int) -> optuna.trial.FrozenTrial:
    random.seed(number)
    curve = {epoch: 0.7 - 0.5 / (1 + epoch) + random.gauss(0, 0.01) for epoch in range(1, epochs + 1)}
    return optuna.trial.create_trial(
        value=curve[epochs], intermediate_values=curve,
        params={"learning_rate": 10 ** random.uniform(-5, -2), "dropout": random.random() / 2, "fold": number % 12},
        distributions={"learning_rate": FloatDistribution(1e-5, 1e-2, log=True), "dropout": FloatDistribution(0, 0.5),
                       "fold": CategoricalDistribution(range(12))})


def main() -> None:
    database, runs, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=f"sqlite:///{database}", study_name="bench", direction="maximize")
    for number in range(min(runs, MADE)):
        study.add_trial(trial_of(number, epochs))
    shift = f"+ {MADE} * {{k}}"
    multiply(database, ["trials", "trial_params", "trial_values", "trial_intermediate_values"], max(1, runs // MADE),
             {"trial_id": f"trial_id {shift}", "number": f"number {shift}"},
             {"param_id", "trial_value_id", "trial_intermediate_value_id"})


if __name__ == "__main__":
    main()
