"""No-op trials of what a user would pick, each in its smallest honest set-up: bench/peers/no_op_*.py, run in an
environment of their own (without PyTorch). Started by bench/orchestration.py."""

import json
import subprocess
import sys
from pathlib import Path

from peers.environment import make

HERE = Path(__file__).resolve().parent
PEERS = {"hyperqueue": "HyperQueue, a process each, not durable", "optuna-sqlite": "Optuna, SQLite",
         "optuna-journal": "Optuna, journal file", "ray": "Ray Tune"}


def prepare(venv: Path) -> None:
    make(venv, HERE / "no_op_requirements.txt")


def measure(peer: str, venv: Path, folder: Path) -> dict:
    """What the peer's program prints: {"trials", "seconds", "trials_per_second"}."""
    name, *storage = peer.split("-")
    words = [venv / "bin" / "python", HERE / f"no_op_{name}.py", folder, *storage]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{peer} ended with {done.returncode}:\n{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    return found | {"trials_per_second": found["trials"] / found["seconds"]}
