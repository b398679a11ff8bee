"""Workers of a second job join a run: two mpirun on one machine, one store."""
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import mer_run
import pytest
from fake_slurm import wait_until
from programs import write_program

JOINED = 2  # rank of the joined worker: the run has one of its own
LONG = {"train": {"epochs": 40, "batch_dialogues": 3, "learning_rate": 1e-3}, "resources": {"stack": 1}}


@pytest.fixture(scope="module")
def undisturbed_long(tmp_path_factory, corpus):
    run = mer_run.Mer(tmp_path_factory.mktemp("undisturbed_long"))
    ended = run.run("run", run.write_sweep(mer_run.sweep_of(corpus, **LONG)), "--workers", 2, "--no-web")
    assert ended.returncode == 0, ended.stderr
    return run


def begin(mer, corpus, **changes):
    """A run with one worker, and a second job that joins it with one."""
    sweep = mer.write_sweep(mer_run.sweep_of(corpus, **(LONG | changes)))
    run = mer.start("run", sweep, "--workers", 1, "--no-web")
    wait_until(mer.epoch_rows, "the run trains")
    return run


def join(mer, option="--join"):
    joined = mer.start("work", "tiny", "--workers", 1, option)
    wait_until(lambda: mer.query(f"SELECT 1 FROM attempts WHERE worker = {JOINED}"), "the joined worker has a trial")
    return joined


def of_joined(mer, columns: str) -> list[tuple]:
    return mer.query(f"SELECT {columns} FROM attempts WHERE worker = {JOINED}")


def assert_same(mer, undisturbed):
    expected, found = undisturbed.outcome(), mer.outcome()
    for table, rows in expected.items():
        assert found[table] == rows, f"{table} differ from an undisturbed run's"
    assert mer.query("SELECT max(crashes) FROM trials") == [(0,)]


