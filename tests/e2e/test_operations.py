"""docs/operations.md: its commands do what it says."""
import os
import re
import sqlite3
import subprocess

import pytest
from mer_run import BIN, EPOCHS, SOURCE, TRIALS, sweep_of

PAGE = (SOURCE / "docs" / "operations.md").read_text()


def blocks(language: str, section: str) -> list[str]:
    text = PAGE.split(f"\n## {section}")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def shell(mer, script: str, **variables) -> str:
    environment = mer.environment | {name: str(value) for name, value in variables.items()}
    environment["PATH"] = f"{BIN}:{os.environ['PATH']}"
    run = subprocess.run(["bash", "-euc", script], env=environment, cwd=mer.folder, capture_output=True, text=True,
                         timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def study(undisturbed):
    return undisturbed


def test_a_copy_taken_while_a_run_goes_on_is_gone_on_with(mer, corpus, tmp_path):
    backup = tmp_path / "backup"
    backup.mkdir()
    file = mer.write_sweep(sweep_of(corpus), "SWEEP.json")
    merctl = mer.start("run", file, "--workers", 1, "--no-web")
    while mer.epoch_rows() < 2 * EPOCHS and merctl.poll() is None:
        pass

    shell(mer, blocks("bash", "Back up")[0], STORE=mer.store, BACKUP=backup)
    assert merctl.wait(200) == 0
    assert sqlite3.connect(backup / "mer.db").execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    shell(mer, blocks("bash", "Restore, or move")[0], BACKUP=backup)

    outcome = mer.outcome()
    mer.store = backup
    assert mer.outcome() == outcome, "the copy ends with the same numbers"


def test_a_moved_store_with_a_synthetic_corpus_goes_on(mer, tmp_path):
    study = sweep_of("", train={"epochs": 1}, folds={"scheme": "session-holdout"}, grid=None)
    sweep = mer.write_sweep(study | {"corpus": {"synthetic": "msp-improv", "seed": 3}})
    assert mer.run("submit", sweep).returncode == 0
    moved = tmp_path / "moved"
    mer.store.rename(moved)

    assert mer.run("run", sweep, "--no-web", "--store", moved).returncode == 0


def test_the_checks_say_that_a_store_is_whole(study):
    said = shell(study, blocks("bash", "See that a store is whole")[0], STORE=study.store)
    assert said.startswith("ok\n")
    assert said.count("tiny") == 2


def test_the_python_example_reads_every_epoch(study):
    names = {"STORE": study.store}
    exec(blocks("python", "Read it")[0], names)  # noqa: S102: the page's own example
    assert len(names["curve"]) == TRIALS * EPOCHS


def test_the_pandas_example_averages_over_folds(study, capsys):
    names = {"STORE": study.store}
    for block in blocks("python", "Read it"):
        exec(block, names)  # noqa: S102: the page's own example
    assert len(names["last"]) == TRIALS
    assert "mean" in capsys.readouterr().out
