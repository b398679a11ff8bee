#!/usr/bin/env python3
"""How fast the text method bert computes, beside transformers on the same cores; figures in bench/RESULTS.md.

  .deps/oracles/bin/python bench/extract_text.py build/release/bin/bench_bert [--threads 2] [--rounds 3]

200 transcripts of 1 to 60 words; a MiniLM of 6 layers of 384 and a BERT of the size of BERT-base with random weights.
Texts a second, and in brackets texts for a second of CPU time, the best of the rounds, which go in turns. transformers:
batches of 32 of texts sorted by their length, and as they come, padded each to its longest text.
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
    def seconds(self, sort: bool) -> tuple[float, float]:
        begun, used = time.perf_counter(), time.process_time()
        texts = sorted(self.texts, key=len) if sort else self.texts
        for first in range(0, len(texts), BATCH):
            batch = self.tokenizer(texts[first:first + BATCH], truncation=True, padding=True, max_length=512,
                                   return_tensors="pt")
            hidden = self.model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            ((hidden * mask).sum(1) / mask.sum(1)).numpy()
        return time.perf_counter() - begun, time.process_time() - used


def ours(program: str, folder: Path, texts: Path, threads: int) -> tuple[float, float]:
    run = subprocess.run([program, folder, texts, str(threads)], check=True, capture_output=True, text=True)
    wall, cpu = map(float, run.stdout.split())
    return wall, cpu


def measure(name: str, folder: Path, texts: list[str], arguments: argparse.Namespace) -> None:
    file = folder / "texts.json"
    file.write_text(json.dumps(texts))
    peer = Peer(folder, texts)
    peer.seconds(sort=True)
    runs: dict[str, list[tuple[float, float]]] = {"mer": [], "sorted": [], "unsorted": []}
    for _ in range(arguments.rounds):
        runs["mer"].append(ours(arguments.program, folder, file, arguments.threads))
        runs["sorted"].append(peer.seconds(sort=True))
        runs["unsorted"].append(peer.seconds(sort=False))
    rates = {way: [len(texts) / min(each) for each in zip(*seconds)] for way, seconds in runs.items()}
    cells = [f"{wall:.1f} ({cpu:.1f})" for wall, cpu in rates.values()]
    times = [ours / theirs for ours, theirs in zip(rates["mer"], rates["sorted"])]
    print(f"| {name} | {' | '.join(cells)} | {times[0]:.2f}x ({times[1]:.2f}x) |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    texts = transcripts(200, minilm_words())
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {arguments.threads} threads\n")
    print("| texts/s | mer | transformers, sorted | transformers, unsorted | mer / sorted |\n|---|---:|---:|---:|---:|")
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