def workers_of(mer) -> list[dict]:
    endpoint = json.loads((mer.store / "endpoint.json").read_text())
    request = urllib.request.Request(f"http://{endpoint['address']}:{endpoint['port']}/api/v1/workers",
                                     headers={"Authorization": f"Bearer {endpoint['token']}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["workers"]


def test_a_worker_of_a_second_job_tells_what_it_uses_too(mer, corpus):
    begin(mer, corpus, train={"epochs": 100000, "learning_rate": 1e-6})
    join(mer)

    wait_until(lambda: [bool(one["cpu_cores"]) for one in workers_of(mer)] == [True, True], "both are measured")
    assert all(10e6 < one["memory_bytes"] < 10e9 for one in workers_of(mer))


def test_workers_of_a_second_job_train_and_the_results_are_the_same(mer, corpus, undisturbed_long):
    run = begin(mer, corpus)
    joined = join(mer)

    assert run.wait(300) == 0
    assert joined.wait(60) == 0
    assert ("finished",) in of_joined(mer, "outcome")
    assert_same(mer, undisturbed_long)


def test_a_group_that_is_told_to_leave_hands_its_trial_back(mer, corpus, undisturbed_long):
    run = begin(mer, corpus)
    joined = join(mer)

    joined.send_signal(signal.SIGUSR1)
    code = joined.wait(60)
    still_running = run.poll() is None

    assert code == 6
    assert still_running
    assert of_joined(mer, "outcome")[-1] == ("stopped",)
    assert run.wait(300) == 0
    assert_same(mer, undisturbed_long)


def test_a_killed_gateways_trials_are_tried_elsewhere(mer, corpus, undisturbed_long):
    run = begin(mer, corpus)
    joined = join(mer)

    mer.kill("mer-gateway")
    code = joined.wait(60)

    assert code == 5
    assert run.wait(300) == 0
    assert set(of_joined(mer, "outcome")) <= {("finished",), ("failed",)}
    assert of_joined(mer, "outcome, failure_message")[-1] == ("failed", f"worker {JOINED} was lost")
    assert_same(mer, undisturbed_long)


def test_gangs_of_a_second_job_are_its_own(mer, corpus):
    sweep = mer_run.sweep_of(corpus, **(LONG | {"resources": {"stack": 1, "gpus_per_trial": 2, "device": "cpu"}}))
    run = mer.start("run", mer.write_sweep(sweep), "--workers", 2, "--no-web")
    wait_until(mer.epoch_rows, "the run trains")
    joined = mer.start("work", "tiny", "--workers", 3, "--join")

    assert run.wait(300) == 0
    assert joined.wait(60) == 0
    assert mer.query("SELECT DISTINCT worker FROM attempts ORDER BY worker") == [(1,), (3,)]
    assert set(mer.states()) == {"done"}


def test_when_the_run_is_lost_a_job_that_joined_it_goes_on(mer, corpus, undisturbed_long):
    run = begin(mer, corpus)
    joined = join(mer, "--no-web")

    mer.kill_processes([run.pid, *mer.processes("mer-coordinator")])

    assert joined.wait(300) == 0
    run.wait(60)
    assert mer.query("SELECT count(*) FROM attempts WHERE outcome = 'lost'")[0][0] > 0
    assert_same(mer, undisturbed_long)


def lead(mer, *options):
    """A coordinator without workers, on the sweep that has been submitted."""
    file = mer.store / "endpoint.json"
    file.unlink(missing_ok=True)
    coordinator = mer.start("coordinator", "tiny", "--no-web", *options)
    wait_until(file.exists, "the coordinator says where it is")
    return coordinator


def kill_coordinator(mer, coordinator):
    mer.kill_processes([coordinator.pid, *mer.processes("mer-coordinator")])
    coordinator.wait(60)
    wait_until(lambda: not mer.processes("mer-coordinator"), "the coordinator is dead")


def submit(mer, corpus):
    submitted = mer.run("submit", mer.write_sweep(mer_run.sweep_of(corpus, **LONG)))
    assert submitted.returncode == 0, submitted.stderr


def test_a_coordinator_without_workers_leads_those_of_other_jobs(mer, corpus, undisturbed_long):
    submit(mer, corpus)
    coordinator = lead(mer)
    joined = mer.start("work", "tiny", "--workers", 2, "--join")

    assert coordinator.wait(300) == 0
    assert joined.wait(60) == 0
    assert_same(mer, undisturbed_long)


def test_a_coordinator_that_stays_lets_workers_go_when_nothing_is_left(mer, corpus):
    submit(mer, corpus)
    coordinator = lead(mer, "--stay")
    joined = mer.start("work", "tiny", "--workers", 2, "--join")

    assert joined.wait(300) == 0
    assert set(mer.states()) == {"done"}
    assert coordinator.poll() is None
    coordinator.send_signal(signal.SIGTERM)
    assert coordinator.wait(60) == 0


def test_a_coordinator_that_is_told_to_end_hands_back(mer, corpus):
    submit(mer, corpus)
    coordinator = lead(mer)
    joined = mer.start("work", "tiny", "--workers", 2, "--join")
    wait_until(mer.epoch_rows, "the joined workers train")

    coordinator.send_signal(signal.SIGTERM)

    assert coordinator.wait(60) == 6
    assert joined.wait(60) == 5
    assert "running" not in mer.states()
    assert ("stopped",) in mer.query("SELECT outcome FROM attempts")


def test_training_goes_on_while_there_is_no_coordinator(mer, corpus, undisturbed_long):
    submit(mer, corpus)
    first = lead(mer)
    joined = mer.start("work", "tiny", "--workers", 2, "--join")
    wait_until(mer.epoch_rows, "the joined workers train")
    wait_until(lambda: len(mer.processes("mer-trainer")) == 2, "both have trainers")
    trainers = mer.processes("mer-trainer")

    kill_coordinator(mer, first)
    epochs = mer.epoch_rows()
    second = lead(mer)
    wait_until(lambda: mer.epoch_rows() > epochs, "epochs reach the next coordinator")
    trainers_now = mer.processes("mer-trainer")

    assert second.wait(300) == 0
    assert joined.wait(60) == 0
    assert trainers_now == trainers
    assert set(mer.query("SELECT attempt, outcome FROM attempts")) == {(1, "finished")}
    assert mer.query("SELECT count(*) FROM epochs WHERE attempt > 1") == [(0,)]
    assert_same(mer, undisturbed_long)


def test_when_patience_runs_out_the_group_ends_and_its_trials_are_tried_again(mer, corpus, undisturbed_long):
    submit(mer, corpus)
    first = lead(mer)
    joined = mer.start("work", "tiny", "--workers", 1, "--join", "--patience", 1)
    wait_until(mer.epoch_rows, "the joined worker trains")

    kill_coordinator(mer, first)
    assert joined.wait(60) == 5
    assert mer.query("SELECT count(*) FROM attempts WHERE outcome = 'running'") == [(1,)]
    mer.environment["MER_GROUP_GRACE"] = "1"
    second = lead(mer)
    assert mer.start("work", "tiny", "--workers", 2, "--join").wait(300) == 0

    assert second.wait(60) == 0
    assert mer.query("SELECT failure_message FROM attempts WHERE outcome = 'failed'") == [
        ("its group did not come back",)]
    assert_same(mer, undisturbed_long)


def leader(mer) -> int | None:
    """The process that the store's endpoint names, if it lives: of a coordinator that a job has started by itself."""
    file = mer.store / "endpoint.json"
    pid = json.loads(file.read_text())["pid"] if file.exists() else None
    return pid if pid in mer.processes("mer-coordinator") else None


def start_joiners(mer, count):
    """Each in a job of its own, with one worker that has a trial."""
    joined = [mer.start("work", "tiny", "--workers", 1, "--no-web") for _ in range(count)]
    wait_until(lambda: len(mer.processes("mer-gateway")) == count, "each job has joined")
    wait_until(lambda: len(mer.query("SELECT 1 FROM attempts WHERE outcome = 'running'")) >= count, "all train")
    return joined


def parent_of(pid: int) -> int:
    """0: it has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def leading_job(mer, jobs):
    """The one of these jobs whose coordinator leads."""
    parent = parent_of(wait_until(lambda: leader(mer), "a job leads"))
    return next(job for job in jobs if job.pid == parent)


def trainers_of(mer, job) -> set[int]:
    def descends(pid):
        return pid == job.pid or pid > 1 and descends(parent_of(pid))
    return {pid for pid in mer.processes("mer-trainer") if descends(pid)}


def test_when_the_leading_job_is_killed_one_that_joined_leads_the_others_on(mer, corpus, undisturbed_long):
    run = begin(mer, corpus)
    joined = start_joiners(mer, 2)
    trained = f"SELECT trial, attempt FROM attempts WHERE worker >= {JOINED} AND outcome"
    wait_until(lambda: len(mer.query(f"{trained} = 'running'")) == 2, "both joined workers train")
    held = mer.query(f"{trained} = 'running'")
    trainers = trainers_of(mer, joined[0]) | trainers_of(mer, joined[1])

    mer.kill_processes([run.pid, *mer.processes("mpirun")[:1], *mer.processes("mer-coordinator")])
    run.wait(60)
    assert leading_job(mer, joined)
    trainers_then = set(mer.processes("mer-trainer"))

    assert [job.wait(300) for job in joined] == [0, 0]
    assert trainers <= trainers_then
    assert set(held) <= set(mer.query(f"{trained} = 'finished'"))
    assert_same(mer, undisturbed_long)
    assert "this job leads the run from now on" in mer.log.read_text()


def test_without_a_coordinator_a_job_leads_and_no_trial_begins_anew(mer, corpus, undisturbed_long):
    submit(mer, corpus)
    first = lead(mer)
    joined = start_joiners(mer, 2)

    kill_coordinator(mer, first)

    assert [job.wait(300) for job in joined] == [0, 0]
    assert set(mer.query("SELECT attempt, outcome FROM attempts")) == {(1, "finished")}
    assert_same(mer, undisturbed_long)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1], ids=["TERM", "USR1"])
def test_a_job_that_leads_hands_over_when_it_is_told_to_end(mer, corpus, undisturbed_long, number):
    submit(mer, corpus)
    first = lead(mer)
    joined = start_joiners(mer, 2)
    kill_coordinator(mer, first)
    leading = leading_job(mer, joined)
    other, = (job for job in joined if job is not leading)
    wait_until(lambda: mer.log.read_text().count("comes back with") == 2, "both jobs have found it")

    leading.send_signal(number)

    assert leading.wait(60) == 6
    assert leading_job(mer, [other])
    assert other.wait(300) == 0
    assert set(mer.query("SELECT outcome FROM attempts")) == {("stopped",), ("finished",)}
    assert_same(mer, undisturbed_long)


def test_who_only_joins_never_leads(mer, corpus):
    submit(mer, corpus)
    first = lead(mer)
    joined = mer.start("work", "tiny", "--workers", 1, "--join", "--patience", 12)  # longer than who leads waits
    wait_until(mer.epoch_rows, "the joined worker trains")

    kill_coordinator(mer, first)

    assert joined.wait(60) == 5
    assert "leads the run" not in mer.log.read_text()


def test_without_the_runs_key_nobody_joins(mer, corpus):
    begin(mer, corpus, train=LONG["train"] | {"epochs": 20_000})
    file = mer.store / "endpoint.json"
    endpoint = json.loads(file.read_text())
    endpoint["gateway"]["client_secret"] = endpoint["gateway"]["server_key"]  # a key, but another one
    file.write_text(json.dumps(endpoint))

    refused = mer.run("work", "tiny", "--workers", 1, "--join")

    assert refused.returncode == 5
    assert "has not answered" in refused.stderr
    assert not of_joined(mer, "1")
    assert mer.processes("mer-coordinator")
    assert os.stat(file).st_mode & 0o777 == 0o600


def test_there_must_be_a_run_to_join(mer, corpus):
    ended = mer.run("run", mer.write_sweep(mer_run.sweep_of(corpus)), "--workers", 1, "--no-web")
    assert ended.returncode == 0, ended.stderr

    refused = mer.run("work", "tiny", "--join")

    assert refused.returncode == 5
    assert "no run works on this store" in refused.stderr


def join_from_a_broken_node(mer, host: str) -> subprocess.Popen:
    """A worker on a host of that name, where every trainer dies at once."""
    programs = mer.folder / "broken"
    programs.mkdir()
    for name in ("merctl", "mer-gateway", "mer-worker"):
        shutil.copy2(mer_run.BIN / name, programs / name)
    write_program(programs / "mer-trainer", "#!/bin/sh\nexit 3\n")
    words = f"hostname {host} && exec {programs / 'merctl'} work tiny --workers 1 --join"
    with mer.log.open("a") as log:
        return subprocess.Popen(["unshare", "--uts", "sh", "-c", words], env=mer.environment, cwd=mer.folder,
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


@pytest.mark.skipif(subprocess.run(["unshare", "--uts", "true"], check=False, capture_output=True).returncode != 0,
                    reason="a host name of its own needs root and namespaces")
def test_a_node_on_which_every_trial_crashes_is_excluded_and_costs_nobody_an_attempt(mer, corpus, undisturbed_long):
    address = mer_run.address_of_this_machine()
    if address is None:
        pytest.skip("this machine has a loopback address only")
    mer.environment["MER_GATEWAY_ADDRESS"] = address
    run = begin(mer, corpus, retry={"max_attempts": 1})
    joined = join_from_a_broken_node(mer, "broken-node")

    assert joined.wait(120) == 8
    assert run.wait(300) == 0
    failed = mer.query("SELECT trial, t.id FROM attempts JOIN trials t USING (trial) WHERE outcome = 'failed'")
    assert len({trial for trial, _ in failed}) >= 3  # more, where the good node has nothing to show when the third has crashed
    assert_same(mer, undisturbed_long)
    assert "broken-node" in mer.run("status").stdout
    said = re.search(r"node broken-node is excluded: (\d+ trials) in a row failed there, last: ", mer.log.read_text())[1]
    assert said in [f"{trials} trials" for trials in range(3, len({trial for trial, _ in failed}) + 1)]
    assert f"broken-node is excluded: {said}" in " ".join(mer.run("explain", failed[0][1]).stdout.split())


def test_an_excluded_node_joins_no_run_until_it_is_taken_back(mer, corpus):
    run = begin(mer, corpus, train=LONG["train"] | {"epochs": 20_000})
    host, = {host for (host,) in mer.query("SELECT host FROM attempts")}

    assert mer.run("node", "exclude", host).stdout == f"node {host}: excluded\n"
    refused = mer.run("work", "tiny", "--workers", 1, "--join")

    assert refused.returncode == 8
    assert f"node {host} is excluded: a person has excluded it; `merctl node include {host}` takes" in refused.stderr
    assert "excluded node" in mer.run("status").stdout
    assert mer.run("node", "list", "--format", "quiet").stdout == f"{host}\n"
    script = mer.run("alloc", "add", "slurm", "--max-nodes", 1, "--dry-run").stdout
    assert f"#SBATCH --exclude={host.split('.')[0]}\n" in script
    assert run.poll() is None and not of_joined(mer, "1")

    assert mer.run("node", "include", host).stdout == f"node {host}: gets trials again\n"
    assert mer.run("node", "include", host).stdout == f"node {host}: is not excluded\n"
    join(mer)
