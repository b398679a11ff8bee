"""Where the tests' own Slurm cannot run, they are skipped, soon and with the reason."""
import shutil

import pytest
from cluster import Cluster, NoCluster
from programs import write_program

pytestmark = pytest.mark.skipif(shutil.which("slurmctld") is None or shutil.which("munged") is None,
                                reason="Slurm or munge is missing: tools/setup.sh --tests")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """machine(dpkg-query's word for each package): munge does not start on it."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin:/usr/sbin:/sbin")
    write_program(tmp_path / "munged", "#!/bin/sh\necho 'munged: Error: no user munge' >&2\nexit 1\n")
    cluster = Cluster(tmp_path / "cluster", 1)

    def machine(status: str) -> Cluster:
        write_program(tmp_path / "dpkg-query", f"#!/bin/sh\nprintf {status}\n")
        return cluster
    yield machine
    cluster.stop()


def test_a_half_installed_slurm_is_no_failure_but_a_reason(machine):
    with pytest.raises(NoCluster, match="(half installed here: .*no user munge)|(can be made here)|(needs root)"):
        machine("half-configured").start()


def test_an_installed_slurm_that_does_not_start_is_a_failure(machine):
    try:
        with pytest.raises(AssertionError, match="no user munge"):
            machine("installed").start()
    except NoCluster as reason:
        pytest.skip(str(reason))
