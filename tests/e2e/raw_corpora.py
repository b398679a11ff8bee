"""Small raw corpora in the exact layouts of IEMOCAP and MSP-IMPROV, with speech by espeak-ng."""
import subprocess
import wave
from pathlib import Path
from typing import NamedTuple

import numpy

IEMOCAP_RATE, MSP_RATE = 16000, 48000
VOICES = {"F": "en+f3", "M": "en+m3"}


def speak(path: Path, text: str, voice: str, rate: int) -> None:
    """A wav file of these words: 16 bits, mono, at this rate."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["espeak-ng", "-v", VOICES[voice], "-w", path, text], check=True)
    with wave.open(str(path)) as spoken:
        frames, spoken_rate = spoken.readframes(spoken.getnframes()), spoken.getframerate()
    samples = numpy.frombuffer(frames, "<i2")
    times = numpy.arange(len(samples) * rate // spoken_rate) * (spoken_rate / rate)
    write_wav(path, numpy.interp(times, numpy.arange(len(samples)), samples).astype("<i2").tobytes(), rate)


def write_wav(path: Path, frames: bytes, rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)


class Line(NamedTuple):
    """A turn of IEMOCAP: who speaks and which number (its id), when, what the raters say, the words."""
    turn: str
    begin: float
    tag: str
    words: str


# The second one begins before the first one of its id's order: F012 is spoken before M011.
IMPROVISED = [
    Line("F000", 6.2901, "neu", "Excuse me."),
    Line("M000", 10.01, "xxx", "Do you have your forms?"),
    Line("F012", 14.5, "ang", "I have been here for an hour."),
    Line("M011", 17.25, "hap", "Let me see them then."),
    Line("MXX0", 18.0, "", "Yeah."),
    Line("F013", 21.0, "exc", "There is nothing wrong with you."),
    Line("M014", 25.5, "fru", "I cannot help it, \"please\", sir."),
]
SCRIPTED = [
    Line("M000", 1.5, "sad", "She is gone."),
    Line("F000", 4.0, "sad", "I know that, I was there."),
    Line("M001", 8.0, "sur", "What do you mean by that?"),
    Line("F001", 12.0, "neu", "Nothing at all."),
]


def write_iemocap(root: Path) -> Path:
    """Five sessions with an improvised and a scripted dialogue each: 10 happy, 5 angry, 10 sad, 10 neutral turns, and
    5 each of frustrated, surprised and without agreement."""
    for session in range(1, 6):
        folder = root / f"Session{session}"
        write_iemocap_dialogue(folder, f"Ses0{session}F_impro01", IMPROVISED)
        write_iemocap_dialogue(folder, f"Ses0{session}M_script01_1b", SCRIPTED)
        for kind in ("Attribute", "Categorical", "Self-evaluation"):
            other = folder / "dialog" / "EmoEvaluation" / kind / f"Ses0{session}F_impro01_e1.txt"
            other.parent.mkdir(parents=True)
            other.write_text("Ses01F_impro01_F000 :act 3; :val 3;  ()\n")
    return root


def write_iemocap_dialogue(session: Path, dialogue: str, lines: list[Line]) -> None:
    labels = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    for line in sorted(lines):  # by id, as the raters' files have them
        if line.tag:
            labels += [f"[{line.begin:.4f} - {line.begin + 2:.4f}]\t{dialogue}_{line.turn}\t{line.tag}\t[2.5000, 2.5000, 2.5000]",
                       "C-E2:\tNeutral;\t()", "C-F1:\tNeutral; Anger;\t(upset)", "A-E3:\tval 3; act 2; dom  2;\t()", ""]
    transcripts = [f"{dialogue}_{line.turn} [{line.begin:08.4f}-{line.begin + 2:08.4f}]: {line.words}" for line in lines]
    for folder, text in (("EmoEvaluation", labels), ("transcriptions", transcripts)):
        path = session / "dialog" / folder / f"{dialogue}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(text) + "\n")
    for line in lines:
        if line.tag:
            speak(session / "sentences" / "wav" / dialogue / f"{dialogue}_{line.turn}.wav", line.words, line.turn[0],
                  IEMOCAP_RATE)


def edit(path: Path, old: str, new: str) -> int:
    """Replaces the text, which must be there once; the number of its line."""
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new))
    return text[:text.index(old)].count("\n") + 1


def add_oddities_to_iemocap(root: Path) -> set[tuple[str, str, int]]:
    """Something of every kind; the kind, file and line of each, as an import reports it."""
    def label_file(session, name):
        return f"Session{session}/dialog/EmoEvaluation/{name}.txt"

    def transcript_file(session, name):
        return f"Session{session}/dialog/transcriptions/{name}.txt"

    def wav(session, name, turn):
        return f"Session{session}/sentences/wav/{name}/{name}_{turn}.wav"

    found = set()
    for session in range(1, 6):  # the turn that has no number
        found.add(("extra_turn", transcript_file(session, f"Ses0{session}F_impro01"), 5))

    file = label_file(1, "Ses01F_impro01")
    found.add(("broken_line", file, edit(root / file, "\tSes01F_impro01_F000\tneu\t", " Ses01F_impro01_F000 neu ")))
    found.add(("no_label", transcript_file(1, "Ses01F_impro01"), 1))
    found.add(("unknown_tag", file, edit(root / file, "F012\tang", "F012\tagn")))
    found.add(("no_label", transcript_file(1, "Ses01F_impro01"), 3))
    found.add(("duplicate", file, edit(root / file, "Ses01F_impro01_M000\txxx", "Ses01F_impro01_F013\txxx")))
    found.add(("no_label", transcript_file(1, "Ses01F_impro01"), 2))

    file = transcript_file(2, "Ses02F_impro01")
    edit(root / file, "Ses02F_impro01_F012 [014.5000-016.5000]: I have been here for an hour.\n", "")
    found.remove(("extra_turn", file, 5))
    found.add(("extra_turn", file, 4))
    line = edit(root / label_file(2, "Ses02F_impro01"), "F012\tang", "F012\tang")
    found.add(("no_transcript", label_file(2, "Ses02F_impro01"), line))
    found.add(("empty_transcript", file, edit(root / file, ": Let me see them then.", ":")))

    file = transcript_file(2, "Ses02M_script01_1b")
    line = edit(root / file, "She is gone.", "She is at the CAFE.")
    (root / file).write_bytes((root / file).read_bytes().replace(b"CAFE", b"caf\xe9"))
    found.add(("bad_encoding", file, line))

    (root / wav(3, "Ses03F_impro01", "F000")).unlink()
    found.add(("no_audio", wav(3, "Ses03F_impro01", "F000"), 0))
    (root / wav(3, "Ses03F_impro01", "F012")).write_bytes(b"")
    found.add(("bad_audio", wav(3, "Ses03F_impro01", "F012"), 0))
    (root / wav(3, "Ses03F_impro01", "M011")).write_bytes(b"RIFF\x04\x00\x00\x00WAVE nothing more")
    found.add(("bad_audio", wav(3, "Ses03F_impro01", "M011"), 0))
    write_wav(root / wav(3, "Ses03F_impro01", "F013"), b"", IEMOCAP_RATE)
    found.add(("bad_audio", wav(3, "Ses03F_impro01", "F013"), 0))

    file = wav(4, "Ses04M_script01_1b", "F000")
    (root / file).write_bytes((root / file).read_bytes()[:-8000])
    found.add(("bad_audio", file, 0))
    file = label_file(4, "Ses04F_impro01")
    (root / file).write_bytes(b"\xef\xbb\xbf" + (root / file).read_bytes().replace(b"\n", b"\r\n"))
    found |= {("byte_order_mark", file, 1), ("line_ends", file, 1)}
    mac = "Session4/dialog/EmoEvaluation/._Ses04F_impro01.txt"
    (root / mac).write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X")
    found.add(("mac_file", mac, 0))

    (root / transcript_file(5, "Ses05F_impro01")).unlink()
    found.add(("missing", transcript_file(5, "Ses05F_impro01"), 0))
    found.remove(("extra_turn", transcript_file(5, "Ses05F_impro01"), 5))
    file = label_file(5, "Ses05F_impro01")
    for number, text in enumerate((root / file).read_text().splitlines(), 1):
        if text.startswith("["):
            found.add(("no_transcript", file, number))
    (root / label_file(5, "Ses05M_script01_1b")).unlink()
    found.add(("no_label", transcript_file(5, "Ses05M_script01_1b"), 0))
    return found


class Turn(NamedTuple):
    """A turn of MSP-IMPROV: the last fields of its id, the raters' letter, the words."""
    name: str
    letter: str
    words: str


