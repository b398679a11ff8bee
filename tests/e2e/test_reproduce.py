"""merctl reproduce: a trial alone again has the recorded numbers, bit by bit, or says where it does not."""
import json
import shutil
import signal
import sqlite3

import mer_run
import pytest
from fake_slurm import wait_until
from mer_run import EPOCHS, TRIALS, sweep_of
from test_cli import too_wide


@pytest.fixture
def copied(undisturbed, tmp_path):
    """A copy of the finished store, to be changed."""
    run = mer_run.Mer(tmp_path)
    shutil.copytree(undisturbed.store, run.store)
    return run


def trial_of(mer, where="1") -> str:
    return mer.query(f"SELECT id FROM trials WHERE {where} ORDER BY trial LIMIT 1")[0][0]


def change(mer, sql: str) -> None:
    connection = sqlite3.connect(mer.store / "mer.db")
    with connection:
        assert connection.execute(sql).rowcount == 1
    connection.close()


def contents(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith("mer.db-")}  # SQLite's own beside the database


def test_a_trial_comes_out_identical_and_the_store_is_left_alone(undisturbed):
    before = contents(undisturbed.store)

    again = undisturbed.run("reproduce", trial_of(undisturbed)[:8])

    assert again.returncode == 0, again.stderr
    assert "identical, bit for bit" in again.stdout
    assert "final weights" in again.stdout and f"{EPOCHS} epochs" in again.stdout
    assert "the same in all that is recorded of it" in " ".join(again.stdout.split())
    assert too_wide(again.stdout) == []
    assert contents(undisturbed.store) == before


def test_json_and_quiet(undisturbed):
    trial = trial_of(undisturbed)

    as_json = undisturbed.run("reproduce", trial, "--format", "json")
    quiet = undisturbed.run("reproduce", trial, "--format", "quiet")

    answer = json.loads(as_json.stdout)
    recorded = undisturbed.query(f"SELECT weights_sha256 FROM trial_results JOIN trials USING (trial) WHERE id = '{trial}'")
    assert as_json.returncode == 0
    assert answer["schema"] == 1 and answer["trial"] == trial and answer["identical"] is True
    assert answer["weights"] == {"recorded": recorded[0][0], "again": recorded[0][0]}
    assert len(answer["selections"]) == 5 and all(one["same"] for one in answer["selections"])
    assert answer["curve"] == [] and answer["environment"] == []
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_a_trial_that_was_killed_and_resumed_comes_out_identical(mer, corpus):
    arguments = ("run", mer.write_sweep(sweep_of(corpus)), "--workers", 2, "--no-web")
    merctl = mer.start(*arguments)
    wait_until(lambda: mer.epoch_rows() >= 0.3 * TRIALS * EPOCHS * 2, "some epochs are recorded")
    mer.kill(None)
    merctl.wait(120)
    assert mer.run(*arguments).returncode == 0
    resumed = trial_of(mer, "trial IN (SELECT trial FROM attempts WHERE resumed_epoch > 0)")

    again = mer.run("reproduce", resumed)

    assert again.returncode == 0, again.stdout
    assert "identical, bit for bit" in again.stdout


@pytest.mark.parametrize("sql, words", [
    ("UPDATE epochs SET total = total + 0.001 WHERE trial = 1 AND split = 'train' AND epoch = 3",
     ["different from epoch 3 on", "train loss.total by 0.001 at most", "the final weights are the same"]),
    ("UPDATE trial_results SET weights_sha256 = printf('%064d', 7) WHERE trial = 1",
     ["different: the final weights", "every epoch has the same numbers", "00000000"]),
    ("UPDATE selected SET epoch = 1 WHERE trial = 1 AND rule = 'last'", ["different: 1 of 5 selections", "epoch"]),
    ("UPDATE predictions SET probabilities = zeroblob(length(probabilities)) WHERE trial = 1 AND number ="
     " (SELECT prediction FROM selected WHERE trial = 1 AND rule = 'last')", ["different:", "probabilities by"]),
], ids=["loss", "weights", "selected epoch", "probabilities"])
def test_numbers_that_were_changed_are_found(copied, sql, words):
    trial = trial_of(copied, "trial = 1")
    change(copied, sql)

    again = copied.run("reproduce", trial)

    assert again.returncode == 1
    for word in words:
        assert word in " ".join(again.stdout.split())
    assert too_wide(again.stdout) == []


def test_another_environment_is_named(copied):
    change(copied, "UPDATE attempts SET versions = json_set(versions, '$.libtorch', '1.0.0') WHERE trial = 1")

    again = copied.run("reproduce", trial_of(copied, "trial = 1"))

    assert again.returncode == 0
    assert "without effect" in again.stdout and "1.0.0; again: 2." in again.stdout


