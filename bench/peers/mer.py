"""mer's side: sweeps, runs of merctl and of the bare trainer, and what their store says."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

from peers import measure
from peers.figures import Outcome

# What bench/peers/model.py implements; a trial with other settings is not the same work.
MODEL = {"modalities": ["audio", "text"], "hidden": 100, "heads": 4, "dropout": 0.2, "recurrent": "bigru",
         "self_attention": True, "auxiliary_loss": True, "subspace": True, "cross_attention": True, "alpha": 0.1,
         "beta": 0.1}
WORKS = ("gather", "forward", "losses", "backward", "optimizer", "evaluation", "checkpoint", "other")


class Mer:
    def __init__(self, programs: Path, cores: list[int], stack: int | None):
        self.programs, self.cores, self.stack = programs, cores, stack

    def synthesise(self, shapes: str, folder: Path) -> None:
        words = [self.programs / "merctl", "corpus", "synth", shapes, folder, "--format", "quiet"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"merctl corpus synth ended with {done.returncode}:\n{done.stderr}")

    def write_sweep(self, shapes: str, corpus: Path, epochs: int, file: Path) -> None:
        """Twelve trials: MSP-Improv's twelve speakers; IEMOCAP's first four sessions with three seeds each."""
        sweep = {"name": shapes, "corpus": {"path": str(corpus)}, "train": {"epochs": epochs, "learning_rate": 1e-3}}
        if self.stack is not None:
            sweep["resources"] = {"stack": self.stack}
        if shapes == "msp-improv":
            sweep |= {"folds": {"scheme": "speaker"}}
        else:
            sweep |= {"folds": {"scheme": "session-holdout"}, "seeds": [0, 1, 2],
                      "grid": {"folds.test": ["1", "2", "3", "4"]}}
        file.write_text(json.dumps(sweep))

    def run(self, sweep: Path, store: Path) -> measure.Run:
        words = [self.programs / "merctl", "--store", store, "run", sweep, "--workers", len(self.cores), "--no-web"]
        return measure.run([measure.Command(words, set(self.cores))])

    def run_bare(self, jobs: list[Path]) -> measure.Run:
        """mer-trainer without MPI, coordinator and database; one core for each job."""
        return measure.run([measure.Command([self.programs / "mer-trainer", "--job", job], {core})
                            for job, core in zip(jobs, self.cores)])


class Store:
    """A store of one finished sweep."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.db = sqlite3.connect(f"file:{folder / 'mer.db'}?mode=ro", uri=True)

    def query(self, sql: str) -> list[tuple]:
        return self.db.execute(sql).fetchall()

    def outcome(self) -> Outcome:
        ends: dict[int, list[float]] = {}
        for trial, at in self.query("SELECT trial, finished_at FROM timings ORDER BY trial, epoch"):
            ends.setdefault(trial, []).append(at)
        [(steps, parameters)] = self.query(
            "SELECT sum(json_extract(profile, '$.steps')), max(parameters) FROM trial_results")
        [(accuracy,)] = self.query("SELECT avg(wa) FROM selected WHERE rule = 'last'")
        return Outcome(list(ends.values()), steps, parameters, accuracy)

    def shares(self) -> dict[str, float]:
        """Of the trainers' time, by part of their work."""
        columns = ", ".join(f"sum(json_extract(profile, '$.{work}'))" for work in WORKS)
        [seconds] = self.query(f"SELECT {columns} FROM trial_results")
        return {work: part / sum(seconds) for work, part in zip(WORKS, seconds)}

    def stack(self) -> int:
        """The most trials that one worker trained at once."""
        spans = self.query("SELECT worker, started_at, ended_at FROM attempts")
        return max(sum(worker == other and began <= at < ended for other, began, ended in spans)
                   for worker, at, _ in spans)

    def trials(self) -> list[dict]:
        """As mer-trainer's job file wants them, in the order of submission."""
        rows = self.query("SELECT t.id, t.configuration, t.fold, t.corpus, t.fold_name, t.seed, s.model, s.train"
                          " FROM trials t JOIN trial_settings s USING (settings) ORDER BY t.trial")
        names = ("id", "configuration", "fold", "corpus", "fold_name", "seed")
        return [dict(zip(names, row)) | {"model": json.loads(row[6]), "train": json.loads(row[7])} for row in rows]


def peer_trials(store: Store) -> list[dict]:
    """The same trials as bench/peers/study.py wants them."""
    given = []
    for trial in store.trials():
        model, train = trial["model"], trial["train"]
        other = {name: model[name] for name, value in MODEL.items() if model[name] != value}
        if other or train["optimizer"] != "adam" or train["dtype"] != "float32":
            sys.exit(f"bench/peers/model.py is not the model of the sweep: {other or train}")
        given.append({"fold": str(store.folder / "folds" / f"{trial['fold']}.json"), "seed": trial["seed"],
                      "modalities": model["modalities"], "standardise": train["standardise"],
                      "epochs": train["epochs"], "batch_dialogues": train["batch_dialogues"],
                      "learning_rate": train["learning_rate"], "weight_decay": train["weight_decay"]})
    return given


def write_jobs(store: Store, corpus: Path, folder: Path, shares: list[list[dict]], slots: int) -> list[Path]:
    """One job for each share of the trials, in a new folder with the folds of a store."""
    shutil.copytree(store.folder / "folds", folder / "folds")
    jobs = []
    for i, trials in enumerate(shares):
        job = {"store": str(folder), "corpus_path": str(corpus), "device": "cpu", "slots": slots,
               "trials": [{"spec": trial, "attempt": 1, "resume": []} for trial in trials]}
        jobs.append(folder / f"job-{i}.json")
        jobs[-1].write_text(json.dumps(job))
    return jobs


def printed_epochs(run: measure.Run) -> list[list[float]]:
    """When each trial's epochs ended, by the lines that mer-trainer prints."""
    ends: dict[str, list[float]] = {}
    for line in run.output:
        if found := re.match(r"(\w+) attempt \d+ epoch \d+ ", line.text):
            ends.setdefault(found[1], []).append(line.at)
    return list(ends.values())
