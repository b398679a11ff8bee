"""What Slurm itself does to a job of mer's, on a real Slurm of three nodes: its time limit, and jobs that go first."""
import pytest
from fake_slurm import wait_until
from on_slurm import (assert_no_crash_was_charged, assert_same_results, attempts, outcomes, starts_in_log, train_slowly,
                      wait_for_a_part)

CHECKED_EVERY_SECONDS = 30  # Slurm looks for jobs near their time limit


def wait_for_in_log(mer, words, seconds):
    """While the sweep trains, but does not come to its end."""
    def said():
        train_slowly(mer.processes("mer-trainer"))
        return words in mer.log.read_text()
    wait_until(said, words, seconds)


def minutes_run(job):
    parts = [int(part) for part in job.field("RunTime").replace("-", ":").split(":")]
    return parts[-2] + 60 * parts[-3]


def test_slurms_timer_pauses_a_job_which_queues_itself_again(submit, mer, sweep, expected):
    job = submit(sweep, "--nodes=3", "--cpus-per-task=1", "--time=30")
    wait_for_a_part(mer)
    job.set(f"TimeLimit={minutes_run(job) + 2}")  # the signal comes 120 s before
    wait_for_in_log(mer, "pausing: checkpoints are being written", 2 * CHECKED_EVERY_SECONDS)
    wait_until(lambda: job.starts() == 2, "the job is queued again")
    job.set("TimeLimit=30")
    kept = outcomes(mer)

    assert job.wait() == ("COMPLETED", 0)
    assert "merctl ended with code 6" in mer.log.read_text()
    assert "stopped" in kept and kept <= {"stopped", "finished"}
    assert starts_in_log(mer) == [1, 2]
    assert attempts(mer, where="resumed_epoch > 0")
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)


@pytest.mark.parametrize("partition", ["graced", "main"])
def test_a_preempted_job_is_queued_again_and_goes_on(cluster, submit, mer, sweep, expected, partition):
    job = submit(sweep, "--nodes=3", "--cpus-per-task=1", f"--partition={partition}")
    wait_for_a_part(mer)
    urgent = cluster.submit("--partition=urgent", "--nodes=3", "--exclusive", "--output=/dev/null", "--wrap=true",
                            environment=mer.environment, folder=mer.folder)
    assert urgent.wait() == ("COMPLETED", 0)
    kept = outcomes(mer)

    assert job.wait() == ("COMPLETED", 0)
    assert job.starts() == 2 and starts_in_log(mer) == [1, 2]
    if partition == "graced":  # the job's own signal comes first; else TERM and KILL
        assert "stopped" in kept and kept <= {"stopped", "finished"}
    assert attempts(mer, where="resumed_epoch > 0")
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)


@pytest.mark.parametrize("launcher", ["mpirun", "srun"])
def test_term_to_the_script_saves_and_hands_back_on_every_node(submit, mer, sweep, launcher):
    mer.environment["MER_LAUNCHER"] = launcher
    job = submit(sweep, "--nodes=3", "--cpus-per-task=1")
    wait_for_a_part(mer)
    job.ask("scancel", "--signal=TERM", "--batch")

    assert job.wait() == ("FAILED", 143)
    assert job.starts() == 1 and "told to end; merctl submit --slurm goes on from here" in mer.log.read_text()
    assert "stopped" in outcomes(mer) and outcomes(mer) <= {"stopped", "finished"}
    assert set(mer.states()) <= {"pending", "done"}
    assert_no_crash_was_charged(mer)


@pytest.mark.parametrize("launcher", ["mpirun", "srun"])
def test_term_to_the_steps_alone_saves_and_the_job_goes_on(submit, mer, sweep, expected, launcher):
    mer.environment["MER_LAUNCHER"] = launcher
    job = submit(sweep, "--nodes=3", "--cpus-per-task=1")
    wait_for_a_part(mer)
    job.ask("scancel", "--signal=TERM")  # a preemption's grace begins so

    assert job.wait() == ("COMPLETED", 0)
    assert job.starts() == 1
    assert attempts(mer, where="resumed_epoch > 0")
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)
