"""A corpus folder (docs/corpus.md) and the folds that mer wrote (docs/folds.md), as tensors for training."""

import csv
import functools
import json
from pathlib import Path

import torch
from safetensors.torch import load_file

Dialogues = list[list[int]]  # rows of the corpus, dialogue by dialogue, in turn order


class Corpus:
    """Utterances and features, as they are; load_file maps the features into memory and copies nothing."""

    def __init__(self, folder: Path):
        facts = json.loads((folder / "corpus.json").read_text())
        self.rows = list(csv.DictReader((folder / "utterances.csv").open()))
        self.classes = len(facts["labels"])
        self.labels = torch.tensor([facts["labels"].index(row["label"]) for row in self.rows])
        self.row_of = {row["utterance"]: i for i, row in enumerate(self.rows)}
        self.features = {name: load_file(folder / modality["file"])["features"]
                         for name, modality in facts["modalities"].items()}

    def dialogues(self, part: set[int]) -> Dialogues:
        """Every dialogue, cut to the rows of a part."""
        found: dict[str, list[int]] = {}
        for i, row in enumerate(self.rows):
            if i in part:
                found.setdefault(row["dialogue"], []).append(i)
        return list(found.values())


@functools.cache
def load(folder: str) -> Corpus:
    """Once in a process."""
    return Corpus(Path(folder))


class Fold:
    """What one trial trains on: the dialogues of its two parts, and features that are standardised by training rows."""

    def __init__(self, corpus: Corpus, train: set[int], test: set[int], modalities: list[str], standardise: list[str]):
        self.classes = corpus.classes
        self.labels = corpus.labels
        self.train, self.test = corpus.dialogues(train), corpus.dialogues(test)
        rows = torch.tensor(sorted(train))
        self.features = [standardised(corpus.features[name], rows) if name in standardise else corpus.features[name]
                         for name in modalities]

    @classmethod
    def from_file(cls, corpus: Corpus, file: Path, modalities: list[str], standardise: list[str]) -> "Fold":
        """A fold as mer materialised it: folds/<hash>.json of its store."""
        parts = json.loads(file.read_text())
        train, test = ({corpus.row_of[utterance] for utterance in parts[part]} for part in ("train", "test"))
        return cls(corpus, train, test, modalities, standardise)

    def to(self, device: str) -> "Fold":
        """Features and labels on that device; batches are then gathered there."""
        self.labels = self.labels.to(device)
        self.features = [values.to(device) for values in self.features]
        return self


def standardised(values: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    part = values[rows]
    mean = part.mean(0, dtype=torch.float64).float()
    scale = part.sub_(mean).square_().mean(0, dtype=torch.float64).sqrt().float()
    return values.sub(mean).div_(torch.where(scale == 0, torch.ones(()), scale))


def batch_of(fold: Fold, dialogues: Dialogues):
    """Padded features of each modality, labels of the real utterances, and which places are real."""
    device = fold.labels.device
    width = max(map(len, dialogues))
    mask = torch.zeros(len(dialogues), width, dtype=torch.bool)
    for i, rows in enumerate(dialogues):
        mask[i, : len(rows)] = True
    mask = mask.to(device)
    rows = torch.tensor([row for dialogue in dialogues for row in dialogue]).to(device)
    features = []
    for values in fold.features:
        padded = torch.zeros(len(dialogues), width, values.shape[1], device=device)
        padded[mask] = values[rows]
        features.append(padded)
    return features, fold.labels[rows], mask
