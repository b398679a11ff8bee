#!/usr/bin/env python3
"""Time and memory of import and extraction at IEMOCAP's size, and at a tenth of it: does memory grow with the corpus?

    bench/full_corpus.py FOLDER [--bin build/release/bin] [--model DIR] [--opensmile DIR] [--sizes 1000,10000]

FOLDER: for corpora in IEMOCAP's layout with noise of 0.6 to 30 s at 16 kHz (1.4 GB of 10,000 turns); what is there is used
again. BERT and openSMILE are left out without their folders. Memory: the most that each program had of its own (RssAnon,
every 50 ms); the pages of files that it maps the system takes back when it needs them.
"""
import argparse
import random
import resource
import subprocess
import threading
import time
import wave
from collections import defaultdict
from pathlib import Path

RATE = 16000
SESSIONS, DIALOGUES = 5, 30  # dialogues of a session
TAGS = ("neu", "hap", "exc", "sad", "ang", "fru", "xxx", "sur")
WORDS = "excuse me do you have your forms there is nothing wrong with you i have been here for an hour".split()


def write_dialogue(session: Path, name: str, turns: int, hiss: bytes, draw: random.Random) -> None:
    labels, transcripts, now = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""], [], 1.0
    sounds = session / "sentences" / "wav" / name
    sounds.mkdir(parents=True)
    for i in range(turns):
        turn = f"{name}_{'FM'[i % 2]}{i // 2:03}"
        seconds = min(30.0, max(0.6, draw.gammavariate(2.2, 2.05)))
        begin = 2 * draw.randrange(5 * RATE)
        with wave.open(str(sounds / f"{turn}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(hiss[begin:begin + 2 * int(seconds * RATE)])
        labels += [f"[{now:.4f} - {now + seconds:.4f}]\t{turn}\t{draw.choice(TAGS)}\t[2.5000, 2.5000, 2.5000]", ""]
        words = " ".join(draw.choices(WORDS, k=draw.randrange(1, 30)))
        transcripts.append(f"{turn} [{now:08.4f}-{now + seconds:08.4f}]: {words}")
        now += seconds
    for kind, lines in (("EmoEvaluation", labels), ("transcriptions", transcripts)):
        path = session / "dialog" / kind / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")


def write_corpus(root: Path, turns: int) -> None:
    draw = random.Random(turns)
    hiss = draw.randbytes(2 * 35 * RATE)
    for session in range(1, SESSIONS + 1):
        for dialogue in range(DIALOGUES):
            name = f"Ses{session:02}{'FM'[dialogue % 2]}_impro{dialogue + 1:02}"
            write_dialogue(root / f"Session{session}", name, turns // (SESSIONS * DIALOGUES), hiss, draw)


def processes_of(pid: int) -> list[int]:
    """It and those that it has started."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += processes_of(int(child))
    return found


def measure(command: list) -> str:
    """Runs it; wall and CPU seconds and each program's most memory."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most, ended = defaultdict(int), threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            try:
                for pid in processes_of(process.pid):
                    facts = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
                    name = facts["Name"].strip()
                    most[name] = max(most[name], int(facts.get("RssAnon", "0").split()[0]))
            except (OSError, ValueError):
                continue  # one of them has just ended

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    ended.set()
    watcher.join()
    if status != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit status {status}")
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    memory = ", ".join(f"{name} {kib // 1024}" for name, kib in sorted(most.items()) if name.startswith("mer"))
    return f"wall {wall:7.1f} s  CPU {cpu:7.1f} s  MiB: {memory}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    parser.add_argument("--model")
    parser.add_argument("--opensmile")
    parser.add_argument("--sizes", default="1000,10000")
    arguments = parser.parse_args()
    merctl = arguments.bin / "merctl"
    methods = [["--audio", "mfcc"], ["--audio", "logmel"], ["--text", "hash"]]
    if arguments.model:
        methods.append(["--text", "bert", "--model", arguments.model])
    if arguments.opensmile:
        methods.append(["--audio", "compare2016", "--opensmile", arguments.opensmile])
    for size in map(int, arguments.sizes.split(",")):
        raw, corpus = arguments.folder / f"raw-{size}", arguments.folder / f"corpus-{size}"
        if not raw.exists():
            write_corpus(raw, size)
        subprocess.run(["rm", "-rf", corpus], check=True)
        labels = ["--classes", "all", "--context", "all"]
        print(f"{size:6} import          {measure([merctl, 'corpus', 'import', 'iemocap', raw, corpus, *labels])}", flush=True)
        for method in methods:
            print(f"{size:6} {method[1]:15} {measure([merctl, 'extract', corpus, '--replace', *method])}", flush=True)


if __name__ == "__main__":
    main()