def test_keep_leaves_a_job_that_runs_by_hand(undisturbed, tmp_path):
    kept = tmp_path / "kept"

    first = undisturbed.run("reproduce", trial_of(undisturbed), "--keep", kept)
    second = undisturbed.run("reproduce", trial_of(undisturbed), "--keep", kept)

    job = json.loads((kept / "job.json").read_text())
    assert first.returncode == 0
    assert (kept / "folds" / f"{job['trials'][0]['spec']['fold']}.json").exists()
    assert second.returncode == 2 and "not an empty folder" in second.stderr


def test_a_trial_that_is_not_done_is_exit_code_2(copied):
    change(copied, "UPDATE trials SET state = 'pending', epoch = 4 WHERE trial = 1")
    change(copied, "DELETE FROM trial_results WHERE trial = 1")

    refused = copied.run("reproduce", trial_of(copied, "trial = 1"))

    assert refused.returncode == 2
    assert f"is pending, at epoch 4 of {EPOCHS}" in refused.stderr


@pytest.fixture
def endless(copied, tmp_path):
    """A store whose first trial takes too long to be waited for, and an empty folder for temporary files."""
    change(copied, "UPDATE trial_settings SET train = json_set(train, '$.epochs', 1000000)"
                   " WHERE settings = (SELECT settings FROM trials WHERE trial = 1)")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    copied.environment["TMPDIR"] = str(temporary)
    yield copied, temporary
    copied.close()


def test_an_interrupted_run_leaves_nothing_behind(endless):
    mer, temporary = endless
    merctl = mer.start("reproduce", trial_of(mer, "trial = 1"))
    wait_until(lambda: mer.processes("mer-trainer"), "the trainer runs")

    merctl.send_signal(signal.SIGINT)
    code = merctl.wait(60)

    assert code == 5
    assert "interrupted: nothing was compared" in mer.log.read_text()
    assert not mer.processes()
    assert list(temporary.iterdir()) == []


def test_a_trainer_that_is_killed_is_an_error_that_says_so(endless):
    mer, temporary = endless
    merctl = mer.start("reproduce", trial_of(mer, "trial = 1"))

    mer.kill("mer-trainer")
    code = merctl.wait(60)

    assert code == 70
    assert "mer-trainer ended before the trial did, with signal 9 (Killed)" in mer.log.read_text()
    assert list(temporary.iterdir()) == []


def test_the_trainer_does_not_outlive_merctl(endless):
    mer, _ = endless
    merctl = mer.start("reproduce", trial_of(mer, "trial = 1"))
    wait_until(lambda: mer.processes("mer-trainer"), "the trainer runs")

    mer.kill("merctl")
    merctl.wait(60)

    wait_until(lambda: not mer.processes(), "the trainer ends", 30)


def test_a_corpus_that_is_gone_is_named_and_can_be_named_anew(mer, tmp_path):
    corpus = mer_run.write_corpus(tmp_path / "here")
    sweep = sweep_of(corpus, grid=None, train={"epochs": 2, "batch_dialogues": 3})
    assert mer.run("run", mer.write_sweep(sweep), "--no-web").returncode == 0
    moved = corpus.rename(tmp_path / "there")

    gone = mer.run("reproduce", trial_of(mer))
    found = mer.run("reproduce", trial_of(mer), "--corpus", moved)
    features = moved / "features" / "audio.safetensors"
    features.write_bytes(features.read_bytes()[:-4] + b"\0\0\0\0")
    changed = mer.run("reproduce", trial_of(mer), "--corpus", moved)

    assert gone.returncode == 2 and str(corpus) in gone.stderr and "--corpus" in gone.stderr
    assert found.returncode == 0, found.stderr
    assert changed.returncode == 2 and "content hash" in changed.stderr


def test_an_exported_resolved_sweep_runs_as_the_same_trials(mer, corpus, tmp_path):
    sweep = sweep_of(corpus, train={"epochs": 1, "batch_dialogues": 3}, seeds=[3])
    assert mer.run("run", mer.write_sweep(sweep), "--no-web").returncode == 0
    exported = mer.run("export", "tiny", "--table", "resolved")
    resolved = tmp_path / "elsewhere" / "resolved.json"
    resolved.parent.mkdir()
    resolved.write_text(exported.stdout)
    other = mer_run.Mer(tmp_path / "elsewhere")

    same = mer.run("run", resolved, "--no-web")
    anew = other.run("run", resolved, "--no-web")

    assert (exported.returncode, same.returncode, anew.returncode) == (0, 0, 0)
    assert mer.query("SELECT count(*) FROM sweeps") == [(1,)]  # it is the same sweep
    assert other.outcome() == mer.outcome()
    assert other.query("SELECT resolved FROM sweeps") == mer.query("SELECT resolved FROM sweeps")
    assert mer.run("export", "tiny", "--table", "resolved", "--format", "csv").returncode == 2
