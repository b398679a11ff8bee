"""What the peers' processes did: one JSON line at each epoch's end with trial, epoch, Unix time; with a trial's last
epoch also its steps, the model's parameters and the accuracy."""

import json
import os
from pathlib import Path

from peers.figures import Outcome


def record(file: str, row: dict) -> None:
    """A short write to a file that is opened for appending stays in one piece, whichever process makes it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, (json.dumps(row) + "\n").encode())
    os.close(descriptor)


def outcome_of(file: Path) -> Outcome:
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    ends: dict[int, list[float]] = {}
    for row in rows:
        ends.setdefault(row["trial"], []).append(row["at"])
    last = [row for row in rows if "steps" in row]
    return Outcome([sorted(each) for each in ends.values()], sum(row["steps"] for row in last),
                   max(row["parameters"] for row in last), sum(row["accuracy"] for row in last) / len(last))
