"""Runs commands side by side and measures their time and memory from outside, the same way for everyone."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.25


@dataclass
class Command:
    words: list
    cores: set[int]  # that it and its children may use
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Line:
    at: float  # Unix time at which it came
    text: str


@dataclass
class Run:
    began_at: float
    wall_seconds: float
    peak_memory: int  # bytes: proportional set size of all processes together, at its highest sample
    output: list[Line]


def memory_of(roots: list[psutil.Process]) -> int:
    """Each page counts once, however many processes share it."""
    total = 0
    for root in roots:
        try:
            tree = [root, *root.children(recursive=True)]
        except psutil.Error:
            continue
        for process in tree:
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
    return total


def run(commands: list[Command]) -> Run:
    """All at once, to the end of the last. A command that fails ends the benchmark with its messages."""
    began_at, begin = time.time(), time.perf_counter()
    output: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="mer-bench-log-") as folder:
        children, logs = [], []
        for i, command in enumerate(commands):
            logs.append(Path(folder) / str(i))
            with logs[-1].open("w") as log:
                children.append(subprocess.Popen(
                    list(map(str, command.words)), env=os.environ | command.environment, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=log, text=True,
                    preexec_fn=lambda cores=command.cores: os.sched_setaffinity(0, cores)))
        readers = [threading.Thread(target=stamp, args=(child.stdout, output)) for child in children]
        for reader in readers:
            reader.start()
        peak = watch(children)
        wall = time.perf_counter() - begin
        for reader in readers:
            reader.join()
        for command, child, log in zip(commands, children, logs):
            if child.returncode != 0:
                sys.exit(f"{' '.join(map(str, command.words))}\nended with {child.returncode}:\n"
                         + "\n".join(line.text for line in output) + "\n" + log.read_text())
    return Run(began_at, wall, peak, output)


def watch(children: list[subprocess.Popen]) -> int:
    """Until all have ended: the most memory that any sample saw."""
    roots = [psutil.Process(child.pid) for child in children]
    peak = 0
    while any(child.poll() is None for child in children):
        peak = max(peak, memory_of(roots))
        waiting = next((child for child in children if child.poll() is None), None)
        if waiting is not None:
            try:
                waiting.wait(SAMPLE_SECONDS)
            except subprocess.TimeoutExpired:
                pass
    return peak


def stamp(stream, output: list[Line]) -> None:
    for text in stream:
        output.append(Line(time.time(), text.rstrip("\n")))
