#!/usr/bin/env python3
"""Golden files of the model, from PyTorch's own layers: tests/golden/model/*.safetensors.

usage: make_model_golden.py OUTPUT_FOLDER        (environment: tools/make_oracles.sh)

Written apart from model/: one dialogue at a time through nn.GRU, nn.LSTM, nn.MultiheadAttention and nn.Linear, losses
from the paper's equations. A case file is a probe input (docs/paper_map.md) with `expected.<output>` beside it; a
trajectory file holds a small corpus, initial weights, batches, and what ten optimizer steps made of them.
"""

import itertools
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

DIMS = {"audio": 5, "text": 7, "video": 3}
CLASSES = 4
DEFAULTS = {
    "modalities": ["audio", "text"], "hidden": 4, "heads": 2, "recurrent": "bigru", "recurrent_width": "split",
    "self_attention": True, "self_attention_form": "multi-head", "self_attention_residual": False,
    "auxiliary_loss": True, "subspace": True, "encoder": "sigmoid", "similarity_norm": "l2", "similarity_moments": 5,
    "difference": "normalised", "cross_attention": True, "cross_attention_residual": False,
    "cross_attention_feed_forward": False, "cross_attention_positions": False, "alpha": 0.1, "beta": 0.1,
}

# --- random numbers of the dropout masks: Philox4x32-10 in NumPy ---

WORD = np.uint64(0xFFFFFFFF)


def philox(counter, key):
    """counter: four arrays of 32-bit values, key: two; returns four arrays."""
    c = [np.asarray(value, dtype=np.uint64) for value in np.broadcast_arrays(*counter)]
    k = [np.uint64(value) for value in key]
    for _ in range(10):
        low = c[0] * np.uint64(0xD2511F53)
        high = c[2] * np.uint64(0xCD9E8D57)
        c = [(high >> np.uint64(32)) ^ c[1] ^ k[0], high & WORD, (low >> np.uint64(32)) ^ c[3] ^ k[1], low & WORD]
        k = [(k[0] + np.uint64(0x9E3779B9)) & WORD, (k[1] + np.uint64(0xBB67AE85)) & WORD]
    return c


def dropout_mask(slot, layer, dialogue, turns, width):
    """[turns, width] of 1 / (1 - p) and 0."""
    first = philox((3, 0, 0, 0), (slot["seed"] & 0xFFFFFFFF, slot["seed"] >> 32))
    key = (int(first[0]), int(first[1]))
    blocks = math.ceil(width / 4)
    words = philox((layer, slot["step"], dialogue, np.arange(turns * blocks)), key)
    uniform = (np.stack(words, axis=1) >> np.uint64(8)).astype(np.float64) * 2.0**-24
    uniform = uniform.reshape(turns, blocks * 4)[:, :width]
    return torch.from_numpy((uniform >= slot["dropout"]) / (1 - slot["dropout"]))


# --- the network, one dialogue at a time ---


class Bilinear(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width, width).uniform_(-0.5, 0.5))

    def forward(self, x):
        rows = []
        for query in x:
            share = torch.softmax(torch.tanh(x @ self.weight @ query), dim=0)
            rows.append(share @ x)
        return torch.stack(rows)


class Context(nn.Module):
    """Section 3.3 for one modality."""

    def __init__(self, settings, modality):
        super().__init__()
        self.settings, self.layer = settings, settings["modalities"].index(modality)
        hidden, recurrent = settings["hidden"], settings["recurrent"]
        both = recurrent.startswith("bi")
        width = hidden // 2 if both and settings["recurrent_width"] == "split" else hidden
        self.input = nn.Linear(DIMS[modality], hidden)
        kind = nn.LSTM if recurrent.endswith("lstm") else nn.GRU
        self.recurrent = kind(hidden, width, bidirectional=both)
        if both and settings["recurrent_width"] == "full":
            self.projection = nn.Linear(2 * hidden, hidden)
        if settings["self_attention"]:
            multi_head = settings["self_attention_form"] == "multi-head"
            self.self_attention = nn.MultiheadAttention(hidden, settings["heads"]) if multi_head else Bilinear(hidden)

    def forward(self, features, drop):
        x, _ = self.recurrent(self.input(features))
        if hasattr(self, "projection"):
            x = self.projection(x)
        if not self.settings["self_attention"]:
            return x
        if self.settings["self_attention_form"] == "multi-head":
            attended, _ = self.self_attention(x, x, x)
        else:
            attended = self.self_attention(x)
        attended = drop(attended, self.layer)
        return x + attended if self.settings["self_attention_residual"] else attended


