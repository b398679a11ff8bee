"""mer's side: stores of no-op trials, runs of coordinator and workers on them, and what the store says of these."""

import contextlib
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

NAME = "no-op"
# As cli/mpirun.cpp starts it.
MPIRUN = ["mpirun", *(["--allow-run-as-root"] if os.geteuid() == 0 else []), "--bind-to", "none", "--oversubscribe",
          "--mca", "btl", "self,tcp", "--mca", "btl_tcp_if_include", "lo", "--mca", "oob_tcp_if_include", "lo"]
# In mpirun's place: notes when it was called, and ends the run at that point.
STAND_IN = '#!/bin/sh\ndate +%s.%N > "$MER_BENCH_CALLED"\nkill -KILL $PPID\n'


@dataclass
class Workers:
    count: int
    arguments: list[str]


@dataclass
class Run:
    first_assignment: float  # seconds from mpirun's start to the first claim in the store
    rate: float              # trials that ended a second, from the first claim to the last end
    seconds: float           # of that span
    peak_mib: float          # of the coordinator
    cpu_ms: float            # of the coordinator, for each trial, its start included


class Mer:
    def __init__(self, programs: Path):
        self.programs = programs

    def call(self, *words, environment: dict | None = None) -> float:
        """Seconds that merctl takes."""
        begin = time.perf_counter()
        done = subprocess.run([self.programs / "merctl", *words], env=os.environ | (environment or {}),
                              capture_output=True, text=True, check=False)
        if done.returncode not in (0, -signal.SIGKILL):
            sys.exit(f"merctl {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stderr}")
        return time.perf_counter() - begin


class Store:
    def __init__(self, mer: Mer, folder: Path, configurations: int, epochs: int):
        self.mer, self.folder, self.path = mer, folder, folder / "store"
        self.database = self.path / "mer.db"
        self.sweep = folder / "sweep.json"
        self.sweep.write_text(json.dumps({
            "name": NAME, "corpus": {"synthetic": "msp-improv", "seed": 1}, "folds": {"scheme": "speaker"},
            "train": {"epochs": epochs},
            "random": {"count": configurations, "seed": 0, "train.learning_rate": {"log": [1e-6, 1e-1]}}}))

    # --- the commands ---
    def plan(self) -> float:
        return self.mer.call("plan", self.sweep, "--format", "quiet")

    def submit(self) -> float:
        """Until `merctl run` would start mpirun. Marks the store for the no-op trainer."""
        stand_in, called = self.folder / "mpirun", self.folder / "called"
        stand_in.write_text(STAND_IN)
        stand_in.chmod(0o755)
        begin = time.time()
        self.mer.call("--store", self.path, "run", self.sweep, "--no-web",
                      environment={"PATH": f"{self.folder}:{os.environ['PATH']}", "MER_BENCH_CALLED": str(called)})
        (self.path / NAME).touch()
        return float(called.read_text()) - begin

    def middle(self, *words) -> float:
        return statistics.median(self.mer.call("--store", self.path, *words) for _ in range(7))

    def status_seconds(self, *sweep: str) -> float:
        return self.middle("status", *sweep)

    def results_seconds(self) -> float:
        return self.middle("results", NAME)

    # --- what it holds ---
    def query(self, sql: str, *values) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return db.execute(sql, values).fetchall()

    def count(self, state: str = "%") -> int:
        return self.query("SELECT count(*) FROM trials WHERE state LIKE ?", state)[0][0]

    def metric_values(self) -> int:
        """Numbers of epochs that are not NULL; of auxiliary_by_modality, which is a list, two."""
        columns = ("total", "task", "auxiliary", "subspace", "similarity", "difference", "reconstruction", "cycle",
                   "gradient_norm", "learning_rate", "wa", "ua", "macro_f1", "weighted_f1")
        counts = " + ".join(f"count({column})" for column in columns)
        return self.query(f"SELECT {counts} + 2 * count(auxiliary_by_modality) FROM epochs")[0][0]

    # --- runs ---
    def start(self, workers: Workers) -> subprocess.Popen:
        words = [*MPIRUN, "-n", "1", self.mer.programs / "mer-coordinator", "--store", self.path, "--sweep", "1",
                 "--no-web", ":", "-n", str(workers.count), self.mer.programs / "mer-worker", *workers.arguments]
        return subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True, start_new_session=True)

    def coordinator(self) -> int:
        return json.loads((self.path / "lock").read_text())["pid"]

    def run(self, workers: Workers, kill_at: int | None = None) -> Run:
        """To the end, or until so many trials are done: then the coordinator is killed."""
        began_at, peak, cpu = time.time(), 0.0, 0.0
        mpirun = self.start(workers)
        for line in mpirun.stdout:
            if not line.startswith('{') or (said := json.loads(line))["type"] != "progress":
                continue
            peak, cpu = max(peak, peak_mib_of(self.coordinator())), max(cpu, cpu_seconds_of(self.coordinator()))
            if kill_at is not None and said["done"] >= kill_at:
                os.kill(self.coordinator(), signal.SIGKILL)
                break
        mpirun.stdout.close() if kill_at is None else mpirun.stdout.read()
        mpirun.wait()
        [(first, last, ended)] = self.query(
            "SELECT min(started_at), max(ended_at), count(CASE outcome WHEN 'finished' THEN 1 END) FROM attempts"
            " WHERE started_at >= ?", began_at)
        return Run(first - began_at, ended / (last - first), last - first, peak, 1000 * cpu / ended)

    def notice_failures(self, workers: Workers) -> dict:
        """How long after a signal to its trainer a trial's attempt counts as failed."""
        mpirun = self.start(workers)
        found = {}
        for name, number in (("dead_seconds", signal.SIGKILL), ("stopped_seconds", signal.SIGSTOP)):
            [(trial, attempt, trainer)] = self.wait_for(
                "SELECT trial, attempt, pid FROM attempts WHERE outcome = 'running' AND pid IS NOT NULL LIMIT 1")
            at = time.time()
            os.kill(trainer, number)
            [(ended_at,)] = self.wait_for("SELECT ended_at FROM attempts WHERE trial = ? AND attempt = ?"
                                          " AND outcome = 'failed'", trial, attempt)
            found[name] = ended_at - at
        mpirun.terminate()
        mpirun.communicate()
        return found

    def wait_for(self, sql: str, *values) -> list[tuple]:
        for _ in range(3000):
            if rows := self.query(sql, *values):
                return rows
            time.sleep(0.01)
        sys.exit("nothing happened within 30 s: " + sql)


def peak_mib_of(process: int) -> float:
    """Its highest resident set; 0: it has gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def cpu_seconds_of(process: int) -> float:
    """User and system time until now; 0: it has gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
