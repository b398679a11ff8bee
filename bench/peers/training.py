"""One trial of the model on one fold, written as one would write it in PyTorch."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from peers.corpus import Fold, batch_of
from peers.model import Model


@dataclass
class Settings:
    epochs: int
    seed: int
    batch_dialogues: int = 20
    learning_rate: float = 1e-3
    weight_decay: float = 1e-5


@dataclass
class Epoch:
    """Means over the epoch's training passes, and the scores of the test part after it."""

    epoch: int
    steps: int
    train_loss: float
    test_loss: float
    accuracy: float
    train_seconds: float


def parameters_of(model: Model) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def evaluate(model: Model, fold: Fold) -> tuple[float, float]:
    """Loss and accuracy of the test part, in one batch."""
    model.eval()
    with torch.no_grad():
        features, labels, mask = batch_of(fold, fold.test)
        logits, loss = model(features, labels, mask)
    return loss.item(), (logits.argmax(1) == labels).float().mean().item()


def make_model(fold: Fold, seed: int) -> Model:
    torch.manual_seed(seed)
    return Model([values.shape[1] for values in fold.features], fold.classes)


def train(model: Model, fold: Fold, settings: Settings) -> Iterator[Epoch]:
    """Adam; one item after each epoch. On the device of the fold's tensors."""
    model.to(fold.labels.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    for epoch in range(1, settings.epochs + 1):
        begin = time.perf_counter()
        model.train()
        order = torch.randperm(len(fold.train)).tolist()
        starts = range(0, len(order), settings.batch_dialogues)
        total = 0.0
        for first in starts:
            batch = batch_of(fold, [fold.train[i] for i in order[first : first + settings.batch_dialogues]])
            optimizer.zero_grad()
            _, loss = model(*batch)
            loss.backward()
            optimizer.step()
            total += loss.item()
        seconds = time.perf_counter() - begin
        yield Epoch(epoch, len(starts), total / len(starts), *evaluate(model, fold), seconds)
