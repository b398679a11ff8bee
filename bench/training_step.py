#!/usr/bin/env python3
"""Milliseconds of a training step of the whole model, mer against PyTorch, one core each, in turns in one run.

    bench/training_step.py [--bin build/release/bin] [--python PYTHON] [--presets msp-improv iemocap] [--rounds 3]

PYTHON: one with torch and safetensors (tools/make_oracles.sh makes such an environment). The corpora are synthetic, with
the paper's shapes; the last session is tested. Best round of each, and their ratio.
"""
import argparse
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

EPOCHS = 3
HERE = Path(__file__).resolve().parent


def command(*words) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{words[0]} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def mer_step(programs: Path, corpus: Path, folder: Path) -> float:
    """Without the first epoch, which pages the features in."""
    sweep = {"name": "step", "corpus": {"path": str(corpus)}, "folds": {"scheme": "session-holdout"},
             "train": {"epochs": EPOCHS, "learning_rate": 1e-3}}
    file = folder / "step.json"
    file.write_text(json.dumps(sweep))
    command(programs / "merctl", "--store", folder / "store", "run", file, "--workers", 1, "--no-web")
    with sqlite3.connect(folder / "store" / "mer.db") as db:
        seconds = [row[0] for row in db.execute("SELECT train_seconds FROM timings ORDER BY epoch")][1:]
    return 1000 * sum(seconds) / len(seconds) / steps_of(corpus)


def steps_of(corpus: Path) -> int:
    """Batches of 20 dialogues in an epoch of all sessions but the last."""
    rows = [line.split(",") for line in (corpus / "utterances.csv").read_text().splitlines()[1:]]
    last = max(row[3] for row in rows)
    return -(-len({row[1] for row in rows if row[3] != last}) // 20)


def peer_step(python: str, corpus: Path) -> float:
    output = command(python, HERE / "pytorch_peer.py", corpus, "--epochs", EPOCHS)
    return float(re.search(r"([\d.]+) ms a step", output)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=HERE.parent / "build" / "release" / "bin")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--presets", nargs="+", default=["msp-improv", "iemocap"])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print("corpus       mer ms  torch ms  torch / mer")
    for preset in arguments.presets:
        with tempfile.TemporaryDirectory() as name:
            corpus = Path(name) / preset
            command(arguments.bin / "merctl", "corpus", "synth", preset, corpus)
            mer, peer = [], []
            for i in range(arguments.rounds):
                folder = Path(name) / str(i)
                folder.mkdir()
                mer.append(mer_step(arguments.bin, corpus, folder))
                peer.append(peer_step(arguments.python, corpus))
        print(f"{preset:12} {min(mer):6.1f} {min(peer):9.1f} {min(peer) / min(mer):12.2f}")


if __name__ == "__main__":
    main()