class Cross(nn.Module):
    """Section 3.6 for one ordered pair of modalities."""

    def __init__(self, settings, layer, feed_forward_layer):
        super().__init__()
        self.settings, self.layers = settings, (layer, feed_forward_layer)
        hidden = settings["hidden"]
        self.attention = nn.MultiheadAttention(hidden, settings["heads"])
        if settings["cross_attention_feed_forward"]:
            self.feed_forward = nn.ModuleList([nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)])

    def forward(self, target, source, drop):
        if self.settings["cross_attention_positions"]:
            turn = torch.arange(len(target)).unsqueeze(1)
            width = target.shape[1]
            rate = torch.exp(-math.log(10000.0) * torch.arange(0, width, 2) / width)
            positions = torch.zeros(len(target), width)
            positions[:, 0::2], positions[:, 1::2] = torch.sin(turn * rate), torch.cos(turn * rate)
            target, source = target + positions, source + positions
        out = drop(self.attention(target, source, source)[0], self.layers[0])
        if self.settings["cross_attention_residual"]:
            out = target + out
        if self.settings["cross_attention_feed_forward"]:
            first, second = self.feed_forward
            out = out + drop(second(F.relu(first(out))), self.layers[1])
        return out


class Network(nn.Module):
    def __init__(self, settings):
        super().__init__()
        self.settings, names, hidden = settings, settings["modalities"], settings["hidden"]
        self.several = len(names) > 1
        self.contexts = nn.ModuleDict({name: Context(settings, name) for name in names})
        if self.several and settings["subspace"]:
            self.public_encoder = nn.Linear(hidden, hidden)
            self.unique_encoders = nn.ModuleDict({name: nn.Linear(hidden, hidden) for name in names})
            self.decoders = nn.ModuleDict({name: nn.Linear(hidden, hidden) for name in names})
        self.pairs = list(itertools.permutations(names, 2))
        fused = len(names)
        if self.several and settings["cross_attention"]:
            self.cross = nn.ModuleDict(
                {f"{s}_to_{t}": Cross(settings, len(names) + p, len(names) + len(self.pairs) + p)
                 for p, (s, t) in enumerate(self.pairs)})
            fused = len(self.pairs)
        if self.several and settings["subspace"]:
            fused += len(names)
        self.classifier = nn.Linear(fused * hidden, CLASSES)
        if self.several and settings["auxiliary_loss"]:
            self.auxiliary = nn.ModuleDict({name: nn.Linear(hidden, CLASSES) for name in names})

    def encode(self, encoder, x):
        return torch.sigmoid(encoder(x)) if self.settings["encoder"] == "sigmoid" else encoder(x)

    def forward(self, features, drop):
        """features: modality -> [turns, dim] of one dialogue."""
        names, out = self.settings["modalities"], {}
        for name in names:
            out[f"context.{name}"] = self.contexts[name](features[name], drop)
        adapted = {name: out[f"context.{name}"] for name in names}
        public = []
        if hasattr(self, "public_encoder"):
            for name in names:
                context = out[f"context.{name}"]
                out[f"public.{name}"] = self.encode(self.public_encoder, context)
                out[f"unique.{name}"] = self.encode(self.unique_encoders[name], context)
                rebuilt = self.decoders[name](out[f"public.{name}"] + out[f"unique.{name}"])
                out[f"reconstructed.{name}"] = rebuilt
                out[f"cycled.{name}"] = self.encode(self.unique_encoders[name], rebuilt)
                adapted[name] = out[f"unique.{name}"]
                public.append(out[f"public.{name}"])
        if hasattr(self, "cross"):
            fused = []
            for source, target in self.pairs:
                pair = f"{source}_to_{target}"
                out[f"cross.{pair}"] = self.cross[pair](adapted[target], adapted[source], drop)
                fused.append(out[f"cross.{pair}"])
        elif public:
            fused = [adapted[name] for name in names[1:] + names[:1]]
        else:
            fused = [adapted[name] for name in names]
        out["logits"] = self.classifier(torch.cat(fused + public, dim=1))
        if hasattr(self, "auxiliary"):
            for name in names:
                out[f"auxiliary_logits.{name}"] = self.auxiliary[name](out[f"context.{name}"])
        return out

    def mer_name(self, name):
        """This module's parameter name -> the name in mer."""
        group, _, rest = name.partition(".")
        if group in ("public_encoder", "classifier"):
            return name
        key, _, rest = rest.partition(".")
        if group == "contexts":
            return f"{key}.{rest.replace('projection', 'recurrent.projection', 1) if rest.startswith('proj') else rest}"
        if group == "cross":
            return f"{key}.cross_attention.{rest.removeprefix('attention.')}"
        return {"unique_encoders": f"{key}.unique_encoder.{rest}", "decoders": f"{key}.decoder.{rest}",
                "auxiliary": f"{key}.auxiliary.{rest}"}[group]


