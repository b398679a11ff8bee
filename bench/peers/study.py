"""The trials that all peers train, from a file that benchmark.py writes.

    {"corpus": FOLDER, "cores": 2, "journal": FILE, "trials": [{"fold": FILE, "modalities": [...], "standardise": [...],
     "seed": 0, "epochs": 5, "batch_dialogues": 20, "learning_rate": 1e-3, "weight_decay": 1e-5}, ...]}
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path

from peers import journal
from peers.corpus import Fold, load
from peers.training import Epoch, Settings, make_model, parameters_of, train

SETTINGS = ("epochs", "seed", "batch_dialogues", "learning_rate", "weight_decay")


class Study:
    def __init__(self, file: str):
        given = json.loads(Path(file).read_text())
        self.corpus, self.cores, self.journal = given["corpus"], given["cores"], given["journal"]
        self.trials = given["trials"]

    def run(self, position: int) -> Iterator[Epoch]:
        """Trains one trial, with its epochs in the journal."""
        trial = self.trials[position]
        fold = Fold.from_file(load(self.corpus), Path(trial["fold"]), trial["modalities"], trial["standardise"])
        settings = Settings(**{name: trial[name] for name in SETTINGS})
        model = make_model(fold, settings.seed)
        steps = 0
        for epoch in train(model, fold, settings):
            steps += epoch.steps
            row = {"trial": position, "epoch": epoch.epoch, "at": time.time()}
            if epoch.epoch == settings.epochs:
                row |= {"steps": steps, "parameters": parameters_of(model), "accuracy": epoch.accuracy}
            journal.record(self.journal, row)
            yield epoch

    def run_to_the_end(self, position: int) -> float:
        """The accuracy after the last epoch."""
        return [epoch.accuracy for epoch in self.run(position)][-1]
