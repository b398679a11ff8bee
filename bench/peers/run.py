#!/usr/bin/env python3
"""The benchmark against what a user would pick: bench/peers/run.py --help. Makes the peers' Python environment and goes
on in it with bench/peers/benchmark.py."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE.parent)

from peers.options import parse  # noqa: E402: found by the line above


def python_of(venv: Path) -> Path:
    """The environment's Python; made first when it is not there, or made from other requirements."""
    python, ready, wanted = venv / "bin" / "python", venv / "ready", (HERE / "requirements.txt").read_text()
    if not ready.exists() or ready.read_text() != wanted:
        print(f"making the peers' environment in {venv}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
        ready.write_text(wanted)
    return python


def main() -> None:
    python = python_of(parse().venv)
    os.environ["PYTHONPATH"] = str(HERE.parent)
    os.execv(python, [str(python), "-m", "peers.benchmark", *sys.argv[1:]])


if __name__ == "__main__":
    main()
