"""merctl wait and status --watch: until a sweep has ended."""
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios

import pytest
from fake_slurm import wait_until
from mer_run import BIN, EPOCHS, TRIALS, sweep_of


def on_a_terminal(mer, rows: int, columns: int, *arguments) -> tuple[int, str]:
    """merctl with a terminal of that size as its standard output: exit code, and what it wrote there."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen([BIN / "merctl", *arguments], env=mer.environment, stdin=subprocess.DEVNULL,
                               stdout=follower, stderr=follower)
    os.close(follower)
    written = b""
    try:
        while chunk := os.read(leader, 65536):
            written += chunk
    except OSError:  # the other end is closed
        pass
    os.close(leader)
    return process.wait(60), written.decode()


def paused(mer, corpus) -> None:
    """A sweep with trials left that nobody works on."""
    sweep = mer.write_sweep(sweep_of(corpus, train={"epochs": 100000}))
    merctl = mer.start("run", sweep, "--workers", 1, "--no-web")
    wait_until(mer.epoch_rows, "the run trains")
    os.killpg(merctl.pid, signal.SIGINT)
    assert merctl.wait(60) == 6


# --- wait ---

def test_a_sweep_that_has_ended_is_not_waited_for(undisturbed):
    table = undisturbed.run("wait", "tiny", "1")
    quiet = undisturbed.run("wait", "tiny", "--format", "quiet")
    as_json = undisturbed.run("wait", "1", "--format", "json")

    assert (table.returncode, table.stdout, table.stderr) == (0, f"{2 * TRIALS} trials: {2 * TRIALS} done\n", "")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    assert as_json.returncode == 0
    assert json.loads(as_json.stdout) == {"schema": 1, "counts": {"done": TRIALS, "failed": 0, "diverged": 0,
                                                                  "cancelled": 0, "total": TRIALS}}


def test_a_sweep_that_runs_is_waited_for(mer, corpus):
    merctl = mer.start("run", mer.write_sweep(sweep_of(corpus)), "--workers", 2, "--no-web")
    wait_until(lambda: len(mer.states()) == TRIALS, "the sweep is in the store")

    waited = mer.run("wait", "tiny", "--timeout", "5m")

    assert (waited.returncode, waited.stdout, waited.stderr) == (0, f"{TRIALS} trials: {TRIALS} done\n", "")
    assert merctl.wait(60) == 0


def test_a_sweep_with_trials_that_diverged_is_exit_code_1(mer, corpus):
    sweep = sweep_of(corpus, grid=None, train={"epochs": 5, "optimizer": "sgd", "learning_rate": 100},
                     model={"hidden": 8, "heads": 2, "beta": 1e6})
    assert mer.run("run", mer.write_sweep(sweep), "--workers", 2, "--no-web").returncode == 1

    waited = mer.run("wait", "tiny")

    assert (waited.returncode, waited.stdout) == (1, "3 trials: 3 diverged\n")


def test_the_end_of_the_patience_is_exit_code_3_and_a_sweep_that_nobody_works_on_is_told_once(mer, corpus):
    paused(mer, corpus)

    waited = mer.run("wait", "tiny", "--timeout", "5")
    soon = mer.run("wait", "tiny", "--timeout", "0s", "--format", "json")

    assert (waited.returncode, waited.stdout) == (3, "")
    told, over = waited.stderr.splitlines()
    assert told == f"{TRIALS} trials are left, nobody works on them: `merctl run SWEEP.json` goes on"
    assert over == f"merctl: error: --timeout 5 is over: {TRIALS} trials: {TRIALS} pending"
    assert soon.returncode == 3 and json.loads(soon.stdout)["error"]["code"] == "timeout"


@pytest.mark.parametrize("arguments, words", [
    (["tinny"], "tiny"),
    (["tiny", "7"], "7"),
    (["tiny", "--timeout", "10d"], "--timeout: \"10d\" is not a length of time"),
], ids=["unknown name", "unknown number", "bad time"])
def test_what_cannot_be_waited_for_is_exit_code_2(undisturbed, arguments, words):
    refused = undisturbed.run("wait", *arguments)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert words in refused.stderr


# --- status --watch ---

def test_elsewhere_than_on_a_terminal_a_block_appears_for_each_change_until_the_sweep_has_ended(mer, corpus):
    sweep = mer.write_sweep(sweep_of(corpus, train={"epochs": 4 * EPOCHS}))
    merctl = mer.start("run", sweep, "--workers", 1, "--no-web")
    wait_until(lambda: "running" in mer.states(), "the sweep runs")

    watched = mer.run("status", "tiny", "-w")

    assert watched.returncode == 0 and watched.stderr == ""
    blocks = watched.stdout.split("\nsweep ")
    assert len(blocks) > 1
    assert all(before != after for before, after in zip(blocks, blocks[1:], strict=False))
    assert "\033" not in watched.stdout and f"  {TRIALS}  " in blocks[-1]
    assert merctl.wait(60) == 0


@pytest.mark.parametrize("rows, columns", [(24, 80), (4, 30)])
def test_a_picture_fits_the_terminal(mer, corpus, rows, columns):
    mer.start("run", mer.write_sweep(sweep_of(corpus, train={"epochs": 2 * EPOCHS})), "--workers", 2, "--no-web")
    wait_until(lambda: "running" in mer.states(), "the sweep runs")

    code, written = on_a_terminal(mer, rows, columns, "status", "tiny", "--watch")

    assert code == 0
    assert written.startswith("\033[H\033[2J")
    pictures = [re.sub(r"\033\[[0-9]*[A-Z]", "", picture).split("\r\n") for picture in written.split("\033[H")[1:]]
    pictures = [picture for picture in pictures if picture != [""]]
    assert pictures
    for picture in pictures:
        assert len(picture) <= rows and max(map(len, picture)) <= columns
    if rows > 4:
        assert "Ctrl-C ends" in pictures[0][0] and "tiny" in "".join(pictures[-1])


def test_watching_all_sweeps_goes_on_until_it_is_interrupted(undisturbed):
    process = subprocess.Popen([BIN / "merctl", "status", "-w"], env=undisturbed.environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True)
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)

    assert "sweep" in first
    assert process.wait(10) == -signal.SIGINT
