#!/usr/bin/env python3
"""Functionals by openSMILE: mer-extractor against the Python package opensmile, on the same recordings, in turns in one run.

    bench/extract_smile.py [--bin build/release/bin] [--python PYTHON] [--utterances 100] [--rounds 3] [--jobs 1 2]

PYTHON: one with opensmile (tools/make_oracles.sh makes such an environment); mer takes the same package's library. Both get
the first --jobs cores and as many workers: mer --jobs, Python num_workers, by threads and by processes. The recordings are noise
of 2 to 7 s at 16 kHz. Milliseconds an utterance, the best round of each; a run of one utterance is taken off, which is the
start of the program. SMILExtract is not in the package.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from extract import write_corpus

SETS = {"compare2016": "ComParE_2016", "egemaps": "eGeMAPSv02"}
PEER = """
import sys
from pathlib import Path
import opensmile
if __name__ == "__main__":
    files = sorted(map(str, Path(sys.argv[1]).glob("*.wav")))
    opensmile.Smile(opensmile.FeatureSet[sys.argv[2]], opensmile.FeatureLevel.Functionals, num_workers=int(sys.argv[3]),
                    multiprocessing=sys.argv[4] == "processes").process_files(files)
"""


class Seconds(NamedTuple):
    wall: float
    cpu: float


def seconds_of(cores: int, *words) -> Seconds:
    """Of a program and its children."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(["taskset", "-c", f"0-{cores - 1}", *map(str, words)], capture_output=True, text=True, check=False,
                          env=os.environ | {"OMP_NUM_THREADS": "1"})
    wall = time.monotonic() - begun
    if done.returncode != 0:
        sys.exit(f"{words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Seconds(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def mer_seconds(arguments, corpus: Path, method: str, jobs: int) -> Seconds:
    return seconds_of(jobs, arguments.bin / "mer-extractor", corpus, "--audio", method, "--jobs", jobs, "--replace", "--lines",
                      "--opensmile", arguments.python.parent.parent)


def peer_seconds(arguments, corpus: Path, method: str, jobs: int, by: str) -> Seconds:
    return seconds_of(jobs, arguments.python, "-c", PEER, corpus / "raw", SETS[method], jobs, by)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--python", type=Path, default=Path(".deps/oracles/bin/python"))
    parser.add_argument("--utterances", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    print("| method | jobs | | wall, ms an utterance | CPU | wall: Python / mer |\n|---|---:|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as place:
        one, every = Path(place) / "one", Path(place) / "all"
        write_corpus(one, 16000, 1)
        write_corpus(every, 16000, arguments.utterances)
        for method in SETS:
            for jobs in arguments.jobs:
                ways = {"mer": mer_seconds, "Python, threads": lambda *of: peer_seconds(*of, "threads")}
                if jobs > 1:
                    ways["Python, processes"] = lambda *of: peer_seconds(*of, "processes")
                times = {way: [] for way in ways}
                for _ in range(arguments.rounds):
                    for way, measure in ways.items():
                        start, whole = (measure(arguments, corpus, method, jobs) for corpus in (one, every))
                        times[way].append(Seconds(*(1000 * (a - b) / (arguments.utterances - 1) for a, b in zip(whole, start))))
                best = {way: Seconds(*map(min, zip(*each))) for way, each in times.items()}
                for way, each in best.items():
                    ratio = "" if way == "mer" else f"{each.wall / best['mer'].wall:.2f}x"
                    print(f"| {method} | {jobs} | {way} | {each.wall:.1f} | {each.cpu:.1f} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
