"""merctl corpus add and export: features that other tools made, and corpora for them, with NumPy as the other side."""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import mer_run
import numpy as np
import pandas as pd
import pytest
from mer_run import sweep_of, write_corpus
from recorded_corpus import write_recorded_corpus

PAGE = (mer_run.SOURCE / "docs" / "corpora.md").read_text()
FAULTS = mer_run.BIN.parent / "tests" / "write_faults.so"
UTTERANCES = 12


def program_on_page(name: str) -> str:
    """The block of Python that stands behind this comment in docs/corpora.md."""
    return re.search(rf"<!-- {re.escape(name)}: [^\n]*-->\n```python\n(.*?)```", PAGE, re.DOTALL).group(1)


def ids_of(corpus: Path) -> list[str]:
    return pd.read_csv(corpus / "utterances.csv", dtype=str)["utterance"].tolist()


def matrix_of(rows: int = UTTERANCES, dim: int = 5) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(rows, dim)).astype("<f4")


def added(mer, corpus: Path, *arguments) -> dict:
    run = mer.run("corpus", "add", corpus, *arguments, "--format", "json")
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout)


def exported(mer, corpus: Path, *arguments) -> dict:
    run = mer.run("corpus", "export", corpus, *arguments, "--format", "json")
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout)


def files_of(corpus: Path) -> dict[str, bytes]:
    """All of a corpus folder but the lock."""
    return {str(path.relative_to(corpus)): path.read_bytes() for path in corpus.rglob("*")
            if path.is_file() and path.name != ".lock"}


@pytest.fixture
def recorded(mer):
    return write_recorded_corpus(mer.folder / "recorded", utterances=UTTERANCES)


