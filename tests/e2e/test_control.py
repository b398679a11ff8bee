"""What people ask of sweeps while they run, and while nothing does: submit, cancel, pause, resume, retry, priority, explain."""
import json
import os
import signal
import stat

import pytest
from fake_slurm import wait_until
from mer_run import TRIALS, sweep_of

def long_sweep(corpus, name: str, **changes) -> dict:
    """One that does not end by itself; its trials differ from those of other names."""
    seed = sum(name.encode())
    return sweep_of(corpus, name=name, train={"epochs": 100000, "learning_rate": 1e-6 * seed}, **changes)


@pytest.fixture
def running(mer, corpus):
    """A run of one worker that goes on until it is stopped."""
    merctl = mer.start("run", mer.write_sweep(long_sweep(corpus, "first"), "first.json"), "--workers", 1, "--no-web")
    wait_until(mer.epoch_rows, "the run trains")
    yield merctl
    if merctl.poll() is None:
        os.killpg(merctl.pid, signal.SIGINT)
        merctl.wait(60)


def sweeps(mer) -> dict:
    return {sweep["name"]: sweep for sweep in json.loads(mer.run("list", "--format", "json").stdout)["sweeps"]}


def counts(mer, name: str) -> dict:
    return sweeps(mer)[name]["counts"]


def trial_in(mer, state: str) -> str:
    return mer.query(f"SELECT id FROM trials WHERE state = '{state}' ORDER BY trial")[0][0]


# --- while nothing runs ---

def test_a_sweep_is_submitted_and_controlled_without_a_run(mer, corpus):
    file = mer.write_sweep(sweep_of(corpus))

    submitted = mer.run("submit", file, "--priority", 3)
    assert submitted.returncode == 0, submitted.stderr
    assert submitted.stdout == f"sweep 1 (tiny): {TRIALS} trials\n"
    assert "nobody works on this store" in submitted.stderr
    assert mer.run("pause", "tiny").stdout == "tiny: paused; `merctl resume tiny` goes on\n"
    assert mer.run("pause", "tiny").returncode == 0
    assert (sweeps(mer)["tiny"]["activity"], sweeps(mer)["tiny"]["priority"]) == ("paused", 3)
    assert mer.run("resume", "1").stdout == "1: active\n"
    assert mer.run("priority", "tiny", "--", "-2").stdout == "tiny: priority -2\n"
    assert mer.run("cancel", "tiny").stdout == f"tiny: {TRIALS} trials cancelled\n"
    assert mer.run("cancel", "tiny").stdout == "tiny: 0 trials cancelled\n"
    assert counts(mer, "tiny")["cancelled"] == TRIALS
    assert mer.run("retry", "tiny", "--failed").stdout == "tiny: 0 trials will be tried again\n"
    assert mer.run("retry", "tiny").stdout == f"tiny: {TRIALS} trials will be tried again\n"
    assert mer.run("run", file, "--no-web").returncode == 0
    assert counts(mer, "tiny")["done"] == TRIALS


def test_what_is_not_there_is_said(mer, corpus):
    assert mer.run("cancel", "tiny").returncode == 2
    mer.run("submit", mer.write_sweep(sweep_of(corpus)))

    unknown = mer.run("cancel", "tny")
    assert unknown.returncode == 2
    assert 'no sweep "tny" in this store; did you mean "tiny"?' in unknown.stderr
    assert mer.run("pause", trial_in(mer, "pending")).returncode == 2
    assert mer.run("priority", "tiny", "high").returncode == 2


def test_a_finished_trial_is_reused_by_another_sweep_unless_fresh(mer, corpus):
    one = mer.write_sweep(sweep_of(corpus, grid={"model.auxiliary_loss": [True]}, name="one"), "one.json")
    two = mer.write_sweep(sweep_of(corpus, name="two"), "two.json")
    assert mer.run("run", one, "--no-web").returncode == 0

    plan = mer.run("plan", two)
    assert f"{TRIALS // 2} trials have their results in {mer.store}" in plan.stdout
    run = mer.run("run", two, "--no-web")
    assert f"{TRIALS // 2} of them had their results in the store" in run.stderr
    assert sweeps(mer)["two"]["reused"] == TRIALS // 2
    assert len(mer.query("SELECT 1 FROM attempts")) == TRIALS
    fresh = mer.run("run", two, "--no-web", "--fresh")
    assert fresh.returncode == 0
    assert len(mer.query("SELECT 1 FROM attempts")) == 2 * TRIALS
    weights = mer.query("SELECT substr(id, 1, 32), count(*), count(DISTINCT weights_sha256) FROM trial_results"
                        " JOIN trials USING (trial) GROUP BY 1")
    assert [(number, different) for _, number, different in weights] == [(2, 1)] * TRIALS, "the same numbers again"


