"""A job that waited in Slurm's queue when a node was excluded from the store, on a real Slurm of three nodes."""
import pytest
from on_slurm import assert_no_crash_was_charged, assert_same_results, attempts, starts_in_log


def exclude_before_it_starts(mer, job, node):
    assert mer.run("node", "exclude", node).returncode == 0
    job.ask("scontrol", "release")


def hosts(mer):
    return {host for (host,) in attempts(mer, "trainer_host")}


@pytest.mark.parametrize("launcher, node", [("mpirun", "n2"), ("mpirun", "n1"), ("srun", "n1")])
def test_the_other_nodes_of_a_job_train_without_it(cluster, submit, mer, sweep, expected, launcher, node):
    mer.environment["MER_LAUNCHER"] = launcher
    job = submit(sweep, "--hold", "--nodes=3", "--cpus-per-task=2")
    exclude_before_it_starts(mer, job, node)

    assert job.wait() == ("COMPLETED", 0)
    others = [other for other in cluster.nodes if other != node]
    assert hosts(mer) == set(others)
    assert f"node {node} is excluded: a person has excluded it; `merctl node include {node}` takes it back" in mer.log.read_text()
    assert f"workers on 2 nodes: 2 on {others[0]}, 1 on {others[1]}" in mer.log.read_text()
    assert starts_in_log(mer) == [1]
    assert_same_results(mer, expected)


def test_a_job_that_has_no_other_node_goes_to_one(submit, mer, sweep, expected):
    job = submit(sweep, "--hold", "--cpus-per-task=2", "--exclude=n3")
    exclude_before_it_starts(mer, job, "n1")

    assert job.wait() == ("COMPLETED", 0)
    assert job.starts() == 2 and starts_in_log(mer) == [1, 2]
    assert "no node of this job gets trials: queueing again, for others than n1" in mer.log.read_text()
    assert job.field("ExcNodeList") == "n3,n1"
    assert hosts(mer) == {"n2"}
    assert_no_crash_was_charged(mer)
    assert_same_results(mer, expected)
