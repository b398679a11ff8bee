#!/usr/bin/env python3
"""The benchmark against what a user would pick: bench/peers/run.py --help. Makes the peers' Python environment and goes
on in it with bench/peers/benchmark.py."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE.parent)

from peers.environment import make  # noqa: E402: found by the line above
from peers.options import parse  # noqa: E402


def main() -> None:
    python = make(parse().venv, HERE / "requirements.txt")
    os.environ["PYTHONPATH"] = str(HERE.parent)
    os.execv(python, [str(python), "-m", "peers.benchmark", *sys.argv[1:]])


if __name__ == "__main__":
    main()