# In the order of the file; spoken are F01-S-FM01, M01-S-FM01, F01-S-FM02, M01-S-FM02, ...
SCENE = [
    Turn("F{0}-S-FM01", "N", "How was your day at the office?"),
    Turn("F{0}-S-FM02", "H", "That is wonderful news, I am happy."),
    Turn("F{0}-S-FM03", "O", "So what do we do about the dog?"),
    Turn("M{0}-S-FM01", "H", "They gave me the job this morning."),
    Turn("M{0}-S-FM02", "S", "But we have to leave this town."),
    Turn("M{0}-S-FM03", "A", "No."),
    Turn("F{0}-T-FM01", "A", "How can I not be angry at you?"),
    Turn("F{0}-R-FF01", "A", "How can I not be angry at you, then?"),
    Turn("M{0}-P-FM01", "X", "Was that all right for the camera?"),
    Turn("M{0}-P-FM02", "N", "Good, let us do the next one now."),
]


def write_msp_improv(root: Path) -> Path:
    """Two sessions of one scene each, led by the woman. The third turn of the man is shorter than a second."""
    root.mkdir(parents=True)
    evaluation = []
    for session in (1, 2):
        for turn in SCENE:
            name = f"IMPROV-S01A-{turn.name.format(f'0{session}')}"
            evaluation += [f"UTD-{name}.avi; {turn.letter}; A:3.000000; V:3.500000; D:3.000000; N:4.000000; ",
                           "ANON1; Neutral; Neutral; A:3.000000; V:4.000000; D:3.000000; ", ""]
            text = root / "Text" / f"MSP-{name}.txt"
            text.parent.mkdir(exist_ok=True)
            text.write_text(turn.words + "\n")
            group = name.split("-")[3]
            speak(root / "Audio" / f"session{session}" / "S01A" / group / f"MSP-{name}.wav", turn.words,
                  turn.name[0], MSP_RATE)
    (root / "Evaluation.txt").write_text("\n".join(evaluation) + "\n")
    return root


