"""The rows of docs/failure.md on real processes: what happens to trials, results and exit codes when something fails."""
import os
import signal
import subprocess
import time
import uuid

import mer_run
import pytest
from fake_slurm import wait_until
from mer_run import EPOCHS, TRIALS, sweep_of, write_corpus
from programs import MemoryGroup, use_trainer

ROWS = TRIALS * EPOCHS * 2
MARGIN_SECONDS = 30  # in which a stopped process is to be found: 8 s (AgentTest), and what a busy machine adds


def failures(mer) -> list[tuple]:
    return mer.query("SELECT failure_kind, failure_code, failure_message FROM attempts WHERE outcome = 'failed'")


def run_and_pause(mer, sweep, rows: float) -> None:
    """The sweep under way: what ran is checkpointed, and handed back."""
    merctl = mer.start("run", sweep, "--workers", 2, "--no-web")
    wait_until(lambda: mer.epoch_rows() >= rows, f"{rows} rows")
    os.killpg(merctl.pid, signal.SIGINT)
    assert merctl.wait(60) == 6


# --- memory ---

FIRST_OF_EACH_WORKER = 'if mkdir "$STATE/$PPID" 2>/dev/null; then\n{limit}\nfi\nexec "$TRAINER" "$@"\n'


def assert_failed_for_memory_and_ended_well(mer, ended, undisturbed, kind, code):
    assert ended.returncode == 0, ended.stderr
    found = failures(mer)
    assert found and {(row[0], row[1]) for row in found} == {(kind, code)}, found
    assert all("out of memory" in message for *_, message in found)
    assert mer.outcome() == undisturbed.outcome()


def test_a_trainer_that_the_kernel_kills_for_its_memory_is_retried(mer, corpus, undisturbed):
    try:
        group = MemoryGroup(f"mer-test-{uuid.uuid4().hex}", 16 << 20)
    except OSError as error:
        pytest.skip(f"no cgroup with a limit on memory can be made here: {error}")
    try:
        mer.environment["STATE"] = str(mer.folder)
        use_trainer(mer, FIRST_OF_EACH_WORKER.format(limit=f"echo $$ >{group.path}/cgroup.procs"))
        ended = mer.run("run", mer.write_sweep(sweep_of(corpus)), "--workers", 2, "--no-web")
    finally:
        group.close()

    assert_failed_for_memory_and_ended_well(mer, ended, undisturbed, "signal", signal.SIGKILL)


# --- a process that stands still ---

def trainer_that_trains(mer):
    """Process of a trainer at the beginning of an attempt: one that has yet to start is given longer, one that has no
    trial any more costs none."""
    running = {pid for (pid,) in mer.query("SELECT pid FROM attempts WHERE outcome = 'running' AND pid IS NOT NULL"
                                           f" AND trial NOT IN (SELECT trial FROM epochs WHERE epoch > {EPOCHS // 3})")}
    return next((pid for pid in mer.processes("mer-trainer") if pid in running), None)


def test_a_stopped_trainer_is_found_soon(mer, corpus, undisturbed):
    merctl = mer.start("run", mer.write_sweep(sweep_of(corpus)), "--workers", 2, "--no-web")
    os.kill(wait_until(lambda: trainer_that_trains(mer), "a trainer trains"), signal.SIGSTOP)
    stopped = time.monotonic()
    wait_until(lambda: failures(mer), "the stopped trainer is found")
    found_after = time.monotonic() - stopped

    assert merctl.wait(60) == 0
    assert found_after < MARGIN_SECONDS
    [(kind, _, message), *_] = failures(mer)
    assert kind == "hang" and "no sign of life" in message
    assert mer.outcome() == undisturbed.outcome()


def test_a_worker_that_stands_still_while_its_job_ends_changes_nothing(mer, corpus, undisturbed):
    sweep = mer.write_sweep(sweep_of(corpus))
    merctl = mer.start("run", sweep, "--workers", 2, "--no-web")
    wait_until(lambda: mer.epoch_rows() >= 0.1 * ROWS and mer.processes("mer-trainer"), "trials train")
    sleeper = mer.processes("mer-worker")[0]
    os.kill(sleeper, signal.SIGSTOP)
    mer.kill_processes([*mer.processes("mpirun"), merctl.pid, *mer.processes("mer-coordinator")])
    merctl.wait(60)

    again = mer.run("run", sweep, "--workers", 2, "--no-web")
    before = mer.query("SELECT * FROM store"), mer.query("SELECT * FROM attempts ORDER BY trial, attempt")
    if sleeper in mer.processes("mer-worker"):  # the kernel wakes it when nobody is left who could
        os.kill(sleeper, signal.SIGCONT)
    wait_until(lambda: not mer.processes(), "the late worker and its trainer leave", 15)

    assert again.returncode == 0, again.stderr
    assert (mer.query("SELECT * FROM store"), mer.query("SELECT * FROM attempts ORDER BY trial, attempt")) == before
    assert mer.outcome() == undisturbed.outcome()


# --- trials ---

def test_a_trial_that_diverges_is_final_and_the_others_finish(mer, corpus):
    sweep = sweep_of(corpus, grid=None, zip={"train.learning_rate": [1e-3, 100], "model.beta": [0.1, 1e6]},
                     folds={"scheme": "session-holdout"}, resources={"stack": 2},
                     train={"epochs": 5, "batch_dialogues": 3, "optimizer": "sgd"})

    ended = mer.run("run", mer.write_sweep(sweep), "--workers", 1, "--no-web")

    assert ended.returncode == 1
    assert mer.query("SELECT state, attempt FROM trials ORDER BY trial") == [("done", 1), ("diverged", 1)]
    again = mer.run("run", mer.folder / "sweep.json", "--workers", 1, "--no-web")
    assert again.returncode == 1
    assert mer.query("SELECT max(attempt) FROM trials") == [(1,)]


