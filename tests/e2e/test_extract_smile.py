"""merctl extract by openSMILE: with a stand-in for its library, and against the Python package opensmile where that is
installed (MER_ORACLES, as tools/make_oracles.sh says)."""
import json
import os
import platform
import shutil
import struct
import subprocess
import wave
from pathlib import Path

import mer_run
import pytest
from fake_slurm import wait_until
from recorded_corpus import write_recorded_corpus

FAKE = mer_run.BIN.parent / "tests" / "fake_smile.so"
ORACLES = Path(os.environ.get("MER_ORACLES", mer_run.SOURCE / ".deps" / "oracles"))
PYTHON = ORACLES / "bin" / "python"
CONFIGS = ("compare/ComParE_2016.conf", "egemaps/v02/eGeMAPSv02.conf", "shared/standard_external_wave_input.conf.inc",
           "shared/standard_external_data_output_single.conf.inc", "shared/BufferModeRb.conf.inc",
           "shared/FrameModeFunctionals.conf.inc")


def fake_package(folder: Path) -> Path:
    package = folder / "opensmile"
    for name in CONFIGS:
        (package / "core" / "config" / name).parent.mkdir(parents=True, exist_ok=True)
        (package / "core" / "config" / name).write_text(name)
    library = package / "core" / "bin" / f"linux_{platform.machine()}" / "libSMILEapi.so"
    library.parent.mkdir(parents=True)
    shutil.copy(FAKE, library)
    (folder / "opensmile-9.8.7.dist-info").mkdir()
    return package


def set_first_sample(path: Path, value: int) -> None:
    data = bytearray(path.read_bytes())
    data[44:46] = struct.pack("<h", value)
    path.write_bytes(data)


def metadata_of(corpus: Path) -> dict[str, str]:
    data = (corpus / "features" / "audio.safetensors").read_bytes()
    return json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]


def test_features_have_names_and_say_what_made_them(mer):
    corpus = write_recorded_corpus(mer.folder / "recorded")
    package = fake_package(mer.folder)

    ended = mer.run("extract", corpus, "--audio", "compare2016", "--opensmile", package)

    assert ended.returncode == 0, ended.stderr
    assert "compare2016, 3 features of each of 12 utterances" in ended.stdout
    with wave.open(str(corpus.parent / "raw" / "u3.wav")) as sound:
        samples = struct.unpack(f"<{sound.getnframes()}h", sound.readframes(sound.getnframes()))
    rate, count, total = mer_run.feature_row(corpus, "audio", 3)
    assert (rate, count) == (16000, len(samples)) and total == pytest.approx(sum(samples), rel=1e-3, abs=10)
    assert metadata_of(corpus)["names"].splitlines() == ["rate", "samples", "sum"]
    made = json.loads((corpus / "corpus.json").read_text())["features"]["audio"]
    assert made["versions"]["opensmile"] == "9.8.7" and len(made["versions"]["libSMILEapi"]) == 32
    assert made["parameters"]["config"] == "compare/ComParE_2016"


def test_corpus_show_names_the_columns_that_it_mentions(mer):
    corpus = write_recorded_corpus(mer.folder / "recorded")
    mer.environment["MER_OPENSMILE"] = str(fake_package(mer.folder))
    assert mer.run("extract", corpus, "--audio", "egemaps").returncode == 0

    shown = mer.run("corpus", "show", corpus)
    answer = json.loads(mer.run("corpus", "show", corpus, "--format", "json").stdout)

    assert shown.returncode == 0, shown.stderr
    table = shown.stdout[shown.stdout.index("  column  "):].splitlines()
    assert [line.split() for line in table[:2]] == [["column", "feature"], ["0", "rate"]]
    assert answer["features"]["audio"]["names"] == ["rate", "samples", "sum"]


def test_what_is_not_finite_or_crashes_is_named_and_nothing_is_written(mer):
    corpus = write_recorded_corpus(mer.folder / "recorded")
    raw = corpus.parent / "raw"
    for name, sample in (("u2", -5), ("u4", -1), ("u9", -3)):
        set_first_sample(raw / f"{name}.wav", sample)

    failed = mer.run("extract", corpus, "--audio", "compare2016", "--opensmile", fake_package(mer.folder))

    assert failed.returncode == 1
    assert f"u2: {raw}/u2.wav: 1 of its features is not finite, the first is sum, number 2" in failed.stderr
    assert f"u4: {raw}/u4.wav: openSMILE was ended by signal 9 (Killed)" in failed.stderr
    assert f"u9: {raw}/u9.wav: openSMILE cannot compute: error 1, had enough" in failed.stderr
    assert "audio: 3 of 12 utterances have no features" in failed.stderr
    assert not (corpus / "features" / "audio.safetensors").exists()


def test_killed_it_goes_on_to_the_same_bytes_and_leaves_no_process(mer):
    corpus = write_recorded_corpus(mer.folder / "recorded", utterances=60)
    undisturbed = Path(shutil.copytree(corpus, corpus.parent / "undisturbed"))
    mer.environment["MER_OPENSMILE"] = str(fake_package(mer.folder))
    assert mer.run("extract", undisturbed, "--audio", "compare2016", "--jobs", 1).returncode == 0
    journal = corpus / "features" / ".audio.journal"

    run = mer.start("extract", corpus, "--audio", "compare2016", "--jobs", 2)
    wait_until(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 1, "a row")
    mer.kill("mer-extractor")
    run.wait()
    wait_until(lambda: not mer.processes("mer-smile"), "mer-smile has ended")
    assert mer.run("extract", corpus, "--audio", "compare2016").returncode == 0

    features = "features/audio.safetensors"
    assert (corpus / features).read_bytes() == (undisturbed / features).read_bytes()
    assert not mer.processes("mer-smile")


