"""What people and machines can write into a store, in tables for spreadsheets and in the API's answers."""
import csv
import io
import json
import re
import subprocess

import hostile_store
import mer_run
import pytest
from fake_slurm import wait_until
from test_http_attacks import copy_of, start_serve

TABLES = [("export", 1, "--table", table) for table in ("trials", "metrics", "predictions", "results")]
TABLES += [("results", 1, *options) for options in ([], ["--ci"], ["--audit"], ["--baseline", "1"], ["--utterances"])]


@pytest.fixture(scope="module")
def formulas(undisturbed, tmp_path_factory):
    run = copy_of(undisturbed, tmp_path_factory.mktemp("formulas"))
    hostile_store.fill(run.store, hostile_store.FORMULAS)
    return run


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_no_cell_of_a_csv_is_a_formula(formulas):
    cells = []
    for table in TABLES:
        made = formulas.run(*table, "--format", "csv")
        assert made.returncode == 0, made.stderr
        rows = list(csv.reader(io.StringIO(made.stdout, newline="")))
        assert len({len(row) for row in rows}) == 1, f"{table}: a cell has come apart"
        cells += [cell for row in rows for cell in row]

    assert [cell for cell in cells if cell and cell[0] in "=+-@\t\r\n" and not is_number(cell)] == []
    for source in ("configurations.differing", "corpora.labels", "folds.name", "sweeps.published", "test_parts.dialogues",
                   "test_parts.utterances", "trials.message"):
        assert any(source in cell for cell in cells), f"no table shows {source}"


@pytest.fixture(scope="module")
def damaged(undisturbed, tmp_path_factory):
    """Control characters, header lines, and what is not UTF-8."""
    run = copy_of(undisturbed, tmp_path_factory.mktemp("damaged"))
    hostile_store.fill(run.store, hostile_store.BYTES)
    return run


def test_no_text_of_a_store_leaves_the_json_or_gets_into_the_headers(damaged):
    server = start_serve(damaged)
    trials = [trial for (trial,) in damaged.query("SELECT id FROM trials")]
    document = json.loads(server.get("/api/v1/openapi.json").body)
    seen, files = b"", []
    for path, item in document["paths"].items():
        needed = [one["name"] for one in item.get("get", {}).get("parameters", []) if one.get("required") and one.get("in") == "query"]
        query = "&".join(f"{name}=1" for name in needed)
        if "get" in item and not path.endswith("/explain") and path != "/healthz":
            for trial in trials if "{trial}" in path else trials[:1]:
                answer = server.get(f"{path.format(sweep=1, trial=trial)}?{query}")  # raw_http holds its headers against a list
                assert answer.status == 200, f"{path}: {answer.body[:300]}"
                if answer.headers["content-type"].startswith("application/json"):
                    json.loads(answer.body, parse_constant=pytest.fail)
                    seen += answer.body
                elif not path.endswith(("/events", "/log")):
                    files.append(path)

    for source in (b"sweeps.name", b"sweeps.published", b"attempts.failure_message", b"attempts.log_tail", b"attempts.host",
                   b"annotations.note", b"annotations.tags"):
        assert source in seen, f"no answer shows {source}"
    assert files and all(path.endswith((".csv", ".tex", ".md")) for path in files)
    damaged.close()


def commands_on(run: mer_run.Mer) -> list[list[str]]:
    """What prints a store, of which trial 6 has failed."""
    trial = run.query("SELECT id FROM trials WHERE trial = 6")[0][0]
    of_the_sweep = [["results", "1", *options] for options in ([], ["--ci"], ["--audit"], ["--baseline", "1"], ["--utterances"])]
    return of_the_sweep + [["status"], ["show", trial], ["note", trial], ["tag", trial], ["note", "1"],
                              ["explain", trial], ["wait", "1"]]


def output_of(run: mer_run.Mer, *arguments: str) -> bytes:
    made = subprocess.run([mer_run.BIN / "merctl", *arguments], env=run.environment, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=120, check=False)
    assert made.returncode in (0, 1), f"{arguments}: {made.returncode} {made.stderr[:300]}"
    return made.stdout + made.stderr


def test_no_text_of_a_store_commands_the_terminal(damaged):
    for command in commands_on(damaged):
        printed = output_of(damaged, *command)
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", printed), f"{command}: {printed[:2000]}"


def test_what_is_not_utf8_breaks_no_json_of_merctl(damaged):
    for command in [*commands_on(damaged), *(["export", "1", "--table", table] for table in ("trials", "metrics", "predictions"))]:
        json.loads(output_of(damaged, *command, "--format", "json"), parse_constant=pytest.fail)
