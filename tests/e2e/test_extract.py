"""merctl extract: from recordings and transcripts to the feature files of a corpus folder, whatever comes between."""
import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import termios
from pathlib import Path

import mer_run
import pytest
from fake_slurm import wait_until
from mer_run import sweep_of
from recorded_corpus import write_recorded_corpus

FAULTS = mer_run.BIN.parent / "tests" / "write_faults.so"
BOTH = ("--audio", "mfcc", "--text", "hash")


def corpus_of(mer, name: str = "recorded", **settings) -> Path:
    return write_recorded_corpus(mer.folder / name, **settings)


def copy_of(corpus: Path, name: str) -> Path:
    return Path(shutil.copytree(corpus, corpus.parent / name))


def features_of(corpus: Path) -> dict[str, bytes]:
    """The feature files, and nothing else but the lock."""
    folder = corpus / "features"
    files = {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}
    files.pop(".lock", None)
    return files


def provenance_of(corpus: Path) -> dict:
    """What corpus.json says of the features, but for when."""
    described = json.loads((corpus / "corpus.json").read_text())
    for entry in described["features"].values():
        entry.pop("extracted")
    return described


def extracted(mer, corpus: Path, *options) -> list[dict]:
    run = mer.run("extract", corpus, *(options or BOTH), "--format", "json")
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout)["extracted"]


def test_extracted_features_train_a_model(mer):
    corpus = corpus_of(mer)

    audio, text = extracted(mer, corpus)

    assert (audio["modality"], audio["method"], audio["dim"]) == ("audio", "mfcc", 100)
    assert (text["modality"], text["method"], text["dim"]) == ("text", "hash", 1024)
    assert audio["utterances"] == audio["computed"] == 12
    checked = json.loads(mer.run("corpus", "check", corpus, "--format", "json").stdout)
    assert checked["modalities"] == {"audio": 100, "text": 1024}
    sweep = sweep_of(corpus, grid=None, train={"epochs": 1})
    ended = mer.run("run", mer.write_sweep(sweep), "--workers", 1, "--no-web")
    assert ended.returncode == 0, ended.stderr


def test_jobs_and_interruptions_change_no_byte(mer):
    corpus = corpus_of(mer, utterances=120)
    undisturbed, killed = copy_of(corpus, "undisturbed"), copy_of(corpus, "killed")
    extracted(mer, undisturbed, *BOTH, "--jobs", 1)

    journal = killed / "features" / ".audio.journal"
    for rows in (0, 1, 40, 80):
        run = mer.start("extract", killed, *BOTH, "--jobs", 2)
        wait_until(lambda at=rows: journal.exists() and journal.read_bytes().count(b"\n") > at, f"{rows} rows")
        mer.kill("mer-extractor")
        assert run.wait() not in (0, 1)
    again = extracted(mer, killed, *BOTH, "--jobs", 3)

    assert 0 < again[0]["computed"] < 120
    assert features_of(killed) == features_of(undisturbed)
    assert provenance_of(killed) == provenance_of(undisturbed)


# Every seventh call: some before there is a journal, before the file has its name, and after. All of them are tried by
# tests/extractor/extraction_points_test.cpp.
def test_killed_at_a_write_it_goes_on_to_the_same_bytes(mer):
    corpus = corpus_of(mer, utterances=2)
    undisturbed = copy_of(corpus, "undisturbed")
    extracted(mer, undisturbed, "--text", "hash")
    healthy = dict(mer.environment)
    stages = []
    for at in range(3, 200, 7):
        folder = copy_of(corpus, f"killed-{at}")
        mer.environment = healthy | {
            "LD_PRELOAD": str(FAULTS), "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0",
            "MER_FAULT_FOLDER": str(folder), "MER_FAULT_PROGRAM": "mer-extractor", "MER_FAULT": "kill-before",
            "MER_FAULT_AT": str(at), "MER_FAULT_MET": str(mer.folder / f"met-{at}")}
        status = mer.run("extract", folder, "--text", "hash", "--jobs", 1).returncode
        mer.environment = healthy
        if not (mer.folder / f"met-{at}").exists():
            assert status == 0
            break
        assert status != 0
        left = features_of(folder)
        stages.append("named" if "text.safetensors" in left else "begun" if ".text.journal" in left else "not begun")
        # Complete or absent, whatever stands there.
        if "text" in json.loads((folder / "corpus.json").read_text())["modalities"]:
            assert mer.run("corpus", "check", folder).returncode == 0
        extracted(mer, folder, "--text", "hash")
        assert features_of(folder) == features_of(undisturbed), at
        assert provenance_of(folder) == provenance_of(undisturbed), at
        assert not list(folder.glob("*.tmp-*"))
    assert set(stages) == {"not begun", "begun", "named"}


