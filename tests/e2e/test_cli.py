"""merctl's exit codes and formats; a command that is refused writes nothing."""
import csv
import io
import json
import re

import pytest
from fake_slurm import wait_until
from mer_run import sweep_of


def too_wide(text):
    """Lines that a terminal of 80 columns breaks."""
    return [line for line in text.splitlines() if len(line) > 80]


def subcommands_in(help_text):
    listed = help_text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  (\S+)", listed, re.MULTILINE)


def test_the_help_of_every_command_fits_the_screen_and_shows_an_example(mer):
    left = [[]]
    seen = set()
    while left:
        words = left.pop()
        shown = mer.run("help", *words)
        assert shown.returncode == 0
        assert too_wide(shown.stdout) == []
        assert words == [] or f"merctl {' '.join(words)}" in shown.stdout
        assert mer.run(*words, "--help").stdout == shown.stdout
        seen.add(" ".join(words))
        left += [[*words, command] for command in subcommands_in(shown.stdout)]

    assert {"run", "tag", "results", "node include", "corpus synth", "alloc add"} <= seen


def test_help_on_what_is_not_there_names_the_nearest(mer):
    refused = mer.run("help", "reslts")

    assert refused.returncode == 2
    assert "results" in refused.stderr


@pytest.mark.parametrize("arguments", [["frobnicate"], ["run"], ["results"], ["run", "sweep.json", "--workers", "0"]],
                         ids=lambda arguments: " ".join(arguments))
def test_a_wrong_command_line_is_exit_code_2(mer, arguments):
    assert mer.run(*arguments).returncode == 2


def test_a_wrong_format_lists_the_right_ones(mer):
    refused = mer.run("list", "--format", "xml")

    assert refused.returncode == 2
    assert '"xml" is not allowed; allowed: table, json, quiet, csv, latex, md' in refused.stderr


def test_a_missing_store_is_advised_about_once(mer):
    refused = mer.run("list")

    assert refused.returncode == 2
    assert str(mer.store) in refused.stderr
    assert refused.stderr.count("MER_STORE") == 1


@pytest.mark.parametrize("changes, pointer", [
    ({"model": {"hiden": 8}}, "/model/hiden"),
    ({"model": {"hidden": "eight"}}, "/model/hidden"),
    ({"train": {"epochs": 0}}, "/train/epochs"),
    ({"grid": {"model.alpha": []}}, "/grid/model.alpha"),
    ({"folds": {"scheme": "speakers"}}, "/folds/scheme"),
], ids=["unknown key", "wrong type", "impossible value", "empty grid", "unknown scheme"])
def test_a_bad_sweep_names_the_place_and_writes_nothing(mer, corpus, changes, pointer):
    refused = mer.run("run", mer.write_sweep(sweep_of(corpus, **changes)), "--no-web")

    assert refused.returncode == 2
    assert "sweep.json" in refused.stderr and pointer in refused.stderr
    assert not mer.store.exists()


def test_cuda_without_a_usable_gpu_is_refused_and_nothing_is_written(mer, corpus):
    refused = mer.run("run", mer.write_sweep(sweep_of(corpus, resources={"device": "cuda"})), "--no-web")

    assert refused.returncode == 2
    assert "no GPU can be used" in refused.stderr and "merctl doctor" in refused.stderr
    assert not mer.store.exists()


def test_a_missing_corpus_is_named_and_nothing_is_written(mer, tmp_path):
    refused = mer.run("run", mer.write_sweep(sweep_of(tmp_path / "nowhere")), "--no-web")

    assert refused.returncode == 2
    assert "nowhere" in refused.stderr
    assert not mer.store.exists()


def test_plan_counts_and_writes_nothing(mer, corpus):
    planned = mer.run("plan", mer.write_sweep(sweep_of(corpus)), "--format", "json")

    answer = json.loads(planned.stdout)
    assert planned.returncode == 0
    assert answer["schema"] == 1
    assert not mer.store.exists()


def test_plan_shows_the_hash_of_each_configuration_and_the_classes_of_each_part(mer, corpus):
    sweep = mer.write_sweep(sweep_of(corpus, folds={"scheme": "session", "validation": "next-session"}))

    planned = mer.run("plan", sweep)

    answer = json.loads(mer.run("plan", sweep, "--format", "json").stdout)
    for configuration in answer["configurations"]:
        assert f"{configuration['id'][:8]}  " in planned.stdout
    for fold in answer["folds"]:
        for part in ("train", "validation", "test"):
            assert " ".join(map(str, fold[part]["classes"])) in planned.stdout
    assert too_wide(planned.stdout) == []


@pytest.mark.parametrize("arguments", [["list"], ["status", "tiny"], ["results", "tiny"],
                                       ["results", "tiny", "--select", "best-test"]], ids=" ".join)
def test_tables_fit_a_screen_of_80_columns(undisturbed, arguments):
    shown = undisturbed.run(*arguments)

    assert shown.returncode == 0
    assert too_wide(shown.stdout) == []


