"""A real Slurm of several nodes on this machine (cluster.sh), and the jobs that run on it."""
import contextlib
import os
import re
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from fake_slurm import wait_until

SCRIPT = Path(__file__).with_name("cluster.sh")
LACKING = 77  # exit code of cluster.sh where no cluster can be had
OVER = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"}


class NoCluster(Exception):
    """This machine cannot run one: no root, no namespaces, no Slurm."""


# The nodes share this machine's loopback. Open MPI would also use addresses of other interfaces, the same on all nodes.
ONE_LOOPBACK = {"OMPI_MCA_btl_tcp_if_include": "lo", "OMPI_MCA_oob_tcp_if_include": "lo"}


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    for first in range(17900, 32000, count):
        try:
            for port in range(first, first + count):
                with contextlib.closing(socket.socket()) as probe:
                    probe.bind(("", port))
            return first
        except OSError:
            continue
    raise NoCluster(f"no {count} free ports in a row")


class Cluster:
    def __init__(self, folder: Path, nodes: int, *, own_networks: bool = False):
        self.folder = folder
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]
        self.own_networks = own_networks

    def start(self) -> None:
        settings = {"PORT": str(free_ports(len(self.nodes) + 1)), "OWNER": str(os.getpid()),
                    "NET": "1" if self.own_networks else "0"}
        started = self._script("start", len(self.nodes), check=False, **settings)
        if started.returncode == LACKING:
            raise NoCluster(started.stderr.strip())
        assert started.returncode == 0, started.stderr

    def stop(self) -> None:
        self._script("stop")

    def crash(self, node: str) -> None:
        self._script("crash", node)

    def boot(self, node: str) -> None:
        self._script("boot", node)

    def cut(self, node: str) -> None:
        self._script("cut", node)

    def on(self, host: str, *command, check: bool = True, **environment: str) -> str:
        """Standard output of a command on a node, or on ctl."""
        return self._script("exec", host, *command, check=check, **environment).stdout

    def submit(self, *arguments, environment: dict[str, str], folder: Path) -> "Job":
        """sbatch from that folder."""
        submitted = subprocess.run(
            [SCRIPT, "exec", self.folder, "ctl", "sbatch", "--parsable", *map(str, arguments)], cwd=folder,
            env=environment, capture_output=True, text=True, check=False)
        assert submitted.returncode == 0, submitted.stderr
        return Job(self, submitted.stdout.strip())

    def reset(self) -> None:
        """As after the start: no job, every node up."""
        self.on("ctl", "scancel", "--user=root", check=False)
        for node in self.nodes:
            if not (self.folder / "run" / f"{node}.pid").exists():
                self.boot(node)
        wait_until(lambda: self._idle() == len(self.nodes), "all nodes are idle")

    def _idle(self) -> int:
        return self.on("ctl", "sinfo", "--noheader", "--partition=main", "--Node", "--states=idle").count("\n")

    def _script(self, command: str, *arguments, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        run = subprocess.run([SCRIPT, command, self.folder, *map(str, arguments)], env=os.environ | environment,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        if check and run.returncode != 0:
            raise AssertionError(f"cluster.sh {command} {arguments}: {run.stderr}{run.stdout}")
        return run


@contextlib.contextmanager
def running(name: str, nodes: int, *, own_networks: bool = False):
    """A cluster of its own, stopped whatever happens; the test is skipped where none can be had."""
    # Not in pytest's own folder: munge wants one that everybody can enter.
    with tempfile.TemporaryDirectory(prefix=f"mer-{name}-") as folder:
        cluster = Cluster(Path(folder), nodes, own_networks=own_networks)
        try:
            cluster.start()
        except NoCluster as reason:
            pytest.skip(f"no {name}: {reason}")
        try:
            yield cluster
        finally:
            cluster.stop()


class Job:
    def __init__(self, cluster: Cluster, number: str):
        self.cluster = cluster
        self.number = number

    def field(self, name: str) -> str:
        """A field of `scontrol show job`."""
        shown = self.cluster.on("ctl", "scontrol", "--oneliner", "show", "job", self.number)
        return re.search(rf"\b{name}=(\S*)", shown)[1]

    def starts(self) -> int:
        return int(self.field("Restarts")) + 1

    def ask(self, command: str, *arguments) -> None:
        """`scontrol requeue`, and other commands of Slurm that end in the job's number."""
        self.cluster.on("ctl", command, *arguments, self.number)

    def set(self, field: str) -> None:
        self.cluster.on("ctl", "scontrol", "update", f"JobId={self.number}", field)

    def wait(self, seconds: float = 120.0) -> tuple[str, int]:
        """Its last state and its exit code, once it is over."""
        state = wait_until(lambda: self._over(), f"job {self.number} is over", seconds)
        return state, int(self.field("ExitCode").split(":")[0])

    def _over(self) -> str | None:
        state = self.field("JobState")
        return state if state in OVER else None
