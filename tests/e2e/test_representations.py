"""Representations that trials keep: what merctl and the API make of them."""
import csv
import io
import json

import pytest
from fake_slurm import wait_until
from mer_run import LABELS, Mer, sweep_of
from test_openapi import Api
from test_web import address_in

ROUTE = "/api/v1/trials/{trial}/representations"
TESTED, GROUPS = 24, 4  # utterances of a session; public and unique of two modalities


@pytest.fixture(scope="module")
def kept(tmp_path_factory, corpus, programs):
    """A run of three trials that keep theirs."""
    run = Mer(tmp_path_factory.mktemp("kept"))
    sweep = sweep_of(corpus, grid=None, record={"representations": True})
    ended = run.run("run", run.write_sweep(sweep), "--workers", 2, "--no-web")
    assert ended.returncode == 0, ended.stderr
    yield run
    run.close()


@pytest.fixture(scope="module")
def trials(kept):
    return [trial for (trial,) in kept.query("SELECT id FROM trials ORDER BY trial")]


@pytest.fixture(scope="module")
def api(kept):
    server = kept.start("serve", "--port", 0)
    wait_until(lambda: address_in(kept.log), "the address")
    yield Api(address_in(kept.log))
    server.terminate()
    assert server.wait(10) == 0


def rows_of(run, *arguments):
    ended = run.run("representations", *arguments, "--format", "csv")
    assert ended.returncode == 0, ended.stderr
    return list(csv.DictReader(io.StringIO(ended.stdout)))


def test_the_api_answers_as_documented(api, trials):
    for query in ("", "?components=3", "?components=3&utterances=7"):
        _, answer = api.check("get", ROUTE, f"/api/v1/trials/{trials[0]}/representations{query}", 200)
        assert answer["why_not"] == ""
        assert len(answer["groups"]) == GROUPS
        assert len(answer["utterances"]) == (7 if "utterances" in query else TESTED)
        assert {len(group["points"]) for group in answer["groups"]} == {len(answer["utterances"])}
    for query in ("?utterances=0", "?utterances=2001", "?components=4"):
        api.check("get", ROUTE, f"/api/v1/trials/{trials[0]}/representations{query}", 400)


def test_merctl_has_the_same_points_in_csv(api, kept, trials):
    _, answer = api.check("get", ROUTE, f"/api/v1/trials/{trials[0]}/representations", 200)
    rows = rows_of(kept, trials[0][:8])

    assert len(rows) == GROUPS * TESTED
    points = iter(rows)
    for group in answer["groups"]:
        for utterance, place in zip(answer["utterances"], group["points"]):
            row = next(points)
            assert (row["utterance"], row["modality"], row["space"]) == (utterance["name"], group["modality"], group["space"])
            assert (row["truth"], row["predicted"]) == (LABELS[utterance["truth"]], LABELS[utterance["predicted"]])
            assert row["right"] == str(int(utterance["truth"] == utterance["predicted"]))
            assert [float(row["x"]), float(row["y"])] == pytest.approx(place, rel=1e-12)


def test_predictions_beside_the_points_are_the_stored_ones(kept, trials):
    exported = kept.run("export", "1", "--table", "predictions", "--format", "csv")
    predicted = {(row["trial"], row["utterance"]): row["predicted"] for row in csv.DictReader(io.StringIO(exported.stdout))}

    for trial in trials:
        for row in rows_of(kept, trial):
            assert predicted[trial, row["utterance"]] == row["predicted"]


def test_tsne_places_every_point_and_does_so_again(kept, trials):
    once = rows_of(kept, trials[0], "--tsne", "--perplexity", "10", "--utterances", "20")

    assert len(once) == GROUPS * 20
    assert "z" not in once[0]
    assert once == rows_of(kept, trials[0], "--tsne", "--perplexity", "10", "--utterances", "20")


def test_the_measures_fit_a_terminal(kept, trials):
    shown = kept.run("representations", trials[0])
    by_tsne = kept.run("representations", trials[0], "--tsne", "--perplexity", 10, "--utterances", 20)

    assert shown.returncode == by_tsne.returncode == 0
    assert max(map(len, (shown.stdout + by_tsne.stdout).splitlines())) <= 80
    assert "silhouette of the modalities" in shown.stdout
    assert f"All {TESTED} utterances of the test part" in " ".join(shown.stdout.split())


def test_a_trial_that_kept_none_says_which_key_keeps_them(undisturbed):
    [(trial,), *_] = undisturbed.query("SELECT id FROM trials ORDER BY trial")
    refused = undisturbed.run("representations", trial)

    assert refused.returncode != 0
    assert '"record": {"representations": true}' in refused.stderr


def test_options_that_cannot_be_say_what_can(kept, trials):
    assert "at most 31.6, a third of the 95 other points" in \
        kept.run("representations", trials[0], "--tsne", "--perplexity", "500").stderr
    assert max(map(len, kept.run("representations", trials[0], "--utterances", 0).stderr.splitlines())) <= 80
    assert kept.run("representations", trials[0], "--perplexity", "5").returncode == 2
    assert kept.run("representations", trials[0], "--components", "4").returncode == 2
    assert "--format can be" in kept.run("representations", trials[0], "--format", "latex").stderr


def test_a_model_without_subspaces_says_so(mer, corpus):
    sweep = sweep_of(corpus, grid=None, model={"hidden": 8, "heads": 2, "subspace": False},
                     train={"epochs": 1}, record={"representations": True})
    assert mer.run("run", mer.write_sweep(sweep), "--workers", 1, "--no-web").returncode == 0
    [(trial,), *_] = mer.query("SELECT id FROM trials ORDER BY trial")

    assert "model.subspace is off" in mer.run("representations", trial).stderr
    assert "begins with" in mer.run("representations", "0" * 12).stderr


def test_a_damaged_file_is_refused(api, kept, trials):
    [file] = (kept.store / "representations" / trials[-1]).glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-4])

    refused = kept.run("representations", trials[-1], "--format", "json")

    assert json.loads(refused.stdout)["error"]["code"] == "corrupt"
    api.check("get", ROUTE, f"/api/v1/trials/{trials[-1]}/representations", 500)
