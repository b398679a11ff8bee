#!/usr/bin/env python3
"""How fast the text method bert computes, beside transformers on the same cores; figures in bench/RESULTS.md.

  .deps/oracles/bin/python bench/extract_text.py build/release/bin/bench_bert [--threads 2] [--rounds 3]

200 transcripts of 1 to 60 words; a MiniLM of 6 layers of 384 and a BERT of the size of BERT-base with random weights.
Texts a second, the best of the rounds, which go in turns. transformers: batches of 32 of texts sorted by their length,
and as they come, padded each to its longest text.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools" / "oracles"))

import torch
import transformers
from bert_texts import transcripts
from make_bert import MINILM, SETTINGS, minilm_words, random_model, tokenizer_of

BATCH = 32


class Peer:
    def __init__(self, folder: Path, texts: list[str]):
        self.tokenizer = transformers.BertTokenizerFast.from_pretrained(folder)
        self.model = transformers.BertModel.from_pretrained(folder).eval()
        self.texts = texts

    @torch.inference_mode()
    def seconds(self, sort: bool) -> float:
        begun = time.perf_counter()
        texts = sorted(self.texts, key=len) if sort else self.texts
        for first in range(0, len(texts), BATCH):
            batch = self.tokenizer(texts[first:first + BATCH], truncation=True, padding=True, max_length=512,
                                   return_tensors="pt")
            hidden = self.model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            ((hidden * mask).sum(1) / mask.sum(1)).numpy()
        return time.perf_counter() - begun


def ours(program: str, folder: Path, texts: Path, threads: int) -> float:
    return float(subprocess.run([program, folder, texts, str(threads)], check=True, capture_output=True, text=True).stdout)


def measure(name: str, folder: Path, texts: list[str], arguments: argparse.Namespace) -> None:
    file = folder / "texts.json"
    file.write_text(json.dumps(texts))
    peer = Peer(folder, texts)
    peer.seconds(sort=True)
    best = {"mer": 9e9, "sorted": 9e9, "unsorted": 9e9}
    for _ in range(arguments.rounds):
        best["mer"] = min(best["mer"], ours(arguments.program, folder, file, arguments.threads))
        best["sorted"] = min(best["sorted"], peer.seconds(sort=True))
        best["unsorted"] = min(best["unsorted"], peer.seconds(sort=False))
    rates = {way: len(texts) / seconds for way, seconds in best.items()}
    print(f"| {name} | {rates['mer']:.1f} | {rates['sorted']:.1f} | {rates['unsorted']:.1f} "
          f"| {rates['mer'] / rates['sorted']:.2f}x |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    texts = transcripts(200, minilm_words())
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {arguments.threads} threads\n")
    print("| texts/s | mer | transformers, sorted | transformers, unsorted | |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        minilm, base = Path(folder) / "minilm", Path(folder) / "base"
        tokenizer_of(MINILM / "vocab.txt", minilm, SETTINGS["uncased"], 512)
        for name in ("config.json", "model.safetensors"):
            (minilm / name).write_bytes((MINILM / name).read_bytes())
        measure("MiniLM-L6-H384", minilm, texts, arguments)
        tokenizer_of(MINILM / "vocab.txt", base, SETTINGS["uncased"], 512)
        random_model(transformers.BertConfig(), base)
        measure("BERT-base, random weights", base, texts, arguments)


if __name__ == "__main__":
    main()
