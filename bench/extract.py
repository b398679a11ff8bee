#!/usr/bin/env python3
"""MFCC of utterances a second on one core: mer-extractor against librosa, in turns in one run.

    bench/extract.py [--bin build/release/bin] [--python PYTHON] [--utterances 400] [--rounds 3]

PYTHON: one with librosa and soundfile (tools/make_oracles.sh makes such an environment). Both are pinned to the first core and
use one thread. The recordings are noise of 2 to 7 s, at each rate; at 22,050 Hz nothing is resampled, so that the difference
between the rates is what libsoxr takes, in both. Best round of each, without starting up.
"""
import argparse
import csv
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

CORE = "0"
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
PEER = """
import sys, time
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
paths = sorted(Path(sys.argv[1]).glob("*.wav"))
mfcc(paths[0])
begin = time.perf_counter()
for path in paths:
    mfcc(path)
print(time.perf_counter() - begin)
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


def output_of(*words) -> str:
    done = subprocess.run(["taskset", "-c", CORE, *map(str, words)], capture_output=True, text=True, check=False,
                          env=os.environ | ONE_THREAD)
    if done.returncode != 0:
        sys.exit(f"{words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def mer_seconds(programs: Path, corpus: Path) -> float:
    ended = output_of(programs / "mer-extractor", corpus, "--audio", "mfcc", "--jobs", 1, "--replace")
    return json.loads(ended.splitlines()[-1])["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--python", default=".deps/oracles/bin/python")
    parser.add_argument("--utterances", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print("| rate, Hz | mer, ms an utterance | librosa | ratio | mer: times real time |\n|---:|---:|---:|---:|---:|")
    for rate in (16000, 22050, 44100, 48000):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            sound = write_corpus(folder, rate, arguments.utterances)
            rounds = [(mer_seconds(arguments.bin, folder), float(output_of(arguments.python, "-c", PEER, folder / "raw")))
                      for _ in range(arguments.rounds)]
        mer, peer = (min(times) for times in zip(*rounds))
        each = 1000 / arguments.utterances
        print(f"| {rate} | {mer * each:.2f} | {peer * each:.2f} | {peer / mer:.1f}x | {sound / mer:.0f} |", flush=True)


if __name__ == "__main__":
    main()
