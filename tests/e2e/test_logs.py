"""merctl logs: what a trainer printed, within limits, once and as it comes."""
import os
import signal
import subprocess

import pytest
from fake_slurm import wait_until
from mer_run import BIN, sweep_of
from programs import use_trainer

WORDS = 'echo "printed by $$"\necho "and said" >&2\n'
TRAIN = 'exec "$TRAINER" "$@"\n'


def trials(mer, condition: str = "1") -> list[str]:
    return [trial for (trial,) in mer.query(f"SELECT id FROM trials WHERE {condition} ORDER BY trial")]


def start_endless(mer, corpus, **changes) -> str:
    """A run of one worker and one trial at a time that does not end by itself; its trainers print. The first trial."""
    use_trainer(mer, WORDS + TRAIN)
    sweep = sweep_of(corpus, train={"epochs": 100000, "batch_dialogues": 3}, resources={"stack": 1}, **changes)
    mer.start("run", mer.write_sweep(sweep), "--workers", 1, "--no-web")
    wait_until(mer.epoch_rows, "the first trial trains")
    return trials(mer, "state = 'running'")[0]


@pytest.fixture
def endless(mer, corpus):
    start_endless(mer, corpus)
    return mer


def follow(mer, *arguments) -> subprocess.Popen:
    return subprocess.Popen([BIN / "merctl", "logs", *arguments, "-f"], env=mer.environment, cwd=mer.folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_trials_log_has_both_streams_and_stands_for_the_whole_stack(mer, corpus):
    use_trainer(mer, WORDS + TRAIN)
    ended = mer.run("run", mer.write_sweep(sweep_of(corpus, resources={"stack": 3})), "--workers", 1, "--no-web")
    assert ended.returncode == 0, ended.stderr

    shown = [mer.run("logs", trial[:12]) for trial in trials(mer)]

    pointed = [log for log in shown if "in one stack with others" in log.stderr]
    assert all(log.returncode == 0 for log in shown)
    assert all(log.stdout.startswith("printed by ") and "and said\n" in log.stdout for log in shown)
    assert 0 < len(pointed) < len(shown)
    assert {log.stdout for log in pointed} <= {log.stdout for log in shown if log not in pointed}
    assert mer.run("logs", trials(mer)[-1], "--format", "quiet").stderr == ""


def test_a_trainer_that_prints_without_end_fills_no_disk_and_its_trial_ends_well(mer, corpus):
    mer.environment["MER_LOG_MEBIBYTES"] = "1"
    use_trainer(mer, f'echo first\nyes | head -c 40000000\necho last\n{TRAIN}')
    ended = mer.run("run", mer.write_sweep(sweep_of(corpus, resources={"stack": 6})), "--workers", 1, "--no-web")

    shown = mer.run("logs", trials(mer)[0]).stdout

    assert ended.returncode == 0, ended.stderr
    assert shown.startswith("first\ny\n") and "y\nlast\n" in shown
    assert f"[mer: {40000000 - 2 * shown.count('y' + chr(10))} bytes are left out here]\n" in shown
    assert max(file.stat().st_size for file in mer.store.glob("logs/*/*")) < 2.1 * 2**20


def test_a_log_that_is_followed_ends_with_its_attempt_and_says_how(mer, corpus):
    running = start_endless(mer, corpus, folds={"scheme": "session-holdout"}, grid=None)
    followed = follow(mer, running)
    begin = [followed.stdout.readline() for _ in range(2)]
    while running[:8] not in begin[-1]:
        begin.append(followed.stdout.readline())
    mer.kill("mer-trainer")
    rest, said = followed.stdout.read(), followed.stderr.read()

    assert begin[0].startswith("printed by ") and begin[1] == "and said\n"
    assert followed.wait(60) == 0
    assert said.startswith("merctl: attempt 1 failed: trainer killed by signal 9 ")
    wait_until(lambda: mer.query("SELECT 1 FROM attempts WHERE attempt = 2 AND pid IS NOT NULL"), "the next attempt trains")
    assert mer.run("logs", running, "--attempt", "1").stdout == "".join(begin) + rest
    newest = mer.run("logs", running).stdout.splitlines()[0]
    assert newest.startswith("printed by ") and newest not in begin[0]


def test_what_has_no_log_says_why(endless):
    mer = endless
    [running] = trials(mer, "state = 'running'")
    pending = trials(mer, "state = 'pending'")[0]

    never = mer.run("logs", pending)
    missing = mer.run("logs", running, "--attempt", "7")
    (mer.store / "logs" / running / "1.log").unlink()
    early = mer.run("logs", running)
    mer.kill("mer-trainer")
    wait_until(lambda: mer.query("SELECT 1 FROM attempts WHERE outcome = 'failed'"), "the attempt fails")
    gone = mer.run("logs", running, "--attempt", "1")
    table = mer.run("logs", running, "--format", "json")

    assert (never.returncode, never.stdout) == (2, "") and "has started; it is pending" in never.stderr
    assert (missing.returncode, missing.stdout) == (2, "") and "there is attempt 1" in missing.stderr
    assert (early.returncode, early.stderr) == (0, "merctl: attempt 1 is running, and has printed nothing\n")
    assert (gone.returncode, gone.stdout) == (2, "") and "its log is gone" in gone.stderr and "1.log" in gone.stderr
    assert table.returncode == 2 and "plain text" in table.stdout


def test_a_log_whose_run_was_killed_is_followed_no_further(endless):
    mer = endless
    [running] = trials(mer, "state = 'running'")
    followed = follow(mer, running)
    followed.stdout.readline()
    mer.kill_processes([pid for pid in mer.processes() if pid != followed.pid])
    said = followed.stderr.read()

    assert followed.wait(60) == 0
    assert "nobody works on it" in said and "`merctl run` goes on" in said


def test_following_ends_when_it_is_interrupted(endless):
    mer = endless
    [running] = trials(mer, "state = 'running'")
    followed = follow(mer, running)
    followed.stdout.readline()

    os.kill(followed.pid, signal.SIGINT)

    assert followed.wait(10) == -signal.SIGINT
