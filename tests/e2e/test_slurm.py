"""slurm/sweep.sbatch with the real merctl: over a time limit, in two starts, to the same results."""
import signal

import pytest
from fake_slurm import FakeSlurm, wait_until
from mer_run import BIN, SOURCE, sweep_of


@pytest.fixture
def slurm(tmp_path, mer):
    fake = FakeSlurm(tmp_path / "slurm", SOURCE / "slurm" / "sweep.sbatch")
    fake.environment = mer.environment | {"MER_BIN": str(BIN), "SLURM_CPUS_PER_TASK": "2",
                                          "PATH": f"{fake.programs}:{mer.environment['PATH']}"}
    yield fake
    fake.close()


def test_a_sweep_goes_on_after_the_time_limit_with_the_same_results(slurm, mer, corpus, undisturbed):
    sweep = str(mer.write_sweep(sweep_of(corpus)))

    slurm.start(sweep, "--no-web")
    wait_until(lambda: mer.epoch_rows() >= 40, "a part of the sweep is trained")
    slurm.signal_batch(signal.SIGUSR1)
    wait_until(slurm.requeues, "the job is queued again")
    pending = mer.states().count("pending")
    slurm.end_for_requeue()
    slurm.start(sweep, "--no-web")

    assert slurm.wait(120) == 0, slurm.log.read_text()
    assert pending > 0
    assert mer.outcome() == undisturbed.outcome()