def test_show_says_with_what_where_and_how_a_trial_ran(undisturbed):
    trial = undisturbed.query("SELECT id FROM trials ORDER BY trial LIMIT 1")[0][0]
    answer = json.loads(undisturbed.run("show", trial, "--format", "json").stdout)

    shown = undisturbed.run("show", trial)

    environment = answer["attempts"][0]["environment"]
    words = " ".join(shown.stdout.split())  # without the line breaks of long values
    assert shown.returncode == 0
    for name in [*answer["model"], *answer["train"]]:
        assert f" {name} " in words
    assert "hidden 8," in words and "epochs 10," in words
    for fact in (answer["configuration"], answer["fold"]["id"], answer["corpus"], answer["result"]["weights_sha256"],
                 f"host {environment['host']},", f"device {environment['device']}, {environment['threads']} thread",
                 f"code version {environment['code_version']}", f"libtorch {environment['versions']['libtorch']}",
                 f"wall time {answer['result']['wall_seconds']:.1f} s",
                 f"peak memory {round(answer['result']['peak_memory'] / 2**20)} MiB"):
        assert fact in words
    assert too_wide(shown.stdout) == []


def test_what_the_test_part_itself_selected_is_marked_oracle(undisturbed):
    trial = undisturbed.query("SELECT id FROM trials ORDER BY trial LIMIT 1")[0][0]

    shown = undisturbed.run("show", trial).stdout
    tables = [undisturbed.run("results", "tiny", "--select", "best-test", "--format", form).stdout
              for form in ("table", "csv", "md", "latex")]

    best_test = [line for line in shown.splitlines() if line.startswith("best-test")]
    assert len(best_test) == 4 and all("(oracle)" in line for line in best_test)
    for table in tables:
        assert table.count("(oracle)") in (2, 8)  # rows: 2 configurations, in CSV times 4 metrics


def test_best_validation_without_a_validation_part_is_exit_code_2(undisturbed):
    refused = undisturbed.run("results", "tiny", "--select", "best-validation")

    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "no fold" in refused.stderr and "validation part" in refused.stderr and "--select last" in refused.stderr


def test_an_unknown_sweep_is_exit_code_2(undisturbed):
    refused = undisturbed.run("results", "tinny")

    assert refused.returncode == 2
    assert "tiny" in refused.stderr  # the nearest name


@pytest.mark.parametrize("table", ["trials", "metrics", "predictions", "results"])
def test_export_writes_the_same_rows_as_csv_and_json(undisturbed, table):
    as_csv = undisturbed.run("export", "tiny", "--table", table, "--format", "csv")
    as_json = undisturbed.run("export", "tiny", "--table", table, "--format", "json")

    assert as_csv.returncode == 0 and as_json.returncode == 0
    answer = json.loads(as_json.stdout)
    assert answer["schema"] == 1
    assert len(answer["rows"]) == len(as_csv.stdout.splitlines()) - 1 > 0


@pytest.mark.parametrize("command, list_name, fields", [
    (("status",), "sweeps", "name,counts.done"),
    (("results", "tiny"), "rows", "configuration,wa.mean"),
    (("results", "tiny", "--audit"), "rows", "epoch,n"),
    (("export", "tiny", "--table", "trials"), "rows", "fold,state"),
])
def test_json_with_fields_keeps_these_alone(undisturbed, command, list_name, fields):
    asked = undisturbed.run(*command, "--json", fields)
    wrong = undisturbed.run(*command, "--json", "nosuch")

    assert asked.returncode == 0, asked.stdout
    answer = json.loads(asked.stdout)
    assert set(answer) == {"schema", list_name} and answer[list_name]
    assert all(set(one) == {field.split(".")[0] for field in fields.split(",")} for one in answer[list_name])
    assert wrong.returncode == 2
    message = json.loads(wrong.stdout)["error"]["message"]
    assert '"nosuch"' in message and fields.split(",")[0] in message


def test_a_diverged_trial_is_exit_code_1_and_its_configuration_has_no_mean(mer, corpus):
    sweep = sweep_of(corpus, grid=None, train={"epochs": 5, "optimizer": "sgd", "learning_rate": 100},
                     model={"hidden": 8, "heads": 2, "beta": 1e6})

    ended = mer.run("run", mer.write_sweep(sweep), "--workers", 2, "--no-web")
    table = mer.run("results", "tiny", "--format", "csv")

    assert ended.returncode == 1
    assert {(row["mean"], row["n"]) for row in csv.DictReader(io.StringIO(table.stdout))} == {("", "0")}
    assert set(mer.states()) == {"diverged"}
    assert mer.query("SELECT max(attempt) FROM trials") == [(1,)]


def test_a_second_run_on_a_busy_store_is_exit_code_5(mer, corpus):
    long_sweep = mer.write_sweep(sweep_of(corpus, train={"epochs": 100000}))
    mer.start("run", long_sweep, "--workers", 1, "--no-web")
    wait_until(mer.epoch_rows, "the first run trains")

    second = mer.run("run", long_sweep, "--workers", 1, "--no-web")

    assert second.returncode == 5
    assert "pid" in second.stderr or "process" in second.stderr  # says who holds it


def test_doctor_finds_the_programs(mer):
    found = mer.run("doctor", "--format", "json")

    assert found.returncode == 0
    answer = json.loads(found.stdout)
    assert answer["schema"] == 1
    [gpu] = [finding for finding in answer["findings"] if finding["subject"] == "GPU"]
    assert gpu["level"] == "note" and gpu["text"].endswith("trials train on the CPU")