def annotation(mer, target: str) -> dict:
    return json.loads(mer.run("note", target, "--format", "json").stdout)


def test_notes_and_tags_are_written_without_a_run(mer, corpus):
    mer.run("submit", mer.write_sweep(sweep_of(corpus)))
    trial = trial_in(mer, "pending")

    assert mer.run("note", "tiny").stdout == ""
    assert mer.run("note", "tiny", "two\nlines & é").stdout == "tiny: noted\n"
    assert mer.run("note", "tiny").stdout == "two\nlines & é\n"
    assert mer.run("tag", "tiny", "paper", "baseline").stdout == "tiny: tags baseline paper\n"
    assert mer.run("tag", "tiny").stdout == "baseline paper\n"
    assert mer.run("untag", "tiny", "paper").stdout == "tiny: tags baseline\n"
    assert annotation(mer, "1") == {"schema": 1, "sweep": 1, "note": "two\nlines & é", "tags": ["baseline"]}
    assert mer.run("tag", trial[:8], "odd").stdout == f"{trial[:8]}: tags odd\n"
    assert mer.run("note", trial, "why?").returncode == 0
    shown = mer.run("show", trial).stdout
    assert "tags           odd\n" in shown and "note           why?\n" in shown
    assert json.loads(mer.run("show", trial, "--format", "json").stdout)["tags"] == ["odd"]
    assert mer.run("note", "tiny", "").stdout == "tiny: no note\n"
    assert mer.run("untag", "tiny", "baseline").stdout == "tiny: no tags\n"
    assert annotation(mer, trial) == {"schema": 1, "trial": trial, "note": "why?", "tags": ["odd"]}


def test_sweeps_and_trials_are_found_by_their_tags(mer, corpus):
    for name in ("one", "two"):
        mer.run("submit", mer.write_sweep(sweep_of(corpus, name=name), f"{name}.json"))
    mer.run("tag", "one", "paper")
    trial = trial_in(mer, "pending")
    mer.run("tag", trial, "odd")

    listed = mer.run("status", "--tag", "paper").stdout
    assert "one" in listed and "paper" in listed and "two" not in listed
    assert [sweep["name"] for sweep in json.loads(mer.run("status", "--tag", "paper", "--format", "json").stdout)["sweeps"]] == ["one"]
    none = mer.run("status", "--tag", "none")
    assert (none.stdout, none.stderr) == ("", 'no sweep has the tag "none"\n')
    of_one = mer.run("status", "one", "--tag", "odd").stdout
    assert trial[:8] in of_one
    assert all(len(line) <= 80 for line in (listed + of_one).splitlines())


def test_notes_and_tags_that_are_not_kept_are_explained(mer, corpus):
    mer.run("submit", mer.write_sweep(sweep_of(corpus)))
    for command, why in [(("note", "tiny", "\x1b[2J"), "control character"), (("note", "tiny", "é" * 1001), "2002 bytes"),
                         (("tag", "tiny", "two words"), "two words"), (("tag", "tiny", "<b>"), "letters, digits"),
                         (("untag", "tiny"), "TAG is required"), (("note", "tny", "x"), "no sweep")]:
        refused = mer.run(*command)
        assert refused.returncode == 2 and why in refused.stderr, f"{command}: {refused.stderr}"
    assert annotation(mer, "tiny")["note"] == "" and annotation(mer, "tiny")["tags"] == []


# --- while a run goes on ---

def test_notes_and_tags_are_written_by_the_run_and_trouble_nothing(mer, running):
    trial = trial_in(mer, "running")
    longest = "é" * 1000

    assert mer.run("note", "first", longest).stdout == "first: noted\n"
    assert mer.run("tag", trial, "odd", "v1.2+").stdout == f"{trial}: tags odd v1.2+\n"
    assert mer.run("note", "first", "x\x1b").returncode == 2
    assert mer.run("untag", trial, "odd").stdout == f"{trial}: tags v1.2+\n"

    assert annotation(mer, "first")["note"] == longest
    assert annotation(mer, trial)["tags"] == ["v1.2+"]
    rows = mer.epoch_rows()
    wait_until(lambda: mer.epoch_rows() > rows, "it goes on")
    assert running.poll() is None
    assert mer.query("SELECT DISTINCT outcome FROM attempts") == [("running",)], "nothing was stopped"


def test_the_endpoint_is_for_its_owner_and_goes_with_the_run(mer, running):
    endpoint = mer.store / "endpoint.json"
    assert stat.S_IMODE(endpoint.stat().st_mode) == 0o600

    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(60) == 6
    assert not endpoint.exists()


