"""Jobs with a time limit, as a batch script tells mer of it: MER_JOB_ENDS_AT, MER_JOB_SECONDS."""
import os
import signal
import time

from fake_slurm import wait_until
from mer_run import sweep_of

WHOLE_JOB = 10**9


def limit(mer, seconds: float) -> None:
    mer.environment |= {"MER_JOB_ENDS_AT": str(time.time() + seconds), "MER_JOB_SECONDS": str(WHOLE_JOB)}


def long_sweep(mer, corpus):
    """Three trials of one shape that take minutes each, one after the other."""
    return mer.write_sweep(sweep_of(corpus, train={"epochs": 100000}, grid=None, resources={"stack": 1}))


def test_what_would_not_end_in_time_waits_for_the_next_job(mer, corpus):
    sweep = long_sweep(mer, corpus)
    limit(mer, 60)
    merctl = mer.start("run", sweep, "--workers", 1, "--no-web")
    wait_until(lambda: mer.epoch_rows() > 2, "the run trains")
    waiting = mer.query("SELECT id FROM trials WHERE state = 'pending'")[0][0]
    wait_until(lambda: "this job ends in" in mer.run("explain", waiting).stdout, "merctl explain says what it waits for")
    os.killpg(merctl.pid, signal.SIGINT)
    assert merctl.wait(60) == 6
    mer.run("resume", "tiny")

    limit(mer, 60)
    begun = mer.query("SELECT count(*) FROM attempts")
    ended = mer.run("run", sweep, "--workers", 1, "--no-web")

    assert ended.returncode == 6
    assert "too soon for each of the 3 trials that are left" in ended.stderr
    assert mer.query("SELECT count(*) FROM attempts") == begun
    assert mer.states() == ["pending"] * 3
