#!/usr/bin/env python3
"""Milliseconds of a core for the MFCC of an utterance: mer-extractor against librosa, in turns in one run.

    bench/extract.py [--bin build/release/bin] [--python PYTHON] [--utterances 400] [--rounds 3]

PYTHON: one with librosa and soundfile (tools/make_oracles.sh makes such an environment). Both are pinned to the first core and
use one thread. The recordings are noise of 2 to 7 s, at each rate; at 22,050 Hz nothing is resampled, so that the difference
between the rates is what libsoxr takes, in both. Best round of each. What counts is CPU time, so that others on the machine
do not; a run of one utterance is taken off, which is the start of the program.
"""
import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

CORE = "0"
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
PEER = """
import sys
from pathlib import Path
import librosa, numpy as np
def mfcc(path):
    y, rate = librosa.load(path)
    missing = 96000 - len(y)
    if missing > 0:
        y = np.pad(y, (missing // 2, missing - missing // 2))
    else:
        y = y[-missing // 2:][:96000]
    return librosa.feature.mfcc(y=y, sr=rate, n_mfcc=100).mean(axis=1)
for path in sorted(Path(sys.argv[1]).glob("*.wav")):
    mfcc(path)
"""


def write_corpus(folder: Path, rate: int, utterances: int) -> float:
    """Answers how many seconds of sound there are."""
    draw = random.Random(rate)
    raw = folder / "raw"
    raw.mkdir(parents=True)
    hiss = bytes(draw.getrandbits(8) for _ in range(2 * 8 * rate))
    total = 0.0
    turns, recordings = [["utterance", "dialogue", "turn", "session", "speaker", "label"]], [["utterance", "audio", "seconds", "transcript"]]
    for i in range(utterances):
        count = int(rate * draw.uniform(2, 7))
        total += count / rate
        begin = 2 * draw.randrange(rate)
        with wave.open(str(raw / f"u{i:05}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(hiss[begin:begin + 2 * count])
        turns.append([f"u{i:05}", "d", i, "s", "a", "xy"[i % 2]])
        recordings.append([f"u{i:05}", f"u{i:05}.wav", count / rate, ""])
    for name, rows in (("utterances.csv", turns), ("recordings.csv", recordings)):
        with (folder / name).open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    (folder / "corpus.json").write_text(json.dumps(
        {"format": 1, "name": "noise", "labels": ["x", "y"], "utterances": utterances, "modalities": {},
         "recordings": {"file": "recordings.csv", "root": str(raw)}}))
    return total


def cpu_seconds(*words) -> float:
    """Of a program and its children, on one core."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["taskset", "-c", CORE, *map(str, words)], capture_output=True, text=True, check=False,
                          env=os.environ | ONE_THREAD)
    if done.returncode != 0:
        sys.exit(f"{words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def mer_seconds(programs: Path, corpus: Path) -> float:
    return cpu_seconds(programs / "mer-extractor", corpus, "--audio", "mfcc", "--jobs", 1, "--replace", "--lines")


def peer_seconds(python: str, corpus: Path) -> float:
    return cpu_seconds(python, "-c", PEER, corpus / "raw")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--python", default=".deps/oracles/bin/python")
    parser.add_argument("--utterances", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print("| rate, Hz | mer, ms of a core | librosa | ratio | mer: times real time |\n|---:|---:|---:|---:|---:|")
    for rate in (22050, 16000, 44100, 48000):
        with tempfile.TemporaryDirectory() as place:
            one, all_of_them = Path(place) / "one", Path(place) / "all"
            start = write_corpus(one, rate, 1)
            sound = write_corpus(all_of_them, rate, arguments.utterances) - start
            rounds = [(mer_seconds(arguments.bin, all_of_them) - mer_seconds(arguments.bin, one),
                       peer_seconds(arguments.python, all_of_them) - peer_seconds(arguments.python, one))
                      for _ in range(arguments.rounds)]
        mer, peer = (min(times) for times in zip(*rounds))
        each = 1000 / (arguments.utterances - 1)
        print(f"| {rate} | {mer * each:.2f} | {peer * each:.2f} | {peer / mer:.1f}x | {sound / mer:.0f} |", flush=True)


if __name__ == "__main__":
    main()
