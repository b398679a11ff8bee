"""Hosts with networks of their own and no Slurm between them: mpirun reaches them by an agent of the site's, as by ssh."""
import shlex

import cluster as slurm_cluster
import pytest
from mer_run import BIN, sweep_of
from programs import write_program


@pytest.fixture
def hosts():
    """n1 and n2 with a network of their own each; ctl reaches both."""
    with slurm_cluster.running("hosts", 2, own_networks=True) as cluster:
        yield cluster


def test_a_sweep_runs_on_two_hosts_over_their_network(hosts, mer, corpus, undisturbed):
    agent = write_program(mer.folder / "agent", "#!/bin/sh\n"
                          f"host=$1; shift; exec {slurm_cluster.SCRIPT} exec {shlex.quote(str(hosts.folder))} $host"
                          ' sh -c "$*"\n')
    submitted = mer.run("submit", mer.write_sweep(sweep_of(corpus)))
    worker = [str(BIN / "mer-worker")]

    hosts.on("ctl", "mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none",
             "--mca", "plm_rsh_agent", agent, "--mca", "btl", "self,tcp",
             "-n", 1, "--host", "n1", BIN / "mer-coordinator", "--store", mer.store, "--sweep", 1, "--no-web",
             ":", "-n", 1, "--host", "n1", *worker, ":", "-n", 1, "--host", "n2", *worker, **mer.environment)

    assert submitted.returncode == 0
    assert set(mer.query("SELECT trainer_host FROM attempts")) == {("n1",), ("n2",)}
    assert mer.outcome() == undisturbed.outcome()