def test_without_the_package_nothing_is_begun(mer):
    corpus = write_recorded_corpus(mer.folder / "recorded")
    before = (corpus / "corpus.json").read_bytes()

    refused = mer.run("extract", corpus, "--audio", "compare2016", "--opensmile", corpus)
    with_another = mer.run("extract", corpus, "--audio", "mfcc", "--opensmile", corpus)

    assert refused.returncode == 2
    assert f"--opensmile {corpus}: holds no package opensmile; pip install opensmile==2.6.0" in " ".join(refused.stderr.split())
    assert with_another.returncode == 2
    assert "--audio mfcc is not computed by openSMILE" in with_another.stderr
    assert not (corpus / "features").exists() and (corpus / "corpus.json").read_bytes() == before


SOUNDS = """
import sys
import numpy as np, soundfile
draw = np.random.default_rng(1)
folder = sys.argv[1]
def write(name, rate, samples, subtype):
    soundfile.write(f"{folder}/{name}.wav", samples, rate, subtype=subtype)
def speech(name):
    return soundfile.read(f"{folder}/{name}.wav")
def tone(rate, seconds):
    return 0.3 * np.sin(2 * np.pi * 220 * np.arange(int(rate * seconds)) / rate)
voice, rate = speech("u0")
write("u3", 16000, 0.2 * draw.standard_normal(16000).clip(-4, 4), "PCM_16")
write("u4", 16000, np.zeros(16000), "PCM_16")
write("u5", 48000, tone(48000, 1.3) + 0.01 * draw.standard_normal(int(48000 * 1.3)), "PCM_24")
write("u6", rate, np.stack([voice, 0.5 * draw.standard_normal(len(voice)).clip(-1.9, 1.9)], 1), "PCM_16")
write("u7", 8000, 0.4 * voice[::2], "FLOAT")
write("u8", 16000, tone(16000, 0.06), "PCM_16")
write("u9", 48000, 0.3 * np.repeat(voice, 2), "PCM_16")
"""
ORACLE = """
import json, sys, warnings
import opensmile
warnings.simplefilter("ignore")
smile = opensmile.Smile(opensmile.FeatureSet[sys.argv[1]], opensmile.FeatureLevel.Functionals)
features = smile.process_files(sys.argv[2:])
print(json.dumps({"names": smile.feature_names, "rows": features.to_numpy().astype(float).tolist()}))
"""
SENTENCES = ["No.", "What do you want from me? Leave me alone!",
             "I was so happy to see you again, after all these years, that I could not say a single word to anybody in the room."]


def has_opensmile() -> bool:
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", "import opensmile, soundfile"], capture_output=True, check=False).returncode == 0


def asked(*words) -> str:
    return subprocess.run([PYTHON, "-c", *map(str, words)], capture_output=True, text=True, check=True).stdout


@pytest.mark.oracle
@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.skipif(not has_opensmile(), reason=f"{PYTHON} has no opensmile: tools/make_oracles.sh")
@pytest.mark.parametrize("method, feature_set, dim", [("compare2016", "ComParE_2016", 6373), ("egemaps", "eGeMAPSv02", 88)])
def test_features_are_those_of_the_python_package_bit_by_bit(mer, method, feature_set, dim):
    corpus = write_recorded_corpus(mer.folder / "recorded", utterances=10)
    sounds = [corpus.parent / "raw" / f"u{i}.wav" for i in range(10)]
    for sound, sentence in zip(sounds, SENTENCES):
        subprocess.run(["espeak-ng", "-w", sound, sentence], check=True)
    asked(SOUNDS, corpus.parent / "raw")
    expected = json.loads(asked(ORACLE, feature_set, *sounds))

    ended = mer.run("extract", corpus, "--audio", method, "--opensmile", ORACLES, "--jobs", 3)

    assert ended.returncode == 0, ended.stderr
    assert metadata_of(corpus)["names"].splitlines() == expected["names"]
    assert len(expected["names"]) == dim
    for i, row in enumerate(expected["rows"]):
        assert mer_run.feature_row(corpus, "audio", i) == row, sounds[i]


@pytest.mark.oracle
@pytest.mark.skipif(not has_opensmile(), reason=f"{PYTHON} has no opensmile: tools/make_oracles.sh")
def test_what_is_too_short_for_the_python_package_is_an_error(mer):
    corpus = write_recorded_corpus(mer.folder / "recorded", utterances=2, seconds=0.02)
    sound = corpus.parent / "raw" / "u0.wav"
    expected = json.loads(asked(ORACLE, "eGeMAPSv02", sound))["rows"][0]
    assert all(value != value for value in expected)  # NaN

    ended = mer.run("extract", corpus, "--audio", "egemaps", "--opensmile", ORACLES)

    assert ended.returncode == 1
    assert f"u0: {sound}: 0.0" in ended.stderr and "too short for openSMILE" in ended.stderr
