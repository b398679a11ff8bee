"""The batch script of `merctl submit --slurm`, and merctl, on a real Slurm of three nodes: where workers go, and what interruptions cost."""
import re

import pytest
from fake_slurm import wait_until
from mer_run import sweep_of
from on_slurm import assert_no_crash_was_charged, assert_same_results, attempts, outcomes, starts_in_log, wait_for_a_part
from programs import write_program

NODE_IS_LOST_SECONDS = 120  # Slurm takes 30 s to notice


def test_one_node_runs_a_sweep_to_its_end(submit, mer, sweep, expected):
    job = submit(sweep, "--cpus-per-task=2")

    assert job.wait() == ("COMPLETED", 0)
    assert {host for (host,) in attempts(mer, "trainer_host")} == {"n1"}
    assert_same_results(mer, expected)


def test_workers_are_on_every_node_as_many_as_it_has_cpus(submit, mer, corpus, undisturbed):
    job = submit(mer.write_sweep(sweep_of(corpus)), "--nodes=3", "--cpus-per-task=2")

    assert job.wait() == ("COMPLETED", 0)
    assert "6 workers on 3 nodes: 2 on n1, 2 on n2, 2 on n3" in mer.log.read_text()
    assert {host for (host,) in attempts(mer, "trainer_host")} == {"n1", "n2", "n3"}
    [(trial,), *_] = mer.query("SELECT t.id FROM attempts a JOIN trials t USING (trial) WHERE trainer_host = 'n3'")
    assert "n3" in mer.run("show", trial).stdout
    assert_same_results(mer, undisturbed)


def test_where_mpirun_cannot_start_its_daemons_srun_starts_the_ranks(submit, mer, corpus, undisturbed):
    write_program(mer.folder / "bin" / "mpirun", "#!/bin/sh\necho no daemon; exit 1\n")
    mer.environment["PATH"] = f"{mer.folder / 'bin'}:{mer.environment['PATH']}"

    job = submit(mer.write_sweep(sweep_of(corpus)), "--nodes=3", "--cpus-per-task=2")

    assert job.wait() == ("COMPLETED", 0)
    assert "starting ranks by srun: mpirun cannot (status 1: no daemon)" in mer.log.read_text()
    assert {host for (host,) in attempts(mer, "trainer_host")} == {"n1", "n2", "n3"}
    assert_same_results(mer, undisturbed)


def test_by_srun_a_lost_worker_costs_a_new_start_and_the_time_limits_signal_a_pause(submit, mer, sweep, expected):
    mer.environment["MER_LAUNCHER"] = "srun"
    job = submit(sweep, "--nodes=3", "--cpus-per-task=1")
    wait_for_a_part(mer)
    mer.kill("mer-worker")
    wait_until(lambda: "a process was lost; starting again from the store" in mer.log.read_text(), "it is noticed", 30)
    begun = attempts(mer, "count(*)")
    wait_until(lambda: attempts(mer, "count(*)") > begun, "it trains again")
    job.ask("scancel", "--signal=USR1", "--batch")
    wait_until(lambda: job.starts() == 2, "the job is queued again")
    kept = outcomes(mer)

    assert job.wait() == ("COMPLETED", 0)
    assert "stopped" in kept
    assert starts_in_log(mer) == [1, 2]
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)


def test_a_worker_has_the_gpu_of_its_own_node(cluster, submit, mer, corpus):
    occupied = cluster.submit("--nodelist=n2", "--gres=gpu:1", "--output=/dev/null", "--wrap=sleep 600",
                              environment=mer.environment, folder=mer.folder)
    wait_until(lambda: occupied.field("JobState") == "RUNNING", "GPU 0 of n2 is taken")
    sweep = mer.write_sweep(sweep_of(corpus, resources={"device": "cpu"}))  # they are no GPUs to train on

    job = submit(sweep, "--nodelist=n1,n2", "--nodes=2", "--cpus-per-task=1", "--gres=gpu:1")

    assert job.wait() == ("COMPLETED", 0)
    assert sorted(re.findall(r"worker \d info: (n\d), cores? .*?, (.*?),", mer.log.read_text())) == [
        ("n1", "GPU 0"), ("n2", "GPU 1")]


@pytest.mark.parametrize("launcher", ["mpirun", "srun"])
def test_gpus_that_were_asked_for_each_task_are_shared_out_on_each_node(submit, mer, corpus, launcher):
    mer.environment["MER_LAUNCHER"] = launcher
    sweep = mer.write_sweep(sweep_of(corpus, resources={"device": "cpu"}))

    job = submit(sweep, "--nodes=2", "--ntasks-per-node=2", "--cpus-per-task=1", "--gpus-per-task=1")

    assert job.wait() == ("COMPLETED", 0)
    assert sorted(re.findall(r"worker \d info: (n\d), cores? .*?, (.*?),", mer.log.read_text())) == [
        ("n1", "GPU 0"), ("n1", "GPU 1"), ("n2", "GPU 0"), ("n2", "GPU 1")]


