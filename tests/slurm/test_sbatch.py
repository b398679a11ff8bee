"""slurm/sweep.sbatch against stand-ins for Slurm and merctl: what each exit code and each signal leads to."""
import signal
from pathlib import Path

import pytest
from fake_slurm import FakeSlurm, wait_until

SCRIPT = Path(__file__).parents[2] / "slurm" / "sweep.sbatch"

# Takes the next line of $FAKE_SLURM/plan: a number to exit with at once, `wait CODE` to run until a signal and exit with
# CODE, `kill` to die by SIGKILL. Writes down its arguments and the signals that it gets.
FAKE_MERCTL = """#!/usr/bin/env bash
echo "$*" >>"$FAKE_SLURM/merctl.log"
action=$(head -n 1 "$FAKE_SLURM/plan")
sed -i 1d "$FAKE_SLURM/plan"
case $action in
  kill) kill -KILL $$ ;;
  wait*)
    got=
    trap 'got=USR1' USR1
    trap 'got=TERM' TERM
    touch "$FAKE_SLURM/waiting"
    while [ -z "$got" ]; do sleep 0.05; done
    echo "$got" >>"$FAKE_SLURM/signals.log"
    exit "${action#wait }" ;;
  *) exit "$action" ;;
esac
"""


@pytest.fixture
def slurm(tmp_path):
    fake = FakeSlurm(tmp_path, SCRIPT)
    binaries = fake.submit_dir / "build" / "release" / "bin"
    binaries.mkdir(parents=True)
    fake.add_program("merctl", FAKE_MERCTL).rename(binaries / "merctl")
    fake.environment["MER_BUSY_SECONDS"] = "0"
    yield fake
    fake.close()


def plan(slurm, *actions):
    (slurm.state / "plan").write_text("".join(f"{action}\n" for action in actions))


def calls(slurm):
    log = slurm.state / "merctl.log"
    return log.read_text().splitlines() if log.exists() else []


def use_nodes(slurm, count, answer=True):
    """srun starts a program on each of them, or fails."""
    slurm.environment["SLURM_JOB_NUM_NODES"] = str(count)
    slurm.add_program("srun", f'#!/bin/sh\necho "$*" >>"$FAKE_SLURM/srun.log"\nexit {0 if answer else 1}\n')


def probes(slurm):
    log = slurm.state / "srun.log"
    return log.read_text().splitlines() if log.exists() else []


def wait_for_merctl(slurm):
    wait_until((slurm.state / "waiting").exists, "merctl runs")
    (slurm.state / "waiting").unlink()


def test_asks_slurm_for_an_early_signal_to_the_script_and_for_requeueing():
    directives = SCRIPT.read_text()

    assert "#SBATCH --signal=B:USR1@120\n" in directives
    assert "#SBATCH --requeue\n" in directives
    assert "#SBATCH --open-mode=append\n" in directives
    assert "#SBATCH --nodes=1\n" in directives
    assert "#SBATCH --ntasks-per-node=1\n" in directives


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_final_exit_code_ends_the_job_with_it(slurm, code):
    plan(slurm, code)

    slurm.start("sweep.json", "--set", "train.epochs=2")

    assert slurm.wait() == code
    assert calls(slurm) == ["run sweep.json --set train.epochs=2 --workers 4"]
    assert slurm.requeues() == []


@pytest.mark.parametrize("workers", [["--workers", "2"], ["--workers=2"]], ids=" ".join)
def test_the_users_number_of_workers_replaces_the_jobs(slurm, workers):
    plan(slurm, 0)

    slurm.start("sweep.json", *workers, "--no-web")

    assert slurm.wait() == 0
    assert calls(slurm) == [f"run sweep.json {' '.join(workers)} --no-web"]


def test_with_gpus_the_number_of_workers_is_left_to_merctl(slurm):
    plan(slurm, 0)
    slurm.environment["SLURM_JOB_GPUS"] = "0,1"

    slurm.start("sweep.json")

    assert slurm.wait() == 0
    assert calls(slurm) == ["run sweep.json"]


def test_on_several_nodes_the_number_of_workers_is_left_to_merctl(slurm):
    plan(slurm, 0)
    use_nodes(slurm, 3)

    slurm.start("sweep.json")

    assert slurm.wait() == 0
    assert calls(slurm) == ["run sweep.json"]