# --- the losses ---


def norm(x, settings):
    return x.norm() if settings["similarity_norm"] == "l2" else (x * x).sum()


def cmd(x, y, settings):
    """Eq 5."""
    total = norm(x.mean(0) - y.mean(0), settings)
    for k in range(2, settings["similarity_moments"] + 1):
        total = total + norm(((x - x.mean(0)) ** k).mean(0) - ((y - y.mean(0)) ** k).mean(0), settings)
    return total


def overlap(x, y, settings):
    """Eq 6, one term."""
    if settings["difference"] == "literal":
        return torch.linalg.matrix_norm(x.T @ y) ** 2
    unit = []
    for z in (x, y):
        z = z - z.mean(0)
        unit.append(z / (z.norm(dim=1, keepdim=True).detach() + 1e-6))
    return ((unit[0].T @ unit[1]) ** 2).mean()


def losses_of(out, labels, scored, settings, slot):
    """Rows of one slot -> every component; zeros where nothing is scored."""
    names = settings["modalities"]
    keep = {key: value[scored] for key, value in out.items()}
    labels = labels[scored]
    loss = {"task": F.cross_entropy(keep["logits"], labels)}
    loss["total"] = loss["task"]
    if f"auxiliary_logits.{names[0]}" in out:
        for name in names:
            loss[f"auxiliary.{name}"] = F.cross_entropy(keep[f"auxiliary_logits.{name}"], labels)
        loss["auxiliary"] = sum(loss[f"auxiliary.{name}"] for name in names)
        loss["total"] = loss["total"] + loss["auxiliary"]
    if f"public.{names[0]}" in out:
        pairs = list(itertools.combinations(names, 2))
        loss["similarity"] = sum(cmd(keep[f"public.{a}"], keep[f"public.{b}"], settings) for a, b in pairs)
        loss["difference"] = sum(overlap(keep[f"unique.{a}"], keep[f"unique.{b}"], settings) for a, b in pairs) + sum(
            overlap(keep[f"unique.{m}"], keep[f"public.{m}"], settings) for m in names)
        loss["reconstruction"] = sum(
            ((keep[f"context.{m}"] - keep[f"reconstructed.{m}"]) ** 2).mean() for m in names)
        loss["cycle"] = sum(((keep[f"unique.{m}"] - keep[f"cycled.{m}"]) ** 2).mean() for m in names)
        loss["subspace"] = loss["reconstruction"] + loss["cycle"] + slot["alpha"] * (
            loss["similarity"] + loss["difference"])
        loss["total"] = loss["total"] + slot["beta"] * loss["subspace"]
    return loss


def run_slot(network, dialogues, slot):
    """dialogues: (features, labels, scored) of each. Returns outputs by name, losses by name."""
    settings, parts = network.settings, []
    for number, (features, _, _) in enumerate(dialogues):
        def drop(x, layer, number=number):
            return x * dropout_mask(slot, layer, number, len(x), x.shape[1]) if slot["dropout"] > 0 else x
        parts.append(network(features, drop))
    out = {key: torch.cat([part[key] for part in parts]) for key in parts[0]}
    labels = torch.cat([labels for _, labels, _ in dialogues])
    scored = torch.cat([scored for _, _, scored in dialogues])
    return out, losses_of(out, labels, scored, settings, slot) if scored.any() else {}


# --- cases ---


def random_dialogues(generator, lengths, modalities, scored_share=1.0):
    dialogues = []
    for turns in lengths:
        features = {m: torch.from_numpy(generator.normal(size=(turns, DIMS[m]))) for m in modalities}
        labels = torch.from_numpy(generator.integers(0, CLASSES, turns))
        dialogues.append((features, labels, torch.from_numpy(generator.random(turns) < scored_share)))
    return dialogues


def fresh_network(settings, seed):
    torch.manual_seed(seed)
    network = Network(settings)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 1:  # PyTorch leaves the attention biases at zero: errors there would not show
                parameter.uniform_(-0.3, 0.3)
            else:  # turns that hardly differ make eq 6 a quotient of rounding errors
                parameter.mul_(2)
    return network


def stack(networks, values):
    """mer's names -> [slots, ...]; values(parameter) of each."""
    names = [network.mer_name(name) for network in networks[:1] for name, _ in network.named_parameters()]
    columns = zip(*[[values(p) for p in network.parameters()] for network in networks])
    return {name: torch.stack(column) for name, column in zip(names, columns)}


