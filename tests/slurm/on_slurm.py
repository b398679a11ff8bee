"""Words of the tests that interrupt a sweep on Slurm: how far it is, and what an interruption must not change."""
import os
import re
import signal
import time
from pathlib import Path

from fake_slurm import wait_until
from mer_run import SESSIONS, Mer, sweep_of

EPOCHS = 80
ROWS = SESSIONS * EPOCHS * 2


def three_trials(corpus: Path) -> dict:
    """One for each node: what happens early in the sweep finds all of them at work."""
    return sweep_of(corpus, grid=None, train={"epochs": EPOCHS, "batch_dialogues": 3, "learning_rate": 1e-3})


def tables(mer: Mer) -> dict[str, str]:
    return {table: mer.run("export", "1", "--table", table, "--format", "csv").stdout
            for table in ("results", "predictions")}


def assert_same_results(mer: Mer, expected: Mer) -> None:
    assert mer.outcome() == expected.outcome()
    found = tables(mer)
    assert found == tables(expected)
    assert all(table.count("\n") > 1 for table in found.values())


def attempts(mer: Mer, columns: str = "*", where: str = "1") -> list[tuple]:
    return mer.query(f"SELECT {columns} FROM attempts WHERE {where}")


def outcomes(mer: Mer) -> set[str]:
    return {outcome for (outcome,) in attempts(mer, "outcome")}


def assert_no_crash_was_charged(mer: Mer) -> None:
    assert attempts(mer, where="outcome = 'failed'") == []
    assert mer.query("SELECT max(crashes) FROM trials") == [(0,)]


def wait_for_a_part(mer: Mer) -> None:
    wait_until(lambda: mer.epoch_rows() >= 0.2 * ROWS, "a part of the sweep is trained")


def train_slowly(trainers: list[int]) -> None:
    """As long as this is called again and again, these processes work for a fiftieth of the time: enough to be taken for
    alive, too little to end the sweep on a fast machine."""
    for number, pause in ((signal.SIGSTOP, 1.5), (signal.SIGCONT, 0.03)):
        for trainer in trainers:
            try:
                os.kill(trainer, number)
            except ProcessLookupError:
                pass
        time.sleep(pause)


def starts_in_log(mer: Mer) -> list[int]:
    return [int(number) for number in re.findall(r"start (\d+): merctl work", mer.log.read_text())]
