"""mer against what a user would pick: the same twelve folds of the same model,
trained by merctl run, by the bare trainer, by a plain PyTorch loop, a process
pool, Ray Tune, and Optuna with joblib; in turns, in one run, with one table.

    bench/peers/run.py --rounds 3 --json figures.json

Needs a release build (cmake --preset release, cmake --build --preset release).
The peers' Python environment is made from PyPI in --venv when it is not there:
5 GB. Everything together takes half an hour on two cores.

Speed is fold-epochs a second: once as each tool trains when it is warm (from
the end of the first epoch of the trials that start first to the end of the last
epoch), and once over its whole run, starting up included. Memory is the
proportional set size of all of its processes together, at the highest sample.
Every figure is the median of the rounds, in brackets the slowest and fastest;
each ratio is of the figure left of it to that of the best peer.
"""

import argparse
import os
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
PEERS = {"loop": ("loop, all cores", "peers.loop"), "pool": ("process pool", "peers.pool"),
         "ray": ("Ray Tune", "peers.ray_tune"), "optuna": ("Optuna, joblib", "peers.optuna_joblib")}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=SOURCE / "build" / "release" / "bin", help="folder of merctl")
    parser.add_argument("--venv", type=Path, default=SOURCE / "build" / "peers-venv", help="the peers' environment")
    parser.add_argument("--shapes", nargs="+", choices=["msp-improv", "iemocap"], default=["msp-improv", "iemocap"])
    parser.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS), help="none given: mer alone")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3, help="of each trial, at least 2: the first warms up")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--stack", type=int, help="mer's resources.stack; default: as mer chooses")
    parser.add_argument("--long", type=int, default=5, metavar="N",
                        help="merctl run against the bare trainer: N times the epochs; 0: leave it out")
    parser.add_argument("--no-stacks", action="store_true", help="leave the cost by stack size out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every round's figures")
    arguments = parser.parse_args()
    if arguments.epochs < 2 or arguments.rounds < 1 or arguments.cores < 1:
        parser.error("--epochs is at least 2, --rounds and --cores at least 1")
    if not (arguments.bin / "merctl").exists():
        parser.error(f"no merctl in {arguments.bin}: build it, or name its folder with --bin")
    return arguments