def add_oddities_to_msp_improv(root: Path) -> set[tuple[str, str, int]]:
    """Something of every kind; the kind, file and line of each, as an import reports it."""
    def wav(session, turn):
        return f"Audio/session{session}/S01A/S/MSP-IMPROV-S01A-{turn}.wav"

    labels = root / "Evalution.txt"
    (root / "Evaluation.txt").rename(labels)
    found = {("spelling", "Evalution.txt", 0), ("prefix", "Evalution.txt", 7)}
    found.add(("broken_line", "Evalution.txt", edit(labels, "F01-S-FM01.avi; N; A:3.000000; V", "F01-S-FM01.avi; N; V")))
    found.add(("no_label", "Text/MSP-IMPROV-S01A-F01-S-FM01.txt", 0))
    found.add(("unknown_tag", "Evalution.txt", edit(labels, "F01-S-FM02.avi; H", "F01-S-FM02.avi; J")))
    found.add(("no_label", "Text/MSP-IMPROV-S01A-F01-S-FM02.txt", 0))
    found.add(("duplicate", "Evalution.txt", edit(labels, "UTD-IMPROV-S01A-F01-S-FM03", "UTD-IMPROV-S01A-M02-S-FM01")
               + 33))  # the one of session 2 comes later
    found.add(("no_label", "Text/MSP-IMPROV-S01A-F01-S-FM03.txt", 0))
    (root / "Text" / "MSP-IMPROV-S01A-M01-S-FM01.txt").unlink()
    found.add(("no_transcript", "Evalution.txt", edit(labels, "M01-S-FM01.avi", "M01-S-FM01.avi")))
    (root / "Text" / "MSP-IMPROV-S01A-M01-S-FM02.txt").write_text("\n")
    found.add(("empty_transcript", "Text/MSP-IMPROV-S01A-M01-S-FM02.txt", 0))
    (root / wav(2, "F02-S-FM01")).unlink()
    found.add(("no_audio", wav(2, "F02-S-FM01"), 0))
    (root / wav(2, "F02-S-FM02")).write_bytes(b"nothing")
    found.add(("bad_audio", wav(2, "F02-S-FM02"), 0))
    (root / "Text" / "._MSP-IMPROV-S01A-M02-S-FM02.txt").write_bytes(b"\x00\x05\x16\x07")
    found.add(("mac_file", "Text/._MSP-IMPROV-S01A-M02-S-FM02.txt", 0))
    (root / "Text" / "MSP-IMPROV-S01A-M02-S-FM02.txt").write_bytes(b"\xef\xbb\xbfBut we have to leave, Ren\xe9e.\r\n")
    found |= {(kind, "Text/MSP-IMPROV-S01A-M02-S-FM02.txt", 1) for kind in ("byte_order_mark", "bad_encoding", "line_ends")}
    return found
