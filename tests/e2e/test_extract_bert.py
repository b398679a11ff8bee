"""merctl extract --text bert: from a folder of Hugging Face, here a small one of random weights, to features."""
import json
import shutil

import mer_run
from recorded_corpus import write_recorded_corpus

MODEL = mer_run.SOURCE / "tests" / "golden" / "extractor" / "bert"


def test_features_of_a_bert_do_not_depend_on_jobs_and_know_their_model(mer):
    corpora = [write_recorded_corpus(mer.folder / name, utterances=70, seconds=0.01) for name in ("one", "three")]

    for corpus, jobs in zip(corpora, (1, 3)):
        run = mer.run("extract", corpus, "--text", "bert", "--model", MODEL, "--jobs", jobs, "--format", "json")
        assert run.returncode == 0, run.stdout + run.stderr
        (text,) = json.loads(run.stdout)["extracted"]
        assert (text["method"], text["dim"], text["computed"]) == ("bert", 32, 70)

    one, three = ((corpus / "features" / "text.safetensors").read_bytes() for corpus in corpora)
    assert one == three
    again = mer.run("extract", corpora[0], "--text", "bert", "--model", MODEL)
    assert (again.returncode, "already there" in again.stdout) == (0, True), again.stdout + again.stderr
    other = shutil.copytree(MODEL, mer.folder / "other")
    (other / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    refused = mer.run("extract", corpora[0], "--text", "bert", "--model", other)
    assert refused.returncode == 2
    assert "with the parameters" in refused.stderr and "--replace" in refused.stderr


def test_what_is_no_model_is_said(mer):
    corpus = write_recorded_corpus(mer.folder / "recorded", utterances=4, seconds=0.01)
    pickled = shutil.copytree(MODEL, mer.folder / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")

    def refusal(*options) -> str:
        run = mer.run("extract", corpus, *options)
        assert run.returncode != 0
        assert not (corpus / "features" / "text.safetensors").exists()
        return " ".join(run.stderr.split())

    assert "--text bert wants a model" in refusal("--text", "bert")
    assert "--text hash has no model" in refusal("--text", "hash", "--model", MODEL)
    assert "--model is of a text method" in refusal("--audio", "mfcc", "--model", MODEL)
    assert "--text hash is computed on the CPU" in refusal("--text", "hash", "--device", "cuda")
    assert "--device is of a text method" in refusal("--audio", "mfcc", "--device", "cpu")
    assert "config.json" in refusal("--text", "bert", "--model", mer.folder)
    assert "mer reads no \"pytorch_model.bin\"" in refusal("--text", "bert", "--model", pickled)


def test_a_gpu_that_is_asked_for_and_not_there_is_said(mer):
    corpus = write_recorded_corpus(mer.folder / "recorded", utterances=4, seconds=0.01)
    mer.environment["CUDA_VISIBLE_DEVICES"] = "-1"

    run = mer.run("extract", corpus, "--text", "bert", "--model", MODEL, "--device", "cuda")
    assert run.returncode == 2
    said = " ".join(run.stderr.split())
    assert "--device cuda, but no GPU can be used: " in said and "merctl doctor" in said

    for device in ("auto", "cpu"):
        run = mer.run("extract", corpus, "--text", "bert", "--model", MODEL, "--device", device, "--replace")
        assert run.returncode == 0, run.stdout + run.stderr
        made = json.loads((corpus / "corpus.json").read_text())["features"]["text"]
        assert "libtorch" in made["versions"] and "gpu" not in made["versions"]