def test_the_program_on_the_page_makes_features_that_train(mer, recorded):
    folder = mer.folder
    (folder / "features.py").write_text(program_on_page("features.py"))
    (folder / "embedding.py").write_text(
        "import numpy as np, wave\n"
        "def embed(sound, transcript):\n"
        "    with wave.open(str(sound)) as file:\n"
        "        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16) / 32768\n"
        "    return [samples.mean(), samples.std(), len(transcript.split()), len(transcript)]\n")
    subprocess.run([sys.executable, "features.py", recorded, "speech.npz"], cwd=folder, check=True)

    answer = added(mer, recorded, "speech", folder / "speech.npz")

    assert (answer["modality"], answer["dim"], answer["utterances"]) == ("speech", 4, UTTERANCES)
    described = json.loads((recorded / "corpus.json").read_text())
    made = described["features"]["speech"]
    assert (made["method"], made["file"], made["sha256"]) == ("imported", "speech.npz", answer["sha256"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["imported"]) and made["versions"]["mer"]
    sweep = sweep_of(recorded, grid=None, train={"epochs": 1}, model={"modalities": ["speech"], "hidden": 8, "heads": 2})
    ended = mer.run("run", mer.write_sweep(sweep), "--workers", 1, "--no-web")
    assert ended.returncode == 0, ended.stderr


def test_every_kind_of_file_gives_the_same_corpus(mer, recorded):
    matrix, ids, folder = matrix_of(), ids_of(recorded), mer.folder
    shuffled = np.random.default_rng(2).permutation(UTTERANCES)
    names = np.array(ids)[shuffled]
    np.save(folder / "c.npy", matrix)
    np.save(folder / "fortran.npy", np.asfortranarray(matrix))
    np.save(folder / "double.npy", matrix.astype(np.float64))
    np.save(folder / "shuffled.npy", matrix[shuffled])
    np.save(folder / "ids.npy", names)
    (folder / "ids.txt").write_text("\r\n".join(names) + "\r\n")
    np.savez(folder / "one.npz", matrix)
    np.savez_compressed(folder / "ids.npz", features=matrix[shuffled], utterances=names)
    np.savez(folder / "named.npz", speech=matrix, features=matrix + 1)
    frame = pd.DataFrame(matrix[shuffled].astype(np.float64))
    frame.insert(0, "utterance", names)
    frame.to_csv(folder / "pandas.csv", index=False)
    mer_run.write_safetensors(folder / "x.safetensors", "features", matrix.tolist())
    files = [("c.npy",), ("fortran.npy",), ("double.npy",), ("shuffled.npy", "--ids", folder / "ids.npy"),
             ("shuffled.npy", "--ids", folder / "ids.txt"), ("one.npz",), ("ids.npz",), ("named.npz",), ("pandas.csv",),
             ("x.safetensors",)]

    answers = [added(mer, recorded, "speech", folder / name, *rest, "--replace") for name, *rest in files]

    assert len({answer["id"] for answer in answers}) == 1
    assert mer_run.feature_row(recorded, "speech", 3) == matrix[3].tolist()
    np.save(folder / "half.npy", matrix.astype(np.float16))
    added(mer, recorded, "half", folder / "half.npy")
    assert mer_run.feature_row(recorded, "half", 3) == matrix[3].astype(np.float16).astype(float).tolist()


def with_value(value: float, dtype="<f4") -> np.ndarray:
    matrix = matrix_of().astype(dtype)
    matrix[7, 2] = value
    return matrix


def save_npz(path: Path, features: np.ndarray | None = None, **arrays) -> None:
    np.savez(path, features=matrix_of() if features is None else features, **arrays)


IDS = [f"u{i}" for i in range(UTTERANCES)]
REFUSED = {
    "rows.npy": (lambda path: np.save(path, matrix_of(11)), "11 rows, but"),
    "nan.npy": (lambda path: np.save(path, with_value(np.nan)), 'row 7 (utterance "u7"), column 2 is nan'),
    "inf.npy": (lambda path: np.save(path, with_value(-np.inf)), "column 2 is -inf, expected a finite number"),
    "large.npy": (lambda path: np.save(path, with_value(1e39, "<f8")), "row 7, column 2 is 1e+39, too large for a float32"),
    "whole.npy": (lambda path: np.save(path, matrix_of().astype(int)), 'dtype "<i8", expected float16'),
    "object.npy": (lambda path: np.save(path, np.array([[1.0], "x"], dtype=object), allow_pickle=True), "is a pickle"),
    "vector.npy": (lambda path: np.save(path, matrix_of()[:, 0]), "shape [12], expected [utterances, features]"),
    "frames.npy": (lambda path: np.save(path, np.zeros((12, 3, 4))), "array.mean(axis=1)"),
    "text.npy": (lambda path: path.write_text("1 2 3"), "does not begin as an .npy file does"),
    "cut.npy": (lambda path: (np.save(path, matrix_of()), path.write_bytes(path.read_bytes()[:-1])), "is cut off"),
    "unknown.npz": (lambda path: save_npz(path, utterances=IDS[:-1] + ["u99"]), 'row 11: the corpus has no utterance "u99"'),
    "double.npz": (lambda path: save_npz(path, utterances=IDS[:-1] + ["u4"]), 'row 11: utterance "u4" stands in row 4 too'),
    "missing.npz": (lambda path: save_npz(path, matrix_of(10), utterances=IDS[:10]), 'no row for 2 of 12 utterances: "u10"'),
    "count.npz": (lambda path: save_npz(path, utterances=IDS[:10]), "10 ids, but 12 rows of features"),
    "ids.npz": (lambda path: np.savez(path, features=matrix_of(), utterances=np.arange(12)), 'array "utterances": dtype "<i8"'),
    "objects.npz": (lambda path: save_npz(path, utterances=np.array(IDS, dtype=object)), "of strings array.astype(str)"),
    "several.npz": (lambda path: np.savez(path, a=matrix_of(), b=matrix_of()), 'holds the arrays "a", "b", expected one called'),
    "no.npz": (lambda path: path.write_text("no zip"), "not a whole .npz file"),
    "header.csv": (lambda path: path.write_text("id,0\nu0,1\n"), 'header.csv:1: the first column is "id"'),
    "word.csv": (lambda path: path.write_text("utterance,0\nu0,one\n"), 'word.csv:2: utterance "u0", column 0 is "one"'),
    "other.safetensors": (lambda path: mer_run.write_safetensors(path, "x", [[1.0]]), 'no tensor "features"'),
    "x.mat": (lambda path: path.write_text(""), "expected a file .npy, .npz, .csv or .safetensors"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_and_changes_nothing(mer, recorded, name):
    write, words = REFUSED[name]
    write(mer.folder / name)
    before = files_of(recorded)

    run = mer.run("corpus", "add", recorded, "speech", mer.folder / name)

    assert run.returncode == 2
    assert str(mer.folder / name) in run.stderr and words in " ".join(run.stderr.split())
    assert files_of(recorded) == before


def test_ids_are_given_once(mer, recorded):
    save_npz(mer.folder / "x.npz", utterances=IDS)
    np.save(mer.folder / "x.npy", matrix_of())
    (mer.folder / "ids.txt").write_text("\n".join(IDS[:5]))

    twice = mer.run("corpus", "add", recorded, "speech", mer.folder / "x.npz", "--ids", mer.folder / "ids.txt")
    few = mer.run("corpus", "add", recorded, "speech", mer.folder / "x.npy", "--ids", mer.folder / "ids.txt")

    assert twice.returncode == few.returncode == 2
    assert "leave out --ids" in twice.stderr
    assert "ids.txt: 5 ids, but 12 rows of features in" in few.stderr


def test_features_that_are_there_stay_unless_replaced(mer, recorded):
    np.save(mer.folder / "a.npy", matrix_of())
    np.save(mer.folder / "b.npy", matrix_of(dim=3))
    added(mer, recorded, "audio", mer.folder / "a.npy")
    before = files_of(recorded)

    refused = mer.run("corpus", "add", recorded, "audio", mer.folder / "b.npy")
    extracted = mer.run("extract", recorded, "--audio", "mfcc")

    assert refused.returncode == extracted.returncode == 2
    assert 'has features for "audio"; --replace' in refused.stderr
    assert 'by the method "imported", not "mfcc"; --replace' in " ".join(extracted.stderr.split())
    assert files_of(recorded) == before
    assert added(mer, recorded, "audio", mer.folder / "b.npy", "--replace")["dim"] == 3
    again = mer.run("extract", recorded, "--audio", "mfcc", "--replace")
    assert again.returncode == 0, again.stderr
    assert json.loads((recorded / "corpus.json").read_text())["features"]["audio"]["method"] == "mfcc"


@pytest.mark.parametrize("fault", ["kill-before", "enospc"])
def test_whatever_write_fails_the_corpus_is_valid_and_the_same_command_mends_it(mer, fault):
    matrices = {"old": matrix_of(), "new": matrix_of(dim=3)}
    for name, matrix in matrices.items():
        np.save(mer.folder / f"{name}.npy", matrix)
    corpus = write_recorded_corpus(mer.folder / "recorded", utterances=UTTERANCES)
    for modality in ("audio", "text"):
        added(mer, corpus, modality, mer.folder / "old.npy")
    healthy = dict(mer.environment)
    failures = 0
    for at in range(1, 200):
        folder = Path(shutil.copytree(corpus, mer.folder / f"failed-{at}"))
        mer.environment = healthy | {
            "LD_PRELOAD": str(FAULTS), "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0",
            "MER_FAULT_FOLDER": str(folder), "MER_FAULT_PROGRAM": "merctl", "MER_FAULT": fault, "MER_FAULT_AT": str(at),
            "MER_FAULT_MET": str(mer.folder / f"met-{at}")}
        status = mer.run("corpus", "add", folder, "audio", mer.folder / "new.npy", "--replace").returncode
        mer.environment = healthy
        if not (mer.folder / f"met-{at}").exists():
            assert status == 0
            break
        failures += status != 0
        left = json.loads(mer.run("corpus", "check", folder, "--format", "json").stdout)["modalities"]
        assert left in ({"text": 5}, {"audio": 5, "text": 5}, {"audio": 3, "text": 5}), at
        assert added(mer, folder, "audio", mer.folder / "new.npy", "--replace")["dim"] == 3
        assert mer_run.feature_row(folder, "audio", 7) == matrices["new"][7].tolist()
        assert not list(folder.rglob("*.tmp-*")), at
    assert failures > 10


def test_exported_arrays_are_numpys_without_pickles(mer, recorded):
    matrix = matrix_of()
    np.save(mer.folder / "a.npy", matrix)
    table = (recorded / "utterances.csv").read_text().replace("d2,0,s0,F0,happy", "d2,0,s0,F0,")
    (recorded / "utterances.csv").write_text(table)
    identity = added(mer, recorded, "speech", mer.folder / "a.npy")["id"]

    answer = exported(mer, recorded, mer.folder / "all.npz")
    exported(mer, recorded, mer.folder / "again.npz")
    exported(mer, recorded, mer.folder / "arrays")

    assert answer["id"] == identity and answer["modalities"] == ["speech"]
    assert (mer.folder / "all.npz").read_bytes() == (mer.folder / "again.npz").read_bytes()
    frame = pd.read_csv(recorded / "utterances.csv", dtype=str, keep_default_na=False)
    recordings = pd.read_csv(recorded / "recordings.csv", dtype=str, keep_default_na=False)
    expected = {"utterances": frame["utterance"], "dialogues": frame["dialogue"], "turns": frame["turn"].astype(int),
                "sessions": frame["session"], "speakers": frame["speaker"], "labels": frame["label"],
                "seconds": recordings["seconds"].astype(float), "transcripts": recordings["transcript"]}
    with np.load(mer.folder / "all.npz") as arrays:
        assert arrays.files == answer["arrays"] == [*expected, "speech"]
        for name, column in expected.items():
            assert arrays[name].tolist() == column.tolist(), name
            assert np.load(mer.folder / "arrays" / f"{name}.npy").tolist() == column.tolist()
        assert arrays["labels"].tolist().count("") == 1
        assert arrays["speech"].dtype == np.float32 and (arrays["speech"] == matrix).all()
        assert (np.load(mer.folder / "arrays" / "speech.npy", mmap_mode="r") == matrix).all()


def test_exported_and_added_again_the_content_is_the_same(mer, tmp_path):
    corpus = write_corpus(tmp_path / "tiny")
    lines = (corpus / "utterances.csv").read_text().splitlines()
    lines[3] = lines[3].rsplit(",", 1)[0] + ","  # a turn of which no label is known
    (corpus / "utterances.csv").write_text("\n".join(lines) + "\n")
    identity = json.loads(mer.run("corpus", "check", corpus, "--format", "json").stdout)["id"]

    exported(mer, corpus, tmp_path / "all.npz")
    exported(mer, corpus, tmp_path / "audio.csv", "--modality", "audio")

    assert added(mer, corpus, "text", tmp_path / "all.npz", "--replace")["id"] == identity
    assert added(mer, corpus, "audio", tmp_path / "audio.csv", "--replace")["id"] == identity
    frame = pd.read_csv(tmp_path / "audio.csv", keep_default_na=False)
    assert frame.columns.tolist() == lines[0].split(",") + [str(i) for i in range(6)]
    assert frame["label"].tolist().count("") == 1


@pytest.mark.parametrize("arguments, words", [
    (("out.csv",), "a CSV file holds one modality, the corpus has 2: name one with --modality"),
    (("out.npz", "--modality", "video"), 'no modality "video", the corpus has "audio", "text"'),
    (("out.parquet",), "docs/corpora.md has Parquet"),
    (("full",), "the folder is not empty; name a new one"),
])
def test_what_cannot_be_exported_is_refused(mer, corpus, arguments, words):
    (mer.folder / "full").mkdir()
    (mer.folder / "full" / "x").touch()

    run = mer.run("corpus", "export", corpus, *arguments)

    assert run.returncode == 2
    assert words in " ".join(run.stderr.split())
    assert not (mer.folder / arguments[0]).is_file()


def test_a_modality_that_is_called_as_an_array_is_refused(mer, recorded):
    np.save(mer.folder / "a.npy", matrix_of())

    run = mer.run("corpus", "add", recorded, "labels", mer.folder / "a.npy")

    assert run.returncode == 2 and 'modality "labels": `merctl corpus export` calls another array so' in run.stderr

    added(mer, recorded, "other", mer.folder / "a.npy")
    described = json.loads((recorded / "corpus.json").read_text())
    described["modalities"]["labels"] = described["modalities"].pop("other")
    (recorded / "corpus.json").write_text(json.dumps(described))

    run = mer.run("corpus", "export", recorded, mer.folder / "x.npz")

    assert run.returncode == 2 and 'the modality "labels" cannot be the name of an array here' in run.stderr


def test_the_table_on_the_page_goes_there_and_back(mer, recorded, monkeypatch):
    """pandas needs pyarrow for Parquet; where that is not, a pickle stands in for the file."""
    np.save(mer.folder / "a.npy", matrix_of())
    identity = added(mer, recorded, "audio", mer.folder / "a.npy")["id"]
    exported(mer, recorded, mer.folder / "all.npz")
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        monkeypatch.setattr(pd.DataFrame, "to_parquet", pd.DataFrame.to_pickle)
        monkeypatch.setattr(pd, "read_parquet", pd.read_pickle)
    monkeypatch.setattr(sys, "argv", ["table.py", *(str(mer.folder / name) for name in ("all.npz", "x.parquet", "back.npz"))])

    exec(compile(program_on_page("table.py"), "table.py", "exec"), {})

    assert added(mer, recorded, "audio", mer.folder / "back.npz", "--replace")["id"] == identity


def test_screens_fit_80_columns(mer, recorded):
    np.save(mer.folder / "a.npy", matrix_of())
    add = mer.run("corpus", "add", recorded, "speech", mer.folder / "a.npy")
    export = mer.run("corpus", "export", recorded, "out.npz")

    assert add.returncode == export.returncode == 0
    assert "5 features of each of 12 utterances, of a.npy" in " ".join(add.stdout.split())
    for screen in (add.stdout, export.stdout):
        assert [line for line in screen.splitlines() if len(line) > 80] == []