def test_a_heterogeneous_job_ends_at_once_and_says_what_to_do(submit, mer, sweep):
    job = submit(sweep, "--nodes=1", ":", "--nodes=2", "--gpus-per-node=1")

    assert job.wait() == ("FAILED", 2)
    assert "heterogeneous job of Slurm's with 2 components" in mer.log.read_text()
    assert starts_in_log(mer) == [1]


def test_a_gpu_that_cannot_be_used_ends_the_job_at_once(submit, mer, corpus):
    job = submit(mer.write_sweep(sweep_of(corpus)), "--nodes=2", "--gres=gpu:1")

    assert job.wait() == ("FAILED", 2)
    assert "Slurm gave this job a GPU" in mer.log.read_text()
    assert starts_in_log(mer) == [1]


def test_a_job_goes_on_after_the_signal_before_its_time_limit(submit, mer, sweep, expected):
    job = submit(sweep, "--nodes=3", "--cpus-per-task=1")
    wait_for_a_part(mer)
    job.ask("scancel", "--signal=USR1", "--batch")  # as --signal=B:USR1 does, but not within 30 s
    wait_until(lambda: job.starts() == 2, "the job is queued again")
    kept = outcomes(mer)

    assert job.wait() == ("COMPLETED", 0)
    assert "stopped" in kept and kept <= {"stopped", "finished"}
    assert starts_in_log(mer) == [1, 2]
    assert attempts(mer, where="resumed_epoch > 0")
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)


def test_scancel_ends_a_job_for_good_and_the_same_command_resumes(submit, mer, sweep, expected):
    job = submit(sweep, "--cpus-per-task=2")
    wait_for_a_part(mer)
    job.ask("scancel")

    assert job.wait()[0] == "CANCELLED"
    assert job.starts() == 1
    assert "stopped" in outcomes(mer)  # saved, not cut off
    assert "pending" in mer.states()
    assert_no_crash_was_charged(mer)
    assert submit(sweep, "--nodes=3", "--cpus-per-task=1").wait() == ("COMPLETED", 0)
    assert attempts(mer, where="resumed_epoch > 0")
    assert_same_results(mer, expected)


@pytest.mark.parametrize("launcher", ["mpirun", "srun"])
def test_scancel_of_several_nodes_costs_no_crash(submit, mer, sweep, expected, launcher):
    mer.environment["MER_LAUNCHER"] = launcher
    job = submit(sweep, "--nodes=3", "--cpus-per-task=1")
    wait_for_a_part(mer)
    job.ask("scancel")

    assert job.wait()[0] == "CANCELLED"
    assert job.starts() == 1
    assert submit(sweep, "--nodes=3", "--cpus-per-task=1").wait() == ("COMPLETED", 0)
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)


def test_a_requeued_job_goes_on(submit, mer, sweep, expected):
    job = submit(sweep, "--nodes=2", "--cpus-per-task=1")
    wait_for_a_part(mer)
    job.ask("scontrol", "requeue")

    assert job.wait() == ("COMPLETED", 0)
    assert starts_in_log(mer) == [1, 2]
    assert attempts(mer, where="resumed_epoch > 0")
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)


def test_the_script_queues_the_job_again_when_a_node_does_not_answer(cluster, submit, mer, sweep, expected):
    job = submit(sweep, "--nodes=3", "--cpus-per-task=1")
    wait_for_a_part(mer)
    cluster.crash("n3")
    mer.kill("merctl")  # else it tries mpirun anew, and Slurm here, unlike most, is the first to find out
    wait_until(lambda: "a node does not answer: queueing again" in mer.log.read_text(), "the script finds out")
    cluster.boot("n3")

    assert job.wait() == ("COMPLETED", 0)
    assert starts_in_log(mer) == [1, 2]
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)


@pytest.mark.parametrize("node", ["n3", "n1"], ids=["of a worker", "of the coordinator"])
def test_a_lost_node_costs_no_result(cluster, submit, mer, sweep, expected, node):
    job = submit(sweep, "--nodes=3", "--cpus-per-task=1")
    wait_for_a_part(mer)
    cluster.crash(node)
    wait_until(lambda: job.field("JobState") == "PENDING", "the job is queued again", NODE_IS_LOST_SECONDS)
    cluster.boot(node)

    assert job.wait() == ("COMPLETED", 0)
    assert starts_in_log(mer)[0] == 1 and starts_in_log(mer)[-1] == 2
    assert attempts(mer, where="resumed_epoch > 0")
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)
