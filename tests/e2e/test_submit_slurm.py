"""`merctl submit --slurm` and `merctl alloc` against stand-ins for Slurm's commands; tests/slurm has a real Slurm."""
import json
import re
import stat

import pytest
from fake_slurm import FakeSlurm, wait_until
from mer_run import TRIALS, sweep_of

# Numbers jobs, keeps their words, and lists in squeue those that no file `over-ID` ends. `refuse`: what sbatch says.
SBATCH = """#!/bin/sh
cd "$(dirname "$0")"
if [ -e refuse ]; then cat refuse >&2; exit 1; fi
id=$(( $(ls -d job-* 2>/dev/null | wc -l) + 100 ))
echo "$@" >job-$id
echo $id
"""
SQUEUE = """#!/bin/sh
cd "$(dirname "$0")"
echo "$@" >>asked
for job in job-*; do
  id=${job#job-}
  [ ! -e job-$id ] || [ -e over-$id ] || echo "$id|$([ -e running-$id ] && echo RUNNING || echo PENDING)|Priority||1:00:00|N/A"
done
"""


@pytest.fixture
def slurm(mer):
    folder = mer.folder / "slurm-commands"
    folder.mkdir()
    for name, text in (("sbatch", SBATCH), ("squeue", SQUEUE)):
        (folder / name).write_text(text)
        (folder / name).chmod(stat.S_IRWXU)
    mer.environment["PATH"] = f"{folder}:{mer.environment['PATH']}"
    return folder


def words_of(slurm, job: int) -> list[str]:
    return (slurm / f"job-{job}").read_text().split()


def test_a_chain_waits_for_each_other_and_status_shows_it(mer, slurm, corpus):
    file = mer.write_sweep(sweep_of(corpus))

    submitted = mer.run("submit", file, "--slurm", "--jobs", 2, "--time", "2:00:00", "--partition", "gpu")

    assert submitted.returncode == 0, submitted.stderr
    assert submitted.stdout.split() == ["100", "101"]
    first, second = words_of(slurm, 100), words_of(slurm, 101)
    assert not any("dependency" in word for word in first)
    assert "--dependency=afterany:100" in second
    assert first[1] == second[1] and first[1].startswith("--job-name=mer-1-")
    script = open(first[-1]).read()
    assert "#SBATCH --partition=gpu\n" in script and "#SBATCH --time=2:00:00\n" in script
    assert f"export MER_STORE='{mer.store}'\n" in script and "sweep='1'" in script
    status = mer.run("status").stdout
    assert "100" in status and "PENDING" in status and "Priority" in status
    assert mer.states() == ["pending"] * TRIALS


def test_a_dry_run_writes_and_submits_nothing(mer, slurm, corpus):
    dry = mer.run("submit", mer.write_sweep(sweep_of(corpus)), "--slurm", "--dry-run", "--nodes", 2)

    assert dry.returncode == 0, dry.stderr
    assert dry.stdout.startswith("#!/usr/bin/env bash\n") and "#SBATCH --nodes=2\n" in dry.stdout
    assert f"{TRIALS} trials, 60 epochs" in dry.stderr
    assert not mer.store.exists() and not list(slurm.glob("job-*"))


def test_the_cost_comes_from_trials_of_this_shape(mer, slurm, corpus):
    assert mer.run("run", mer.write_sweep(sweep_of(corpus)), "--no-web").returncode == 0

    dry = mer.run("submit", mer.write_sweep(sweep_of(corpus, seeds=[0, 1])), "--slurm", "--dry-run", "--fresh",
                  "--format", "json")

    found = json.loads(dry.stdout)
    assert (found["trials"], found["reused"]) == (2 * TRIALS, 0)
    assert 0 < found["worker_hours"] < 1


def test_what_slurm_refuses_leaves_the_sweep_in_the_store(mer, slurm, corpus):
    (slurm / "refuse").write_text("sbatch: error: invalid partition specified: gpuu\n")
    file = mer.write_sweep(sweep_of(corpus))

    refused = mer.run("submit", file, "--slurm", "--partition", "gpuu")

    assert refused.returncode == 2
    assert "invalid partition specified: gpuu" in refused.stderr
    assert "in the store as number 1; 0 of 1 jobs are in the queue" in refused.stderr
    (slurm / "refuse").unlink()
    assert mer.run("submit", file, "--slurm", "--partition", "gpu").stdout == "100\n"
    assert len(json.loads(mer.run("list", "--format", "json").stdout)["sweeps"]) == 1


