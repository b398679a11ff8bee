"""`merctl submit --slurm`, `doctor --slurm` and `status` on a real Slurm of three nodes."""
import json
import re

from cluster import Job
from fake_slurm import wait_until
from mer_run import TRIALS, sweep_of
from on_slurm import assert_same_results, attempts, three_trials, train_slowly

LONG = {"epochs": 100000, "batch_dialogues": 3, "learning_rate": 1e-4}


def submitted(login, cluster, *arguments, cpus: int = 2) -> list[Job]:
    done = login.run("submit", *arguments, "--slurm", "--cpus-per-task", cpus, "--time", "10")
    assert done.returncode == 0, done.stderr
    return [Job(cluster, number) for number in done.stdout.split()]


def printed(login, job: Job) -> str:
    return (login.store / "jobs" / f"{job.number}.out").read_text()


def test_a_chain_ends_with_the_sweep_and_withdraws_what_waits(login, cluster, corpus, undisturbed):
    first, second = submitted(login, cluster, login.write_sweep(sweep_of(corpus)), "--nodes", 2, "--jobs", 2)

    assert re.search(rf"{second.number} +1 +PENDING .*Dependency", login.run("status").stdout)
    assert first.wait() == ("COMPLETED", 0), printed(login, first)
    assert second.wait()[0] == "CANCELLED"
    assert "is complete" in printed(login, first)
    assert login.outcome() == undisturbed.outcome()
    assert {host for (host,) in login.query("SELECT trainer_host FROM attempts")} == {"n1", "n2"}
    assert "PENDING" not in login.run("status").stdout


def test_near_its_time_limit_a_job_leaves_the_rest_to_the_next_of_its_chain(login, cluster, corpus):
    first, second = submitted(login, cluster, login.write_sweep(sweep_of(corpus, train=LONG)), "--jobs", 2)
    wait_until(login.epoch_rows, "it trains")
    first.ask("scancel", "--signal=USR1", "--batch")

    assert first.wait() == ("FAILED", 6), printed(login, first)
    assert "the next job of the chain goes on" in printed(login, first)
    wait_until(lambda: second.field("JobState") == "RUNNING" and "running" in login.states(), "the next one trains")
    assert login.run("cancel", "1").returncode == 0
    assert second.wait()[0] in ("COMPLETED", "FAILED")
    assert login.states() == ["cancelled"] * TRIALS


def test_the_last_of_a_chain_queues_itself_again(login, cluster, corpus):
    [job] = submitted(login, cluster, login.write_sweep(sweep_of(corpus, train=LONG)))
    wait_until(login.epoch_rows, "it trains")
    job.ask("scancel", "--signal=USR1", "--batch")

    wait_until(lambda: job.starts() == 2, "it is queued again")
    assert login.run("cancel", "1").returncode == 0
    wait_until(lambda: login.states() == ["cancelled"] * TRIALS, "nothing is left")


def test_a_paused_sweep_ends_its_job_and_its_chain(login, cluster, corpus):
    first, second = submitted(login, cluster, login.write_sweep(sweep_of(corpus, train=LONG)), "--jobs", 2)
    wait_until(login.epoch_rows, "it trains")

    assert login.run("pause", "1").returncode == 0
    assert first.wait() == ("FAILED", 6), printed(login, first)
    assert second.wait()[0] == "CANCELLED"


def test_a_second_job_joins_the_first(login, cluster, corpus):
    sweep = login.write_sweep(sweep_of(corpus, train=LONG))
    [first] = submitted(login, cluster, sweep)
    wait_until(login.epoch_rows, "the first one trains")
    [second] = submitted(login, cluster, sweep, "--nodes", 1)

    wait_until(lambda: len(set(login.query("SELECT trainer_host FROM attempts WHERE outcome = 'running'"))) == 2,
               "both nodes train")
    assert login.run("cancel", "1").returncode == 0
    assert first.wait()[0] in ("COMPLETED", "FAILED") and second.wait()[0] in ("COMPLETED", "FAILED")


def test_every_node_of_a_second_job_trains_for_the_run_that_it_joins(login, cluster, corpus, expected):
    sweep = login.write_sweep(three_trials(corpus) | {"resources": {"stack": 1}})
    site = login.folder / "site.json"
    site.write_text(json.dumps({"sbatch": ["--nodelist=n2,n3"]}))
    [first] = submitted(login, cluster, sweep, cpus=1)
    wait_until(login.epoch_rows, "the first one trains")
    of_the_first = login.processes("mer-trainer")
    [second] = submitted(login, cluster, sweep, "--nodes", 2, "--site", site, cpus=1)

    def have_joined():
        train_slowly(of_the_first)
        return {host for (host,) in attempts(login, "trainer_host", "trainer_host IS NOT NULL")} == {"n1", "n2", "n3"}
    wait_until(have_joined, "both nodes of the second one train")

    assert first.wait() == ("COMPLETED", 0), printed(login, first)
    assert second.wait() == ("COMPLETED", 0), printed(login, second)
    assert "joining the run of n1" in printed(login, second)
    assert sorted(attempts(login, "trainer_host, outcome")) == [(node, "finished") for node in cluster.nodes]
    assert_same_results(login, expected)


def test_doctor_finds_the_nodes_sound(login, cluster):
    doctor = login.run("doctor", "--slurm", "--nodes", 2, "--gpus-per-node", 1)

    assert doctor.returncode == 0, doctor.stdout
    assert "ran on 2: n[1-2]; GPUs: 0" in doctor.stdout
    assert len(re.findall(r"^ok +(mpirun|srun --mpi=pmix|launcher|all nodes|store|programs)", doctor.stdout, re.MULTILINE)) == 6
