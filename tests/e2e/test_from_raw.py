"""From a raw corpus to the paper's table: import, extract, run and results, with the sweep files of configs/paper as they are."""
import json
import shutil
from pathlib import Path

import pytest
import raw_corpora

CONFIGS = Path(__file__).parents[2] / "configs"


def answer_of(mer, *arguments) -> dict:
    run = mer.run(*arguments, "--format", "json")
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("name, build, folds", [("iemocap", raw_corpora.write_iemocap, 1),
                                                ("msp-improv", raw_corpora.write_msp_improv, 4)])
def test_a_raw_corpus_becomes_the_papers_table(mer, tmp_path, name, build, folds):
    raw = build(tmp_path / "raw" / name)
    shutil.copytree(CONFIGS, tmp_path / "configs")
    corpus = tmp_path / "configs" / "corpora" / name
    sweep = tmp_path / "configs" / "paper" / f"table3-{name}.json"

    imported = answer_of(mer, "corpus", "import", name, raw, corpus)
    answer_of(mer, "extract", corpus, "--audio", "mfcc", "--text", "hash")
    shown = answer_of(mer, "corpus", "show", corpus)
    ran = mer.run("run", sweep, "--workers", 2, "--set", "train.epochs=2", "--set", "seeds=[0]")
    results = answer_of(mer, "results", f"paper-table3-{name}")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert shown["modalities"] == {"audio": 100, "text": 1024}
    assert shown["labels"] == imported["labels"]
    assert shown["seconds"]["shortest"] > 0
    assert len(results["rows"]) == 4
    for row in results["rows"]:
        assert (row["ua"]["n"], row["ua"]["expected_n"]) == (folds, folds)
        assert 0 <= row["ua"]["mean"] <= 1
    published = mer.run("results", f"paper-table3-{name}").stdout
    assert "Du et al. 2024, Table 3, A+T" in published
