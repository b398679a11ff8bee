"""merctl corpus show: what a corpus holds, on a screen of 80 columns and as JSON."""
import json
import struct

import raw_corpora
from mer_run import write_corpus


def shown(mer, folder) -> dict:
    answer = mer.run("corpus", "show", folder, "--format", "json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return json.loads(answer.stdout)


def set_value(path, column: int, dim: int, row: int, value: float) -> None:
    """One number of a float32 matrix in a safetensors file."""
    data = bytearray(path.read_bytes())
    begin = 8 + struct.unpack("<Q", data[:8])[0] + 4 * (row * dim + column)
    data[begin:begin + 4] = struct.pack("<f", value)
    path.write_bytes(data)


def test_counts_and_what_is_odd_in_the_features(mer, tmp_path):
    corpus = write_corpus(tmp_path / "odd")
    rows = len((corpus / "utterances.csv").read_text().splitlines()) - 1
    audio = corpus / "features" / "audio.safetensors"
    for row in range(rows):
        set_value(audio, 2, 6, row, 0)
        set_value(audio, 4, 6, row, 1.5)
        set_value(audio, 5, 6, row, 0.25 if row % 2 else 0.5)
    answer = shown(mer, corpus)
    assert answer["utterances"] == rows and len(answer["speakers"]) == 6 and len(answer["sessions"]) == 3
    assert answer["dialogues"]["count"] == 12 and "seconds" not in answer
    assert answer["features"]["audio"]["zero_columns"] == [2]
    assert answer["features"]["audio"]["constant_columns"] == [4]
    assert answer["features"]["audio"]["outliers"]["count"] == 0

    set_value(audio, 5, 6, 40, 1e6)  # of 72 values one alone is at most 8.4 standard deviations away
    assert shown(mer, corpus)["features"]["audio"]["outliers"]["count"] == 0

    screen = mer.run("corpus", "show", corpus)
    assert screen.returncode == 0
    assert [line for line in screen.stdout.splitlines() if len(line) > 80] == []
    for words in ("session", "speaker", "12 of 6 to 6 turns", "audio: 6 features", "text: 8 features", "all zero     1: 2",
                  "constant     1: 4", "outliers     none"):
        assert words in screen.stdout


def test_an_imported_corpus_has_durations_and_no_features(mer, tmp_path):
    raw = raw_corpora.write_msp_improv(tmp_path / "MSP-IMPROV")
    assert mer.run("corpus", "import", "msp-improv", raw, tmp_path / "msp").returncode == 0

    answer = shown(mer, tmp_path / "msp")

    assert answer["id"] is None and answer["features"] == {}
    assert 1 <= answer["seconds"]["shortest"] <= answer["seconds"]["median"] <= answer["seconds"]["longest"] < 5
    screen = mer.run("corpus", "show", tmp_path / "msp").stdout
    assert "no features yet" in screen and "0.00 hours" in screen


def test_a_folder_that_is_no_corpus_is_exit_code_2(mer, tmp_path):
    refused = mer.run("corpus", "show", tmp_path)

    assert refused.returncode == 2
    assert f"{tmp_path}/corpus.json" in refused.stderr