def test_the_signal_before_the_time_limit_pauses_and_requeues(slurm):
    plan(slurm, "wait 6", 0)

    slurm.start("sweep.json")
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGUSR1)
    wait_until(slurm.requeues, "the job is queued again")
    slurm.end_for_requeue()
    slurm.start("sweep.json")

    assert slurm.wait() == 0
    assert (slurm.state / "signals.log").read_text() == "USR1\n"
    assert slurm.requeues() == ["requeue 4711"]
    assert calls(slurm) == ["run sweep.json --workers 4"] * 2
    assert "start 1:" in slurm.log.read_text() and "start 2:" in slurm.log.read_text()


def test_a_sweep_that_ends_after_the_signal_is_not_requeued(slurm):
    plan(slurm, "wait 0")

    slurm.start("sweep.json")
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGUSR1)

    assert slurm.wait() == 0
    assert slurm.requeues() == []


def test_term_reaches_merctl_and_is_never_followed_by_a_requeue(slurm):
    plan(slurm, "wait 6")

    slurm.start("sweep.json")
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGTERM)

    assert slurm.wait() == 143
    assert (slurm.state / "signals.log").read_text() == "TERM\n"
    assert slurm.requeues() == []


def test_term_after_the_early_signal_wins_over_the_requeue(slurm):
    plan(slurm, "wait 6")

    slurm.start("sweep.json")
    wait_for_merctl(slurm)
    slurm.process.send_signal(signal.SIGSTOP)  # so that both signals are there when the script goes on
    slurm.process.send_signal(signal.SIGUSR1)
    slurm.process.send_signal(signal.SIGTERM)
    slurm.process.send_signal(signal.SIGCONT)

    assert slurm.wait() == 143
    assert slurm.requeues() == []


def test_a_killed_merctl_is_started_again_in_the_same_job(slurm):
    plan(slurm, "kill", 0)

    slurm.start("sweep.json")

    assert slurm.wait() == 0
    assert len(calls(slurm)) == 2
    assert slurm.requeues() == []


@pytest.mark.parametrize("ended", ["kill", 5, 70], ids=str)
def test_a_node_that_does_not_answer_requeues_the_job(slurm, ended):
    plan(slurm, ended, 0)
    use_nodes(slurm, 3, answer=False)

    slurm.start("sweep.json")
    wait_until(slurm.requeues, "the job is queued again")
    slurm.end_for_requeue()
    slurm.start("sweep.json")

    assert slurm.wait() == 0
    assert slurm.requeues() == ["requeue 4711"]
    assert len(calls(slurm)) == 2
    assert "a node does not answer: queueing again" in slurm.log.read_text()


def test_while_all_nodes_answer_merctl_is_started_again_in_the_same_job(slurm):
    plan(slurm, "kill", 0)
    use_nodes(slurm, 3)

    slurm.start("sweep.json")

    assert slurm.wait() == 0
    assert len(calls(slurm)) == 2
    assert slurm.requeues() == []
    [probe] = probes(slurm)
    assert "--nodes=3 --ntasks=3" in probe and probe.endswith(" true")


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_final_exit_code_ends_the_job_whatever_its_nodes_do(slurm, code):
    plan(slurm, code)
    use_nodes(slurm, 3, answer=False)

    slurm.start("sweep.json")

    assert slurm.wait() == code
    assert slurm.requeues() == []


def test_term_is_never_followed_by_a_requeue_for_a_lost_node(slurm):
    plan(slurm, "wait 70")
    use_nodes(slurm, 3, answer=False)

    slurm.start("sweep.json")
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGTERM)

    assert slurm.wait() == 143
    assert slurm.requeues() == [] and probes(slurm) == []


def test_a_node_that_never_answers_ends_the_job_in_the_end(slurm):
    plan(slurm, 5)
    use_nodes(slurm, 3, answer=False)
    slurm.environment["SLURM_RESTART_COUNT"] = "50"

    slurm.start("sweep.json")

    assert slurm.wait() == 5
    assert slurm.requeues() == []
    assert "a node does not answer, after 50 new starts: giving up" in slurm.log.read_text()


def test_a_busy_store_is_tried_again_and_given_up_in_the_end(slurm):
    plan(slurm, 5, 5, 5, 0)

    slurm.start("sweep.json")

    assert slurm.wait() == 5
    assert len(calls(slurm)) == 3
    assert "gave up after 3 tries" in slurm.log.read_text()


def test_a_job_without_a_sweep_file_says_how_to_give_one(slurm):
    slurm.start()

    assert slurm.wait() == 2
    assert "usage: sbatch slurm/sweep.sbatch SWEEP.json" in slurm.log.read_text()
    assert calls(slurm) == []


def test_a_missing_program_is_named(slurm):
    slurm.environment["MER_BIN"] = "/nowhere"

    slurm.start("sweep.json")

    assert slurm.wait() == 2
    assert "no program /nowhere/merctl" in slurm.log.read_text()
