"""A corpus folder as an import leaves it, with recordings that are made here."""
import csv
import json
import random
import struct
import wave
from pathlib import Path

WORDS = "I you don't know really so happy sad angry it is not my fault okay Well".split()


def write_sound(path: Path, seconds: float, draw: random.Random) -> None:
    """16 kHz, 16 bits: noise that swells and fades."""
    count = int(16000 * seconds)
    samples = [int(12000 * draw.uniform(-1, 1) * min(i, count - i) / count) for i in range(count)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(struct.pack(f"<{count}h", *samples))


def write_recorded_corpus(folder: Path, utterances: int = 12, seconds: float = 0.5) -> Path:
    draw = random.Random(3)
    corpus, raw = folder / "corpus", folder / "raw"
    corpus.mkdir(parents=True)
    raw.mkdir()
    turns, recordings = [["utterance", "dialogue", "turn", "session", "speaker", "label"]], [["utterance", "audio", "seconds", "transcript"]]
    for i in range(utterances):
        turns.append([f"u{i}", f"d{i % 4}", i // 4, f"s{i % 2}", f"{'FM'[i // 4 % 2]}{i % 2}", ["happy", "sad"][i % 3 % 2]])
        recordings.append([f"u{i}", f"u{i}.wav", seconds, " ".join(draw.choices(WORDS, k=draw.randint(1, 9)))])
        write_sound(raw / f"u{i}.wav", seconds * draw.uniform(0.5, 1.5), draw)
    for name, rows in (("utterances.csv", turns), ("recordings.csv", recordings)):
        with (corpus / name).open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    (corpus / "corpus.json").write_text(json.dumps(
        {"format": 1, "name": "recorded", "labels": ["happy", "sad"], "utterances": utterances, "modalities": {},
         "recordings": {"file": "recordings.csv", "root": str(raw)}}))
    return corpus
