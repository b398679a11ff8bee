"""Gangs: workers that train a stack together, under a real mpirun, against one worker on the same sweep, in float64."""
import math

import pytest
from fake_slurm import wait_until
from mer_run import EPOCHS, TRIALS, sweep_of

TOLERANCE = 1e-9
ROWS = TRIALS * EPOCHS * 2
KEYS = {"epoch", "split", "fold", "utterances", "confusion"}


def sweep(corpus, gang):
    return sweep_of(corpus, train={"epochs": EPOCHS, "batch_dialogues": 3, "learning_rate": 1e-3, "dtype": "float64",
                                   "weight_decay": 0},
                    resources={"gpus_per_trial": gang, "device": "cpu"})


@pytest.fixture(scope="module")
def alone(tmp_path_factory, corpus):
    import mer_run
    run = mer_run.Mer(tmp_path_factory.mktemp("alone"))
    ended = run.run("run", run.write_sweep(sweep(corpus, 1)), "--workers", 1, "--no-web")
    assert ended.returncode == 0, ended.stderr
    return run


def assert_alike(found, expected):
    """Same trials, same rows; numbers within the tolerance, counts and matrices equal. Hashes of weights are not."""
    for table in ("trials", "curves", "predictions"):
        ours, theirs = found.outcome()[table], expected.outcome()[table]
        assert len(ours) == len(theirs) > 0
        for row, wanted in zip(ours, theirs):
            for value, other in zip(row, wanted, strict=True):
                if isinstance(other, float):
                    assert math.isclose(value, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE), (row, wanted)
                else:
                    assert value == other, (table, row, wanted)


@pytest.mark.parametrize("workers, gang", [(2, 2), (4, 2), (3, 3)])
def test_a_gang_gives_one_workers_numbers(mer, corpus, alone, workers, gang):
    ended = mer.run("run", mer.write_sweep(sweep(corpus, gang)), "--workers", workers, "--no-web")

    assert ended.returncode == 0, ended.stderr
    assert_alike(mer, alone)
    assert {device for (device,) in mer.query("SELECT DISTINCT device FROM attempts")} == {f"{gang} x cpu"}
    assert {worker for (worker,) in mer.query("SELECT DISTINCT worker FROM attempts")} <= set(range(1, workers, gang))


def test_a_killed_member_costs_no_result(mer, corpus, alone):
    merctl = mer.start("run", mer.write_sweep(sweep(corpus, 2)), "--workers", 2, "--no-web")
    wait_until(lambda: len(mer.processes("mer-trainer")) == 2 and mer.epoch_rows() >= 0.2 * ROWS, "the gang trains")
    mer.kill_processes(mer.processes("mer-trainer")[-1:])

    assert merctl.wait(120) == 0
    assert mer.query("SELECT count(*) FROM attempts WHERE outcome = 'failed'")[0][0] > 0
    assert_alike(mer, alone)


def test_too_few_workers_for_a_gang_are_refused(mer, corpus):
    ended = mer.run("run", mer.write_sweep(sweep(corpus, 4)), "--workers", 2, "--no-web")

    assert ended.returncode == 2
    assert "resources.gpus_per_trial is 4" in ended.stderr and "--workers" in ended.stderr