def save(path, tensors, metadata):
    arrays = {name: np.ascontiguousarray(tensor.detach().numpy()) for name, tensor in tensors.items()}
    save_file(arrays, path, {key: json.dumps(value) for key, value in metadata.items()})


def corpus_tensors(dialogues, modalities):
    tensors = {f"features.{m}": torch.cat([d[0][m] for d in dialogues]) for m in modalities}
    tensors["labels"] = torch.cat([d[1] for d in dialogues])
    tensors["dialogue_lengths"] = torch.tensor([len(d[1]) for d in dialogues])
    return tensors


def write_case(folder, name, changes, slots=({},), lengths=((3, 1, 5, 3),), scored_share=1.0):
    settings = DEFAULTS | changes
    generator = np.random.default_rng(len(name) + sum(map(ord, name)))
    slots = [{"dropout": 0.0, "alpha": settings["alpha"], "beta": settings["beta"], "seed": 0, "step": 0} | slot
             for slot in slots]
    networks = [fresh_network(settings, 100 + number) for number in range(len(slots))]
    batches = [random_dialogues(generator, turns, settings["modalities"], scored_share) for turns in lengths]
    everything = [dialogue for batch in batches for dialogue in batch]
    tensors = corpus_tensors(everything, settings["modalities"])
    tensors["slot_dialogues"] = torch.tensor([len(batch) for batch in batches])
    if scored_share < 1:
        tensors["scored"] = torch.cat([d[2] for d in everything]).to(torch.uint8)
    results = [run_slot(*job) if job[1] else ({}, {}) for job in zip(networks, batches, slots)]
    for out, _ in results:
        for key, value in out.items():
            tensors.setdefault(f"expected.{key}", []).append(value)
    for key in {key for _, loss in results for key in loss}:
        tensors[f"expected.loss.{key}"] = torch.stack([loss.get(key, torch.zeros(())) for _, loss in results])
    tensors = {key: torch.cat(value) if isinstance(value, list) else value for key, value in tensors.items()}
    for _, loss in results:
        if loss:
            loss["total"].backward()
    tensors |= {f"parameter.{k}": v for k, v in stack(networks, lambda p: p).items()}
    gradients = stack(networks, lambda p: torch.zeros_like(p) if p.grad is None else p.grad)
    tensors |= {f"expected.gradient.{k}": v for k, v in gradients.items()}
    save(folder / f"{name}.safetensors", tensors, {"model": settings, "slots": slots, "gradients": True})


THREE_SLOTS = ({"dropout": 0.2, "alpha": 0.1, "beta": 1.0, "seed": 7, "step": 3},
               {"dropout": 0.5, "alpha": 1.0, "beta": 0.1, "seed": 2**40 + 1, "step": 70000},
               {"dropout": 0.0, "alpha": 0.0, "beta": 0.5, "seed": 7, "step": 3})
THREE_BATCHES = ((2, 4), (6, 1, 1), (3, 2))

CASES = {
    "default": ({"hidden": 8},),
    "stack": ({}, THREE_SLOTS, THREE_BATCHES),
    "stack_with_empty_slot": ({}, THREE_SLOTS, ((2, 4), (), (3, 3))),
    "scored": ({}, THREE_SLOTS, ((2, 4), (6, 1, 1), (3, 5)), 0.6),
    "dropout": ({"hidden": 6, "heads": 3, "cross_attention_feed_forward": True},
                ({"dropout": 0.3, "seed": 11, "step": 5},)),
    "gru": ({"recurrent": "gru"},),
    "lstm": ({"recurrent": "lstm"},),
    "bilstm": ({"recurrent": "bilstm"},),
    "bigru_full": ({"recurrent_width": "full"},),
    "bilstm_full": ({"recurrent": "bilstm", "recurrent_width": "full"},),
    "gru_full": ({"recurrent": "gru", "recurrent_width": "full"},),
    "no_self_attention": ({"self_attention": False},),
    "self_attention_residual": ({"self_attention_residual": True},),
    "bilinear": ({"self_attention_form": "bilinear"},),
    "bilinear_residual_stack": ({"self_attention_form": "bilinear", "self_attention_residual": True}, THREE_SLOTS,
                                THREE_BATCHES),
    "no_auxiliary": ({"auxiliary_loss": False},),
    "no_subspace": ({"subspace": False},),
    "no_cross_attention": ({"cross_attention": False},),
    "neither": ({"subspace": False, "cross_attention": False},),
    "baseline": ({"self_attention": False, "auxiliary_loss": False, "subspace": False, "cross_attention": False},),
    "linear_encoder": ({"encoder": "linear"},),
    "squared_norm": ({"similarity_norm": "squared-l2"},),
    "one_moment": ({"similarity_moments": 1},),
    "three_moments": ({"similarity_moments": 3},),
    "literal_difference": ({"difference": "literal"},),
    "cross_residual": ({"cross_attention_residual": True},),
    "cross_feed_forward": ({"cross_attention_feed_forward": True},),
    "cross_positions": ({"cross_attention_positions": True},),
    "cross_everything": ({"cross_attention_residual": True, "cross_attention_feed_forward": True,
                          "cross_attention_positions": True}, THREE_SLOTS, THREE_BATCHES),
    "audio_only": ({"modalities": ["audio"]},),
    "text_only": ({"modalities": ["text"]}, THREE_SLOTS, THREE_BATCHES),
    "three_modalities": ({"modalities": ["audio", "text", "video"]},),
    "three_modalities_no_cross_attention": ({"modalities": ["audio", "text", "video"], "cross_attention": False},),
}