def test_a_submitted_sweep_shares_the_workers(mer, corpus, running):
    second = mer.write_sweep(sweep_of(corpus, name="second"), "second.json")

    submitted = mer.run("submit", second, "--priority", 1)
    assert submitted.returncode == 0, submitted.stderr
    assert "the run that goes on has taken it up" in submitted.stderr
    assert mer.run("submit", second).returncode == 0, "once more: the same sweep"
    assert list(sweeps(mer)) == ["second", "first"]
    mer.run("pause", "first")

    assert mer.run("wait", "second", "--timeout", 200).returncode == 0
    assert counts(mer, "second")["done"] == TRIALS
    assert running.wait(60) == 6, "what is left is paused"
    assert list((mer.store / "submissions").iterdir()) == []


def test_a_running_trial_is_cancelled_and_comes_back(mer, running):
    trial = trial_in(mer, "running")

    cancelled = mer.run("cancel", trial)
    assert cancelled.stdout == f"{trial}: 1 trial cancelled\n", cancelled.stderr
    assert mer.query(f"SELECT state, crashes FROM trials WHERE id = '{trial}'") == [("cancelled", 0)]
    explained = mer.run("explain", trial[:8])
    assert "somebody cancelled it" in explained.stdout
    wait_until(lambda: counts(mer, "first")["running"], "its place is taken by another")
    assert mer.query(f"SELECT outcome FROM attempts JOIN trials USING (trial) WHERE id = '{trial}'") == [("stopped",)]

    assert mer.run("retry", trial).stdout == f"{trial}: 1 trial will be tried again\n"
    assert mer.query(f"SELECT state FROM trials WHERE id = '{trial}'")[0][0] in ("pending", "running")


def test_pausing_the_only_sweep_ends_the_run_and_the_command_resumes(mer, corpus, running):
    assert mer.run("pause", "first").returncode == 0

    assert running.wait(60) == 6
    rows = mer.epoch_rows()
    assert set(mer.states()) == {"pending"}
    assert mer.query("SELECT DISTINCT outcome FROM attempts") == [("stopped",)]
    again = mer.start("run", mer.folder / "first.json", "--workers", 1, "--no-web")
    wait_until(lambda: mer.epoch_rows() > rows, "it goes on")
    os.killpg(again.pid, signal.SIGINT)
    assert again.wait(60) == 6
    assert sweeps(mer)["first"]["activity"] == "paused", "a person has stopped it"


def test_cancelling_the_sweep_ends_the_run(mer, running):
    assert mer.run("cancel", "first").stdout == f"first: {TRIALS} trials cancelled\n"

    assert running.wait(60) == 1
    assert set(mer.states()) == {"cancelled"}


def test_explain_says_what_goes_first(mer, running):
    waiting = mer.run("explain", trial_in(mer, "pending"))
    runs = mer.run("explain", trial_in(mer, "running"), "--format", "json")

    assert waiting.returncode == 0
    assert "the worker is full" in waiting.stdout
    assert all(len(line) <= 80 for line in waiting.stdout.splitlines())
    assert "has it, as attempt 1" in json.loads(runs.stdout)["reasons"][0]


def test_status_shows_the_workers_of_a_run_and_of_no_other(mer, running):
    lines = mer.run("status").stdout.splitlines()
    table = lines[next(i for i, line in enumerate(lines) if line.startswith("worker ")):][:2]
    assert table[1].split()[0] == "1" and f" {trial_in(mer, 'running')[:8]} " in table[1]
    assert all(len(line) <= 80 for line in lines)

    os.killpg(running.pid, signal.SIGINT)
    running.wait(60)
    assert "worker " not in mer.run("status").stdout


def test_another_run_says_what_it_runs_too(mer, corpus, running):
    os.killpg(running.pid, signal.SIGKILL)
    wait_until(lambda: not mer.processes(), "all of it is gone")

    second = mer.write_sweep(sweep_of(corpus, name="second"), "second.json")
    merctl = mer.start("run", second, "--workers", 2, "--no-web", "--priority", 1)
    wait_until(lambda: "second" in sweeps(mer) and counts(mer, "second")["done"] == TRIALS, "its trials go first")
    assert f"also sweep 1 (first), which has {TRIALS} trials left" in mer.log.read_text()
    mer.run("cancel", "first")
    assert merctl.wait(60) == 0


def test_a_store_that_another_command_holds_is_waited_for(mer, corpus, running):
    busy = mer.run("run", mer.write_sweep(sweep_of(corpus, name="second"), "second.json"), "--no-web")

    assert busy.returncode == 5
    assert "`merctl submit" in busy.stderr