def test_a_poisonous_trial_is_found_by_halving_and_its_neighbours_are_not_charged(mer, corpus):
    sweep = sweep_of(corpus, grid={"model.alpha": [0.1, 0.2, 0.3, 0.4]}, folds={"scheme": "session-holdout"},
                     train={"epochs": 150, "batch_dialogues": 3}, resources={"stack": 4},
                     retry={"max_attempts": 2})
    merctl = mer.start("run", mer.write_sweep(sweep), "--workers", 1, "--no-web")

    killed = set()
    while merctl.poll() is None:
        running = mer.query("SELECT trial, pid FROM attempts WHERE outcome = 'running'")
        all_started = all(pid for _, pid in running)
        for pid in [pid for trial, pid in running if trial == 1 and all_started]:
            if pid not in killed and pid in mer.processes("mer-trainer"):
                killed.add(pid)
                os.kill(pid, signal.SIGABRT)
        time.sleep(0.02)

    stacks = mer.query("SELECT count(*) FROM attempts WHERE outcome = 'failed' GROUP BY pid ORDER BY min(attempt)")
    assert merctl.returncode == 1
    assert [size for (size,) in stacks] == [4, 2, 1, 1]
    assert mer.query("SELECT state, crashes FROM trials ORDER BY trial") == [("failed", 2)] + [("done", 0)] * 3
    assert {(kind, code) for kind, code, _ in failures(mer)} == {("signal", signal.SIGABRT)}


# --- files ---

@pytest.mark.parametrize("damage, complaint", [
    (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "SHA-256"),
    (lambda content: content[:len(content) // 2], ""),
    (lambda content: b"", ""),
], ids=["corrupt", "truncated", "empty"])
def test_a_damaged_checkpoint_is_refused_and_the_older_one_used(mer, corpus, undisturbed, damage, complaint):
    sweep = mer.write_sweep(sweep_of(corpus))
    run_and_pause(mer, sweep, 0.2 * ROWS)
    trial, older = mer.query("SELECT c.trial, min(epoch) FROM checkpoints c GROUP BY c.trial HAVING count(*) = 2")[0]
    [(identity, file)] = mer.query("SELECT t.id, file FROM checkpoints c JOIN trials t USING (trial) "
                                   f"WHERE trial = {trial} ORDER BY c.epoch DESC LIMIT 1")
    newest = mer.store / file
    newest.write_bytes(damage(newest.read_bytes()))

    again = mer.run("run", sweep, "--workers", 2, "--no-web")

    assert again.returncode == 0, again.stderr
    assert mer.query(f"SELECT resumed_epoch FROM attempts WHERE trial = {trial} ORDER BY attempt DESC LIMIT 1") == [(older,)]
    shown = " ".join(mer.run("show", identity).stdout.split())
    assert "refused" in shown and file.rsplit("/", 1)[1] in shown.replace(" ", "") and complaint in shown
    assert mer.outcome() == undisturbed.outcome()


def test_a_corpus_file_that_is_deleted_between_two_attempts_is_named(mer, tmp_path, undisturbed):
    corpus = write_corpus(tmp_path / "mine")
    features = corpus / "features" / "text.safetensors"
    sweep = mer.write_sweep(sweep_of(corpus, retry={"max_attempts": 1}))
    run_and_pause(mer, sweep, 0.2 * ROWS)
    content = features.read_bytes()
    merctl = mer.start("run", sweep, "--workers", 2, "--no-web")
    before = mer.epoch_rows()
    wait_until(lambda: mer.epoch_rows() > before and mer.processes("mer-trainer"), "trials train again")
    features.unlink()
    mer.kill("mer-trainer")
    ended = merctl.wait(60)

    assert ended == 1
    named = mer.query("SELECT id, message FROM trials WHERE state = 'failed' AND message LIKE '%text.safetensors%'")
    assert named, mer.query("SELECT id, state, message FROM trials")
    assert str(features) in "".join(mer.run("show", named[0][0]).stdout.split())

    features.write_bytes(content)
    again = mer.run("run", sweep, "--workers", 2, "--no-web", "--retry-failed")
    assert again.returncode == 0, again.stderr
    assert mer.outcome() == undisturbed.outcome()


@pytest.fixture
def small_disk(mer):
    """The store's folder is a file system of its own, of a few megabytes."""
    mer.store.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "mer-test", str(mer.store)],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield mer
    mer.close()
    subprocess.run(["umount", str(mer.store)], check=True)


def fill(file) -> None:
    """Until the disk is full."""
    with file.open("wb", buffering=0) as ballast:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                pass


def test_a_full_disk_ends_the_run_and_the_same_command_goes_on_when_there_is_space(small_disk, corpus, undisturbed):
    mer = small_disk
    sweep = mer.write_sweep(sweep_of(corpus))
    merctl = mer.start("run", sweep, "--workers", 2, "--no-web")
    wait_until(lambda: mer.epoch_rows() >= 0.1 * ROWS, "trials train")
    fill(mer.store / "ballast")
    code = merctl.wait(60)
    said = mer.log.read_text()
    (mer.store / "ballast").unlink()
    checked = mer.query("PRAGMA integrity_check")

    again = mer.run("run", sweep, "--workers", 2, "--no-web")

    assert code not in (0, 1, 6)
    assert "free some space" in said
    assert checked == [("ok",)]
    assert again.returncode == 0, again.stderr
    assert mer.outcome() == undisturbed.outcome()
