"""Fixtures of the tests on a real Slurm. Where none can be had (root, namespaces, Slurm), they are skipped."""
import cluster as slurm_cluster
import mer_run
import pytest
from mer_fixtures import corpus, mer, programs, pytest_runtest_makereport, undisturbed
from on_slurm import three_trials

__all__ = ["corpus", "mer", "programs", "pytest_runtest_makereport", "undisturbed"]


@pytest.fixture(scope="session")
def three_nodes():
    with slurm_cluster.running("slurm", 3) as cluster:
        yield cluster


@pytest.fixture
def cluster(three_nodes):
    """Three nodes n1 to n3 of 4 CPUs and 2 GPUs, all idle."""
    yield three_nodes
    three_nodes.reset()


@pytest.fixture
def login(cluster, mer):
    """merctl as on a login node of the cluster: the coordinator answers on an address that others reach."""
    address = mer_run.address_of_this_machine()
    if address is None:
        pytest.skip("this machine has no address but its own loopback")
    mer.environment |= slurm_cluster.ONE_LOOPBACK | {"SLURM_CONF": str(cluster.folder / "etc" / "slurm.conf"),
                                                     "MER_WEB_ADDRESS": address, "MER_GATEWAY_ADDRESS": address}
    return mer


@pytest.fixture
def submit(cluster, login):
    """submit(sweep, options of sbatch ..) -> Job: calls sbatch with the script of --dry-run, its output in merctl's log."""
    def submit(sweep, *options):
        assert login.run("submit", sweep).returncode == 0
        script = login.folder / "job.sbatch"
        script.write_text(login.run("submit", sweep, "--slurm", "--dry-run").stdout)
        return cluster.submit("--output", login.log, *options, script, environment=login.environment,
                              folder=login.folder)
    return submit


@pytest.fixture(scope="session")
def expected(tmp_path_factory, corpus, programs):
    """What the sweep of the interrupted jobs ends with, without Slurm, on one machine."""
    run = mer_run.Mer(tmp_path_factory.mktemp("expected"))
    ended = run.run("run", run.write_sweep(three_trials(corpus)), "--workers", 2, "--no-web")
    assert ended.returncode == 0, ended.stderr
    return run


@pytest.fixture
def sweep(mer, corpus):
    return mer.write_sweep(three_trials(corpus))