def test_jobs_come_while_trials_wait(mer, slurm, corpus):
    assert mer.run("submit", mer.write_sweep(sweep_of(corpus))).returncode == 0
    assert mer.run("alloc", "add", "slurm", "--max-nodes", 3, "--backlog", 2, "--time", "30").stdout == "allocation 1\n"

    assert "6 trials without a worker: 2 jobs 100 101" in mer.run("alloc", "run", "--once").stdout
    assert "2 jobs in the queue already" in mer.run("alloc", "run", "--once").stdout
    (slurm / "running-100").touch()
    (slurm / "running-101").touch()
    assert "1 job 102" in mer.run("alloc", "run", "--once").stdout
    assert "its jobs have the 3 nodes" in mer.run("alloc", "run", "--once").stdout
    assert "sweep=''" in open(words_of(slurm, 100)[-1]).read()


def test_an_allocation_that_leads_nowhere_pauses_itself_until_a_person_resumes_it(mer, slurm, corpus):
    assert mer.run("submit", mer.write_sweep(sweep_of(corpus))).returncode == 0
    assert mer.run("alloc", "add", "slurm", "--max-nodes", 1).returncode == 0
    for job in (100, 101, 102):
        assert f"1 job {job}" in mer.run("alloc", "run", "--once").stdout
        (slurm / f"over-{job}").touch()

    assert "3 jobs in a row ended without a new epoch" in mer.run("alloc", "run", "--once").stdout
    assert "paused" in mer.run("alloc", "list").stdout
    assert mer.run("alloc", "resume", 1).stdout == "allocation 1: active\n"
    assert "1 job 103" in mer.run("alloc", "run", "--once").stdout


def test_a_job_that_somebody_else_saw_end_counts_too(mer, slurm, corpus):
    assert mer.run("submit", mer.write_sweep(sweep_of(corpus))).returncode == 0
    assert mer.run("alloc", "add", "slurm", "--max-nodes", 1).returncode == 0
    for job in (100, 101, 102):
        assert f"1 job {job}" in mer.run("alloc", "run", "--once").stdout
        (slurm / f"over-{job}").touch()
        mer.run("status")

    assert "3 jobs in a row ended without a new epoch" in mer.run("alloc", "run", "--once").stdout


def test_a_round_asks_slurm_once_for_all_allocations(mer, slurm, corpus):
    assert mer.run("submit", mer.write_sweep(sweep_of(corpus))).returncode == 0
    for _ in range(3):
        assert mer.run("alloc", "add", "slurm", "--max-nodes", 1).returncode == 0
    assert mer.run("alloc", "run", "--once").stdout.count("1 job 10") == 3
    (slurm / "asked").unlink(missing_ok=True)

    assert mer.run("alloc", "run", "--once").stdout.count("they may have") == 3
    assert len((slurm / "asked").read_text().splitlines()) == 1


def test_submissions_that_fail_back_off_and_say_why(mer, slurm, corpus):
    assert mer.run("submit", mer.write_sweep(sweep_of(corpus))).returncode == 0
    assert mer.run("alloc", "add", "slurm", "--max-nodes", 1).returncode == 0
    (slurm / "refuse").write_text("sbatch: error: Batch job submission failed: Invalid account\n")

    assert "Invalid account" in mer.run("alloc", "run", "--once").stdout
    assert "1 submission failed; the next try in" in mer.run("alloc", "run", "--once").stdout
    assert mer.run("alloc", "remove", 1).stdout == "allocation 1: removed; its jobs go on\n"
    assert mer.run("alloc", "run", "--once").stdout == ""
    assert "there is no allocation 1" in mer.run("alloc", "resume", 1).stderr


def test_a_job_with_nothing_to_do_ends_well(mer, corpus, tmp_path):
    one_trial = sweep_of(corpus, folds={"scheme": "session-holdout"}, grid=None, train={"epochs": 100_000})
    run = mer.start("run", mer.write_sweep(one_trial), "--workers", 1, "--no-web")
    wait_until(mer.epoch_rows, "the run trains its only trial")
    dry = mer.run("alloc", "add", "slurm", "--max-nodes", 1, "--cpus-per-task", 1, "--idle-timeout", "1s", "--dry-run")
    job = FakeSlurm(tmp_path / "slurm", dry.stdout)
    job.environment = mer.environment | {"PATH": f"{job.programs}:{mer.environment['PATH']}"}

    job.start()
    code = job.wait()
    job.close()

    said = job.log.read_text()
    assert code == 0, said
    assert "nothing to do for 1 s: these workers have left; the run goes on" in said
    assert len(re.findall("merctl ended with code 7", said)) == 1
    assert job.requeues() == []
    assert run.poll() is None and mer.query("SELECT max(crashes), count(*) FROM trials") == [(1, 1)]


def test_times_that_are_none_are_refused(mer):
    for words in (["work", "--idle-timeout", "soon"], ["alloc", "add", "slurm", "--max-nodes", 1, "--idle-timeout", "x"]):
        refused = mer.run(*words)
        assert refused.returncode == 2 and "--idle-timeout: " in refused.stderr
