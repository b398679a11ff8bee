#!/usr/bin/env python3
"""Prints tests/golden/features.json: features by librosa and scikit-learn of signals and texts that are made here.

The signals are made by tests/extractor/signals.cpp too, from the same integers, so that only numbers are kept.
"""
import json
import tempfile
from pathlib import Path

import librosa
import numpy as np
import sklearn
import soundfile
from sklearn.feature_extraction.text import HashingVectorizer

RATE, LENGTH, COEFFICIENTS = 22050, 96000, 100
SUBTYPES = {"wav16": ("WAV", "PCM_16"), "wav24": ("WAV", "PCM_24"), "float": ("WAV", "FLOAT"), "flac": ("FLAC", "PCM_16")}
CASES = {  # kind of signal, kind of file, rate, channels, samples
    "noise": ("noise", "wav16", 16000, 1, 32001),
    "telephone": ("tones", "wav16", 8000, 1, 20000),
    "studio": ("tones", "wav24", 44100, 2, 264601),
    "long": ("tones", "float", 48000, 1, 300000),
    "flac": ("tones", "flac", 16000, 2, 48000),
    "no_resampling": ("tones", "wav16", 22050, 1, 99999),
    "silence": ("silence", "wav16", 16000, 1, 16000),
    "short": ("noise", "wav16", 16000, 1, 160),
    "one_sample": ("noise", "float", 22050, 1, 1),
}
TEXTS = ["", "...", "I don't know.", "Oh my god, oh my GOD!", "Excuse me. Do you have your forms?", "a A a A",
         "Ärger über Öl – ein 2. Mal", "я не знаю", "x_1 ½ m²", "你好，世界"]


def noise(count: int, seed: int) -> np.ndarray:
    """24-bit integers, from the upper bits of a linear congruential generator."""
    values = np.empty(count, np.int64)
    state = seed
    for i in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values[i] = (state >> 8) - 2**23
    return values


def signal(kind: str, rate: int, count: int, channel: int) -> np.ndarray:
    """24-bit integers. Tones: silent in the first third, so that the limit of 80 dB is met; channels differ."""
    if kind == "silence":
        return np.zeros(count, np.int64)
    hiss = noise(count, 1 + channel)
    if kind == "noise":
        return hiss // 8
    at = np.arange(count) / rate
    tones = 0.3 * np.sin(2 * np.pi * 220 * at) + 0.1 * np.sin(2 * np.pi * (1760 + 100 * channel) * at)
    sound = np.rint(tones * 2**23).astype(np.int64) + hiss // 64
    sound[: count // 3] = 0
    return sound


def write(path: str, kind: str, file: str, rate: int, channels: int, count: int) -> None:
    values = np.stack([signal(kind, rate, count, channel) for channel in range(channels)], axis=1)
    container, subtype = SUBTYPES[file]
    if file == "float":
        data = (values / 2**23).astype(np.float32)
    elif file == "wav24":
        data = (values * 2**8).astype(np.int32)
    else:
        data = (values // 2**8).astype(np.int16)
    soundfile.write(path, data, rate, format=container, subtype=subtype)


def mfcc(path: str) -> np.ndarray:
    """As TIM-Net's Code/extract_feature.py (Jiaxin-Ye/TIM-Net_SER@55bc870); then the mean over the frames."""
    heard, rate = librosa.load(path)
    length = len(heard)
    if length < LENGTH:
        missing = LENGTH - length
        heard = np.pad(heard, (missing // 2, missing // 2 + missing % 2), "constant", constant_values=0)
    else:
        begin = (length - LENGTH) // 2
        heard = heard[begin:begin + LENGTH]
    return librosa.feature.mfcc(y=heard, sr=rate, n_mfcc=COEFFICIENTS).mean(axis=1, dtype=np.float64)


def logmel(path: str) -> np.ndarray:
    heard, rate = librosa.load(path)
    decibel = librosa.power_to_db(librosa.feature.melspectrogram(y=heard, sr=rate)).astype(np.float64)
    return np.concatenate([decibel.mean(axis=1), decibel.std(axis=1)])


def hashed(text: str) -> dict:
    vectorizer = HashingVectorizer(n_features=1024, ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b")
    row = vectorizer.transform([text]).tocoo()
    return {str(column): float(value) for column, value in sorted(zip(row.col.tolist(), row.data.tolist()))}


def rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.7g}") for value in values]


def main() -> None:
    sounds = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "sound")
        for name, (kind, file, rate, channels, count) in CASES.items():
            write(path, kind, file, rate, channels, count)
            sounds.append({"name": name, "kind": kind, "file": file, "rate": rate, "channels": channels,
                           "samples": count, "mfcc": rounded(mfcc(path)), "logmel": rounded(logmel(path))})
    versions = {"librosa": librosa.__version__, "scikit-learn": sklearn.__version__}
    texts = [{"text": text, "hash": hashed(text)} for text in TEXTS]
    print(json.dumps({"versions": versions, "sounds": sounds, "texts": texts}))


if __name__ == "__main__":
    main()
