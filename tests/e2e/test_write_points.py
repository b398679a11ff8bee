"""The coordinator of a real run dies at a call by which it writes to the store, or the call fails (tests/faults)."""
import re

import mer_run
import pytest
from mer_run import EPOCHS, TRIALS, sweep_of

FAULTS = mer_run.BIN.parent / "tests" / "write_faults.so"


def meet(mer, kind: str, at: int, lasting: bool = False) -> None:
    """What the first coordinator that comes so far meets; if it lasts, those after it meet it from their first call."""
    assert FAULTS.exists(), f"{FAULTS}: build the tests"
    mer.environment |= {
        "LD_PRELOAD": str(FAULTS),
        "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0",
        "MER_FAULT_FOLDER": str(mer.store),
        "MER_FAULT_PROGRAM": "mer-coordinator",
        "MER_FAULT": kind,
        "MER_FAULT_AT": str(at),
        "MER_FAULT_MET": str(mer.folder / "met"),
        "MER_FAULT_LASTING": "1" if lasting else "",
    }


def assert_as_undisturbed(mer, undisturbed):
    assert mer.query("PRAGMA integrity_check") == [("ok",)]
    assert mer.outcome() == undisturbed.outcome()
    assert mer.query("SELECT count(*), count(DISTINCT trial) FROM attempts WHERE outcome = 'finished'") == [(TRIALS, TRIALS)]
    assert mer.query("SELECT max(crashes) FROM trials") == [(0,)]


@pytest.mark.parametrize("kind, at", [("kill-before", 1), ("kill-after", 20), ("kill-before", 60), ("kill-after", 300)])
def test_the_coordinator_dies_at_a_write_and_the_run_goes_on(mer, corpus, undisturbed, kind, at):
    meet(mer, kind, at)

    ended = mer.run("run", mer.write_sweep(sweep_of(corpus)), "--workers", 2, "--no-web")

    assert ended.returncode == 0, ended.stderr
    assert (mer.folder / "met").exists(), "the coordinator made fewer calls"
    assert "a process was lost; starting again from the store" in ended.stderr
    assert_as_undisturbed(mer, undisturbed)


@pytest.mark.parametrize("kind, words", [("eio", "disk I/O error|Input/output error"), ("enospc", "free some space")])
def test_a_disk_that_fails_for_good_ends_the_run_and_the_same_command_goes_on(mer, corpus, undisturbed, kind, words):
    healthy = dict(mer.environment)
    sweep = mer.write_sweep(sweep_of(corpus))
    meet(mer, kind, 100, lasting=True)

    ended = mer.run("run", sweep, "--workers", 2, "--no-web")
    rows = mer.epoch_rows()
    mer.environment = healthy
    again = mer.run("run", sweep, "--workers", 2, "--no-web")

    assert ended.returncode not in (0, 1, 6)
    assert re.search(words, ended.stderr), ended.stderr
    assert 0 < rows < TRIALS * EPOCHS * 2
    assert again.returncode == 0, again.stderr
    assert_as_undisturbed(mer, undisturbed)
