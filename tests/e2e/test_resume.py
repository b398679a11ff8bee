"""SIGKILL to any process at any moment, then the same command: bitwise the same results, each trial done once."""
import os
import signal

import pytest
from fake_slurm import wait_until
from mer_run import EPOCHS, TRIALS, sweep_of

ALL = None
ROWS = TRIALS * EPOCHS * 2  # of the whole sweep


def run_arguments(mer, corpus):
    return ("run", mer.write_sweep(sweep_of(corpus)), "--workers", 2, "--no-web")


def assert_same_as_undisturbed(mer, undisturbed):
    expected, found = undisturbed.outcome(), mer.outcome()
    for table, rows in expected.items():
        assert found[table] == rows, f"{table} differ from an undisturbed run's"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7], ids=["at the start", "early", "late"])
@pytest.mark.parametrize("victim", ["mer-trainer", "mer-worker", "mer-coordinator", "mpirun", "merctl", ALL],
                         ids=lambda name: name or "all at once")
def test_a_killed_process_costs_no_result(mer, corpus, undisturbed, victim, share):
    arguments = run_arguments(mer, corpus)

    merctl = mer.start(*arguments)
    wait_until(lambda: mer.processes("mer-trainer") and mer.epoch_rows() >= share * ROWS, f"{share:.0%} of the rows")
    mer.kill(victim)
    code = merctl.wait(120)
    again = mer.run(*arguments)

    assert code == (-signal.SIGKILL if victim in ("merctl", ALL) else 0)
    assert again.returncode == 0
    assert_same_as_undisturbed(mer, undisturbed)


def test_kill_after_kill_still_ends_with_the_same_results(mer, corpus, undisturbed):
    arguments = run_arguments(mer, corpus)

    for share in (0.2, 0.4, 0.6, 0.8):
        merctl = mer.start(*arguments)
        wait_until(lambda: mer.epoch_rows() >= share * ROWS, f"{share:.0%} of the rows")
        mer.kill(ALL)
        merctl.wait(120)
    again = mer.run(*arguments)

    assert again.returncode == 0
    assert mer.query("SELECT count(*) FROM attempts WHERE resumed_epoch > 0")[0][0] > 0
    assert_same_as_undisturbed(mer, undisturbed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1], ids=lambda number: number.name)
def test_the_first_signal_pauses_and_the_same_command_resumes(mer, corpus, undisturbed, number):
    arguments = run_arguments(mer, corpus)

    merctl = mer.start(*arguments)
    wait_until(lambda: mer.epoch_rows() >= 0.1 * ROWS, "the first trials are under way")
    os.killpg(merctl.pid, number)
    code = merctl.wait(120)
    paused = mer.states()
    again = mer.run(*arguments)

    assert code == 6
    assert set(paused) <= {"done", "pending"} and "pending" in paused
    assert again.returncode == 0
    assert mer.query("SELECT count(*) FROM attempts WHERE outcome = 'stopped'")[0][0] > 0
    assert mer.query("SELECT max(crashes) FROM trials") == [(0,)]
    assert_same_as_undisturbed(mer, undisturbed)


def test_nothing_is_left_running_after_merctl_is_killed(mer, corpus):
    merctl = mer.start(*run_arguments(mer, corpus))
    wait_until(mer.epoch_rows, "the trainers train")

    mer.kill("merctl")
    merctl.wait(120)

    wait_until(lambda: not mer.processes(), "the other processes end", 15)
