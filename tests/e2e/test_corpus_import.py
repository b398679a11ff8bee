"""merctl corpus import: raw corpora in the exact layouts, whole and with every oddity."""
import csv
import json
import shutil
import wave
from pathlib import Path

import pytest
import raw_corpora
from mer_run import sweep_of


@pytest.fixture(scope="module")
def built_iemocap(tmp_path_factory):
    return raw_corpora.write_iemocap(tmp_path_factory.mktemp("raw") / "IEMOCAP_full_release")


@pytest.fixture(scope="module")
def built_msp_improv(tmp_path_factory):
    return raw_corpora.write_msp_improv(tmp_path_factory.mktemp("raw") / "MSP-IMPROV")


@pytest.fixture
def iemocap(built_iemocap, tmp_path):
    return shutil.copytree(built_iemocap, tmp_path / "raw" / built_iemocap.name)


@pytest.fixture
def msp_improv(built_msp_improv, tmp_path):
    return shutil.copytree(built_msp_improv, tmp_path / "raw" / built_msp_improv.name)


def imported(mer, corpus: str, root: Path, out: Path, *options) -> dict:
    """What an import says that goes well."""
    done = mer.run("corpus", "import", corpus, root, out, *options, "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def rows_of(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def places(findings: list[dict]) -> set[tuple[str, str, int]]:
    return {(finding["kind"], finding["file"], finding.get("line", 0)) for finding in findings}


def too_wide(text: str) -> list[str]:
    return [line for line in text.splitlines() if len(line) > 80]


def test_iemocap_becomes_a_corpus_folder_with_turns_in_the_order_they_were_spoken(mer, built_iemocap, tmp_path):
    out = tmp_path / "iemocap"

    answer = imported(mer, "iemocap", built_iemocap, out, "--strict")

    assert answer["labels"] == {"happy": 10, "angry": 5, "sad": 10, "neutral": 10}
    assert answer["left_out"] == {"tag fru": 5, "tag sur": 5, "tag xxx": 5}
    assert set(answer["kinds"]) == {"extra_turn"}
    described = json.loads((out / "corpus.json").read_text())
    assert described["labels"] == ["happy", "angry", "sad", "neutral"] and described["modalities"] == {}
    assert described["recordings"] == {"file": "recordings.csv", "root": str(built_iemocap)}
    assert described["source"]["importer"] == "iemocap"
    assert described["source"]["options"] == {"classes": "4", "scenario": "all", "labels": "standard",
                                              "context": "labelled"}

    turns = [row for row in rows_of(out / "utterances.csv") if row["dialogue"] == "Ses02F_impro01"]
    assert [row["utterance"][-4:] for row in turns] == ["F000", "F012", "M011", "F013"]
    assert [row["turn"] for row in turns] == ["0", "2", "3", "5"]
    assert [row["speaker"] for row in turns] == ["Ses02F", "Ses02F", "Ses02M", "Ses02F"]
    assert [row["label"] for row in turns] == ["neutral", "angry", "happy", "happy"]
    assert {row["session"] for row in turns} == {"2"}


def test_turns_of_no_class_can_stay_as_context(mer, built_iemocap, tmp_path):
    out = tmp_path / "whole"

    answer = imported(mer, "iemocap", built_iemocap, out, "--context", "all")

    assert answer["labels"] == {"happy": 10, "angry": 5, "sad": 10, "neutral": 10}
    assert answer["left_out"] == {}
    assert answer["utterances"] == 35 + 15
    turns = [row for row in rows_of(out / "utterances.csv") if row["dialogue"] == "Ses02F_impro01"]
    assert [row["turn"] for row in turns] == ["0", "1", "2", "3", "5", "6"]
    assert [row["label"] == "" for row in turns] == [False, True, False, False, False, True]
    shown = json.loads(mer.run("corpus", "show", str(out), "--format", "json").stdout)
    assert (shown["unlabelled"], sum(shown["labels"].values())) == (15, 35)


def test_labels_of_others_take_the_place_of_the_consensus(mer, built_iemocap, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("utterance,label\nSes01F_impro01_M000,happy\nSes01F_impro01_F013,exc\nSes02F_impro01_F000,fru\n"
                      "Ses09F_impro01_F000,sad\n")
    out = tmp_path / "out"

    answer = imported(mer, "iemocap", built_iemocap, out, "--labels", labels)

    assert answer["labels"] == {"happy": 2, "angry": 0, "sad": 0, "neutral": 0}
    assert answer["left_out"] == {"tag fru": 1, "no label": 47}
    assert [row["utterance"] for row in rows_of(out / "utterances.csv")] == ["Ses01F_impro01_M000", "Ses01F_impro01_F013"]
    assert ("missing", str(labels), 5) in places(answer["findings"])
    assert mer.run("corpus", "import", "iemocap", built_iemocap, tmp_path / "b", "--labels", tmp_path / "none").returncode == 2


def test_recordings_name_audio_its_length_and_the_transcript_row_by_row(mer, built_iemocap, tmp_path):
    out = tmp_path / "iemocap"
    imported(mer, "iemocap", built_iemocap, out, "--classes", "6")

    utterances, recordings = rows_of(out / "utterances.csv"), rows_of(out / "recordings.csv")

    assert [row["utterance"] for row in recordings] == [row["utterance"] for row in utterances]
    for row in recordings:
        with wave.open(str(built_iemocap / row["audio"])) as audio:
            assert audio.getframerate() == raw_corpora.IEMOCAP_RATE
            assert float(row["seconds"]) == audio.getnframes() / raw_corpora.IEMOCAP_RATE
    said = {row["utterance"]: row["transcript"] for row in recordings}
    assert said["Ses01F_impro01_M014"] == 'I cannot help it, "please", sir.'


@pytest.mark.parametrize("options, labels", [
    (["--classes", "6"], {"happy": 5, "angry": 5, "sad": 10, "neutral": 10, "excited": 5, "frustrated": 5}),
    (["--classes", "all"], {"happy": 5, "angry": 5, "sad": 10, "neutral": 10, "excited": 5, "frustrated": 5,
                            "surprised": 5, "fearful": 0, "disgusted": 0, "other": 0}),
    (["--scenario", "improvised"], {"happy": 10, "angry": 5, "sad": 0, "neutral": 5}),
    (["--scenario", "scripted"], {"happy": 0, "angry": 0, "sad": 10, "neutral": 5}),
], ids=" ".join)
def test_options_choose_classes_and_dialogues(mer, built_iemocap, tmp_path, options, labels):
    answer = imported(mer, "iemocap", built_iemocap, tmp_path / "out", *options)

    assert answer["labels"] == labels
    assert answer["paper"]["remark"] == "Table 1 counts the turns of --classes 4 --scenario all"


def test_the_folder_above_will_do_and_another_one_is_told_what_is_expected(mer, built_iemocap, built_msp_improv, tmp_path):
    assert imported(mer, "iemocap", built_iemocap.parent, tmp_path / "a")["root"] == str(built_iemocap)
    assert imported(mer, "msp-improv", built_msp_improv.parent, tmp_path / "b")["root"] == str(built_msp_improv)

    for corpus, folder, expected in (("iemocap", built_msp_improv, "Session1 to Session5"),
                                     ("msp-improv", built_iemocap, "Evaluation.txt"),
                                     ("iemocap", tmp_path / "absent", "Session1 to Session5")):
        refused = mer.run("corpus", "import", corpus, folder, tmp_path / "c")
        assert refused.returncode == 2
        assert str(folder) in refused.stderr and expected in refused.stderr
        assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("command", ["corpus import", "corpus import iemocap", "corpus import msp-improv", "corpus show"])
def test_help_fits_a_terminal(mer, command):
    shown = mer.run(*command.split(), "--help")

    assert shown.returncode == 0 and f"merctl {command}" in shown.stdout
    assert too_wide(shown.stdout) == []


@pytest.mark.parametrize("corpus", ["iemocap", "msp-improv"])
def test_every_oddity_is_reported_with_file_and_line_and_strict_refuses(mer, request, tmp_path, corpus):
    raw = request.getfixturevalue(corpus.replace("-", "_"))
    clean = imported(mer, corpus, raw, tmp_path / "clean")
    expected = getattr(raw_corpora, f"add_oddities_to_{corpus.replace('-', '_')}")(raw)

    answer = imported(mer, corpus, raw, tmp_path / "odd")

    assert places(answer["findings"]) == expected
    assert all(finding["problem"] and finding["action"] for finding in answer["findings"])
    assert 0 < answer["utterances"] < clean["utterances"]
    assert json.loads((tmp_path / "odd" / "import.json").read_text())["findings"] == answer["findings"]

    refused = mer.run("corpus", "import", corpus, raw, tmp_path / "strict", "--strict")
    assert refused.returncode == 2
    losses = sum(finding["loses"] for finding in answer["findings"])
    assert f"--strict refuses what would be skipped or guessed, {losses} in all" in refused.stderr
    assert [path for path in tmp_path.iterdir() if path.name.startswith("strict")] == []

    shown = mer.run("corpus", "import", corpus, raw, tmp_path / "shown")
    assert shown.returncode == 0
    assert too_wide(shown.stdout.replace(str(tmp_path), "")) == []
    for kind, count in answer["kinds"].items():
        assert any(line.startswith(f"{count}  ") for line in shown.stdout.splitlines()), kind
    assert "difference" in shown.stdout and "import.json" in shown.stdout


def test_audio_that_was_cut_off_is_taken_as_far_as_it_goes(mer, iemocap, tmp_path):
    audio = "Session4/sentences/wav/Ses04M_script01_1b/Ses04M_script01_1b_F000.wav"
    with wave.open(str(iemocap / audio)) as whole:
        seconds = whole.getnframes() / raw_corpora.IEMOCAP_RATE
    raw_corpora.add_oddities_to_iemocap(iemocap)
    imported(mer, "iemocap", iemocap, tmp_path / "out")

    lengths = {row["audio"]: float(row["seconds"]) for row in rows_of(tmp_path / "out" / "recordings.csv")}

    assert lengths[audio] == pytest.approx(seconds - 8000 / 2 / raw_corpora.IEMOCAP_RATE)


def test_texts_that_are_not_utf8_are_converted(mer, iemocap, tmp_path):
    raw_corpora.add_oddities_to_iemocap(iemocap)
    imported(mer, "iemocap", iemocap, tmp_path / "out")

    said = {row["utterance"]: row["transcript"] for row in rows_of(tmp_path / "out" / "recordings.csv")}

    assert said["Ses02M_script01_1b_M000"] == "She is at the café."


def test_msp_improv_interleaves_the_speakers_and_leaves_out_short_turns(mer, built_msp_improv, tmp_path):
    out = tmp_path / "msp"

    answer = imported(mer, "msp-improv", built_msp_improv, out, "--strict")

    assert answer["labels"] == {"happy": 4, "angry": 0, "sad": 2, "neutral": 2}
    assert answer["left_out"] == {"group P": 4, "group R": 2, "group T": 2, "letter O": 2, "shorter than 1 s": 2}
    assert set(answer["kinds"]) == {"prefix"}
    turns = [row for row in rows_of(out / "utterances.csv") if row["dialogue"] == "S01A-01-S-FM"]
    assert [row["utterance"] for row in turns] == [f"MSP-IMPROV-S01A-{turn}" for turn in
                                                  ("F01-S-FM01", "M01-S-FM01", "F01-S-FM02", "M01-S-FM02")]
    assert [row["speaker"] for row in turns] == ["F01", "M01", "F01", "M01"]
    assert [row["turn"] for row in turns] == ["0", "1", "2", "3"]
    assert {row["session"] for row in turns} == {"1"}
    audio = rows_of(out / "recordings.csv")[0]["audio"]
    assert audio == "Audio/session1/S01A/S/MSP-IMPROV-S01A-F01-S-FM01.wav"


def test_groups_and_the_shortest_turn_can_be_chosen_and_sessions_may_lie_beside_the_labels(mer, msp_improv, tmp_path):
    for session in (msp_improv / "Audio").iterdir():
        session.rename(msp_improv / session.name)
    (msp_improv / "Audio").rmdir()

    answer = imported(mer, "msp-improv", msp_improv, tmp_path / "out", "--groups", "P,S,T,R", "--min-seconds", "0")

    assert answer["labels"] == {"happy": 4, "angry": 6, "sad": 2, "neutral": 4}
    assert answer["left_out"] == {"letter O": 2, "letter X": 2}
    assert {row["dialogue"] for row in rows_of(tmp_path / "out" / "utterances.csv") if row["session"] == "1"} == {
        "S01A-01-S-FM", "S01A-01-T-FM", "S01A-01-R-FF", "S01A-01-P-FM"}
    assert mer.run("corpus", "import", "msp-improv", msp_improv, tmp_path / "no", "--groups", "Q").returncode == 2


def test_a_corpus_without_features_is_not_trained_on_and_says_how_to_get_them(mer, built_iemocap, tmp_path):
    out = tmp_path / "iemocap"
    imported(mer, "iemocap", built_iemocap, out)

    for refused in (mer.run("corpus", "check", out), mer.run("plan", mer.write_sweep(sweep_of(out)))):
        assert refused.returncode == 2
        assert f"merctl extract {out}" in refused.stderr


def test_a_folder_that_holds_something_is_left_alone(mer, built_iemocap, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes").write_text("keep")

    refused = mer.run("corpus", "import", "iemocap", built_iemocap, tmp_path / "out")

    assert refused.returncode == 2 and "not empty" in refused.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes"]


@pytest.mark.parametrize("folder", ["Human_transcriptions/All_human_transcriptions", "All_human_transcriptions",
                                    "Human_Transcriptions/session1"])
def test_the_transcripts_of_msp_improv_stand_where_it_was_released_with_them(mer, msp_improv, tmp_path, folder):
    expected = imported(mer, "msp-improv", msp_improv, tmp_path / "expected")
    (msp_improv / folder).parent.mkdir(parents=True, exist_ok=True)
    (msp_improv / "Text").rename(msp_improv / folder)

    found = imported(mer, "msp-improv", msp_improv, tmp_path / "found")

    assert found["utterances"] == expected["utterances"] > 0
    for name in ("utterances.csv", "recordings.csv"):
        assert (tmp_path / "found" / name).read_bytes() == (tmp_path / "expected" / name).read_bytes()


def test_a_label_that_is_no_class_is_named(mer, iemocap, tmp_path):
    imported(mer, "iemocap", iemocap, tmp_path / "standard")
    turn = rows_of(tmp_path / "standard" / "utterances.csv")[0]["utterance"]
    labels = tmp_path / "labels.csv"
    labels.write_text(f"utterance,label\n{turn},hapy\n")

    run = mer.run("corpus", "import", "iemocap", iemocap, tmp_path / "out", "--labels", labels, "--strict")

    assert run.returncode == 2
    assert f'{labels}:2: {turn} has the label "hapy"' in " ".join(run.stderr.split())