def test_a_full_disk_is_said_and_the_same_command_goes_on(mer):
    corpus = corpus_of(mer)
    healthy = dict(mer.environment)
    mer.environment |= {
        "LD_PRELOAD": str(FAULTS), "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0",
        "MER_FAULT_FOLDER": str(corpus), "MER_FAULT_PROGRAM": "mer-extractor", "MER_FAULT": "enospc",
        "MER_FAULT_AT": "20", "MER_FAULT_MET": str(mer.folder / "met"), "MER_FAULT_LASTING": "1"}

    full = mer.run("extract", corpus, "--audio", "mfcc")
    mer.environment = healthy

    assert full.returncode == 70
    assert "No space left on device; free some space" in full.stderr
    assert extracted(mer, corpus, "--audio", "mfcc")[0]["computed"] < 12


def test_ctrl_c_keeps_what_is_computed(mer):
    corpus = corpus_of(mer, utterances=120)
    journal = corpus / "features" / ".audio.journal"

    run = mer.start("extract", corpus, "--audio", "mfcc", "--jobs", 1)
    wait_until(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 3, "rows")
    run.send_signal(signal.SIGINT)

    assert run.wait() == 6
    assert "audio: stopped; the same command goes on where this one was" in mer.log.read_text()
    assert extracted(mer, corpus, "--audio", "mfcc")[0]["computed"] < 118


def test_it_ends_with_merctl(mer):
    corpus = corpus_of(mer, utterances=120)
    run = mer.start("extract", corpus, "--audio", "mfcc", "--jobs", 1)
    wait_until(lambda: mer.processes("mer-extractor"), "mer-extractor runs")

    run.kill()

    wait_until(lambda: not mer.processes("mer-extractor"), "mer-extractor has ended")


def test_recordings_that_cannot_be_read_are_all_named_and_nothing_is_written(mer):
    corpus = corpus_of(mer)
    raw = corpus.parent / "raw"
    sound = (raw / "u3.wav").read_bytes()
    (raw / "u3.wav").write_text("no sound")
    (raw / "u7.wav").rename(raw / "moved.wav")

    failed = mer.run("extract", corpus, "--audio", "mfcc")

    assert failed.returncode == 1
    assert f"u3: {raw}/u3.wav: is no audio file" in failed.stderr
    assert f"u7: {raw}/u7.wav: No such file or directory" in failed.stderr
    assert "audio: 2 of 12 utterances have no features" in failed.stderr
    assert not (corpus / "features" / "audio.safetensors").exists()
    assert json.loads((corpus / "corpus.json").read_text())["modalities"] == {}
    (raw / "u3.wav").write_bytes(sound)
    (raw / "moved.wav").rename(raw / "u7.wav")
    assert extracted(mer, corpus, "--audio", "mfcc")[0]["computed"] == 2


def test_features_that_are_there_stay_unless_they_are_to_be_replaced(mer):
    corpus = corpus_of(mer)
    extracted(mer, corpus)
    before = features_of(corpus)

    again = mer.run("extract", corpus, *BOTH)
    other = mer.run("extract", corpus, "--audio", "logmel")

    assert again.returncode == 0
    assert "already there: mfcc, 100 features of each of 12 utterances" in again.stdout
    assert other.returncode == 2
    assert 'has features for "audio" by the method "mfcc", not "logmel"' in other.stderr
    assert features_of(corpus) == before
    assert extracted(mer, corpus, "--audio", "logmel", "--replace")[0]["dim"] == 256
    assert mer.run("corpus", "check", corpus).returncode == 0
    assert features_of(corpus)["text.safetensors"] == before["text.safetensors"]


def test_the_second_extractor_is_told_who_works_there(mer):
    corpus = corpus_of(mer)
    (corpus / "features").mkdir()
    with (corpus / "features" / ".lock").open("w") as lock:
        lock.write("process 123 on somewhere")
        lock.flush()
        fcntl.fcntl(lock, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))

        second = mer.run("extract", corpus, *BOTH)

    assert second.returncode == 5
    assert "being put into it by process 123 on somewhere" in second.stderr


@pytest.mark.parametrize("arguments, words", [
    ((), "name a method with --audio or --text"),
    (("--audio", "hash"), "--audio: hash not in"),
    (("--text", "hash", "--format", "csv"), "csv"),
])
def test_what_cannot_be_asked_for(mer, arguments, words):
    refused = mer.run("extract", corpus_of(mer), *arguments)

    assert refused.returncode == 2
    assert words in refused.stderr


def test_a_corpus_without_recordings_says_so(mer, corpus):
    refused = mer.run("extract", corpus, *BOTH)

    assert refused.returncode == 2
    assert "names no \"recordings\"" in refused.stderr


def test_a_terminal_shows_how_far_it_is(mer):
    corpus = corpus_of(mer, utterances=60)
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    run = subprocess.Popen([mer_run.BIN / "merctl", "extract", corpus, *BOTH], env=mer.environment,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower, text=True)
    os.close(follower)
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # the other side has closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(leader)
    printed = run.communicate()[0]

    assert run.returncode == 0
    assert b"60/60 done" in shown
    lines = shown.decode().replace("\r\x1b[K", "\n").splitlines() + printed.splitlines()
    assert [line for line in lines if len(line.rstrip()) > 80] == []
