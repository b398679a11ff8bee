"""resources.broadcast_features with real programs: a second machine, made of namespaces, that has no corpus folder."""
import os
import shutil
import stat
import subprocess

import pytest
from mer_run import TRIALS, sweep_of, write_corpus

# Stands before mpirun on PATH: all workers but the first run on a machine "elsewhere", where $HIDDEN is empty.
MPIRUN = """#!/bin/bash
arguments=("$@")
worker=${arguments[-1]}
others=$((arguments[-2] - 1))
exec REAL "${arguments[@]:0:$#-3}" -n 1 "$worker" : -n "$others" unshare --uts --mount sh -c \
  'hostname elsewhere && mount -t tmpfs none "$HIDDEN" && exec "$0"' "$worker"
"""


@pytest.fixture
def two_machines(mer, tmp_path):
    """A run of merctl whose second and third worker are elsewhere; a corpus that is not there."""
    tried = subprocess.run(["unshare", "--uts", "--mount", "sh", "-c", "hostname elsewhere && mount -t tmpfs none /mnt"],
                           capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no namespaces here: {tried.stderr.strip()}")
    programs = tmp_path / "programs"
    programs.mkdir()
    mpirun = programs / "mpirun"
    mpirun.write_text(MPIRUN.replace("REAL", shutil.which("mpirun")))
    mpirun.chmod(mpirun.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "local").mkdir()
    mer.environment |= {"PATH": f"{programs}:{os.environ['PATH']}", "HIDDEN": str(tmp_path / "shared"),
                        "MER_LOCAL": str(tmp_path / "local")}
    return mer


def hosts_of_trials(mer) -> dict[str, str]:
    return dict(mer.query("SELECT t.id, a.host FROM attempts a JOIN trials t USING (trial)"))


def test_machines_without_the_corpus_train_from_copies_with_the_same_results(two_machines, tmp_path, undisturbed):
    corpus = write_corpus(tmp_path / "shared" / "tiny")
    sweep = sweep_of(corpus, resources={"broadcast_features": True})

    ended = two_machines.run("run", two_machines.write_sweep(sweep), "--workers", 3, "--no-web")

    assert ended.returncode == 0, ended.stderr
    assert two_machines.outcome() == undisturbed.outcome()
    hosts = hosts_of_trials(two_machines)
    elsewhere = [trial for trial, host in hosts.items() if host == "elsewhere"]
    assert len(hosts) == TRIALS and 0 < len(elsewhere) < TRIALS
    copies = list((tmp_path / "local").glob("mer-*/corpora/*/corpus.json"))
    assert len(copies) == 1
    logs = [(two_machines.store / "logs" / trial / "1.log").read_text() for trial in elsewhere]
    assert any(log.startswith(f"corpus: {copies[0].parent}, a copy of {corpus}\n") for log in logs)


def test_without_it_such_a_machine_is_excluded(two_machines, tmp_path):
    corpus = write_corpus(tmp_path / "shared" / "tiny")
    sweep = sweep_of(corpus, retry={"max_attempts": 1})

    ended = two_machines.run("run", two_machines.write_sweep(sweep), "--workers", 3, "--no-web")

    assert ended.returncode == 0
    assert "node elsewhere is excluded" in ended.stderr
    assert not list((tmp_path / "local").iterdir())
    failures = two_machines.query("SELECT failure_message FROM attempts WHERE outcome = 'failed'")
    assert len(failures) >= 3 and all(f"{corpus}/corpus.json" in message for (message,) in failures)
