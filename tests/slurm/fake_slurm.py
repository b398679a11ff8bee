"""A stand-in for Slurm: enough of sbatch and scontrol to run one batch script over its requeues.

The script runs from a spool copy, as Slurm does it, in the folder of submission, with the SLURM_ variables of a job and
the programs of `programs` in front of PATH. `scontrol requeue` ends it with TERM and starts it again.
"""
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

TEMPLATE = Path(__file__).parents[2] / "slurm" / "job.sbatch.in"

SCONTROL = """#!/usr/bin/env bash
echo "$*" >>"$FAKE_SLURM/scontrol.log"
"""
SCANCEL = """#!/usr/bin/env bash
echo "$*" >>"$FAKE_SLURM/scancel.log"
"""
# Jobs of the chain that wait: the file `waiting-jobs`; nodes that each job was to avoid: `avoided-nodes`. When this job
# ends, nobody knows.
SQUEUE = """#!/usr/bin/env bash
case " $* " in
  *" --name "*) cat "$FAKE_SLURM/waiting-jobs" 2>/dev/null ;;
  *" %x "*) cat "$FAKE_SLURM/avoided-nodes" 2>/dev/null ;;
esac
"""


def job_script(programs: Path, store: Path, sweep: str) -> str:
    """slurm/job.sbatch.in as `merctl submit --slurm` fills it."""
    values = {"OPTIONS": "#SBATCH --open-mode=append\n", "SETUP": "", "LAUNCHER": "auto", "PROGRAMS": shlex.quote(str(programs)),
              "STORE": shlex.quote(str(store)), "SWEEP": shlex.quote(sweep), "SECONDS": "3600", "IDLE": "''"}
    return re.sub("@([A-Z]+)@", lambda place: values[place[1]], TEMPLATE.read_text())


def wait_until(condition, what: str, seconds: float = 120.0):
    """The first true value of condition(); fails with the name of what did not happen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class FakeSlurm:
    def __init__(self, folder: Path, script: str):
        self.folder = folder
        self.submit_dir = folder / "submitted-from"
        self.programs = folder / "programs"
        self.state = folder / "state"
        self.log = folder / "slurm.out"
        for each in (self.submit_dir, self.programs, self.state):
            each.mkdir(parents=True)
        self.spooled = folder / "spool" / "slurm_script"
        self.spooled.parent.mkdir()
        self.spooled.write_text(script)
        self.directives = re.findall(r"^#SBATCH\s+(\S+)$", script, re.MULTILINE)
        self.environment: dict[str, str] = {}
        self.starts = 0
        self.process: subprocess.Popen | None = None
        for name, text in (("scontrol", SCONTROL), ("scancel", SCANCEL), ("squeue", SQUEUE)):
            self.add_program(name, text)

    def add_program(self, name: str, text: str) -> Path:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def option(self, name: str) -> str | None:
        """The value of an #SBATCH option, '' for one without a value, None for one that is not there."""
        for directive in self.directives:
            key, _, value = directive.partition("=")
            if key == f"--{name}":
                return value
        return None

    def start(self) -> None:
        """What Slurm does when the job's turn comes, at first and after each requeue."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "MER_"))}
        environment |= {
            "PATH": f"{self.programs}:{environment['PATH']}",
            "FAKE_SLURM": str(self.state),
            "SLURM_JOB_ID": "4711",
            "SLURM_JOB_NAME": "mer-7-chain",
            "SLURM_SUBMIT_DIR": str(self.submit_dir),
        }
        if self.starts:
            environment["SLURM_RESTART_COUNT"] = str(self.starts)
        environment |= self.environment
        self.starts += 1
        mode = "a" if self.option("open-mode") == "append" else "w"
        with self.log.open(mode) as out:
            self.process = subprocess.Popen(
                ["bash", str(self.spooled)],
                cwd=self.submit_dir, env=environment, stdout=out, stderr=out, start_new_session=True)

    def told_scontrol(self) -> list[str]:
        log = self.state / "scontrol.log"
        return log.read_text().splitlines() if log.exists() else []

    def requeues(self) -> list[str]:
        return [line for line in self.told_scontrol() if line.startswith("requeue")]

    def withdrawals(self) -> list[str]:
        log = self.state / "scancel.log"
        return log.read_text().splitlines() if log.exists() else []

    def signal_batch(self, number: int) -> None:
        """`--signal=B:`: to the batch script's shell alone."""
        self.process.send_signal(number)

    def wait(self, seconds: float = 120.0) -> int:
        return self.process.wait(seconds)

    def end_for_requeue(self) -> None:
        """Slurm's side of `scontrol requeue`: TERM to everything."""
        os.killpg(self.process.pid, signal.SIGTERM)
        self.wait()

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
