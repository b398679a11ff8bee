"""A whole sweep through the real processes: merctl, mpirun, coordinator, workers, trainers, SQLite."""
import csv
import io
import json
import os
import time

from fake_slurm import wait_until
from mer_run import EPOCHS, TRIALS, sweep_of, write_corpus


def test_every_trial_is_done_with_every_epoch_recorded(undisturbed):
    assert undisturbed.states() == ["done"] * TRIALS
    assert undisturbed.query("SELECT DISTINCT split FROM curve ORDER BY split") == [("test",), ("train",)]
    assert undisturbed.epoch_rows() == TRIALS * EPOCHS * 2
    assert undisturbed.query("SELECT max(attempt) FROM trials") == [(1,)]


def test_every_utterance_is_predicted_under_every_rule(undisturbed):
    selected = undisturbed.outcome()["predictions"]

    assert {rule for _, rule, *_ in selected} == {"last", "best-test"}  # no validation part
    assert all(len(probabilities) == 24 * 4 * 4 for *_, probabilities in selected)  # 24 utterances, 4 classes, float32


def test_results_average_over_folds_and_say_how_many(undisturbed):
    table = undisturbed.run("results", "tiny", "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(table.stdout)))
    assert table.returncode == 0
    assert {row["n"] for row in rows} == {"3"} and {row["expected_n"] for row in rows} == {"3"}
    assert {row["selection"] for row in rows} == {"last"}
    for row in rows:
        assert 0 <= float(row["mean"]) <= 1 and float(row["sd"]) >= 0


def test_running_a_finished_sweep_again_trains_nothing(undisturbed):
    before = undisturbed.query("SELECT trial, attempt, started_at FROM attempts ORDER BY trial, attempt")

    again = undisturbed.run("run", undisturbed.folder / "sweep.json", "--workers", 2, "--no-web")

    assert again.returncode == 0
    assert "training on the CPU: " in again.stderr
    assert undisturbed.query("SELECT trial, attempt, started_at FROM attempts ORDER BY trial, attempt") == before
    assert json.loads(undisturbed.run("list", "--format", "json").stdout)["schema"] == 1


def test_results_do_not_depend_on_the_number_of_workers(mer, corpus, undisturbed):
    ended = mer.run("run", mer.write_sweep(sweep_of(corpus)), "--workers", 1, "--no-web")

    assert ended.returncode == 0
    assert mer.outcome() == undisturbed.outcome()


def test_trainers_of_two_workers_run_on_different_cores(mer, corpus):
    mer.start("run", mer.write_sweep(sweep_of(corpus, train={"epochs": 2000})), "--workers", 2, "--no-web")

    trainers = wait_until(lambda: pids if len(pids := mer.processes("mer-trainer")) == 2 else None, "two trainers")
    wait_until(mer.epoch_rows, "the trainers train")
    first, second = (os.sched_getaffinity(pid) for pid in trainers)

    assert not first & second or os.cpu_count() < 2


def test_an_idle_worker_leaves_the_core_alone(mer, corpus):
    short_and_long = sweep_of(corpus, folds={"scheme": "session-holdout"}, grid={"train.epochs": [1, 20000]})
    mer.start("run", mer.write_sweep(short_and_long), "--workers", 2, "--no-web")
    wait_until(lambda: "done" in mer.states() and len(mer.processes("mer-trainer")) == 1, "one worker is idle")
    trainer = mer.processes("mer-trainer")[0]
    busy = int(open(f"/proc/{trainer}/stat").read().rsplit(")", 1)[1].split()[1])
    idle = next(pid for pid in mer.processes("mer-worker") if pid != busy)

    before, began = cpu_seconds(idle), time.monotonic()
    time.sleep(4)
    share = (cpu_seconds(idle) - before) / (time.monotonic() - began)

    assert share < 0.02


def cpu_seconds(pid: int) -> float:
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_corpus_that_changed_in_place_is_a_new_sweep(mer, tmp_path):
    corpus = write_corpus(tmp_path / "mine")
    arguments = ("run", mer.write_sweep(sweep_of(corpus, grid=None, train={"epochs": 1})), "--no-web")
    assert mer.run(*arguments).returncode == 0
    before = mer.query("SELECT id FROM trials")
    features = corpus / "features" / "audio.safetensors"
    features.write_bytes(features.read_bytes()[:-4] + b"\0\0\0\0")  # the last number becomes 0

    again = mer.run(*arguments)

    assert again.returncode == 0
    assert mer.query("SELECT count(*) FROM sweeps") == [(2,)]
    assert len(mer.query("SELECT id FROM trials WHERE state = 'done'")) == 2 * len(before)


def test_failed_trials_are_tried_again_when_asked(mer, corpus):
    sweep = mer.write_sweep(sweep_of(corpus, grid=None, train={"epochs": 1}, retry={"max_attempts": 1},
                                     record={"representations": True}))
    mer.store.mkdir()
    in_the_way = mer.store / "representations"
    in_the_way.write_text("a file where the trainers need a folder")
    failed = mer.run("run", sweep, "--no-web")
    in_the_way.unlink()

    unchanged = mer.run("run", sweep, "--no-web")
    again = mer.run("run", sweep, "--no-web", "--retry-failed")

    assert (failed.returncode, unchanged.returncode, again.returncode) == (1, 1, 0)
    assert "`merctl retry 1 --failed` tries them again" in unchanged.stderr
    assert "3 failed trials are tried again" in again.stderr
    assert mer.states() == ["done"] * 3
    assert len(list(in_the_way.glob("*/*.safetensors"))) == 3
