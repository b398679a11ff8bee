"""The batch script of `merctl submit --slurm` with the real merctl: over a time limit, in two starts, to the same results."""
import signal

import pytest
from fake_slurm import FakeSlurm, wait_until
from mer_run import sweep_of


@pytest.fixture
def slurm(tmp_path, mer, corpus):
    sweep = mer.write_sweep(sweep_of(corpus))
    assert mer.run("submit", sweep).returncode == 0
    script = mer.run("submit", sweep, "--slurm", "--dry-run").stdout
    fake = FakeSlurm(tmp_path / "slurm", script)
    fake.environment = mer.environment | {"PATH": f"{fake.programs}:{mer.environment['PATH']}"}
    yield fake
    fake.close()


def test_a_sweep_goes_on_after_the_time_limit_with_the_same_results(slurm, mer, undisturbed):
    slurm.start()
    wait_until(lambda: mer.epoch_rows() >= 40, "a part of the sweep is trained")
    slurm.signal_batch(signal.SIGUSR1)
    wait_until(slurm.requeues, "the job is queued again")
    pending = mer.states().count("pending")
    slurm.end_for_requeue()
    slurm.start()

    assert slurm.wait(120) == 0, slurm.log.read_text()
    assert pending > 0
    assert mer.outcome() == undisturbed.outcome()