# --- trajectories ---

OPTIMIZERS = {
    "adam": lambda p, slot: torch.optim.Adam(p, slot["learning_rate"], weight_decay=slot["weight_decay"]),
    "adamw": lambda p, slot: torch.optim.AdamW(p, slot["learning_rate"], weight_decay=slot["weight_decay"]),
    "sgd": lambda p, slot: torch.optim.SGD(p, slot["learning_rate"], weight_decay=slot["weight_decay"]),
}


def write_trajectory(folder, name, optimizer, slots, steps=10):
    settings = DEFAULTS
    generator = np.random.default_rng(5)
    dialogues = random_dialogues(generator, (3, 1, 5, 2, 4, 2), settings["modalities"])
    networks = [fresh_network(settings, 200 + number) for number in range(len(slots))]
    tensors = corpus_tensors(dialogues, settings["modalities"])
    tensors |= {f"parameter.{k}": v.clone() for k, v in stack(networks, lambda p: p.detach()).items()}
    # The last slot's batches are one dialogue shorter: a partial batch.
    batches = np.full((steps, len(slots), 3), -1)
    for step, slot in itertools.product(range(steps), range(len(slots))):
        size = 2 if slot == len(slots) - 1 else 3
        batches[step, slot, :size] = generator.permutation(len(dialogues))[:size]
    losses = []
    optimizers = [OPTIMIZERS[optimizer](network.parameters(), slot) for network, slot in zip(networks, slots)]
    for step in range(steps):
        losses.append([])
        for number, network in enumerate(networks):
            batch = [dialogues[d] for d in batches[step, number] if d >= 0]
            optimizers[number].zero_grad()
            _, loss = run_slot(network, batch, slots[number] | {"step": step})
            loss["total"].backward()
            optimizers[number].step()
            losses[-1].append(loss)
    tensors["batches"] = torch.from_numpy(batches)
    for key in losses[0][0]:
        tensors[f"expected.loss.{key}"] = torch.stack([torch.stack([slot[key] for slot in row]) for row in losses])
    tensors |= {f"expected.parameter.{k}": v for k, v in stack(networks, lambda p: p).items()}
    save(folder / f"{name}.safetensors", tensors, {"model": settings, "slots": slots, "optimizer": optimizer})


def trajectory_slot(dropout, alpha, beta, seed, learning_rate, weight_decay):
    return {"dropout": dropout, "alpha": alpha, "beta": beta, "seed": seed, "learning_rate": learning_rate,
            "weight_decay": weight_decay}


PLAIN = [trajectory_slot(0.0, 0.1, 0.1, 0, 1e-3, 1e-5)]
MIXED = [trajectory_slot(0.2, 0.1, 0.1, 1, 1e-3, 1e-5), trajectory_slot(0.5, 1.0, 0.3, 2, 3e-3, 0.0),
         trajectory_slot(0.0, 0.1, 1.0, 3, 2e-3, 1e-2)]
TRAJECTORIES = {
    "trajectory_adam": ("adam", PLAIN),
    "trajectory_adam_stack": ("adam", [slot | {"dropout": 0.0} for slot in MIXED]),
    "trajectory_adam_stack_dropout": ("adam", MIXED),
    "trajectory_adamw": ("adamw", PLAIN),
    "trajectory_sgd": ("sgd", PLAIN),
}


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, arguments in CASES.items():
        write_case(folder, f"case_{name}", *arguments)
    for name, arguments in TRAJECTORIES.items():
        write_trajectory(folder, name, *arguments)


if __name__ == "__main__":
    main()
