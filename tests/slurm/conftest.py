"""Fixtures of the tests on a real Slurm. Where none can be had (root, namespaces, Slurm), they are skipped."""
import cluster as slurm_cluster
import mer_run
import pytest
from mer_fixtures import corpus, mer, programs, pytest_runtest_makereport, undisturbed

__all__ = ["corpus", "mer", "programs", "pytest_runtest_makereport", "undisturbed"]

SWEEP_SCRIPT = mer_run.SOURCE / "slurm" / "sweep.sbatch"


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
def submit(cluster, mer):
    """submit(sweep, options of sbatch ..) -> Job: slurm/sweep.sbatch with that sweep file, its output in merctl's log."""
    def submit(sweep, *options, arguments=("--no-web",)):
        environment = mer.environment | slurm_cluster.ONE_LOOPBACK | {"MER_BIN": str(mer_run.BIN)}
        return cluster.submit("--output", mer.log, *options, SWEEP_SCRIPT, sweep, *arguments,
                              environment=environment, folder=mer.folder)
    return submit
