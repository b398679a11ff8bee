"""Gangs: workers that train a stack together, under a real mpirun, against one worker on the same sweep, in float64."""
import json
from array import array

import mer_run
import pytest
from fake_slurm import wait_until
from mer_run import EPOCHS, TRIALS, sweep_of

TOLERANCE = 1e-9
ROWS = TRIALS * EPOCHS * 2


def sweep(corpus, gang):
    return sweep_of(corpus, train={"epochs": EPOCHS, "batch_dialogues": 3, "learning_rate": 1e-3, "dtype": "float64",
                                   "weight_decay": 0},
                    resources={"gpus_per_trial": gang, "device": "cpu"})


@pytest.fixture(scope="module")
def alone(tmp_path_factory, corpus):
    run = mer_run.Mer(tmp_path_factory.mktemp("alone"))
    ended = run.run("run", run.write_sweep(sweep(corpus, 1)), "--workers", 1, "--no-web")
    assert ended.returncode == 0, ended.stderr
    return run


def numbers(value):
    """What a column holds as numbers to compare: losses by modality are JSON; None: to compare as it is."""
    if isinstance(value, float):
        return [value]
    return json.loads(value) if isinstance(value, str) and value.startswith("[") else None


def assert_alike(found, expected):
    """Same trials, same rows: numbers within the tolerance, probabilities as they are kept, in float32; counts and
    matrices equal. Hashes of weights are not."""
    ours, theirs = found.outcome(), expected.outcome()
    assert ours["trials"] == theirs["trials"]
    for row, wanted in zip(ours["curves"], theirs["curves"], strict=True):
        for value, other in zip(row, wanted, strict=True):
            if numbers(other) is None:
                assert value == other
            else:
                assert numbers(value) == pytest.approx(numbers(other), rel=TOLERANCE, abs=TOLERANCE)
    for row, wanted in zip(ours["predictions"], theirs["predictions"], strict=True):
        assert row[:-1] == wanted[:-1]
        assert array("f", row[-1]).tolist() == pytest.approx(array("f", wanted[-1]).tolist(), abs=1e-6)


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
